"""The scales of hierarchies on a small adaptive grid, and a density between its points."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from desist._types import Floats, Integers, Mask

# Scales stand on an axis that is linear near 0 and logarithmic far off, so that a scale of 0, where
# a hierarchy has nothing to tell, is an ordinary point and no tail. Between the points the density
# is interpolated linearly, beyond the last it falls exponentially, slower than any posterior.

BEND = 0.25  # where the axis turns from linear to logarithmic
FARTHEST = 5.0  # on the axis, a scale of 37: no prior reaches it
FIRST_SCALE = 0.3
FIRST_STEP = 0.4
MOST_MOVES = 12
DROP = 7.0  # in log density, to where an axis goes
MATTERS = 3.5  # in log density, to where points off the axes are evaluated
SPACING = 1.1  # points, in standard deviations
WIDE_SPACING = 1.4  # with more than two scales
MOST_POINTS = 60  # evaluated off the axes

type Evaluate = Callable[[Floats], float]


def to_axis(scales: Floats) -> Floats:
    """Return where scales stand on the axis."""
    return np.asarray(np.log1p(scales / BEND))


def from_axis(places: Floats) -> Floats:
    """Return the scales at places of the axis."""
    return np.asarray(BEND * np.expm1(places))


@dataclass(frozen=True)
class ScaleGrid:
    """A density of scales on a grid of places, multilinear between them."""

    axes: tuple[Floats, ...]
    log_weights: Floats  # on the whole grid
    nearest: Integers  # of each point the evaluated one that stands for it, in the order of all
    log_total: float

    def draw(self, uniform: Floats) -> Floats:
        """Turn uniform numbers, shape (n_draws, n_scales + 1), into places (n_draws, n_scales)."""
        masses = [_measure_kernels(axis) for axis in self.axes]
        mass = np.exp(self.log_weights)
        for position, (left, right) in enumerate(masses):
            shape = [1] * mass.ndim
            shape[position] = -1
            mass = mass * (left + right).reshape(shape)
        reached = np.cumsum(mass.ravel())
        flat = np.searchsorted(reached, uniform[:, 0] * reached[-1]).clip(max=mass.size - 1)
        vertex = np.unravel_index(flat, mass.shape)
        places = np.empty((len(uniform), len(self.axes)))
        for position, axis in enumerate(self.axes):
            places[:, position] = _draw_kernel(
                axis, *masses[position], vertex[position], uniform[:, position + 1]
            )
        return places

    def log_density(self, places: Floats) -> tuple[Floats, Integers]:
        """Return the log density at places, and the evaluated point that stands for each."""
        sides = [_weigh_sides(axis, places[:, i]) for i, axis in enumerate(self.axes)]
        total, most = np.zeros(len(places)), np.full(len(places), -1.0)
        nearest = np.zeros(len(places), dtype=np.int64)
        for corner in itertools.product((0, 1), repeat=len(self.axes)):
            index = tuple(sides[i][0][side] for i, side in enumerate(corner))
            share = np.prod([sides[i][1][side] for i, side in enumerate(corner)], axis=0)
            total += share * np.exp(self.log_weights[index])
            nearest = np.where(share > most, self.nearest[index], nearest)
            most = np.maximum(share, most)
        return np.log(total) - self.log_total, nearest

    def point(self, number: int) -> Floats:
        """Return the places of a point from its number in the order of all."""
        index = np.unravel_index(number, self.log_weights.shape)
        return np.array([axis[i] for axis, i in zip(self.axes, index, strict=True)])


def make_grid(evaluate: Evaluate, n_scales: int) -> ScaleGrid:
    """Find where the density of the scales is, at places of their axes, and evaluate it there."""
    centre = np.full(n_scales, to_axis(np.array(FIRST_SCALE)))
    widths = np.full(n_scales, FIRST_STEP)
    for _ in range(min(n_scales, 2)):
        for position in range(n_scales):
            profile = _along(evaluate, centre, position)
            centre[position], widths[position] = _find_top(
                profile, centre[position], widths[position]
            )
    spacing = SPACING if n_scales <= 2 else WIDE_SPACING
    axes, heights = [], []
    for position in range(n_scales):
        profile = _along(evaluate, centre, position)
        axes.append(_lay_axis(profile, centre[position], spacing * widths[position]))
        heights.append(np.array([profile(place) for place in axes[-1]]) - evaluate(centre))
    # as if the scales were independent, but where it matters
    product: Floats = np.add.reduce(np.broadcast_arrays(*np.ix_(*heights)))
    log_weights, is_known = _refine(evaluate, axes, product, evaluate(centre))
    nearest = _find_nearest(is_known, axes, widths)
    # elsewhere the scales are as dependent as at the nearest point that is known
    log_weights = product + (log_weights - product).ravel()[nearest]
    mass = np.exp(log_weights)
    for position in reversed(range(n_scales)):
        mass = mass @ np.add(*_measure_kernels(axes[position]))
    return ScaleGrid(tuple(axes), log_weights, nearest, float(np.log(mass)))


def _along(evaluate: Evaluate, centre: Floats, position: int) -> Callable[[float], float]:
    def profile(place: float) -> float:
        places = centre.copy()
        places[position] = place
        return evaluate(places)

    return profile


def _find_top(profile: Callable[[float], float], place: float, step: float) -> tuple[float, float]:
    """Find the highest place near enough, and the standard deviation of the density about it."""
    top, step = place, max(step, 0.02)
    for _ in range(MOST_MOVES):
        low = max(top - step, 0.0)
        left, middle, right = profile(low), profile(top), profile(top + step)
        if right > middle and top + step < FARTHEST:
            top, step = top + step, 1.5 * step
        elif left > middle:
            top = low
        elif max(middle - right, middle - left) > DROP / 2:
            step /= 3  # too coarse to tell a width from
        else:
            break
    if low == top:  # falling from 0 on
        return 0.0, step / float(np.sqrt(2 * max(middle - right, 0.05)))
    # the parabola through three places
    first, second = (middle - left) / (top - low), (right - middle) / step
    bend = max((first - second) / ((step + top - low) / 2), 0.05)
    slope = (first * step + second * (top - low)) / (step + top - low)
    return float(max(top + np.clip(slope / bend, -step, step), 0.0)), float(bend**-0.5)


def _lay_axis(profile: Callable[[float], float], top: float, width: float) -> Floats:
    """Lay places from the top both ways until the density is too low to matter."""
    height = profile(top)
    up, down = [top], [top]
    while height - profile(up[-1]) < DROP and up[-1] < FARTHEST:
        up.append(up[-1] + width)
    while down[-1] > 0 and height - profile(down[-1]) < DROP:
        down.append(down[-1] - width if down[-1] > 1.3 * width else 0.0)
    return np.array([*down[:0:-1], *up])


def _refine(
    evaluate: Evaluate, axes: list[Floats], product: Floats, top: float
) -> tuple[Floats, Mask]:
    """Evaluate where the density may be high, the highest first, and say what is evaluated."""
    log_weights, is_known = product.copy(), np.zeros(product.shape, dtype=bool)
    order = np.argsort(-product, axis=None, kind="stable")[:MOST_POINTS]
    for number in order[product.ravel()[order] > -MATTERS]:
        index = np.unravel_index(number, product.shape)
        places = np.array([axis[i] for axis, i in zip(axes, index, strict=True)])
        log_weights[index] = evaluate(places) - top
        is_known[index] = True
    return log_weights, is_known


def _find_nearest(is_known: Mask, axes: list[Floats], widths: Floats) -> Integers:
    """Return of each point the nearest one that is evaluated, in standard deviations."""
    places = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes)) / widths
    candidates = np.flatnonzero(is_known)
    distance = np.square(places[:, np.newaxis] - places[candidates]).sum(axis=-1)
    # of points as near as each other the first, and not the one that rounding makes nearer
    nearest = np.argmin(np.round(distance, 6), axis=1)
    return candidates[nearest].reshape(is_known.shape)


def _measure_kernels(axis: Floats) -> tuple[Floats, Floats]:
    """Return the mass of each point's kernel to the left and to the right of it."""
    left = np.diff(axis, prepend=0.0) / 2
    right = np.append(np.diff(axis) / 2, 1.0)  # the last falls as exp(-distance)
    return left, right


def _draw_kernel(
    axis: Floats, left: Floats, right: Floats, vertex: Integers, uniform: Floats
) -> Floats:
    """Draw from the kernels of some points by the inverse of their distributions."""
    share = left[vertex] / (left + right)[vertex]
    is_left = uniform < share
    low = np.divide(uniform, share, where=is_left, out=np.zeros_like(uniform))
    high = np.where(is_left, 0.0, (uniform - share) / np.where(share < 1, 1 - share, 1.0))
    is_last = vertex == len(axis) - 1
    up = np.where(is_last, -np.log1p(-high), 2 * right[vertex] * (1 - np.sqrt(1 - high)))
    down = 2 * left[vertex] * (1 - np.sqrt(low))
    return np.asarray(axis[vertex] + np.where(is_left, -down, up))


def _weigh_sides(
    axis: Floats, places: Floats
) -> tuple[tuple[Integers, Integers], tuple[Floats, Floats]]:
    """Return the points on both sides of places, and the share of each."""
    above = np.searchsorted(axis, places)
    low, high = np.maximum(above - 1, 0), np.minimum(above, len(axis) - 1)
    start = np.where(above > 0, axis[low], 0.0)
    width = np.where(above < len(axis), axis[high], np.inf) - start
    part = np.divide(places - start, width, where=width > 0, out=np.ones_like(places))
    is_beyond = above == len(axis)
    of_high = np.where(is_beyond, np.exp(-(places - axis[-1])), part)
    of_low = np.where(is_beyond | (above == 0), 0.0, 1 - part)
    return (low, high), (of_low, of_high)
