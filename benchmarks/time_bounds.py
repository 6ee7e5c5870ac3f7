"""Bounds of the time among reoffenders where the truth is known: how often their interval covers.

Two cases in each of which the programme keeps some people from reoffending and slows nobody: at the
edge, those who are kept from it are the fastest, so that the effect is an end of the bounds;
inside, they are any. Prints one JSON object.

    python benchmarks/time_bounds.py --studies 500
"""

import argparse
import json
from typing import Any

import numpy as np
from machine import describe_run

from desist.sensitivity._trimming import Reoffending
from desist.sensitivity.time_bounds import bound_people

EFFECT = -20.0  # days, of those who would reoffend either way


def simulate(rng: np.random.Generator, case: str, n_treated: int, n_comparison: int) -> Any:
    """Draw two arms in which 40 % would reoffend, and of them 30 % are kept from it."""
    n = n_treated + n_comparison
    treated = np.arange(n) < n_treated
    high = rng.random(n) < 0.5
    would = rng.random(n) < np.where(high, 0.55, 0.25)
    days = np.minimum(365 * rng.beta(1.2, 2.0, n) * np.where(high, 0.8, 1.0), 365)
    rank = days if case == "edge" else rng.random(n)
    # kept from it are those below a limit that a large population gives
    limit = np.quantile(rank[would], 0.3) if case == "inside" else EDGE
    prevented = treated & would & (rank < limit)
    observed = np.where(treated, days + EFFECT, days)
    share = 1 + rng.exponential(size=n)
    weights = np.where(treated, 1.0, share)
    for arm in (treated, ~treated):
        weights[arm] /= weights[arm].sum()
    return Reoffending(observed, would & ~prevented, treated, weights, high.astype(int))


def find_edge() -> float:
    rng = np.random.default_rng(1)
    n = 1_000_000
    high = rng.random(n) < 0.5
    would = rng.random(n) < np.where(high, 0.55, 0.25)
    days = 365 * rng.beta(1.2, 2.0, n) * np.where(high, 0.8, 1.0)
    return float(np.quantile(days[would], 0.3))


EDGE = find_edge()


def cover(case: str, studies: int, n_treated: int, *, cells: bool) -> dict[str, float]:
    covered, widths = 0, []
    for seed in range(studies):
        people = simulate(np.random.default_rng([7, seed]), case, n_treated, 12 * n_treated)
        if not cells:
            people = Reoffending(
                people.days,
                people.reoffended,
                people.treated,
                people.weights,
                np.zeros_like(people.cells),
            )
        low, high = bound_people(people, "prevents", caused=[0.0]).interval
        covered += low <= EFFECT <= high
        widths.append(high - low)
    share = covered / studies
    error = float(np.sqrt(share * (1 - share) / studies))
    return {"coverage": share, "error": round(error, 4), "width": round(float(np.mean(widths)), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=500)
    given = parser.parse_args()
    found = {
        f"{case}, {n} participants{', cells' if cells else ''}": cover(
            case, given.studies, n, cells=cells
        )
        for case in ("edge", "inside")
        for n in (83, 400)
        for cells in (False, True)
        if n == 400 or not cells
    }
    print(json.dumps({"run": describe_run(), "time_bounds": found}, indent=2))


if __name__ == "__main__":
    main()
