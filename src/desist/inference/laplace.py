"""The Laplace approximation, corrected by importance sampling."""

# The model's log density is compiled for PyTensor's Python linker, which takes about a second where
# the default backend takes a minute, and is evaluated for many draws at once.

import math
from typing import Any

import numpy as np

from desist._types import Draws, Floats, Integers
from desist.errors import NotConvergedError
from desist.inference.log_terms import write_log_terms
from desist.inference.pareto import smooth_weights
from desist.inference.products import SEVERAL, ManyRows
from desist.inference.straight import compile_straight, simplify
from desist.inference.weighted_sums import multiply_by_weights

FARTHEST_MODE = 50.0  # from the start, and as a scale: beyond lies only separation
NEWTON_STEPS = 30
SLOW = 0.1  # a step that is not this much shorter than the last wants a new curvature
NO_MODE = (
    "the posterior has no mode with a finite curvature: the data do not determine a parameter; "
    "give proper priors, or drop a covariate that separates those who reoffended from the rest"
)


class LogDensity:
    """The log posterior density of a PyMC model over one vector of unconstrained parameters."""

    def __init__(self, model: Any) -> None:
        import pytensor
        import pytensor.tensor as pt
        from pymc.pytensorf import join_nonshared_inputs
        from pytensor.compile.mode import Mode
        from pytensor.graph.replace import vectorize_graph

        as_written = Mode(linker="py", optimizer=None)
        start = find_start(model, as_written)
        self.start = np.concatenate([np.ravel(value) for value in start.values()]).astype(float)
        # a transformed parameter stands twice among the value variables, once as itself
        wanted = {variable.name for variable in [*model.free_RVs, *model.deterministics]}
        named = [node for node in model.unobserved_value_vars if node.name in wanted]
        priors = write_log_terms(model, model.free_RVs)
        rows = write_log_terms(model, model.observed_RVs)
        rows += [one.sum() for one in model.replace_rvs_by_values(model.potentials)]
        terms = [pt.add(*priors), pt.add(*rows)]
        outputs, point = join_nonshared_inputs(start, [*terms, *named], model.value_vars)
        # simplified before anything is made of it: once, and while it is small
        prior, likelihood = simplify(outputs[:2])
        # the length is said, so that a last parameter is known to be one number
        points = pt.matrix("points", shape=(None, len(self.start)))
        many = vectorize_graph([prior, likelihood, *outputs[2:]], {point: points})
        value = prior + likelihood
        self._names = [node.name for node in named]
        self._model = model
        self._rows: Any = None
        self._value_and_gradient = compile_straight([point], [value, pytensor.grad(value, point)])
        self._priors = pytensor.function(  # of flat priors, one number that needs no points
            [points], many[0], mode=as_written, on_unused_input="ignore"
        )
        self._likelihoods = compile_straight([points], multiply_by_weights(many[1]))
        self._graph = (many[1], points)
        self._many_rows: ManyRows | None = None
        self._parameters = pytensor.function([points], many[2:], mode=as_written)

    def value_and_gradient(self, point: Floats) -> tuple[float, Floats]:
        """Evaluate the log density and its gradient at one point, shape (n_parameters,)."""
        value, gradient = self._value_and_gradient(point)
        return float(value), np.asarray(gradient, dtype=float)

    def values(self, points: Floats, at_once: int) -> Floats:
        """Evaluate the log density at many points, shape (n_points, n_parameters)."""
        if self._many_rows is not None and at_once < SEVERAL:
            return np.asarray(self._priors(points) + self._many_rows.evaluate(points, at_once))
        parts = [
            self._likelihoods(points[first : first + at_once])
            for first in range(0, len(points), at_once)
        ]
        values: Floats = self._priors(points) + np.concatenate(parts)
        return values

    def row_scores(self, point: Floats) -> Floats:
        """Differentiate each row's weighted log-likelihood, shape (n_rows, n_parameters)."""
        self.compile_rows()
        steps = 1e-5 * np.maximum(1.0, np.abs(point))
        shifts = np.diag(steps)
        above, below = self._rows(point + shifts), self._rows(point - shifts)
        return np.asarray((above - below).T / (2 * steps))

    def priors(self, points: Floats) -> Floats:
        """Evaluate the log prior at many points, shape (n_points, n_parameters)."""
        return np.broadcast_to(np.asarray(self._priors(points), dtype=float), len(points))

    def row_values(self, points: Floats) -> Floats:
        """Evaluate each row's weighted log-likelihood, shape (n_points, n_rows)."""
        self.compile_rows()
        values: Floats = np.asarray(self._rows(points), dtype=float)
        return values

    def parameters(self, points: Floats, n_batches: int) -> Draws:
        """Return the model's named parameters, each of shape (n_batches, n_draws, ...)."""
        named = zip(self._names, self._parameters(points), strict=True)
        return {name: array.reshape(n_batches, -1, *array.shape[1:]) for name, array in named}

    def compile_many_rows(self) -> None:
        """Compile what `values` needs where so many rows are evaluated for few draws at once."""
        if self._many_rows is None:
            self._many_rows = ManyRows(*self._graph)

    def compile_rows(self) -> None:
        """Compile what `row_scores` needs, once."""
        if self._rows is not None:
            return
        import pytensor.tensor as pt
        from pymc.pytensorf import join_nonshared_inputs
        from pytensor.graph.replace import vectorize_graph

        terms = self._model.logp(vars=[self._model["outcome"]], sum=False)
        (rows,), point = join_nonshared_inputs(
            self._model.initial_point(), terms, self._model.value_vars
        )
        points, (rows,) = pt.matrix("points"), simplify([rows])
        self._rows = compile_straight([points], vectorize_graph(rows, {point: points}))


def find_start(model: Any, mode: Any) -> dict[str, Floats]:
    """Return what `model.initial_point` does, without the C++ that it has compiled."""
    import pytensor
    from pymc.initial_point import make_initial_point_expression

    first = make_initial_point_expression(
        free_rvs=model.free_RVs,
        rvs_to_transforms=model.rvs_to_transforms,
        initval_strategies=model.rvs_to_initial_values,
        return_transformed=True,
    )
    values = pytensor.function([], first, mode=mode)()
    return {node.name: value for node, value in zip(model.value_vars, values, strict=True)}


def find_mode(density: LogDensity) -> tuple[Floats, Floats]:
    """Find the mode of a log density and the inverse of its curvature there."""
    from scipy.optimize import minimize

    def negative(point: Floats) -> tuple[float, Floats]:
        value, gradient = density.value_and_gradient(point)
        if not np.isfinite(value):
            return 1e300, np.zeros_like(point)
        return -value, -gradient

    found = minimize(
        negative, density.start, jac=True, method="L-BFGS-B", options={"maxiter": 1000}
    )
    mode, size, last = found.x, math.inf, 0.0
    for _ in range(NEWTON_STEPS):
        # a curvature costs many gradients: it is kept while it still brings the mode nearer
        if last == 0.0 or size > SLOW * last:
            factor = _factor_of_curvature(density, mode)
        step = _solve(factor, density.value_and_gradient(mode)[1])
        mode, last, size = mode + step, size, float(np.max(np.abs(step), initial=0.0))
        if np.max(np.abs(mode - density.start), initial=0.0) > FARTHEST_MODE:
            raise NotConvergedError(NO_MODE)
        if size < 1e-6:
            break
    covariance = _solve(_factor_of_curvature(density, mode), np.eye(len(mode)))
    if np.max(np.diag(covariance), initial=0.0) > FARTHEST_MODE**2:
        raise NotConvergedError(NO_MODE)
    return mode, covariance


def correct_by_importance(
    density: LogDensity,
    mode: Floats,
    covariance: Floats,
    *,
    n_draws: int,
    degrees_of_freedom: float,
    at_once: int,
    rng: np.random.Generator,
) -> tuple[Floats, float, float]:
    """Draw from a t proposal at the mode and resample by Pareto-smoothed weights."""
    # Vehtari, A. et al. (2024). Pareto smoothed importance sampling. JMLR 25(72).
    dimension = len(mode)
    normal = rng.standard_normal((n_draws, dimension))
    stretch = rng.chisquare(degrees_of_freedom, n_draws) / degrees_of_freedom
    standard = normal / np.sqrt(stretch)[:, np.newaxis]
    points = mode + standard @ np.linalg.cholesky(covariance).T
    log_proposal = (
        -(degrees_of_freedom + dimension)
        / 2
        * np.log1p(np.square(standard).sum(axis=1) / degrees_of_freedom)
    )
    log_ratio = density.values(points, at_once) - log_proposal
    log_ratio[~np.isfinite(log_ratio)] = -np.inf  # outside the support: weight zero
    weights, khat = smooth_weights(log_ratio)
    chosen = resample_systematically(weights, rng)
    return points[chosen], khat, float(1 / np.square(weights).sum())


def resample_systematically(weights: Floats, rng: np.random.Generator) -> Integers:
    """Draw positions in proportion to weights, as many as there are."""
    # One uniform offset for all: the least extra noise of the unbiased schemes (Douc and
    # Cappe 2005). Shuffled, so that the batches are alike.
    positions = (np.arange(len(weights)) + rng.random()) / len(weights)
    chosen = np.searchsorted(np.cumsum(weights), positions).clip(max=len(weights) - 1)
    rng.shuffle(chosen)
    return chosen


def measure_curvature(density: LogDensity, point: Floats) -> Floats:
    """Measure the negative Hessian of a log density by central differences of its gradient."""
    curvature = np.empty((len(point), len(point)))
    for column in range(len(point)):
        step = 1e-4 * max(1.0, abs(point[column]))
        shift = np.zeros(len(point))
        shift[column] = step
        above = density.value_and_gradient(point + shift)[1]
        below = density.value_and_gradient(point - shift)[1]
        curvature[column] = -(above - below) / (2 * step)
    symmetric: Floats = (curvature + curvature.T) / 2
    return symmetric


def _factor_of_curvature(density: LogDensity, point: Floats) -> Any:
    from scipy.linalg import LinAlgError, cho_factor

    try:
        return cho_factor(measure_curvature(density, point))
    except (LinAlgError, ValueError) as error:
        raise NotConvergedError(NO_MODE) from error


def _solve(factor: Any, right: Floats) -> Floats:
    from scipy.linalg import cho_solve

    solution: Floats = cho_solve(factor, right)
    return solution
