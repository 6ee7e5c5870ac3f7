"""How fast is the quadrature, and does it find what draws find.

Studies with counts are pooled by quadrature; for the smaller sets NUTS draws from the same
model, and the two are compared in Monte Carlo errors of the draws. Prints one JSON object.

    python benchmarks/synthesis_speed.py --studies 100 1000 10000 --draw-up-to 100
"""

import argparse
import json
import time

import numpy as np
from machine import describe_run

from desist.inference.engines import Nuts
from desist.synthesis import EstimateWithError, Study, TwoArmCounts, synthesise


def simulate(n_studies, rng, form):
    studies = []
    for row in range(n_studies):
        people = int(np.exp(rng.uniform(np.log(30), np.log(800))))
        log_odds = rng.normal(-0.85, 0.5)
        effect = rng.normal(-0.3, 0.3)
        treated = rng.binomial(people, 1 / (1 + np.exp(-log_odds - effect / 2)))
        comparison = rng.binomial(2 * people, 1 / (1 + np.exp(-log_odds + effect / 2)))
        counts = TwoArmCounts(int(treated), people, int(comparison), 2 * people)
        estimate, error = counts.summarise("log_odds")
        is_normal = form == "estimates" and np.isfinite(estimate)
        evidence = EstimateWithError(estimate, error) if is_normal else counts
        studies.append(Study(f"{row}", evidence))
    return studies


def compare(grid, drawn, n_draws):
    """Return distances in Monte Carlo errors, the draws taken as worth a third of their number."""
    worth = n_draws / 3
    return {
        "mean": round(abs(drawn.mean.mean - grid.mean.mean) / (grid.mean.sd / worth**0.5), 2),
        "tau": round(
            abs(drawn.heterogeneity.median - grid.heterogeneity.median)
            / (1.25 * grid.heterogeneity.sd / worth**0.5),
            2,
        ),
    }


def measure(n_studies, form, seed, *, draws):
    studies = simulate(n_studies, np.random.default_rng([seed, n_studies]), form)
    wall, cpu = time.perf_counter(), time.process_time()
    grid = synthesise(studies)
    row = {
        "studies": n_studies,
        "form": form,
        "engine": grid.engine,
        "seconds": round(time.perf_counter() - wall, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "mean": round(grid.mean.mean, 4),
        "tau": round(grid.heterogeneity.median, 4),
    }
    if draws:
        wall, cpu = time.perf_counter(), time.process_time()
        drawn = synthesise(studies, inference=Nuts(draws=1000, tune=500, chains=2), seed=seed)
        seconds = time.process_time() - cpu
        row |= {
            "nuts_cpu_seconds": round(seconds, 1),
            "ratio": round(seconds / max(row["cpu_seconds"], 0.01), 1),
            "monte_carlo_errors_apart": compare(grid, drawn, 2000),
        }
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, nargs="+", default=[58, 1000, 10_000])
    parser.add_argument("--draw-up-to", type=int, default=58)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rows = [
        measure(n_studies, form, asked.seed, draws=n_studies <= asked.draw_up_to)
        for n_studies in asked.studies
        for form in ("estimates", "counts")
    ]
    print(json.dumps(describe_run() | {"rows": rows}, indent=1))


if __name__ == "__main__":
    main()
