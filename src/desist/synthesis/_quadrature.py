"""Studies of any likelihood: the mean and tau, and a selection weight, integrated on a grid."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.synthesis._adaptive import Panel, integrate_panels, weigh_nodes
from desist.synthesis._conjugate import NormalStudies, find_scale
from desist.synthesis._kernel import integrate_effects, spread_population
from desist.synthesis._tables import Shelf, Table, shelve
from desist.synthesis.mixture import Mixture
from desist.synthesis.priors import (
    SynthesisPriors,
    log_density_of_mean,
    log_density_of_spread,
    precision_of,
)

TOLERANCE = 1e-7
REACH = 8.0  # standard deviations of the mean, given tau, on either side
FIRST_NODES, NODES, MOST_NODES = 13, 25, 193
ALIKE = 1e-4  # of what every other node finds: what all find then errs by some 1e-8
MOST_MOVES = 8
FINER = 6  # points between the fewest nodes, when their heights are joined
NO_WEIGHT = 1e-11

# Log of what the likelihood is multiplied by at means and a tau: (n_weights, n_means).
type Factor = Callable[[Floats, float], Floats]


@dataclass(frozen=True, eq=False)
class Slice:
    """The posterior of the mean at one tau, at nodes; a row for each selection weight."""

    tau: float
    means: Floats
    log_heights: Floats


@dataclass(frozen=True, eq=False)
class Gridded:
    """The joint posterior of mean and tau."""

    panels: list[Panel[Slice]]
    weights: Floats  # of each tau
    shelves: list[Shelf]
    log_evidence: float

    @property
    def slices(self) -> list[Slice]:
        """Every tau in order."""
        return [one for panel in self.panels for one in panel.slices]


def integrate_tables(
    tables: Sequence[Table], priors: SynthesisPriors, factor: Factor | None = None
) -> Gridded:
    """Integrate over mean and tau, study effects integrated out by their tables."""
    shelves = shelve(tables)
    moments = np.array([table.moments for table in tables])
    studies = NormalStudies(moments[:, 0], moments[:, 1], np.ones((len(tables), 1)))

    def heighten(means: Floats, tau: float) -> Floats:
        total = log_density_of_mean(priors.mean, means)
        for shelf in shelves:
            found = integrate_effects(shelf, spread_population(shelf, means, tau))
            total = total + np.log(found).sum(axis=1)
        return total[None, :] if factor is None else total + factor(means, tau)

    def evaluate(tau: float) -> tuple[Slice, float]:
        log_prior = log_density_of_spread(priors.heterogeneity, tau)
        if np.isinf(log_prior):
            return Slice(tau, np.zeros(2), np.full((1, 2), -np.inf)), -np.inf
        start = _guess(studies, priors, tau)
        slice_ = _find_slice(lambda means: heighten(means, tau), tau, *start)
        step = slice_.means[1] - slice_.means[0]
        return slice_, float(np.logaddexp.reduce(slice_.log_heights, axis=None) + np.log(step)) + (
            log_prior
        )

    panels = integrate_panels(evaluate, find_scale(studies), tolerance=TOLERANCE)
    evidence = float(np.logaddexp.reduce([panel.log_mass for panel in panels]))
    return Gridded(panels, weigh_nodes(panels), shelves, evidence)


def mix_means(found: Gridded) -> tuple[Mixture, Mixture]:
    """Return the mean, and the effect of a new programme."""
    parts: list[tuple[Floats, Floats, Floats, Floats]] = []
    for share, one in zip(found.weights, found.slices, strict=True):
        if share < NO_WEIGHT:
            continue
        fine, shares, width = _join(one)
        parts.append((share * shares, fine, np.full(len(fine), width), np.full(len(fine), one.tau)))
    weight, mean, step, tau = (np.concatenate(column) for column in zip(*parts, strict=True))
    spread = np.hypot(tau, step)
    total = weight.sum()
    return Mixture(weight / total, mean, step), Mixture(weight / total, mean, spread)


def shrink_tables(found: Gridded, n_studies: int) -> list[tuple[Floats, Floats]]:
    """Return each study's effect as places and their probabilities."""
    effects: list[tuple[Floats, Floats]] = [(np.empty(0), np.empty(0))] * n_studies
    for shelf in found.shelves:
        total = np.zeros_like(shelf.likelihoods)
        for share, one in zip(found.weights, found.slices, strict=True):
            if share < NO_WEIGHT:
                continue
            kernel = spread_population(shelf, one.means, one.tau)
            heights = np.exp(np.logaddexp.reduce(one.log_heights, axis=0) - one.log_heights.max())
            parts = share * heights[:, None] / heights.sum() / integrate_effects(shelf, kernel)
            total += parts.T @ kernel
        # what is interpolated below the grid's step may fall below 0 by rounding
        shares = np.maximum(total * shelf.likelihoods, 0.0)
        shares /= shares.sum(axis=1, keepdims=True)
        for row, place in enumerate(shelf.places):
            effects[place] = shelf.effects, shares[row]
    return effects


def weigh_selection(found: Gridded) -> Floats:
    """Return the posterior probability of each node of the selection weight."""
    total = np.zeros(found.slices[0].log_heights.shape[0])
    for share, one in zip(found.weights, found.slices, strict=True):
        if share > NO_WEIGHT:
            heights = np.exp(one.log_heights - one.log_heights.max()).sum(axis=1)
            total = total + share * heights / heights.sum()
    return np.asarray(total / total.sum())


def _guess(studies: NormalStudies, priors: SynthesisPriors, tau: float) -> tuple[float, float]:
    precision = 1 / (studies.variances + tau**2)
    prior = precision_of(priors.mean)
    total = precision.sum() + prior
    mean = (precision @ studies.estimates + prior * priors.mean.mean) / total
    return float(mean), float(total**-0.5)


def _find_slice(
    heighten: Callable[[Floats], Floats], tau: float, centre: float, spread: float
) -> Slice:
    """Move nodes until they cover the posterior of the mean at this tau."""
    for _ in range(MOST_MOVES):
        means = centre + spread * np.linspace(-REACH, REACH, FIRST_NODES)
        heights = np.logaddexp.reduce(heighten(means), axis=0)
        weights = np.exp(heights - heights.max())
        weights /= weights.sum()
        moved = float(weights @ means)
        # a single node in the mass says only that the nodes are too far apart
        found = max(float(np.sqrt(weights @ (means - moved) ** 2)), spread / 4)
        settled = abs(moved - centre) < spread / 2 and 0.8 < found / spread < 1.25
        centre, spread = moved, found
        if settled:
            break
    # a posterior that falls off steeply on one side, of "p < 0.05" say, wants more nodes
    n_nodes = NODES
    while True:
        means = centre + spread * np.linspace(-REACH, REACH, n_nodes)
        heights = heighten(means)
        if n_nodes >= MOST_NODES or _is_fine(means, heights):
            return Slice(tau, means, heights)
        n_nodes = 2 * n_nodes - 1


def _is_fine(means: Floats, log_heights: Floats) -> bool:
    """Say whether every other node finds the same mass, mean and spread as all do."""
    logs = np.logaddexp.reduce(log_heights, axis=0)
    heights = np.exp(logs - logs.max())

    def summarise(every: int) -> Floats:
        places, shares = means[::every], every * heights[::every]
        mean = shares @ places / shares.sum()
        return np.array([shares.sum(), mean, (shares @ (places - mean) ** 2 / shares.sum()) ** 0.5])

    one, other = summarise(1), summarise(2)
    units = np.array([one[0], one[2], one[2]])
    return bool((np.abs(one - other) <= ALIKE * units).all())


def _join(one: Slice) -> tuple[Floats, Floats, float]:
    """Join the nodes by a spline of the logs; return places, probabilities and their width."""
    from scipy.interpolate import make_interp_spline

    logs = np.logaddexp.reduce(one.log_heights, axis=0)
    logs = np.maximum(logs - logs.max(), -200.0)
    finer = max(FINER * (NODES - 1) // (len(one.means) - 1), 1)
    fine = np.linspace(one.means[0], one.means[-1], finer * (len(one.means) - 1) + 1)
    shares = np.exp(make_interp_spline(one.means, logs, k=5)(fine))
    kept = shares > NO_WEIGHT
    fine, shares = fine[kept], shares[kept] / shares[kept].sum()
    mean = float(shares @ fine)
    variance = float(shares @ (fine - mean) ** 2)
    width = (one.means[1] - one.means[0]) / finer / 2
    # each place is as wide as half a step; drawn together, all keep their variance
    together = np.sqrt(max(1 - width**2 / variance, 0.0))
    return mean + together * (fine - mean), shares, float(width)
