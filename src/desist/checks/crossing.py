"""Where a falling statistic crosses zero: how the score tests are turned into intervals."""

import math
from collections.abc import Callable

from scipy.optimize import brentq

FURTHEST = 64.0  # of a log ratio; nothing that is printed tells e^64 from infinity


def find_crossing(falling: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function crosses 0 between two ends that it has on either side."""
    # Brent's method needs finite ends, and a statistic without variance is infinite
    return float(brentq(lambda x: max(min(falling(x), 1e6), -1e6), low, high, xtol=1e-13))


def cross_log_ratio(falling: Callable[[float], float]) -> float:
    """Return the log ratio at which a falling statistic crosses 0; infinite if nowhere."""
    reach = 1.0
    while reach < FURTHEST and (falling(-reach) < 0 or falling(reach) > 0):
        reach *= 2
    if falling(-reach) < 0:
        return -math.inf
    if falling(reach) > 0:
        return math.inf
    return find_crossing(falling, -reach, reach)
