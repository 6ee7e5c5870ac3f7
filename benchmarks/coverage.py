"""Is it right? How often 95 % intervals cover the effect that cohorts were made with.

Each cell simulates cohorts with a known effect, matches them by radius, fits every model, and
counts for every measure and method how often the interval covers the effect on the matched
participants. Prints one JSON object; a table goes to standard error.

    python benchmarks/coverage.py --replicates 200 --cells like_the_report no_effect
"""

import argparse
import json
import math
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

import desist as ds
from desist.checks.weighted import weighted_difference
from desist.checks.welch import welch
from desist.cohort.outcomes import Outcomes, read_outcomes
from desist.estimands import Measure

# Numba looks for a module named coverage, and must not find this file.
sys.path[:] = [path for path in sys.path if Path(path).resolve() != Path(__file__).parent.resolve()]

# Other ethnicities differ from white in nothing here; as a level of three people in a hundred
# it would at times have no participant at all, and the score no estimate.
FORMULA = "age + copas + I(ethnicity == 'black') + I(ethnicity == 'asian')"
CELLS: dict[str, dict[str, float]] = {
    "like_the_report": {},
    "no_effect": {"rate_ratio": 1.0},
    "few_reoffenders": {"rate_ratio": 0.15},
    "small_comparison": {"n_comparison": 150},
}
type Found = tuple[Measure, str, tuple[float, float, float]]
type Column = NDArray[Any]
MODELS = (ds.RateModel(), ds.FrequencyModel(), ds.SurvivalModel())


def replicate(job: tuple[str, int]) -> list[dict[str, Any]] | str:
    """Evaluate one simulated cohort; a refusal of the package is returned by its name."""
    cell, seed = job
    simulated = ds.simulate_cohort(rng=seed, n_groups=0, **CELLS[cell])
    try:
        design = ds.build_design(simulated.cohort, FORMULA, method=ds.RadiusMatching())
        found = [*posteriors(simulated.cohort, design, seed), *checks(simulated.cohort, design)]
    except ds.CannotAnswerError as refusal:
        return type(refusal).__name__
    truth = simulated.means_of(np.where(design.treated, design.weights, 0.0))
    about = {"cell": cell, "ess": design.effective_sample_size_comparison}
    return [
        about
        | {"measure": str(measure), "method": method}
        | judge(truth[measure].difference, *limits)
        for measure, method, limits in found
    ]


def posteriors(cohort: ds.Cohort, design: ds.Design, seed: int) -> Iterator[Found]:
    """Fit every model and yield the posterior mean and interval of each difference."""
    for model in MODELS:
        fit = ds.fit_model(model, cohort, design, seed=seed)
        for effect in ds.estimate_effects(fit):
            if effect.difference is not None:
                limits = (float(effect.draws.mean()), effect.interval.lower, effect.interval.upper)
                yield effect.measure, "posterior", limits


def checks(cohort: ds.Cohort, design: ds.Design) -> Iterator[Found]:
    """Yield Welch on raw numbers, as the Justice Data Lab has it, and HC3 on the weights."""
    for measure, outcome, who in outcome_columns(read_outcomes(cohort)):
        data = (outcome[who], design.treated[who], design.weights[who])
        found = {"welch": welch(*data), "weighted_difference_hc3": weighted_difference(*data)}
        for name, finding in found.items():
            if not math.isnan(finding.lower):
                yield measure, name, (finding.estimate, finding.lower, finding.upper)


def outcome_columns(outcomes: Outcomes) -> Iterator[tuple[Measure, Column, Column]]:
    """Yield each measure with its outcome and the people whom it is about."""
    everybody = np.ones(len(outcomes.time_at_risk), dtype=bool)
    yield Measure.RATE, outcomes.reoffended, everybody
    yield Measure.FREQUENCY, outcomes.offences, everybody
    yield Measure.RMST, outcomes.days, everybody  # nobody is lost before the horizon
    yield Measure.TIME_AMONG_REOFFENDERS, outcomes.days, outcomes.reoffended


def judge(truth: float, estimate: float, lower: float, upper: float) -> dict[str, Any]:
    """Say whether an interval covers the truth, and whether it excludes no difference."""
    return {
        "covered": lower <= truth <= upper,
        "excludes_zero": lower > 0 or upper < 0,
        "width": upper - lower,
        "error": estimate - truth,
        "truth": truth,
    }


def summarise(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Average the replicates of each cell, measure and method, with Monte Carlo errors."""
    grouped = pd.DataFrame(rows).groupby(["cell", "measure", "method"], sort=False)
    table = grouped[["covered", "excludes_zero", "width", "error", "truth", "ess"]].mean()
    table.columns = ["coverage", "excludes_zero", "mean_width", "bias", "mean_truth", "mean_ess"]
    table.insert(0, "replicates", grouped.size())
    variance = table["coverage"] * (1 - table["coverage"])
    error = np.sqrt(np.maximum(variance, 1 / table["replicates"]) / table["replicates"])
    table.insert(2, "monte_carlo_error", error)
    return table.reset_index()


def run(cells: list[str], replicates: int, workers: int) -> dict[str, Any]:
    """Run the cells on a pool of processes; the same seeds whatever the pool."""
    jobs = [(cell, seed) for cell in cells for seed in range(replicates)]
    rows: list[dict[str, Any]] = []
    refused: Counter[str] = Counter()
    start = time.perf_counter()
    with ProcessPoolExecutor(workers) as pool:
        results = pool.map(replicate, jobs, chunksize=4)
        for job, found in zip(jobs, tqdm(results, total=len(jobs), disable=None), strict=True):
            if isinstance(found, str):
                refused[f"{job[0]}: {found}"] += 1
            else:
                rows += found
    table = summarise(rows)
    print(table.drop(columns=["mean_truth", "mean_ess"]).to_string(index=False), file=sys.stderr)
    return {
        "benchmark": "coverage",
        "version": ds.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "seconds": round(time.perf_counter() - start, 1),
        "refused": dict(refused),
        "results": json.loads(table.to_json(orient="records", double_precision=6)),
    }


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--cells", nargs="+", default=["like_the_report"], choices=list(CELLS))
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    print(json.dumps(run(arguments.cells, arguments.replicates, arguments.workers), indent=1))


if __name__ == "__main__":
    main()
