"""Whether the checks and the posterior say the same, in a word and a sentence."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from desist.arguments import find_kind_faults
from desist.checks.check import Check
from desist.errors import Fault, raise_faults
from desist.estimands import Interval, Measure, Scale

AGREES, DIFFERS, DISAGREES = "agrees", "differs in size", "disagrees"
WORDS = (AGREES, DIFFERS, DISAGREES)
ENOUGH = 0.5  # of the shorter interval: for two of one width, each then holds the other's middle
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
        "agree", "mixed" (some do), "differ" (none does, in size or side) or "unchecked"
        (none could be made).
    sentence : str
        What the word rests on.
    n_agreeing, n_checks : int
        Applicable checks that agree, and all applicable ones.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.checks.check import label
    >>> check = label(ds.checks.Finding(-0.10, -0.18, -0.02, 0.01), ds.Measure.RATE, "welch")
    >>> posterior = ds.estimands.Interval(-0.20, -0.04)
    >>> found = ds.checks.judge_agreement(ds.Measure.RATE, [check], posterior)
    >>> found.word, found.n_agreeing
    ('agree', 1)
    """

    measure: Measure
    word: str
    sentence: str
    n_agreeing: int
    n_checks: int


def compare_with_posterior(
    check: Check,
    posterior: Interval,
    estimate: float | None = None,
    *,
    excludes_null: bool | None = None,
    same_size: bool = True,
) -> str | None:
    """Say in one of three words how a check stands to the posterior of the same quantity.

    By the side of no difference that each takes, and by how far their intervals overlap:

    agrees
        Both exclude no difference on the same side, or neither excludes it; and their intervals
        overlap over half of the shorter one at least.
    differs in size
        Neither takes a side that the other excludes, but the intervals overlap less than that,
        or one of them excludes no difference and the other does not; or they do not overlap,
        and both exclude no difference on the same side.
    disagrees
        One excludes no difference, and the other points to the other side; or the intervals do
        not overlap, and one of them includes no difference.

    So intervals without a point in common never agree.

    Parameters
    ----------
    check : Check
        A check of the same measure.
    posterior : Interval
        On the scale of the check, best of the probability of the check.
    estimate : float, optional
        Of the posterior; by default the middle of its interval.
    excludes_null : bool, optional
        Whether the posterior excludes no difference; by default as its interval says.
    same_size : bool
        Whether both are of one quantity, so that sizes can be compared; False for sides alone.

    Returns
    -------
    str or None
        None when the check is not applicable, or has no number to judge by.

    Raises
    ------
    InputError
        If `check` is no check, or the posterior has no limits.

    Examples
    --------
    >>> from desist.checks import Finding
    >>> from desist.checks.check import label
    >>> check = label(Finding(-0.10, -0.18, -0.02, 0.01), Measure.RATE, "welch")
    >>> for limits in ((-0.2, -0.01), (-0.2, 0.01), (-0.3, -0.19), (-0.01, 0.2)):
    ...     print(compare_with_posterior(check, Interval(*limits)))
    agrees
    differs in size
    differs in size
    disagrees
    """
    faults = find_kind_faults("check", check, Check, "a Check")
    raise_faults("agreement", faults + _find_posterior_faults(posterior))
    if not check.has_verdict:
        return None
    null = check.scale.null
    middle = (posterior.lower + posterior.upper) / 2 if estimate is None else estimate
    excludes = posterior.excludes(null) if excludes_null is None else excludes_null
    same_side = (check.estimate > null) == (middle > null)
    if (excludes or check.excludes_null) and not same_side:
        return DISAGREES
    share = _find_overlap(check, posterior) if same_size else 1.0
    if share == 0.0 and not (excludes and check.excludes_null):
        return DISAGREES
    is_alike = share >= ENOUGH and excludes == check.excludes_null
    return AGREES if is_alike else DIFFERS


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
        *find_kind_faults("scale", scale, Scale, "a Scale such as Scale.DIFFERENCE"),
        *_find_posterior_faults(posterior),
    ]
    for check in checks:
        faults += find_kind_faults("checks", check, Check, "records of checks")
    raise_faults("agreement", faults)
    excludes = posterior.excludes(scale.null)
    middle = (posterior.lower + posterior.upper) / 2 - scale.null
    words = Counter(
        compare_with_posterior(
            check,
            posterior,
            check.scale.null + middle,
            excludes_null=excludes,
            same_size=check.scale is scale,
        )
        for check in checks
        if check.measure is measure
    )
    n_made = words[AGREES] + words[DIFFERS] + words[DISAGREES]
    word = _word(words[AGREES], n_made)
    sentence = _sentence(word, words, excludes=excludes)
    return Agreement(measure, word, sentence, words[AGREES], n_made)


def _find_posterior_faults(posterior: object) -> list[Fault]:
    if not isinstance(posterior, Interval):
        return find_kind_faults("posterior", posterior, Interval, "an Interval")
    if math.isnan(posterior.lower + posterior.upper):
        return [Fault("posterior", "an interval with limits", "none")]
    return []


def _find_overlap(check: Check, posterior: Interval) -> float:
    """Return how much of the shorter interval both share; all where the check has none."""
    limits = (check.lower, check.upper, posterior.lower, posterior.upper)
    if any(math.isnan(limit) for limit in limits):
        return 1.0
    if check.scale is Scale.RATIO:
        limits = tuple(_take_log(limit) for limit in limits)  # type: ignore[assignment]
    low, high = max(limits[0], limits[2]), min(limits[1], limits[3])
    if low > high:
        return 0.0
    shorter = min(limits[1] - limits[0], limits[3] - limits[2])
    return (high - low) / shorter if 0 < shorter < math.inf else 1.0


def _take_log(ratio: float) -> float:
    return math.log(ratio) if 0 < ratio < math.inf else (-math.inf if ratio <= 0 else ratio)


def _word(n_agreeing: int, n_checks: int) -> str:
    if n_checks == 0:
        return UNCHECKED
    if n_agreeing == n_checks:
        return AGREE
    return DIFFER if n_agreeing == 0 else MIXED


def _sentence(word: str, words: Counter[str | None], *, excludes: bool) -> str:
    if word == UNCHECKED:
        return "No check could be made beside the posterior."
    finding = "finds a difference" if excludes else "does not settle the direction"
    n_apart, n_against = words[DIFFERS], words[DISAGREES]
    n_checks = words[AGREES] + n_apart + n_against
    if word == AGREE:
        how = "so does the 1 check" if n_checks == 1 else f"so do all {n_checks} checks"
        return f"The posterior {finding}, and {how}."
    apart = [
        f"{number} {one if number == 1 else several}"
        for number, one, several in (
            (words[AGREES], "agrees", "agree"),
            (n_apart, "differs in size", "differ in size"),
            (n_against, "disagrees", "disagree"),
        )
        if number
    ]
    advice = (
        "rely on neither before knowing why."
        if word == DIFFER
        else "look at which differ, and why, before relying on any."
    )
    return f"The posterior {finding}; of {_count(n_checks)} {_join(apart)}: {advice}"


def _count(n_checks: int) -> str:
    return "1 check" if n_checks == 1 else f"{n_checks} checks"


def _join(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
