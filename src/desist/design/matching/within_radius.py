"""Radius matching made again for other participants, all draws of participation at once."""

# In the order of the scores everybody has a window of people within the radius. How many stand in
# it, and the sum of their outcomes, changes with no draw; what does is which of the participants of
# a draw stand in the windows of the others. They are few, and in the same order.

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desist.design.matching.windows import find_windows
from desist.design.reweighing import Contrast

MOST_LAGS = 64  # neighbours looked at one after the other, before bisection is quicker

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Places = NDArray[Any]  # in the order of the scores, in as few bytes as hold them


@dataclass(frozen=True, eq=False, repr=False)
class WithinRadius:
    """Radius matching made again for other participants."""

    values: Floats  # (n_people,) what is compared with the radius: scores or log odds
    radius: float  # largest distance of a match, in the unit of `values`

    def prepare(self, columns: Floats) -> Contrast:
        """Return what compares the arms of a redrawn participation, all draws at once."""
        order = np.argsort(self.values, kind="stable")
        start, end = find_windows(self.values[order], self.values[order], self.radius)
        rows = columns[:, order]
        everybody = np.concatenate([np.zeros((len(rows), 1)), np.cumsum(rows, axis=1)], axis=1)
        kind = np.int16 if order.size <= np.iinfo(np.int16).max else np.int32
        rank = np.empty(order.size, dtype=kind)
        rank[order] = np.arange(order.size)
        windows = _Windows(start.astype(kind), end - start, rows, everybody[:, end])
        windows.totals[...] -= everybody[:, start]

        def contrast(chosen: Integers) -> Floats:
            return _compare_matched(rank.take(chosen), windows)

        return contrast


@dataclass(frozen=True, eq=False, repr=False)
class _Windows:
    """Everybody's window, in the order of the scores: where it starts, how many are in it, sums."""

    start: Places
    n_people: Integers
    rows: Floats
    totals: Floats


def _compare_matched(chosen: Places, windows: _Windows) -> Floats:
    """Compare matched means: of each window everybody, less the draw's participants in it."""
    # draws stand side by side, so that a step from one participant to the next is one of all draws
    places = np.ascontiguousarray(np.sort(chosen, axis=1).T)
    before, after = _count_participants(places, windows.start)
    at = places.astype(np.int64)
    n_matches = windows.n_people.take(at) - (after - before)
    is_alone = n_matches <= 0
    share = 1.0 / np.where(is_alone, np.inf, n_matches)
    n_matched = len(at) - is_alone.sum(axis=0)
    # whoever is near is near both ways: what the windows of others leave out of somebody's outcome
    # is what they share, added up over the participants in that person's own window
    side = np.arange(at.shape[1])
    sums = np.zeros((len(at) + 1, side.size))
    _accumulate(share, sums[1:])
    own = sums.take(after * side.size + side) - sums.take(before * side.size + side)
    own += ~is_alone
    found = np.full((len(windows.rows), side.size), np.nan)
    for row, total, means in zip(windows.rows, windows.totals, found, strict=True):
        gaps = np.einsum("pd,pd->d", row.take(at), own)
        gaps -= np.einsum("pd,pd->d", total.take(at), share)
        np.divide(gaps, n_matched, out=means, where=n_matched > 0)
    return found


def _count_participants(places: Places, start: Places) -> tuple[Integers, Integers]:
    """Count the participants of each draw who stand before each window, and before its end."""
    # whoever is near is near both ways, so that those before an end are those whose own windows
    # start, among the participants, no later
    n_treated, n_draws = places.shape
    before = _count_before(places, start.take(places)).astype(np.int64)
    starts = np.bincount((before * n_draws + np.arange(n_draws)).ravel(), minlength=places.size)
    after = starts.reshape(n_treated, n_draws)
    _accumulate(after, after)
    return before, after


def _accumulate(values: NDArray[Any], out: NDArray[Any]) -> None:
    """Add up from the first participant on; row by row, which NumPy does column by column."""
    out[0] = values[0]
    for before, value, total in zip(out[:-1], values[1:], out[1:], strict=True):
        np.add(before, value, out=total)


def _count_before(places: Places, low: Places) -> Places:
    """Count the participants of each draw before each window, from the nearest neighbour on."""
    n_treated, n_draws = places.shape
    before = np.repeat(np.arange(n_treated, dtype=places.dtype)[:, np.newaxis], n_draws, axis=1)
    for lag in range(1, min(n_treated, MOST_LAGS)):
        is_near = places[:-lag] >= low[lag:]
        if not is_near.any():
            return before
        before[lag:] -= is_near
    return before if n_treated <= MOST_LAGS else _bisect(places, low)


def _bisect(places: Places, low: Places) -> Integers:
    """Count the same by bisection, all draws one after the other in one row."""
    n_treated, n_draws = places.shape
    draw = np.arange(n_draws)[:, np.newaxis]
    apart = draw * (int(places.max()) + 1)
    row, edges = (places.T + apart).ravel(), low.T + apart
    found = np.searchsorted(row, edges.ravel()).reshape(edges.shape) - draw * n_treated
    return np.ascontiguousarray(found.T)
