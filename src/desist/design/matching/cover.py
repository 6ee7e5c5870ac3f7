"""Full matching: reach everybody at the smallest total distance, as evenly as can be."""

# Sets with one participant or one comparison person whose total distance is the smallest are a
# minimum-weight edge cover (Hansen and Klopfer 2006, Journal of Computational and Graphical
# Statistics 15; Schrijver 2003, Combinatorial Optimization, section 19.3). People in one place are
# one node with a supply, so ties make the problem smaller, not larger.
# Two linear programmes, both on networks, so that their solutions are whole numbers. The first
# finds the smallest total. By complementary slackness (Schrijver 2003, section 5.5) every division
# with that total uses only edges without reduced cost, and gives one match to people whose dual
# value is positive; among these the second finds the one with the smallest sum of squared numbers
# of matches, and of those as even the smallest sum of squared distances.

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desist.design.matching.distance import Space, number_places
from desist.design.matching.edges import Edges, iterate_edges, join_edges, refuse_pairs
from desist.design.matching.windows import find_windows

DIGITS = 10
TIGHT = 1e-9
MOST_USEFUL = 1_000_000
STRICT = {
    "primal_feasibility_tolerance": 1e-10,
    "dual_feasibility_tolerance": 1e-10,
    "presolve": False,  # slower than the solution where one person has thousands of neighbours
}

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Places:
    """People of one arm by place."""

    numbers: Integers  # (n_places,) of the places, rising
    first: Integers  # (n_places,) position of a person in each
    counts: Integers  # (n_places,) number of people in each
    # (n_people,) numbers of the people, place after place, and in the order of rows within each
    order: Integers

    @property
    def start(self) -> Integers:
        """Where each place begins in the order."""
        begin: Integers = np.cumsum(self.counts) - self.counts
        return begin

    @classmethod
    def of_people(cls, numbers: Integers, positions: Integers) -> "Places":
        """Group people by the number of their place."""
        order = np.lexsort((positions, numbers))
        places, begin, counts = np.unique(numbers[order], return_index=True, return_counts=True)
        return cls(places, positions[order[begin]], counts, order)


def cover_optimally(space: Space, inside: Integers, outside: Integers) -> Integers:
    """Choose edges that reach everybody who can be reached, at the smallest total distance."""
    # Of divisions with the same total the most even one is chosen.
    if not (len(inside) and len(outside)):
        return np.empty((0, 2), dtype=np.int64)
    numbers = number_places(space)
    treated = Places.of_people(numbers[inside], inside)
    comparison = Places.of_people(numbers[outside], outside)
    edges = _collect_useful(space, treated, comparison)
    if not len(edges.distance):
        return np.empty((0, 2), dtype=np.int64)
    return _list_people(edges, _find_even(edges, treated, comparison), treated, comparison)


def _collect_useful(space: Space, treated: Places, comparison: Places) -> Edges:
    """Collect the edges between places that a best division can have, with distances up to 1."""
    # With u and v the distances of two people to their nearest, matching them directly saves u + v
    # - distance against each going to their nearest; the others are never needed.
    near_t = np.full(len(treated.counts), np.inf)
    near_c = np.full(len(comparison.counts), np.inf)
    for edges in _iterate_places(space, treated, comparison):
        np.minimum.at(near_t, edges.treated, edges.distance)
        np.minimum.at(near_c, edges.comparison, edges.distance)
    width = max(
        near_t[np.isfinite(near_t)].max(initial=0.0), near_c[np.isfinite(near_c)].max(initial=0.0)
    )
    kept, total = [], 0
    for edges in _iterate_places(space, treated, comparison):
        alone = near_t[edges.treated] + near_c[edges.comparison]
        useful = edges.distance <= alone + TIGHT * width
        total += int(useful.sum())
        refuse_pairs(total, MOST_USEFUL)
        kept.append(Edges(edges.treated[useful], edges.comparison[useful], edges.distance[useful]))
    found = join_edges(kept)
    # rounded, so that the last digit, which depends on the order of rows, decides nothing
    scaled = np.round(found.distance / width, DIGITS) if width > 0 else found.distance
    return Edges(found.treated, found.comparison, scaled)


def _iterate_places(space: Space, treated: Places, comparison: Places) -> Iterator[Edges]:
    if space.points is None and space.line is not None and not space.fences:
        return _iterate_neighbours(space.line, treated.first, comparison.first, space.caliper)
    return iterate_edges(space, treated.first, comparison.first)


def _iterate_neighbours(
    line: Floats, inside: Integers, outside: Integers, caliper: float
) -> Iterator[Edges]:
    """Yield the edges on a line to those who have nobody nearer in between."""
    # From a treated place they go to the comparison places on either side, up to the next treated
    # place beyond the first of them: farther ones are nearer to somebody else.
    own, other = line[inside], line[outside]
    below = np.append(-np.inf, other)[np.searchsorted(other, own, side="left")]
    above = np.append(other, np.inf)[np.searchsorted(other, own, side="right")]
    last = np.append(-np.inf, own)[np.searchsorted(own, below, side="left")]
    following = np.append(own, np.inf)[np.searchsorted(own, above, side="right")]
    start = np.searchsorted(other, last, side="left")
    end = np.searchsorted(other, following, side="right")
    if np.isfinite(caliper):
        low, high = find_windows(other, own, caliper)
        start, end = np.maximum(start, low), np.minimum(end, high)
    counts = np.maximum(end - start, 0)
    refuse_pairs(int(counts.sum()))
    treated = np.repeat(np.arange(len(own)), counts)
    step = np.arange(len(treated)) - np.repeat(np.cumsum(counts) - counts, counts)
    comparison = np.repeat(start, counts) + step
    yield Edges(treated, comparison, np.abs(own[treated] - other[comparison]))


def _find_even(edges: Edges, treated: Places, comparison: Places) -> Integers:
    """Count the matches along each edge: smallest total, then most even, then least squares."""
    n_treated, n_edges = len(treated.counts), len(edges.distance)
    nodes = np.concatenate([edges.treated, n_treated + edges.comparison])
    supply = np.concatenate([treated.counts, comparison.counts]).astype(np.float64)
    reached = np.bincount(nodes, minlength=len(supply)) > 0
    one_each = np.tile(np.arange(n_edges), 2)
    incidence = _sparse(np.ones(2 * n_edges), nodes, one_each, (len(supply), n_edges))
    first = _solve(edges.distance, A_ub=-incidence[reached], b_ub=-supply[reached])
    dual = np.zeros(len(supply))
    dual[reached] = -first.ineqlin.marginals
    ends = dual[edges.treated] + dual[n_treated + edges.comparison]
    tight = np.flatnonzero(edges.distance - ends <= TIGHT)
    flow = np.zeros(n_edges, dtype=np.int64)
    flow[tight] = _spread(incidence[:, tight], edges.distance[tight], supply, dual <= TIGHT)
    return flow


def _spread(
    incidence: Any, distance: Floats, supply: Floats, may_have_more: NDArray[np.bool_]
) -> Integers:
    """Make the sum of squared numbers of matches as small as it can be."""
    # The k-th match of everybody in a place adds 2k - 1 to the sum; squared distances count for
    # less than one of these together.
    reached = np.asarray(incidence.sum(axis=1)).ravel() > 0
    most = incidence @ (incidence.T @ supply) - supply * np.asarray(incidence.sum(axis=1)).ravel()
    levels = np.where(may_have_more & reached, np.ceil(most / supply) - 1, 0).astype(np.int64)
    node = np.repeat(np.arange(len(supply)), np.maximum(levels, 0))
    level = np.arange(len(node)) - np.repeat(np.cumsum(levels) - levels, levels) + 2
    slots = _sparse(-np.ones(len(node)), node, np.arange(len(node)), (len(supply), len(node)))
    from scipy.sparse import hstack

    found = _solve(
        np.concatenate([distance**2 / (2 * supply.sum() + 2), 2.0 * level - 1]),
        A_eq=hstack([incidence, slots], format="csr")[reached],
        b_eq=supply[reached],
        bounds=np.column_stack(
            [
                np.zeros(len(distance) + len(node)),
                np.concatenate([np.full(len(distance), np.inf), supply[node]]),
            ]
        ),
    )
    flow: Integers = np.round(found.x[: len(distance)]).astype(np.int64)
    return flow


def _list_people(edges: Edges, flow: Integers, treated: Places, comparison: Places) -> Integers:
    """Turn numbers of matches between places into pairs of people."""
    away = treated.numbers[edges.treated] != comparison.numbers[edges.comparison]
    rows = np.repeat(np.flatnonzero(away & (flow > 0)), flow[away & (flow > 0)])
    sites = edges.treated[rows], edges.comparison[rows]
    turns = _count_turns(sites[0], sites[1]), _count_turns(sites[1], sites[0])
    pairs = [
        np.column_stack(
            [
                _take(treated, sites[0], turns[0]),
                _take(comparison, sites[1], turns[1]),
            ]
        )
    ]
    out_t = np.bincount(sites[0], minlength=len(treated.counts))
    out_c = np.bincount(sites[1], minlength=len(comparison.counts))
    for row in np.flatnonzero(~away):
        one, other = edges.treated[row], edges.comparison[row]
        within = _pair_within(
            int(treated.counts[one]),
            int(comparison.counts[other]),
            int(out_t[one]),
            int(out_c[other]),
        )
        pairs.append(
            np.column_stack(
                [
                    treated.order[treated.start[one] + within[:, 0]],
                    comparison.order[comparison.start[other] + within[:, 1]],
                ]
            )
        )
    return np.concatenate(pairs)


def _count_turns(own: Integers, other: Integers) -> Integers:
    """Count the matches of each place, from 0, in the order of the places at the other end."""
    order = np.lexsort((other, own))
    counts = np.bincount(own)
    turns = np.empty(len(own), dtype=np.int64)
    turns[order] = np.arange(len(own)) - np.repeat(np.cumsum(counts) - counts, counts)
    return turns


def _take(places: Places, sites: Integers, turns: Integers) -> Integers:
    """Take the people of a place in turn, again and again."""
    people: Integers = places.order[places.start[sites] + turns % places.counts[sites]]
    return people


def _pair_within(n_treated: int, n_comparison: int, out_t: int, out_c: int) -> Integers:
    """Pair the people of one place who have nobody elsewhere, and share out those left over."""
    # The first people of a place have the matches elsewhere, so the others are the last.
    free_t = np.arange(min(out_t, n_treated), n_treated)
    free_c = np.arange(min(out_c, n_comparison), n_comparison)
    both = min(len(free_t), len(free_c))
    pairs = [np.column_stack([free_t[:both], free_c[:both]])]
    for left, size, out, turn in (
        (free_c[both:], n_treated, out_t, 1),
        (free_t[both:], n_comparison, out_c, -1),
    ):
        start = out % size if out >= size else 0
        shared = (start + np.arange(len(left))) % size
        pairs.append(np.column_stack([shared, left][::turn]))
    return np.concatenate(pairs).astype(np.int64)


def _sparse(values: Floats, rows: Integers, columns: Integers, shape: tuple[int, int]) -> Any:
    from scipy.sparse import csr_array

    return csr_array((values, (rows, columns)), shape=shape)


def _solve(cost: Floats, **constraints: Any) -> Any:
    """Solve a linear programme whose solution is known to exist."""
    from scipy.optimize import linprog

    found = linprog(cost, method="highs-ds", options=STRICT, **constraints)
    if found.status != 0:
        raise RuntimeError("the division of the matched sets was not found")
    return found
