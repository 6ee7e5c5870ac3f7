"""Checks that use how the design was made: randomisation and M-estimation."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.arms import read_arms
from desist.checks.check import Check, Finding, label, not_applicable
from desist.checks.columns import Columns, find_draw_faults
from desist.checks.estimating import fit_weighted
from desist.checks.matched_twice import replacement_difference
from desist.checks.randomisation import (
    N_DRAWS,
    draw_participation,
    permute_within_sets,
    redraw_scores,
)
from desist.checks.rate import FEWEST_CLUSTERS, read_clusters
from desist.checks.skewness import doubt_about_normality
from desist.checks.standardised import standardised_difference
from desist.checks.welch import from_standard_error
from desist.cohort.cohort import Cohort
from desist.design.arose import FromScores, FromSets, WriteEquations
from desist.design.balance import effective_sample_size
from desist.design.design import Design
from desist.design.formula import ModelMatrix, make_matrix, read_formula
from desist.design.weighting.equations import WeightEquations
from desist.errors import CannotAnswerError, raise_faults
from desist.estimands import Estimand, Measure

RANDOMISATION = "randomisation"
M_ESTIMATION = "m_estimation"
STACKED = "m_estimation_stacked"
STANDARDISED = "standardised_difference"
REPLACEMENT = "replacement_difference"
EVENTS_PER_COLUMN = 5  # Vittinghoff and McCulloch (2007), American Journal of Epidemiology 165
STANDARDS = {
    Estimand.ATT: "treated",
    Estimand.MATCHED_ATT: "treated",
    Estimand.ATC: "comparison",
}


@dataclass(frozen=True, eq=False)
class Redraws:
    """Participation drawn again, once for all measures of an evaluation.

    Attributes
    ----------
    draws : ndarray of int, shape (n_draws, n_treated), or None
        Positions of the participants of each draw; None where the test is not one of
        redrawn scores.
    seed : int
        For permutations within sets.
    obstacle : str
        Why participation cannot be drawn again; empty when it can.
    """

    draws: NDArray[np.int64] | None
    seed: int
    obstacle: str = ""

    def __repr__(self) -> str:
        """Say how many draws there are, not who takes part in them."""
        n_draws = 0 if self.draws is None else len(self.draws)
        return f"Redraws({n_draws} draws, seed={self.seed}, obstacle={self.obstacle!r})"


def redraw(
    design: Design, *, n_draws: int = N_DRAWS, rng: np.random.Generator | int | None = None
) -> Redraws:
    """Draw participation again for a design whose weights follow from its scores.

    Parameters
    ----------
    design : Design
        As built; how its weights arose decides what is drawn.
    n_draws : int
        Draws.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or a seed.

    Returns
    -------
    Redraws
        The draws, or why there are none.

    Raises
    ------
    InputError
        If the number of draws or the source of randomness cannot be read.
    """
    raise_faults("check", find_draw_faults("n_draws", n_draws, rng))
    source = np.random.default_rng(rng)
    seed = int(source.integers(2**31))
    arose = design.arose
    if not isinstance(arose, FromScores):
        return Redraws(None, seed, arose.obstacle)
    try:
        draws = draw_participation(arose.probabilities, int(design.treated.sum()), n_draws, source)
    except CannotAnswerError as error:
        return Redraws(None, seed, str(error))
    return Redraws(draws, seed)


def check_randomisation(
    outcome: ArrayLike, design: Design, measure: Measure, redraws: Redraws
) -> Check:
    """Test one measure by redrawing participation as the design allows.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        Of everybody in the cohort, in the unit of the measure.
    design : Design
        As built.
    measure : Measure
        What the outcome is.
    redraws : Redraws
        From `redraw`.

    Returns
    -------
    Check
        Slug `randomisation`.

    Raises
    ------
    InputError
        If the outcome cannot be read.
    """
    if redraws.obstacle:
        return not_applicable(measure, RANDOMISATION, redraws.obstacle)
    values = _read_outcome(outcome, design)
    if np.ptp(values) == 0:
        return not_applicable(measure, RANDOMISATION, "everybody has the same outcome")
    try:
        found, note = _randomise(values, design, redraws)
    except CannotAnswerError as error:
        return not_applicable(measure, RANDOMISATION, str(error))
    if not math.isfinite(found.estimate):
        return not_applicable(measure, RANDOMISATION, note)
    return label(found, measure, RANDOMISATION, reason=note)


def check_m_estimation(
    outcome: ArrayLike, cohort: Cohort, design: Design, measure: Measure
) -> Check | None:
    """Compare weighted means with errors that know the weights were estimated.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        Of everybody in the cohort, in the unit of the measure.
    cohort : Cohort
        For the columns of the formula.
    design : Design
        As built.
    measure : Measure
        What the outcome is.

    Returns
    -------
    Check or None
        Slug `m_estimation`; None for designs whose weights nobody expects to solve equations.

    Raises
    ------
    InputError
        If the outcome cannot be read.
    """
    if design.arose.no_equations:
        return not_applicable(measure, M_ESTIMATION, design.arose.no_equations)
    equations = weight_equations(cohort, design)
    if equations is None:
        return None
    means = "known" if design.arose.stacked is not None else None
    return _check_equations(outcome, design, measure, M_ESTIMATION, equations, means=means)


def check_stacked(
    outcome: ArrayLike, cohort: Cohort, design: Design, measure: Measure
) -> Check | None:
    """Compare balanced means with errors in which the target means are estimated too.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        Of everybody in the cohort, in the unit of the measure.
    cohort : Cohort
        For the columns of the formula.
    design : Design
        As built.
    measure : Measure
        What the outcome is.

    Returns
    -------
    Check or None
        Slug `m_estimation_stacked`; None where `m_estimation` does not take the means that the
        weights meet as known.

    Raises
    ------
    InputError
        If the outcome cannot be read.
    """
    equations = _write(design.arose.stacked, cohort, design)
    if equations is None:
        return None
    return _check_equations(outcome, design, measure, STACKED, equations, means="estimated too")


def check_standardised(reoffended: ArrayLike, cohort: Cohort, design: Design) -> Check:
    """Compare rates standardised by a logistic regression on the covariates of the design.

    Parameters
    ----------
    reoffended : array_like, shape (n_people,)
        Of everybody in the cohort, 0 or 1.
    cohort : Cohort
        For the columns of the formula.
    design : Design
        As built.

    Returns
    -------
    Check
        Slug `standardised_difference`.

    Raises
    ------
    InputError
        If the outcome cannot be read.
    """
    arms = read_arms(_read_outcome(reoffended, design), design.treated, design.weights)
    matrix, reason = _matrix(cohort, design), arms.obstacle or doubt_about_normality(arms)
    if reason or matrix is None:
        reason = reason or "the design has no covariates"
        return not_applicable(Measure.RATE, STANDARDISED, reason)
    columns = matrix.values[arms.positions]
    columns = columns[:, columns.std(axis=0) > 0]
    n_events = min(arms.outcome.sum(), (1 - arms.outcome).sum())
    if n_events < EVENTS_PER_COLUMN * (columns.shape[1] + 1):
        needed = EVENTS_PER_COLUMN * (columns.shape[1] + 1)
        few = f"a model of {columns.shape[1]} columns needs {needed} people of either outcome"
        return not_applicable(Measure.RATE, STANDARDISED, few)
    clusters = read_clusters(arms, design.sets)
    try:
        found = standardised_difference(
            arms.outcome,
            arms.treated,
            columns,
            arms.weights,
            target=STANDARDS.get(design.estimand, "everybody"),
            clusters=clusters,
        )
    except CannotAnswerError as error:
        return not_applicable(Measure.RATE, STANDARDISED, str(error))
    errors = "HC3" if clusters is None else "clustered by set"
    note = f"by a logistic model of the covariates, errors {errors}; the weights count as known"
    return label(found, Measure.RATE, STANDARDISED, reason=note)


def check_replacement(outcome: ArrayLike, design: Design, measure: Measure) -> Check | None:
    """Compare means after matching with replacement, people matched twice counting as one.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        Of everybody in the cohort, in the unit of the measure.
    design : Design
        As built.
    measure : Measure
        What the outcome is.

    Returns
    -------
    Check or None
        Slug `replacement_difference`; None for designs that list no such matches.

    Raises
    ------
    InputError
        If the outcome cannot be read.
    """
    if design.matches is None or design.sets is not None:
        return None
    values = _read_outcome(outcome, design)
    arms = read_arms(values, design.treated, design.weights)
    reason = "" if design.sampling is None else "its errors are not those of sampling weights"
    reason = reason or arms.obstacle or doubt_about_normality(arms)
    if not reason and arms.n_treated < FEWEST_CLUSTERS:
        reason = f"errors clustered by fewer than {FEWEST_CLUSTERS} sets are too small"
    if reason:
        return not_applicable(measure, REPLACEMENT, reason)
    values = np.where(design.weights > 0, values, 0.0)
    found = replacement_difference(values, design.matches)
    if math.isnan(found.p_value):
        return not_applicable(measure, REPLACEMENT, "the two-way variance is not above 0")
    return label(found, measure, REPLACEMENT, reason="errors by matched set and by person")


def _check_equations(
    outcome: ArrayLike,
    design: Design,
    measure: Measure,
    slug: str,
    equations: WeightEquations,
    *,
    means: str | None,
) -> Check:
    """Compare weighted means, the weights counting as estimated by these equations."""
    values = _read_outcome(outcome, design)
    arms = read_arms(values, design.treated, design.weights)
    reason = arms.obstacle or doubt_about_normality(arms)
    if reason:
        return not_applicable(measure, slug, reason)
    try:
        fit = fit_weighted(values, design.treated, design.weights, equations=equations)
    except np.linalg.LinAlgError:
        return not_applicable(measure, slug, "the balanced columns determine each other")
    sizes = [effective_sample_size(arms.weights[m]) for m in (arms.treated, ~arms.treated)]
    found = from_standard_error(
        float(fit.coefficients[1]), float(fit.standard_errors[1]), max(min(sizes) - 1, 1.0)
    )
    note = "the weights count as estimated"
    note += "" if means is None else f", the means that they meet as {means}"
    return label(found, measure, slug, reason=note)


def weight_equations(cohort: Cohort, design: Design) -> WeightEquations | None:
    """Write down the equations by which a design estimated its weights.

    Parameters
    ----------
    cohort : Cohort
        For the columns of the formula.
    design : Design
        As built; its method gave the equations.

    Returns
    -------
    WeightEquations or None
        None where the method gave none.
    """
    return _write(design.arose.equations, cohort, design)


def _write(
    equations: WriteEquations | None, cohort: Cohort, design: Design
) -> WeightEquations | None:
    matrix = None if equations is None else _matrix(cohort, design)
    if equations is None or matrix is None:
        return None
    return equations(matrix, design.treated, design.weights)


def _read_outcome(outcome: ArrayLike, design: Design) -> NDArray[np.float64]:
    """Read an outcome of everybody in a design; one that is not known only where it is not used."""
    columns = Columns()
    values = columns.numbers("outcome", outcome)
    columns.truths("design.treated", design.treated)
    columns.weights(design.weights)
    columns.require()
    return values


def _randomise(
    values: NDArray[np.float64], design: Design, redraws: Redraws
) -> tuple[Finding, str]:
    match design.arose:
        case FromScores(probabilities=p, again=again):
            found = redraw_scores(values, design.treated, p, again, draws=redraws.draws)
            return found, "participation drawn again from the propensity score, weights recomputed"
        case FromSets() if design.sets is not None:
            reason = _uneven_sets(design.sets, design)
            if reason:
                return Finding(math.nan), reason
            weights = _set_weights(design.sets, design)
            found = permute_within_sets(
                values, design.treated, design.sets, weights, rng=redraws.seed
            )
            return found, "participants drawn again within matched sets"
    raise CannotAnswerError(design.arose.obstacle or "the design has no sets")


def _uneven_sets(sets: NDArray[np.int64], design: Design) -> str:
    """Say whether the weights differ between people of one set and arm."""
    used = (sets != -1) & (design.weights > 0)
    cells = np.unique(
        np.column_stack([sets[used], design.treated[used]]), axis=0, return_inverse=True
    )[1].ravel()
    low = np.full(cells.max(initial=0) + 1, np.inf)
    high = np.zeros_like(low)
    np.minimum.at(low, cells, design.weights[used])
    np.maximum.at(high, cells, design.weights[used])
    if (high - low > 1e-9 * high).any():
        return "the weights differ within a matched set and arm"
    return ""


def _set_weights(sets: NDArray[np.int64], design: Design) -> NDArray[np.float64]:
    """Total weight of the participants of each person's set."""
    label_of = np.unique(sets, return_inverse=True)[1]
    totals = np.bincount(label_of, np.where(design.treated, design.weights, 0.0))
    return np.asarray(totals[label_of])


def _matrix(cohort: Cohort, design: Design) -> ModelMatrix | None:
    if design.formula is None:
        return None
    read, faults = read_formula(design.formula, cohort.covariates, {})
    if read is None or faults:
        return None
    return make_matrix(read, cohort.covariates)[0]
