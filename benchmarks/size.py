"""Measure how often each check rejects when there is nothing to find.

Null data sets like the report's: 83 participants and 5,514 comparison records. The
outcomes of a person come from one process (offences at a personal, gamma-distributed
intensity), so rate, frequency and time are as dependent as they are in life. Four kinds
of comparison weights: all equal; mildly and strongly uneven, at the two ends of what the
report allows for the effective size (about 4,990 and 1,070 of 5,514); and an effective
size near 30. Uneven weights go with the outcome: the records that count least reoffend
most, as in the report (43.9% unweighted, 27.8% weighted).

Prints one JSON object: for each kind of weights and each check the share of p-values
below 0.05 among the data sets in which the check was applicable, its Monte Carlo error,
and in how many it was. Rows whose check ends in `_illustration` are tests that should
not be made: of pseudo-counts as if they counted people.

    python benchmarks/size.py --sets 2000 --exact-sets 200
"""

import argparse
import json
import math
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from machine import describe_run
from numpy.typing import NDArray

from desist.checks.by_measure import check_frequency, check_rate, check_time
from desist.checks.check import Check
from desist.checks.counts.conditional import fisher
from desist.checks.counts.two_proportions import newcombe
from desist.checks.people.welch import welch
from desist.execution import run_tasks

N_TREATED, N_COMPARISON = 83, 5514
SHAPE = 0.16  # of the personal intensity: the report's P(0) and mean imply it
MEAN = 1.06  # offences per person in a year, among people like the participants
SLOPE = 0.7  # of the log intensity in the covariate that the weights depend on
FOLLOW_UP = 365


@dataclass(frozen=True)
class NullData:
    """One data set in which the programme does nothing."""

    offences: NDArray[np.int64]
    days: NDArray[np.float64]
    treated: NDArray[np.bool_]
    weights: NDArray[np.float64]


def tilted(shift: float) -> Callable[[np.random.Generator], NullData]:
    """Comparison people differ from participants by a shift; weights put it right."""

    def draw(rng: np.random.Generator) -> NullData:
        x = np.r_[rng.normal(-shift, 1, N_TREATED), rng.normal(0, 1, N_COMPARISON)]
        weights = np.where(np.arange(x.size) < N_TREATED, 1.0, np.exp(-shift * x))
        return outcomes(x + shift, weights, rng)

    return draw


def concentrated(rng: np.random.Generator) -> NullData:
    """Nearly all the weight is on 40 records that are like the participants."""
    like = rng.normal(0, 1, N_TREATED + 40)
    x = np.r_[like, rng.normal(1.5, 1, N_COMPARISON - 40)]
    weights = np.r_[np.ones(N_TREATED), rng.gamma(3, 1, 40), np.full(N_COMPARISON - 40, 1e-5)]
    return outcomes(x, weights, rng)


def outcomes(
    x: NDArray[np.float64], weights: NDArray[np.float64], rng: np.random.Generator
) -> NullData:
    """Draw offences and the day of the first from the personal intensity."""
    intensity = rng.gamma(SHAPE, 1 / SHAPE, x.size) * MEAN * np.exp(SLOPE * x - SLOPE**2 / 2)
    first = rng.exponential(size=x.size) / np.maximum(intensity, 1e-300)
    again = rng.poisson(intensity * np.maximum(1 - first, 0.0))
    offences = np.where(first < 1, 1 + again, 0)
    days = np.where(first < 1, np.floor(FOLLOW_UP * np.minimum(first, 1)), FOLLOW_UP)
    return NullData(offences, days, np.arange(x.size) < N_TREATED, weights)


SCENARIOS: dict[str, Callable[[np.random.Generator], NullData]] = {
    "equal": tilted(0.0),
    "report_4990": tilted(math.sqrt(math.log(5514 / 4990))),
    "report_1070": tilted(math.sqrt(math.log(5514 / 1070))),
    "effective_30": concentrated,
}


def check(data: NullData, rng: np.random.Generator, outcomes: Sequence[str]) -> list[Check]:
    """Make every check of some of the outcomes that needs no design."""
    reoffended, arms = data.offences > 0, (data.treated, data.weights)
    made = []
    if "rate" in outcomes:
        made += check_rate(reoffended, *arms)
    if "frequency" in outcomes:
        made += check_frequency(data.offences, *arms, rng=rng)
    if "time" in outcomes:
        made += check_time(data.days, reoffended, *arms, horizon=FOLLOW_UP, rng=rng)
    return made


def illustrate(data: NullData) -> dict[str, float]:
    """Make the tests that take a weighted record for a person."""
    reoffended = data.offences > 0
    inside, outside = reoffended[data.treated], reoffended[~data.treated]
    share = np.average(outside, weights=data.weights[~data.treated])
    table = (int(inside.sum()), N_TREATED, round(share * N_COMPARISON), N_COMPARISON)
    raw = (int(inside.sum()), N_TREATED, int(outside.sum()), N_COMPARISON)
    return {
        "rate/newcombe_of_pseudo_count_illustration": newcombe(*table).p_value,
        "rate/fisher_of_pseudo_count_illustration": fisher(*table).p_value,
        "rate/fisher_of_raw_count_illustration": fisher(*raw).p_value,
        "rate/welch_whatever_the_weights_illustration": welch(
            reoffended, data.treated, data.weights
        ).p_value,
        "frequency/welch_whatever_the_weights_illustration": welch(
            data.offences, data.treated, data.weights
        ).p_value,
    }


def test_once(job: tuple[str, tuple[str, ...], int, int]) -> dict[str, float | None]:
    """Make every check of one null data set; None for those that are not applicable."""
    name, outcomes, seed, number = job
    rng = np.random.default_rng([seed, number])
    data = SCENARIOS[name](rng)
    found = {
        f"{made.measure.value}/{made.check}": made.p_value if made.applicable else None
        for made in check(data, rng, outcomes)
    }
    illustrated = {} if name == "equal" else illustrate(data)
    return found | {k: p for k, p in illustrated.items() if k.split("/")[0] in outcomes}


def measure_size(
    name: str, outcomes: Sequence[str], n_sets: int, seed: int, pool: Executor
) -> dict[str, dict[str, Any]]:
    """Count rejections over null data sets; the same whatever the pool."""
    jobs = [(name, tuple(outcomes), seed, number) for number in range(n_sets)]
    results = run_tasks(test_once, jobs, executor=pool, batch=10, progress=name)
    p_values: dict[str, list[float]] = defaultdict(list)
    for found in results:
        for key, p_value in found.items():
            p_values[key] += [] if p_value is None else [p_value]
    return {key: _summarise(values, n_sets) for key, values in p_values.items()}


def _summarise(values: list[float], n_sets: int) -> dict[str, Any]:
    n = len(values)
    share = float(np.mean(np.array(values) < 0.05)) if n else math.nan
    error = math.sqrt(share * (1 - share) / n) if n else math.nan
    return {
        "size": round(share, 4) if n else None,
        "monte_carlo_error": round(error, 4) if n else None,
        "n_applicable": n,
        "n_sets": n_sets,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=2000, help="null data sets of each kind")
    parser.add_argument(
        "--exact-sets",
        type=int,
        default=None,
        help="data sets with equal weights, where exact tests of counts take a second each",
    )
    parser.add_argument("--scenarios", nargs="+", default=list(SCENARIOS), choices=SCENARIOS)
    outcomes = ("rate", "frequency", "time")
    parser.add_argument("--outcomes", nargs="+", default=outcomes, choices=outcomes)
    parser.add_argument("--seed", type=int, default=2017)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    start, ran = time.perf_counter(), describe_run()
    with ProcessPoolExecutor(chosen.workers) as pool:
        result = {
            name: measure_size(
                name,
                chosen.outcomes,
                chosen.exact_sets or chosen.sets if name == "equal" else chosen.sets,
                chosen.seed,
                pool,
            )
            for name in chosen.scenarios
        }
    print(
        json.dumps(
            {
                "benchmark": "size",
                "nominal": 0.05,
                "command": " ".join(["python", *sys.argv]),
                **ran,
                "seed": chosen.seed,
                "seconds": round(time.perf_counter() - start, 1),
                "scenarios": result,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
