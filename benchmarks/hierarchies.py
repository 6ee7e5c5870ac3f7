"""Are hierarchies fast? The nested engine against NUTS, PyMC by row, and bambi.

Three weighted models (rate, frequency, survival) with six covariates, whose intercepts and effects
vary over groups, each job in a process of its own and on the same data:

- `nested`: `evaluate` as it comes;  `flat`: the same without groups;
- `nuts`: `evaluate` with `inference="nuts"`;
- `pymc`: the three models written by row, each person a row, sampled by `pymc.sample` with nutpie;
- `bambi`: the hierarchical logistic and negative binomial models of bambi, in effective draws a
  second of the programme effect, against the same two by the nested engine.

Studies: 83 and 5,514 people, and 400 and 1,600, in 20 prisons; 400 and 1,600 in 200 groups; the
same in 20 prisons crossed with 10 providers; 20,000 and 80,000 in 40 prisons. Prints one JSON
object; a line for each job goes to standard error. Each job is told in seconds of the clock and of
processor time, with the load of the machine before it, because they part where others use it too.
With `--store` a job whose result is in that file is not run again.

    uv run --with bambi python benchmarks/hierarchies.py --jobs nested nuts --studies prisons
"""

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from machine import describe_run

import desist as ds

COVARIATES = (
    "age + copas + age_first_sanction + prior_offences"
    " + I(ethnicity == 'black') + I(ethnicity == 'asian')"
)
OUTCOMES = {"reoffended": "reoffended", "offences": "offences", "days": "days"}
STUDIES = {  # participants, comparison people, prisons, providers
    "few participants": (83, 5514, 20, 0),
    "prisons": (400, 1600, 20, 0),
    "many groups": (400, 1600, 200, 0),
    "crossed": (400, 1600, 20, 10),
    "large": (20_000, 80_000, 40, 0),
}
MEASURES = ("rate", "frequency", "survival")
EFFECT = "treated"


def make_people(study: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Simulate the people of a study, with weights, and name their groupings."""
    n_treated, n_comparison, n_prisons, n_providers = STUDIES[study]
    made = ds.simulate_cohort(
        n_treated,
        n_comparison,
        rng=5,
        n_groups=n_prisons,
        group_sd=0.4,
        confounding=0.0,
        rate_ratio=0.7,
    )
    people = made.cohort.people.copy()
    rng = np.random.default_rng(1)
    is_treated = people["programme"].to_numpy(bool)
    people["weight"] = np.where(is_treated, 1.0, rng.gamma(4.0, 0.25, len(people)))
    if n_providers:
        people["provider"] = np.char.add("Q", rng.integers(0, n_providers, len(people)).astype(str))
    return people, ("prison", "provider") if n_providers else ("prison",)


def make_study(study: str) -> tuple[ds.Cohort, Any, tuple[str, ...]]:
    """Return a cohort without groupings of its own, its design, and the groupings."""
    people, groups = make_people(study)
    cohort = ds.Cohort(
        people, treatment="programme", person="id", follow_up=365.0, groups=groups, **OUTCOMES
    )
    return cohort, ds.build_design(cohort, None, method=ds.GivenWeights("weight")), groups


def list_models(groups: tuple[str, ...]) -> list[Any]:
    """Return the three models with some groupings."""
    kinds = (ds.RateModel, ds.FrequencyModel, ds.SurvivalModel)
    return [kind(covariates=COVARIATES, groups=groups) for kind in kinds]


def run_evaluate(study: str, inference: str, *, flat: bool = False) -> dict[str, Any]:
    """Evaluate a study, checks and all, in an interpreter that has fitted nothing yet."""
    cohort, design, groups = make_study(study)
    start = time.perf_counter(), time.process_time()
    models = list_models(() if flat else groups)
    found = ds.evaluate(cohort, design, models=models, inference=inference, seed=1)
    return {
        "seconds": round(time.perf_counter() - start[0], 2),
        "cpu_seconds": round(time.process_time() - start[1], 2),
        "engines": {one.measure.value: one.diagnostics.engine for one in found.effects},
        "khat": {one.measure.value: round(one.diagnostics.khat, 2) for one in found.effects},
        "draws": {one.measure.value: round(one.diagnostics.ess_bulk_min) for one in found.effects},
    }


def run_fits(study: str, inference: str) -> dict[str, Any]:
    """Fit the three models, checks left out."""
    cohort, design, groups = make_study(study)
    for library in ("pymc", "formulaic"):  # as bambi and its formulas are before it is timed
        importlib.import_module(library)
    seconds, engines = {}, {}
    for model in list_models(groups):
        start = time.perf_counter(), time.process_time()
        fit = ds.fit_model(model, cohort, design, inference=inference, seed=1)
        wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
        seconds[model.name] = {"wall": round(wall, 2), "cpu": round(cpu, 2)}
        engines[model.name] = {
            "engine": fit.diagnostics.engine,
            "reason": fit.diagnostics.reason,
            "khat": round(fit.diagnostics.khat, 2),
            "draws": round(fit.diagnostics.ess_bulk_min),
        }
    return {"fits": seconds, "engines": engines}


def run_by_row(study: str) -> dict[str, Any]:
    """Write the three models by row, as a statistician would, and sample them with nutpie."""
    import pymc as pm

    arrays = make_arrays(study)
    seconds = {}
    began = time.process_time()
    for measure in MEASURES:
        start = time.perf_counter()
        with build_by_row(measure, arrays):
            pm.sample(progressbar=False, random_seed=1, nuts_sampler="nutpie")
        seconds[measure] = round(time.perf_counter() - start, 2)
    return {
        "seconds": round(sum(seconds.values()), 2),
        "cpu_seconds": round(time.process_time() - began, 2),
        "model_seconds": seconds,
    }


def make_arrays(study: str) -> dict[str, Any]:
    """Return what a model by row needs."""
    from desist.models.predictors import make_predictors
    from desist.sample import build_sample
    from desist.weights import scale_weights

    cohort, design, groups = make_study(study)
    predictors = make_predictors(build_sample(cohort, design), COVARIATES, groups)
    people = cohort.people
    days = people["days"].fillna(365.0).to_numpy(float) / 365.0
    return {
        "weight": scale_weights(design.weights, design.treated),
        "treated": predictors.treatment,
        "x": predictors.covariates,
        "group": predictors.groups,
        "n_levels": [len(levels) for levels in predictors.levels.values()],
        "reoffended": people["reoffended"].to_numpy(float),
        "offences": people["offences"].to_numpy(int),
        "time": np.maximum(days, 0.5 / 365.0),
    }


def build_by_row(measure: str, arrays: dict[str, Any]) -> Any:
    """Write one weighted hierarchical model, each person a row."""
    import pymc as pm

    treated = arrays["treated"]
    with pm.Model() as model:
        eta = pm.Normal("intercept", 0, 1.5) + pm.Normal("treatment", 0, 1.5) * treated
        eta += arrays["x"] @ pm.Normal("covariates", 0, 0.5, shape=arrays["x"].shape[1])
        for position, n_levels in enumerate(arrays["n_levels"]):
            of_row = arrays["group"][:, position]
            for name, scale, on in (("intercept", 1.0, 1.0), ("treatment", 0.5, treated)):
                label = f"{name}_{position}"
                between = pm.HalfNormal(f"{label}_sd", scale)
                standard = pm.Normal(f"{label}_standard", shape=n_levels)
                eta += (between * standard)[of_row] * on
        pm.Potential("weighted", (arrays["weight"] * write_term(measure, eta, arrays)).sum())
    return model


def write_term(measure: str, eta: Any, arrays: dict[str, Any]) -> Any:
    """Write the log-likelihood of each person."""
    import pymc as pm

    if measure == "rate":
        return pm.logp(pm.Bernoulli.dist(logit_p=eta), arrays["reoffended"])
    log_shape = pm.Normal("log_shape", 0, 1.5 if measure == "frequency" else 0.5)
    shape = pm.math.exp(log_shape + pm.Normal("log_shape_ratio", 0, 0.5) * arrays["treated"])
    if measure == "frequency":
        counts = pm.NegativeBinomial.dist(mu=pm.math.exp(eta), alpha=shape)
        return pm.logp(counts, arrays["offences"])
    log_time = np.log(arrays["time"])
    log_hazard = pm.math.log(shape) + (shape - 1) * log_time + eta
    return arrays["reoffended"] * log_hazard - pm.math.exp(eta + shape * log_time)


def run_bambi(study: str) -> dict[str, Any]:
    """Fit bambi's hierarchical logistic and negative binomial models, without weights."""
    families = {"reoffended": "bernoulli", "offences": "negativebinomial"}
    return {"fits": {outcome: fit_bambi(study, outcome, families[outcome]) for outcome in families}}


def fit_bambi(study: str, outcome: str, family: str) -> dict[str, Any]:
    """Fit one of them, and count the effective draws of the programme effect."""
    import arviz as az
    import bambi

    arrays = make_arrays(study)
    frame = pd.DataFrame(arrays["x"], columns=[f"x{i}" for i in range(arrays["x"].shape[1])])
    frame = frame.assign(
        treated=arrays["treated"],
        prison=arrays["group"][:, 0].astype(str),
        reoffended=arrays["reoffended"].astype(int),
        offences=arrays["offences"],
    )
    right = " + ".join(name for name in frame if name.startswith("x"))
    start = time.perf_counter(), measure_all()
    formula = f"{outcome} ~ {EFFECT} + {right} + (1 + {EFFECT} | prison)"
    tree = bambi.Model(formula, frame, family=family).fit(progressbar=False, random_seed=1)
    wall, cpu = time.perf_counter() - start[0], measure_all() - start[1]
    draws = float(az.ess(tree, var_names=[EFFECT])[EFFECT])
    return {"wall": round(wall, 2), "cpu": round(cpu, 2), "draws": round(draws)}


JOBS: dict[str, Callable[[str], dict[str, Any]]] = {
    "nested": lambda study: run_evaluate(study, "auto"),
    "flat": lambda study: run_evaluate(study, "auto", flat=True),
    "nuts": lambda study: run_evaluate(study, "nuts"),
    "fits": lambda study: run_fits(study, "auto"),
    "fits by nuts": lambda study: run_fits(study, "nuts"),
    "pymc": run_by_row,
    "bambi": run_bambi,
}


def run_apart(job: str, study: str) -> dict[str, Any]:
    """Run one job in a process of its own."""
    command = [sys.executable, str(Path(__file__)), "--jobs", job, "--studies", study, "--inside"]
    start, before, load = time.perf_counter(), measure_processor(), os.getloadavg()[0]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:]}
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told | {
        "process_seconds": round(time.perf_counter() - start, 2),
        "process_cpu_seconds": round(measure_processor() - before, 2),
        "load_before": round(load, 1),
    }


def measure_processor() -> float:
    """Return the processor time of all processes that this one has waited for, in seconds."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def measure_all() -> float:
    """Return the processor time of this process and of those that it has waited for."""
    return time.process_time() + measure_processor()


def read_store(store: Path | None) -> dict[str, dict[str, Any]]:
    """Read the results of jobs that were run before."""
    if store is None or not store.exists():
        return {}
    known: dict[str, dict[str, Any]] = json.loads(store.read_text(encoding="utf-8"))
    return known


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", nargs="+", default=list(JOBS), choices=list(JOBS))
    parser.add_argument("--studies", nargs="+", default=list(STUDIES), choices=list(STUDIES))
    parser.add_argument("--inside", action="store_true", help="run one job in this process")
    parser.add_argument("--store", type=Path, help="file that keeps the results of jobs")
    chosen = parser.parse_args()
    if chosen.inside:
        print(json.dumps(JOBS[chosen.jobs[0]](chosen.studies[0])))
        return
    results = read_store(chosen.store)
    for study in chosen.studies:
        for job in chosen.jobs:
            if job in results.get(study, {}):
                continue
            results.setdefault(study, {})[job] = run_apart(job, study)
            print(study, job, results[study][job], file=sys.stderr, flush=True)
            if chosen.store is not None:
                chosen.store.write_text(json.dumps(results), encoding="utf-8")
    print(json.dumps({"benchmark": "hierarchies", **describe_run(), "studies": results}))


if __name__ == "__main__":
    main()
