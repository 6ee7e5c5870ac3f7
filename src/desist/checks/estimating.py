r"""Standard errors that know the weights were estimated (M-estimation).

The outcome equations :math:`\sum w_i(\gamma) x_i (y_i - \mu_i(\beta)) = 0` are stacked
with the equations :math:`\sum s_i(\gamma) = 0` that gave the weights. The influence of a
person on :math:`\hat\beta` is then

.. math:: H^{-1} \left[ \psi_i - \Big(\sum_j \frac{\partial \psi_j}{\partial \gamma}\Big)
          \Big(\sum_j \frac{\partial s_j}{\partial \gamma}\Big)^{-1} s_i \right]

and the covariance the sum of its squares. Leaving the second term out gives HC0, the
error for known weights: usually the larger, as estimating the weights uses the
covariates twice. Weights times ten change nothing.

References
----------
Stefanski, L. A. and Boos, D. D. (2002). The American Statistician 56, 29-38. Lunceford, J. K.
and Davidian, M. (2004). Statistics in Medicine 23, 2937-2960.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, ndtr

from desist.arguments import find_choice_faults
from desist.checks.arms import Arms, join_arms
from desist.checks.columns import Columns
from desist.errors import Fault, NotConvergedError, raise_faults
from desist.estimands import Estimand

Floats = NDArray[np.float64]
FAMILIES = ("linear", "logistic", "poisson")
LIMITS = {"linear": (-np.inf, np.inf), "logistic": (0.0, 1.0), "poisson": (0.0, np.inf)}
NEWTON_STEPS = 50
TOLERANCE = 1e-11
MATCHING = "ATM"
TARGETS = (Estimand.ATE, Estimand.ATT, Estimand.ATC, Estimand.ATO, MATCHING)


@dataclass(frozen=True, eq=False)
class WeightEquations:
    """How the weights were estimated, as equations that sum to 0.

    Attributes
    ----------
    contributions : ndarray of float, shape (n_people, n_parameters)
        Each person's part of the equations.
    jacobian : ndarray of float, shape (n_parameters, n_parameters)
        Derivative of their sum with respect to the parameters.
    log_gradient : ndarray of float, shape (n_people, n_parameters)
        Derivative of the logarithm of each weight.
    """

    contributions: Floats
    jacobian: Floats
    log_gradient: Floats

    def __repr__(self) -> str:
        """Say how many people and parameters there are, and nothing of any person."""
        n_people, n_parameters = self.contributions.shape
        return f"WeightEquations({n_people} people, {n_parameters} parameters)"


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


def score_equations(
    matrix: ArrayLike,
    treated: ArrayLike,
    coefficients: ArrayLike,
    *,
    estimand: Estimand | str,
    link: str = "logit",
) -> WeightEquations:
    """Write down the equations of weights from a logistic or probit score.

    Parameters
    ----------
    matrix : array_like, shape (n_people, n_parameters)
        Model matrix of the score, intercept included.
    treated : array_like, shape (n_people,)
        True for participants.
    coefficients : array_like, shape (n_parameters,)
        Maximum likelihood estimate.
    estimand : Estimand or str
        ATE, ATT, ATC, ATO (overlap weights), or "ATM" (matching weights).
    link : str
        "logit" or "probit".

    Returns
    -------
    WeightEquations
        For `fit_weighted`.

    Raises
    ------
    InputError
        If the estimand or the link is unknown.
    """
    x, arm = np.asarray(matrix, dtype=float), np.asarray(treated).astype(bool)
    eta = x @ np.asarray(coefficients, dtype=float)
    p, density = _link(eta, link)
    spread = p * (1 - p)
    residual = (arm - p) * density / spread
    information = density**2 / spread
    if link == "probit":
        # observed information: the probit is not canonical
        information = residual * (residual + eta)
    gradient = _log_gradient(p, arm, estimand) * density / spread
    return WeightEquations(
        x * residual[:, None], -(x * information[:, None]).T @ x, x * gradient[:, None]
    )


def balance_equations(
    matrix: ArrayLike, treated: ArrayLike, scores: ArrayLike, *, estimand: Estimand | str
) -> WeightEquations:
    """Write down the equations of weights from a score fitted to balance the arms.

    The covariate-balancing propensity score: the weighted sums of the columns of the
    model matrix are equal in the two arms.

    Parameters
    ----------
    matrix : array_like, shape (n_people, n_parameters)
        Model matrix of the score, intercept included.
    treated : array_like, shape (n_people,)
        True for participants.
    scores : array_like, shape (n_people,)
        Fitted probabilities (logistic).
    estimand : Estimand or str
        ATE or ATT.

    Returns
    -------
    WeightEquations
        For `fit_weighted`.

    References
    ----------
    Imai, K. and Ratkovic, M. (2014). JRSS B 76, 243-263. Graham, B. S., Pinto, C. and
    Egel, D. (2012). Review of Economic Studies 79, 1053-1079.
    """
    x, arm = np.asarray(matrix, dtype=float), np.asarray(treated).astype(bool)
    p = np.asarray(scores, dtype=float)
    gradient = _log_gradient(p, arm, estimand)
    weight = np.where(arm, 1.0, p / (1 - p))
    if estimand == Estimand.ATE:
        weight = np.where(arm, 1 / p, 1 / (1 - p))
    signed = np.where(arm, weight, -weight)
    jacobian = (x * (signed * gradient)[:, None]).T @ x
    return WeightEquations(x * signed[:, None], jacobian, x * gradient[:, None])


def entropy_equations(
    matrix: ArrayLike,
    weights: ArrayLike,
    members: ArrayLike,
    target: ArrayLike,
) -> WeightEquations:
    """Write down the equations of entropy-balancing weights of one arm.

    The target means are treated as known, as WeightIt 1.4.0 does; `stack_entropy` estimates
    them as well.

    Parameters
    ----------
    matrix : array_like, shape (n_people, n_covariates)
        The balanced covariates, no intercept.
    weights : array_like, shape (n_people,)
        Entropy-balancing weights.
    members : array_like, shape (n_people,)
        True for the people who were weighted to the target.
    target : array_like, shape (n_covariates,)
        Means that their weighted means equal.

    Returns
    -------
    WeightEquations
        For `fit_weighted`; join those of two arms with `join_equations`.

    References
    ----------
    Hainmueller, J. (2012). Political Analysis 20, 25-46.
    """
    x = np.asarray(matrix, dtype=float) - np.asarray(target, dtype=float)
    inside = np.asarray(members).astype(bool)
    masses = np.where(inside, np.asarray(weights, dtype=float), 0.0)
    gradient = np.where(inside[:, None], x, 0.0)
    return WeightEquations(x * masses[:, None], (x * masses[:, None]).T @ x, gradient)


def stack_entropy(
    matrix: ArrayLike, weights: ArrayLike, members: ArrayLike, people: ArrayLike
) -> WeightEquations:
    r"""Write down the equations of entropy-balancing weights and of the means they meet.

    The target means :math:`\tau` are estimated from the people they are the means of,
    so that both arms are stacked: for weighted people :math:`\sum w_i(\lambda)(x_i - \tau)
    = 0`, and for the target :math:`\sum (x_i - \tau) = 0`.

    Parameters
    ----------
    matrix : array_like, shape (n_people, n_covariates)
        The balanced covariates, no intercept.
    weights : array_like, shape (n_people,)
        Entropy-balancing weights.
    members : array_like, shape (n_people,)
        True for the people who were weighted to the target.
    people : array_like, shape (n_people,)
        True for the people whose means are the target.

    Returns
    -------
    WeightEquations
        For `fit_weighted`: the parameters of the weights, then the target means. Those of two
        arms that were weighted to everybody are joined with `join_equations`.

    References
    ----------
    Hainmueller, J. (2012). Political Analysis 20, 25-46. Zhao, Q. and Percival, D. (2017).
    Journal of Causal Inference 5(1) (its variance).
    """
    x, inside = np.asarray(matrix, dtype=float), np.asarray(members).astype(bool)
    target = np.asarray(people).astype(bool)
    gaps = x - x[target].mean(axis=0)
    masses = np.where(inside, np.asarray(weights, dtype=float), 0.0)
    k, one = x.shape[1], np.eye(x.shape[1])
    jacobian = np.zeros((2 * k, 2 * k))
    jacobian[:k, :k] = (gaps * masses[:, None]).T @ gaps
    jacobian[:k, k:] = -masses.sum() * one
    jacobian[k:, k:] = -float(target.sum()) * one
    contributions = np.hstack([gaps * masses[:, None], np.where(target[:, None], gaps, 0.0)])
    gradient = np.hstack([np.where(inside[:, None], gaps, 0.0), np.zeros_like(gaps)])
    return WeightEquations(contributions, jacobian, gradient)


def tilting_equations(matrix: ArrayLike, members: ArrayLike, scores: ArrayLike) -> WeightEquations:
    """Write down the equations of inverse probability tilting of one arm to everybody.

    Parameters
    ----------
    matrix : array_like, shape (n_people, n_parameters)
        Model matrix, intercept included.
    members : array_like, shape (n_people,)
        True for the people who were weighted to everybody.
    scores : array_like, shape (n_people,)
        Fitted probability of being a member; weights are 1 over it.

    Returns
    -------
    WeightEquations
        For `fit_weighted`; join those of two arms with `join_equations`.

    References
    ----------
    Graham, B. S., Pinto, C. and Egel, D. (2012). Review of Economic Studies 79,
    1053-1079.
    """
    x, inside = np.asarray(matrix, dtype=float), np.asarray(members).astype(bool)
    p = np.asarray(scores, dtype=float)
    weight = np.where(inside, 1 / p, 0.0)
    slope = np.where(inside, -(1 - p), 0.0)
    return WeightEquations(
        x * (weight - 1)[:, None], (x * (weight * slope)[:, None]).T @ x, x * slope[:, None]
    )


def join_equations(*parts: WeightEquations) -> WeightEquations:
    """Join equations with separate parameters, such as those of two arms.

    Parameters
    ----------
    *parts : WeightEquations
        Each with parameters of its own.

    Returns
    -------
    WeightEquations
        All parameters side by side.
    """
    sizes = [part.jacobian.shape[0] for part in parts]
    jacobian = np.zeros((sum(sizes), sum(sizes)))
    starts = np.concatenate([[0], np.cumsum(sizes)])
    for part, start, end in zip(parts, starts[:-1], starts[1:], strict=True):
        jacobian[start:end, start:end] = part.jacobian
    return WeightEquations(
        np.hstack([part.contributions for part in parts]),
        jacobian,
        np.hstack([part.log_gradient for part in parts]),
    )


def solve_weighted(
    outcome: Floats, matrix: Floats, weights: Floats, family: str, start: Floats
) -> tuple[Floats, Floats, Floats]:
    """Solve weighted regression equations by Newton steps.

    Parameters
    ----------
    outcome : ndarray of float, shape (n_people,)
        In the unit of the measure.
    matrix : ndarray of float, shape (n_people, n_coefficients)
        Intercept and columns.
    weights : ndarray of float, shape (n_people,)
        0 or more.
    family : str
        "linear", "logistic" or "poisson".
    start : ndarray of float, shape (n_coefficients,)
        Where to begin.

    Returns
    -------
    ndarray of float, shape (n_coefficients,)
        The solution.
    ndarray of float, shape (n_coefficients, n_coefficients)
        Inverse of the weighted information at it.
    ndarray of float, shape (n_people, n_coefficients)
        Each person's weighted part of the equations.

    Raises
    ------
    NotConvergedError
        If fifty steps do not get there.
    """
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


def _link(eta: Floats, link: str) -> tuple[Floats, Floats]:
    if link == "logit":
        p = expit(eta)
        return p, p * (1 - p)
    if link != "probit":
        raise_faults("check", [Fault("link", "logit or probit", repr(link))])
    return np.asarray(ndtr(eta)), np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi)


def _log_gradient(p: Floats, arm: NDArray[np.bool_], estimand: Estimand | str) -> Floats:
    """Differentiate the log weight with respect to the log odds of the score."""
    if estimand not in TARGETS:
        raise_faults("check", [Fault("estimand", f"one of {', '.join(TARGETS)}", repr(estimand))])
    slopes: dict[str, tuple[Floats | float, Floats | float]] = {
        Estimand.ATE: (-(1 - p), p),
        Estimand.ATT: (0.0, 1.0),
        Estimand.ATC: (-1.0, 0.0),
        Estimand.ATO: (-p, 1 - p),
        MATCHING: (np.where(p > 0.5, -1.0, 0.0), np.where(p > 0.5, 0.0, 1.0)),
    }
    treated, comparison = slopes[estimand]
    return np.where(arm, treated, comparison)
