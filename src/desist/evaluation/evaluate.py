"""Evaluate a programme: every measure that the cohort can answer, posterior beside checks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from desist.checks import Check, run_checks
from desist.checks.skewness import FEWEST_BY_WEIGHT
from desist.cohort.cohort import Cohort
from desist.cohort.flow import RecordFlow
from desist.cohort.outcomes import Outcomes, read_outcomes
from desist.design.balance import effective_sample_size
from desist.design.design import Design, mark_people
from desist.effects import Effect, estimate_effects
from desist.errors import Fault, InputError
from desist.estimands import Measure
from desist.evaluation.prognostic import check_prognostic
from desist.evaluation.record import Evaluation, compare_check
from desist.inference.engines import Engine, require_seed
from desist.models.fit import Model, fit_model
from desist.models.frequency import FrequencyModel
from desist.models.horizon import common_horizon, counts_reach_beyond
from desist.models.predictors import FROM_DESIGN
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel

FEW_REOFFENDERS = 30
ROBUST, NARROWER = "weighted_difference_hc3", 0.2
MEASURES_OF = {
    "rate": (Measure.RATE,),
    "frequency": (Measure.FREQUENCY,),
    "survival": (Measure.RMST, Measure.TIME_AMONG_REOFFENDERS, Measure.HAZARD_RATIO),
}


def evaluate(
    cohort: Cohort,
    design: Design,
    *,
    models: Sequence[Model] | None = None,
    covariates: str | None = FROM_DESIGN,
    calibrated: bool = True,
    inference: str | Engine = "auto",
    horizon: float | None = None,
    seed: int = 0,
    title: str = "Evaluation of a programme",
    flow: RecordFlow | None = None,
) -> Evaluation:
    """Estimate the effect of a programme on every measure that the cohort can answer.

    Parameters
    ----------
    cohort : Cohort
        People and outcomes.
    design : Design
        Weights and estimand, decided without the outcomes.
    models : sequence of Model, optional
        By default a rate, a frequency and a survival model.
    covariates : str or None
        Right-hand side of a formula for the default models. By default that of the design,
        so that what its weights leave unbalanced is adjusted for, and chance differences of
        covariates do not pass for differences of outcomes; None leaves it to the weights.
    calibrated : bool
        Whether the models' averages are corrected by what was observed of each arm, as in
        `estimate_effects`; False for the models alone.
    inference : {"auto", "nuts", "laplace"}, Nuts or Laplace
        How the posterior is obtained.
    horizon : float, optional
        Days; by default the follow-up that all people share.
    seed : int
        Of all randomness; the same seed gives the same answer.
    title : str
        Heading of the report.
    flow : RecordFlow, optional
        From the records submitted to the people analysed, for the report.

    Returns
    -------
    Evaluation
        Posteriors, checks and warnings; measures that cannot be had are named with the
        reason.

    Raises
    ------
    InputError
        If the cohort and the design do not belong together, or an argument is wrong.
    NoEventsError
        If nobody in the weighted sample reoffended.
    NotConvergedError
        If a posterior was not found.
    """
    from tqdm import tqdm

    _require_same_people(cohort, design)
    outcomes = read_outcomes(cohort)
    horizon = common_horizon(outcomes, design, horizon)
    used = design.weights > 0
    chosen = _choose_models(models, covariates)
    beyond = counts_reach_beyond(outcomes, used, horizon)
    streams = np.random.default_rng(require_seed(seed)).spawn(len(chosen) + 1)
    effects: list[Effect] = []
    constant: dict[str, None] = {}
    steps = tqdm(chosen, desc="fitting", unit="model", disable=None)  # silent off a terminal
    for model, stream in zip(steps, streams, strict=False):
        if _lacks_outcome(model, cohort) or (beyond and "offences" in model.needs):
            continue
        fit = fit_model(model, cohort, design, inference=inference, horizon=horizon, seed=stream)
        effects += estimate_effects(fit, calibrated=calibrated)
        constant |= dict.fromkeys(fit.constant_covariates)
    _require_one_answer(effects)
    found = {effect.measure: effect for effect in effects}
    checks = run_checks(cohort, design, horizon=horizon, rng=streams[-1])
    return Evaluation(
        title=title,
        estimand=design.estimand,
        effects=tuple(found[measure] for measure in Measure if measure in found),
        checks=tuple(compare_check(check, found.get(check.measure)) for check in checks),
        unavailable=_name_unavailable(cohort, found, beyond=beyond),
        design=summarise_design(design),
        flow=flow,
        settings={
            "cohort": cohort.settings(),
            "design": design.settings(),
            "models": [{"name": model.name, **_model_settings(model)} for model in chosen],
            "calibrated": calibrated,
            "inference": inference if isinstance(inference, str) else asdict(inference),
            "horizon": horizon,
        },
        seed=seed,
        warnings=(
            *_collect_warnings(cohort, design, outcomes),
            *list_cautions(effects),
            *_name_constant(constant),
            *_doubt_narrow_posteriors(found, checks),
        ),
    )


def summarise_design(design: Design) -> dict[str, Any]:
    """Summarise a design as plain values, without anything about a single person.

    Parameters
    ----------
    design : Design
        Weights, balance and estimand.

    Returns
    -------
    dict
        The `design` block of `evaluation.json`.
    """
    balance = [] if design.balance is None else design.balance.table.to_dict("records")
    columns = ("covariate", "smd_before", "smd_after", "variance_ratio", "ks", "word")
    return {
        "estimand": str(design.estimand),
        "method": None if design.method is None else design.method.name,
        "n_treated": design.n_treated,
        "n_treated_dropped": design.n_treated_dropped,
        "n_comparison": design.n_comparison,
        "ess_comparison": design.effective_sample_size_comparison,
        "worst_covariate": None if design.balance is None else design.balance.worst,
        "balance": [{column: row[column] for column in columns} for row in balance],
    }


def list_cautions(effects: Sequence[Effect]) -> tuple[str, ...]:
    """List what the convergence gate let pass but a reader has to know.

    Parameters
    ----------
    effects : sequence of Effect
        Of one evaluation.

    Returns
    -------
    tuple of str
        Sentences, each measure of a fit named once.
    """
    said: dict[str, list[str]] = {}
    for effect in effects:
        for caution in effect.diagnostics.cautions:
            said.setdefault(caution, []).append(str(effect.measure))
    return tuple(f"{', '.join(measures)}: {caution}." for caution, measures in said.items())


def _require_same_people(cohort: Cohort, design: Design) -> None:
    if not np.array_equal(cohort.treated, design.treated):
        found = f"another one ({len(design.treated)} people, the cohort has {cohort.n_people})"
        advice = "build the design from the cohort that is evaluated"
        raise InputError("evaluation", [Fault("design", "one of this cohort", found, advice)])
    if design.people_mark is not None and design.people_mark != mark_people(
        cohort.treated, cohort.covariates
    ):
        found = "one of people whose covariates differ from theirs"
        advice = "build the design again from the cohort that is evaluated"
        raise InputError("evaluation", [Fault("design", "one of this cohort", found, advice)])


def _choose_models(models: Sequence[Model] | None, covariates: str | None) -> tuple[Model, ...]:
    if models is not None:
        return tuple(models)
    return (
        RateModel(covariates=covariates),
        FrequencyModel(covariates=covariates),
        SurvivalModel(covariates=covariates),
    )


def _model_settings(model: Model) -> dict[str, Any]:
    plain = {name: value for name, value in vars(model).items() if name != "priors"}
    return {name: None if value is None else str(value) for name, value in plain.items()} | {
        "priors": {name: str(prior) for name, prior in vars(model.priors).items()}
    }


def _lacks_outcome(model: Model, cohort: Cohort) -> bool:
    roles = [role for role in ("reoffended", "offences", "days") if role in model.needs]
    return any(getattr(cohort, role) is None for role in roles)


def _require_one_answer(effects: Sequence[Effect]) -> None:
    measures = [effect.measure for effect in effects]
    twice = sorted({str(measure) for measure in measures if measures.count(measure) > 1})
    if twice:
        found, advice = f"two for {', '.join(twice)}", "evaluate twice, once with each"
        raise InputError("evaluation", [Fault("models", "one for each measure", found, advice)])


def _doubt_narrow_posteriors(
    found: Mapping[Measure, Effect], checks: Sequence[Check]
) -> tuple[str, ...]:
    """Name posteriors that the robust error of the weighted difference finds too narrow.

    Scaling weights to the effective size is right when weights have little to do with how
    much outcomes vary; where large weights meet large variance, intervals are too short.
    """
    told = []
    for check in checks:
        effect = found.get(check.measure)
        if check.check != ROBUST or not check.applicable or effect is None:
            continue
        robust = check.upper - check.lower
        posterior = effect.interval.upper - effect.interval.lower
        if robust > (1 + NARROWER) * posterior and check.measure.is_causal:
            told.append(
                f"{check.measure}: the robust interval is {robust / posterior - 1:.0%} wider than "
                "the posterior's; people with large weights vary more than others, and the "
                "posterior may be too sure."
            )
    return tuple(told)


def _name_constant(constant: Iterable[str]) -> tuple[str, ...]:
    names = ", ".join(constant)
    reason = "the same for everybody who is compared"
    return (f"The outcome models leave out {names}: {reason}.",) if names else ()


def _name_unavailable(
    cohort: Cohort, found: Mapping[Measure, Effect], *, beyond: bool
) -> dict[Measure, str]:
    lacking = {
        Measure.RATE: ("reoffended", cohort.reoffended),
        Measure.FREQUENCY: ("offences", cohort.offences),
        Measure.RMST: ("days", cohort.days),
        Measure.TIME_AMONG_REOFFENDERS: ("days", cohort.days),
        Measure.HAZARD_RATIO: ("days", cohort.days),
    }
    return {
        measure: f"the cohort has no column of {role}"
        if column is None
        else "offences are counted over the whole follow-up and cannot be cut to the horizon"
        if beyond and measure is Measure.FREQUENCY
        else "no model for it was asked for"
        for measure, (role, column) in lacking.items()
        if measure not in found
    }


def _collect_warnings(cohort: Cohort, design: Design, outcomes: Outcomes) -> tuple[str, ...]:
    told = []
    if design.n_treated_dropped:
        told.append(
            f"{design.n_treated_dropped} of {int(design.treated.sum())} participants had no "
            f"suitable comparison person; the effect is that on {design.estimand.people}."
        )
    told += check_prognostic(cohort, design).warnings
    if outcomes.offences is not None and np.ptp(outcomes.time_at_risk[design.weights > 0]) > 0:
        told.append(
            "People were followed for different times; for the frequency, offences are taken to "
            "fall evenly over time."
        )
    if design.n_treated < FEW_REOFFENDERS:
        told.append(f"Only {design.n_treated} participants are compared; the results rest on them.")
    for arm in (design.treated, ~design.treated):
        size, n_used = (
            effective_sample_size(design.weights[arm]),
            int((design.weights[arm] > 0).sum()),
        )
        if size < min(FEWEST_BY_WEIGHT, n_used - 0.5):
            told.append(
                f"The {n_used} people of an arm are worth {size:.1f} of equal weight; neither "
                "posterior nor checks can tell how uncertain so uneven a sample is."
            )
    if outcomes.reoffended is not None:
        n_few = int(outcomes.reoffended[design.treated & (design.weights > 0)].sum())
        if n_few < FEW_REOFFENDERS:
            told.append(
                f"Only {n_few} participants reoffended; results on the time to reoffending "
                "rest on them."
            )
    return (*told, *design.notes)
