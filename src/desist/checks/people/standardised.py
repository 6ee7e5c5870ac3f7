"""Logistic regressions of the rate: a weighted odds ratio, and rates standardised by a model."""

# Both have robust errors: HC3, in which each person's part of the equations is divided by 1 less
# their leverage, or summed by cluster with G / (G - 1). The weights are treated as known.
# Standardised rates (g-computation): everybody in the target is predicted with and without the
# programme, and the predictions averaged,
#     Delta_hat = sum_i v_i [expit(x_i'beta_hat + theta_hat) - expit(x_i'beta_hat)], sum_i v_i =
#         1,
# whose error follows from that of the coefficients by the delta method; the people of the target
# are taken as given.
# MacKinnon, J. G. and White, H. (1985). Journal of Econometrics 29, 305-325. Zeileis, A. (2006).
# Journal of Statistical Software 16(9) (generalised linear models). Greifer, N. and Stuart, E. A.
# (2021). arXiv 2106.10577, and Snowden, J. M., Rose, S. and Mortimer, K. M. (2011). American
# Journal of Epidemiology 173, 731-738 (standardisation).

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from desist.arguments import find_choice_faults
from desist.checks.arms import Arms, join_arms
from desist.checks.columns import Columns, find_probability_faults
from desist.checks.finding import Finding, exponentiate, from_standard_error
from desist.checks.people.estimating import solve_weighted
from desist.checks.people.weighted import number_clusters
from desist.errors import CannotAnswerError, NotConvergedError

Floats = NDArray[np.float64]
KINDS = {"HC0": 0, "HC2": 1, "HC3": 2}
TARGETS = ("treated", "comparison", "everybody")
NO_ODDS = "an arm has no events or nothing else: no finite log odds"


def weighted_odds_ratio(
    reoffended: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    kind: str = "HC3",
    clusters: ArrayLike | None = None,
    probability: float = 0.95,
) -> Finding:
    """Compare two weighted rates by their odds ratio, with robust errors.

    Parameters
    ----------
    reoffended : array_like, shape (n_people,)
        True or 1 for a proven reoffence.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    kind : str
        "HC0", "HC2" or "HC3"; not looked at when there are clusters.
    clusters : array_like, shape (n_people,), optional
        Matched set or group over which the errors are summed (HC0 times G / (G - 1)).
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Odds ratio; the standard error is that of its logarithm.

    Raises
    ------
    InputError
        If a column or an option cannot be read.
    CannotAnswerError
        If an arm has nobody, no events or nothing else, or there is a single cluster.

    Examples
    --------
    >>> found = weighted_odds_ratio([1, 0, 0, 0, 1, 1, 1, 0], [1, 1, 1, 1, 0, 0, 0, 0], kind="HC0")
    >>> round(found.estimate, 4), round(found.standard_error, 4)
    (0.1111, 1.633)
    """
    columns = Columns()
    events = columns.truths("reoffended", reoffended)
    labels = columns.labels("clusters", clusters)
    faults = find_choice_faults("kind", kind, KINDS) + find_probability_faults(probability)
    arms = join_arms(columns, events.astype(float), treated, weights, faults)
    matrix = np.column_stack([np.ones(arms.outcome.size), arms.treated.astype(float)])
    beta, covariance = _fit(
        arms, matrix, KINDS[kind], None if clusters is None else labels[arms.positions]
    )
    error = math.sqrt(covariance[1, 1])
    return exponentiate(from_standard_error(float(beta[1]), error, math.inf, probability))


def standardised_difference(
    reoffended: ArrayLike,
    treated: ArrayLike,
    covariates: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    target: str = "treated",
    kind: str = "HC3",
    clusters: ArrayLike | None = None,
    probability: float = 0.95,
) -> Finding:
    """Compare rates standardised by a weighted logistic regression (g-computation).

    Parameters
    ----------
    reoffended : array_like, shape (n_people,)
        True or 1 for a proven reoffence.
    treated : array_like, shape (n_people,)
        True for participants.
    covariates : array_like, shape (n_people, n_covariates)
        Columns beside the intercept and the arm.
    weights : array_like, shape (n_people,), optional
        Probability weights, each arm's scaled to sum to its number of people; people of
        weight 0 are left out.
    target : str
        Whose predictions are averaged, with their weights: "treated", "comparison" or
        "everybody".
    kind : str
        "HC0", "HC2" or "HC3"; not looked at when there are clusters.
    clusters : array_like, shape (n_people,), optional
        Matched set or group over which the errors are summed (HC0 times G / (G - 1)).
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference of the standardised rates, by the delta method.

    Raises
    ------
    InputError
        If a column or an option cannot be read.
    CannotAnswerError
        If an arm has nobody, no events or nothing else, the covariates determine each other
        or tell who reoffends perfectly, or there is a single cluster.

    Examples
    --------
    >>> found = standardised_difference(
    ...     [1, 0, 0, 0, 1, 1, 1, 0], [1, 1, 1, 1, 0, 0, 0, 0], [2, 3, 2, 1, 2, 3, 1, 1]
    ... )
    >>> round(found.estimate, 3)
    -0.547
    """
    columns = Columns()
    events = columns.truths("reoffended", reoffended)
    x = columns.matrix("covariates", covariates)
    labels = columns.labels("clusters", clusters)
    faults = [
        *find_choice_faults("target", target, TARGETS),
        *find_choice_faults("kind", kind, KINDS),
        *find_probability_faults(probability),
    ]
    arms = join_arms(columns, events.astype(float), treated, weights, faults)
    x = x[arms.positions]
    matrix = np.column_stack([np.ones(len(x)), arms.treated.astype(float), _scale(x)])
    groups = None if clusters is None else labels[arms.positions]
    beta, covariance = _fit(arms, matrix, KINDS[kind], groups)
    estimate, slope = _standardise(arms, matrix, beta, target)
    error = math.sqrt(float(slope @ covariance @ slope))
    return from_standard_error(estimate, error, math.inf, probability)


def _scale(x: Floats) -> Floats:
    """Bring covariates to one size, which changes no prediction."""
    spread = x.std(axis=0)
    return np.asarray((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def _standardise(arms: Arms, matrix: Floats, beta: Floats, target: str) -> tuple[float, Floats]:
    """Average the predictions of the target with and without; differentiate by coefficients."""
    members = {
        "treated": arms.treated,
        "comparison": ~arms.treated,
        "everybody": np.ones_like(arms.treated),
    }[target]
    shares = _weights_by_arm(arms)[members]
    shares = shares / shares.sum()
    estimate, slope = 0.0, np.zeros(beta.size)
    for arm, sign in ((1.0, 1.0), (0.0, -1.0)):
        moved = matrix[members].copy()
        moved[:, 1] = arm
        p = expit(moved @ beta)
        estimate += sign * float(shares @ p)
        slope += sign * ((shares * p * (1 - p)) @ moved)
    return estimate, slope


def _weights_by_arm(arms: Arms) -> Floats:
    """Weights that sum to the number of people of each arm: their scale must not matter."""
    weights = arms.weights.copy()
    for members in (arms.treated, ~arms.treated):
        weights[members] *= members.sum() / weights[members].sum()
    return weights


def _fit(
    arms: Arms, matrix: Floats, power: int, labels: NDArray[np.int64] | None
) -> tuple[Floats, Floats]:
    """Fit a weighted logistic regression; its robust covariance."""
    for values, shares in (arms.arm(treated=True), arms.arm(treated=False)):
        if not 0 < shares @ values < 1:
            raise NotConvergedError(NO_ODDS)
    if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        raise CannotAnswerError("the arm and the covariates determine each other")
    w = _weights_by_arm(arms)
    beta, bread, scores = solve_weighted(
        arms.outcome, matrix, w, "logistic", np.zeros(matrix.shape[1])
    )
    p = expit(matrix @ beta)
    if labels is not None:
        codes = number_clusters(labels)
        n_clusters = int(codes.max()) + 1
        sums = np.stack([np.bincount(codes, column) for column in scores.T], axis=1)
        meat = sums.T @ sums * n_clusters / (n_clusters - 1)
    else:
        leverage = np.einsum("ij,jk,ik->i", matrix, bread, matrix) * w * p * (1 - p)
        if power and leverage.max() > 1 - 1e-9:
            raise CannotAnswerError("one person carries all the weight of an arm")
        parts = scores / (1 - leverage)[:, None] ** (power / 2)
        meat = parts.T @ parts
    return beta, bread @ meat @ bread
