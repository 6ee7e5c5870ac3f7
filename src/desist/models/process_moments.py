"""What rate, frequency and days of one arm say of a process, each solved from the others."""

import math
from collections.abc import Callable

import numpy as np

from desist._types import Floats
from desist.arguments import find_number_faults
from desist.errors import Fault, raise_faults
from desist.models.process import restrict, survive

YEAR = 365.0
RANGE = (1e-3, 1e3)  # of a dispersion or shape that printed figures are solved for


def expect_days(mean: Floats, dispersion: Floats, shape: Floats, unit: float) -> Floats:
    """Return the mean recorded days among those who reoffend within a year."""
    none = survive(mean, dispersion)
    days: Floats = YEAR * (restrict(mean, dispersion, shape) - none) / (1 - none) - unit / 2
    return days


def solve_dispersion(rate: float, mean: float) -> float:
    """Solve for the dispersion at which a negative binomial has a given rate and mean."""
    faults = find_number_faults("rate", rate, least=0, most=1)
    raise_faults("dispersion", [*faults, *find_number_faults("mean", mean, least=0)])
    if not (rate > 0 and mean > 0):
        return math.nan

    def excess(log_dispersion: float) -> float:
        return float(survive(np.array(mean), np.exp(log_dispersion))) - (1 - rate)

    return _solve(excess)


def solve_shape(days: float, mean: float, dispersion: float, unit: float = 1.0) -> float:
    """Solve for the shape of the intensity that gives the days among reoffenders."""
    is_known = not (isinstance(dispersion, float) and math.isnan(dispersion))
    numbers = {"days": days, "mean": mean, "unit": unit}
    numbers |= {"dispersion": dispersion} if is_known else {}
    faults: list[Fault] = []
    for name, value in numbers.items():
        faults += find_number_faults(name, value, above=0)
    raise_faults("shape", faults)
    if not is_known:
        return math.nan

    def excess(log_shape: float) -> float:
        shape = np.exp(log_shape)
        return float(expect_days(np.array(mean), np.array(dispersion), shape, unit)) - days

    return _solve(excess)


def _solve(excess: Callable[[float], float]) -> float:
    """Return the number in the range at which the excess is 0, found on the log scale."""
    from scipy.optimize import brentq

    low, high = (math.log(end) for end in RANGE)
    if excess(low) * excess(high) > 0:
        return math.nan
    return math.exp(brentq(excess, low, high, xtol=1e-12))
