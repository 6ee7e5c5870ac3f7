"""Log-rank tests: classical, of the rho family, stratified, and weighted."""

# Unweighted: observed minus expected reoffences of the participants over the times of reoffence,
# with the hypergeometric variance (Harrington and Fleming's weights S_hat(t-)^rho). That is the
# score test of no effect in Cox's likelihood for tied times: given who is at risk and how many
# reoffend, the participants among them follow the noncentral hypergeometric law with the hazard
# ratio as odds ratio,
#     U(theta) = sum_t (d_1t - E_theta d_1t), V(theta) = sum_t Var_theta d_1t.
# The ratio reported solves U(theta) = 0, and its interval holds all ratios whose own score test
# does not reject, U(theta)^2 <= z^2 V(theta). Peto's one-step ratio exp(U(1) / V(1)) is not used:
# it is right near 1 only, and for large effects too far from 1, or too near, by a factor of
# several.
# With probability weights the hypergeometric variance is wrong, and the score of the weighted Cox
# model with its robust variance takes its place throughout: it does not depend on the scale of the
# weights.
# Cox, D. R. (1972). JRSS B 34, 187-220, section 6. Greenland, S. and Salvan, A. (1990). Statistics
# in Medicine 9, 247-252 (bias of the one-step ratio). Berry, G., Kitchin, R. M. and Mock, P. A.
# (1991). Statistics in Medicine 10, 749-755 (of ratios from the log-rank test).

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, ndtr, ndtri

from desist.arguments import find_number_faults
from desist.checks.arms import Arms, join_arms
from desist.checks.columns import Columns, find_probability_faults
from desist.checks.crossing import find_crossing
from desist.checks.finding import Finding, raise_e
from desist.checks.times.cox import RiskSets, read_risk
from desist.errors import Fault, NoEventsError

Floats = NDArray[np.float64]
Score = Callable[[float], tuple[float, float]]  # of a log ratio: score and its variance

FURTHEST = 64.0  # log hazard ratio, beyond which a ratio counts as 0 or infinite
NO_EVENTS = "nobody reoffended, so hazards cannot be compared; use the rate instead"


@dataclass(frozen=True)
class LogRank:
    """Observed and expected reoffences of the participants.

    Attributes
    ----------
    observed, expected : float
        Weighted by the rho family where asked.
    variance : float
        Of their difference, were the hazards the same.

    Examples
    --------
    >>> import desist as ds
    >>> days, events = [10, 40, 50, 60, 20, 90, 30, 80], [1, 1, 0, 1, 1, 0, 1, 1]
    >>> found = ds.checks.count_log_rank(days, events, [1, 1, 1, 1, 0, 0, 0, 0])
    >>> found.observed, round(found.expected, 2)
    (3.0, 2.36)
    """

    observed: float
    expected: float
    variance: float

    @property
    def statistic(self) -> float:
        """Chi-squared statistic on one degree of freedom."""
        return (self.observed - self.expected) ** 2 / self.variance if self.variance > 0 else 0.0


def count_log_rank(
    times: ArrayLike,
    events: ArrayLike,
    treated: ArrayLike,
    *,
    rho: float = 0.0,
    strata: ArrayLike | None = None,
) -> LogRank:
    """Count observed and expected reoffences for an unweighted log-rank test.

    Parameters
    ----------
    times : array_like, shape (n_people,)
        Days to the first reoffence or to the end of follow-up.
    events : array_like, shape (n_people,)
        True for a reoffence.
    treated : array_like, shape (n_people,)
        True for participants.
    rho : float
        0 for the log-rank test, 1 for Peto and Peto's Wilcoxon.
    strata : array_like, shape (n_people,), optional
        Groups within which the arms are compared, such as matched sets.

    Returns
    -------
    LogRank
        Sums over times (and strata).

    References
    ----------
    Harrington, D. P. and Fleming, T. R. (1982). Biometrika 69, 553-566.

    Examples
    --------
    >>> result = count_log_rank([1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 0, 0])
    >>> round(result.observed, 3), round(result.expected, 3)
    (2.0, 0.833)
    """
    arms, happened, labels = _read(
        times,
        events,
        treated,
        None,
        strata=strata,
        faults=find_number_faults("rho", rho, least=0.0),
    )
    sums = np.zeros(3)
    for at in _count(arms, happened, labels):
        share = at.treated_at_risk / at.at_risk
        spare = np.maximum(at.at_risk - 1, 1.0)
        variance = at.died * share * (1 - share) * (at.at_risk - at.died) / spare
        emphasis = at.before**rho
        sums += (
            (emphasis * at.treated_died).sum(),
            (emphasis * at.died * share).sum(),
            (emphasis**2 * variance).sum(),
        )
    return LogRank(float(sums[0]), float(sums[1]), float(sums[2]))


def log_rank(
    times: ArrayLike,
    events: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    strata: ArrayLike | None = None,
    probability: float = 0.95,
) -> Finding:
    """Compare hazards by a log-rank test, with robust variance when there are weights.

    Parameters
    ----------
    times : array_like, shape (n_people,)
        Days to the first reoffence or to the end of follow-up.
    events : array_like, shape (n_people,)
        True for a reoffence.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights, used as they are.
    strata : array_like, shape (n_people,), optional
        Groups within which the arms are compared.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Hazard ratio at which the score is 0, that of a Cox regression (exact for ties; with
        weights Efron's): 0 or infinite where one arm has no reoffences while both are at
        risk. The interval holds the ratios whose score test does not reject, so that it
        excludes 1 exactly when the log-rank test rejects. The standard error is that of the
        logarithm. All nan when nobody was at risk in both arms.

    Raises
    ------
    InputError
        If a column cannot be read.
    NoEventsError
        If nobody reoffends.
    CannotAnswerError
        If an arm has nobody.

    Examples
    --------
    >>> found = log_rank([1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 0, 0])
    >>> round(found.p_value, 4)
    0.0896
    """
    arms, happened, labels = _read(
        times,
        events,
        treated,
        weights,
        strata=strata,
        faults=find_probability_faults(probability),
    )
    if not happened.any():
        raise NoEventsError(NO_EVENTS)
    if weights is None:
        tied = _TiedSets.of(_count(arms, happened, labels))
        score = tied.score
        return _invert(score, lambda t: score(t)[0], tied.at_ends, tied.information, probability)
    arm = arms.treated.astype(float)
    risk = read_risk(arms.outcome, happened, arm, arms.weights, strata=labels)
    ends = _find_ends(_count(arms, happened, labels))
    return _invert(
        lambda log_ratio: _robust_score(risk, log_ratio),
        lambda log_ratio: _slope(risk, log_ratio),
        ends,
        lambda log_ratio: float(risk.derivatives(np.array([log_ratio]))[2][0, 0]),
        probability,
    )


@dataclass(frozen=True, eq=False)
class _Counted:
    """Who is at risk and who reoffends at each time of a stratum."""

    at_risk: Floats
    treated_at_risk: Floats
    died: Floats
    treated_died: Floats
    before: Floats  # share without a reoffence just before


@dataclass(frozen=True, eq=False)
class _TiedSets:
    """The counts of participants that each time of reoffence allows, one after the other."""

    counts: Floats
    log_ways: Floats
    starts: NDArray[np.int64]  # place of the first count of each time
    observed: float

    @classmethod
    def of(cls, counted: list[_Counted]) -> "_TiedSets":
        n1, n, d1, d = (
            np.concatenate([getattr(at, name)[at.died > 0] for at in counted])
            for name in ("treated_at_risk", "at_risk", "treated_died", "died")
        )
        low, high = np.maximum(0, d - (n - n1)), np.minimum(d, n1)
        sizes = (high - low + 1).astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        place = np.repeat(np.arange(sizes.size), sizes)
        counts = low[place] + (np.arange(place.size) - starts[place])
        ways = _log_choose(n1[place], counts)
        ways += _log_choose((n - n1)[place], d[place] - counts)
        return cls(counts, ways, starts, float(d1.sum()))

    @property
    def at_ends(self) -> tuple[float, float]:
        """The score at a ratio of 0 and at an infinite one."""
        least = np.minimum.reduceat(self.counts, self.starts).sum()
        most = np.maximum.reduceat(self.counts, self.starts).sum()
        return self.observed - float(least), self.observed - float(most)

    def information(self, log_ratio: float) -> float:
        """Return the variance, which is the information of an exponential family."""
        return self.score(log_ratio)[1]

    def score(self, log_ratio: float) -> tuple[float, float]:
        """Return observed minus expected participants and its variance."""
        sizes = np.diff(np.append(self.starts, self.counts.size))
        terms = self.log_ways + self.counts * log_ratio
        terms = terms - np.repeat(np.maximum.reduceat(terms, self.starts), sizes)
        mass = np.exp(terms)
        total = np.add.reduceat(mass, self.starts)
        mean = np.add.reduceat(mass * self.counts, self.starts) / total
        gaps = self.counts - np.repeat(mean, sizes)
        variance = np.add.reduceat(mass * gaps**2, self.starts) / total
        return self.observed - float(mean.sum()), float(variance.sum())


def _read(
    times: ArrayLike,
    events: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None,
    *,
    strata: ArrayLike | None,
    faults: list[Fault],
) -> tuple[Arms, NDArray[np.bool_], NDArray[np.int64]]:
    """Arms, reoffences and strata of the people used."""
    columns = Columns()
    days, happened = columns.days("times", times), columns.truths("events", events)
    labels = columns.labels("strata", strata)
    arms = join_arms(columns, days, treated, weights, faults)
    return arms, happened[arms.positions], labels[arms.positions]


def _count(arms: Arms, happened: NDArray[np.bool_], labels: NDArray[np.int64]) -> list[_Counted]:
    """Count people at risk and reoffences, stratum by stratum."""
    counted = []
    for label in np.unique(labels):
        inside = labels == label
        times, events, treated = arms.outcome[inside], happened[inside], arms.treated[inside]
        grid, place = np.unique(times, return_inverse=True)
        at_risk = np.cumsum(np.bincount(place, minlength=grid.size)[::-1])[::-1].astype(float)
        treated_at_risk = np.cumsum(np.bincount(place, treated, grid.size)[::-1])[::-1]
        died = np.bincount(place, events, grid.size)
        before = np.concatenate([[1.0], np.cumprod(1 - died / at_risk)[:-1]])
        treated_died = np.bincount(place, events & treated, grid.size)
        counted.append(_Counted(at_risk, treated_at_risk, died, treated_died, before))
    return counted


def _find_ends(counted: list[_Counted]) -> tuple[float, float]:
    """Signs of a weighted score at a ratio of 0 and at an infinite one."""
    treated = sum(float(at.treated_died[at.treated_at_risk < at.at_risk].sum()) for at in counted)
    rest = sum(float((at.died - at.treated_died)[at.treated_at_risk > 0].sum()) for at in counted)
    return treated, -rest


def _robust_score(risk: RiskSets, log_ratio: float) -> tuple[float, float]:
    """Return the score of a weighted Cox regression and its robust variance."""
    scores = risk.weights * risk.score_residuals(np.array([log_ratio]))[:, 0]
    return _slope(risk, log_ratio), float((scores**2).sum())


def _slope(risk: RiskSets, log_ratio: float) -> float:
    """Return the score of a weighted Cox regression."""
    return float(risk.derivatives(np.array([log_ratio]))[1][0])


def _invert(
    score: Score,
    slope: Callable[[float], float],
    at_ends: tuple[float, float],
    information: Callable[[float], float],
    probability: float,
) -> Finding:
    """Find the ratio whose score is 0 and those whose score test does not reject."""
    at_one, variance = score(0.0)
    if not information(0.0) > 0 or at_ends == (0.0, 0.0):
        return Finding(math.nan, probability=probability)
    z = float(ndtri((1 + probability) / 2))
    is_finite = at_ends[0] > 0 > at_ends[1]
    middle = _cross(slope, 0.0) if is_finite else 0.0
    error = math.sqrt(score(middle)[1]) / information(middle) if is_finite else math.nan
    estimate = raise_e(middle) if is_finite else (0.0 if at_ends[0] <= 0 else math.inf)
    lower = 0.0 if at_ends[0] <= 0 else raise_e(_find_limit(score, middle, z))
    upper = math.inf if at_ends[1] >= 0 else raise_e(_find_limit(score, middle, -z))
    p_value = 2 * float(ndtr(-abs(at_one) / math.sqrt(variance))) if variance > 0 else math.nan
    return Finding(estimate, lower, upper, p_value, probability, error)


def _find_limit(score: Score, middle: float, z: float) -> float:
    """Return the log ratio whose score test just rejects, below the middle for a positive z."""

    def excess(log_ratio: float) -> float:
        gap, spread = score(log_ratio)
        if spread > 0:
            return gap / math.sqrt(spread) - z
        return math.copysign(math.inf, gap) if gap != 0 else -z

    start = middle
    if middle * z > 0:  # a ratio of 1 lies on this side: the limit has to agree with its test
        if excess(0.0) * z > 0:
            return find_crossing(excess, min(0.0, middle), max(0.0, middle))
        start = 0.0
    return _cross(excess, start)


def _cross(falling: Callable[[float], float], start: float) -> float:
    """Return where a falling function crosses 0, nearest to a start; infinite if too far off."""
    direction = 1.0 if falling(start) > 0 else -1.0
    near, reach = start, 0.5
    while abs(near - start) < FURTHEST:
        far = start + direction * reach
        if falling(far) * direction <= 0:
            return find_crossing(falling, min(near, far), max(near, far))
        near, reach = far, 2 * reach
    return direction * math.inf


def _log_choose(n: Floats, k: Floats) -> Floats:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
