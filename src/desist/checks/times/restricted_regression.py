"""Restricted mean times adjusted for covariates, for weighted people who may be censored."""

# With Y_i = min(T_i, tau), known for those who reoffended or reached the horizon tau (delta_i = 1),
# and G_hat_a(t-) the Kaplan-Meier share of arm a not yet censored before t, the coefficients solve
#     sum_i w_i delta_i / (G_hat_a_i(Y_i-)) x_i (Y_i - mu_i(beta)) = 0.
# The covariance is the infinitesimal jackknife: the sum of squares of each person's weight times
# the derivative of beta_hat with respect to it, in which the censoring curve is estimated anew.
# With nobody censored it is HC0; with the arm alone it is that of the difference of two
# Kaplan-Meier areas.
# Tian, L., Zhao, L. and Wei, L. J. (2014). Biostatistics 15, 222-233.

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.arguments import find_choice_faults
from desist.checks.arms import join_arms
from desist.checks.columns import Columns, find_horizon_faults
from desist.checks.people.estimating import WeightedFit, solve_weighted
from desist.checks.times.kaplan_meier import log_derivatives
from desist.errors import CannotAnswerError

Floats = NDArray[np.float64]
CONTRASTS = ("difference", "ratio", "lost_ratio")


def rmst_regression(
    times: ArrayLike,
    events: ArrayLike,
    treated: ArrayLike,
    covariates: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    *,
    horizon: float,
    contrast: str = "difference",
) -> WeightedFit:
    """Regress the restricted mean time on the arm and covariates.

    Parameters
    ----------
    times : array_like, shape (n_people,)
        Days to the first reoffence or to the end of follow-up.
    events : array_like, shape (n_people,)
        True for a reoffence.
    treated : array_like, shape (n_people,)
        True for participants.
    covariates : array_like, shape (n_people, n_covariates), optional
        Columns beside the intercept and the arm.
    weights : array_like, shape (n_people,), optional
        Probability weights, used as they are; people of weight 0 are left out. Where covariates
        act on both arms alike, the scale of one arm's weights against the other's matters:
        scale them first, as `scale_weights` does.
    horizon : float
        Days up to which time counts.
    contrast : str
        "difference" of restricted means in days, or the log of their "ratio", or the
        "lost_ratio": that of the time lost (horizon less restricted mean).

    Returns
    -------
    WeightedFit
        Intercept, arm, then the covariates.

    Raises
    ------
    InputError
        If the contrast is unknown, the horizon or a time is not positive, or a covariate is
        not finite.
    CannotAnswerError
        If somebody of an arm left before the horizon and nobody of it was followed for longer,
        an arm has one person, or the covariates determine each other.

    Examples
    --------
    >>> fit = rmst_regression([1, 2, 2, 3], [1, 1, 0, 1], [1, 1, 0, 0], horizon=3)
    >>> fit.coefficients.round(6).tolist()
    [3.0, -1.5]
    """
    columns = Columns()
    days, happened = columns.days("times", times), columns.truths("events", events)
    matrix = columns.matrix("covariates", covariates)
    faults = find_choice_faults("contrast", contrast, CONTRASTS) + find_horizon_faults(horizon)
    arms = join_arms(columns, days, treated, weights, faults, fewest=2)
    matrix = np.column_stack(
        [np.ones(arms.outcome.size), arms.treated.astype(float), matrix[arms.positions]]
    )
    restricted = np.minimum(arms.outcome, horizon)
    known = happened[arms.positions] | (arms.outcome >= horizon)
    shares = arms.weights / arms.weights.sum()
    inverse = np.zeros(len(shares))
    for arm in (arms.treated, ~arms.treated):
        inverse[arm] = _inverse_of_followed(restricted[arm], known[arm], shares[arm])
    outcome = horizon - restricted if contrast == "lost_ratio" else restricted
    family = "linear" if contrast == "difference" else "poisson"
    if np.linalg.matrix_rank(matrix[inverse > 0]) < matrix.shape[1]:
        raise CannotAnswerError("the arm and the covariates determine each other")
    start = np.zeros(matrix.shape[1])
    if family == "poisson":
        start = _start_ratio(outcome, matrix, shares * inverse)
    beta, bread, scores = solve_weighted(outcome, matrix, shares * inverse, family, start)
    influence = scores.copy()
    for arm in (arms.treated, ~arms.treated):
        influence[arm] += shares[arm, np.newaxis] * _move_of_censoring(
            restricted[arm], known[arm], shares[arm], scores[arm]
        )
    influence = influence @ bread
    return WeightedFit(beta, influence.T @ influence)


def _start_ratio(outcome: Floats, matrix: Floats, weights: Floats) -> Floats:
    """Take the first step of a log-linear regression from means between the data and their mean."""
    middle = float(np.average(outcome, weights=weights))
    if middle <= 0:
        raise CannotAnswerError("no time is lost, so there is no ratio of the time lost")
    mean = (outcome + middle) / 2
    working = np.log(mean) + (outcome - mean) / mean
    weighted = matrix * (weights * mean)[:, np.newaxis]
    return np.asarray(np.linalg.solve(weighted.T @ matrix, weighted.T @ working))


def _inverse_of_followed(times: Floats, known: NDArray[np.bool_], weights: Floats) -> Floats:
    """1 over the share not censored before each known time; 0 for the censored."""
    _, place, at_risk, censored = _count_censored(times, known, weights)
    if not known[times == times.max()].all():
        raise CannotAnswerError("nobody of an arm was followed to the horizon")
    left = np.cumprod(1 - censored / at_risk)
    before = np.append(1.0, left[:-1])[place]
    return np.where(known, 1 / np.where(known, before, 1.0), 0.0)


def _move_of_censoring(
    times: Floats, known: NDArray[np.bool_], weights: Floats, scores: Floats
) -> Floats:
    """Differentiate the summed scores by the weights, through the censoring curve."""
    grid, place, at_risk, censored = _count_censored(times, known, weights)
    summed = np.zeros((grid.size, scores.shape[1]))
    np.add.at(summed, place, scores)
    later = np.cumsum(summed[::-1], axis=0)[::-1] - summed  # of those known after each time
    growth, drop = log_derivatives(at_risk, censored)
    through = np.cumsum(later * growth[:, np.newaxis], axis=0)
    # those known at a time left before the ones censored at it
    passed = np.where(
        known[:, np.newaxis],
        through[place] - (later * growth[:, np.newaxis])[place],
        through[place],
    )
    own = np.where(known, 0.0, drop[place])[:, np.newaxis] * later[place]
    return np.asarray(own - passed)


def _count_censored(
    times: Floats, known: NDArray[np.bool_], weights: Floats
) -> tuple[Floats, NDArray[np.int64], Floats, Floats]:
    """Distinct times, each person's, the weight at risk of censoring, the weight censored."""
    grid, place = np.unique(times, return_inverse=True)
    leaving = np.bincount(place, weights, grid.size)
    censored = np.bincount(place, np.where(known, 0.0, weights), grid.size)
    at_risk = np.cumsum(leaving[::-1])[::-1] - (leaving - censored)
    return grid, place, np.where(at_risk > 0, at_risk, 1.0), censored
