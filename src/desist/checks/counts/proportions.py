"""Intervals for one proportion, from a count that need not be whole."""

# A weighted proportion enters with an effective count: the proportion times the effective sample
# size.

import math
from collections.abc import Callable

from scipy.special import betainccinv, betaincinv, ndtri

from desist.checks.counts.two_by_two import read_proportion

Limits = tuple[float, float]


def wilson(x: float, n: float, probability: float = 0.95, *, continuity: bool = False) -> Limits:
    """Return Wilson's score interval.

    Parameters
    ----------
    x, n : float
        Count and number of people.
    probability : float
        Coverage.
    continuity : bool
        With the continuity correction of Newcombe (1998a), method 4.

    Returns
    -------
    tuple of float
        Lower and upper limit.

    Raises
    ------
    InputError
        If the count is negative or above the number of people, or the coverage is not
        between 0 and 1.

    References
    ----------
    Wilson, E. B. (1927). JASA 22, 209-212. Newcombe, R. G. (1998). Statistics in
    Medicine 17, 857-872.

    Examples
    --------
    >>> [round(limit, 4) for limit in wilson(13, 83)]
    [0.0939, 0.2498]
    """
    x, n = read_proportion(x, n, probability)
    z = float(ndtri((1 + probability) / 2))
    p, q = x / n, 1 - x / n
    if not continuity:
        centre, spread = 2 * x + z**2, z * math.sqrt(z**2 + 4 * x * q)
        return (
            max((centre - spread) / (2 * (n + z**2)), 0.0) if x > 0 else 0.0,
            min((centre + spread) / (2 * (n + z**2)), 1.0) if x < n else 1.0,
        )
    low = 2 * x + z**2 - 1 - z * math.sqrt(max(z**2 - 2 - 1 / n + 4 * p * (n * q + 1), 0.0))
    high = 2 * x + z**2 + 1 + z * math.sqrt(max(z**2 + 2 - 1 / n + 4 * p * (n * q - 1), 0.0))
    return (
        max(low / (2 * (n + z**2)), 0.0) if x > 0 else 0.0,
        min(high / (2 * (n + z**2)), 1.0) if x < n else 1.0,
    )


def clopper_pearson(x: float, n: float, probability: float = 0.95) -> Limits:
    """Return the exact interval of Clopper and Pearson.

    Parameters
    ----------
    x, n : float
        Count and number of people.
    probability : float
        Coverage, at least.

    Returns
    -------
    tuple of float
        Lower and upper limit.

    Raises
    ------
    InputError
        If the count is negative or above the number of people, or the coverage is not
        between 0 and 1.

    References
    ----------
    Clopper, C. J. and Pearson, E. S. (1934). Biometrika 26, 404-413.

    Examples
    --------
    >>> [round(limit, 4) for limit in clopper_pearson(13, 83)]
    [0.0861, 0.2529]
    """
    x, n = read_proportion(x, n, probability)
    tail = (1 - probability) / 2
    lower = float(betaincinv(x, n - x + 1, tail)) if x > 0 else 0.0
    upper = float(betainccinv(x + 1, n - x, tail)) if x < n else 1.0
    return lower, upper


def jeffreys(x: float, n: float, probability: float = 0.95) -> Limits:
    """Return the equal-tailed interval of the Beta(x + 1/2, n - x + 1/2) posterior.

    Parameters
    ----------
    x, n : float
        Count and number of people.
    probability : float
        Coverage.

    Returns
    -------
    tuple of float
        Limits; 0 when nobody and 1 when everybody has the outcome.

    Raises
    ------
    InputError
        If the count is negative or above the number of people, or the coverage is not
        between 0 and 1.

    References
    ----------
    Brown, L. D., Cai, T. T. and DasGupta, A. (2001). Statistical Science 16, 101-133.

    Examples
    --------
    >>> [round(limit, 4) for limit in jeffreys(13, 83)]
    [0.0907, 0.246]
    """
    x, n = read_proportion(x, n, probability)
    tail = (1 - probability) / 2
    lower = float(betaincinv(x + 0.5, n - x + 0.5, tail)) if x > 0 else 0.0
    upper = float(betainccinv(x + 0.5, n - x + 0.5, tail)) if x < n else 1.0
    return lower, upper


def agresti_coull(x: float, n: float, probability: float = 0.95) -> Limits:
    """Return the Wald interval after adding z^2/2 successes and failures.

    Parameters
    ----------
    x, n : float
        Count and number of people.
    probability : float
        Coverage.

    Returns
    -------
    tuple of float
        Limits, which may pass 0 or 1.

    Raises
    ------
    InputError
        If the count is negative or above the number of people, or the coverage is not
        between 0 and 1.

    References
    ----------
    Agresti, A. and Coull, B. A. (1998). The American Statistician 52, 119-126.

    Examples
    --------
    >>> [round(limit, 4) for limit in agresti_coull(13, 83)]
    [0.0925, 0.2512]
    """
    x, n = read_proportion(x, n, probability)
    z = float(ndtri((1 + probability) / 2))
    total = n + z**2
    p = (x + z**2 / 2) / total
    half_width = z * math.sqrt(p * (1 - p) / total)
    return p - half_width, p + half_width


INTERVALS: dict[str, Callable[[float, float, float], Limits]] = {
    "wilson": wilson,
    "clopper_pearson": clopper_pearson,
    "jeffreys": jeffreys,
    "agresti_coull": agresti_coull,
}
