"""Is it fast, part by part? How long the parts take that everybody waits for.

The least of several runs of each, in milliseconds of the process's own time, so that what else the
machine does counts for little: importing the package, reading a cohort of 5,600 people, simulating
one like the published study's, its unconditional exact tests, and ten thousand draws of
participation. Prints one JSON object:

    uv run python benchmarks/parts.py
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from machine import describe_run

import desist as ds
from desist.checks.counts.unconditional import barnard, boschloo
from desist.checks.designs.randomisation import redraw_radius

REPORT = (13, 83, 1533, 5514)
IMPORT = (
    "import time; start = time.process_time(); import desist; print(time.process_time() - start)"
)


def main() -> None:
    """Time every part and print the object."""
    parser = argparse.ArgumentParser(description="How long do the parts take?")
    parser.add_argument(
        "--runs", type=int, default=5, help="of each part, the least of which counts"
    )
    runs = parser.parse_args().runs
    ran = describe_run()
    found = {name: time_least(work, runs) for name, work in list_parts().items()}
    found["import"] = round(1000 * min(time_import() for _ in range(runs)), 1)
    print(json.dumps({"milliseconds": found, "runs": runs} | ran, indent=2))


def list_parts() -> dict[str, Callable[[], object]]:
    """Return the parts by name."""
    people = ds.simulate_cohort(rng=1).cohort.people
    return {
        "cohort": lambda: ds.Cohort(
            people, treatment="programme", person="id", reoffended="reoffended", days="days"
        ),
        "simulate_cohort": lambda: ds.simulate_cohort(rng=1),
        "boschloo": lambda: boschloo(*REPORT),
        "barnard": lambda: barnard(*REPORT),
        "redraw_radius": make_redraw(),
    }


def make_redraw() -> Callable[[], object]:
    """Return ten thousand draws of participation in a study like the report's."""
    rng = np.random.default_rng(1)
    logit = rng.normal(-4.0, 1.0, 5597)
    p = 1 / (1 + np.exp(-logit))
    treated = np.zeros(5597, dtype=bool)
    treated[rng.choice(5597, 83, replace=False, p=p / p.sum())] = True
    outcome = rng.poisson(1.0, 5597).astype(float)
    return lambda: redraw_radius(outcome, treated, logit, p, radius=0.04, n_draws=9999, rng=1)


def time_least(work: Callable[[], object], runs: int) -> float:
    """Return the least processor time of several runs, in milliseconds."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return round(1000 * min(seconds), 1)


def time_import() -> float:
    """Return the processor time of importing the package in a process of its own, in seconds."""
    command = [sys.executable, "-c", IMPORT]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    main()
