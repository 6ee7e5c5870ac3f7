"""Difference of two proportions, from counts that need not be whole."""

# All are for independent, equally informative people. A weighted proportion enters with its
# effective count (proportion times effective sample size), and whoever prints the result says so.

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, xlogy

from desist.arguments import find_choice_faults
from desist.checks.counts.proportions import Limits, clopper_pearson, jeffreys, wilson
from desist.checks.counts.two_by_two import TwoByTwo, find_total_faults, read_table
from desist.checks.crossing import find_crossing
from desist.checks.finding import Finding

CORRECTIONS = ("none", "yates", "n_minus_1", "likelihood")
SMALLEST_P = 1e-12  # p-values found by inverting an interval stop here


def wald(
    x1: float,
    n1: float,
    x2: float,
    n2: float,
    probability: float = 0.95,
    *,
    continuity: bool = False,
) -> Finding:
    """Compare two proportions by the simple normal interval.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants.
    x2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval.
    continuity : bool
        Widen by the smaller of (1/n1 + 1/n2)/2 and the difference, as R's `prop.test`.

    Returns
    -------
    Finding
        Difference of the proportions; p from the same standard error, without the
        continuity correction. Limits and p are nan where each arm has no events or nothing
        else, as the standard error is 0.

    Raises
    ------
    InputError
        If a number is not one of a table, such as more reoffenders than people; every fault
        is listed.

    Examples
    --------
    >>> round(wald(13, 83, 1533, 5514).lower, 4)
    -0.2005
    """
    table = read_table(x1, n1, x2, n2, probability)
    x1, n1, x2, n2 = table.counts
    p1, p2 = table.proportions
    difference = p1 - p2
    standard_error = math.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    if standard_error == 0:  # an interval of no width would claim to know the rates
        return Finding(difference, probability=probability)
    correction = min((1 / n1 + 1 / n2) / 2, abs(difference)) if continuity else 0.0
    found = _normal(difference, standard_error, probability)
    return Finding(
        difference,
        found.lower - correction,
        found.upper + correction,
        found.p_value,
        probability,
        standard_error,
    )


def agresti_caffo(x1: float, n1: float, x2: float, n2: float, probability: float = 0.95) -> Finding:
    """Compare two proportions by Wald after adding one of each outcome to each arm.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants.
    x2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        The estimate is the plain difference; the interval is about the adjusted one.

    Raises
    ------
    InputError
        If a number is not one of a table, such as more reoffenders than people; every fault
        is listed.

    References
    ----------
    Agresti, A. and Caffo, B. (2000). The American Statistician 54, 280-288.

    Examples
    --------
    >>> round(agresti_caffo(13, 83, 1533, 5514).lower, 4)
    -0.1931
    """
    table = read_table(x1, n1, x2, n2, probability)
    adjusted = wald(*table.add(1, 2).counts, probability)
    return Finding(
        table.difference,
        adjusted.lower,
        adjusted.upper,
        adjusted.p_value,
        probability,
        adjusted.standard_error,
    )


def newcombe(
    x1: float,
    n1: float,
    x2: float,
    n2: float,
    probability: float = 0.95,
    *,
    continuity: bool = False,
) -> Finding:
    """Compare two proportions by Newcombe's hybrid of two Wilson intervals.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants.
    x2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval.
    continuity : bool
        From Wilson intervals with continuity correction (his method 11).

    Returns
    -------
    Finding
        Difference; p is 1 minus the coverage at which the interval just reaches 0.

    Raises
    ------
    InputError
        If a number is not one of a table, such as more reoffenders than people; every fault
        is listed.

    References
    ----------
    Newcombe, R. G. (1998). Statistics in Medicine 17, 873-890, methods 10 and 11.

    Examples
    --------
    >>> found = newcombe(13, 83, 1533, 5514)
    >>> round(found.lower, 4), round(found.upper, 4)
    (-0.1853, -0.0275)
    """

    def limits(x: float, n: float, level: float) -> Limits:
        return wilson(x, n, level, continuity=continuity)

    table = read_table(x1, n1, x2, n2, probability)
    return _mover(table, probability, limits, limits)


def mover_jeffreys(
    x1: float, n1: float, x2: float, n2: float, probability: float = 0.95
) -> Finding:
    """Compare two proportions by recovering variances from two Jeffreys intervals.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants.
    x2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference; p is 1 minus the coverage at which the interval just reaches 0.

    Raises
    ------
    InputError
        If a number is not one of a table, such as more reoffenders than people; every fault
        is listed.

    References
    ----------
    Donner, A. and Zou, G. (2012). Statistical Methods in Medical Research 21, 347-359.

    Examples
    --------
    >>> round(mover_jeffreys(13, 83, 1533, 5514).lower, 4)
    -0.1884
    """
    table = read_table(x1, n1, x2, n2, probability)
    return _mover(table, probability, jeffreys, jeffreys)


def mover_exact(x1: float, n1: float, x2: float, n2: float, probability: float = 0.95) -> Finding:
    """Compare an exact count with an uncertain rate: Clopper-Pearson against Jeffreys."""
    table = read_table(x1, n1, x2, n2, probability)
    return _mover(table, probability, clopper_pearson, jeffreys)


def miettinen_nurminen(
    x1: float, n1: float, x2: float, n2: float, probability: float = 0.95
) -> Finding:
    """Compare two proportions by the score interval of Miettinen and Nurminen.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants.
    x2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference; p from the chi-squared test with N - 1.

    Raises
    ------
    InputError
        If a number is not one of a table, such as more reoffenders than people; every fault
        is listed.

    References
    ----------
    Miettinen, O. and Nurminen, M. (1985). Statistics in Medicine 4, 213-226.

    Examples
    --------
    >>> found = miettinen_nurminen(13, 83, 1533, 5514)
    >>> round(found.lower, 4), round(found.upper, 4)
    (-0.1855, -0.0276)
    """
    table = read_table(x1, n1, x2, n2, probability, faults=find_total_faults(n1, n2))
    return _score(table, probability, table.total / (table.total - 1))


def mee(x1: float, n1: float, x2: float, n2: float, probability: float = 0.95) -> Finding:
    """Compare two proportions by the score interval of Mee, without N / (N - 1).

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants.
    x2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference; p from Pearson's chi-squared test.

    Raises
    ------
    InputError
        If a number is not one of a table, such as more reoffenders than people; every fault
        is listed.

    References
    ----------
    Mee, R. W. (1984). Biometrics 40, 1175-1176.

    Examples
    --------
    >>> round(mee(13, 83, 1533, 5514).p_value, 4)
    0.0141
    """
    return _score(read_table(x1, n1, x2, n2, probability), probability, 1.0)


def chi_squared(
    x1: float, n1: float, x2: float, n2: float, *, correction: str = "none"
) -> tuple[float, float]:
    """Return a chi-squared statistic of a two-by-two table and its p-value.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants.
    x2, n2 : float
        The same for the comparison group.
    correction : str
        "none" (Pearson), "yates", "n_minus_1", or "likelihood" (the G statistic).

    Returns
    -------
    tuple of float
        Statistic and p; nan when a margin of the table is empty.

    Raises
    ------
    InputError
        If the correction is unknown, or a number is not one of a table.

    Examples
    --------
    >>> [round(value, 4) for value in chi_squared(13, 83, 1533, 5514)]
    [6.0272, 0.0141]
    """
    table = read_table(
        x1, n1, x2, n2, faults=find_choice_faults("correction", correction, CORRECTIONS)
    )
    x1, n1, x2, n2 = table.counts
    observed = np.array([[x1, n1 - x1], [x2, n2 - x2]], dtype=float)
    total = observed.sum()
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / total
    if (expected == 0).any():
        return math.nan, math.nan
    gaps = observed - expected
    pearson = (gaps**2 / expected).sum()
    statistics = {
        "none": pearson,
        "yates": (np.maximum(np.abs(gaps) - 0.5, 0.0) ** 2 / expected).sum(),
        "n_minus_1": pearson * (total - 1) / total,
        "likelihood": 2 * xlogy(observed, observed / expected).sum(),
    }
    statistic = float(statistics[correction])
    return statistic, 2 * float(ndtr(-math.sqrt(statistic)))


def _normal(estimate: float, standard_error: float, probability: float) -> Finding:
    half_width = float(ndtri((1 + probability) / 2)) * standard_error
    p_value = 2 * float(ndtr(-abs(estimate) / standard_error)) if standard_error > 0 else math.nan
    return Finding(
        estimate, estimate - half_width, estimate + half_width, p_value, probability, standard_error
    )


def _mover(
    table: TwoByTwo,
    probability: float,
    limits1: Callable[[float, float, float], Limits],
    limits2: Callable[[float, float, float], Limits],
) -> Finding:
    """Recover the variance of a difference from the limits of each proportion."""
    x1, n1, x2, n2 = table.counts
    p1, p2 = table.proportions
    difference = p1 - p2

    def interval(level: float) -> Limits:
        low1, high1 = limits1(x1, n1, level)
        low2, high2 = limits2(x2, n2, level)
        return (
            difference - math.hypot(p1 - low1, high2 - p2),
            difference + math.hypot(high1 - p1, p2 - low2),
        )

    lower, upper = interval(probability)
    return Finding(difference, lower, upper, _invert(interval, difference), probability)


def _invert(interval: Callable[[float], Limits], estimate: float) -> float:
    """Return 1 minus the coverage at which the interval just reaches 0."""
    if estimate == 0:
        return 1.0

    def nearest(p: float) -> float:
        lower, upper = interval(1 - p)
        return upper if estimate < 0 else -lower

    if nearest(SMALLEST_P) <= 0:
        return SMALLEST_P
    if nearest(1 - 1e-9) >= 0:  # an exact interval is wider than a point at every coverage
        return 1.0
    return float(brentq(nearest, SMALLEST_P, 1 - 1e-9, xtol=1e-13))


def _score(table: TwoByTwo, probability: float, inflation: float) -> Finding:
    difference, (x1, n1, x2, n2) = table.difference, table.counts
    z = float(ndtri((1 + probability) / 2))

    def statistic(delta: float) -> float:
        p1, p2 = _constrained(x1, n1, x2, n2, delta)
        variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * inflation
        gap = difference - delta
        if gap == 0:  # the rates as they were seen are never too extreme, whatever the variance
            return 0.0
        return gap / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, gap)

    edge = 1 - 1e-12
    lower = upper = difference
    if difference > -edge:
        lower = _cross(lambda delta: statistic(delta) - z, -edge, difference)
    if difference < edge:
        upper = _cross(lambda delta: statistic(delta) + z, difference, edge)
    p_value = 2 * float(ndtr(-abs(statistic(0.0)))) if difference != 0 else 1.0
    return Finding(difference, lower, upper, p_value, probability)


def _cross(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a falling function crosses 0, or the end it does not reach 0 before."""
    if function(low) <= 0:
        return round(low)
    if function(high) >= 0:
        return round(high)
    return find_crossing(function, low, high)


def _constrained(x1: float, n1: float, x2: float, n2: float, delta: float) -> tuple[float, float]:
    """Maximise the likelihood under p1 - p2 = delta (Farrington and Manning 1990, cubic)."""
    theta = n2 / n1
    p1, p2 = x1 / n1, x2 / n2
    a = 1 + theta
    b = -(1 + theta + p1 + theta * p2 + delta * (theta + 2))
    c = delta**2 + delta * (2 * p1 + theta + 1) + p1 + theta * p2
    d = -p1 * delta * (1 + delta)
    v = b**3 / (27 * a**3) - b * c / (6 * a**2) + d / (2 * a)
    u = math.copysign(math.sqrt(max(b**2 / (9 * a**2) - c / (3 * a), 0.0)), v)
    ratio = v / u**3 if u != 0 else 0.0
    angle = (math.pi + math.acos(min(max(ratio, -1.0), 1.0))) / 3
    q1 = 2 * u * math.cos(angle) - b / (3 * a)
    # rounding can carry the root past the range in which both are proportions
    q1 = min(max(q1, delta, 0.0), 1.0, 1.0 + delta)
    return q1, min(max(q1 - delta, 0.0), 1.0)
