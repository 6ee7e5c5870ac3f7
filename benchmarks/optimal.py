"""How long optimal and full matching take on a sparse graph.

    python benchmarks/optimal.py

Optimal matching of 2,000 participants with 20,000 comparison people within calipers, and
full matching of 1,000 with 10,000, for arms that overlap well and badly. Prints one JSON
object: seconds, matches, and the number of possible pairs.
"""

import json
import time
from typing import Any

import numpy as np

from desist.design.matching.distance import Space
from desist.design.matching.edges import collect_edges, iterate_edges
from desist.design.matching.optimal import cover_optimally, match_optimally

CASES = (
    ("optimal", 2_000, 20_000, 0.7, 0.05),
    ("optimal", 2_000, 20_000, 2.0, 0.2),
    ("optimal", 2_000, 20_000, 0.7, None),
    ("full", 1_000, 10_000, 0.7, 0.1),
    ("full", 1_000, 10_000, 0.7, None),
    ("full", 1_000, 10_000, 3.0, None),
)


def main() -> None:
    """Time every case and print it."""
    print(json.dumps([measure(*case) for case in CASES], indent=1))


def measure(
    kind: str, n_treated: int, n_comparison: int, shift: float, caliper: float | None
) -> dict[str, Any]:
    """Time one case: participants whose log odds are higher by a shift."""
    rng = np.random.default_rng(1)
    logit = np.r_[rng.normal(shift, 1, n_treated), rng.normal(0, 1, n_comparison)]
    limit = np.inf if caliper is None else caliper * logit.std(ddof=1)
    space = Space(logit, None, float(limit))
    inside, outside = np.arange(n_treated), np.arange(n_treated, len(logit))
    start = time.perf_counter()
    if kind == "optimal":
        edges = collect_edges(space, inside, outside, n_treated)
        found = match_optimally(edges, n_treated, n_comparison, 1)
    else:
        found = cover_optimally(space, inside, outside)
    seconds = time.perf_counter() - start
    possible = sum(len(edges.distance) for edges in iterate_edges(space, inside, outside))
    return {
        "kind": kind,
        "n_treated": n_treated,
        "n_comparison": n_comparison,
        "shift": shift,
        "caliper_sd": caliper,
        "possible_pairs": possible,
        "matches": len(found),
        "seconds": round(seconds, 2),
    }


if __name__ == "__main__":
    main()
