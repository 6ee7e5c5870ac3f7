"""Is it fast? The same posteriors by `desist`, by PyMC row by row, and by bambi.

One study, 83 participants and 5,514 weighted comparison people, six covariates, three measures.
Every job runs in a process of its own, so that no job finds what another has compiled, first with
empty compilation caches and then with the ones it left. Python's own bytecode is written before,
as by an installation:

- `desist`: `evaluate` with `inference="auto"`, frequentist checks and all;
- `pymc`: a weighted Bernoulli, negative binomial and Weibull model, each person a row, under
  `pymc.sample()` as it comes, which takes nutpie where it is installed;
- `pymc_own`: the same under PyMC's own sampler, which it takes where nutpie is not;
- `bambi`: the same three, with weights where bambi takes them; what it cannot fit is named;
- `refits`: in one process, the three models fitted again to other outcomes, by both;
- `nuts`: the negative binomial in sufficient form against the same by row, under nutpie with the
  same settings, in effective draws a second once both are compiled;
- `prisons`: a logistic model with varying intercepts and effects over 40 prisons, against bambi.

Prints one JSON object, the ratios first; a line for each job goes to standard error. Bambi is no
dependency of the project:

    uv run --with bambi python benchmarks/speed.py
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from machine import describe_run
from numpy.typing import NDArray

import desist as ds
from desist.design.design import Design
from desist.models.predictors import make_predictors
from desist.sample import build_sample
from desist.weights import scale_weights

COVARIATES = (
    "age + copas + age_first_sanction + prior_offences"
    " + I(ethnicity == 'black') + I(ethnicity == 'asian')"
)
OUTCOMES = {"reoffended": "reoffended", "offences": "offences", "days": "days"}
N_PRISONS = 40
N_REFITS = 5
FOLLOW_UP = 365.0

type Floats = NDArray[np.float64]


def write_people(folder: Path) -> None:
    """Write the study, its radius weights, other outcomes for the refits, and the prisons."""
    cohort = ds.simulate_cohort(rng=2017, n_groups=0).cohort
    formula = "age + copas + I(ethnicity == 'black') + I(ethnicity == 'asian')"
    weights = ds.build_design(cohort, formula, method=ds.RadiusMatching()).weights
    cohort.people.assign(weight=weights).to_parquet(folder / "study.parquet")
    rng = np.random.default_rng(1)
    for number in range(N_REFITS):
        drawn = rng.permutation(len(weights))
        again = cohort.people.assign(weight=weights)
        again[list(OUTCOMES)] = again[list(OUTCOMES)].to_numpy()[drawn]
        again.to_parquet(folder / f"refit_{number}.parquet")
    prisons = ds.simulate_cohort(
        800, 1600, rng=5, n_groups=N_PRISONS, group_sd=0.4, confounding=0.0, rate_ratio=0.7
    )
    prisons.cohort.people.to_parquet(folder / "prisons.parquet")


def read_study(path: Path) -> tuple[ds.Cohort, Any]:
    """Read the people, and the weights that they came with."""
    people = pd.read_parquet(path)
    for name, kind in {"reoffended": bool, "offences": int, "days": float}.items():
        people[name] = people[name].astype(kind)
    cohort = ds.Cohort(people, treatment="programme", person="id", follow_up=FOLLOW_UP, **OUTCOMES)
    return cohort, ds.build_design(cohort, None, method=ds.GivenWeights("weight"))


def default_models() -> tuple[Any, ...]:
    """Return the three models that `evaluate` fits."""
    kinds = (ds.RateModel, ds.FrequencyModel, ds.SurvivalModel)
    return tuple(kind(covariates=COVARIATES) for kind in kinds)


def make_arrays(cohort: ds.Cohort, design: Any) -> dict[str, Floats]:
    """Return what a model by row needs: outcomes, standardised covariates, scaled weights."""
    used = design.weights > 0
    predictors = make_predictors(build_sample(cohort, design), COVARIATES, ())
    people = cohort.people
    days = people["days"].fillna(FOLLOW_UP).to_numpy(float) / FOLLOW_UP
    arrays = {
        "weight": scale_weights(design.weights, design.treated),
        "treated": predictors.treatment,
        "x": predictors.covariates,
        "reoffended": people["reoffended"].to_numpy(float),
        "offences": people["offences"].to_numpy(float),
        "time": np.maximum(days, 0.5 / FOLLOW_UP),
    }
    return {name: values[used] for name, values in arrays.items()}


def build_by_row(measure: str, arrays: Mapping[str, Floats]) -> Any:
    """Write one weighted model as a statistician would, each person a row."""
    import pymc as pm

    arm = arrays["treated"].astype(int)
    with pm.Model() as model:
        eta = pm.Normal("intercept", 0, 1.5) + pm.Normal("treatment", 0, 1.5) * arrays["treated"]
        scale = ds.Priors().covariates.scale
        eta += arrays["x"] @ pm.Normal("covariates", 0, scale, shape=arrays["x"].shape[1])
        if measure == "rate":
            term = pm.logp(pm.Bernoulli.dist(logit_p=eta), arrays["reoffended"])
        else:
            log_shape = pm.Normal("log_shape", 0, 1.5 if measure == "frequency" else 0.5)
            ratio = pm.Normal("log_shape_ratio", 0, 0.5)
            shape = pm.math.exp(log_shape + ratio * arm)
            if measure == "frequency":
                counts = pm.NegativeBinomial.dist(mu=pm.math.exp(eta), alpha=shape)
                term = pm.logp(counts, arrays["offences"].astype(int))
            else:
                log_time = np.log(arrays["time"])
                hazard = pm.math.log(shape) + (shape - 1) * log_time + eta
                term = arrays["reoffended"] * hazard - pm.math.exp(eta + shape * log_time)
        pm.Potential("weighted", (arrays["weight"] * term).sum())
    return model


MEASURES = ("rate", "frequency", "survival")


def run_desist(folder: Path) -> dict[str, Any]:
    """Evaluate the study with checks and all."""
    cohort, design = read_study(folder / "study.parquet")
    start = time.perf_counter()
    found = ds.evaluate(cohort, design, covariates=COVARIATES, seed=1)
    engines = {effect.measure.value: effect.diagnostics.engine for effect in found.effects}
    return {"evaluate_seconds": time.perf_counter() - start, "engines": engines}


def run_pymc(folder: Path, sampler: str | None = None) -> dict[str, Any]:
    """Sample the three models by row, as `pymc.sample` comes or with a sampler of its."""
    import pymc as pm

    arrays = make_arrays(*read_study(folder / "study.parquet"))
    seconds, treatment = {}, {}
    for measure in MEASURES:
        start = time.perf_counter()
        with build_by_row(measure, arrays):
            tree = pm.sample(progressbar=False, random_seed=1, nuts_sampler=sampler)
        seconds[measure] = time.perf_counter() - start
        treatment[measure] = float(tree["posterior"]["treatment"].mean())
    return {"model_seconds": seconds, "treatment": treatment}


def run_bambi(folder: Path) -> dict[str, Any]:
    """Fit what bambi can fit, with weights where it takes them."""
    import bambi

    people, names = make_frame(make_arrays(*read_study(folder / "study.parquet")))
    right = " + ".join(["treated", *names])
    tried = {
        "rate": [("weighted(reoffended, weight)", "bernoulli"), ("reoffended", "bernoulli")],
        "frequency": [("weighted(offences, weight)", "negativebinomial")],
        "survival": [("censored(time, status)", "weibull")],
    }
    seconds, cannot = {}, {}
    for measure, ways in tried.items():
        for left, family in ways:
            start = time.perf_counter()
            try:
                model = bambi.Model(f"{left} ~ {right}", people, family=family)
                model.fit(progressbar=False, random_seed=1)
            except Exception as error:  # noqa: BLE001 - what another package cannot do is a result
                cannot[f"{left}, {family}"] = f"{type(error).__name__}: {error}"[:160]
            else:
                seconds[f"{measure}: {left}"] = time.perf_counter() - start
                break
    return {"model_seconds": seconds, "cannot": cannot}


def make_frame(arrays: Mapping[str, Floats]) -> tuple[pd.DataFrame, list[str]]:
    """Return the arrays as a frame, with the names of the covariates."""
    names = [f"x{position}" for position in range(arrays["x"].shape[1])]
    plain = {name: values for name, values in arrays.items() if name != "x"}
    frame = pd.DataFrame(plain).join(pd.DataFrame(arrays["x"], columns=names))
    frame["status"] = np.where(frame["reoffended"] > 0, "none", "right")
    return frame.astype({"offences": int, "reoffended": int}), names


def run_refits(folder: Path) -> dict[str, Any]:
    """Fit the three models again to other outcomes, in one process."""
    import pymc as pm

    ours, theirs = [], []
    fit_all(*read_study(folder / "study.parquet"))
    for number in range(N_REFITS):
        people = read_study(folder / f"refit_{number}.parquet")
        start = time.perf_counter()
        fit_all(*people)
        ours.append(time.perf_counter() - start)
    for number in range(2):  # the second, when all that can be kept has been kept
        arrays = make_arrays(*read_study(folder / f"refit_{number}.parquet"))
        start = time.perf_counter()
        for measure in MEASURES:
            with build_by_row(measure, arrays):
                pm.sample(progressbar=False, random_seed=1)
        theirs.append(time.perf_counter() - start)
    return {"desist_seconds": ours, "pymc_seconds": theirs}


def fit_all(cohort: ds.Cohort, design: Any) -> None:
    """Fit the three models and estimate their effects."""
    for model in default_models():
        ds.estimate_effects(ds.fit_model(model, cohort, design, seed=1))


def run_nuts(folder: Path) -> dict[str, Any]:
    """Sample the negative binomial in sufficient form and by row, both compiled before."""
    import arviz as az
    import nutpie

    cohort, design = read_study(folder / "study.parquet")
    fit = ds.fit_model(default_models()[1], cohort, design, inference="laplace", seed=1)
    models = {
        "sufficient": fit.collapsed_model,
        "by_row": build_by_row("frequency", make_arrays(cohort, design)),
    }
    found: dict[str, Any] = {}
    for name, model in models.items():
        compiled = nutpie.compile_pymc_model(model)
        nutpie.sample(compiled, draws=10, tune=10, progress_bar=False, seed=1)
        start = time.perf_counter()
        tree = nutpie.sample(compiled, chains=4, progress_bar=False, seed=1)
        seconds = time.perf_counter() - start
        names = [variable.name for variable in model.free_RVs]
        effective = min(float(values.min()) for values in az.ess(tree, var_names=names).values())
        found[name] = {
            "seconds": seconds,
            "effective_draws": effective,
            "effective_draws_per_second": effective / seconds,
            "treatment": float(tree["posterior"]["treatment"].mean()),
        }
    return found


PRISON_COVARIATES = "age + copas"


def read_prisons(folder: Path) -> pd.DataFrame:
    """Read the people in 40 prisons."""
    return pd.read_parquet(folder / "prisons.parquet")


def make_prisons(people: pd.DataFrame) -> tuple[ds.Cohort, Design]:
    """Make a cohort of them in which everybody has weight 1."""
    roles = OUTCOMES | {"treatment": "programme", "person": "id"}
    cohort = ds.Cohort(people, follow_up=FOLLOW_UP, groups=["prison"], **roles)
    return cohort, Design(np.ones(cohort.n_people), cohort.treated, ds.Estimand.ATT)


def run_prisons_desist(folder: Path) -> dict[str, Any]:
    """Fit the hierarchy, and fit it again."""
    cohort, design = make_prisons(read_prisons(folder))
    found = {}
    for name, seed in (("first", 1), ("again", 2)):
        start = time.perf_counter()
        fit = ds.fit_model(ds.RateModel(PRISON_COVARIATES), cohort, design, seed=seed)
        found[name] = rate_of(time.perf_counter() - start, fit.diagnostics.ess_bulk_min)
    return found | {"treatment": float(fit.draws["treatment"].mean())}


def run_prisons_bambi(folder: Path) -> dict[str, Any]:
    """Fit the same hierarchy with the same priors, and fit it again."""
    import arviz as az
    import bambi
    from bambi import Prior

    people = read_prisons(folder)
    cohort, design = make_prisons(people)
    columns = make_predictors(build_sample(cohort, design), PRISON_COVARIATES, ()).covariates
    people = people.assign(
        treated=people["programme"].astype(float),
        reoffended=people["reoffended"].astype(int),
        age=columns[:, 0],
        copas=columns[:, 1],
    )
    priors = {
        "Intercept": Prior("Normal", mu=0, sigma=1.5),
        "treated": Prior("Normal", mu=0, sigma=1.5),
        "age": Prior("Normal", mu=0, sigma=ds.Priors().covariates.scale),
        "copas": Prior("Normal", mu=0, sigma=ds.Priors().covariates.scale),
        "1|prison": Prior("Normal", mu=0, sigma=Prior("HalfNormal", sigma=1)),
        "treated|prison": Prior("Normal", mu=0, sigma=Prior("HalfNormal", sigma=0.5)),
    }
    formula = f"reoffended ~ treated + {PRISON_COVARIATES} + (1|prison) + (0 + treated|prison)"
    found = {}
    for name, seed in (("first", 1), ("again", 2)):
        start = time.perf_counter()
        model = bambi.Model(
            formula, people, family="bernoulli", priors=priors, center_predictors=False
        )
        tree = model.fit(progressbar=False, random_seed=seed)
        seconds = time.perf_counter() - start
        effective = min(float(values.min()) for values in az.ess(tree).values())
        found[name] = rate_of(seconds, effective)
    return found | {"treatment": float(tree["posterior"]["treated"].mean())}


def rate_of(seconds: float, effective: float) -> dict[str, float]:
    """Say how long an effective draw of the worst parameter took."""
    return {
        "seconds": seconds,
        "effective_draws": effective,
        "milliseconds_per_effective_draw": 1000 * seconds / effective,
    }


JOBS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "desist": run_desist,
    "pymc": run_pymc,
    "pymc_own": partial(run_pymc, sampler="pymc"),
    "bambi": run_bambi,
    "refits": run_refits,
    "nuts": run_nuts,
    "prisons_desist": run_prisons_desist,
    "prisons_bambi": run_prisons_bambi,
}
TWICE = ("desist", "pymc", "pymc_own", "bambi")  # with empty caches, and with warm ones


def ordinary_environment() -> dict[str, str]:
    """Return the environment, in which Python may keep the bytecode of what it imports."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def write_bytecode(jobs: list[str]) -> None:
    """Import all packages once: an installed package has bytecode, whoever installed it."""
    names = {"desist.evaluation", "formulaic", "pyarrow", "pymc", "nutpie", "arviz"}
    names |= {"bambi" for job in jobs if "bambi" in job}
    command = [sys.executable, "-c", f"import {', '.join(sorted(names))}"]
    subprocess.run(command, env=ordinary_environment(), check=True)


def run_job(name: str, folder: Path, caches: Path) -> dict[str, Any]:
    """Run one job in a fresh process; its seconds count from the process's start."""
    flags = os.environ.get("PYTENSOR_FLAGS", "")
    environment = ordinary_environment() | {
        "PYTENSOR_FLAGS": f"{flags + ',' if flags else ''}base_compiledir={caches}",
        "NUMBA_CACHE_DIR": str(caches),
    }
    command = [sys.executable, __file__, "--job", name, "--folder", str(folder)]
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr[-2000:]}")
    return {"seconds": seconds, **json.loads(done.stdout.splitlines()[-1])}


def compare(results: Mapping[str, Any]) -> dict[str, float | None]:
    """Return how many times faster, from the jobs that were run."""

    def ratio(slow: str, fast: str, *path: str) -> float | None:
        pair = [results.get(slow), results.get(fast)]
        for step in path:
            pair = [None if one is None else one.get(step) for one in pair]
        return None if None in pair else pair[0] / pair[1]

    ratios = {
        f"{other}, {caches} caches": ratio(f"{other}, {caches}", f"desist, {caches}", "seconds")
        for caches in ("empty", "warm")
        for other in ("pymc", "pymc_own", "bambi")
    }
    if "refits" in results:
        found = results["refits"]
        again = float(np.median(found["desist_seconds"]))
        ratios["pymc, refits in one process"] = found["pymc_seconds"][-1] / again
    if "nuts" in results:
        found = results["nuts"]
        ratios["by row, effective draws a second"] = (
            found["sufficient"]["effective_draws_per_second"]
            / found["by_row"]["effective_draws_per_second"]
        )
    for name in ("first", "again"):
        ratios[f"bambi, 40 prisons, seconds per effective draw, {name}"] = ratio(
            "prisons_bambi", "prisons_desist", name, "milliseconds_per_effective_draw"
        )
    return {name: None if value is None else round(value, 2) for name, value in ratios.items()}


def shorten(value: Any) -> Any:
    """Round every number to four digits."""
    if isinstance(value, dict):
        return {key: shorten(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shorten(inner) for inner in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def run(jobs: list[str]) -> dict[str, Any]:
    """Run the jobs one after another."""
    start, ran = time.perf_counter(), describe_run()
    results: dict[str, Any] = {}
    write_bytecode(jobs)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        write_people(data)
        for job in jobs:
            caches = Path(folder) / "caches" / job
            caches.mkdir(parents=True)
            for state in ("empty", "warm") if job in TWICE else (None,):
                name = job if state is None else f"{job}, {state}"
                results[name] = shorten(run_job(job, data, caches))
                print(name, json.dumps(results[name]), file=sys.stderr, flush=True)
    return {
        "benchmark": "speed",
        "times_faster": compare(results),
        **ran,
        "seconds": round(time.perf_counter() - start, 1),
        "results": results,
    }


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", nargs="+", default=list(JOBS), choices=list(JOBS))
    parser.add_argument("--job", choices=list(JOBS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job is None:
        print(json.dumps(run(arguments.jobs), indent=1))
        return
    found = JOBS[arguments.job](arguments.folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found | {"peak_mib": round(peak)}))


if __name__ == "__main__":
    main()
