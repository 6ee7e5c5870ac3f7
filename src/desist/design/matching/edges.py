"""Who could be matched with whom: the edges of the matching graph, a block at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desist.design.matching.distance import Space
from desist.design.matching.windows import find_windows
from desist.errors import Fault, InputError

EDGES_AT_ONCE = 1_000_000
MOST_EDGES = 40_000_000
MOST_MEASURED = 400_000_000

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Edges:
    """Possible matches and their distances."""

    # (n_edges,) numbers of the two people, each counted within the arm and stratum
    treated: Integers
    comparison: Integers
    distance: Floats  # (n_edges,) not negative


def iterate_edges(space: Space, inside: Integers, outside: Integers) -> Iterator[Edges]:
    """Yield all possible matches of a stratum, those within the caliper."""
    windows = _find_candidates(space, inside, outside)
    refuse_pairs(int((windows[2] - windows[1]).sum()), MOST_MEASURED)
    yield from _iterate_windows(space, inside, outside, windows)


def collect_edges(
    space: Space, inside: Integers, outside: Integers, n_treated: int, ratio: int = 1
) -> Edges:
    """Collect the edges that an optimal match can need."""
    # Without replacement a treated person never needs more than the nearest few: as many as there
    # are treated people, times the ratio.
    most = n_treated * ratio
    windows = _find_candidates(space, inside, outside, most)
    counts = windows[2] - windows[1]
    refuse_pairs(int(np.minimum(counts, most).sum()) * ratio)
    refuse_pairs(int(counts.sum()), MOST_MEASURED)
    blocks = _iterate_windows(space, inside, outside, windows)
    return join_edges([_keep_nearest(edges, most) for edges in blocks])


def refuse_pairs(number: int, most: int | None = None) -> None:
    """Refuse more pairs than can be held and solved."""
    most = MOST_EDGES if most is None else most
    if number > most:
        found = f"more than {most:,}"
        advice = "give a (smaller) caliper or exact columns"
        fault = Fault("possible pairs", f"at most {most:,}", found, advice)
        raise InputError("design", [fault])


def join_edges(blocks: list[Edges]) -> Edges:
    """Join blocks of edges."""
    none = Edges(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    blocks = blocks or [none]
    return Edges(
        np.concatenate([block.treated for block in blocks]),
        np.concatenate([block.comparison for block in blocks]),
        np.concatenate([block.distance for block in blocks]),
    )


def _find_candidates(
    space: Space, inside: Integers, outside: Integers, most: int | None = None
) -> tuple[Integers, Integers, Integers]:
    """Order of the comparison people, and each treated person's window in it."""
    # On a line the nearest few are among as many on either side.
    start = np.zeros(len(inside), dtype=np.int64)
    order, end = np.arange(len(outside)), start + len(outside)
    if space.line is None:
        return order, start, end
    order = np.argsort(space.line[outside], kind="stable")
    ordered, own = space.line[outside][order], space.line[inside]
    if np.isfinite(space.caliper):
        start, end = find_windows(ordered, own, space.caliper)
    if space.points is None and not space.fences and most is not None:
        middle = np.searchsorted(ordered, own)
        start, end = np.maximum(start, middle - most), np.minimum(end, middle + most)
    return order, start, np.maximum(start, end)


def _iterate_windows(
    space: Space,
    inside: Integers,
    outside: Integers,
    windows: tuple[Integers, Integers, Integers],
) -> Iterator[Edges]:
    order, start, end = windows
    counts = end - start
    block = np.cumsum(counts) // EDGES_AT_ONCE
    for number in np.unique(block):
        chosen = np.flatnonzero((block == number) & (counts > 0))
        if not chosen.size:
            continue
        treated = np.repeat(chosen, counts[chosen])
        first = np.repeat(
            start[chosen] - np.cumsum(counts[chosen]) + counts[chosen], counts[chosen]
        )
        comparison = order[np.arange(len(treated)) + first]
        for values, width in space.fences:
            near = np.abs(values[inside[treated]] - values[outside[comparison]]) <= width
            treated, comparison = treated[near], comparison[near]
        yield Edges(treated, comparison, _measure(space, inside[treated], outside[comparison]))


def _measure(space: Space, treated: Integers, comparison: Integers) -> Floats:
    if space.points is not None:
        squares = np.zeros(len(treated))
        for column in space.points.T:
            squares += (column[treated] - column[comparison]) ** 2
        return np.sqrt(squares)
    if space.line is None:
        raise ValueError("a distance needs scores or covariates")
    return np.abs(space.line[treated] - space.line[comparison])


def _keep_nearest(edges: Edges, most: int) -> Edges:
    people, counts = np.unique(edges.treated, return_counts=True)
    if counts.max(initial=0) <= most:
        return edges
    if (
        len(edges.distance) == len(people) * counts[0] and (counts == counts[0]).all()
    ):  # a whole table: no need to sort it
        table = edges.distance.reshape(len(people), -1)
        near = np.argpartition(table, most - 1, axis=1)[:, :most]
        kept = (near + np.arange(len(people))[:, None] * counts[0]).ravel()
    else:
        order = np.lexsort((edges.distance, edges.treated))
        place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        kept = order[place < most]
    return Edges(edges.treated[kept], edges.comparison[kept], edges.distance[kept])
