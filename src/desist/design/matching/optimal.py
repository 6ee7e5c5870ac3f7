"""Optimal and full matching: the smallest total distance of all matches that are possible."""

# Optimal matching is an assignment problem (Rosenbaum 1989, Journal of the American Statistical
# Association 84), solved by SciPy's sparse solver (Jonker and Volgenant). On a line many matches
# have the same total distance: pairs may be crossed or not. Of totals that agree to a part in a
# million the one with the smallest sum of squares is taken, so the order of the rows does not
# decide. Full matching divides people into sets with one participant or one comparison person
# (`desist.design.matching.cover`).

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.matching.cover import cover_optimally
from desist.design.matching.discard import discard_outside, find_discard_faults
from desist.design.matching.distance import (
    DISTANCES,
    Space,
    find_caliper_faults,
    find_calipers_faults,
    find_option_faults,
    find_strata_faults,
    measure_space,
    note_ties,
    number_places,
    number_strata,
)
from desist.design.matching.edges import Edges, collect_edges
from desist.design.matching.nearest import (
    FIXED_NUMBER,
    find_ratio_faults,
    note_shortfall,
    weigh_matches,
)
from desist.design.matching.strata import ALL_THREE, weigh_strata
from desist.design.protocol import Material, UsualAnswers, Weighting
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
class OptimalMatching(UsualAnswers):
    """Match without replacement so that the total distance is the smallest possible.

    Where not everybody can have `ratio` matches, as many as possible are made, nobody has two
    more than somebody who could have had one of them, and of these the ones with the smallest
    total distance are taken; a note says how many have fewer.

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
    calipers : mapping of str to float
        Largest difference, included, in columns of numbers, each in its own unit.
    discard : str or None
        People outside common support who are left out: "treated", "comparison" or "both".
    reestimate : bool
        Whether the score is estimated again without them.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.OptimalMatching())
    >>> len(design.matches)
    60
    """

    name: ClassVar[str] = "optimal"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT,)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    no_sampling: ClassVar[str] = ""
    no_bootstrap: ClassVar[str] = FIXED_NUMBER

    ratio: int = 1
    caliper: float | None = None
    scale: str = "logit"
    exact: tuple[str, ...] = ()
    distance: str = "score"
    calipers: Mapping[str, float] = field(default_factory=dict, hash=False)
    discard: str | None = None
    reestimate: bool = False

    @property
    def needs_scores(self) -> bool:
        """Whether a propensity score is estimated first."""
        by_score = self.distance == "score" or self.caliper is not None
        return by_score or self.discard is not None

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

    def weigh(self, material: Material) -> Weighting:
        """Match everybody.

        Parameters
        ----------
        material : Material
            With scores or a matrix.

        Returns
        -------
        Weighting
            With the matches and their sets.

        Raises
        ------
        NoOverlapError
            If nobody finds a match.
        """
        material, strata, space, notes = _prepare(self, material)
        blocks = []
        for inside, outside in _split_strata(material.treated, strata, space):
            edges = collect_edges(space, inside, outside, len(inside), self.ratio)
            chosen = match_optimally(edges, len(inside), len(outside), self.ratio)
            blocks.append(np.column_stack([inside[chosen[:, 0]], outside[chosen[:, 1]]]))
        matches = np.concatenate(blocks)
        if not len(matches):
            raise NoOverlapError(NOBODY)
        made = weigh_matches(matches, material.treated, with_sets=True)
        notes += note_shortfall(matches, self.ratio)
        notes += note_ties(made.weights, material.treated, number_places(space, strata), space)
        return replace(made, notes=notes, scores=material.scores)


@dataclass(frozen=True)
class FullMatching(UsualAnswers):
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
    calipers : mapping of str to float
        Largest difference, included, in columns of numbers, each in its own unit.
    discard : str or None
        People outside common support who are left out: "treated", "comparison" or "both".
    reestimate : bool
        Whether the score is estimated again without them.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.FullMatching())
    >>> design.n_treated, design.n_comparison
    (60, 300)
    """

    name: ClassVar[str] = "full"
    estimands: ClassVar[tuple[Estimand, ...]] = ALL_THREE
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    no_sampling: ClassVar[str] = ""
    no_bootstrap: ClassVar[str] = (
        "whether the bootstrap is valid after full matching is not known; use the errors "
        "clustered by matched set"
    )

    caliper: float | None = None
    scale: str = "logit"
    exact: tuple[str, ...] = ()
    distance: str = "score"
    calipers: Mapping[str, float] = field(default_factory=dict, hash=False)
    discard: str | None = None
    reestimate: bool = False

    @property
    def needs_scores(self) -> bool:
        """Whether a propensity score is estimated first."""
        by_score = self.distance == "score" or self.caliper is not None
        return by_score or self.discard is not None

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

    def weigh(self, material: Material) -> Weighting:
        """Match everybody.

        Parameters
        ----------
        material : Material
            With scores or a matrix.

        Returns
        -------
        Weighting
            With the sets, and a match for each participant and comparison person of a set.

        Raises
        ------
        NoOverlapError
            If nobody finds a match.
        """
        material, strata, space, notes = _prepare(self, material)
        blocks = []
        for inside, outside in _split_strata(material.treated, strata, space):
            chosen = cover_optimally(space, inside, outside)
            blocks.append(np.column_stack([inside[chosen[:, 0]], outside[chosen[:, 1]]]))
        matches = np.concatenate(blocks)
        if not len(matches):
            raise NoOverlapError(NOBODY)
        sets = _number_sets(matches, len(material.treated))
        weighted = weigh_strata(sets, material.treated, material.estimand, material.sampling)
        notes += note_ties(weighted.weights, material.treated, number_places(space, strata), space)
        return replace(weighted, matches=matches, notes=notes, scores=material.scores)


def match_optimally(edges: Edges, n_treated: int, n_comparison: int, ratio: int) -> Integers:
    """Choose the most matches, as evenly as can be, and of those the smallest total distance."""
    # Each match of a treated person has a way out at a price above all distances together, so the
    # solver always finds an assignment. The way out of a first match costs more than that of a
    # second: nobody has two where somebody could have had one.
    slots = n_treated * ratio
    cost = _break_ties(edges.distance, float(edges.distance.max(initial=0.0)))
    way_out = float(cost.max(initial=0.0)) * min(slots, n_comparison) + 1.0
    # slot r of person i is row i + r * n_treated
    rows = np.concatenate([edges.treated + r * n_treated for r in range(ratio)])
    columns, costs = np.tile(edges.comparison, ratio), np.tile(cost, ratio)
    out = np.arange(slots)
    prices = way_out * (ratio - out // n_treated)
    found = _solve(
        np.concatenate([rows, out]),
        np.concatenate([columns, n_comparison + out]),
        np.concatenate([costs, prices]),
        (slots, n_comparison + slots),
    )
    real = found[found[:, 1] < n_comparison]
    return np.column_stack([real[:, 0] % n_treated, real[:, 1]])


def _break_ties(distance: Floats, largest: float) -> Floats:
    return distance * (1 + TIE_BREAK * distance / largest) if largest > 0 else distance


def _solve(rows: Integers, columns: Integers, costs: Floats, shape: tuple[int, int]) -> Integers:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    # the solver takes a cost of zero for no edge; every row has one match, so adding the
    # same to all costs changes nothing
    graph = csr_array((costs + 1.0, (rows, columns)), shape=shape)
    chosen = min_weight_full_bipartite_matching(graph)
    return np.column_stack(chosen).astype(np.int64)


def _prepare(
    method: OptimalMatching | FullMatching, material: Material
) -> tuple[Material, Integers, Space, tuple[str, ...]]:
    """Leave out people outside common support, and return strata, -1 for those, and distances."""
    material, kept, notes = discard_outside(material, method)
    space = measure_space(
        material, method.distance, method.caliper, method.scale, method.calipers, kept=kept
    )
    strata = np.where(kept, number_strata(material.covariates, method.exact), -1)
    return material, strata, space, notes


def _split_strata(
    treated: NDArray[np.bool_], strata: Integers, space: Space
) -> list[tuple[Integers, Integers]]:
    """Split each stratum that has both arms into positions; one empty pair for none."""
    # In the order of their places, so that the solver sees the same graph whatever the rows.
    places = number_places(space)
    empty = np.empty(0, dtype=np.int64)
    split = []
    for stratum in np.unique(strata[treated & (strata >= 0)]):
        rows = np.flatnonzero(strata == stratum)
        rows = rows[np.argsort(places[rows], kind="stable")]
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
    faults += find_option_faults("distance", method.distance, DISTANCES)
    faults += find_calipers_faults(covariates, method.calipers)
    return faults + find_discard_faults(method)
