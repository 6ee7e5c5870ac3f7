"""Is the answer right where the weights are, and where the model is? Large samples tell.

With 40,000 people chance is small, and what is left is bias of form. Five forms of the effect, four
estimands, rate and frequency; weights right (the score is that of participation, the outcome model
cannot hold an effect that differs between people) or weights wrong and model right (participation
bends and the score does not, the outcomes are those of the models). Of each: the bias over data
sets with its Monte Carlo error, that of the model alone, and how far the answers lie from the
weighted means of the same people, on average and at most. Prints one JSON object; a table goes to
standard error.

    python benchmarks/large_samples.py --sets 30 --store large_samples.sqlite
"""

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from coverage import hash_sources
from coverage_cells import FORMULA, IPW, Cell, Study, draw_study
from machine import describe_run

import desist as ds
from desist.effects import estimate_effects
from desist.estimands import Estimand, Measure
from desist.execution import Store, run_tasks
from desist.models.predictors import target_weights
from desist.sample import Sample, build_sample

N_TREATED, N_COMPARISON = 12_000, 28_000
FORMS = ("none", "half", "more for high risk", "more for low risk", "harm for high risk")
WHERE_THE_MODEL_IS_RIGHT = ("none", "half")
ESTIMANDS = (Estimand.ATT, Estimand.ATE, Estimand.ATC, Estimand.ATO)
LARGEST_BIAS, FARTHEST = 0.005, 0.01
ENGINE = ds.Laplace(draws=1000)  # whose mean is that of the corrected averages, with few or many


@dataclass(frozen=True)
class Task:
    """One data set, answered for one estimand."""

    effect: str
    weights_are_right: bool
    estimand: str
    seed: int


@lru_cache(maxsize=1)  # one data set is answered for every estimand in turn
def draw_data(effect: str, seed: int, *, weights_are_right: bool) -> Study:
    """Draw a data set."""
    cell = Cell(
        n_treated=N_TREATED,
        n_comparison=N_COMPARISON,
        participation="mild" if weights_are_right else "curved",
        # with 1 the odds of reoffending are the mean of the offences: both models are right
        dispersion=0.5 if weights_are_right else 1.0,
        effect=effect,
        is_discrete=True,
    )
    return draw_study(cell, np.random.default_rng([seed, crc32(b"large")]))


def answer(task: Task) -> list[list[Any]]:
    """Answer one data set: the errors of the default and of the model alone, and the distance."""
    estimand = Estimand(task.estimand)
    study = draw_data(task.effect, task.seed, weights_are_right=task.weights_are_right)
    method = ds.OverlapWeights() if estimand is Estimand.ATO else IPW
    design = ds.build_design(study.cohort, FORMULA, method=method, estimand=estimand)
    sample = build_sample(study.cohort, design, horizon=365)
    truth = study.tell(target_weights(design), with_times=False)
    rows = []
    for model in (ds.RateModel(), ds.FrequencyModel()):
        (effect,) = estimate_effects(ds.fit_model(model, sample, inference=ENGINE))
        alone = effect.correction.contrast
        plain = weigh_outcomes(sample, effect.measure)
        known = truth[effect.measure]
        rows.append(
            [str(effect.measure), effect.estimate - known, alone - known, effect.estimate - plain]
        )
    return rows


def weigh_outcomes(sample: Sample, measure: Measure) -> float:
    """Return the difference of the weighted means."""
    is_rate = measure is Measure.RATE
    outcome = (sample.within.reoffended if is_rate else sample.within.offences).astype(float)
    means = [
        np.average(outcome[arm], weights=sample.weights[arm])
        for arm in (sample.used & sample.treated, sample.used & ~sample.treated)
    ]
    return float(means[0] - means[1])


def summarise(tasks: list[Task], results: list[list[list[Any]]]) -> pd.DataFrame:
    """Average over the data sets."""
    rows = [
        [task.weights_are_right, task.effect, task.estimand, *row]
        for task, found in zip(tasks, results, strict=True)
        for row in found
    ]
    by = ["weights_are_right", "effect", "estimand", "measure"]
    errors = pd.DataFrame(rows, columns=[*by, "error", "alone", "distance"])
    grouped = errors.groupby(by, sort=False)
    table = grouped[["error", "alone"]].mean().rename(columns=lambda name: f"bias_{name}")
    table["monte_carlo_error"] = grouped["error"].std() / np.sqrt(grouped.size())
    # where the weights are right weighted means have no bias, and err as the answer does by chance:
    # the mean distance from them is the bias of the answer again, with less chance in it
    table["distance"] = grouped["distance"].mean()
    table["distance_error"] = grouped["distance"].std() / np.sqrt(grouped.size())
    table["farthest_from_weighted_means"] = grouped["distance"].agg(lambda d: d.abs().max())
    return table.reset_index()


def run(n_sets: int, workers: int, store: Store | None) -> dict[str, Any]:
    """Answer all data sets on a pool of processes."""
    start, ran = time.perf_counter(), describe_run()
    tasks = [
        Task(effect, is_right, str(estimand), seed)
        for seed in range(n_sets)
        for is_right, effects in ((True, FORMS), (False, WHERE_THE_MODEL_IS_RIGHT))
        for effect in effects
        for estimand in ESTIMANDS
    ]
    with ProcessPoolExecutor(workers) as pool:
        results = run_tasks(answer, tasks, executor=pool, progress="data sets", store=store)
    table = summarise(tasks, results)
    print(table.round(4).to_string(index=False), file=sys.stderr)
    right = table[table["weights_are_right"]]
    return {
        "benchmark": "large_samples",
        **ran,
        "seconds": round(time.perf_counter() - start, 1),
        "people": N_TREATED + N_COMPARISON,
        "data_sets": n_sets,
        "largest_bias": float(table["bias_error"].abs().max()),
        "largest_bias_asked": LARGEST_BIAS,
        "largest_distance": float(right["distance"].abs().max()),
        "largest_bias_alone": float(table["bias_alone"].abs().max()),
        "farthest_from_weighted_means": float(right["farthest_from_weighted_means"].max()),
        "farthest_asked": FARTHEST,
        "results": json.loads(table.to_json(orient="records", double_precision=6)),
    }


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=30)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--mark", default="", help="of the store, in place of a hash of the code")
    arguments = parser.parse_args()
    store = arguments.store and Store(arguments.store, arguments.mark or hash_sources())
    print(json.dumps(run(arguments.sets, arguments.workers, store), indent=1))


if __name__ == "__main__":
    main()
