"""How often benefit and harm are told of a programme that does nothing, by the priors alone.

Every table of two arms that can come about is fitted on a grid, the log odds of both arms, under
three priors: of the comparison arm and the difference, as it was; of the middle and the difference,
as it is; and Jeffreys's of each arm alone, which knows of no other arm. Newcombe's interval, which
has no prior, stands beside them. No chance enters. Prints one JSON object.

    python benchmarks/even_handed.py
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from machine import describe_run
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import binom

import desist as ds
from desist.checks.counts.two_proportions import newcombe

type Floats = NDArray[np.float64]

RATE = 0.05
SIZES = ((40, 40), (83, 40), (40, 200), (200, 40))
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


def make_jeffreys() -> Floats:
    """Return the log density on the grid of Jeffreys's prior of each arm, Beta(1/2, 1/2)."""
    return sum(eta / 2 - np.logaddexp(0, eta) for eta in (TREATED, COMPARISON))


def tell_by_newcombe(events: tuple[int, int], sizes: tuple[int, int]) -> int:
    """Return the same of Newcombe's interval."""
    found = newcombe(events[0], sizes[0], events[1], sizes[1])
    return int(found.lower > 0) - int(found.upper < 0)


def tell(events: tuple[int, int], sizes: tuple[int, int], prior: Floats) -> int:
    """Return -1 where the 95 % interval lies below no difference, 1 above it, 0 elsewhere."""
    log = prior + events[0] * TREATED - sizes[0] * np.logaddexp(0, TREATED)
    log += events[1] * COMPARISON - sizes[1] * np.logaddexp(0, COMPARISON)
    mass = np.exp(log - log.max()).ravel()[ORDER]
    reached = np.cumsum(mass) / mass.sum()
    lower, upper = DIFFERENCE[ORDER][np.searchsorted(reached, [0.025, 0.975])]
    return int(lower > 0) - int(upper < 0)


def share(
    sizes: tuple[int, int], answer: Callable[[tuple[int, int], tuple[int, int]], int]
) -> dict[str, float]:
    """Return how often benefit and harm are told."""
    told = {-1: 0.0, 0: 0.0, 1: 0.0}
    possible = [range(int(binom.ppf(0.9999, size, RATE)) + 1) for size in sizes]
    for treated in possible[0]:
        for comparison in possible[1]:
            chance = binom.pmf(treated, sizes[0], RATE) * binom.pmf(comparison, sizes[1], RATE)
            told[answer((treated, comparison), sizes)] += float(chance)
    return {"benefit": told[-1], "harm": told[1]}


def main() -> None:
    """Run, print."""
    priors = {
        "before": make_prior(of_middle=False),
        "now": make_prior(of_middle=True),
        "jeffreys": make_jeffreys(),
    }
    answers = {name: partial(tell, prior=prior) for name, prior in priors.items()}
    answers["newcombe"] = tell_by_newcombe
    found: list[dict[str, Any]] = [
        {"sizes": sizes, **{name: share(sizes, answer) for name, answer in answers.items()}}
        for sizes in SIZES
    ]
    print(json.dumps({"benchmark": "even_handed", **describe_run(), "results": found}, indent=1))


if __name__ == "__main__":
    main()
