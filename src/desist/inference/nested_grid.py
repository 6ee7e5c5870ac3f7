"""The scales of hierarchies on a small adaptive grid, and a density between its points."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from desist._types import Floats, Integers

# Scales stand on an axis that is linear near 0 and logarithmic far off, so that a scale of 0, where
# a hierarchy has nothing to tell, is an ordinary point and no tail. Between the points the density is
# interpolated linearly, beyond the last it falls exponentially, slower than any posterior.

BEND = 0.25  # where the axis turns from linear to logarithmic
FARTHEST = 5.0  # on the axis, a scale of 37: no prior reaches it
DROP = 7.0  # in log density, to where an axis goes
SPACING = 1.1  # points, in standard deviations
WIDE_SPACING = 1.6  # with more than two scales
SWEEPS = 2
MOST_POINTS = 900

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
    log_weights: Floats  # on the whole grid; minus infinity where it was not evaluated
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
        """Return the log density at places, and the evaluated point that says most there."""
        sides = [_weigh_sides(axis, places[:, i]) for i, axis in enumerate(self.axes)]
        total = np.zeros(len(places))
        most, nearest = np.full(len(places), -1.0), np.zeros(len(places), dtype=np.int64)
        for corner in itertools.product((0, 1), repeat=len(self.axes)):
            index = tuple(sides[i][0][side] for i, side in enumerate(corner))
            share = np.prod([sides[i][1][side] for i, side in enumerate(corner)], axis=0)
            log_weight = self.log_weights[index]
            total += share * np.exp(log_weight)
            is_more = np.isfinite(log_weight) & (share > most)
            most = np.where(is_more, share, most)
            nearest = np.where(
                is_more, np.ravel_multi_index(index, self.log_weights.shape), nearest
            )
        return np.log(total) - self.log_total, nearest


def make_grid(evaluate: Evaluate, n_scales: int) -> ScaleGrid:
    """Find where the density of the scales is, at places of their axes, and evaluate it there."""
    centre = np.full(n_scales, to_axis(np.array(0.3)))
    for _ in range(SWEEPS if n_scales > 1 else 1):
        for position in range(n_scales):
            centre[position] = _find_top(_along(evaluate, centre, position))
    spacing = SPACING if n_scales <= 2 else WIDE_SPACING
    axes = tuple(
        _lay_axis(_along(evaluate, centre, position), centre[position], spacing)
        for position in range(n_scales)
    )
    log_weights = _fill(evaluate, axes, centre)
    log_weights -= np.max(log_weights)
    mass = np.exp(log_weights)
    for position in reversed(range(n_scales)):
        mass = mass @ np.add(*_measure_kernels(axes[position]))
    return ScaleGrid(axes, log_weights, float(np.log(mass)))


def _along(evaluate: Evaluate, centre: Floats, position: int) -> Callable[[float], float]:
    def profile(place: float) -> float:
        places = centre.copy()
        places[position] = place
        return evaluate(places)

    return profile


def _find_top(profile: Callable[[float], float]) -> float:
    """Find the highest place: over a coarse row of places, then between two of them."""
    from scipy.optimize import minimize_scalar

    row = np.arange(0.0, 3.6, 0.5)
    heights = [profile(place) for place in row]
    top = int(np.argmax(heights))
    while top == len(row) - 1 and row[-1] < FARTHEST:
        row = np.append(row, row[-1] + 0.5)
        heights.append(profile(row[-1]))
        top = int(np.argmax(heights))
    bounds = (row[max(top - 1, 0)], row[min(top + 1, len(row) - 1)])
    found = minimize_scalar(
        lambda place: -profile(place), bounds=bounds, method="bounded", options={"xatol": 0.01}
    )
    return float(found.x) if -found.fun > heights[top] else float(row[top])


def _lay_axis(profile: Callable[[float], float], top: float, spacing: float) -> Floats:
    """Lay places from the top both ways until the density is too low to matter."""
    height = profile(top)
    width = spacing * _measure_width(profile, top, height)
    up, down = [top], [top]
    while height - profile(up[-1]) < DROP and up[-1] < FARTHEST:
        up.append(up[-1] + width)
    while down[-1] > 0 and height - profile(down[-1]) < DROP:
        down.append(max(down[-1] - width, 0.0) if down[-1] > 1.3 * width else 0.0)
    return np.array([*down[:0:-1], *up])


def _measure_width(profile: Callable[[float], float], top: float, height: float) -> float:
    """Return how far above the top the density has fallen as a normal one after one deviation."""
    distance = 0.2
    for _ in range(20):
        fall = height - profile(top + distance)
        if 0.25 < fall < 1.5:
            break
        distance = min(distance * np.sqrt(0.6 / max(fall, 0.03)), FARTHEST)
    return float(distance / np.sqrt(2 * max(fall, 0.03)))


def _fill(evaluate: Evaluate, axes: tuple[Floats, ...], centre: Floats) -> Floats:
    """Evaluate outwards from the centre, as long as it matters."""
    log_weights = np.full([len(axis) for axis in axes], -np.inf)
    first = tuple(int(np.argmin(np.abs(axis - at))) for axis, at in zip(axes, centre, strict=True))
    waiting, seen = [first], {first}
    top = -np.inf
    while waiting and len(seen) < MOST_POINTS:
        index = waiting.pop(0)
        places = np.array([axis[i] for axis, i in zip(axes, index, strict=True)])
        log_weights[index] = evaluate(places)
        top = max(top, log_weights[index])
        if log_weights[index] < top - DROP:
            continue
        for position, step in itertools.product(range(len(axes)), (-1, 1)):
            there = list(index)
            there[position] += step
            if 0 <= there[position] < len(axes[position]) and tuple(there) not in seen:
                seen.add(tuple(there))
                waiting.append(tuple(there))
    return log_weights


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
