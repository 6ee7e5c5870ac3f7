"""Radius matching on the propensity score, with replacement."""

# Comparison person j belongs to treated person i when `|score_i - score_j| <= caliper`. Each
# treated person's matches share weight 1, and weights add over treated people (Dehejia and Wahba
# 2002, Review of Economics and Statistics 84; Huber, Lechner and Steinmayr 2015). No list of pairs
# is made: in the sorted scores of the comparison people each treated person's matches are a window.

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.arose import FromScores
from desist.design.matching.distance import UNITS, distance_scale, find_caliper_faults, find_nearest
from desist.design.protocol import Material, UsualAnswers, Weighting
from desist.design.reweighing import Contrast
from desist.design.scores.propensity import PropensityScore, require_scores
from desist.errors import Fault, NoOverlapError
from desist.estimands import Estimand

FIXED_POINT = 36
PAIRS_AT_ONCE = 1_000_000
CROWDED = 10  # people a participant, below which counting them all is quicker than bisection

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class RadiusMatching(UsualAnswers):
    """Match every comparison person within a caliper, with replacement.

    Attributes
    ----------
    caliper : float
        Largest difference allowed, the limit included, in the unit of `scale`. The
        default of 0.05 is ours: no official one is public.
    scale : str
        "logit": standard deviations, over all people, of the log odds of the score;
        "score": the score itself; "logit_raw": the log odds themselves; "score_sd":
        standard deviations of the score.

    Examples
    --------
    >>> RadiusMatching(caliper=0.1)
    RadiusMatching(caliper=0.1, scale='logit')
    """

    name: ClassVar[str] = "radius"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT,)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = True
    no_sampling: ClassVar[str] = ""
    no_bootstrap: ClassVar[str] = ""

    caliper: float = 0.05
    scale: str = "logit"

    def find_faults(self, covariates: pd.DataFrame, treated: NDArray[np.bool_]) -> list[Fault]:
        """Return what is wrong with the settings.

        Parameters
        ----------
        covariates : DataFrame
            Not looked at.
        treated : ndarray of bool
            Not looked at.

        Returns
        -------
        list of Fault
            A caliper that is not positive, an unknown scale.
        """
        del covariates, treated
        return find_caliper_faults(self.caliper, self.scale)

    def weigh(self, material: Material) -> Weighting:
        """Weigh everybody.

        Parameters
        ----------
        material : Material
            With scores.

        Returns
        -------
        Weighting
            Weight 1 for a matched treated person, 0 for a dropped one.

        Raises
        ------
        NoOverlapError
            If the caliper drops every treated person.
        """
        values, radius = distance_scale(material.scores, self.caliper, self.scale)
        weights = radius_weights(values, material.treated, radius)
        if not weights.any():
            raise NoOverlapError(_say_no_overlap(values, material.treated, self))
        again = WithinRadius(values, radius)
        return Weighting(weights, FromScores(require_scores(material.scores).scores, again))

    def pairs(
        self, treated: NDArray[np.bool_], scores: PropensityScore | None, matches: Integers | None
    ) -> Iterator[Integers]:
        """Yield the matched pairs, which are worked out only now.

        Parameters
        ----------
        treated : ndarray of bool, shape (n_people,)
            Whether each person took part.
        scores : PropensityScore
            Of everybody.
        matches : None
            There is no list of them.

        Yields
        ------
        ndarray of int, shape (n_pairs, 2)
            Positions of a participant and of a comparison person; about a million at once.
        """
        del matches
        values, radius = distance_scale(scores, self.caliper, self.scale)
        yield from iterate_pairs(values, treated, radius)


@dataclass(frozen=True, eq=False, repr=False)
class WithinRadius:
    """Radius matching made again for other participants."""

    values: Floats  # (n_people,) what is compared with the radius: scores or log odds
    radius: float  # largest distance of a match, in the unit of `values`

    def prepare(self, columns: Floats) -> Contrast:
        """Return what compares the arms of a redrawn participation, all draws at once."""
        order = np.argsort(self.values, kind="stable")
        start, end = find_windows(self.values[order], self.values[order], self.radius)
        rank = np.empty_like(order)
        rank[order] = np.arange(order.size)
        ordered = columns[:, order]

        def contrast(chosen: Integers) -> Floats:
            return _compare_matched(ordered, rank[chosen], start, end)

        return contrast


def radius_weights(values: Floats, treated: NDArray[np.bool_], radius: float) -> Floats:
    """Weigh everybody by radius matching, without a list of pairs.

    Sorts the comparison values, finds each treated person's window by bisection, adds
    1/count at its start and takes it off at its end, and cumulates. The shares are held
    in fixed point (two words of 36 bits), so sums are exact: an unused person has weight
    0 and the order of the rows changes no bit of the answer.

    Parameters
    ----------
    values : ndarray of float, shape (n_people,)
        Scores or log odds.
    treated : ndarray of bool, shape (n_people,)
        Whether each person took part.
    radius : float
        Largest distance of a match, included, in the unit of `values`.

    Returns
    -------
    ndarray of float, shape (n_people,)
        1 for treated people with a match; for comparison people the sum of their shares.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.array([0.50, 0.48, 0.53, 0.90])
    >>> radius_weights(values, np.array([True, False, False, False]), 0.05).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    comparison = np.flatnonzero(~treated)
    order = comparison[np.argsort(values[comparison])]  # the order of ties does not matter
    start, end = find_windows(values[order], values[treated], radius)
    weights = np.zeros(len(values))
    weights[treated] = end > start
    weights[order] = _add_shares(start, end, len(order))
    return weights


def find_windows(ordered: Floats, targets: Floats, radius: float) -> tuple[Integers, Integers]:
    """Find who lies within the radius of each target: `ordered[start:end]`."""
    # The rule is `abs(target - value) <= radius` as computed, so people at the edge are decided as
    # a list of pairs would decide them; bisection on `target - radius` alone rounds differently.
    low = np.searchsorted(ordered, targets - radius, side="left")
    high = np.searchsorted(ordered, targets + radius, side="right")
    low = _settle(low, ordered, lambda values: (targets - values) > radius)
    high = _settle(high, ordered, lambda values: (values - targets) <= radius)
    return low, np.maximum(low, high)


def iterate_pairs(values: Floats, treated: NDArray[np.bool_], radius: float) -> Iterator[Integers]:
    """Yield the matched pairs of radius matching in blocks, for those who need them."""
    people, comparison = np.flatnonzero(treated), np.flatnonzero(~treated)
    order = comparison[np.argsort(values[comparison], kind="stable")]
    start, end = find_windows(values[order], values[people], radius)
    counts = end - start
    block = np.cumsum(counts) // PAIRS_AT_ONCE
    for number in np.unique(block):
        chosen = np.flatnonzero((block == number) & (counts > 0))
        if chosen.size:
            inside = [order[start[i] : end[i]] for i in chosen]
            yield np.column_stack(
                [np.repeat(people[chosen], counts[chosen]), np.concatenate(inside)]
            )


def _compare_matched(rows: Floats, chosen: Integers, start: Integers, end: Integers) -> Floats:
    """Compare matched means of some outcomes, people sorted by score."""
    # Each window is a difference of two sums over everybody, less the participants of the draw who
    # stand in it. These are few, so that nothing is done for the people of a draw one by one.
    n_draws, n_treated = chosen.shape
    chosen = np.sort(chosen, axis=1)
    low, high = start[chosen], end[chosen]
    before, after = _count_below(chosen, (low, high), rows.shape[1])
    n_matches = (high - low) - (after - before)
    matched = n_matches > 0
    share = np.divide(1.0, n_matches, out=np.zeros(matched.shape), where=matched)
    n_matched = matched.sum(axis=1)
    found = np.full((len(rows), n_draws), np.nan)
    for row, means in zip(rows, found, strict=True):
        everybody, own = np.concatenate([[0.0], np.cumsum(row)]), row[chosen]
        sums = np.zeros((n_draws, n_treated + 1))
        np.cumsum(own, axis=1, out=sums[:, 1:])
        rest = everybody[high] - everybody[low]
        rest -= np.take_along_axis(sums, after, 1) - np.take_along_axis(sums, before, 1)
        gaps = np.where(matched, own - rest * share, 0.0).sum(axis=1)
        np.divide(gaps, n_matched, out=means, where=n_matched > 0)
    return found


def _count_below(chosen: Integers, edges: Sequence[Integers], n_people: int) -> list[NDArray[Any]]:
    """Count the participants of each draw who stand before each edge."""
    n_draws, n_treated = chosen.shape
    if n_people < CROWDED * n_treated:
        present: NDArray[Any] = np.zeros((n_draws, n_people + 1), dtype=np.int32)
        np.put_along_axis(present, chosen + 1, 1, axis=1)
        np.cumsum(present, axis=1, out=present)
        return [np.take_along_axis(present, edge, axis=1) for edge in edges]
    first = np.arange(n_draws)[:, np.newaxis]
    apart = first * (n_people + 1)  # so that all draws stand one after the other in one row
    row = (chosen + apart).ravel()
    return [np.searchsorted(row, edge + apart, side="left") - first * n_treated for edge in edges]


def _settle(
    index: Integers, ordered: Floats, is_before: Callable[[Floats], NDArray[np.bool_]]
) -> Integers:
    """Move each edge over the few values, ties and all, that rounding has put it wrong."""
    last = len(ordered) - 1
    if last < 0:
        return index
    while True:
        above, below = ordered[np.minimum(index, last)], ordered[np.maximum(index - 1, 0)]
        forward = (index <= last) & is_before(above)
        back = (index > 0) & ~is_before(below) & ~forward
        if not (forward.any() or back.any()):
            return index
        index = np.where(forward, np.searchsorted(ordered, above, side="right"), index)
        index = np.where(back, np.searchsorted(ordered, below, side="left"), index)


def _add_shares(start: Integers, end: Integers, n_comparison: int) -> Floats:
    matched = end > start
    start, end = start[matched], end[matched]
    count = end - start
    unit = np.int64(1) << FIXED_POINT
    high, rest = np.divmod(unit, count)
    low = rest * unit // count
    total = np.zeros(n_comparison)
    for share, scale in ((high, 2.0**-FIXED_POINT), (low, 2.0 ** (-2 * FIXED_POINT))):
        change = np.zeros(n_comparison + 1, dtype=np.int64)
        np.add.at(change, start, share)
        np.subtract.at(change, end, share)
        total += np.cumsum(change[:-1]) * scale
    return total


def _say_no_overlap(values: Floats, treated: NDArray[np.bool_], method: RadiusMatching) -> str:
    nearest, (unit, words) = find_nearest(values, treated), UNITS[method.scale]
    if unit == "sd":
        nearest /= values.std(ddof=1)
    return (
        f"no participant has a comparison person within the caliper of {method.caliper:g}: "
        f"the nearest is {nearest:.3g} {words} away; widen the caliper if that is near "
        "enough, or look for comparison people who could have taken part"
    )
