"""Whether the checks and the posterior say the same, in a word and a sentence."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from desist.arguments import find_kind_faults, find_number_faults
from desist.checks.check import Check
from desist.errors import Fault, raise_faults
from desist.estimands import Interval, Measure, Scale

AGREE = "agree"
DIFFER = "differ"
MIXED = "mixed"
UNCHECKED = "unchecked"


@dataclass(frozen=True)
class Agreement:
    """How the checks of one measure stand beside its posterior.

    Attributes
    ----------
    measure : Measure
        What was compared.
    word : str
        "agree", "mixed" (some do), "differ" (none does) or "unchecked" (none could be
        made).
    sentence : str
        What the word rests on.
    n_agreeing, n_checks : int
        Applicable checks that agree, and all applicable ones.
    """

    measure: Measure
    word: str
    sentence: str
    n_agreeing: int
    n_checks: int


def agrees(check: Check, difference: float, *, excludes_null: bool) -> bool | None:
    """Tell whether one check and the posterior lead to the same conclusion.

    They agree when both exclude no difference and point the same way, or when neither
    excludes it: the direction of what may be chance is not held against a check.

    Parameters
    ----------
    check : Check
        A check of the same measure.
    difference : float
        Posterior mean of the difference, or of the logarithm of the ratio: only its
        sign is used.
    excludes_null : bool
        Whether the posterior interval excludes no difference.

    Returns
    -------
    bool or None
        None when the check is not applicable, or has no number to judge by.

    Raises
    ------
    InputError
        If `check` is no check or the difference no number.

    Examples
    --------
    >>> from desist.checks.check import not_applicable
    >>> agrees(not_applicable(Measure.RATE, "fisher", "why"), -0.1, excludes_null=True) is None
    True
    """
    raise_faults(
        "agreement",
        [
            *find_kind_faults("check", check, Check, "a Check"),
            *find_number_faults("difference", difference),
        ],
    )
    if not check.has_verdict:
        return None
    if check.excludes_null != excludes_null:
        return False
    return not excludes_null or (_direction(check) > 0) == (difference > 0)


def judge_agreement(
    measure: Measure,
    checks: Iterable[Check],
    posterior: Interval,
    *,
    scale: Scale = Scale.DIFFERENCE,
) -> Agreement:
    """Put the checks of one measure beside its posterior interval.

    Parameters
    ----------
    measure : Measure
        What was compared.
    checks : iterable of Check
        Those of other measures are left out.
    posterior : Interval
        Of the difference or of the ratio.
    scale : Scale
        Which of the two.

    Returns
    -------
    Agreement
        One word and one sentence.

    Raises
    ------
    InputError
        If an argument is of the wrong kind, or the posterior interval has no limits.

    Examples
    --------
    >>> judge_agreement(Measure.RATE, [], Interval(-0.2, -0.04)).word
    'unchecked'
    """
    checks = list(checks)
    faults = [
        *find_kind_faults("measure", measure, Measure, "a Measure such as Measure.RATE"),
        *find_kind_faults("posterior", posterior, Interval, "an Interval"),
        *find_kind_faults("scale", scale, Scale, "a Scale such as Scale.DIFFERENCE"),
    ]
    for check in checks:
        faults += find_kind_faults("checks", check, Check, "records of checks")
    if not faults and math.isnan(posterior.lower + posterior.upper):
        faults.append(Fault("posterior", "an interval with limits", "none"))
    raise_faults("agreement", faults)
    excludes = posterior.excludes(scale.null)
    middle = (posterior.lower + posterior.upper) / 2 - scale.null
    verdicts = [
        agrees(check, middle, excludes_null=excludes)
        for check in checks
        if check.measure is measure
    ]
    made = [verdict for verdict in verdicts if verdict is not None]
    n_agreeing = sum(made)
    word = _word(n_agreeing, len(made))
    return Agreement(
        measure,
        word,
        _sentence(word, n_agreeing, len(made), excludes=excludes),
        n_agreeing,
        len(made),
    )


def _direction(check: Check) -> float:
    return check.estimate - check.scale.null


def _word(n_agreeing: int, n_checks: int) -> str:
    if n_checks == 0:
        return UNCHECKED
    if n_agreeing == n_checks:
        return AGREE
    return DIFFER if n_agreeing == 0 else MIXED


def _sentence(word: str, n_agreeing: int, n_checks: int, *, excludes: bool) -> str:
    if word == UNCHECKED:
        return "No check could be made beside the posterior."
    finding = "finds a difference" if excludes else "does not settle the direction"
    if word == AGREE:
        how = "so does the 1 check" if n_checks == 1 else f"so do all {n_checks} checks"
        return f"The posterior {finding}, and {how}."
    if word == DIFFER:
        return (
            f"The posterior {finding}, and no check agrees ({n_checks} made): rely on neither "
            "before knowing why."
        )
    apart = n_checks - n_agreeing
    agree, do = "agrees" if n_agreeing == 1 else "agree", "does" if apart == 1 else "do"
    return (
        f"The posterior {finding}; of {n_checks} checks {n_agreeing} {agree} and {apart} {do} not: "
        "look at which differ, and why, before relying on any."
    )
