"""Standard errors that know the weights were estimated (M-estimation)."""

# The outcome equations sum w_i(gamma) x_i (y_i - mu_i(beta)) = 0 are stacked with the equations sum
# s_i(gamma) = 0 that gave the weights. The influence of a person on beta_hat is then
#     H^(-1) [ psi_i - (sum_j (d psi_j) / (d gamma)) (sum_j (d s_j) / (d gamma))^(-1) s_i ]
# and the covariance the sum of its squares. Leaving the second term out gives HC0, the error for
# known weights: usually the larger, as estimating the weights uses the covariates twice. Weights
# times ten change nothing.
# Stefanski, L. A. and Boos, D. D. (2002). The American Statistician 56, 29-38. Lunceford, J. K. and
# Davidian, M. (2004). Statistics in Medicine 23, 2937-2960.

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from desist.arguments import find_choice_faults
from desist.checks.arms import Arms, join_arms
from desist.checks.columns import Columns
from desist.design.weighting.equations import WeightEquations
from desist.errors import NotConvergedError

Floats = NDArray[np.float64]
FAMILIES = ("linear", "logistic", "poisson")
LIMITS = {"linear": (-np.inf, np.inf), "logistic": (0.0, 1.0), "poisson": (0.0, np.inf)}
NEWTON_STEPS = 50
TOLERANCE = 1e-11


@dataclass(frozen=True, eq=False)
class WeightedFit:
    """A weighted regression of the outcome, with stacked and plain robust errors.

    Attributes
    ----------
    coefficients : ndarray of float, shape (n_coefficients,)
        Intercept, arm, then any covariates; on the scale of the link.
    covariance : ndarray of float, shape (n_coefficients, n_coefficients)
        With the uncertainty of the weights when their equations were given; HC0
        otherwise.

    Examples
    --------
    >>> import desist as ds
    >>> fit = ds.checks.fit_weighted([1, 0, 0, 1, 1, 0], [1, 1, 1, 0, 0, 0], [1.0] * 6)
    >>> fit.coefficients.round(2)
    array([ 0.67, -0.33])
    """

    coefficients: Floats
    covariance: Floats

    @property
    def standard_errors(self) -> Floats:
        """Square roots of the diagonal, shape (n_coefficients,)."""
        return np.sqrt(np.diag(self.covariance))


def fit_weighted(
    outcome: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike,
    *,
    family: str = "linear",
    equations: WeightEquations | None = None,
) -> WeightedFit:
    """Regress an outcome on the arm with weights and M-estimation errors.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        In the unit of the measure.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,)
        Probability weights.
    family : str
        "linear" (difference of means), "logistic" (log odds ratio) or "poisson" (log
        ratio of means).
    equations : WeightEquations, optional
        How the weights were estimated; known when left out (HC0).

    Returns
    -------
    WeightedFit
        Intercept (comparison) and the contrast of the arms.

    Raises
    ------
    InputError
        If the family is unknown, or a column cannot be read: the outcomes of a logistic
        regression lie between 0 and 1, those of a Poisson regression are not negative.
    CannotAnswerError
        If an arm has nobody.
    NotConvergedError
        If an arm has no events or nothing but events (logistic), or no counts
        (Poisson).

    Examples
    --------
    >>> fit = fit_weighted([2, 4, 1, 5, 6], [1, 1, 0, 0, 0], [1, 1, 1, 1, 1])
    >>> fit.coefficients.tolist()
    [4.0, -1.0]
    """
    columns = Columns()
    least, most = (
        LIMITS.get(family, LIMITS["linear"]) if isinstance(family, str) else LIMITS["linear"]
    )
    y = columns.numbers("outcome", outcome, least=least, most=most)
    arms = join_arms(columns, y, treated, weights, find_choice_faults("family", family, FAMILIES))
    w, x = np.zeros(y.size), np.column_stack([np.ones(y.size), np.zeros(y.size)])
    w[arms.positions] = arms.weights / arms.weights.sum() * y.size
    x[arms.positions, 1] = arms.treated
    y = np.where(w > 0, y, 0.0)  # what stands there for people of weight 0 is not looked at
    start = _coefficients(arms, family)
    beta, bread, scores = solve_weighted(y, x, w, family, start)
    if equations is not None:
        # the derivative of w psi is w psi times the derivative of log w
        cross = scores.T @ equations.log_gradient
        scores = scores - equations.contributions @ np.linalg.solve(equations.jacobian.T, cross.T)
    influence = scores @ bread
    return WeightedFit(beta, influence.T @ influence)


def solve_weighted(
    outcome: Floats, matrix: Floats, weights: Floats, family: str, start: Floats
) -> tuple[Floats, Floats, Floats]:
    """Solve weighted regression equations by Newton steps."""
    beta = start
    for _ in range(NEWTON_STEPS):
        mean, slope = _mean_and_slope(matrix @ beta, family)
        try:
            bread = np.linalg.inv((matrix * (weights * slope)[:, None]).T @ matrix)
        except np.linalg.LinAlgError:
            break
        scores = matrix * (weights * (outcome - mean))[:, None]
        step = bread @ scores.sum(axis=0)
        if np.abs(step).max() <= TOLERANCE * max(1.0, np.abs(beta).max()):
            return beta, bread, scores
        beta = beta + step
    raise NotConvergedError(
        "the weighted regression was not solved: some people's mean runs off to 0 or without end"
    )


def _coefficients(arms: Arms, family: str) -> Floats:
    """Solve the saturated equations: the weighted mean of each arm, through the link."""
    means = np.array(
        [shares @ values for values, shares in (arms.arm(treated=t) for t in (False, True))]
    )
    if family == "logistic":
        if ((means <= 0) | (means >= 1)).any():
            raise NotConvergedError("an arm has no events or nothing else: no finite log odds")
        linked = np.log(means / (1 - means))
    elif family == "poisson":
        if (means <= 0).any():
            raise NotConvergedError("an arm has no offences: no finite log ratio")
        linked = np.log(means)
    else:
        linked = means
    return np.array([linked[0], linked[1] - linked[0]])


def _mean_and_slope(eta: Floats, family: str) -> tuple[Floats, Floats]:
    if family == "linear":
        return eta, np.ones_like(eta)
    if family == "poisson":
        return np.exp(eta), np.exp(eta)
    p = expit(eta)
    return p, p * (1 - p)
