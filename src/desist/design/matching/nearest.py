"""Nearest-neighbour matching, on the score or on Mahalanobis distance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.design.arose import Arose, FromSets, Given
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
from desist.design.matching.greedy import (
    Finder,
    LineFinder,
    SpaceFinder,
    match_closest_first,
    match_in_order,
)
from desist.design.protocol import Material, UsualAnswers, Weighting
from desist.errors import CannotAnswerError, Fault, NoOverlapError, raise_faults
from desist.estimands import Estimand

MOST_MATCHES = 10_000_000
NOBODY = (
    "no participant has a match within the caliper and the exact columns; widen the caliper, "
    "name fewer columns, or look for comparison people who could have taken part"
)
FIXED_NUMBER = (
    "the bootstrap is not valid after matching with a fixed number of neighbours "
    "(Abadie and Imbens 2008); use the errors clustered by matched set"
)
MATCHED_AGAIN = (
    "people who are matched more than once are in no sets, and they are not matched again for "
    "every draw"
)
ORDERS = ("largest", "smallest", "closest", "random", "data")

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class NearestMatching(UsualAnswers):
    """Match each participant with the nearest comparison people, one after another.

    Each participant's matches share weight 1. Everybody is matched once before anybody
    is matched twice. For the ATC comparison people are matched with participants. Ties have a
    rule, and a note says when they decide: see `LineFinder` and `SpaceFinder`.

    Attributes
    ----------
    ratio : int
        Matches for each participant.
    replacement : bool
        Whether a comparison person may be used again.
    reuse : int or None
        How often at most, with replacement; None for any number.
    order : str or None
        Who chooses first: "largest" or "smallest" score, "closest" pair, "random", "data"
        (the order of rows). None: "largest", or "smallest" for the ATC, or "data" where there
        is no score.
    caliper : float or None
        Largest difference of scores, included, in the unit of `scale`.
    scale : str
        What is compared: "logit" or "score", see `RadiusMatching`.
    exact : tuple of str
        Columns on which matched people agree.
    distance : str
        "score", or "mahalanobis" for the covariates of the formula; the caliper remains
        one on the score.
    seed : int or None
        For the order "random".
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
    >>> design = ds.build_design(cohort, "age + copas", method=ds.NearestMatching(caliper=0.2))
    >>> design.n_comparison <= design.n_treated
    True
    """

    name: ClassVar[str] = "nearest"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT, Estimand.ATC)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    no_sampling: ClassVar[str] = ""
    no_bootstrap: ClassVar[str] = FIXED_NUMBER

    ratio: int = 1
    replacement: bool = False
    reuse: int | None = None
    order: str | None = None
    caliper: float | None = None
    scale: str = "logit"
    exact: tuple[str, ...] = ()
    distance: str = "score"
    seed: int | None = None
    calipers: Mapping[str, float] = field(default_factory=dict, hash=False)
    discard: str | None = None
    reestimate: bool = False

    @property
    def needs_scores(self) -> bool:
        """Whether a propensity score is estimated first."""
        by_score = self.order in ("largest", "smallest")
        limited = self.caliper is not None or self.discard is not None
        return self.distance == "score" or limited or by_score

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
            Unknown options, contradictions, unknown columns.
        """
        most = max(int(treated.sum()), int((~treated).sum()))
        faults = _find_option_faults(self, most)
        faults += find_caliper_faults(self.caliper, self.scale, optional=True)
        faults += find_strata_faults(covariates, self.exact)
        faults += find_calipers_faults(covariates, self.calipers)
        return faults + find_discard_faults(self)

    def capacity(self, n_treated: int) -> int:
        """How often a comparison person may be used.

        Parameters
        ----------
        n_treated : int
            Nobody can be used more often than that.

        Returns
        -------
        int
            1 without replacement.
        """
        if not self.replacement:
            return 1
        return n_treated if self.reuse is None else self.reuse

    def weigh(self, material: Material) -> Weighting:
        """Match everybody.

        Parameters
        ----------
        material : Material
            With scores or a matrix.

        Returns
        -------
        Weighting
            With sets when each comparison person is used once.

        Raises
        ------
        InputError
            If there are too few people to match with.
        NoOverlapError
            If nobody finds a match.
        CannotAnswerError
            If comparison people whom the ATC is about find none.
        """
        material, kept, notes = discard_outside(material, self)
        focal = ~material.treated if material.estimand is Estimand.ATC else material.treated
        raise_faults("design", _find_shortages(self, focal, kept, material.estimand))
        strata = np.where(kept, number_strata(material.covariates, self.exact), -1)
        space = measure_space(
            material, self.distance, self.caliper, self.scale, self.calipers, kept=kept
        )
        search = _Search(self, space, focal, _rank_focal(self, space, material.estimand))
        stay = np.unique(strata[focal & kept])
        matches = np.concatenate(
            [search.match(np.flatnonzero(strata == stratum)) for stratum in stay]
        )
        if not len(matches):
            raise NoOverlapError(NOBODY)
        made = weigh_matches(matches, focal, with_sets=not self.replacement)
        _refuse_loss(made.weights, focal, material.estimand)
        notes += note_shortfall(matches, self.ratio)
        places = number_places(space, strata)
        ties = note_ties(made.weights, focal, places, space)
        if self.replacement and not ties:
            ties = _note_split_places(matches, focal, places)
        notes += ties + search.note_choices()
        if material.estimand is Estimand.ATC and made.matches is not None:
            made = replace(made, matches=made.matches[:, ::-1])
        return replace(made, notes=notes, scores=material.scores)


def weigh_matches(matches: Integers, treated: NDArray[np.bool_], *, with_sets: bool) -> Weighting:
    """Turn a list of matches into weights: each participant's matches share weight 1."""
    matches = matches[np.lexsort((np.arange(len(matches)), matches[:, 0]))]
    people, inverse, counts = np.unique(matches[:, 0], return_inverse=True, return_counts=True)
    weights = np.zeros(len(treated))
    weights[people] = 1.0
    np.add.at(weights, matches[:, 1], 1.0 / counts[inverse])
    sets: Integers | None = None
    arose: Arose = Given(MATCHED_AGAIN)
    if with_sets:
        sets = np.full(len(treated), -1, dtype=np.int64)
        sets[people] = np.arange(len(people))
        sets[matches[:, 1]] = inverse
        arose = FromSets()
    return Weighting(weights, arose, sets, matches)


def _note_split_places(
    matches: Integers, focal: NDArray[np.bool_], places: Integers
) -> tuple[str, ...]:
    """Note when somebody was given some of several people who are alike, and not the others."""
    # who may be used again may be chosen twice in one order of the rows and once in another, also
    # where in this order all who are alike happen to have the same weight
    there = np.bincount(places[~focal], minlength=places.max() + 1)
    asked = np.column_stack([matches[:, 0], places[matches[:, 1]]])
    asked, given = np.unique(asked, axis=0, return_counts=True)
    people = len(np.unique(asked[given < there[asked[:, 1]], 0]))
    if not people:
        return ()
    return (
        f"ties decided: {people:,} people were given some of several others who are alike; "
        "the order of the rows chose among them",
    )


def note_shortfall(matches: Integers, ratio: int) -> tuple[str, ...]:
    """Note how many participants have fewer matches than were asked for."""
    _, counts = np.unique(matches[:, 0], return_counts=True)
    short = int((counts < ratio).sum())
    return (f"{short:,} participants have fewer than {ratio} matches",) if short else ()


def find_ratio_faults(ratio: object, most: int) -> list[Fault]:
    """Return what is wrong with a number of matches for each participant."""
    faults = find_number_faults("ratio", ratio, least=1, whole=True)
    if not faults and find_number_faults("ratio", ratio, most=most):
        expected = f"a whole number of at most {most:,}, the number of people to match with"
        faults = [Fault("ratio", expected, describe(ratio), "1 to 5 are usual")]
    return faults


def _rank_focal(method: NearestMatching, space: Space, estimand: Estimand) -> Integers:
    """Place of each person in the order of choosing; small chooses first."""
    size = len(_any_column(space))
    usual = "smallest" if estimand is Estimand.ATC else "largest"
    order = method.order or (usual if method.distance == "score" else "data")
    rank = np.arange(size)
    if order == "random":
        rank = np.random.default_rng(method.seed).permutation(size)
    elif order in ("largest", "smallest") and space.line is not None:
        sign = -1.0 if order == "largest" else 1.0
        rank[np.argsort(sign * space.line, kind="stable")] = np.arange(size)
    return rank


def _any_column(space: Space) -> Floats:
    column: Floats | None = space.line if space.points is None else space.points[:, 0]
    if column is None:
        raise ValueError("nearest matching needs scores or covariates")
    return column


@dataclass(frozen=True, eq=False, repr=False)
class _Search:
    """What matching a stratum needs to know."""

    method: NearestMatching
    space: Space
    focal: NDArray[np.bool_]
    rank: Integers
    tied: list[int] = field(default_factory=list)

    def note_choices(self) -> tuple[str, ...]:
        """Note how many people had two nearest that are not alike."""
        number = sum(self.tied)
        noted = f"ties decided: {number:,} people had two nearest ones at the same distance"
        return (noted,) if number else ()

    def match(self, rows: Integers) -> Integers:
        """Match the people of a stratum; positions of the one asked about and of the other."""
        inside, outside = rows[self.focal[rows]], rows[~self.focal[rows]]
        if not outside.size:
            return np.empty((0, 2), dtype=np.int64)
        finder = self._make_finder(inside, outside)
        if self.method.order == "closest":
            pairing = match_closest_first(finder, len(inside), self.method.ratio)
        else:
            order = np.argsort(self.rank[inside], kind="stable").tolist()
            pairing = match_in_order(finder, order, self.method.ratio)
        self.tied.append(len(finder.tied))
        return np.column_stack([inside[pairing.treated], outside[pairing.comparison]])

    def _make_finder(self, inside: Integers, outside: Integers) -> Finder:
        space, n_focal = self.space, int(self.focal.sum())
        capacity = self.method.capacity(n_focal)
        fences = [(width, values[inside], values[outside]) for values, width in space.fences]
        line = None if space.line is None else (space.line[inside], space.line[outside])
        if space.points is not None:
            points = space.points[inside], space.points[outside]
            scores = line if np.isfinite(space.caliper) else None
            return SpaceFinder(*points, capacity, scores, space.caliper, fences=fences)
        values = _any_column(space)
        queue = np.empty(len(values), dtype=np.int64)
        queue[np.argsort(values, kind="stable")] = np.arange(len(queue))
        return LineFinder(
            values[inside],
            values[outside],
            capacity,
            space.caliper,
            queue=(queue[inside], queue[outside]),
            is_allowed=_fence_in(fences) if fences else None,
            restarts=capacity < n_focal,
        )


def _fence_in(fences: list[tuple[float, Floats, Floats]]) -> Callable[[int, int], bool]:
    def is_allowed(person: int, candidate: int) -> bool:
        return all(
            abs(inside[person] - outside[candidate]) <= width for width, inside, outside in fences
        )

    return is_allowed


def _find_shortages(
    method: NearestMatching, focal: NDArray[np.bool_], kept: NDArray[np.bool_], estimand: Estimand
) -> list[Fault]:
    n_focal, n_other = int((focal & kept).sum()), int((~focal & kept).sum())
    people, others = "participants", "comparison people"
    if estimand is Estimand.ATC:
        people, others = others, people
    if n_other * method.capacity(n_focal) < n_focal:
        expected = f"at least as many as the {n_focal:,} {people} can use"
        advice = "match with replacement=True or by RadiusMatching, or weight"
        return [Fault(others, expected, f"{n_other:,}", advice)]
    number = n_focal * method.ratio
    if method.replacement and number > MOST_MATCHES:
        advice = "1 to 5 matches for each are usual"
        return [Fault("matches", f"at most {MOST_MATCHES:,}", f"{number:,}", advice)]
    return []


def _refuse_loss(weights: Floats, focal: NDArray[np.bool_], estimand: Estimand) -> None:
    lost = int((weights[focal] == 0).sum())
    if estimand is Estimand.ATC and lost:  # dropped participants rename the ATT
        raise CannotAnswerError(
            f"{lost:,} comparison people whom the ATC is about find no match; ask for the ATT, "
            "widen the caliper, or name fewer exact columns"
        )


def _find_option_faults(method: NearestMatching, most: int) -> list[Fault]:
    faults = find_ratio_faults(method.ratio, most)
    faults += find_kind_faults("replacement", method.replacement, bool, "True or False")
    limit = find_number_faults("reuse", method.reuse, least=1, whole=True, optional=True)
    if not limit and method.reuse is not None and not method.replacement:
        advice = "set replacement=True, or leave the limit out"
        expected = "no limit without replacement"
        limit = [Fault("reuse", expected, describe(method.reuse), advice)]
    faults += limit
    faults += find_option_faults("order", method.order, ORDERS, optional=True)
    faults += find_option_faults("distance", method.distance, DISTANCES)
    faults += find_number_faults("seed", method.seed, least=0, whole=True, optional=True)
    if method.order == "random" and method.seed is None:
        advice = "so that the same people are matched the next time"
        faults.append(Fault("seed", "a number for the order 'random'", "None", advice))
    return faults
