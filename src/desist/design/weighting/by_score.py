"""Weights that are a function of the score: inverse probability, overlap, matching."""

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.design.arose import FromScores
from desist.design.formula import ModelMatrix
from desist.design.protocol import Material, UsualAnswers, Weighting
from desist.design.reweighing import EachDraw
from desist.design.scores.propensity import PropensityScore, require_scores
from desist.design.weighting.equations import WeightEquations, score_equations
from desist.design.weighting.targets import MATCHING, ScoreWeights
from desist.errors import CannotAnswerError, Fault, NoOverlapError
from desist.estimands import Estimand
from desist.privacy import FEWEST_SHARING

LARGEST_WEIGHT = 1e100
NOT_SMOOTH = (
    "weights that were trimmed or truncated do not follow smoothly from the score, so no equations "
    "give their standard error; a bootstrap that makes the design again does"
)
FROM_ELSEWHERE = "the score was estimated elsewhere, by equations that are not known here"
SHRUNKEN = (
    "the score has intercepts that were shrunken together, which are not the solution of plain "
    "equations"
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class InverseProbability(UsualAnswers):
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

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.InverseProbability())
    >>> design.n_comparison
    300
    """

    name: ClassVar[str] = "ipw"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT, Estimand.ATE, Estimand.ATC)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = True
    no_sampling: ClassVar[str] = ""
    no_bootstrap: ClassVar[str] = ""

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

    def weigh(self, material: Material) -> Weighting:
        """Weigh everybody.

        Parameters
        ----------
        material : Material
            With scores.

        Returns
        -------
        Weighting
            With notes of how many people were trimmed and how many weights cut.

        Raises
        ------
        NoOverlapError
            If a weight is infinite.
        CannotAnswerError
            If trimming drops people whom the estimand is about (ATE, ATC).
        """
        scores, treated = require_scores(material.scores), material.treated
        weights = self._weigh_again(treated, scores=scores, estimand=material.estimand, cut=False)
        notes = []
        if self.trim is not None:
            outside = _find_outside(scores, self.trim)
            _refuse_trimming(outside, treated, material.estimand, self.trim)
            n_treated, n_comparison = (outside & treated).sum(), (outside & ~treated).sum()
            notes.append(
                f"{n_treated:,} participants and {n_comparison:,} comparison people were trimmed: "
                f"score outside {self.trim[0]:g} to {self.trim[1]:g}"
            )
        before = weights.copy()
        if self.truncate is not None:
            notes.append(_truncate(weights, treated, material.estimand, self.truncate))
        _refuse_infinite(weights)
        how = self._say_how(scores, material.estimand, material.sampling)
        is_truncated = not np.array_equal(weights, before)
        return Weighting(weights, how, notes=tuple(notes), is_truncated=is_truncated)

    def _say_how(
        self, scores: PropensityScore, estimand: Estimand, sampling: Floats | None
    ) -> FromScores:
        if self.truncate is None and self.trim is None:
            return arose_from_scores(scores, estimand, sampling)
        again = partial(self._weigh_again, scores=scores, estimand=estimand)
        return FromScores(scores.scores, EachDraw(again), no_equations=NOT_SMOOTH)

    def _weigh_again(
        self,
        treated: NDArray[np.bool_],
        *,
        scores: PropensityScore,
        estimand: Estimand,
        cut: bool = True,
    ) -> Floats:
        """Weigh people, whoever took part; nobody is refused, and cutting can be left out."""
        weights = inverse_probability_weights(scores, treated, estimand)
        if self.stabilised:
            weights *= np.where(treated, treated.mean(), 1 - treated.mean())
        if self.trim is not None:
            weights[_find_outside(scores, self.trim)] = 0.0
        if cut and self.truncate is not None:
            _truncate(weights, treated, estimand, self.truncate)
        return weights


@dataclass(frozen=True)
class OverlapWeights(UsualAnswers):
    """Overlap weights: 1-e for participants, e for comparison people.

    Li, Morgan and Zaslavsky (2018), Journal of the American Statistical Association 113.
    With a logistic score the means of the covariates are exactly balanced.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.OverlapWeights())
    >>> design.estimand.value
    'ATO'
    """

    name: ClassVar[str] = "overlap"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATO,)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = True
    no_sampling: ClassVar[str] = ""
    no_bootstrap: ClassVar[str] = ""

    def weigh(self, material: Material) -> Weighting:
        """Weigh everybody.

        Parameters
        ----------
        material : Material
            With scores.

        Returns
        -------
        Weighting
            Bounded weights.
        """
        scores = require_scores(material.scores)
        weights = np.where(material.treated, _complement(scores), scores.scores)
        return Weighting(weights, arose_from_scores(scores, Estimand.ATO, material.sampling))


@dataclass(frozen=True)
class MatchingWeights(UsualAnswers):
    """Matching weights: min(e, 1-e) over the probability of the arm a person is in.

    Li and Greene (2013), International Journal of Biostatistics 9: the weighting analogue
    of one-to-one matching with a caliper. Whom it is about lies close to the overlap
    population, and is labelled so.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.design.MatchingWeights())
    >>> design.estimand.value
    'ATO'
    """

    name: ClassVar[str] = "matching_weights"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATO,)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = True
    no_sampling: ClassVar[str] = ""
    no_bootstrap: ClassVar[str] = ""

    def weigh(self, material: Material) -> Weighting:
        """Weigh everybody.

        Parameters
        ----------
        material : Material
            With scores.

        Returns
        -------
        Weighting
            Weights of at most 1.
        """
        scores = require_scores(material.scores)
        rest = _complement(scores)
        own = np.where(material.treated, scores.scores, rest)
        weights = np.minimum(scores.scores, rest) / own
        return Weighting(weights, arose_from_scores(scores, MATCHING, material.sampling))


def arose_from_scores(
    scores: PropensityScore, target: Estimand | str, sampling: Floats | None = None
) -> FromScores:
    """Say how weights arose that are a function of the own score and arm."""
    again = ScoreWeights(scores.scores, target)
    reason = FROM_ELSEWHERE if scores.coefficients is None else SHRUNKEN if scores.n_groups else ""
    if reason:
        return FromScores(scores.scores, again, no_equations=reason)
    write = partial(write_equations, scores=scores, target=target, sampling=sampling)
    return FromScores(scores.scores, again, write)


def write_equations(
    matrix: ModelMatrix,
    treated: NDArray[np.bool_],
    weights: Floats,
    *,
    scores: PropensityScore,
    target: Estimand | str,
    sampling: Floats | None = None,
) -> WeightEquations:
    """Write down the equations of weights that are a function of a fitted score."""
    del weights
    coefficients = pd.Series(scores.coefficients, dtype=np.float64)
    columns = [matrix.names.index(str(name)) for name in coefficients.index]
    values = matrix.values[:, columns]
    found = coefficients.to_numpy()
    return score_equations(
        values, treated, found, estimand=target, link=scores.link, sampling=sampling
    )


def inverse_probability_weights(
    scores: PropensityScore, treated: NDArray[np.bool_], estimand: Estimand
) -> Floats:
    """Weigh everybody by inverse probability."""
    # from the log odds, so that scores near 1 lose no digits
    with np.errstate(over="ignore"):
        odds = np.exp(np.where(treated, -scores.logit, scores.logit))
    if estimand is Estimand.ATE:
        return 1.0 + odds
    focal = treated if estimand is Estimand.ATT else ~treated
    return np.where(focal, 1.0, odds)


def _find_outside(scores: PropensityScore, trim: tuple[float, float]) -> NDArray[np.bool_]:
    outside: NDArray[np.bool_] = (scores.scores < trim[0]) | (scores.scores > trim[1])
    return outside


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
    if not cut.any():
        return "no weights were truncated"
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
