"""Who could be matched with whom: the edges of the matching graph, a block at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desist.design.distance import Space
from desist.design.radius import find_windows
from desist.errors import Fault, InputError

EDGES_AT_ONCE = 1_000_000
MOST_EDGES = 40_000_000

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Edges:
    """Possible matches and their distances.

    Attributes
    ----------
    treated, comparison : ndarray of int, shape (n_edges,)
        Numbers of the two people, each counted within the arm and stratum.
    distance : ndarray of float, shape (n_edges,)
        Not negative.
    """

    treated: Integers
    comparison: Integers
    distance: Floats


def iterate_edges(space: Space, inside: Integers, outside: Integers) -> Iterator[Edges]:
    """Yield all possible matches of a stratum, those within the caliper.

    Parameters
    ----------
    space : Space
        What the distance is measured in.
    inside, outside : ndarray of int
        Positions of the treated and of the comparison people.

    Yields
    ------
    Edges
        Of some treated people, with all their edges.
    """
    order, start, end = _find_candidates(space, inside, outside)
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
        yield Edges(treated, comparison, _measure(space, inside[treated], outside[comparison]))


def collect_edges(space: Space, inside: Integers, outside: Integers, most: int) -> Edges:
    """Collect the edges that an optimal match can need.

    Without replacement a treated person never needs more than the nearest few: as many as
    there are treated people, times the ratio.

    Parameters
    ----------
    space : Space
        What the distance is measured in.
    inside, outside : ndarray of int
        Positions of the treated and of the comparison people.
    most : int
        Edges to keep for each treated person.

    Returns
    -------
    Edges
        At most 40 million.

    Raises
    ------
    InputError
        If there are more, so that a caliper is needed.
    """
    kept, total = [], 0
    for edges in iterate_edges(space, inside, outside):
        near = _keep_nearest(edges, most)
        total += len(near.distance)
        refuse_pairs(total)
        kept.append(near)
    return join_edges(kept)


def refuse_pairs(number: int) -> None:
    """Refuse more pairs than can be held and solved.

    Parameters
    ----------
    number : int
        Of possible pairs.

    Raises
    ------
    InputError
        If there are more than 40 million.
    """
    if number > MOST_EDGES:
        found = f"more than {MOST_EDGES:,}"
        advice = "give a (smaller) caliper or exact columns"
        fault = Fault("possible pairs", f"at most {MOST_EDGES:,}", found, advice)
        raise InputError("design", [fault])


def join_edges(blocks: list[Edges]) -> Edges:
    """Join blocks of edges.

    Parameters
    ----------
    blocks : list of Edges
        Possibly none.

    Returns
    -------
    Edges
        All of them.
    """
    none = Edges(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    blocks = blocks or [none]
    return Edges(
        np.concatenate([block.treated for block in blocks]),
        np.concatenate([block.comparison for block in blocks]),
        np.concatenate([block.distance for block in blocks]),
    )


def _find_candidates(
    space: Space, inside: Integers, outside: Integers
) -> tuple[Integers, Integers, Integers]:
    """Order of the comparison people, and each treated person's window in it."""
    if space.line is None or not np.isfinite(space.caliper):
        start = np.zeros(len(inside), dtype=np.int64)
        return np.arange(len(outside)), start, start + len(outside)
    order = np.argsort(space.line[outside], kind="stable")
    start, end = find_windows(space.line[outside][order], space.line[inside], space.caliper)
    return order, start, end


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
    if (counts == counts[0]).all():  # a whole table: no need to sort it
        table = edges.distance.reshape(len(people), -1)
        near = np.argpartition(table, most - 1, axis=1)[:, :most]
        kept = (near + np.arange(len(people))[:, None] * counts[0]).ravel()
    else:
        order = np.lexsort((edges.distance, edges.treated))
        place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        kept = order[place < most]
    return Edges(edges.treated[kept], edges.comparison[kept], edges.distance[kept])
