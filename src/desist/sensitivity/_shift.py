"""Hodges-Lehmann estimates of a shift between the people of pairs, under a biased choice."""

import math

import numpy as np

from desist._types import Floats

HALVINGS = 200
NEAR_WHOLE = 1e-9


def bound_shift(differences: Floats, gamma: float) -> tuple[float, float]:
    """Return the least and the greatest Hodges-Lehmann estimate of the shift of pairs."""
    # the shift at which the signed-rank statistic meets its expectation: Rosenbaum, P. R. (1993).
    # Hodges-Lehmann point estimates of treatment effect in observational studies. Journal of the
    # American Statistical Association 88, 1250-1253
    ordered = np.sort(differences)
    total = len(ordered) * (len(ordered) + 1) / 2
    low, high = (_solve(ordered, total * share) for share in (gamma / (1 + gamma), 1 / (1 + gamma)))
    return low, high


def _solve(ordered: Floats, expected: float) -> float:
    """Find the shift where the statistic falls from above its expectation to below it."""
    # the statistic is the number of averages of two differences above the shift (Walsh averages),
    # so that the shift is one of them, or half-way between two
    whole = round(expected)
    near = abs(expected - whole) <= NEAR_WHOLE * max(1.0, expected)
    places = (whole, whole + 1) if near else (math.ceil(expected),) * 2
    return sum(_find_average(ordered, place) for place in places) / 2


def _find_average(ordered: Floats, place: int) -> float:
    """Return the average of two differences that so many, with itself, are not below."""
    low, high = float(np.nextafter(ordered[0], -np.inf)), float(ordered[-1])
    for _ in range(HALVINGS):
        middle = low + (high - low) / 2
        if not low < middle < high:
            break
        if _count_above(ordered, middle) >= place:
            low = middle
        else:
            high = middle
    return high


def _count_above(ordered: Floats, shift: float) -> int:
    """Count the averages of two differences, or of one with itself, above a shift."""
    not_above = np.searchsorted(ordered, 2 * shift - ordered, side="right")
    twice = len(ordered) ** 2 - int(not_above.sum())
    return (twice + int((ordered > shift).sum())) // 2
