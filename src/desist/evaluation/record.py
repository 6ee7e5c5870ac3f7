"""One record of all results of a study: posteriors, checks, design, warnings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from desist.arguments import find_choice_faults
from desist.checks.agreement import AGREES, compare_with_posterior
from desist.checks.catalogue import CATALOGUE
from desist.checks.check import Check
from desist.checks.designs.prognostic import PrognosticCheck
from desist.cohort.flow import RecordFlow
from desist.cohort.published import PublishedStudy
from desist.effects._error import find_errors
from desist.effects.days import DayRow
from desist.effects.effect import Effect, summarise_interval
from desist.effects.groups import GroupTable
from desist.errors import raise_faults
from desist.estimands import Estimand, Interval, Measure, Scale
from desist.evaluation._one_process import OneProcess
from desist.evaluation.with_bias import BiasResult
from desist.evaluation.with_evidence import EvidenceResult
from desist.models.fit import Fit
from desist.models.predictive.record import PredictiveCheck
from desist.notebook import show_record


@dataclass(frozen=True)
class MeasureRow:
    """Posterior summary of one measure; the row of a table or of `evaluation.json`.

    Attributes
    ----------
    measure : Measure
        What is compared; differences are in its unit.
    estimand : Estimand
        For whom.
    n_treated, n_comparison : int
        People behind the figures.
    treated, comparison, difference : float
        Posterior means, or medians where printed figures were evaluated; NaN for the hazard
        ratio.
    lower, upper : float
        Equal-tailed posterior limits of the difference; NaN for the hazard ratio.
    ratio, ratio_lower, ratio_upper : float
        Posterior median of treated over comparison, and its limits.
    probability_of_benefit : float
        Posterior probability that the programme does good on this measure.
    engine : str
        "laplace", "nested" or "nuts".
    khat, rhat_max, ess_bulk_min : float
        Diagnostics; NaN where the engine has no such figure.
    causal : True or "descriptive"
        Whether the contrast may be read as an effect, given the design.
    mcse_lower, mcse_upper : float
        Monte Carlo standard errors of the limits of the difference, or of the hazard ratio: what
        other draws of the same posterior would move them by. 0 where it was integrated.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> row = ds.evaluate_published(study)["rate"].row
    >>> round(row.difference, 3), round(row.lower, 3), round(row.upper, 3)
    (-0.119, -0.186, -0.031)
    """

    measure: Measure
    estimand: Estimand
    n_treated: int
    n_comparison: int
    treated: float
    comparison: float
    difference: float
    lower: float
    upper: float
    ratio: float
    ratio_lower: float
    ratio_upper: float
    probability_of_benefit: float
    engine: str
    khat: float
    rhat_max: float
    ess_bulk_min: float
    causal: Literal[True, "descriptive"]
    mcse_lower: float = math.nan
    mcse_upper: float = math.nan


@dataclass(frozen=True)
class ComparedCheck(Check):
    """A check beside the posterior of the same measure.

    Attributes
    ----------
    agrees : bool or None
        Whether `agreement` is "agrees"; None when the check is not applicable.
    agreement : str or None
        "agrees", "differs in size" or "disagrees", as `desist.checks.compare_with_posterior` says.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> check = ds.evaluate_published(study)["rate"].checks[0]
    >>> check.check, check.agreement
    ('welch', 'agrees')
    """

    agrees: bool | None = None
    agreement: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class MeasureResult:
    """All that was found of one measure.

    Attributes
    ----------
    measure : Measure
        What is compared.
    effect : Effect or None
        The posterior; None where the measure cannot be had.
    checks : tuple of ComparedCheck
        The frequentist checks beside it.
    unavailable : str or None
        Why there is no posterior; None where there is one.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> result = ds.evaluate_published(study)["rate"]
    >>> result.measure.value, result.unavailable is None, len(result.checks) > 0
    ('rate', True, True)
    """

    measure: Measure
    effect: Effect | None
    checks: tuple[ComparedCheck, ...]
    unavailable: str | None = None

    @property
    def row(self) -> MeasureRow | None:
        """The posterior as a row of numbers."""
        return None if self.effect is None else summarise_effect(self.effect)

    @property
    def agreement(self) -> Literal["agree", "mixed", "differ", "unchecked"]:
        """Whether all applicable checks agree with the posterior, some or none of them.

        One that differs in size alone does not agree; each check's own word is its `agreement`.
        """
        verdicts = [check.agrees for check in self.checks if check.agrees is not None]
        if not verdicts:
            return "unchecked"
        if all(verdicts):
            return "agree"
        return "mixed" if any(verdicts) else "differ"

    _repr_html_ = show_record

    def __repr__(self) -> str:
        """Return the effect, or why there is none, and how the checks stand to it."""
        if self.effect is None:
            return f"<{self.measure.label}: not available, {self.unavailable}>"
        n_agreeing = sum(check.agrees is True for check in self.checks)
        n_made = sum(check.agrees is not None for check in self.checks)
        return f"{self.effect!r} ({n_agreeing} of {n_made} checks agree)"


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """All results of one study; ``evaluation["rate"]`` is all of one measure.

    Attributes
    ----------
    title : str
        Of the study.
    estimand : Estimand
        For whom the effects are.
    effects : tuple of Effect
        Posteriors, one a measure.
    checks : tuple of ComparedCheck
        Frequentist checks beside them.
    unavailable : dict of Measure to str
        Measures that cannot be had, with the reason.
    design : dict or None
        Summary of the design and its balance; None for published figures.
    flow : RecordFlow or None
        From the records submitted to the people analysed.
    published : PublishedStudy or None
        The figures that the evaluation was made from; None when it was made from people.
    settings : dict
        Everything that was asked for.
    seed : int
        Of all randomness.
    warnings : tuple of str
        What the reader has to know.
    horizon : float or None
        Days over which the study is answered.
    fits : tuple of Fit
        The fitted models. They hold people, so that they are not saved: empty after loading.
    prognostic : PrognosticCheck or None
        Whether what is poorly matched predicts reoffending, without levels that few people
        have. It is not saved, but what it warns of is; None for published figures.
    predictive : tuple of PredictiveCheck
        What each model predicts of its own people: means of the arms, and the differences. They
        are not saved, but what they warn of is.
    margins : dict of Measure to float
        The least benefit that matters, of the measures for which it was said.
    one_process : OneProcess or None
        One process behind all measures, where it was asked for: its effects and the check of
        whether it suffices.
    smallest_group : int, str or None
        Of those compared, the fewest people of an arm who reoffended, or who did not; "fewer
        than 10" when they are fewer. None where it is not known.
    dominated : tuple of Measure
        Measures of which one or two people of an arm make nearly all of the total.
    degrees_of_freedom : int or None
        People compared less what a model estimates of them, the fewest of any model; None where it
        is not known.
    by_group : tuple of GroupTable
        Effects in each group of people, where groups are declared, without groups that too few
        people share.
    by_day : tuple of DayRow
        Share without a reoffence on day 91, day 182 and at the horizon, where times are modelled,
        without days that tell of few people.
    package_version : str
        Of `desist`.
    evidence : EvidenceResult or None
        The result with what other programmes showed, beside the default one.
    bias : BiasResult or None
        The result with the bias that placebo programmes show, beside the default one.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> evaluation = ds.evaluate_published(study)
    >>> evaluation.title, [effect.measure.value for effect in evaluation.effects]
    ('Mentoring (complex analysis)', ['rate'])
    """

    title: str
    estimand: Estimand
    effects: tuple[Effect, ...]
    checks: tuple[ComparedCheck, ...]
    unavailable: Mapping[Measure, str]
    design: Mapping[str, Any] | None
    flow: RecordFlow | None
    settings: Mapping[str, Any]
    seed: int
    warnings: tuple[str, ...] = ()
    published: PublishedStudy | None = None
    smallest_group: int | str | None = None
    horizon: float | None = None
    fits: tuple[Fit, ...] = ()
    prognostic: PrognosticCheck | None = None
    by_group: tuple[GroupTable, ...] = ()
    by_day: tuple[DayRow, ...] = ()
    predictive: tuple[PredictiveCheck, ...] = ()
    margins: Mapping[Measure, float] = field(default_factory=dict)
    one_process: OneProcess | None = None
    package_version: str = field(default_factory=lambda: version("desist"))
    evidence: EvidenceResult | None = None
    bias: BiasResult | None = None
    dominated: tuple[Measure, ...] = ()
    degrees_of_freedom: int | None = None

    @cached_property
    def measures(self) -> tuple[MeasureRow, ...]:
        """Posterior summaries, one a measure."""
        return tuple(summarise_effect(effect) for effect in self.effects)

    @cached_property
    def table(self) -> pd.DataFrame:
        """Posterior and checks side by side.

        Columns: measure, unit, method ("posterior" or the check's slug), scale, estimate,
        lower, upper, p_value, probability_of_benefit, applicable, agrees, agreement, reason.
        """
        rows = []
        for effect in self.effects:
            rows.append(_posterior_line(effect))
            rows += [_check_line(check) for check in self.checks if check.measure is effect.measure]
        return pd.DataFrame(rows)

    @cached_property
    def draws(self) -> xr.Dataset:
        """Draws of every measure: variables such as rate_difference, dims (chain, draw).

        Where measures have different numbers of draws, the dims of each bear its name too, such
        as chain_rate and draw_rate.
        """
        arrays = {
            effect: {
                f"{effect.measure}_{part}": values
                for part in ("treated", "comparison", "difference", "ratio")
                if (values := getattr(effect, part)) is not None
            }
            for effect in self.effects
        }
        if len({effect.ratio.shape for effect in self.effects}) > 1:
            arrays = {
                effect: {
                    name: values.rename({dim: f"{dim}_{effect.measure}" for dim in values.dims})
                    for name, values in parts.items()
                }
                for effect, parts in arrays.items()
            }
        return xr.Dataset({name: part for parts in arrays.values() for name, part in parts.items()})

    def __getitem__(self, measure: Measure | str) -> MeasureResult:
        """Return all that was found of one measure."""
        raise_faults("evaluation", find_choice_faults("measure", measure, tuple(Measure)))
        of_measure = Measure(measure)
        found = [effect for effect in self.effects if effect.measure is of_measure]
        return MeasureResult(
            of_measure,
            found[0] if found else None,
            tuple(check for check in self.checks if check.measure is of_measure),
            None if found else self.unavailable.get(of_measure, "it was not asked for"),
        )

    _repr_html_ = show_record

    def __repr__(self) -> str:
        """Return the title, the estimand and one line a measure."""
        lines = [
            f"Evaluation: {self.title}",
            f"  effect on {self.estimand.people} ({self.estimand})",
        ]
        lines += [f"  {effect!r}" for effect in self.effects]
        lines += [
            f"  {measure.label}: not available, {why}" for measure, why in self.unavailable.items()
        ]
        return "\n".join(lines)


def compare_check(check: Check, effect: Effect | None) -> ComparedCheck:
    """Set a check beside the posterior of the same measure."""
    if not check.has_verdict or effect is None:
        return ComparedCheck(**vars(check))
    entry = CATALOGUE.get(check.check)
    draws = _choose_draws(check, effect, is_of_odds=entry is not None and entry.is_of_odds)
    # no direction within the error of a limit: other draws might not exclude no difference
    posterior, errors = _find_limits(draws, check.probability, effect)
    null = check.scale.null
    agreement = compare_with_posterior(
        check,
        posterior,
        float(np.median(draws.to_numpy())) if check.scale is Scale.RATIO else float(draws.mean()),
        excludes_null=posterior.lower - 2 * errors[0] > null
        or posterior.upper + 2 * errors[1] < null,
        same_size=entry is None or entry.same_size,
    )
    return ComparedCheck(**vars(check), agrees=agreement == AGREES, agreement=agreement)


def _choose_draws(check: Check, effect: Effect, *, is_of_odds: bool) -> xr.DataArray:
    if is_of_odds and (odds_ratio := effect.odds_ratio) is not None:
        return odds_ratio
    return effect.ratio if check.scale is Scale.RATIO else effect.draws


def _find_limits(
    draws: xr.DataArray, probability: float, effect: Effect
) -> tuple[Interval, tuple[float, float]]:
    """Find the limits of some draws of an effect and their errors, where they are not known."""
    if draws is effect.draws and probability == effect.probability:
        return effect.interval, effect.errors
    errors = find_errors(draws.to_numpy(), probability, effect.diagnostics)
    return summarise_interval(draws, probability), errors


def summarise_effect(effect: Effect) -> MeasureRow:
    """Summarise the posterior of one measure."""
    ratio = summarise_interval(effect.ratio, effect.probability)
    on_difference = effect.difference is not None
    return MeasureRow(
        measure=effect.measure,
        estimand=effect.estimand,
        n_treated=effect.n_treated,
        n_comparison=effect.n_comparison,
        treated=effect.find_centre(effect.treated),
        comparison=effect.find_centre(effect.comparison),
        difference=effect.find_centre(effect.difference),
        lower=effect.interval.lower if on_difference else math.nan,
        upper=effect.interval.upper if on_difference else math.nan,
        ratio=float(np.median(effect.ratio.to_numpy())),
        ratio_lower=ratio.lower,
        ratio_upper=ratio.upper,
        probability_of_benefit=effect.probability_of_benefit,
        engine=effect.diagnostics.engine,
        khat=effect.diagnostics.khat,
        rhat_max=effect.diagnostics.rhat_max,
        ess_bulk_min=effect.diagnostics.ess_bulk_min,
        causal=True if effect.measure.is_causal else "descriptive",
        mcse_lower=effect.errors[0],
        mcse_upper=effect.errors[1],
    )


def _posterior_line(effect: Effect) -> dict[str, Any]:
    return {
        "measure": str(effect.measure),
        "unit": effect.measure.unit,
        "method": "posterior",
        "scale": str(effect.scale),
        "estimate": effect.estimate,
        "lower": effect.interval.lower,
        "upper": effect.interval.upper,
        "p_value": math.nan,
        "probability_of_benefit": effect.probability_of_benefit,
        "applicable": True,
        "agrees": None,
        "agreement": None,
        "reason": "" if effect.measure.is_causal else "descriptive, not an effect",
    }


def _check_line(check: ComparedCheck) -> dict[str, Any]:
    return {
        "measure": str(check.measure),
        "unit": check.measure.unit,
        "method": check.check,
        "scale": str(check.scale),
        "estimate": check.estimate,
        "lower": check.lower,
        "upper": check.upper,
        "p_value": check.p_value,
        "probability_of_benefit": math.nan,
        "applicable": check.applicable,
        "agrees": check.agrees,
        "agreement": check.agreement,
        "reason": check.reason,
    }
