r"""Log-rank tests: classical, of the rho family, stratified, and weighted.

Unweighted: observed minus expected reoffences of the participants over the times of
reoffence, with the hypergeometric variance (Harrington and Fleming's weights
:math:`\hat S(t-)^\rho`). With probability weights that variance is wrong, and the score
test of the weighted Cox model with its robust variance takes its place: it does not
depend on the scale of the weights.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.arms import read_arms
from desist.checks.check import Finding
from desist.checks.cox import read_risk
from desist.checks.welch import from_standard_error


@dataclass(frozen=True)
class LogRank:
    """Observed and expected reoffences of the participants.

    Attributes
    ----------
    observed, expected : float
        Weighted by the rho family where asked.
    variance : float
        Of their difference, were the hazards the same.
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
    arms = read_arms(times, treated)
    reoffended = np.asarray(events).astype(bool)
    labels = np.zeros(arms.outcome.size) if strata is None else np.asarray(strata)
    sums = np.zeros(3)
    for label in np.unique(labels):
        inside = labels == label
        sums += _stratum(arms.outcome[inside], reoffended[inside], arms.treated[inside], rho)
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
        One-step hazard ratio, exp((O - E) / V) of Peto, whose interval excludes 1
        exactly when the test rejects; the standard error is that of its logarithm.

    Raises
    ------
    NoEventsError
        If nobody reoffends.

    Examples
    --------
    >>> found = log_rank([1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 0, 0])
    >>> round(found.p_value, 4)
    0.0896
    """
    if weights is None:
        counted = count_log_rank(times, events, treated, strata=strata)
        slope, information, meat = counted.observed - counted.expected, counted.variance, None
    else:
        arm = np.asarray(treated).astype(float)
        risk = read_risk(times, events, arm, weights, strata=strata)
        _, gradient, matrix = risk.derivatives(np.zeros(1))
        slope, information = float(gradient[0]), float(matrix[0, 0])
        scores = risk.weights * risk.score_residuals(np.zeros(1))[:, 0]
        meat = float((scores**2).sum())
    if not information > 0:
        return Finding(math.nan, probability=probability)
    error = math.sqrt(information if meat is None else meat) / information
    return exponentiate(from_standard_error(slope / information, error, math.inf, probability))


def exponentiate(found: Finding) -> Finding:
    """Carry a finding from the logarithm of a ratio to the ratio.

    Parameters
    ----------
    found : Finding
        On the log scale.

    Returns
    -------
    Finding
        Estimate and limits exponentiated; p, error (of the logarithm) and df kept.
    """
    return Finding(
        math.exp(found.estimate),
        math.exp(found.lower),
        math.exp(found.upper),
        found.p_value,
        found.probability,
        found.standard_error,
        found.df,
    )


def _stratum(
    times: NDArray[np.float64],
    events: NDArray[np.bool_],
    treated: NDArray[np.bool_],
    rho: float,
) -> NDArray[np.float64]:
    grid, place = np.unique(times, return_inverse=True)
    at_risk = np.cumsum(np.bincount(place, minlength=grid.size)[::-1])[::-1].astype(float)
    treated_at_risk = np.cumsum(np.bincount(place, treated, grid.size)[::-1])[::-1]
    died = np.bincount(place, events, grid.size)
    treated_died = np.bincount(place, events & treated, grid.size)
    before = np.concatenate([[1.0], np.cumprod(1 - died / at_risk)[:-1]])
    emphasis = before**rho
    share = treated_at_risk / at_risk
    spare = np.maximum(at_risk - 1, 1.0)
    variance = died * share * (1 - share) * (at_risk - died) / spare
    return np.array(
        [
            (emphasis * treated_died).sum(),
            (emphasis * died * share).sum(),
            (emphasis**2 * variance).sum(),
        ]
    )
