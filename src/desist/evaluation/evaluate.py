"""Evaluate a programme: every measure that the cohort can answer, posterior beside checks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from desist._types import Mask
from desist.arguments import (
    describe,
    find_kind_faults,
    find_number_faults,
    find_probability_faults,
)
from desist.checks.check import Check
from desist.checks.designs.prognostic import PrognosticCheck, check_prognostic
from desist.checks.people.skewness import FEWEST_BY_WEIGHT
from desist.checks.run import run_checks
from desist.cohort.cohort import Cohort
from desist.cohort.flow import RecordFlow
from desist.design.balance.overlap import tabulate_overlap
from desist.design.design import Design
from desist.effects.effect import Effect, contrast_measures
from desist.errors import Fault, InputError, raise_faults
from desist.estimands import Measure
from desist.evaluation._beside import find_beside_faults, set_beside
from desist.evaluation._doubts import name_narrow, name_unpredicted, predict_again
from desist.evaluation._few_carry import name_carried
from desist.evaluation._groups import name_groups
from desist.evaluation._margins import find_margin_faults, read_margins
from desist.evaluation._model_alone import name_apart
from desist.evaluation._one_process import OneProcess, fit_one_process, say_one_process
from desist.evaluation.categories import (
    TOO_FEW,
    count_levels,
    find_worst,
    withhold_rows,
)
from desist.evaluation.days import evaluate_days, explain_hazards
from desist.evaluation.few import find_facts
from desist.evaluation.groups import evaluate_groups
from desist.evaluation.record import Evaluation, compare_check
from desist.evaluation.with_bias import BiasPrior
from desist.inference.engines import Engine, find_engine_faults
from desist.models.evidence import EvidencePrior
from desist.models.fit import Fit, Model, fit_model
from desist.models.frequency import FrequencyModel
from desist.models.predictors import FROM_DESIGN
from desist.models.rate import RateModel
from desist.models.settings import find_model_faults, list_settings
from desist.models.survival import SurvivalModel
from desist.privacy import FEWEST_SHARING
from desist.progress import follow
from desist.sample import Sample, build_sample
from desist.weights import effective_sample_size


@dataclass(frozen=True)
class NotGiven:
    """Stands for an argument that was not given."""

    def __repr__(self) -> str:
        """Return what help shows as the default."""
        return "the design's"


NOT_GIVEN = NotGiven()
FEW_REOFFENDERS = 30
LEVEL_OF_A_TERM = re.compile(r"(?:C\()?(?P<column>.+?)(?:,[^\[]*)?\)?\[(?:T\.)?(?P<level>.*)\]")


def evaluate(
    cohort: Cohort,
    design: Design,
    *,
    models: Sequence[Model] | None = None,
    covariates: str | NotGiven | None = NOT_GIVEN,
    calibrated: bool = True,
    one_process: bool = False,
    inference: str | Engine = "auto",
    horizon: float | None = None,
    probability: float = 0.95,
    seed: int = 0,
    title: str = "Evaluation of a programme",
    margins: Mapping[str, float] | None = None,
    flow: RecordFlow | None = None,
    evidence: EvidencePrior | None = None,
    bias: BiasPrior | None = None,
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
        covariates do not pass for differences of outcomes; None leaves it to the weights. Models
        that are given have covariates of their own.
    calibrated : bool
        Whether the models' averages are corrected by what was observed of each arm, as in
        `estimate_effects`; False for the models alone.
    one_process : bool
        Whether one process behind rate, frequency and time (`ProcessModel`) is fitted too. Where
        `check_one_process` finds that it suffices, its posterior is offered beside the reported
        one, as the sharper answer under that assumption.
    inference : {"auto", "nuts", "laplace", "nested"}, Nuts, Laplace or Nested
        How the posterior is obtained.
    horizon : float, optional
        Days; by default the follow-up that all people share.
    probability : float
        Of the equal-tailed posterior intervals. The checks keep the 95% of their methods, and
        agreement holds the posterior against each at the probability of that check.
    seed : int
        Of all randomness; the same seed gives the same answer.
    title : str
        Heading of the report.
    margins : mapping of str to float, optional
        The least benefit that matters by measure, such as ``{"rate": 0.05}`` for five people per
        100, in the unit of the measure; for the hazard ratio the distance of the ratio below 1.
        Sentences then say how the posterior stands to it.
    flow : RecordFlow, optional
        From the records submitted to the people analysed, for the report.
    evidence : EvidencePrior, optional
        What other programmes showed, such as ``synthesis.prior()``: its result stands beside the
        default one, as `evidence` of the evaluation, and never in its place.
    bias : BiasPrior, optional
        What programmes that nobody gave show of the method's bias, from
        ``ds.sensitivity.placebo_programmes(...).prior()``: the result with that bias stands beside
        the default one, as `bias` of the evaluation, and never in its place.

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

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> evaluation = ds.evaluate(cohort, design, models=[ds.RateModel()], seed=2017)
    >>> row = evaluation["rate"].row
    >>> round(row.lower, 2), round(row.difference, 2), round(row.upper, 2)
    (-0.41, -0.29, -0.15)
    """
    faults = _find_model_faults(models, covariates) + _find_flow_faults(flow)
    faults += _find_setting_faults(inference, horizon, seed, title, probability)
    faults += find_margin_faults(margins) + find_beside_faults(evidence, bias)
    switches = {"calibrated": calibrated, "one_process": one_process}
    raise_faults("evaluation", faults + _find_switch_faults(switches))
    sample = build_sample(cohort, design, horizon)
    summary = summarise_design(sample)
    chosen = _choose_models(models, covariates)
    # checks have the stream after the models, and predictions the one after it
    *streams, predicting, of_process = np.random.default_rng(seed).spawn(len(chosen) + 3)
    fits = _fit_all(chosen, sample, inference, streams)
    effects, reasons = _contrast_all(fits, probability, calibrated=calibrated)
    parts, hazards, untold = _take_apart(chosen, fits, sample, probability, calibrated=calibrated)
    checks, predicted = run_checks(sample, rng=streams[-1]), predict_again(fits, sample, predicting)
    others = _choose_covariates(covariates), inference, probability, of_process
    process = fit_one_process(sample, *others) if one_process else None
    prognostic, hidden = _check_prognostic(sample, summary["balance"])
    told = (*_list_doubts(effects, fits, checks, sample), *say_one_process(process, effects))
    return Evaluation(
        title=title,
        estimand=sample.design.estimand,
        effects=tuple(effects.values()),
        checks=tuple(compare_check(check, effects.get(check.measure)) for check in checks),
        unavailable=_name_unavailable(sample.cohort, effects, sample.obstacles) | reasons,
        design=summary,
        flow=flow,
        settings=_list_settings(sample, chosen, inference) | switches | {"hazard": hazards},
        seed=seed,
        horizon=sample.horizon,
        fits=fits,
        prognostic=prognostic,
        predictive=predicted,
        margins=read_margins(margins),
        one_process=process if isinstance(process, OneProcess) else None,
        **find_facts(sample, fits),
        **parts,
        warnings=(
            *_collect_warnings(sample, (*hidden, *prognostic.warnings)),
            *(*told, *name_unpredicted(predicted), *untold),
        ),
        **set_beside(effects, fits, evidence, bias, seed),
    )


def summarise_design(sample: Sample) -> dict[str, Any]:
    """Summarise a design as plain values, without anything about a single person."""
    design = sample.design
    balance = [] if design.balance is None else design.balance.table.to_dict("records")
    columns = ("covariate", "smd_before", "smd_after", "variance_ratio", "ks", "word")
    counted = count_levels(sample)
    unknown = ("", None)
    rows = [
        {column: row[column] for column in columns}
        | dict(zip(("variable", "fewest"), counted.get(row["covariate"], unknown), strict=True))
        for row in balance
    ]
    shown = withhold_rows(rows)
    return {
        "estimand": str(design.estimand),
        "method": None if design.method is None else design.method.name,
        "n_treated": design.n_treated,
        "n_treated_dropped": design.n_treated_dropped,
        "n_comparison": design.n_comparison,
        "ess_comparison": design.effective_sample_size_comparison,
        "worst_covariate": find_worst(shown),
        "balance": shown,
        "overlap": tabulate_overlap(design),
    }


def list_cautions(effects: Sequence[Effect]) -> tuple[str, ...]:
    """List what the convergence gate let pass but a reader has to know."""
    said: dict[str, list[str]] = {}
    for effect in effects:
        for caution in effect.diagnostics.cautions:
            said.setdefault(caution, []).append(str(effect.measure))
    return tuple(f"{', '.join(measures)}: {caution}." for caution, measures in said.items())


def _find_model_faults(models: object, covariates: object) -> list[Fault]:
    if models is None:
        if covariates is None or isinstance(covariates, NotGiven):
            return []
        expected = 'a formula such as "age + C(region)", "design" or None'
        return find_kind_faults("covariates", covariates, str, expected)
    if not isinstance(models, list | tuple) or not models:
        advice = "write models=[...]" if not find_model_faults(models) else ""
        return [Fault("models", "a list of models", describe(models), advice)]
    faults = []
    for position, model in enumerate(models):
        faults += find_model_faults(model, f"models[{position}]")
    if not isinstance(covariates, NotGiven):
        expected = "none beside models="
        advice = "give each model its own: RateModel(covariates=...)"
        faults.append(Fault("covariates", expected, describe(covariates), advice))
    return faults


def _find_setting_faults(
    inference: object,
    horizon: object,
    seed: object,
    title: object,
    probability: object,
) -> list[Fault]:
    faults = find_engine_faults(inference)
    faults += find_number_faults("horizon", horizon, above=0.0, optional=True)
    faults += find_number_faults("seed", seed, least=0, whole=True)
    faults += find_probability_faults(probability)
    return faults + find_kind_faults("title", title, str, "a text")


def _find_switch_faults(switches: Mapping[str, object]) -> list[Fault]:
    found = [find_kind_faults(*item, bool, "True or False") for item in switches.items()]
    return [fault for faults in found for fault in faults]


def _find_flow_faults(flow: object) -> list[Fault]:
    return [] if flow is None else find_kind_faults("flow", flow, RecordFlow, "a RecordFlow")


def _choose_models(
    models: Sequence[Model] | None, covariates: str | NotGiven | None
) -> tuple[Model, ...]:
    if models is not None:
        return tuple(models)
    covariates = _choose_covariates(covariates)
    return (
        RateModel(covariates=covariates),
        FrequencyModel(covariates=covariates),
        SurvivalModel(covariates=covariates),
    )


def _choose_covariates(covariates: str | NotGiven | None) -> str | None:
    return FROM_DESIGN if isinstance(covariates, NotGiven) else covariates


def _fit_all(
    chosen: Sequence[Model],
    sample: Sample,
    inference: str | Engine,
    streams: Sequence[np.random.Generator],
) -> tuple[Fit, ...]:
    """Fit the models whose outcome there is and the horizon leaves usable."""
    steps = follow(chosen, "fitting models", len(chosen))
    return tuple(
        fit_model(model, sample, inference=inference, seed=stream)
        for model, stream in zip(steps, streams, strict=False)
        if not (_lacks_outcome(model, sample.cohort) or _is_hindered(model, sample.obstacles))
    )


def _contrast_all(
    fits: Sequence[Fit], probability: float, *, calibrated: bool
) -> tuple[dict[Measure, Effect], dict[Measure, str]]:
    """Return the effects in the order of the measures, and why others cannot be had."""
    effects: list[Effect] = []
    reasons: dict[Measure, str] = {}
    for fit in follow(fits, "averaging predictions", len(fits)):
        answered, not_answered = contrast_measures(
            fit, probability=probability, calibrated=calibrated
        )
        effects += answered
        reasons |= not_answered
    _require_one_answer(effects)
    found = {effect.measure: effect for effect in effects}
    return {measure: found[measure] for measure in Measure if measure in found}, reasons


def _list_settings(
    sample: Sample, chosen: Sequence[Model], inference: str | Engine
) -> dict[str, Any]:
    return {
        "cohort": sample.cohort.settings(),
        "design": sample.design.settings(),
        "models": [list_settings(model) for model in chosen],
        "inference": inference if isinstance(inference, str) else asdict(inference),
        "horizon": sample.horizon,
    }


def _lacks_outcome(model: Model, cohort: Cohort) -> bool:
    roles = [role for role in ("reoffended", "offences", "days") if role in model.needs]
    return any(getattr(cohort, role) is None for role in roles)


def _is_hindered(model: Model, obstacles: Mapping[str, str]) -> bool:
    """Say whether a model needs what the horizon makes unusable; a process may be censored."""
    return model.needs in obstacles or ("offences" in obstacles and "offences" in model.needs)


def _require_one_answer(effects: Sequence[Effect]) -> None:
    measures = [effect.measure for effect in effects]
    twice = sorted({str(measure) for measure in measures if measures.count(measure) > 1})
    if twice:
        found, advice = f"two for {', '.join(twice)}", "evaluate twice, once with each"
        raise InputError("evaluation", [Fault("models", "one for each measure", found, advice)])


def _take_apart(
    chosen: Sequence[Model],
    fits: Sequence[Fit],
    sample: Sample,
    probability: float,
    *,
    calibrated: bool,
) -> tuple[dict[str, Any], Any, tuple[str, ...]]:
    """Return the effects by group and by day, the shape of the hazard, and what is not told."""
    hazards, shapeless = explain_hazards(chosen, fits)
    by_group, ungrouped = evaluate_groups(
        fits, sample, probability=probability, calibrated=calibrated
    )
    by_day, untold = evaluate_days(fits, probability=probability, calibrated=calibrated)
    parts = {"by_group": by_group, "by_day": by_day}
    return parts, hazards, (*ungrouped, *untold, *shapeless)


def _list_doubts(
    effects: Mapping[Measure, Effect],
    fits: Sequence[Fit],
    checks: Sequence[Check],
    sample: Sample,
) -> tuple[str, ...]:
    """List what is doubtful about posteriors, or was left out of them."""
    return (
        *list_cautions(tuple(effects.values())),
        *_name_constant(fits, sample.cohort),
        *name_groups(sample),
        *name_narrow(effects, checks),
        *name_apart(effects.values()),
        *name_carried(effects.values()),
    )


def _name_constant(fits: Sequence[Fit], cohort: Cohort) -> tuple[str, ...]:
    constant = (name for fit in fits for name in fit.constant_covariates)
    names = ", ".join(dict.fromkeys(_name_term(name, cohort) for name in constant))
    reason = "the same for everybody who is compared"
    return (f"The outcome models leave out {names}: {reason}.",) if names else ()


def _name_term(term: str, cohort: Cohort) -> str:
    """Name a column of the formula, and its level only where enough people have it."""
    found = LEVEL_OF_A_TERM.fullmatch(term)
    if found is None:
        return term
    column, level = found["column"], found["level"]
    values = cohort.covariates.get(column)
    n_people = 0 if values is None else int((values.astype(str) == level).sum())
    return term if n_people >= FEWEST_SHARING else f"a level of {column}"


def _name_unavailable(
    cohort: Cohort, found: Mapping[Measure, Effect], obstacles: Mapping[str, str]
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
        else obstacles.get(role, "no model for it was asked for")
        for measure, (role, column) in lacking.items()
        if measure not in found
    }


def _collect_warnings(sample: Sample, of_balance: Iterable[str]) -> tuple[str, ...]:
    design, outcomes, told = sample.design, sample.recorded, []
    if design.n_treated_dropped:
        told.append(
            f"{_say_few(design.n_treated_dropped, design.treated)} participants had no suitable "
            f"comparison person; the results are about {design.estimand.people}."
        )
    told += of_balance
    if outcomes.offences is not None and not sample.followed_alike:
        told.append(
            "People were followed for different times; for the frequency, offences are taken to "
            "fall evenly over time."
        )
    if design.n_treated < FEW_REOFFENDERS:
        told.append(f"{_say_only(design.n_treated)} are compared; the results rest on them.")
    for arm in (design.treated, ~design.treated):
        size, n_used = (
            effective_sample_size(design.weights[arm]),
            int((design.weights[arm] > 0).sum()),
        )
        if size < min(FEWEST_BY_WEIGHT, n_used - 0.5):
            told.append(
                f"{_say_arm(n_used)} of an arm are worth {size:.1f} of equal weight; neither "
                "posterior nor checks can tell how uncertain so uneven a sample is."
            )
    if outcomes.reoffended is not None:
        n_few = sample.count(outcomes.reoffended)[0]
        if n_few < FEW_REOFFENDERS:
            told.append(
                f"{_say_only(n_few)} reoffended; results on the time to reoffending rest on them."
            )
    return (*told, *design.notes)


def _check_prognostic(
    sample: Sample, balance: Sequence[Mapping[str, Any]]
) -> tuple[PrognosticCheck, tuple[str, ...]]:
    """Check what is poorly matched; a level that few people have is not in it, and only told."""
    check = check_prognostic(sample)
    is_shown = check.table["covariate"].isin({str(row["covariate"]) for row in balance})
    if is_shown.all():
        return check, ()
    hidden = "Poorly matched: a level that too few people have to be named."
    return replace(check, table=check.table[is_shown]), (hidden,)


def _say_only(count: int) -> str:
    if count < FEWEST_SHARING:
        return f"Fewer than {FEWEST_SHARING} participants"
    return f"Only {count} participants"


def _say_few(count: int, treated: Mask) -> str:
    if count < FEWEST_SHARING:
        return f"Fewer than {FEWEST_SHARING}"
    return f"{count} of {int(treated.sum())}"


def _say_arm(count: int) -> str:
    return f"The {count if count >= FEWEST_SHARING else TOO_FEW} people"
