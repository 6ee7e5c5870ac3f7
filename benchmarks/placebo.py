"""Programmes that nobody gave: the prison work programme, and a hidden effect of prisons.

The first part draws 200 placebo programmes from the comparison people of `recid.csv`. The second
simulates a programme without an effect in two of twenty prisons that differ in something nobody
recorded, and asks how often the interval of its effect covers the truth, without and with the
spread of placebo programmes in two other prisons as a prior of bias. Prints one JSON object.

    python benchmarks/placebo.py --studies 200 --store FILE    # goes on from what FILE keeps
"""

import argparse
import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_run

import desist as ds
from desist.checks.people.weighted import weighted_difference
from desist.execution import Store, run_tasks
from desist.sample import build_sample
from desist.sensitivity.placebo import placebo_programmes

FORMULA = (
    "age + tserved + priors + rules + educ + black + alcohol + drugs + super + married + felon "
    "+ property + against_person"
)
N_PRISONS, N_TREATED_PRISONS, PRISON_SD = 20, 2, 0.5


def run_recid(n_programmes: int) -> dict[str, Any]:
    cohort = ds.datasets.recid_cohort()
    design = ds.build_design(cohort, FORMULA, method=ds.RadiusMatching())
    model = ds.RateModel(groups=())
    start = time.perf_counter()
    found = placebo_programmes(cohort, design, n_programmes=n_programmes, model=model, seed=2017)
    return {
        "programmes": n_programmes,
        "participants": found.size,
        "false_positives": round(found.false_positives, 4),
        "error": round(found.error, 4),
        "spread_of_estimates": round(float(found.table["estimate"].std()), 4),
        "bias_mean": round(found.bias[0], 4),
        "bias_spread": round(found.bias[1], 4),
        "bias_spread_interval": [round(end, 4) for end in found.bias_interval],
        "seconds": round(time.perf_counter() - start, 1),
    }


def simulate(seed: int) -> ds.Cohort:
    """Two prisons give a programme that does nothing; prisons differ by what nobody recorded."""
    rng = np.random.default_rng([41, seed])
    simulated = ds.simulate_cohort(
        120,
        1500,
        rng=rng,
        rate_ratio=1.0,
        n_groups=N_PRISONS,
        group_sd=PRISON_SD,
        confounding=0.5,
    ).cohort
    people = simulated.people.copy()
    in_programme = people["prison"].isin([f"prison {i + 1}" for i in range(N_TREATED_PRISONS)])
    # of the two prisons' people most took part, the others' people are the comparison group
    people["programme"] = in_programme & (rng.random(len(people)) < 0.7)
    people = people[people["programme"] | ~in_programme].reset_index(drop=True)
    return ds.Cohort(people, **vars(simulated.roles))


def cover(n_programmes: int, seed: int) -> dict[str, Any]:
    cohort = simulate(seed)
    design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.1))
    sample = build_sample(cohort, design)
    y = np.asarray(sample.within.reoffended, dtype=float)
    used = sample.used
    found = weighted_difference(y[used], sample.treated[used], sample.weights[used])
    placebo = placebo_programmes(cohort, design, n_programmes=n_programmes, by="prison", seed=seed)
    rng = np.random.default_rng([seed, 5])
    draws = rng.normal(found.estimate, found.standard_error, len(placebo.draws)) - placebo.draws
    low, high = np.quantile(draws, [0.025, 0.975])
    return {
        "without": bool(found.lower <= 0 <= found.upper),
        "with": bool(low <= 0 <= high),
        "width_without": found.upper - found.lower,
        "width_with": float(high - low),
        "false_positives": placebo.false_positives,
    }


def run_hidden(
    studies: int, workers: int, n_programmes: int, store: str | None = None
) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    kept = None if store is None else Store(Path(store), f"hidden {n_programmes}")
    with ProcessPoolExecutor(workers, mp_context=context) as executor:
        work, seeds = partial(cover, n_programmes), range(1, studies + 1)
        rows = run_tasks(work, seeds, executor=executor, batch=5, store=kept)
    means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    error = float(np.sqrt(means["with"] * (1 - means["with"]) / studies))
    return {
        "studies": studies,
        "coverage_without": round(means["without"], 4),
        "coverage_with": round(means["with"], 4),
        "error": round(error, 4),
        "width_without": round(means["width_without"], 4),
        "width_with": round(means["width_with"], 4),
        "false_positives": round(means["false_positives"], 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--programmes", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", choices=("recid", "hidden"))
    parser.add_argument("--store")
    given = parser.parse_args()
    found = {}
    if given.only != "hidden":
        found["recid"] = run_recid(given.programmes)
    if given.only != "recid":
        found["hidden_prison_effect"] = run_hidden(given.studies, given.workers, 20, given.store)
    print(json.dumps({"run": describe_run(), "placebo": found}, indent=2))


if __name__ == "__main__":
    main()
