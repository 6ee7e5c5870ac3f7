"""Whether hazards are proportional, as a Cox regression takes them to be."""

# The score test of theta_j = 0 in beta_j(t) = beta_j + theta_j g(t): with the mean x_bar_k and the
# covariance V_k of the covariates in the risk set of the k-th reoffence, at the estimate of beta,
#     U = sum_k g(t_k)(x_k - x_bar_k),
#     I = (sum V_k, sum g V_k; sum g V_k, sum g^2 V_k).
# Grambsch, P. M. and Therneau, T. M. (1994). Biometrika 81, 515-526. Therneau, T. M. (2024). The
# survival package for R, version 3, vignette "Validation", section on the score test.

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from desist.arguments import find_choice_faults
from desist.checks.times.cox import cox, read_risk
from desist.checks.times.kaplan_meier import kaplan_meier
from desist.errors import raise_faults

Floats = NDArray[np.float64]
TRANSFORMS = ("km", "identity")


@dataclass(frozen=True, eq=False)
class ProportionalHazards:
    """Tests of proportional hazards, one for each covariate and one for all.

    Attributes
    ----------
    statistics : ndarray of float, shape (n_covariates,)
        Chi-squared with one degree of freedom each.
    p_values : ndarray of float, shape (n_covariates,)
        Small where the hazard ratio changes over time.
    statistic, p_value : float
        Of all together, with as many degrees of freedom as covariates.

    Examples
    --------
    >>> import desist as ds
    >>> days, events = [10, 40, 50, 60, 20, 90, 30, 80], [1, 1, 0, 1, 1, 0, 1, 1]
    >>> treated = [[1], [1], [1], [1], [0], [0], [0], [0]]
    >>> found = ds.checks.proportional_hazards(days, events, treated)
    >>> bool(found.p_value > 0.05)
    True
    """

    statistics: Floats
    p_values: Floats
    statistic: float
    p_value: float


def proportional_hazards(
    times: ArrayLike,
    events: ArrayLike,
    covariates: ArrayLike,
    *,
    transform: str = "km",
    ties: str = "efron",
) -> ProportionalHazards:
    """Test whether the hazard ratios of a Cox regression change over time.

    Parameters
    ----------
    times : array_like, shape (n_people,)
        Days to the first reoffence or to the end of follow-up.
    events : array_like, shape (n_people,)
        True for a reoffence.
    covariates : array_like, shape (n_people,) or (n_people, n_covariates)
        The arm as 0/1, alone or with covariates.
    transform : str
        In what the log hazard ratio may change: "km", the share who reoffended before, or
        "identity", days.
    ties : str
        "efron" or "breslow".

    Returns
    -------
    ProportionalHazards
        Statistics and p-values.

    Raises
    ------
    InputError
        If an input is not usable or `transform` is unknown.
    NotConvergedError
        If the regression has no finite maximum.

    Examples
    --------
    >>> weeks, arrests = [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1, 1, 0]
    >>> found = proportional_hazards(weeks, arrests, [1, 1, 1, 0, 1, 0, 0, 1])
    >>> 0 < found.p_value < 1
    True
    """
    raise_faults("check", find_choice_faults("transform", transform, TRANSFORMS))
    fit = cox(times, events, covariates, ties=ties)
    risk = read_risk(times, events, covariates, ties=ties)
    (moments,) = risk.moments(fit.coefficients)
    change = _find_transform(times, events, transform)(moments.times)
    gradient = change @ (moments.outcome - moments.mean)
    plain, mixed, squared = (
        np.einsum("k,kpq->pq", change**power, moments.covariance) for power in (0, 1, 2)
    )
    information = squared - mixed @ np.linalg.solve(plain, mixed)
    # each covariate by itself: the others' hazard ratios stay constant
    alone = np.diag(squared) - np.einsum("jp,pj->j", mixed, np.linalg.solve(plain, mixed))
    statistics = gradient**2 / alone
    statistic = float(gradient @ np.linalg.solve(information, gradient))
    return ProportionalHazards(
        statistics,
        chdtrc(1, statistics),
        statistic,
        float(chdtrc(len(gradient), statistic)),
    )


def _find_transform(
    times: ArrayLike, events: ArrayLike, transform: str
) -> Callable[[Floats], Floats]:
    if transform == "identity":
        return lambda at: at - at.mean()
    curve = kaplan_meier(times, events)
    left = np.append(1.0, curve.survival)

    def gone(at: Floats) -> Floats:
        share: Floats = 1 - left[np.searchsorted(curve.times, at, side="left")]
        return share - share.mean()

    return gone
