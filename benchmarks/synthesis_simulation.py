"""Is a synthesis right? Coverage and bias where reports are partial or selectively published.

Programmes with known true effects are evaluated and published. Under selection a report without a
significant reduction appears one time in five; with partial reports, seven in ten of those not
significant say only that. Three answers are compared: the printed estimates alone (naive), every
report in the form in which it says what it says (all reports), and that with a selection
model whose weight is uncertain (adjusted). Prints one JSON object.

    python benchmarks/synthesis_simulation.py --replicates 100 --programmes 10
"""

import argparse
import json
import sys
import time
from itertools import product

import numpy as np
from machine import describe_run

from desist.synthesis import EstimateWithError, Significance, StepSelection, Study, synthesise

MEAN = -0.2  # log odds ratio, over the population of programmes
RATE = 0.3
PUBLISHED = 0.2  # of what is not a significant reduction, under selection
SILENT = 0.7  # of what is not significant, with partial reports: the estimate is not printed
CRITICAL = 1.959964


def publish(rng, n_programmes, tau, selective, partial):
    """Return the published reports of programmes, and the printed estimates among them."""
    everything, printed = [], []
    while len(everything) < n_programmes:
        people = round(float(np.exp(rng.uniform(np.log(30), np.log(500)))))
        error = np.sqrt((1 / people + 1 / (5 * people)) / (RATE * (1 - RATE)))
        estimate = rng.normal(rng.normal(MEAN, tau), error)
        is_significant = estimate < -CRITICAL * error
        if selective and not is_significant and rng.random() > PUBLISHED:
            continue
        name = f"{len(everything)}"
        is_silent = partial and abs(estimate) < CRITICAL * error and rng.random() < SILENT
        if is_silent:
            evidence = Significance("none", float(people), 5.0 * people, RATE)
        else:
            evidence = EstimateWithError(float(estimate), float(error))
            printed.append(Study(name, evidence))
        everything.append(Study(name, evidence))
    return everything, printed


def score(found, tau):
    """Return the error of the mean, whether its limits cover, and how much of new effects."""
    from scipy.stats import norm

    low, high = found.interval
    new_low, new_high = found.prediction_interval
    inside = (
        norm.cdf(new_high, MEAN, tau) - norm.cdf(new_low, MEAN, tau)
        if tau
        else float(new_low <= MEAN <= new_high)
    )
    return found.mean.mean - MEAN, low <= MEAN <= high, inside


def run_cell(n_programmes, tau, *, selective, partial, replicates, seed):
    rng = np.random.default_rng([seed, n_programmes, int(100 * tau), selective, partial])
    found = {"naive": [], "all_reports": [], "adjusted": []}
    for _ in range(replicates):
        everything, printed = publish(rng, n_programmes, tau, selective, partial)
        if printed:
            found["naive"].append(score(synthesise(printed), tau))
        whole = synthesise(everything)
        found["all_reports"].append(score(whole, tau))
        found["adjusted"].append(score(synthesise(everything, selection=StepSelection()), tau))
    rows = []
    for method, scores in found.items():
        errors, covered, inside = (
            np.array(column, dtype=float) for column in zip(*scores, strict=True)
        )
        rows.append(
            {
                "programmes": n_programmes,
                "tau": tau,
                "selective": selective,
                "partial": partial,
                "method": method,
                "replicates": len(errors),
                "bias": round(float(errors.mean()), 4),
                "bias_error": round(float(errors.std(ddof=1) / len(errors) ** 0.5), 4),
                "rmse": round(float((errors**2).mean() ** 0.5), 4),
                "coverage": round(float(covered.mean()), 3),
                "coverage_error": round(float(covered.std() / len(errors) ** 0.5), 3),
                "prediction_coverage": round(float(inside.mean()), 3),
                "prediction_error": round(float(inside.std(ddof=1) / len(errors) ** 0.5), 3),
            }
        )
        print(rows[-1], file=sys.stderr)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=100)
    parser.add_argument("--programmes", type=int, nargs="+", default=[10, 58])
    parser.add_argument("--tau", type=float, nargs="+", default=[0.0, 0.25, 0.5])
    parser.add_argument("--seed", type=int, default=2017)
    asked = parser.parse_args()
    start = time.perf_counter()
    rows = []
    for n_programmes, tau, selective, partial in product(
        asked.programmes, asked.tau, [False, True], [False, True]
    ):
        rows += run_cell(
            n_programmes,
            tau,
            selective=selective,
            partial=partial,
            replicates=asked.replicates,
            seed=asked.seed,
        )
    print(
        json.dumps(
            describe_run()
            | {"seed": asked.seed, "cells": rows, "seconds": round(time.perf_counter() - start)},
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
