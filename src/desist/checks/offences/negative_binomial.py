"""Ratio of two frequencies under a negative binomial law with one dispersion."""

# Y_i has mean mu_i = t_i exp(beta_0 + beta_1 z_i) and variance mu_i + alpha mu_i^2. Weighted people
# enter by the weighted score equations and the sandwich; the likelihood-ratio test is for equal
# weights. With the same follow-up for everybody the ratio and its robust error are those of
# `quasi_poisson`, whatever the dispersion: the two checks can differ only when the follow-up does.

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaln, ndtr, ndtri

from desist.checks.arms import Arms, join_arms
from desist.checks.columns import Columns, find_probability_faults
from desist.checks.crossing import cross_log_ratio
from desist.checks.finding import Finding, exponentiate, from_standard_error, satterthwaite
from desist.checks.people.weighted import cluster_error
from desist.errors import NoEventsError
from desist.weights import effective_sample_size, residuals_about, scale_weights

Floats = NDArray[np.float64]
LOG_DISPERSION = (-12.0, 8.0)  # from as good as Poisson to a variance 3,000 times mean squared


def negative_binomial(
    offences: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    time_at_risk: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    probability: float = 0.95,
) -> Finding:
    """Compare two weighted frequencies by a negative binomial ratio, robust errors.

    Parameters
    ----------
    offences : array_like, shape (n_people,)
        Proven reoffences of each person.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; each arm is scaled to its effective sample size for the
        dispersion that the arms share.
    time_at_risk : array_like, shape (n_people,), optional
        Days of follow-up; equal for everybody when left out.
    clusters : array_like, shape (n_people,), optional
        Matched set or group over which the errors are summed.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Ratio of the frequencies, with an HC0 sandwich times n / (n - 1) by arm, or
        G / (G - 1) with G clusters.

    Raises
    ------
    InputError
        If a column cannot be read.
    CannotAnswerError
        If an arm has fewer than two people, or there is a single cluster.
    NoEventsError
        If an arm has no offences.

    References
    ----------
    Lawless, J. F. (1987). Canadian Journal of Statistics 15, 209-225.

    Examples
    --------
    >>> round(negative_binomial([0, 2, 4, 0, 1, 5], [1, 1, 1, 0, 0, 0]).estimate, 6)
    1.0
    """
    arms, exposure, labels = _read(
        offences, treated, weights, time_at_risk, probability, clusters=clusters, fewest=2
    )
    w = scale_weights(arms.weights, arms.treated)
    alpha = math.exp(_log_dispersion(arms, exposure, w, pooled=False))
    means = _means(arms, exposure, w, alpha, pooled=False)
    parts = w * residuals_about(arms.outcome, means) / (1 + alpha * means)
    information = w * means / (1 + alpha * means)
    influence = np.empty_like(parts)
    rates = []
    for members, sign in ((arms.treated, 1.0), (~arms.treated, -1.0)):
        influence[members] = sign * parts[members] / information[members].sum()
        rates.append(float(means[members][0] / exposure[members][0]))
    estimate = math.log(rates[0] / rates[1])
    if clusters is not None:
        error, df = cluster_error(influence, labels)
        return exponentiate(from_standard_error(estimate, error, df, probability))
    variances = [
        float((influence[m] ** 2).sum()) * m.sum() / max(int(m.sum()) - 1, 1)
        for m in (arms.treated, ~arms.treated)
    ]
    df_arms = satterthwaite(variances, arms.effective_sizes)
    error = math.sqrt(sum(variances))
    return exponentiate(from_standard_error(estimate, error, df_arms, probability))


def negative_binomial_test(
    offences: ArrayLike,
    treated: ArrayLike,
    *,
    time_at_risk: ArrayLike | None = None,
    probability: float = 0.95,
) -> Finding:
    """Compare two unweighted frequencies by the likelihood-ratio test.

    Parameters
    ----------
    offences : array_like, shape (n_people,)
        Proven reoffences of each person.
    treated : array_like, shape (n_people,)
        True for participants.
    time_at_risk : array_like, shape (n_people,), optional
        Days of follow-up; equal for everybody when left out.
    probability : float
        Against which p is read; no interval is made.

    Returns
    -------
    Finding
        Ratio of the frequencies; p from twice the gain in log likelihood, the
        dispersion estimated with and without a difference.

    Raises
    ------
    InputError
        If a column cannot be read.
    NoEventsError
        If an arm has no offences.

    Examples
    --------
    >>> round(negative_binomial_test([0, 2, 4, 0, 1, 5], [1, 1, 1, 0, 0, 0]).p_value, 6)
    1.0
    """
    arms, exposure, _ = _read(offences, treated, None, time_at_risk, probability)
    w = np.ones_like(arms.outcome)
    values = {}
    for pooled in (False, True):
        log_alpha = _log_dispersion(arms, exposure, w, pooled=pooled)
        means = _means(arms, exposure, w, math.exp(log_alpha), pooled=pooled)
        values[pooled] = _log_likelihood(arms.outcome, means, w, math.exp(log_alpha))
        if not pooled:
            rates = means / exposure
            ratio = float(rates[arms.treated][0] / rates[~arms.treated][0])
    gain = max(2 * (values[False] - values[True]), 0.0)
    return Finding(ratio, p_value=2 * float(ndtr(-math.sqrt(gain))), probability=probability)


def negative_binomial_score(
    offences: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    time_at_risk: ArrayLike | None = None,
    probability: float = 0.95,
) -> Finding:
    """Compare two weighted frequencies by a score test with one dispersion."""
    # For a ratio phi both frequencies are estimated under it, and the difference r_1 - phi r_0 is
    # standardised by the variance that the common dispersion gives them there. A small group that
    # happens to miss the few people with many offences is thus not taken at its own word about its
    # spread, which is where t-tests of skewed counts go wrong.
    # Aban, I. B., Cutter, G. R. and Mavinga, N. (2009). Computational Statistics and Data Analysis
    # 53, 820-833 (tests of two negative binomial means).
    arms, exposure, _ = _read(offences, treated, weights, time_at_risk, probability, both=False)
    groups = [_Group.of(arms, exposure, members) for members in (arms.treated, ~arms.treated)]
    inside, outside = groups
    surplus = sum(group.surplus for group in groups)
    alpha = max(surplus / sum(group.squares for group in groups), 0.0)

    def statistic(log_ratio: float) -> float:
        phi = math.exp(log_ratio)
        offences_in_all = inside.size * inside.mean + outside.size * outside.mean
        base = offences_in_all / (phi * inside.size * inside.time + outside.size * outside.time)
        gap = inside.rate - phi * outside.rate
        variance = inside.variance(phi * base, alpha) + phi**2 * outside.variance(base, alpha)
        return gap / math.sqrt(variance)

    z = float(ndtri((1 + probability) / 2))
    lower = math.exp(cross_log_ratio(lambda t: statistic(t) - z)) if inside.rate > 0 else 0.0
    upper = math.exp(cross_log_ratio(lambda t: statistic(t) + z))
    p_value = min(2 * float(ndtr(-abs(statistic(0.0)))), 1.0)
    return Finding(inside.rate / outside.rate, lower, upper, p_value, probability)


@dataclass(frozen=True)
class _Group:
    """What the score test needs to know of one arm."""

    size: float  # effective
    mean: float  # offences per person
    time: float  # days per person
    squared_time: float  # of the squared weights, over the square of their sum
    squared_time_squared: float
    surplus: float  # variance beyond Poisson, summed over effective people
    squares: float  # squared means, summed over effective people

    @property
    def rate(self) -> float:
        return self.mean / self.time

    @classmethod
    def of(cls, arms: Arms, exposure: Floats, members: NDArray[np.bool_]) -> "_Group":
        shares = arms.weights[members] / arms.weights[members].sum()
        y, t = arms.outcome[members], exposure[members]
        size = effective_sample_size(shares)
        mean, time = float(shares @ y), float(shares @ t)
        expected = t * mean / time
        spread = float(shares @ (y - expected) ** 2) * size / max(size - 1, 1e-9)
        return cls(
            size,
            mean,
            time,
            float(shares**2 @ t),
            float(shares**2 @ t**2),
            size * (spread - mean),
            size * float(shares @ expected**2),
        )

    def variance(self, rate: float, alpha: float) -> float:
        poisson, extra = rate * self.squared_time, alpha * rate**2 * self.squared_time_squared
        return (poisson + extra) / self.time**2


def _read(
    offences: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None,
    time_at_risk: ArrayLike | None,
    probability: float,
    *,
    clusters: ArrayLike | None = None,
    both: bool = True,
    fewest: int = 1,
) -> tuple[Arms, Floats, NDArray[np.int64]]:
    """Arms, days at risk and clusters of the people used, where each arm has offences."""
    columns = Columns()
    counted = columns.numbers("offences", offences, least=0.0)
    days = columns.numbers("time_at_risk", time_at_risk, above=0.0, truths=False, default=1.0)
    labels = columns.labels("clusters", clusters)
    faults = find_probability_faults(probability)
    arms = join_arms(columns, counted, treated, weights, faults, fewest=fewest)
    needed = {"comparison": ~arms.treated} | ({"treated": arms.treated} if both else {})
    for name, members in needed.items():
        if not (arms.outcome[members] > 0).any():
            message = f"the {name} arm has no offences, so the ratio has no finite estimate"
            raise NoEventsError(f"{message}; use the difference instead")
    return arms, days[arms.positions], labels[arms.positions]


def _log_dispersion(arms: Arms, exposure: Floats, w: Floats, *, pooled: bool) -> float:
    def loss(log_alpha: float) -> float:
        alpha = math.exp(log_alpha)
        means = _means(arms, exposure, w, alpha, pooled=pooled)
        return -_log_likelihood(arms.outcome, means, w, alpha)

    found = minimize_scalar(loss, bounds=LOG_DISPERSION, method="bounded", options={"xatol": 1e-8})
    return float(found.x)


def _means(arms: Arms, exposure: Floats, w: Floats, alpha: float, *, pooled: bool) -> Floats:
    """Solve the score equations of each arm (or of everybody) given the dispersion."""
    means = np.empty_like(exposure)
    everybody = np.ones_like(arms.treated)
    for members in [everybody] if pooled else [arms.treated, ~arms.treated]:
        y, t, v = arms.outcome[members], exposure[members], w[members]
        rate = float(v @ y / (v @ t))
        if np.ptp(t) > 0:
            rate = _solve_rate(y, t, v, alpha)
        means[members] = rate * t
    return means


def _solve_rate(y: Floats, t: Floats, v: Floats, alpha: float) -> float:
    def score(log_rate: float) -> float:
        mu = t * math.exp(log_rate)
        return float(v @ ((y - mu) / (1 + alpha * mu)))

    positive = y > 0
    edges = np.log((y[positive] / t[positive]).min() * 1e-6), np.log((y / t).max() * 1e6)
    return math.exp(float(brentq(score, edges[0] - 20, edges[1], xtol=1e-12)))


def _log_likelihood(y: Floats, means: Floats, w: Floats, alpha: float) -> float:
    size = 1 / alpha
    terms = (
        gammaln(y + size)
        - gammaln(size)
        - gammaln(y + 1)
        - size * np.log1p(alpha * means)
        + y * (np.log(alpha * means) - np.log1p(alpha * means))
    )
    return float(w @ terms)
