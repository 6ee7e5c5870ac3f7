"""Weights by a formula: inverse probability, overlap, matching; and weights from elsewhere."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.design.distance import find_column_faults
from desist.design.formula import find_bad_values, is_text
from desist.design.propensity import PropensityScore
from desist.design.protocol import Assignment, Material, NoSettings
from desist.errors import CannotAnswerError, Fault, NoOverlapError, name_rows
from desist.estimands import Estimand
from desist.privacy import FEWEST_SHARING

LARGEST_POWER = 300
LARGEST_WEIGHT = 1e100

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GivenWeights:
    """Probability weights that stand in a column of the cohort.

    Attributes
    ----------
    column : str
        Non-negative weights; 0 for people who are not used. Only their ratios within an
        arm mean anything.
    """

    name: ClassVar[str] = "given"
    estimands: ClassVar[tuple[Estimand, ...]] = (
        Estimand.ATT,
        Estimand.MATCHED_ATT,
        Estimand.ATE,
        Estimand.ATC,
        Estimand.ATO,
    )
    needs_formula: ClassVar[bool] = False
    needs_matrix: ClassVar[bool] = False
    needs_scores: ClassVar[bool] = False

    column: str

    def find_faults(self, covariates: pd.DataFrame, treated: NDArray[np.bool_]) -> list[Fault]:
        """Return what is wrong with the column of weights.

        Parameters
        ----------
        covariates : DataFrame
            Where the column is.
        treated : ndarray of bool, shape (n_people,)
            Whether each person took part.

        Returns
        -------
        list of Fault
            Unknown column; text; missing, infinite, negative weights; an arm without weight.
        """
        unknown = find_column_faults("weights", self.column, covariates)
        if unknown:
            return unknown
        column = covariates[self.column]
        if is_text(column):
            return [Fault(self.column, "numbers", "text", "give non-negative weights")]
        faults = [
            f for f in find_bad_values(covariates, [self.column]) if "everybody" not in f.found
        ]
        weights = column.to_numpy(dtype=np.float64, na_value=np.nan)
        negative = np.flatnonzero(weights < 0)
        if negative.size:
            found = f"{negative.size} negative ({name_rows(negative)})"
            advice = "give 0 to people who are not used"
            faults.append(Fault(self.column, "weights of at least 0", found, advice))
        for arm, words in ((treated, "participants"), (~treated, "comparison people")):
            if not (weights[arm] > 0).any():
                expected = f"a positive weight among the {words}"
                faults.append(Fault(self.column, expected, "none", "check the column of weights"))
        return faults

    def assign(self, material: Material) -> Assignment:
        """Take the weights over.

        Parameters
        ----------
        material : Material
            With the column.

        Returns
        -------
        Assignment
            The weights as they were given; where their sums could not be computed with, an arm
            times a power of two, with a note.
        """
        column = material.covariates[self.column]
        weights = np.array(column.to_numpy(dtype=np.float64), copy=True)
        return Assignment(weights, notes=_rescale(weights, material.treated))


@dataclass(frozen=True)
class InverseProbability:
    """Inverse probability weights.

    With score e, participants and comparison people weigh 1 and e/(1-e) for the ATT,
    1/e and 1/(1-e) for the ATE, (1-e)/e and 1 for the ATC.

    Attributes
    ----------
    stabilised : bool
        Multiply each arm's weights by its share of people (ATE only; Robins, Hernan and
        Brumback 2000). It changes the scale of an arm, not the answer.
    truncate : float or None
        Quantile, such as 0.99, above which weights are cut to its value; the number cut
        is a note of the design. None cuts nothing.
    trim : tuple of float or None
        Lowest and highest score kept, such as (0.05, 0.95); people outside are dropped and
        counted. None drops nobody.
    """

    name: ClassVar[str] = "ipw"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT, Estimand.ATE, Estimand.ATC)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = True

    stabilised: bool = False
    truncate: float | None = None
    trim: tuple[float, float] | None = None

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
            Limits that are no quantile, no scores.
        """
        del covariates, treated
        faults = find_kind_faults("stabilised", self.stabilised, bool, "True or False")
        advice = "0.99 cuts the largest one in a hundred"
        found = find_number_faults(
            "truncate", self.truncate, above=0.5, below=1, optional=True, advice=advice
        )
        faults += [replace(fault, expected="a quantile between 0.5 and 1") for fault in found]
        if self.trim is not None and not _are_limits(self.trim):
            expected, advice = (
                "a lower and a higher score between 0 and 1",
                "write it as (0.05, 0.95)",
            )
            faults.append(Fault("trim", expected, _describe_limits(self.trim), advice))
        return faults

    def assign(self, material: Material) -> Assignment:
        """Weigh everybody.

        Parameters
        ----------
        material : Material
            With scores.

        Returns
        -------
        Assignment
            With notes of how many people were trimmed and how many weights cut.

        Raises
        ------
        NoOverlapError
            If a weight is infinite.
        CannotAnswerError
            If trimming drops people whom the estimand is about (ATE, ATC).
        """
        scores, treated = require_scores(material.scores), material.treated
        weights = inverse_probability_weights(scores, treated, material.estimand)
        if self.stabilised:
            weights *= np.where(treated, treated.mean(), 1 - treated.mean())
        notes = []
        if self.trim is not None:
            outside = (scores.scores < self.trim[0]) | (scores.scores > self.trim[1])
            _refuse_trimming(outside, treated, material.estimand, self.trim)
            weights[outside] = 0.0
            n_treated, n_comparison = (outside & treated).sum(), (outside & ~treated).sum()
            notes.append(
                f"{n_treated:,} participants and {n_comparison:,} comparison people were trimmed: "
                f"score outside {self.trim[0]:g} to {self.trim[1]:g}"
            )
        if self.truncate is not None:
            notes.append(_truncate(weights, treated, material.estimand, self.truncate))
        _refuse_infinite(weights)
        return Assignment(weights, notes=tuple(notes))


@dataclass(frozen=True)
class OverlapWeights(NoSettings):
    """Overlap weights: 1-e for participants, e for comparison people.

    Li, Morgan and Zaslavsky (2018), Journal of the American Statistical Association 113.
    With a logistic score the means of the covariates are exactly balanced.
    """

    name: ClassVar[str] = "overlap"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATO,)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = True

    def assign(self, material: Material) -> Assignment:
        """Weigh everybody.

        Parameters
        ----------
        material : Material
            With scores.

        Returns
        -------
        Assignment
            Bounded weights.
        """
        scores = require_scores(material.scores)
        return Assignment(np.where(material.treated, _complement(scores), scores.scores))


@dataclass(frozen=True)
class MatchingWeights(NoSettings):
    """Matching weights: min(e, 1-e) over the probability of the arm a person is in.

    Li and Greene (2013), International Journal of Biostatistics 9: the weighting analogue
    of one-to-one matching with a caliper. Whom it is about lies close to the overlap
    population, and is labelled so.
    """

    name: ClassVar[str] = "matching_weights"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATO,)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = True

    def assign(self, material: Material) -> Assignment:
        """Weigh everybody.

        Parameters
        ----------
        material : Material
            With scores.

        Returns
        -------
        Assignment
            Weights of at most 1.
        """
        scores = require_scores(material.scores)
        rest = _complement(scores)
        own = np.where(material.treated, scores.scores, rest)
        return Assignment(np.minimum(scores.scores, rest) / own)


def inverse_probability_weights(
    scores: PropensityScore, treated: NDArray[np.bool_], estimand: Estimand
) -> Floats:
    """Weigh everybody by inverse probability.

    Parameters
    ----------
    scores : PropensityScore
        Of everybody.
    treated : ndarray of bool, shape (n_people,)
        Whether each person took part.
    estimand : Estimand
        ATT, ATE or ATC.

    Returns
    -------
    ndarray of float, shape (n_people,)
        Infinite for scores of exactly 0 or 1 in the wrong arm.
    """
    # from the log odds, so that scores near 1 lose no digits
    with np.errstate(over="ignore"):
        odds = np.exp(np.where(treated, -scores.logit, scores.logit))
    if estimand is Estimand.ATE:
        return 1.0 + odds
    focal = treated if estimand is Estimand.ATT else ~treated
    return np.where(focal, 1.0, odds)


def require_scores(scores: PropensityScore | None) -> PropensityScore:
    """Return the scores, which the caller knows to be there.

    Parameters
    ----------
    scores : PropensityScore or None
        Of everybody.

    Returns
    -------
    PropensityScore
        The same.

    Raises
    ------
    ValueError
        If there are none.
    """
    if scores is None:
        raise ValueError("this method needs scores")
    return scores


def _are_limits(trim: object) -> bool:
    if not isinstance(trim, tuple | list) or len(trim) != 2:
        return False
    if any(find_number_faults("trim", limit, least=0, most=1) for limit in trim):
        return False
    return bool(trim[0] < trim[1])


def _describe_limits(trim: object) -> str:
    """Show two limits as they were written, anything else by kind and size."""
    if isinstance(trim, tuple | list) and len(trim) == 2:
        return f"({describe(trim[0])}, {describe(trim[1])})"
    return describe(trim)


def _rescale(weights: Floats, treated: NDArray[np.bool_]) -> tuple[str, ...]:
    """Bring the largest weight of an arm near 1 where sums would overflow or vanish, in place."""
    notes = []
    for arm, words in ((treated, "participants"), (~treated, "comparison people")):
        _, power = np.frexp(weights[arm].max())
        if abs(int(power)) > LARGEST_POWER:
            weights[arm] = np.ldexp(weights[arm], -power)  # exact: only the exponent changes
            notes.append(
                f"the weights of the {words} were multiplied by 2 to the power {-int(power)}, "
                "because sums of them cannot be computed; only their ratios mean anything"
            )
    return tuple(notes)


def _complement(scores: PropensityScore) -> Floats:
    from scipy import special

    rest: Floats = special.expit(-scores.logit)
    return rest


def _truncate(
    weights: Floats, treated: NDArray[np.bool_], estimand: Estimand, quantile: float
) -> str:
    """Cut the largest weights, in place; the people asked about for ATT and ATC keep theirs."""
    cut = {Estimand.ATT: ~treated, Estimand.ATC: treated}.get(estimand, np.ones_like(treated))
    cut = cut & (weights > 0)
    limit = float(np.quantile(weights[cut], quantile, method="closest_observation"))
    above = cut & (weights > limit)
    weights[above] = limit
    shared = int((cut & (weights == limit)).sum())
    to = f"{limit:.4g}, their {quantile:g} quantile"
    if shared < FEWEST_SHARING:  # so few share it that it would be a single person's
        to = f"their {quantile:g} quantile"
    return f"{above.sum():,} weights were truncated to {to}"


def _refuse_trimming(
    outside: NDArray[np.bool_],
    treated: NDArray[np.bool_],
    estimand: Estimand,
    trim: tuple[float, float],
) -> None:
    if estimand is Estimand.ATT:
        return  # dropped participants rename the ATT
    lost = int((outside & ~treated).sum() if estimand is Estimand.ATC else outside.sum())
    if lost:
        raise CannotAnswerError(
            f"trimming to scores from {trim[0]:g} to {trim[1]:g} drops {lost:,} people whom the "
            f"{estimand.value} is about; ask for the ATT, or use OverlapWeights, whose population "
            "has a name"
        )


def _refuse_infinite(weights: Floats) -> None:
    infinite = int((~(weights < LARGEST_WEIGHT)).sum())
    if infinite:
        raise NoOverlapError(
            f"{infinite:,} weights are infinite: those people could only be in the arm that they "
            "are not in, by their score; trim them, or use OverlapWeights"
        )
