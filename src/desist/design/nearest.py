"""Nearest-neighbour matching, on the score or on Mahalanobis distance."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.design.distance import (
    DISTANCES,
    Space,
    find_caliper_faults,
    find_option_faults,
    find_strata_faults,
    join_alike,
    measure_space,
    note_ties,
    number_strata,
)
from desist.design.greedy import (
    Finder,
    LineFinder,
    SpaceFinder,
    match_closest_first,
    match_in_order,
)
from desist.design.protocol import Assignment, Material
from desist.errors import Fault, NoOverlapError
from desist.estimands import Estimand

ORDERS = ("largest", "smallest", "closest", "random", "data")

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class NearestMatching:
    """Match each participant with the nearest comparison people, one after another.

    Each participant's matches share weight 1. Everybody is matched once before anybody
    is matched twice. Ties have a rule: see `LineFinder` and `SpaceFinder`.

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
        (the order of rows). None: "largest", or "data" where there is no score.
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
    """

    name: ClassVar[str] = "nearest"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT,)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True

    ratio: int = 1
    replacement: bool = False
    reuse: int | None = None
    order: str | None = None
    caliper: float | None = None
    scale: str = "logit"
    exact: tuple[str, ...] = ()
    distance: str = "score"
    seed: int | None = None

    @property
    def needs_scores(self) -> bool:
        """Whether a propensity score is estimated first."""
        by_score = self.order in ("largest", "smallest")
        return self.distance == "score" or self.caliper is not None or by_score

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
            Unknown options, contradictions, too few comparison people.
        """
        n_treated, n_comparison = int(treated.sum()), int((~treated).sum())
        faults = _find_option_faults(self, n_comparison)
        faults += find_caliper_faults(self.caliper, self.scale, optional=True)
        faults += find_strata_faults(covariates, self.exact)
        if not faults and n_comparison * self.capacity(n_treated) < n_treated:
            expected = f"at least as many as the {n_treated:,} participants can use"
            advice = "match with replacement=True or by RadiusMatching, or weight"
            faults.append(Fault("comparison people", expected, f"{n_comparison:,}", advice))
        return faults

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

    def assign(self, material: Material) -> Assignment:
        """Match everybody.

        Parameters
        ----------
        material : Material
            With scores or a matrix.

        Returns
        -------
        Assignment
            With sets when each comparison person is used once.

        Raises
        ------
        NoOverlapError
            If nobody finds a match.
        """
        strata = number_strata(material.covariates, self.exact)
        rank = _rank_treated(self, material)
        space = measure_space(material, self.distance, self.caliper, self.scale)
        treated = material.treated
        blocks = [
            _match_stratum(self, space, np.flatnonzero(strata == stratum), treated, rank)
            for stratum in np.unique(strata[treated])
        ]
        matches = np.concatenate(blocks)
        if not len(matches):
            raise NoOverlapError(
                "no participant has a match within the caliper and the exact columns; widen the "
                "caliper, name fewer columns, or look for comparison people who could have taken "
                "part"
            )
        made = assign_matches(matches, treated, with_sets=not self.replacement)
        notes = note_shortfall(matches, self.ratio)
        return replace(made, notes=notes + note_ties(made.weights, treated, strata, space))


def assign_matches(matches: Integers, treated: NDArray[np.bool_], *, with_sets: bool) -> Assignment:
    """Turn a list of matches into weights: each participant's matches share weight 1.

    Parameters
    ----------
    matches : ndarray of int, shape (n_matches, 2)
        Positions of a participant and of a comparison person.
    treated : ndarray of bool, shape (n_people,)
        Whether each person took part.
    with_sets : bool
        Whether a person is in one set only.

    Returns
    -------
    Assignment
        Weights, and sets numbered in the order of the participants' rows.
    """
    matches = matches[np.lexsort((np.arange(len(matches)), matches[:, 0]))]
    people, inverse, counts = np.unique(matches[:, 0], return_inverse=True, return_counts=True)
    weights = np.zeros(len(treated))
    weights[people] = 1.0
    np.add.at(weights, matches[:, 1], 1.0 / counts[inverse])
    sets = None
    if with_sets:
        sets = np.full(len(treated), -1, dtype=np.int64)
        sets[people] = np.arange(len(people))
        sets[matches[:, 1]] = inverse
    return Assignment(weights, sets, matches)


def note_shortfall(matches: Integers, ratio: int) -> tuple[str, ...]:
    """Note how many participants have fewer matches than were asked for.

    Parameters
    ----------
    matches : ndarray of int, shape (n_matches, 2)
        Positions of a participant and of a comparison person.
    ratio : int
        Matches asked for.

    Returns
    -------
    tuple of str
        One note, or none.
    """
    _, counts = np.unique(matches[:, 0], return_counts=True)
    short = int((counts < ratio).sum())
    return (f"{short:,} participants have fewer than {ratio} matches",) if short else ()


def find_ratio_faults(ratio: object, n_comparison: int) -> list[Fault]:
    """Return what is wrong with a number of matches for each participant.

    Parameters
    ----------
    ratio : int
        At least 1.
    n_comparison : int
        Nobody can have more matches than that.

    Returns
    -------
    list of Fault
        At most one.
    """
    faults = find_number_faults("ratio", ratio, least=1, whole=True)
    if not faults and find_number_faults("ratio", ratio, most=n_comparison):
        expected = f"a whole number of at most the {n_comparison:,} comparison people"
        faults = [Fault("ratio", expected, describe(ratio), "1 to 5 are usual")]
    return faults


def _rank_treated(method: NearestMatching, material: Material) -> Integers:
    """Place of each person in the order of choosing; small chooses first."""
    size = len(material.treated)
    order = method.order or ("largest" if method.distance == "score" else "data")
    rank = np.arange(size)
    if order == "random":
        rank = np.random.default_rng(method.seed).permutation(size)
    elif order in ("largest", "smallest") and material.scores is not None:
        sign = -1.0 if order == "largest" else 1.0
        values = join_alike(material.scores.logit)
        rank[np.argsort(sign * values, kind="stable")] = np.arange(size)
    return rank


def _match_stratum(
    method: NearestMatching,
    space: Space,
    rows: Integers,
    treated: NDArray[np.bool_],
    rank: Integers,
) -> Integers:
    inside, outside = rows[treated[rows]], rows[~treated[rows]]
    if not outside.size:
        return np.empty((0, 2), dtype=np.int64)
    finder = _make_finder(space, inside, outside, method.capacity(len(inside)))
    if method.order == "closest":
        pairing = match_closest_first(finder, len(inside), method.ratio)
    else:
        order = np.argsort(rank[inside], kind="stable").tolist()
        pairing = match_in_order(finder, order, method.ratio)
    return np.column_stack([inside[pairing.treated], outside[pairing.comparison]])


def _make_finder(space: Space, inside: Integers, outside: Integers, capacity: int) -> Finder:
    line = None if space.line is None else (space.line[inside], space.line[outside])
    if space.points is None:
        if line is None:
            raise ValueError("nearest matching needs scores or covariates")
        return LineFinder(*line, capacity, space.caliper)
    scores = line if np.isfinite(space.caliper) else None
    points = space.points
    return SpaceFinder(points[inside], points[outside], capacity, scores, space.caliper)


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
