"""Do the measures tell one story? Implied rates side by side, and means beside observed ones.

Of a study whose people are all followed to the end, every measure has a mean that was observed
among its participants. The posterior mean has to be that, in every measure, and the share who
reoffend that each model implies has to be one share: that of the rate model; one minus survival on
the last day, of the survival model and of its curve; and of the hazard ratio, what it makes of the
comparison people's share. Beside them what each model alone says, and what the counts of the
frequency model imply if nothing is corrected.

Prints one JSON object; the same as a table goes to standard error.

    python benchmarks/one_story.py
"""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from machine import describe_run

import desist as ds
from desist.cohort.outcomes import Outcomes, read_outcomes
from desist.design.design import Design
from desist.effects import Effect, estimate_effects, estimate_survival
from desist.estimands import Measure
from desist.models.fit import Fit, fit_model
from desist.sample import build_sample

RECID = (
    "age + tserved + priors + rules + educ + black + alcohol + drugs + super + married + felon "
    "+ property + against_person"
)
SIMULATED = "age + copas + I(ethnicity == 'black') + I(ethnicity == 'asian')"
MODELS = {"rate": ds.RateModel(), "frequency": ds.FrequencyModel(), "survival": ds.SurvivalModel()}


def study_recid() -> tuple[ds.Cohort, Design]:
    """Return the releases of 1977-78, all of them followed for a year and more."""
    cohort = ds.datasets.recid_cohort()
    return cohort, ds.build_design(cohort, RECID, method=ds.RadiusMatching(caliper=0.05))


def study_simulated() -> tuple[ds.Cohort, Design]:
    """Return a study as large as the report's."""
    cohort = ds.simulate_cohort(rng=2017, n_groups=0).cohort
    return cohort, ds.build_design(cohort, SIMULATED, method=ds.RadiusMatching())


STUDIES: dict[str, Callable[[], tuple[ds.Cohort, Design]]] = {
    "recid": study_recid,
    "simulated": study_simulated,
}


def observe(outcomes: Outcomes, design: Design, horizon: float) -> dict[str, float]:
    """Return the means of the participants who are compared, by counting."""
    used = design.treated & (design.weights > 0)
    weights = design.weights[used]
    found = {}
    if outcomes.days is not None and outcomes.reoffended is not None:
        days, again = outcomes.days[used], outcomes.reoffended[used]
        within = again & (days <= horizon)
        found["rate"] = np.average(within, weights=weights)
        found["rmst"] = np.average(np.where(within, days, horizon), weights=weights)
        found["time_among_reoffenders"] = np.average(days[within], weights=weights[within])
    if outcomes.offences is not None:
        found["frequency"] = np.average(outcomes.offences[used], weights=weights)
    return {name: float(value) for name, value in found.items()}


def imply(effects: dict[Measure, Effect], survival: Fit) -> dict[str, tuple[float, float]]:
    """Return the shares who reoffend, with and without the programme, as each result has them."""
    shares = {}
    if Measure.RATE in effects:
        rate = effects[Measure.RATE]
        shares["rate model"] = (float(rate.treated.mean()), float(rate.comparison.mean()))
    whole = effects[Measure.RMST]
    among = effects[Measure.TIME_AMONG_REOFFENDERS]
    h = survival.horizon
    # restricted mean = horizon - (horizon - mean days of reoffenders) x share who reoffend
    treated, comparison = (
        ((h - getattr(whole, arm)) / (h - getattr(among, arm))).to_numpy()
        for arm in ("treated", "comparison")
    )
    shares["restricted mean and days"] = (float(treated.mean()), float(comparison.mean()))
    curve = estimate_survival(survival, [h])
    last = [float(1 - getattr(curve, arm).mean()) for arm in ("treated", "comparison")]
    shares["survival curve"] = (last[0], last[1])
    ratio = effects[Measure.HAZARD_RATIO].ratio.to_numpy()
    made = 1 - (1 - comparison) ** ratio
    shares["hazard ratio and comparison"] = (float(made.mean()), float(comparison.mean()))
    return shares


def tell(name: str) -> dict[str, Any]:
    """Fit every model of a study and set what they say side by side."""
    cohort, design = STUDIES[name]()
    sample = build_sample(cohort, design)
    outcomes = read_outcomes(cohort)
    kept = [
        model
        for measure, model in MODELS.items()
        if not (measure == "frequency" and "offences" in sample.obstacles)
        and not (measure == "frequency" and outcomes.offences is None)
    ]
    fits = [fit_model(model, sample, seed=1) for model in kept]
    observed = observe(outcomes, design, sample.horizon)
    told: dict[str, Any] = {"people": list(sample.count()), "horizon": sample.horizon}
    for label, calibrated in (("corrected", True), ("alone", False)):
        effects = {
            effect.measure: effect
            for fit in fits
            for effect in estimate_effects(fit, calibrated=calibrated)
        }
        told[label] = {
            measure: {
                "posterior": float(effects[Measure(measure)].treated.mean()),
                "observed": value,
                "monte_carlo_error": monte_carlo_error(effects[Measure(measure)]),
            }
            for measure, value in observed.items()
        }
        if calibrated:
            told["implied_rates"] = imply(effects, fits[-1])
    return told


def monte_carlo_error(effect: Effect) -> float:
    """Return the error of a posterior mean by the effective number of draws."""
    spread = float(effect.treated.std())
    return spread / float(np.sqrt(effect.diagnostics.ess_bulk_min))


def show(name: str, told: dict[str, Any]) -> None:
    """Print a study as two tables."""
    print(f"{name}: {told['people'][0]} v {told['people'][1]} people", file=sys.stderr)
    for source, (treated, comparison) in told["implied_rates"].items():
        row = f"  {source:30s} {100 * treated:8.2f} {100 * comparison:8.2f} per 100 reoffend"
        print(row, file=sys.stderr)
    for measure, found in told["corrected"].items():
        alone = told["alone"][measure]["posterior"]
        print(
            f"  {measure:30s} posterior {found['posterior']:9.4f}  observed "
            f"{found['observed']:9.4f}  error {found['monte_carlo_error']:.1g}  alone {alone:9.4f}",
            file=sys.stderr,
        )


def main() -> None:
    """Tell the story of every study that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", nargs="+", choices=STUDIES, default=list(STUDIES))
    asked = parser.parse_args()
    told = {name: tell(name) for name in asked.studies}
    for name, study in told.items():
        show(name, study)
    print(json.dumps(describe_run() | {"studies": told}, indent=1))


if __name__ == "__main__":
    main()
