"""Who lies within a radius of whom, found in sorted values without a list of pairs."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def find_windows(ordered: Floats, targets: Floats, radius: float) -> tuple[Integers, Integers]:
    """Find who lies within the radius of each target: `ordered[start:end]`."""
    # The rule is `abs(target - value) <= radius` as computed, so people at the edge are decided as
    # a list of pairs would decide them; bisection on `target - radius` alone rounds differently.
    low = np.searchsorted(ordered, targets - radius, side="left")
    high = np.searchsorted(ordered, targets + radius, side="right")
    low = _settle(low, ordered, lambda values: (targets - values) > radius)
    high = _settle(high, ordered, lambda values: (values - targets) <= radius)
    return low, np.maximum(low, high)


def _settle(
    index: Integers, ordered: Floats, is_before: Callable[[Floats], NDArray[np.bool_]]
) -> Integers:
    """Move each edge over the few values, ties and all, that rounding has put it wrong."""
    last = len(ordered) - 1
    if last < 0:
        return index
    while True:
        above, below = ordered[np.minimum(index, last)], ordered[np.maximum(index - 1, 0)]
        forward = (index <= last) & is_before(above)
        back = (index > 0) & ~is_before(below) & ~forward
        if not (forward.any() or back.any()):
            return index
        index = np.where(forward, np.searchsorted(ordered, above, side="right"), index)
        index = np.where(back, np.searchsorted(ordered, below, side="left"), index)
