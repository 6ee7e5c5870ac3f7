"""Ratio of two proportions and odds ratio, from counts that need not be whole."""

# Score intervals invert the test of p_1 = phi p_2 (or of an odds ratio psi) with both proportions
# at their constrained maximum; Miettinen and Nurminen multiply the variance by N / (N - 1). Log
# intervals are normal on the log scale; adding a half to every cell keeps them finite.

import math
from collections.abc import Callable

from scipy.special import ndtr, ndtri

from desist.checks.counts.two_by_two import TwoByTwo, find_total_faults, read_table
from desist.checks.crossing import cross_log_ratio
from desist.checks.finding import Finding, exponentiate, from_standard_error

Score = Callable[[float], float]


def ratio_log(
    x1: float,
    n1: float,
    x2: float,
    n2: float,
    probability: float = 0.95,
    *,
    add_half: bool = False,
) -> Finding:
    """Compare two proportions by their ratio, normal on the log scale.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants.
    x2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval.
    add_half : bool
        Add a half to both counts and both numbers (Walter 1975) in place of Katz.

    Returns
    -------
    Finding
        Ratio of the proportions; nan when a count is 0 and nothing is added.

    Raises
    ------
    InputError
        If a number is not one of a table, such as more reoffenders than people; every fault
        is listed.

    References
    ----------
    Katz, D. et al. (1978). Biometrics 34, 469-474. Walter, S. D. (1975). Biometrika 62,
    371-374.

    Examples
    --------
    >>> found = ratio_log(13, 83, 1533, 5514)
    >>> round(found.lower, 4), round(found.upper, 4)
    (0.3413, 0.9298)
    """
    half = 0.5 if add_half else 0.0
    a, m, b, n = read_table(x1, n1, x2, n2, probability).add(half, half).counts
    if min(a, b) == 0:
        return Finding(math.nan, probability=probability)
    error = math.sqrt(1 / a - 1 / m + 1 / b - 1 / n)
    found = from_standard_error(math.log(a * n / (m * b)), error, math.inf, probability)
    return exponentiate(found)


def odds_log(
    x1: float,
    n1: float,
    x2: float,
    n2: float,
    probability: float = 0.95,
    *,
    add_half: bool = False,
) -> Finding:
    """Compare two proportions by their odds ratio, normal on the log scale.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants.
    x2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval.
    add_half : bool
        Add a half to every cell (Gart 1966) in place of Woolf.

    Returns
    -------
    Finding
        Odds ratio; nan when a cell is 0 and nothing is added.

    Raises
    ------
    InputError
        If a number is not one of a table, such as more reoffenders than people; every fault
        is listed.

    References
    ----------
    Woolf, B. (1955). Annals of Human Genetics 19, 251-253. Gart, J. J. (1966). JRSS B
    28, 164-179.

    Examples
    --------
    >>> round(odds_log(13, 83, 1533, 5514).upper, 4)
    0.8742
    """
    half = 0.5 if add_half else 0.0
    x1, n1, x2, n2 = read_table(x1, n1, x2, n2, probability).counts
    cells = [x1 + half, n1 - x1 + half, x2 + half, n2 - x2 + half]
    if min(cells) == 0:
        return Finding(math.nan, probability=probability)
    estimate = math.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    error = math.sqrt(sum(1 / cell for cell in cells))
    return exponentiate(from_standard_error(estimate, error, math.inf, probability))


def ratio_score(
    x1: float,
    n1: float,
    x2: float,
    n2: float,
    probability: float = 0.95,
    *,
    inflate: bool = True,
) -> Finding:
    """Compare two proportions by the score interval of their ratio.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants.
    x2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval.
    inflate : bool
        Multiply the variance by N / (N - 1), as Miettinen and Nurminen; Koopman does
        not.

    Returns
    -------
    Finding
        Ratio; a limit is 0 or infinite where no ratio is too extreme.

    Raises
    ------
    InputError
        If a number is not one of a table, such as more reoffenders than people; every fault
        is listed.

    References
    ----------
    Koopman, P. A. R. (1984). Biometrics 40, 513-517. Miettinen, O. and Nurminen, M.
    (1985). Statistics in Medicine 4, 213-226.

    Examples
    --------
    >>> found = ratio_score(13, 83, 1533, 5514)
    >>> round(found.lower, 4), round(found.upper, 4)
    (0.3371, 0.9002)
    """
    table = _read(x1, n1, x2, n2, probability, inflate=inflate)
    x1, n1, x2, n2 = table.counts
    p1, p2 = table.proportions

    def score(log_ratio: float) -> float:
        phi = math.exp(log_ratio)
        a, c = (n1 + n2) * phi, x1 + x2
        b = n1 * phi + x1 + n2 + x2 * phi
        q2 = min(2 * c / (b + math.sqrt(max(b * b - 4 * a * c, 0.0))), 1.0, 1 / phi)
        q1 = min(phi * q2, 1.0)
        variance = q1 * (1 - q1) / n1 + phi**2 * q2 * (1 - q2) / n2
        return _standardise(p1 - phi * p2, variance)

    return _invert(score, p1, p2, table, probability, inflate=inflate)


def odds_score(
    x1: float,
    n1: float,
    x2: float,
    n2: float,
    probability: float = 0.95,
    *,
    inflate: bool = True,
) -> Finding:
    """Compare two proportions by the score interval of the odds ratio.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants.
    x2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval.
    inflate : bool
        Multiply the variance by N / (N - 1), as Miettinen and Nurminen; Cornfield's
        interval without continuity correction does not.

    Returns
    -------
    Finding
        Odds ratio; a limit is 0 or infinite where no odds ratio is too extreme.

    Raises
    ------
    InputError
        If a number is not one of a table, such as more reoffenders than people; every fault
        is listed.

    References
    ----------
    Cornfield, J. (1956). Proceedings of the Third Berkeley Symposium 4, 135-148.
    Miettinen, O. and Nurminen, M. (1985). Statistics in Medicine 4, 213-226.

    Examples
    --------
    >>> found = odds_score(13, 83, 1533, 5514)
    >>> round(found.lower, 4), round(found.upper, 4)
    (0.2683, 0.8671)
    """
    table = _read(x1, n1, x2, n2, probability, inflate=inflate)
    x1, n1, x2, n2 = table.counts
    odds1, odds2 = x1 * (n2 - x2), x2 * (n1 - x1)

    def score(log_odds: float) -> float:
        psi, total = math.exp(log_odds), x1 + x2
        # the complement is solved for as well: near 1 the difference from it has no digits left
        q2 = _solve_comparison(n1, n2, total, psi)
        r2 = _solve_comparison(n1, n2, n1 + n2 - total, 1 / psi)
        q1, r1 = (part / (r2 + q2 * psi) for part in (q2 * psi, r2))
        information = n1 * q1 * r1, n2 * q2 * r2
        variance = sum(1 / i for i in information) if min(information) > 0 else math.inf
        gap = x1 * r1 - (n1 - x1) * q1
        return gap * math.sqrt(variance) if variance < math.inf else 0.0

    return _invert(score, odds1, odds2, table, probability, inflate=inflate)


def _solve_comparison(n1: float, n2: float, total: float, psi: float) -> float:
    """Return the comparison rate that is most likely at an odds ratio, given all events."""
    a = n2 * (psi - 1)
    b = (n1 - total) * psi + n2 + total
    root = math.sqrt(max(b * b + 4 * a * total, 0.0))
    # whichever form of the root does not cancel; below 0 is b for psi above 1 alone
    return min(2 * total / (b + root) if b > 0 else (root - b) / (2 * a), 1.0)


def _read(
    x1: float, n1: float, x2: float, n2: float, probability: float, *, inflate: bool
) -> TwoByTwo:
    faults = find_total_faults(n1, n2) if inflate else []
    return read_table(x1, n1, x2, n2, probability, faults=faults)


def _standardise(gap: float, variance: float) -> float:
    if variance > 0:
        return gap / math.sqrt(variance)
    return math.copysign(math.inf, gap) if gap != 0 else 0.0


def _invert(
    score: Score, top: float, bottom: float, table: TwoByTwo, probability: float, *, inflate: bool
) -> Finding:
    """Find where the falling score statistic passes the normal quantiles."""
    total = table.total
    shrink = math.sqrt((total - 1) / total) if inflate else 1.0
    z = float(ndtri((1 + probability) / 2))
    if top == 0 and bottom == 0:
        return Finding(math.nan, probability=probability)
    estimate = top / bottom if bottom > 0 else math.inf
    lower, upper = 0.0, math.inf
    if top > 0:
        lower = math.exp(cross_log_ratio(lambda t: shrink * score(t) - z))
    if bottom > 0:
        upper = math.exp(cross_log_ratio(lambda t: shrink * score(t) + z))
    p_value = min(2 * float(ndtr(-abs(shrink * score(0.0)))), 1.0)
    return Finding(estimate, lower, upper, p_value, probability)
