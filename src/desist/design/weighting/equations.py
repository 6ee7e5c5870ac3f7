"""The equations by which weights were estimated, for standard errors that know it."""

# Each person's part of the equations, the derivative of their sum, and the derivative of the
# logarithm of each weight: what M-estimation stacks with the equations of an outcome (Stefanski and
# Boos 2002, The American Statistician 56).

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.design.weighting.targets import differentiate_log_weight, weigh_by_arm
from desist.errors import Fault, raise_faults
from desist.estimands import Estimand

Floats = NDArray[np.float64]


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

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import make_matrix, read_formula
    >>> people = ds.datasets.lalonde()
    >>> cohort = ds.Cohort(people, treatment="treat", person="id")
    >>> design = ds.build_design(cohort, "age + educ", method=ds.EntropyBalancing())
    >>> matrix, faults = make_matrix(read_formula("age + educ", people, {})[0], people)
    >>> design.arose.equations(matrix, design.treated, design.weights)
    WeightEquations(614 people, 2 parameters)
    """

    contributions: Floats
    jacobian: Floats
    log_gradient: Floats

    def __repr__(self) -> str:
        """Say how many people and parameters there are, and nothing of any person."""
        n_people, n_parameters = self.contributions.shape
        return f"WeightEquations({n_people} people, {n_parameters} parameters)"


def score_equations(
    matrix: ArrayLike,
    treated: ArrayLike,
    coefficients: ArrayLike,
    *,
    estimand: Estimand | str,
    link: str = "logit",
    sampling: ArrayLike | None = None,
) -> WeightEquations:
    """Write down the equations of weights from a logistic or probit score."""
    x, arm = np.asarray(matrix, dtype=float), np.asarray(treated).astype(bool)
    eta = x @ np.asarray(coefficients, dtype=float)
    p, density = _link(eta, link)
    spread = p * (1 - p)
    residual = (arm - p) * density / spread
    information = density**2 / spread
    if link == "probit":
        # observed information: the probit is not canonical
        information = residual * (residual + eta)
    gradient = differentiate_log_weight(p, arm, estimand) * density / spread
    mass = _read_masses(sampling, arm.size)
    return WeightEquations(
        x * (mass * residual)[:, None],
        -(x * (mass * information)[:, None]).T @ x,
        x * gradient[:, None],
    )


def balance_equations(
    matrix: ArrayLike,
    treated: ArrayLike,
    scores: ArrayLike,
    *,
    estimand: Estimand | str,
    sampling: ArrayLike | None = None,
) -> WeightEquations:
    """Write down the equations of weights from a score fitted to balance the arms."""
    # The covariate-balancing propensity score: the weighted sums of the columns of the model matrix
    # are equal in the two arms.
    # Imai, K. and Ratkovic, M. (2014). JRSS B 76, 243-263. Graham, B. S., Pinto, C. and Egel, D.
    # (2012). Review of Economic Studies 79, 1053-1079.
    x, arm = np.asarray(matrix, dtype=float), np.asarray(treated).astype(bool)
    p = np.asarray(scores, dtype=float)
    gradient = differentiate_log_weight(p, arm, estimand)
    inside, outside = weigh_by_arm(p, estimand)
    signed = np.where(arm, inside, -outside) * _read_masses(sampling, arm.size)
    jacobian = (x * (signed * gradient)[:, None]).T @ x
    return WeightEquations(x * signed[:, None], jacobian, x * gradient[:, None])


def entropy_equations(
    matrix: ArrayLike,
    weights: ArrayLike,
    members: ArrayLike,
    target: ArrayLike,
) -> WeightEquations:
    """Write down the equations of entropy-balancing weights of one arm."""
    # The target means are treated as known, as WeightIt 1.4.0 does; `stack_entropy` estimates them
    # as well.
    # Hainmueller, J. (2012). Political Analysis 20, 25-46.
    x = np.asarray(matrix, dtype=float) - np.asarray(target, dtype=float)
    inside = np.asarray(members).astype(bool)
    masses = np.where(inside, np.asarray(weights, dtype=float), 0.0)
    gradient = np.where(inside[:, None], x, 0.0)
    return WeightEquations(x * masses[:, None], (x * masses[:, None]).T @ x, gradient)


def stack_entropy(
    matrix: ArrayLike,
    weights: ArrayLike,
    members: ArrayLike,
    people: ArrayLike,
    *,
    sampling: ArrayLike | None = None,
) -> WeightEquations:
    """Write down the equations of entropy-balancing weights and of the means they meet."""
    # The target means tau are estimated from the people they are the means of, so that both arms
    # are stacked: for weighted people sum w_i(lambda)(x_i - tau) = 0, and for the target sum (x_i -
    # tau) = 0.
    # Hainmueller, J. (2012). Political Analysis 20, 25-46. Zhao, Q. and Percival, D. (2017).
    # Journal of Causal Inference 5(1) (its variance).
    x, inside = np.asarray(matrix, dtype=float), np.asarray(members).astype(bool)
    share = np.where(np.asarray(people).astype(bool), _read_masses(sampling, inside.size), 0.0)
    gaps = x - share @ x / share.sum()
    masses = np.where(inside, np.asarray(weights, dtype=float), 0.0)
    k, one = x.shape[1], np.eye(x.shape[1])
    jacobian = np.zeros((2 * k, 2 * k))
    jacobian[:k, :k] = (gaps * masses[:, None]).T @ gaps
    jacobian[:k, k:] = -masses.sum() * one
    jacobian[k:, k:] = -float(share.sum()) * one
    contributions = np.hstack([gaps * masses[:, None], gaps * share[:, None]])
    gradient = np.hstack([np.where(inside[:, None], gaps, 0.0), np.zeros_like(gaps)])
    return WeightEquations(contributions, jacobian, gradient)


def tilting_equations(
    matrix: ArrayLike,
    members: ArrayLike,
    scores: ArrayLike,
    *,
    sampling: ArrayLike | None = None,
) -> WeightEquations:
    """Write down the equations of inverse probability tilting of one arm to everybody."""
    # Graham, B. S., Pinto, C. and Egel, D. (2012). Review of Economic Studies 79, 1053-1079.
    x, inside = np.asarray(matrix, dtype=float), np.asarray(members).astype(bool)
    p = np.asarray(scores, dtype=float)
    weight = np.where(inside, 1 / p, 0.0)
    slope, mass = np.where(inside, -(1 - p), 0.0), _read_masses(sampling, inside.size)
    return WeightEquations(
        x * (mass * (weight - 1))[:, None],
        (x * (mass * weight * slope)[:, None]).T @ x,
        x * slope[:, None],
    )


def join_equations(*parts: WeightEquations) -> WeightEquations:
    """Join equations with separate parameters, such as those of two arms."""
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


def _read_masses(sampling: ArrayLike | None, n_people: int) -> Floats:
    """How much each person counts: the sampling weight, or 1."""
    return np.ones(n_people) if sampling is None else np.asarray(sampling, dtype=float)


def _link(eta: Floats, link: str) -> tuple[Floats, Floats]:
    from scipy import special

    if link == "logit":
        p: Floats = special.expit(eta)
        return p, p * (1 - p)
    if link != "probit":
        raise_faults("weights", [Fault("link", "logit or probit", repr(link))])
    return np.asarray(special.ndtr(eta)), np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi)
