"""Compare what the measures imply with each other, and an arm with what was observed of it.

For people whose outcomes are all known the posterior mean of the participants has to be the mean
that was observed, in every measure; and rate, survival curve and hazard ratio, which come from two
models, have to imply the same rate. Prints one JSON object; a table goes to standard error.

    python benchmarks/one_story.py
"""

import json
import sys
from typing import Any

import numpy as np
from coverage_cells import CELLS, FORMULA, draw_study
from machine import describe_run

import desist as ds
from desist.effects import estimate_effects, estimate_survival
from desist.estimands import Measure
from desist.sample import Sample, build_sample

ENGINE = ds.Laplace(draws=4000)
RECID = "age + tserved + priors + rules + educ + black + alcohol + drugs + super + married + felon"


def make_samples() -> dict[str, Sample]:
    """Make the people compared: prison work in North Carolina, and a simulated cohort."""
    recid = ds.datasets.recid_cohort()
    simulated = draw_study(CELLS["one_frailty"], np.random.default_rng(2017)).cohort
    samples = {}
    for name, cohort, formula in (("recid", recid, RECID), ("simulated", simulated, FORMULA)):
        design = ds.build_design(cohort, formula, method=ds.RadiusMatching())
        samples[name] = build_sample(cohort, design, horizon=365)
    return samples


def observe(sample: Sample) -> dict[Measure, float]:
    """Return the observed weighted means of the participants."""
    arm, within = sample.used & sample.treated, sample.within
    weights, reoffended = sample.weights[arm], within.reoffended[arm]
    free = np.where(reoffended, within.days[arm], sample.horizon)
    means = {
        Measure.RATE: np.average(reoffended, weights=weights),
        Measure.RMST: np.average(free, weights=weights),
        Measure.TIME_AMONG_REOFFENDERS: np.average(free, weights=weights * reoffended),
    }
    if within.offences is not None:
        means[Measure.FREQUENCY] = np.average(within.offences[arm], weights=weights)
    return {measure: float(mean) for measure, mean in means.items()}


def tell(sample: Sample) -> dict[str, Any]:
    """Set the posterior means of the participants beside what was observed, and the rates."""
    models = [ds.RateModel(), ds.SurvivalModel()]
    models += [] if sample.within.offences is None else [ds.FrequencyModel()]
    fits = {model.name: ds.fit_model(model, sample, inference=ENGINE) for model in models}
    effects = {effect.measure: effect for fit in fits.values() for effect in estimate_effects(fit)}
    rows = []
    for measure, mean in observe(sample).items():
        treated = effects[measure].treated.to_numpy()
        error = float(treated.std() / np.sqrt(treated.size))
        rows.append(
            {
                "measure": str(measure),
                "observed": mean,
                "posterior_mean": float(treated.mean()),
                "monte_carlo_error": error,
                "apart_in_sd": float((treated.mean() - mean) / treated.std()),
                "model_alone": effects[measure].correction.treated,
            }
        )
    return {"participants": rows, "rates": compare_rates(fits, effects)}


def compare_rates(fits: dict[str, Any], effects: dict[Measure, Any]) -> dict[str, Any]:
    """Return the rate of each arm as each answer implies it."""
    curve = estimate_survival(fits["survival"], days=[365.0])
    rate = effects[Measure.RATE]
    arms = {"treated": rate.treated, "comparison": rate.comparison}
    by_curve = {name: 1 - float(getattr(curve, name).mean()) for name in arms}
    hazard = float(effects[Measure.HAZARD_RATIO].ratio.mean())
    return {
        "by the rate model": {name: float(draws.mean()) for name, draws in arms.items()},
        "by the survival curve": by_curve,
        "by the hazard ratio": {"treated": 1 - (1 - by_curve["comparison"]) ** hazard},
    }


def main() -> None:
    """Run, print."""
    told = {name: tell(sample) for name, sample in make_samples().items()}
    for name, told_of in told.items():
        for row in told_of["participants"]:
            print(name, *row.values(), file=sys.stderr)
        print(name, told_of["rates"], file=sys.stderr)
    print(json.dumps({"benchmark": "one_story", **describe_run(), "results": told}, indent=1))


if __name__ == "__main__":
    main()
