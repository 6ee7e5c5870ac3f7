"""Is a synthesis right? Coverage and bias where reports are partial or selectively published.

Programmes with known true effects are evaluated and published. Under selection a report without a
significant reduction appears one time in five; with partial reports, seven in ten of those not
significant say only that. Three answers are compared: the printed estimates alone (naive), every
report in the form in which it says what it says (all reports), and that with a selection
model whose weight is uncertain (adjusted). Every replicate has a seed of its own and a line in the
store, so that a run goes on where it was stopped. Prints one JSON object.

    python benchmarks/synthesis_simulation.py --store replicates.jsonl --replicates 100 --minutes 7
"""

import argparse
import json
import time
from collections import defaultdict
from itertools import product
from pathlib import Path

import numpy as np
from machine import describe_run
from scipy.stats import norm

from desist.synthesis import EstimateWithError, Significance, StepSelection, Study, synthesise

MEAN = -0.2  # log odds ratio, over the population of programmes
RATE = 0.3
PUBLISHED = 0.2  # of what is not a significant reduction, under selection
SILENT = 0.7  # of what is not significant, with partial reports: the estimate is not printed
CRITICAL = 1.959964
SEED = 2017
METHODS = ("naive", "all_reports", "adjusted")
CELLS = tuple(product((10, 58), (0.0, 0.25, 0.5), (False, True), (False, True)))


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
    low, high = found.interval
    new_low, new_high = found.prediction_interval
    inside = (
        norm.cdf(new_high, MEAN, tau) - norm.cdf(new_low, MEAN, tau)
        if tau
        else float(new_low <= MEAN <= new_high)
    )
    return [found.mean.mean - MEAN, float(low <= MEAN <= high), float(inside)]


def replicate(cell, number):
    """Return the scores of the three answers to one set of reports."""
    n_programmes, tau, selective, partial = cell
    key = [SEED, n_programmes, int(100 * tau), selective, partial, number]
    everything, printed = publish(np.random.default_rng(key), *cell)
    scores = {"naive": score(synthesise(printed), tau) if printed else None}
    # where every estimate is printed, the first two are the same question
    scores["all_reports"] = score(synthesise(everything), tau) if partial else scores["naive"]
    scores["adjusted"] = score(synthesise(everything, selection=StepSelection()), tau)
    return scores


def read_store(store):
    found = defaultdict(dict)
    for line in store.read_text().splitlines() if store.exists() else []:
        row = json.loads(line)
        found[tuple(row["cell"])][row["number"]] = row["scores"]
    return found


def go_on(store, replicates, minutes):
    """Add replicates of every cell in turn until all are there or the time is up."""
    end = time.monotonic() + 60 * minutes
    found = read_store(store)
    with store.open("a") as kept:
        for number, cell in product(range(replicates), CELLS):
            if number in found[cell]:
                continue
            if time.monotonic() > end:
                return
            row = {"cell": cell, "number": number, "scores": replicate(cell, number)}
            kept.write(json.dumps(row) + "\n")
            kept.flush()


def summarise(cell, method, scores):
    table = np.array([one[method] for one in scores.values() if one[method] is not None])
    root = len(table) ** 0.5
    errors, covered, inside = table.T
    return {
        **dict(zip(("programmes", "tau", "selective", "partial"), cell, strict=True)),
        "method": method,
        "replicates": len(table),
        "bias": round(float(errors.mean()), 4),
        "bias_error": round(float(errors.std(ddof=1) / root), 4),
        "rmse": round(float((errors**2).mean() ** 0.5), 4),
        "coverage": round(float(covered.mean()), 3),
        "coverage_error": round(float(covered.std() / root), 3),
        "prediction_coverage": round(float(inside.mean()), 3),
        "prediction_error": round(float(inside.std(ddof=1) / root), 3),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=Path("synthesis_replicates.jsonl"))
    parser.add_argument("--replicates", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=60.0)
    asked = parser.parse_args()
    go_on(asked.store, asked.replicates, asked.minutes)
    found = read_store(asked.store)
    rows = [
        summarise(cell, method, found[cell])
        for cell in CELLS
        if len(found[cell]) > 1
        for method in METHODS
    ]
    print(json.dumps(describe_run() | {"seed": SEED, "cells": rows}, indent=1))


if __name__ == "__main__":
    main()
