"""How much hidden bias a matched comparison would survive: Rosenbaum's bounds."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from desist._types import Floats, Mask
from desist.arguments import (
    describe,
    find_choice_faults,
    find_kind_faults,
    find_number_faults,
    find_probability_faults,
)
from desist.errors import CannotAnswerError, Fault, raise_faults
from desist.estimands import Measure
from desist.sample import Sample
from desist.sensitivity._outcomes import read_outcome
from desist.sensitivity._shift import bound_shift
from desist.sensitivity._signed import (
    HUBER_TRIM,
    score_sets,
    signed_ranks,
    tails_of_discordant,
    tails_of_ranks,
    tails_of_scores,
)

SUBJECT = "Rosenbaum bounds"
GAMMAS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0)
LARGEST_GAMMA = 1e4
LARGEST_OUTCOME = 1e100
STATISTICS = ("mcnemar", "signed_rank", "huber", "mean")
ALTERNATIVES = ("less", "greater")
FEWEST_SETS = 10

type Tails = Callable[[float], tuple[float, float]]


@dataclass(frozen=True, eq=False, repr=False)
class RosenbaumBounds:
    """Bounds of a one-sided p-value under hidden bias of growing strength.

    Attributes
    ----------
    statistic : str
        The test.
    alternative : str
        "less" where the participants would have less of the outcome, or "greater".
    n_sets : int
        Matched sets that are compared; for McNemar's test those whose people differ.
    alpha : float
        Level of the test.
    table : DataFrame
        Columns "gamma", "lower" and "upper": the least and the greatest p-value.
    gamma : float
        The largest bias under which the greatest p-value stays at or below `alpha`; 1 where the
        test finds nothing without bias.
    points : DataFrame or None
        Of "signed_rank", the Hodges-Lehmann estimates of the shift, participants less their
        matches: columns "gamma", "lower" and "upper", in the unit of the outcome; of the other
        statistics None.

    Examples
    --------
    >>> from desist.sensitivity import bound_discordant
    >>> found = bound_discordant(110, 12)
    >>> round(found.gamma, 1), found.alternative
    (5.5, 'less')
    """

    statistic: str
    alternative: str
    n_sets: int
    alpha: float
    table: pd.DataFrame
    gamma: float
    points: pd.DataFrame | None = None

    name: ClassVar[str] = "rosenbaum_bounds"
    title: ClassVar[str] = "Hidden bias that the matched comparison would survive"
    doubt: ClassVar[str] = (
        "Participants differ from their matches in something that nobody recorded."
    )
    units: ClassVar[Mapping[str, str]] = {
        "gamma": "ratio of odds",
        "lower": "p-value",
        "upper": "p-value",
    }

    @property
    def sentence(self) -> str:
        """The bounds in plain words."""
        first = float(self.table["upper"].iloc[0])
        if self.gamma <= 1:
            return (
                f"Even without hidden bias the test (one-sided p = {first:.2f}) does not tell the "
                "arms apart, so that there is nothing that hidden bias would have to explain."
            )
        return (
            "Two people who look alike could differ in their odds of taking part by up to "
            f"{self.gamma:.2f} times because of something unrecorded, and the difference would "
            "still not be put down to chance; a larger bias could explain it."
        )

    def amplify(self, strengths: Sequence[float]) -> pd.DataFrame:
        """Read the largest bias as a pair of strengths, with participation and with outcome.

        Parameters
        ----------
        strengths : sequence of float
            Ratios of odds with participation, each above `gamma`.

        Returns
        -------
        DataFrame
            Columns "participation" and "outcome".
        """
        rows = [(strength, amplify(self.gamma, strength)) for strength in strengths]
        return pd.DataFrame(rows, columns=["participation", "outcome"])

    def __repr__(self) -> str:
        """Return the test and what it survives."""
        return f"<RosenbaumBounds: {self.statistic}, {self.n_sets} sets, Gamma {self.gamma:.3g}>"


def rosenbaum_bounds(
    sample: Sample,
    measure: Measure | str = Measure.RATE,
    *,
    statistic: str | None = None,
    gammas: Sequence[float] = GAMMAS,
    alternative: str = "less",
    alpha: float = 0.05,
) -> RosenbaumBounds:
    r"""Bound the p-value of a matched comparison under hidden bias.

    Two people of a set may differ by a factor :math:`\Gamma` in their odds of taking part. For
    pairs the worst case is a biased coin, :math:`\Gamma/(1+\Gamma)`: exact for McNemar's test,
    by the normal limit for the signed ranks, which also bound the Hodges-Lehmann estimate of the
    shift; sets of other sizes use the separable approximation.

    Parameters
    ----------
    sample : Sample
        By a design with disjoint matched sets, in each of which one person took part, or all but
        one.
    measure : Measure or str
        "rate", "frequency", or "rmst" for the days without a reoffence within the horizon.
    statistic : str, optional
        "mcnemar" (pairs, rate), "signed_rank" (pairs), "mean" (differences of means), or "huber"
        (differences, trimmed); by default "mcnemar" for the rate of pairs and "mean" else.
    gammas : sequence of float
        Biases of the table, 1 or more.
    alternative : {"less", "greater"}
        What the participants would have with a programme that does something.
    alpha : float
        Level of the one-sided test.

    Returns
    -------
    RosenbaumBounds
        The table, and the largest bias that the result survives.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.
    CannotAnswerError
        If the design has no such sets, or fewer than ten of them.

    References
    ----------
    Rosenbaum, P. R. (2002). Observational Studies, 2nd ed., chapter 4. Gastwirth, J. L., Krieger,
    A. M. and Rosenbaum, P. R. (2000). JRSS B 62, 545-555. Rosenbaum, P. R. (1993). Hodges-Lehmann
    point estimates of treatment effect in observational studies. JASA 88, 1250-1253.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(200, 1000, rng=3, rate_ratio=0.3).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.OptimalMatching())
    >>> from desist.sample import build_sample
    >>> rosenbaum_bounds(build_sample(cohort, design)).gamma > 1
    True
    """
    faults = find_kind_faults("sample", sample, Sample, "a Sample", "see desist.sample")
    faults += _find_setting_faults(statistic, gammas, alternative, alpha)
    raise_faults(SUBJECT, faults)
    measure, outcome = read_outcome(sample, measure, SUBJECT)
    sets = _gather_sets(sample, outcome)
    paired = all(len(values) == 2 for values in sets)
    if statistic is None:
        statistic = "mcnemar" if paired and measure is Measure.RATE else "mean"
    if statistic in ("mcnemar", "signed_rank") and not paired:
        raise CannotAnswerError(f'{SUBJECT}: sets are no pairs; use statistic="mean"')
    if statistic == "mcnemar" and measure is not Measure.RATE:
        raise CannotAnswerError(f'{SUBJECT}: McNemar\'s test is of the rate; use "signed_rank"')
    return _bound(sets, statistic, gammas, alternative, alpha)


def bound_sets(
    participant: ArrayLike,
    others: ArrayLike,
    *,
    statistic: str = "signed_rank",
    gammas: Sequence[float] = GAMMAS,
    alternative: str = "greater",
    alpha: float = 0.05,
) -> RosenbaumBounds:
    """Bound the p-value of matched sets that are given as columns.

    Parameters
    ----------
    participant : array_like, shape (n_sets,)
        Outcome of the participant of each set.
    others : array_like, shape (n_sets,) or (n_sets, n_others)
        Outcomes of the comparison people; NaN where a set has fewer.
    statistic : {"mcnemar", "signed_rank", "huber", "mean"}
        As in `rosenbaum_bounds`.
    gammas : sequence of float
        Biases of the table, 1 or more.
    alternative : {"less", "greater"}
        What the participants would have with a programme that does something.
    alpha : float
        Level of the one-sided test.

    Returns
    -------
    RosenbaumBounds
        The table, and the largest bias that the result survives.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.

    Examples
    --------
    >>> found = bound_sets([5, 7, 9, 6], [1, 2, 3, 4], gammas=[1, 2])
    >>> found.table.round(3).values.tolist()
    [[1.0, 0.034, 0.034], [2.0, 0.005, 0.098]]
    >>> found.points.values.tolist()
    [[1.0, 4.25, 4.25], [2.0, 4.0, 5.0]]
    """
    faults = _find_setting_faults(statistic, gammas, alternative, alpha)
    first, rest, found = _read_sets(participant, others)
    raise_faults(SUBJECT, [*faults, *found])
    pairs = zip(first, rest, strict=True)
    sets = [np.concatenate([[one], row[~np.isnan(row)]]) for one, row in pairs]
    if statistic in ("mcnemar", "signed_rank") and rest.shape[1] > 1:
        raise_faults(SUBJECT, [Fault("statistic", "mean or huber for sets", repr(statistic))])
    if statistic == "mcnemar" and not np.isin([*first, *rest.ravel()], [0, 1]).all():
        advice = 'use "signed_rank"'
        raise_faults(SUBJECT, [Fault("statistic", "outcomes of 0 and 1", "others", advice)])
    return _bound(sets, statistic, gammas, alternative, alpha)


def _read_sets(participant: object, others: object) -> tuple[Floats, Floats, list[Fault]]:
    """Read the outcomes of participants, and of the others, a row a set."""
    columns, faults = [], []
    for where, values, most in (("participant", participant, 1), ("others", others, 2)):
        try:
            numbers = np.asarray(values, dtype=float)
        except (TypeError, ValueError):
            numbers = np.empty(())
        large = np.abs(numbers[~np.isnan(numbers)]).max(initial=0.0) > LARGEST_OUTCOME
        if not 1 <= numbers.ndim <= most or not numbers.size or large:
            expected = f"a list of numbers up to {LARGEST_OUTCOME:g}, one or more a set"
            faults.append(Fault(where, expected, describe(values)))
        columns.append(numbers)
    first, rest = columns
    if not faults and len(first) != len(rest):
        found = f"{len(first)} and {len(rest)}"
        faults.append(Fault("participant, others", "as many sets in both", found))
    if faults:
        return first, rest, faults
    rest = rest.reshape(len(first), -1)
    if np.isnan(first).any() or np.isnan(rest).all(axis=1).any():
        faults.append(Fault("participant, others", "two outcomes or more a set", "some without"))
    return first, rest, faults


def bound_discordant(
    for_programme: int,
    against: int,
    *,
    gammas: Sequence[float] = GAMMAS,
    alpha: float = 0.05,
) -> RosenbaumBounds:
    """Bound the p-value of McNemar's exact test from the two numbers of pairs that differ.

    Parameters
    ----------
    for_programme : int
        Pairs in which the comparison person alone reoffended.
    against : int
        Pairs in which the participant alone reoffended.
    gammas : sequence of float
        Biases of the table, 1 or more.
    alpha : float
        Level of the one-sided test.

    Returns
    -------
    RosenbaumBounds
        The table, and the largest bias that the result survives.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.

    Examples
    --------
    >>> found = bound_discordant(110, 12, gammas=[4, 5, 6])
    >>> found.table["upper"].round(5).tolist()
    [0.00196, 0.02317, 0.09693]
    """
    counts = {"for_programme": for_programme, "against": against}
    faults = [
        fault
        for name, value in counts.items()
        for fault in find_number_faults(name, value, least=0, whole=True)
    ]
    raise_faults(SUBJECT, faults + _find_setting_faults("mcnemar", gammas, "less", alpha))
    total = for_programme + against
    tails = partial(tails_of_discordant, against, total)
    return _tabulate(tails, "mcnemar", gammas, alternative="less", alpha=alpha, n_sets=total)


def amplify(gamma: float, participation: float) -> float:
    r"""Return the strength with the outcome that makes up one bias with that of participation.

    One bias :math:`\Gamma = (\Lambda\Delta + 1)/(\Lambda + \Delta)` stands for every pair of a
    ratio :math:`\Lambda` of the odds of taking part and a ratio :math:`\Delta` of the odds of a
    better outcome.

    Parameters
    ----------
    gamma : float
        The bias, 1 or more.
    participation : float
        Ratio of the odds of taking part, above `gamma`.

    Returns
    -------
    float
        Ratio of the odds of the outcome.

    Raises
    ------
    InputError
        If the bias is below 1, or the ratio not above it.

    References
    ----------
    Rosenbaum, P. R. and Silber, J. H. (2009). Amplification of sensitivity analysis in matched
    observational studies. JASA 104, 1398-1405.

    Examples
    --------
    >>> amplify(1.5, 2), amplify(2, 3)
    (4.0, 5.0)
    """
    faults = find_number_faults("gamma", gamma, least=1, most=LARGEST_OUTCOME)
    above = 1.0 if faults else gamma
    faults += find_number_faults("participation", participation, above=above, most=LARGEST_OUTCOME)
    raise_faults("amplification", faults)
    return (gamma * participation - 1) / (participation - gamma)


def _find_setting_faults(
    statistic: object, gammas: object, alternative: object, alpha: object
) -> list[Fault]:
    faults = [] if statistic is None else find_choice_faults("statistic", statistic, STATISTICS)
    faults += find_choice_faults("alternative", alternative, ALTERNATIVES)
    faults += find_probability_faults(alpha, "alpha")
    if isinstance(gammas, str) or not isinstance(gammas, Sequence) or not gammas:
        return [*faults, Fault("gammas", "a list of numbers of at least 1", describe(gammas))]
    for position, gamma in enumerate(gammas):
        faults += find_number_faults(f"gammas[{position}]", gamma, least=1, most=LARGEST_GAMMA)
    return faults


def _gather_sets(sample: Sample, outcome: Floats) -> list[Floats]:
    """Return the outcomes of each set, the one who stands alone in an arm first."""
    sets = sample.design.sets
    if sets is None:
        raise CannotAnswerError(
            f"{SUBJECT}: the design has no disjoint matched sets; match pairs or sets, such as "
            "OptimalMatching() or FullMatching(), and see confounder() for weighted designs"
        )
    used = np.flatnonzero(sample.used & (sets >= 0))
    order = used[np.argsort(sets[used], kind="stable")]
    edges = np.flatnonzero(np.diff(sets[order])) + 1
    gathered = [_order_set(outcome[part], sample.treated[part]) for part in np.split(order, edges)]
    kept = [values for values in gathered if values is not None]
    if len(kept) < FEWEST_SETS:
        raise CannotAnswerError(f"{SUBJECT}: fewer than {FEWEST_SETS} sets have both arms")
    return kept


def _order_set(values: Floats, took_part: Mask) -> Floats | None:
    n_treated = int(took_part.sum())
    if n_treated in (0, len(values)):
        return None
    if n_treated == 1:
        return np.concatenate([values[took_part], values[~took_part]])
    if n_treated < len(values) - 1:
        raise CannotAnswerError(
            f"{SUBJECT}: a set has several people of both arms; use FullMatching() or pairs"
        )
    # with one comparison person the bias is the same, seen from the other side
    return -np.concatenate([values[~took_part], values[took_part]])


def _bound(
    sets: Sequence[Floats],
    statistic: str,
    gammas: Sequence[float],
    alternative: str,
    alpha: float,
) -> RosenbaumBounds:
    sign = -1.0 if alternative == "less" else 1.0
    turned = [sign * values for values in sets]
    n_sets = len(turned)
    tails: Tails
    if statistic in ("mcnemar", "signed_rank"):
        differences = np.array([values[0] - values[1] for values in turned])
        if statistic == "mcnemar":
            n_sets = int((differences != 0).sum())
            tails = partial(tails_of_discordant, int((differences < 0).sum()), n_sets)
        else:
            tails = partial(tails_of_ranks, *signed_ranks(differences))
    else:
        trim = HUBER_TRIM if statistic == "huber" else math.inf
        tails = partial(tails_of_scores, score_sets(turned, trim))
    found = _tabulate(tails, statistic, gammas, alternative=alternative, alpha=alpha, n_sets=n_sets)
    return replace(found, points=_bound_points(sets, statistic, gammas))


def _bound_points(
    sets: Sequence[Floats], statistic: str, gammas: Sequence[float]
) -> pd.DataFrame | None:
    """Bound the shift between the people of pairs, where signed ranks are asked for."""
    if statistic != "signed_rank":
        return None
    differences = np.array([values[0] - values[1] for values in sets])
    rows = [(float(gamma), *bound_shift(differences, gamma)) for gamma in gammas]
    return pd.DataFrame(rows, columns=["gamma", "lower", "upper"])


def _tabulate(
    tails: Tails,
    statistic: str,
    gammas: Sequence[float],
    *,
    alternative: str,
    alpha: float,
    n_sets: int,
) -> RosenbaumBounds:
    table = pd.DataFrame(
        [(float(gamma), *tails(gamma)) for gamma in gammas], columns=["gamma", "lower", "upper"]
    )
    return RosenbaumBounds(
        statistic, alternative, n_sets, alpha, table, find_largest_bias(tails, alpha)
    )


def find_largest_bias(tails: Tails, alpha: float) -> float:
    """Find the largest bias under which the greatest p-value stays at or below a level."""
    from scipy.optimize import brentq

    if tails(1.0)[1] > alpha:
        return 1.0
    if tails(LARGEST_GAMMA)[1] <= alpha:
        return math.inf
    found = brentq(lambda log: tails(math.exp(log))[1] - alpha, 0.0, math.log(LARGEST_GAMMA))
    return math.exp(found)
