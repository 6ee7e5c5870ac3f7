"""How the design stage grows with the number of comparison people.

    python benchmarks/scale.py 10000 100000 1000000

Prints one JSON object: seconds, ratios, peak memory (in multiples of the covariate matrix,
where Linux tells) and the exponent of growth of each step.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from desist.cohort.cohort import Cohort
from desist.design.design import build_design
from desist.design.formula import make_matrix, read_formula
from desist.design.matching.nearest import NearestMatching
from desist.design.matching.radius import RadiusMatching, radius_weights
from desist.design.scores.propensity import fit_score
from desist.design.weighting.by_score import OverlapWeights
from desist.design.weighting.entropy import EntropyBalancing
from desist.execution import on_one_thread

N_COVARIATES = 20
STATUS = Path("/proc/self/status")
METHODS = {
    "build_radius": RadiusMatching(caliper=0.05),
    "build_nearest": NearestMatching(caliper=0.2),
    "build_entropy": EntropyBalancing(),
    "build_overlap": OverlapWeights(),
}


def make_cohort(n_treated: int, n_comparison: int, seed: int) -> Cohort:
    """People whose covariates differ by arm, half of them 0/1."""
    rng = np.random.default_rng(seed)
    treated = np.repeat([1, 0], [n_treated, n_comparison])
    columns: dict[str, Any] = {"programme": treated}
    for number in range(N_COVARIATES):
        shift = 0.1 * (number % 4) * treated
        value = rng.normal(size=len(treated)) + shift
        columns[f"x{number}"] = value if number % 2 else (value > 0.5).astype(float)
    return Cohort(pd.DataFrame(columns), treatment="programme")


def measure(step: Callable[[], object], repeats: int = 1) -> dict[str, float]:
    """Shortest time of some repeats, and the memory that the step adds at its peak."""
    before = reset_peak()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return {"seconds": round(min(seconds), 4), "peak_mb": read_status("VmHWM") - before}


def reset_peak() -> float:
    """Forget the peak of memory so far; return what is in use, in MB."""
    if STATUS.exists():
        Path("/proc/self/clear_refs").write_text("5")
    return read_status("VmRSS")


def read_status(name: str) -> float:
    """Read a line of the status of this process in MB; not a number where there is none."""
    if not STATUS.exists():
        return float("nan")
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(lines[name].split()[0]) / 1024


def measure_size(n_treated: int, n_comparison: int, seed: int) -> dict[str, Any]:
    """All steps at one size."""
    cohort = make_cohort(n_treated, n_comparison, seed)
    text = " + ".join(cohort.covariates.columns)
    covariates, treated = cohort.covariates, cohort.treated
    formula, _ = read_formula(text, covariates, {})

    def fit_alone() -> object:
        with on_one_thread():
            return fit_score(make_matrix(formula, covariates)[0], treated)

    steps = {"fit_alone": measure(fit_alone, 2)}
    score = fit_alone()
    logit, radius = score.logit, 0.05 * score.logit.std(ddof=1)
    steps["sort_scores"] = measure(lambda: np.argsort(logit[~treated]), 5)
    steps["radius_step"] = measure(lambda: radius_weights(logit, treated, radius), 5)
    for name, method in METHODS.items():
        steps[name] = measure(lambda method=method: build_design(cohort, text, method=method))
    matrix_mb = covariates.to_numpy().nbytes / 2**20
    for step in steps.values():
        step["peak_matrices"] = round(step.pop("peak_mb") / matrix_mb, 2)
    seconds = {name: step["seconds"] for name, step in steps.items()}
    return {
        "n_comparison": n_comparison,
        "matrix_mb": round(matrix_mb, 1),
        "steps": steps,
        "radius_step_over_sort": round(seconds["radius_step"] / seconds["sort_scores"], 2),
        "build_radius_over_fit": round(seconds["build_radius"] / seconds["fit_alone"], 2),
    }


def find_exponents(n_treated: int, sizes: list[dict[str, Any]]) -> dict[str, float]:
    """Slope of log seconds on log people, between the two largest sizes."""
    if len(sizes) < 2:
        return {}
    last, before = sizes[-1], sizes[-2]
    people = (last["n_comparison"] + n_treated) / (before["n_comparison"] + n_treated)
    return {
        name: round(
            float(np.log(step["seconds"] / before["steps"][name]["seconds"]) / np.log(people)), 2
        )
        for name, step in last["steps"].items()
    }


def main() -> None:
    """Measure all sizes asked for and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000])
    parser.add_argument("--treated", type=int, default=9_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    sizes = [measure_size(chosen.treated, size, chosen.seed) for size in sorted(chosen.sizes)]
    result = {
        "n_treated": chosen.treated,
        "n_covariates": N_COVARIATES,
        "sizes": sizes,
        "exponents": find_exponents(chosen.treated, sizes),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
