"""Hierarchies by nested approximations: scales on a grid, a Laplace fit at each point."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from desist._types import Data, Floats, Integers
from desist.arguments import find_number_faults
from desist.errors import NotConvergedError, raise_faults
from desist.inference.blocks import cut_slices
from desist.inference.laplace import NO_MODE, resample_systematically
from desist.inference.nested_density import GroupedDensity
from desist.inference.nested_expansion import (
    Arrow,
    Expansion,
    Factored,
    expand,
    factorise,
)
from desist.inference.nested_grid import BEND, ScaleGrid, from_axis, make_grid, to_axis
from desist.inference.nested_layout import Layout, lay_out
from desist.inference.nested_target import BEST, CHOICES, Nodes, complete, integrate
from desist.inference.pareto import smooth_weights

# The groups of the largest grouping are integrated inside the density, the rest is proposed and
# weighted: so the weights know no more dimensions with 200 groups than with five.

FEWEST_DRAWS = 4
GOOD_KHAT = 0.5
MOST_REPROPOSALS = 5
HEAVY = 6.0  # degrees of freedom where a first proposal has not done
MOST_SCALES = 6
TOO_MANY = (
    f"the nested engine takes {MOST_SCALES} scales of hierarchies at most: "
    'give fewer groupings, or take inference="nuts"'
)
MOST_DRAWS, FEWEST_BY_DEFAULT = 4_000, 1_000
ROWS_TIMES_DRAWS = 100_000_000  # of the default
FEWEST_TO_CHOOSE_BY, MOST_TO_CHOOSE_BY = 8, 32  # draws
ROWS_TIMES_DRAWS_TO_CHOOSE_BY = 1_000_000
MOST_MISPLACED = 0.005  # of the weight of these draws
BLOCKS_AT_ONCE = 2_000  # groups times draws: what fits in a core's cache


@dataclass(frozen=True)
class Nested:
    """Settings of the nested engine, for models with groups.

    The scales of the hierarchies stand on a small grid that is laid where the posterior is. At each
    point the other parameters have a Laplace approximation. Draws are proposed from all of it with
    heavier tails and weighted by the ratio of posterior to proposal, in which the effects of the
    largest grouping are integrated by adaptive quadrature; the weights are Pareto-smoothed, and the
    draws are resampled. The effects are drawn last, given everything else.

    Attributes
    ----------
    draws : int or None
        Draws proposed and draws returned, as one chain. By default as many as are cheap: 4,000, and
        down to 1,000 where tens of thousands of people differ from each other.
    degrees_of_freedom : float
        Of the t distribution of all but the scales.

    Raises
    ------
    InputError
        If a setting is not such a number; every fault is listed.

    References
    ----------
    Rue, H., Martino, S. and Chopin, N. (2009). Approximate Bayesian inference for latent Gaussian
    models by using integrated nested Laplace approximations. JRSS B 71(2), 319-392. Pinheiro, J. C.
    and Bates, D. M. (1995). Approximations to the log-likelihood function in the nonlinear
    mixed-effects model. Journal of Computational and Graphical Statistics 4(1), 12-35.

    Examples
    --------
    >>> import desist as ds
    >>> ds.Nested(draws=2000)
    Nested(draws=2000, degrees_of_freedom=15.0)
    """

    draws: int | None = None
    degrees_of_freedom: float = 15.0
    name: ClassVar[str] = "nested"

    def __post_init__(self) -> None:
        """Check that the settings are such numbers."""
        freedom = self.degrees_of_freedom
        faults = [
            *find_number_faults("draws", self.draws, least=FEWEST_DRAWS, whole=True, optional=True),
            *find_number_faults("degrees_of_freedom", freedom, above=0.0),
        ]
        raise_faults("Nested", faults)


@dataclass(frozen=True)
class Proposal:
    """Draws of the scales and of the common parameters, in standard effects."""

    scales: Floats
    common: Floats  # (n_draws, n_common)
    groups: Floats  # (n_draws, n_groups, n_effects): the modes that the expansion foretells
    inverse: Floats  # (n_draws, n_groups, n_effects, n_effects): their covariances
    log_density: Floats  # of scales and standard common parameters
    residuals: Floats  # of the common parameters from the expansion, in its units


@dataclass(frozen=True)
class Residual:
    """A t distribution of what the common parameters differ by from their expansion."""

    # its mean is linear in where the scales stand: the larger they are, the further the mode of a
    # parameter such as the dispersion is from the mean

    mean: Floats
    root: Floats  # lower, of its squared scale
    degrees_of_freedom: float
    centre: Floats  # of the scales' places, (n_scales,)
    slope: Floats  # (n_scales, n_common)

    @classmethod
    def first(cls, n_common: int, n_scales: int, degrees_of_freedom: float) -> "Residual":
        """Return the one of an expansion that is exact."""
        centre, slope = np.zeros(n_scales), np.zeros((n_scales, n_common))
        return cls(np.zeros(n_common), np.eye(n_common), degrees_of_freedom, centre, slope)

    def draw(self, places: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw a residual for each of some places of the scales, and return their log density."""
        freedom, (n_draws, n_common) = self.degrees_of_freedom, (len(places), len(self.mean))
        normal = rng.standard_normal((n_draws, n_common))
        standard = normal / np.sqrt(rng.chisquare(freedom, n_draws) / freedom)[:, np.newaxis]
        spread = np.log1p(np.square(standard).sum(axis=1) / freedom)
        volume = np.log(np.diagonal(self.root)).sum()
        mean = self.mean + (places - self.centre) @ self.slope
        return mean + standard @ self.root.T, -(freedom + n_common) / 2 * spread - volume


@dataclass(frozen=True)
class Weighted:
    """Points with the weights that make a posterior of them."""

    points: Floats
    places: Floats  # of the scales
    residuals: Floats
    weights: Floats
    khat: float

    @property
    def n_effective(self) -> float:
        """Effective number of points."""
        return float(1 / np.square(self.weights).sum())

    def describe_residuals(self) -> Residual | None:
        """Return a distribution of residuals as these are, None where too few have a weight."""
        mean, centre = self.weights @ self.residuals, self.weights @ self.places
        centred, off = self.residuals - mean, self.places - centre
        weight = np.sqrt(self.weights)[:, np.newaxis]
        slope = np.linalg.lstsq(weight * off, weight * centred)[0]
        left = weight * (centred - off @ slope)
        try:
            return Residual(mean, np.linalg.cholesky(left.T @ left), HEAVY, centre, slope)
        except np.linalg.LinAlgError:
            return None


@dataclass
class NestedFit:
    """One model with its data, and the expansions that were made of it."""

    layout: Layout
    expansions: dict[bytes, Expansion] = field(default_factory=dict)
    heights: dict[bytes, float] = field(default_factory=dict)

    def expand(self, places: Floats) -> Expansion:
        """Return the expansion at places of the scales' axes, started from the nearest one."""
        key = places.tobytes()
        if key not in self.expansions:
            start, arrow = self._find_start(places)
            self.expansions[key] = expand(self.layout, from_axis(places), start, arrow)
        return self.expansions[key]

    def evaluate(self, places: Floats) -> float:
        """Return the log density of the scales on their axes, common parameters by Laplace."""
        key = places.tobytes()
        if key not in self.heights:
            self.heights[key] = self._evaluate(places)
        return self.heights[key]

    def _evaluate(self, places: Floats) -> float:
        # what Laplace's method misses in one group is little, and adds up over hundreds
        scales, found = from_axis(places), self.expand(places)
        groups = (found.standard[1][np.newaxis], found.inverse[np.newaxis])
        log_target = integrate(
            self.layout, scales[np.newaxis], found.standard[0][np.newaxis], groups
        )
        return float(log_target[0][0] - found.half_log_volume + np.log(scales + BEND).sum())

    def _find_start(self, places: Floats) -> tuple[tuple[Floats, Floats], Arrow | None]:
        if not self.expansions:
            common = self.layout.density.start[self.layout.common]
            return (common, np.zeros(self.layout.groups.T.shape)), None
        known = np.array([np.frombuffer(key) for key in self.expansions])
        nearest = int(np.argmin(np.abs(known - places).sum(axis=1)))
        found = list(self.expansions.values())[nearest]
        return (found.common, found.groups), found.arrow


def draw_nested(
    density: GroupedDensity,
    data: Data,
    *,
    n_draws: int | None,
    degrees_of_freedom: float,
    rng: np.random.Generator,
) -> tuple[Floats, float, float]:
    """Draw points of a hierarchical posterior; return them, k-hat and the effective number."""
    if len(density.effects) > MOST_SCALES:
        raise NotConvergedError(TOO_MANY)
    fit = NestedFit(lay_out(density, data))
    n_draws = n_draws or _choose_draws(len(fit.layout.design))
    grid = make_grid(fit.evaluate, len(density.effects))
    first = Residual.first(len(fit.layout.common), len(density.effects), degrees_of_freedom)
    found = _correct(fit, grid, n_draws, first, rng)
    last = found
    for _ in range(MOST_REPROPOSALS):
        # a skewed posterior: about the mean and spread just found, with tails that are heavier
        residual = None if found.khat < GOOD_KHAT else last.describe_residuals()
        if residual is None:
            break
        last = _correct(fit, grid, n_draws, residual, rng)
        found = last if last.khat < found.khat else found
    chosen = resample_systematically(found.weights, rng)
    return found.points[chosen], found.khat, found.n_effective


def _choose_draws(n_rows: int) -> int:
    return int(np.clip(ROWS_TIMES_DRAWS // n_rows, FEWEST_BY_DEFAULT, MOST_DRAWS))


def _correct(
    fit: NestedFit,
    grid: ScaleGrid,
    n_draws: int,
    residual: Residual,
    rng: np.random.Generator,
) -> Weighted:
    """Propose and weigh draws, some at a time."""
    proposal = propose(fit, grid, n_draws, residual, rng)
    nodes = choose_nodes(fit.layout, proposal)
    at_once = max(1, BLOCKS_AT_ONCE // fit.layout.cells.n_groups)
    log_ratio, points = np.empty(n_draws), np.empty((n_draws, len(fit.layout.density.start)))
    for part in cut_slices(n_draws, at_once):
        scales, common = proposal.scales[part], proposal.common[part]
        groups = (proposal.groups[part], proposal.inverse[part])
        log_target, arms, found = integrate(fit.layout, scales, common, groups, nodes)
        log_ratio[part] = log_target - proposal.log_density[part]
        points[part] = complete(fit.layout, scales, common, (arms, found), rng)
    log_ratio[~np.isfinite(log_ratio)] = -np.inf
    weights, khat = smooth_weights(log_ratio)
    return Weighted(points, to_axis(proposal.scales), proposal.residuals, weights, khat)


def choose_nodes(layout: Layout, proposal: Proposal) -> Nodes:
    """Choose the fewest nodes that give a few draws the weights that the most would give them."""
    several = ROWS_TIMES_DRAWS_TO_CHOOSE_BY // len(layout.design)
    few = slice(None, int(np.clip(several, FEWEST_TO_CHOOSE_BY, MOST_TO_CHOOSE_BY)))
    draws = (proposal.scales[few], proposal.common[few])
    groups = (proposal.groups[few], proposal.inverse[few])

    def weigh(nodes: Nodes) -> Floats:
        log_ratio = integrate(layout, *draws, groups, nodes)[0] - proposal.log_density[few]
        log_ratio[~np.isfinite(log_ratio)] = -np.inf
        weights = np.exp(log_ratio - log_ratio.max())
        return np.asarray(weights / weights.sum())

    best = weigh(BEST)
    near_enough = (
        nodes for nodes in CHOICES if np.abs(weigh(nodes) - best).sum() / 2 < MOST_MISPLACED
    )
    return next(near_enough, CHOICES[-1])


def propose(
    fit: NestedFit,
    grid: ScaleGrid,
    n_draws: int,
    residual: Residual,
    rng: np.random.Generator,
) -> Proposal:
    """Propose scales from the grid, and common parameters about the nearest expansion."""
    n_scales, n_common = len(grid.axes), len(fit.layout.common)
    places = grid.draw(rng.random((n_draws, n_scales + 1)))
    log_scales, nearest = grid.log_density(places)
    standard, log_residual = residual.draw(places, rng)
    scales = from_axis(places)
    n_effects, n_groups = fit.layout.groups.shape
    made = Proposal(
        scales,
        np.empty((n_draws, n_common)),
        np.empty((n_draws, n_groups, n_effects)),
        np.empty((n_draws, n_groups, n_effects, n_effects)),
        log_scales - np.log(scales + BEND).sum(axis=1) + log_residual,
        standard,
    )
    at_once = max(1, BLOCKS_AT_ONCE // n_groups)
    for vertex in np.unique(nearest):
        place = grid.point(vertex)
        members = np.flatnonzero(nearest == vertex)
        for first in range(0, len(members), at_once):
            _propose_about(
                fit.layout, fit.expand(place), made, members[first : first + at_once], standard
            )
    return made


def _propose_about(
    layout: Layout, expansion: Expansion, made: Proposal, draws: Integers, standard: Floats
) -> None:
    scales = made.scales[draws]
    factored, right = _condition(layout, expansion, scales)
    try:
        root = np.linalg.cholesky(factored.schur)
    except np.linalg.LinAlgError as error:
        raise NotConvergedError(NO_MODE) from error
    upper = np.swapaxes(root, -1, -2)
    centre = np.linalg.solve(factored.schur, factored.eliminate(*right)[..., np.newaxis])[..., 0]
    common = centre + np.linalg.solve(upper, standard[draws][..., np.newaxis])[..., 0]
    made.common[draws] = common
    made.groups[draws] = factored.follow(common, right[1])
    made.inverse[draws] = factored.inverse
    made.log_density[draws] += np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1)


def _condition(
    layout: Layout, expansion: Expansion, scales: Floats
) -> tuple[Factored, tuple[Floats, Floats]]:
    """Return the normal approximation at other scales than those of the expansion."""
    of_common, of_groups = layout.stretch(scales)
    right = (
        of_common * expansion.linear[0],
        of_groups[..., np.newaxis, :] * expansion.linear[1],
    )
    return factorise(expansion.arrow, layout, scales), right
