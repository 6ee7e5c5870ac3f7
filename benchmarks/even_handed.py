"""How often benefit and harm are told of a programme that does nothing, by the priors alone.

Every table of two arms that can come about is fitted on a grid, the log odds of both arms, under
two priors: of the comparison arm and the difference, as it was, and of the middle and the
difference, as it is. No chance enters. Prints one JSON object.

    python benchmarks/even_handed.py
"""

import json
from typing import Any

import numpy as np
from machine import describe_run
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import binom

import desist as ds

type Floats = NDArray[np.float64]

RATE = 0.05
SIZES = ((40, 40), (83, 40), (40, 200))
GRID = np.linspace(-12.0, 8.0, 401)
TREATED, COMPARISON = np.meshgrid(GRID, GRID, indexing="ij")
DIFFERENCE = (expit(TREATED) - expit(COMPARISON)).ravel()
ORDER = np.argsort(DIFFERENCE)


def make_prior(*, of_middle: bool) -> Floats:
    """Return the log density of a prior on the grid."""
    defaults = ds.Priors()
    scale = defaults.intercept.scale if of_middle else 1.5
    level = (TREATED + COMPARISON) / 2 if of_middle else COMPARISON
    return (
        -np.square(level / scale) / 2
        - np.square((TREATED - COMPARISON) / defaults.treatment.scale) / 2
    )


def tell(events: tuple[int, int], sizes: tuple[int, int], prior: Floats) -> int:
    """Return -1 where the 95 % interval lies below no difference, 1 above it, 0 elsewhere."""
    log = prior + events[0] * TREATED - sizes[0] * np.logaddexp(0, TREATED)
    log += events[1] * COMPARISON - sizes[1] * np.logaddexp(0, COMPARISON)
    mass = np.exp(log - log.max()).ravel()[ORDER]
    reached = np.cumsum(mass) / mass.sum()
    lower, upper = DIFFERENCE[ORDER][np.searchsorted(reached, [0.025, 0.975])]
    return int(lower > 0) - int(upper < 0)


def share(sizes: tuple[int, int], prior: Floats) -> dict[str, float]:
    """Return how often benefit and harm are told."""
    told = {-1: 0.0, 0: 0.0, 1: 0.0}
    possible = [range(int(binom.ppf(0.9999, size, RATE)) + 1) for size in sizes]
    for treated in possible[0]:
        for comparison in possible[1]:
            chance = binom.pmf(treated, sizes[0], RATE) * binom.pmf(comparison, sizes[1], RATE)
            told[tell((treated, comparison), sizes, prior)] += float(chance)
    return {"benefit": told[-1], "harm": told[1]}


def main() -> None:
    """Run, print."""
    found: list[dict[str, Any]] = [
        {
            "sizes": sizes,
            "before": share(sizes, make_prior(of_middle=False)),
            "now": share(sizes, make_prior(of_middle=True)),
        }
        for sizes in SIZES
    ]
    print(json.dumps({"benchmark": "even_handed", **describe_run(), "results": found}, indent=1))


if __name__ == "__main__":
    main()
