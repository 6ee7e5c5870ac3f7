"""McNemar's test of matched pairs, exact and mid-p."""

# Pairs in which both or neither reoffend say nothing of a difference. Of the b + c others the
# participant alone reoffends in b, and if the programme makes no difference b is binomial with
# share one half. The odds ratio given the pair is b / c.
# McNemar, Q. (1947). Psychometrika 12, 153-157. Fagerland, M. W., Lydersen, S. and Laake, P.
# (2013). BMC Medical Research Methodology 13, 91 (mid-p).

import math

from scipy.optimize import brentq
from scipy.special import bdtr, gammaln

from desist.arguments import find_number_faults
from desist.checks.columns import find_probability_faults
from desist.checks.counts.proportions import clopper_pearson
from desist.checks.counts.two_by_two import find_whole_faults
from desist.checks.finding import Finding
from desist.errors import raise_faults


def mcnemar(b: float, c: float, probability: float = 0.95) -> Finding:
    """Compare the rates of matched pairs by McNemar's exact test.

    Parameters
    ----------
    b, c : float
        Pairs in which the participant alone, and the comparison person alone, reoffended;
        whole numbers, from `count_discordant`.
    probability : float
        Coverage of the interval, at least.

    Returns
    -------
    Finding
        Odds ratio given the pair, b / c, with limits from the exact binomial interval of
        b out of b + c; p is twice the smaller binomial tail. All nan without such pairs.

    Raises
    ------
    InputError
        If a number of pairs is negative or not whole.

    References
    ----------
    McNemar, Q. (1947). Psychometrika 12, 153-157.

    Examples
    --------
    >>> round(mcnemar(5, 15).p_value, 4)
    0.0414
    """
    total = _read_pairs(b, c, probability)
    if total == 0:
        return Finding(math.nan, probability=probability)
    tail = float(bdtr(min(b, c), total, 0.5))
    limits = [_odds(share) for share in clopper_pearson(b, total, probability)]
    return Finding(_odds(b / total), limits[0], limits[1], min(2 * tail, 1.0), probability)


def mcnemar_mid_p(b: float, c: float, probability: float = 0.95) -> Finding:
    """Compare the rates of matched pairs by McNemar's test with mid-p.

    Parameters
    ----------
    b, c : float
        Pairs in which the participant alone, and the comparison person alone, reoffended;
        whole numbers.
    probability : float
        Coverage of the interval, on average.

    Returns
    -------
    Finding
        As `mcnemar`, with half the probability of the observed number in p and interval.

    Raises
    ------
    InputError
        If a number of pairs is negative or not whole.

    References
    ----------
    Fagerland, M. W., Lydersen, S. and Laake, P. (2013). BMC Medical Research Methodology
    13, 91.

    Examples
    --------
    >>> round(mcnemar_mid_p(5, 15).p_value, 4)
    0.0266
    """
    total = _read_pairs(b, c, probability)
    if total == 0:
        return Finding(math.nan, probability=probability)
    p_value = min(2 * _mid_tail(min(b, c), total, 0.5), 1.0)
    alpha = (1 - probability) / 2
    lower = 0.0 if b == 0 else _mid_limit(b, total, 1 - alpha)
    upper = 1.0 if c == 0 else _mid_limit(b, total, alpha)
    return Finding(_odds(b / total), _odds(lower), _odds(upper), p_value, probability)


def _read_pairs(b: float, c: float, probability: float) -> int:
    counts = {"b": b, "c": c}
    faults = [fault for name, n in counts.items() for fault in find_number_faults(name, n, least=0)]
    raise_faults(
        "check", [*faults, *find_whole_faults(counts), *find_probability_faults(probability)]
    )
    return round(float(b) + float(c))


def _mid_tail(x: float, n: int, share: float) -> float:
    """P(fewer than x) plus half of P(x) of a binomial count."""
    log_mass = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    log_mass += x * math.log(share) + (n - x) * math.log1p(-share)
    return float(bdtr(x, n, share)) - 0.5 * math.exp(log_mass)


def _mid_limit(x: float, n: int, level: float) -> float:
    edge = 1e-12
    return float(brentq(lambda q: _mid_tail(x, n, q) - level, edge, 1 - edge, xtol=1e-13))


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.inf
