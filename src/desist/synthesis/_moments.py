"""Tau-squared beside moderators: the estimators of `_heterogeneity`, with columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.errors import CannotAnswerError

A_DECADE = 32  # points of the grid of tau-squared in each power of ten
NEARLY_NONE = 1e-7


@dataclass(frozen=True, eq=False)
class Weighted:
    """Weighted least squares at one tau-squared."""

    weights: Floats
    coefficients: Floats
    covariance: Floats
    residuals: Floats

    @property
    def squares(self) -> float:
        """Weighted squares of the residuals."""
        return float(self.weights @ self.residuals**2)


def fit_weighted(
    values: Floats, variances: Floats, columns: Floats, tau_squared: float
) -> Weighted:
    """Fit weighted least squares with a tau-squared added to the variances."""
    weights = 1 / (variances + tau_squared)
    try:
        covariance = np.linalg.inv(columns.T @ (columns * weights[:, None]))
    except np.linalg.LinAlgError as error:
        message = "the errors of the studies differ so much that fewer than the coefficients count"
        raise CannotAnswerError(message) from error
    coefficients = covariance @ (columns.T @ (weights * values))
    return Weighted(weights, coefficients, covariance, values - columns @ coefficients)


def estimate_tau_squared(
    values: Floats, variances: Floats, columns: Floats, estimator: str
) -> float:
    """Estimate tau-squared beside moderators."""
    return _ESTIMATORS[estimator](values, variances, columns)


def _by_restricted_likelihood(values: Floats, variances: Floats, columns: Floats) -> float:
    return _climb(values, variances, columns, restricted=True)


def _by_likelihood(values: Floats, variances: Floats, columns: Floats) -> float:
    return _climb(values, variances, columns, restricted=False)


def _by_moments(values: Floats, variances: Floats, columns: Floats) -> float:
    # DerSimonian and Laird with moderators: Viechtbauer (2005), eq. 3.
    found = fit_weighted(values, variances, columns, 0.0)
    excess = found.squares - (len(values) - columns.shape[1])
    return max(0.0, float(excess / _trace(columns, found)))


def _trace(columns: Floats, found: Weighted) -> float:
    """Return the trace of W - W X (X'WX)^-1 X'W."""
    squared = columns.T @ (columns * found.weights[:, None] ** 2)
    return float(found.weights.sum()) - float((found.covariance * squared.T).sum())


def _by_generalised_q(values: Floats, variances: Floats, columns: Floats) -> float:
    from scipy.optimize import brentq

    target = float(len(values) - columns.shape[1])

    def excess(tau_squared: float) -> float:
        return fit_weighted(values, variances, columns, tau_squared).squares - target

    if excess(0.0) <= 0:
        return 0.0
    beyond = float(variances.max())
    while excess(beyond) > 0:
        beyond *= 2
    return float(brentq(excess, 0.0, beyond, xtol=1e-15 * beyond, rtol=1e-14))


def _by_nothing(_values: Floats, _variances: Floats, _columns: Floats) -> float:
    return 0.0


_ESTIMATORS: Mapping[str, Callable[[Floats, Floats, Floats], float]] = {
    "reml": _by_restricted_likelihood,
    "ml": _by_likelihood,
    "dl": _by_moments,
    "pm": _by_generalised_q,
    "equal": _by_nothing,
}
WITH_MODERATORS = tuple(_ESTIMATORS)


def _climb(values: Floats, variances: Floats, columns: Floats, *, restricted: bool) -> float:
    """Find the highest of all peaks: by a grid, then between its neighbours."""
    from scipy.optimize import minimize_scalar

    def lower(tau_squared: float) -> float:
        found = fit_weighted(values, variances, columns, tau_squared)
        twice = np.log(found.weights).sum() - found.squares
        if restricted:
            twice += np.linalg.slogdet(found.covariance)[1]
        return -float(twice) / 2

    beyond = float(variances.max() + 2 * np.ptp(values) ** 2)
    first = NEARLY_NONE * float(variances.min())
    grid = np.r_[0.0, np.geomspace(first, beyond, 2 + int(A_DECADE * np.log10(beyond / first)))]
    best = int(np.argmin([lower(float(place)) for place in grid]))
    if best == 0:
        return 0.0
    bounds = float(grid[best - 1]), float(grid[min(best + 1, len(grid) - 1)])
    found = minimize_scalar(lower, bounds=bounds, method="bounded", options={"xatol": 1e-14})
    return _polish(values, variances, columns, float(found.x), restricted)


def _polish(
    values: Floats, variances: Floats, columns: Floats, tau_squared: float, restricted: bool
) -> float:
    """Solve for the slope of 0: Fisher's steps from the peak that was found."""
    for _ in range(50):
        found = fit_weighted(values, variances, columns, tau_squared)
        squared = found.weights**2
        inner = columns.T @ (columns * squared[:, None])
        slope = squared @ found.residuals**2 - found.weights.sum()
        if restricted:
            slope += np.trace(found.covariance @ inner)
        step = slope / squared.sum()
        tau_squared = max(0.0, tau_squared + float(step))
        if abs(step) < 1e-14 * (tau_squared + variances.min()):
            break
    return tau_squared
