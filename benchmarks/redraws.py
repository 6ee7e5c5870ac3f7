"""Is it fast to test by redrawing participation, and to evaluate? Here, and by another version.

In processor time of this process, the least of several runs, so that what else the machine does
counts for little, and in turns with the other version where its interpreter is given:

- `redraw_radius`: 9,999 draws of participation for 83 participants and 5,514 comparison people,
  drawn and as given, interval included, of three outcomes;
- `evaluate`: of simulated cohorts by radius matching, all checks, models compiled before.

Draws are those of this version for both, so that p-values have to be the same to the last draw.
Prints one JSON object:

    uv run python benchmarks/redraws.py --other ../before/.venv/bin/python
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import desist as ds
from desist.checks import redraw_radius

N_PEOPLE, N_TREATED, RADIUS, N_DRAWS = 5597, 83, 0.04, 9999
SIZES = ((83, 5514), (400, 1600))
FORMULA = "age + copas + C(ethnicity)"

type Floats = NDArray[np.float64]


def make_study() -> tuple[dict[str, Floats], NDArray[np.bool_], Floats, Floats]:
    """Return three outcomes, who took part, log odds and probabilities."""
    rng = np.random.default_rng(1)
    logit = rng.normal(-4.6, 0.8, N_PEOPLE)
    treated = np.zeros(N_PEOPLE, dtype=bool)
    treated[np.argsort(-(rng.gumbel(size=N_PEOPLE) + logit))[:N_TREATED]] = True
    rate = (rng.random(N_PEOPLE) < 0.3).astype(float)
    outcomes = {
        "rate": rate,
        "frequency": rng.poisson(0.8 * rate).astype(float),
        "days": np.where(rate > 0, rng.uniform(0, 365, N_PEOPLE), 365.0),
    }
    return outcomes, treated, logit, 1 / (1 + np.exp(-logit))


def time_redraws(draws: NDArray[np.int64], runs: int) -> dict[str, Any]:
    """Time the test of each outcome, and keep what it found."""
    outcomes, treated, logit, p = make_study()
    found: dict[str, Any] = {}
    for name, outcome in outcomes.items():

        def given(outcome: Floats = outcome) -> Any:
            return redraw_radius(outcome, treated, logit, p, radius=RADIUS, draws=draws)

        def drawn(outcome: Floats = outcome) -> Any:
            return redraw_radius(outcome, treated, logit, p, radius=RADIUS, n_draws=N_DRAWS, rng=1)

        result = given()
        found[name] = {
            "seconds_as_given": time_least(given, runs),
            "seconds_drawn": time_least(drawn, runs),
            "p_value": result.p_value,
            "interval": [result.lower, result.upper],
        }
    return found


def time_evaluations(runs: int) -> dict[str, float]:
    """Time a flat evaluation with all checks, once models are compiled."""
    seconds = {}
    for n_treated, n_comparison in SIZES:
        cohort = ds.simulate_cohort(n_treated, n_comparison, rng=2017, n_groups=0).cohort
        design = ds.build_design(cohort, FORMULA, method=ds.RadiusMatching())

        def work(cohort: Any = cohort, design: Any = design) -> None:
            ds.evaluate(cohort, design, seed=1)

        work()
        seconds[f"{n_treated} v {n_comparison}"] = time_least(work, runs)
    return seconds


def time_least(work: Callable[[], object], runs: int) -> float:
    """Return the least processor time of several runs, in seconds."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return round(min(seconds), 4)


def run_job(python: str, folder: Path, runs: int) -> dict[str, Any]:
    """Run all of it in a process of some interpreter."""
    command = [python, __file__, "--job", str(folder), "--runs", str(runs)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def compare(mine: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return how many times faster this version is, and whether it says the same."""
    tests: dict[str, Any] = {}
    for name, one in mine["redraw_radius"].items():
        before = other["redraw_radius"][name]
        gaps = [abs(a - b) for a, b in zip(one["interval"], before["interval"], strict=True)]
        tests[name] = {
            "times_faster_as_given": round(before["seconds_as_given"] / one["seconds_as_given"], 1),
            "times_faster_drawn": round(before["seconds_drawn"] / one["seconds_drawn"], 1),
            "same_p_value": one["p_value"] == before["p_value"],
            "largest_gap_of_limits": max(gaps),
        }
    ratios = {
        size: round(other["evaluate"][size] / seconds, 2)
        for size, seconds in mine["evaluate"].items()
    }
    return {"redraw_radius": tests, "evaluate_times_faster": ratios}


def take_least(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Take the least seconds of several rounds."""
    first = rounds[0]
    for one in rounds[1:]:
        for name, found in one["redraw_radius"].items():
            for key in ("seconds_as_given", "seconds_drawn"):
                kept = first["redraw_radius"][name]
                kept[key] = min(kept[key], found[key])
        for size, seconds in one["evaluate"].items():
            first["evaluate"][size] = min(first["evaluate"][size], seconds)
    return first


def main() -> None:
    """Time this version, and the other in turns, and print the object."""
    parser = argparse.ArgumentParser(description="How long do redraws and evaluations take?")
    parser.add_argument("--other", help="interpreter of another version")
    parser.add_argument("--runs", type=int, default=3, help="in a round, the least of which counts")
    parser.add_argument("--rounds", type=int, default=2, help="of each version, in turns")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.job:
        draws = np.load(Path(asked.job) / "draws.npy")
        redraws, evaluations = time_redraws(draws, asked.runs), time_evaluations(asked.runs)
        print(json.dumps({"redraw_radius": redraws, "evaluate": evaluations}))
        return
    from machine import describe_run

    from desist.checks.designs.randomisation import draw_participation

    pythons = {"here": sys.executable} | ({"other": asked.other} if asked.other else {})
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in pythons}
    with tempfile.TemporaryDirectory() as folder:
        draws = draw_participation(make_study()[3], N_TREATED, N_DRAWS, rng=1)
        np.save(Path(folder) / "draws.npy", draws)
        for _ in range(asked.rounds):
            for name, python in pythons.items():
                rounds[name].append(run_job(python, Path(folder), asked.runs))
    found = {name: take_least(several) for name, several in rounds.items()}
    compared = {"compared": compare(found["here"], found["other"])} if asked.other else {}
    print(json.dumps(compared | found | describe_run(), indent=2))


if __name__ == "__main__":
    main()
