"""Radius matching on the propensity score, with replacement."""

# Comparison person j belongs to treated person i when `|score_i - score_j| <= caliper`. Each
# treated person's matches share weight 1, and weights add over treated people (Dehejia and Wahba
# 2002, Review of Economics and Statistics 84; Huber, Lechner and Steinmayr 2015). No list of pairs
# is made: in the sorted scores of the comparison people each treated person's matches are a window.

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.arose import FromScores
from desist.design.matching.distance import UNITS, distance_scale, find_caliper_faults, find_nearest
from desist.design.matching.windows import find_windows
from desist.design.matching.within_radius import WithinRadius
from desist.design.protocol import Material, UsualAnswers, Weighting
from desist.design.scores.propensity import PropensityScore, require_scores
from desist.errors import Fault, NoOverlapError
from desist.estimands import Estimand

FIXED_POINT = 36
PAIRS_AT_ONCE = 1_000_000

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
