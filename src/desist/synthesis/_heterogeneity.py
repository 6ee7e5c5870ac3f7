"""How much true effects differ between studies: estimators of tau-squared, and its limits."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]

A_DECADE = 64  # points of the grid of tau-squared in each power of ten
NEARLY_NONE = 1e-6  # of the smallest variance: below it the likelihood is as at 0


def estimate_by_moments(values: Array, variances: Array) -> float:
    """Estimate tau-squared by DerSimonian and Laird's method of moments."""
    # DerSimonian and Laird (1986), Controlled Clinical Trials 7, 177-188, eq. 8.
    free = len(values) - 1
    excess = generalise_q(values, variances, 0.0) - free
    return max(0.0, excess / free * find_typical_variance(variances))


def estimate_by_generalised_q(values: Array, variances: Array) -> float:
    """Estimate tau-squared by Paule and Mandel's equation, which has one root at the most."""
    # Paule and Mandel (1982), Journal of Research NBS 87, 377-385.
    return solve_q(values, variances, len(values) - 1)


def estimate_by_restricted_likelihood(values: Array, variances: Array) -> float:
    """Estimate tau-squared by restricted maximum likelihood: its highest peak."""
    return _take_highest(find_peaks(values, variances, restricted=True))


def estimate_by_likelihood(values: Array, variances: Array) -> float:
    """Estimate tau-squared by maximum likelihood: its highest peak."""
    return _take_highest(find_peaks(values, variances, restricted=False))


def estimate_by_unweighted_moments(values: Array, variances: Array) -> float:
    """Estimate tau-squared by Hedges and Olkin's method: the variance above the mean error."""
    # Hedges and Olkin (1985), Statistical Methods for Meta-Analysis, chapter 9, eq. 10.
    return max(0.0, float(values.var(ddof=1) - variances.mean()))


def estimate_by_excess(values: Array, variances: Array) -> float:
    """Estimate tau-squared by Hunter and Schmidt's method: biased towards 0."""
    # Viechtbauer (2005), eq. 4.
    excess = generalise_q(values, variances, 0.0) - len(values)
    return max(0.0, float(excess / (1 / variances).sum()))


def estimate_by_crude_ratio(values: Array, variances: Array) -> float:
    """Estimate tau-squared by Sidik and Jonkman's method, which is above 0 unless all agree."""
    # Sidik and Jonkman (2005), Applied Statistics 54, 367-384, section 2.
    crude = float(values.var())
    if crude == 0:
        return 0.0
    return crude * generalise_q(values, variances, crude) / (len(values) - 1)


def assume_equal_effects(_values: Array, _variances: Array) -> float:
    """Take tau-squared as 0: all studies have one true effect."""
    return 0.0


ESTIMATORS: Mapping[str, Callable[[Array, Array], float]] = {
    "reml": estimate_by_restricted_likelihood,
    "ml": estimate_by_likelihood,
    "dl": estimate_by_moments,
    "pm": estimate_by_generalised_q,
    "eb": estimate_by_generalised_q,  # Morris's empirical Bayes solves the same equation
    "sj": estimate_by_crude_ratio,
    "he": estimate_by_unweighted_moments,
    "hs": estimate_by_excess,
    "equal": assume_equal_effects,
}


def find_peaks(values: Array, variances: Array, *, restricted: bool) -> list[tuple[float, float]]:
    """Find every local maximum of the likelihood of tau-squared, with its height, from 0 on."""
    # The likelihood of tau-squared has more than one peak where precise studies agree and another
    # lies far off; Newton's or Fisher's steps from one start find one of them, often at 0.
    from scipy.optimize import brentq

    def score(tau_squared: float) -> float:
        return float(_score(values, variances, np.array([tau_squared]), restricted)[0])

    # Beyond the variance and twice the squared range together the slope is negative for good:
    # each squared distance from the mean is at most the squared range.
    beyond = float(variances.max() + 2 * np.ptp(values) ** 2)
    first = NEARLY_NONE * float(variances.min())
    n_points = 2 + int(A_DECADE * np.log10(beyond / first))
    grid = np.r_[0.0, np.geomspace(first, beyond, n_points)]
    rising = _score(values, variances, grid, restricted) > 0
    peaks = [] if rising[0] else [0.0]
    for at in np.flatnonzero(rising[:-1] & ~rising[1:]):
        low, high = float(grid[at]), float(grid[at + 1])
        peaks.append(float(brentq(score, low, high, xtol=1e-15 * high, rtol=1e-14)))
    heights = _log_likelihood(values, variances, np.array(peaks), restricted)
    return list(zip(peaks, heights.tolist(), strict=True))


def generalise_q(values: Array, variances: Array, tau_squared: float) -> float:
    """Return the weighted squares about the weighted mean, at a value of tau-squared."""
    weights = 1 / (variances + tau_squared)
    mean = weights @ values / weights.sum()
    return float(weights @ (values - mean) ** 2)


def solve_q(values: Array, variances: Array, target: float) -> float:
    """Return the tau-squared at which the generalised Q is the target, or 0."""
    # Q falls in tau-squared: one root, or none above 0
    from scipy.optimize import brentq

    if generalise_q(values, variances, 0.0) <= target:
        return 0.0
    beyond = float(variances.max())
    while generalise_q(values, variances, beyond) > target:
        beyond *= 2

    def excess(tau_squared: float) -> float:
        return generalise_q(values, variances, tau_squared) - target

    return float(brentq(excess, 0.0, beyond, xtol=1e-15 * beyond, rtol=1e-14))


def profile_q(values: Array, variances: Array, probability: float) -> tuple[float, float]:
    """Return the Q-profile limits of tau-squared (Viechtbauer 2007)."""
    from scipy.stats import chi2

    tail = (1 - probability) / 2
    high, low = chi2.ppf([tail, 1 - tail], len(values) - 1)
    return solve_q(values, variances, float(low)), solve_q(values, variances, float(high))


def find_typical_variance(variances: Array) -> float:
    """Return the variance of a typical study, for I-squared."""
    # Higgins and Thompson (2002), Statistics in Medicine 21, 1539-1558, eq. 9.
    # The squared sum less the sum of squares is twice the sum over pairs: taken so, in rising
    # order, nothing cancels where one study is far more precise than all others.
    weights = np.sort(1 / variances)
    pairs = weights[1:] @ np.cumsum(weights)[:-1]
    return float((len(weights) - 1) * weights.sum() / (2 * pairs))


def _take_highest(peaks: list[tuple[float, float]]) -> float:
    return max(peaks, key=lambda peak: peak[1])[0]


def _score(values: Array, variances: Array, grid: Array, restricted: bool) -> Array:
    # Viechtbauer (2005), eq. 10 for the restricted likelihood: twice the derivative.
    weights, away = _weigh(values, variances, grid)
    squares = weights**2
    score = ((weights * away) ** 2).sum(axis=1) - weights.sum(axis=1)
    if restricted:
        score += squares.sum(axis=1) / weights.sum(axis=1)
    return np.asarray(score)


def _log_likelihood(values: Array, variances: Array, grid: Array, restricted: bool) -> Array:
    # Viechtbauer (2005), without the constants.
    weights, away = _weigh(values, variances, grid)
    twice = np.log(weights).sum(axis=1) - (weights * away**2).sum(axis=1)
    if restricted:
        twice -= np.log(weights.sum(axis=1))
    return np.asarray(twice / 2)


def _weigh(values: Array, variances: Array, grid: Array) -> tuple[Array, Array]:
    """Return weights and distances from the mean, a row for each value of tau-squared."""
    weights = 1 / (variances + grid[:, None])
    means = weights @ values / weights.sum(axis=1)
    return weights, values - means[:, None]
