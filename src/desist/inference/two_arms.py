"""A posterior of two arms, integrated on a grid: nothing is drawn, so that no seed decides."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import ndtri

from desist._types import Floats, Integers
from desist.inference.pareto import smooth_weights

N_CONTRASTS, N_BASES = 1001, 401
REACH = 5.0  # of the grid, which is stretched by a hyperbolic sine: 74 standard deviations
GOLDEN = (5**0.5 - 1) / 2
FREEDOM, MORE_PROPOSED = 4.0, 4  # of the proposal, and how many of it for one point


@dataclass(frozen=True)
class Link:
    """From a linear predictor to an arm's mean and back, with the slope of the way there."""

    value: Callable[[Floats], Floats]
    linear: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False, repr=False)
class _Grid:
    """Mass of the posterior over the difference (rows) and the comparison arm (columns)."""

    stretched: Floats
    contrasts: Floats
    bases: Floats
    mass: Floats


def place_points(
    log_density: Callable[[Floats], Floats],
    mode: Floats,
    covariance: Floats,
    link: Link,
    n_points: int,
) -> Floats:
    """Place equally weighted points whose differences are the exact quantiles of its posterior."""
    # The log density takes the linear predictors of both arms, treated first, shape (n, 2); so are
    # the points, in the order of the difference: their quantiles are those of the integral, to the
    # distance of two neighbours.
    grid = _integrate(log_density, mode, covariance, link)
    stretched, contrasts = _find_quantiles(grid, n_points)
    # Rosenblatt (1952), Annals of Mathematical Statistics 23, 470-472: the comparison arm given
    # the difference, by a sequence that fills the unit interval evenly
    evenly = np.asarray((GOLDEN * np.arange(1, n_points + 1)) % 1.0, dtype=np.float64)
    bases = _find_bases(grid, stretched, evenly)
    return np.column_stack([link.linear(link.value(bases) + contrasts), bases])


def spread_points(
    log_density: Callable[[Floats], Floats], mode: Floats, covariance: Floats, n_points: int
) -> tuple[Floats, float]:
    """Spread equally weighted points over a posterior of a few parameters; with k-hat."""
    # by importance from a t distribution at the mode, its points those of a Sobol sequence, which
    # fill the space evenly; the number of points is a power of 2
    from scipy.stats import chi2, qmc

    dimension, proposed = len(mode), MORE_PROPOSED * n_points
    evenly = qmc.Sobol(dimension + 1, scramble=False).random(proposed) + 0.5 / proposed
    stretch = chi2.ppf(evenly[:, -1], FREEDOM) / FREEDOM
    standard = ndtri(evenly[:, :-1]) / np.sqrt(stretch)[:, np.newaxis]
    points = mode + standard @ np.linalg.cholesky(covariance).T
    tails = np.log1p(np.square(standard).sum(axis=1) / FREEDOM)
    log_ratio = log_density(points) + (FREEDOM + dimension) / 2 * tails
    log_ratio[~np.isfinite(log_ratio)] = -np.inf  # outside the support: weight zero
    weights, khat = smooth_weights(log_ratio)
    order = np.argsort(points[:, 0], kind="stable")  # neighbours stand for each other
    shares = (np.arange(n_points) + 0.5) / n_points
    upto = np.cumsum(weights[order])
    chosen = order[np.searchsorted(upto, shares * upto[-1]).clip(max=proposed - 1)]
    return points[chosen], khat


def _integrate(
    log_density: Callable[[Floats], Floats], mode: Floats, covariance: Floats, link: Link
) -> _Grid:
    slopes = link.slope(mode) * [1.0, -1.0]
    spread = float(np.sqrt(slopes @ covariance @ slopes))
    rows, columns = (np.linspace(-REACH, REACH, size) for size in (N_CONTRASTS, N_BASES))
    centre = float(np.subtract(*link.value(mode)))
    contrasts = centre + spread * np.sinh(rows)
    bases = mode[1] + np.sqrt(covariance[1, 1]) * np.sinh(columns)
    with np.errstate(divide="ignore", invalid="ignore"):  # no arm is at these differences
        treated = link.linear(link.value(bases) + contrasts[:, np.newaxis])
    possible = np.isfinite(treated)
    pairs = np.column_stack([treated[possible], np.broadcast_to(bases, treated.shape)[possible]])
    logs = log_density(pairs) - np.log(link.slope(pairs[:, 0]))
    mass = np.zeros(treated.shape)
    mass[possible] = np.exp(logs - logs.max())
    mass *= np.cosh(rows)[:, np.newaxis] * np.cosh(columns)
    return _Grid(rows, contrasts, bases, mass)


def _find_quantiles(grid: _Grid, n_points: int) -> tuple[Floats, Floats]:
    """Return where the difference is at the middle of each of so many equal shares."""
    density = CubicSpline(grid.stretched, grid.mass.sum(axis=1))
    cumulative = density.antiderivative()
    total = float(cumulative(grid.stretched[-1]))
    wanted = total * (np.arange(n_points) + 0.5) / n_points
    at_nodes = np.maximum.accumulate(cumulative(grid.stretched))
    found = np.interp(wanted, at_nodes, grid.stretched)
    found -= (cumulative(found) - wanted) / density(found)  # Newton: from four digits to eight
    middle = (N_CONTRASTS - 1) // 2
    centre = grid.contrasts[middle]
    spread = (grid.contrasts[-1] - centre) / np.sinh(REACH)
    return found, centre + spread * np.sinh(found)


def _find_bases(grid: _Grid, stretched: Floats, shares: Floats) -> Floats:
    """Return where the comparison arm has the given share of its mass at each difference."""
    place = (stretched + REACH) / (2 * REACH) * (N_CONTRASTS - 1)
    below = np.clip(place.astype(int), 0, N_CONTRASTS - 2)
    part = place - below
    # what lies between two pairs of means that can be can be, but not beside one that cannot
    is_between = (grid.mass[:-1] > 0) & (grid.mass[1:] > 0)
    masses = [np.where(is_between, one, 0.0) for one in (grid.mass[:-1], grid.mass[1:])]
    sums = [np.cumsum(one[:, :-1] + one[:, 1:], axis=1) for one in masses]

    def mix(of_nodes: list[Floats], columns: Integers) -> Floats:
        one, other = (each[below, columns] for each in of_nodes)
        return np.asarray((1 - part) * one + part * other)

    wanted = shares * mix(sums, np.full(len(below), N_BASES - 2))
    # the first interval up to whose end there is so much, by halving
    first, last = np.zeros(len(below), dtype=np.intp), np.full(len(below), N_BASES - 2)
    while (first < last).any():
        middle = (first + last) // 2
        is_enough = mix(sums, middle) >= wanted
        first, last = np.where(is_enough, first, middle + 1), np.where(is_enough, middle, last)
    before = np.where(first > 0, mix(sums, np.maximum(first - 1, 0)), 0.0)
    within = (wanted - before) / (mix(sums, first) - before)
    left, right = mix(masses, first), mix(masses, first + 1)
    within = np.where(left == 0, 1.0, np.where(right == 0, 0.0, within))
    bases: Floats = grid.bases[first] + within * (grid.bases[first + 1] - grid.bases[first])
    return bases
