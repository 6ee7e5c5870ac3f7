"""Optimal and full matching: the smallest total distance of all matches that are possible.

Optimal matching is an assignment problem (Rosenbaum 1989, Journal of the American
Statistical Association 84). Full matching divides people into sets with one participant
or one comparison person; without limits on the sets the best one is a minimum-weight
edge cover, which an assignment on the edges that can help solves (Hansen and Klopfer
2006, Journal of Computational and Graphical Statistics 15; Schrijver 2003, Combinatorial
Optimization, section 19.3). Both use the sparse solver of SciPy (Jonker and Volgenant).

On a line many matches have the same total distance: pairs may be crossed or not. Of totals
that agree to a part in a million the one with the smallest sum of squares is taken, so the
order of the rows does not decide.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.distance import (
    DISTANCES,
    Space,
    find_caliper_faults,
    find_option_faults,
    find_strata_faults,
    measure_space,
    number_strata,
)
from desist.design.edges import Edges, collect_edges, iterate_edges, join_edges
from desist.design.nearest import assign_matches, find_ratio_faults
from desist.design.protocol import Assignment, Material
from desist.design.strata import ALL_THREE, weigh_strata
from desist.errors import Fault, NoOverlapError
from desist.estimands import Estimand

TIE_BREAK = 1e-6
NOBODY = (
    "no participant has a match within the caliper and the exact columns; widen the caliper, "
    "name fewer columns, or look for comparison people who could have taken part"
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class OptimalMatching:
    """Match without replacement so that the total distance is the smallest possible.

    With a caliper as many matches as possible are made, and of those with as many the
    ones with the smallest total distance.

    Attributes
    ----------
    ratio : int
        Matches for each participant.
    caliper : float or None
        Largest difference of scores, included, in the unit of `scale`.
    scale : str
        See `RadiusMatching`.
    exact : tuple of str
        Columns on which matched people agree.
    distance : str
        "score", or "mahalanobis" for the covariates of the formula.
    """

    name: ClassVar[str] = "optimal"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT,)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True

    ratio: int = 1
    caliper: float | None = None
    scale: str = "logit"
    exact: tuple[str, ...] = ()
    distance: str = "score"

    @property
    def needs_scores(self) -> bool:
        """Whether a propensity score is estimated first."""
        return self.distance == "score" or self.caliper is not None

    def find_faults(self, covariates: pd.DataFrame, treated: NDArray[np.bool_]) -> list[Fault]:
        """Return what is wrong with the settings for these people.

        Parameters
        ----------
        covariates : DataFrame
            With the columns of `exact`.
        treated : ndarray of bool, shape (n_people,)
            Whether each person took part.

        Returns
        -------
        list of Fault
            Unknown options, too few comparison people.
        """
        faults = _find_faults(self, covariates)
        n_treated, n_comparison = int(treated.sum()), int((~treated).sum())
        faults += find_ratio_faults(self.ratio, n_comparison)
        if n_comparison < n_treated:
            expected = f"at least as many as the {n_treated:,} participants can use"
            advice = "use FullMatching or RadiusMatching, or weight"
            faults.append(Fault("comparison people", expected, f"{n_comparison:,}", advice))
        return faults

    def assign(self, material: Material) -> Assignment:
        """Match everybody.

        Parameters
        ----------
        material : Material
            With scores or a matrix.

        Returns
        -------
        Assignment
            With the matches and their sets.

        Raises
        ------
        NoOverlapError
            If nobody finds a match.
        """
        space = measure_space(material, self.distance, self.caliper, self.scale)
        blocks = []
        for inside, outside in _split_strata(material, self.exact, space):
            edges = collect_edges(space, inside, outside, len(inside) * self.ratio)
            chosen = assign_optimally(edges, len(inside), len(outside), self.ratio)
            blocks.append(np.column_stack([inside[chosen[:, 0]], outside[chosen[:, 1]]]))
        matches = np.concatenate(blocks)
        if not len(matches):
            raise NoOverlapError(NOBODY)
        return assign_matches(matches, material.treated, with_sets=True)


@dataclass(frozen=True)
class FullMatching:
    """Put everybody into sets with one participant or one comparison person.

    The sum of the distances between the one and the others of each set is the smallest
    possible. Within a set comparison people share the weight of its participants. With a
    caliper, people without anybody in reach are dropped.

    Attributes
    ----------
    caliper : float or None
        Largest difference of scores, included, in the unit of `scale`.
    scale : str
        See `RadiusMatching`.
    exact : tuple of str
        Columns on which matched people agree.
    distance : str
        "score", or "mahalanobis" for the covariates of the formula.
    """

    name: ClassVar[str] = "full"
    estimands: ClassVar[tuple[Estimand, ...]] = ALL_THREE
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True

    caliper: float | None = None
    scale: str = "logit"
    exact: tuple[str, ...] = ()
    distance: str = "score"

    @property
    def needs_scores(self) -> bool:
        """Whether a propensity score is estimated first."""
        return self.distance == "score" or self.caliper is not None

    def find_faults(self, covariates: pd.DataFrame, treated: NDArray[np.bool_]) -> list[Fault]:
        """Return what is wrong with the settings for these people.

        Parameters
        ----------
        covariates : DataFrame
            With the columns of `exact`.
        treated : ndarray of bool, shape (n_people,)
            Not looked at.

        Returns
        -------
        list of Fault
            Unknown options.
        """
        del treated
        return _find_faults(self, covariates)

    def assign(self, material: Material) -> Assignment:
        """Match everybody.

        Parameters
        ----------
        material : Material
            With scores or a matrix.

        Returns
        -------
        Assignment
            With the sets, and a match for each participant and comparison person of a set.

        Raises
        ------
        NoOverlapError
            If nobody finds a match.
        """
        space = measure_space(material, self.distance, self.caliper, self.scale)
        blocks = []
        for inside, outside in _split_strata(material, self.exact, space):
            chosen = cover_optimally(space, inside, outside)
            blocks.append(np.column_stack([inside[chosen[:, 0]], outside[chosen[:, 1]]]))
        matches = np.concatenate(blocks)
        if not len(matches):
            raise NoOverlapError(NOBODY)
        sets = _number_sets(matches, len(material.treated))
        weighted = weigh_strata(sets, material.treated, material.estimand)
        return Assignment(weighted.weights, weighted.sets, matches)


def assign_optimally(edges: Edges, n_treated: int, n_comparison: int, ratio: int) -> Integers:
    """Choose the most matches, and of those the smallest total distance.

    Each treated person has a way out of no match at a price above all distances together,
    so the solver always finds an assignment.

    Parameters
    ----------
    edges : Edges
        Possible matches.
    n_treated, n_comparison : int
        Numbers of people.
    ratio : int
        Matches for each treated person.

    Returns
    -------
    ndarray of int, shape (n_matches, 2)
        Numbers of the treated and of the comparison people.
    """
    slots = n_treated * ratio
    cost = _break_ties(edges.distance, float(edges.distance.max(initial=0.0)))
    way_out = float(cost.max(initial=0.0)) * min(slots, n_comparison) + 1.0
    # slot r of person i is row i + r * n_treated
    rows = np.concatenate([edges.treated + r * n_treated for r in range(ratio)])
    columns, costs = np.tile(edges.comparison, ratio), np.tile(cost, ratio)
    out = np.arange(slots)
    found = _solve(
        np.concatenate([rows, out]),
        np.concatenate([columns, n_comparison + out]),
        np.concatenate([costs, np.full(slots, way_out)]),
        (slots, n_comparison + slots),
    )
    real = found[found[:, 1] < n_comparison]
    return np.column_stack([real[:, 0] % n_treated, real[:, 1]])


def cover_optimally(space: Space, inside: Integers, outside: Integers) -> Integers:
    """Choose edges that reach everybody who can be reached, at the smallest total distance.

    With u and v the distances of two people to their nearest, matching them directly saves
    u + v - distance against each going to their nearest. Only edges that save something
    matter; the most is saved by an assignment, and those not assigned go to their nearest.

    Parameters
    ----------
    space : Space
        What the distance is measured in.
    inside, outside : ndarray of int
        Positions of the treated and of the comparison people.

    Returns
    -------
    ndarray of int, shape (n_edges, 2)
        Numbers of the treated and of the comparison people; no edge joins two people who
        both have others.
    """
    nearest = _Nearest.of_both_arms(space, inside, outside)
    saving = [nearest.keep_saving(edges) for edges in _iterate_costs(space, inside, outside)]
    edges = join_edges(saving)
    n_treated, n_comparison = len(inside), len(outside)
    highest = float(edges.distance.max(initial=0.0))
    out = np.arange(n_treated)
    found = _solve(
        np.concatenate([edges.treated, out]),
        np.concatenate([edges.comparison, n_comparison + out]),
        np.concatenate([highest - edges.distance, np.full(n_treated, highest)]),
        (n_treated, n_comparison + n_treated),
    )
    return nearest.complete(found[found[:, 1] < n_comparison])


@dataclass(frozen=True, eq=False, repr=False)
class _Nearest:
    """The nearest of everybody: distance (infinite for none) and number."""

    treated_distance: Floats
    treated_to: Integers
    comparison_distance: Floats
    comparison_to: Integers

    @classmethod
    def of_both_arms(cls, space: Space, inside: Integers, outside: Integers) -> "_Nearest":
        made = cls(
            np.full(len(inside), np.inf),
            np.full(len(inside), -1),
            np.full(len(outside), np.inf),
            np.full(len(outside), -1),
        )
        for edges in _iterate_costs(space, inside, outside):
            _update(made.treated_distance, made.treated_to, edges.treated, edges.comparison, edges)
            _update(
                made.comparison_distance, made.comparison_to, edges.comparison, edges.treated, edges
            )
        return made

    def keep_saving(self, edges: Edges) -> Edges:
        """Keep edges that save something, with the saving in the place of the distance."""
        alone = self.treated_distance[edges.treated] + self.comparison_distance[edges.comparison]
        saving = alone - edges.distance
        kept = saving > 0
        return Edges(edges.treated[kept], edges.comparison[kept], saving[kept])

    def complete(self, matched: Integers) -> Integers:
        """Send those who are not matched to their nearest."""
        lone_treated = np.setdiff1d(np.flatnonzero(self.treated_to >= 0), matched[:, 0])
        lone_comparison = np.setdiff1d(np.flatnonzero(self.comparison_to >= 0), matched[:, 1])
        edges = np.concatenate(
            [
                matched,
                np.column_stack([lone_treated, self.treated_to[lone_treated]]),
                np.column_stack([self.comparison_to[lone_comparison], lone_comparison]),
            ]
        )
        return _drop_needless(np.unique(edges, axis=0))


def _iterate_costs(space: Space, inside: Integers, outside: Integers) -> Iterator[Edges]:
    people = np.concatenate([inside, outside])
    width = float(np.ptp(space.line[people])) if space.line is not None and people.size else 0.0
    for edges in iterate_edges(space, inside, outside):
        yield Edges(edges.treated, edges.comparison, _break_ties(edges.distance, width))


def _break_ties(distance: Floats, largest: float) -> Floats:
    return distance * (1 + TIE_BREAK * distance / largest) if largest > 0 else distance


def _update(best: Floats, to: Integers, own: Integers, other: Integers, edges: Edges) -> None:
    order = np.lexsort((other, edges.distance, own))
    people, first = np.unique(own[order], return_index=True)
    distance, partner = edges.distance[order][first], other[order][first]
    nearer = distance < best[people]
    best[people[nearer]] = distance[nearer]
    to[people[nearer]] = partner[nearer]


def _drop_needless(edges: Integers) -> Integers:
    """Drop edges between two people who both have others (only ties make them)."""
    treated = np.bincount(edges[:, 0])
    comparison = np.bincount(edges[:, 1])
    kept = np.ones(len(edges), dtype=bool)
    suspects = (treated[edges[:, 0]] > 1) & (comparison[edges[:, 1]] > 1)
    for number in np.flatnonzero(suspects):
        one, other = edges[number]
        if treated[one] > 1 and comparison[other] > 1:
            kept[number] = False
            treated[one] -= 1
            comparison[other] -= 1
    return edges[kept]


def _solve(rows: Integers, columns: Integers, costs: Floats, shape: tuple[int, int]) -> Integers:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    # the solver takes a cost of zero for no edge; every row has one match, so adding the
    # same to all costs changes nothing
    graph = csr_array((costs + 1.0, (rows, columns)), shape=shape)
    chosen = min_weight_full_bipartite_matching(graph)
    return np.column_stack(chosen).astype(np.int64)


def _split_strata(
    material: Material, exact: tuple[str, ...], space: Space
) -> list[tuple[Integers, Integers]]:
    """Split each stratum that has both arms into positions; one empty pair for none.

    In the order of the line, so that the solver sees the same graph whatever the rows.
    """
    strata = number_strata(material.covariates, exact)
    treated = material.treated
    empty = np.empty(0, dtype=np.int64)
    split = []
    for stratum in np.unique(strata[treated]):
        rows = np.flatnonzero(strata == stratum)
        if space.line is not None:
            rows = rows[np.argsort(space.line[rows], kind="stable")]
        inside, outside = rows[treated[rows]], rows[~treated[rows]]
        if outside.size:
            split.append((inside, outside))
    return split or [(empty, empty)]


def _number_sets(matches: Integers, n_people: int) -> Integers:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(matches))
    graph = csr_array((ones, (matches[:, 0], matches[:, 1])), shape=(n_people, n_people))
    _, component = connected_components(graph, directed=False)
    used = np.unique(matches)
    sets = np.full(n_people, -1, dtype=np.int64)
    sets[used] = np.unique(component[used], return_inverse=True)[1]
    return sets


def _find_faults(method: OptimalMatching | FullMatching, covariates: pd.DataFrame) -> list[Fault]:
    faults = find_caliper_faults(method.caliper, method.scale, optional=True)
    faults += find_strata_faults(covariates, method.exact)
    return faults + find_option_faults("distance", method.distance, DISTANCES)
