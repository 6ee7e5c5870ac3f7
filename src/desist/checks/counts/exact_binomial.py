"""The exact count of participants against an uncertain comparison rate."""

# The participants' count is whole and exact; the comparison rate is a weighted one, known only as
# well as its effective sample size allows. If the rates are the same, the count is
#     X ~ Binomial(n_1, p), p ~ Beta(x_2 + 1 / 2, n_2 - x_2 + 1 / 2)
# with n_2 the effective size and x_2 = n_2 p_hat_2: a beta-binomial count. A known rate (n_2 ->
# infinity) gives the ordinary exact binomial test.

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln, xlog1py, xlogy

from desist.checks.counts.two_by_two import (
    TwoByTwo,
    find_whole_faults,
    read_known_rate,
    read_table,
    require_listable,
)
from desist.checks.counts.two_proportions import mover_exact
from desist.checks.finding import Finding


def exact_binomial(
    x1: float, n1: float, x2: float, n2: float, probability: float = 0.95
) -> Finding:
    """Test an exact count against a weighted rate, the rate's uncertainty included.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants, whole numbers.
    x2, n2 : float
        Effective count and effective size of the comparison group; an infinite size
        with `x2` the rate itself makes it a known rate.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference of the rates; p is twice the smaller tail; the interval joins
        Clopper and Pearson's limits of the participants with Jeffreys limits of the
        comparison rate (`mover_exact`).

    Raises
    ------
    InputError
        If the participants' count is not whole, or a number is not one of a table.

    References
    ----------
    Aitchison, J. and Dunsmore, I. R. (1975). Statistical Prediction Analysis, section
    2.3 (the beta-binomial predictive distribution).

    Examples
    --------
    >>> round(exact_binomial(13, 83, 1533, 5514).p_value, 4)
    0.0148
    """
    known = isinstance(n2, float) and math.isinf(n2) and n2 > 0
    if known:
        table = read_known_rate(x1, n1, x2, probability)
    else:
        whole = find_whole_faults({"x1": x1, "n1": n1})
        table = read_table(x1, n1, x2, n2, probability, faults=whole)
    require_listable(table.n_treated, "the exact binomial test")
    log_mass = _known_mass(table) if known else _uncertain_mass(table)
    mass, count = np.exp(log_mass), int(table.events_treated)
    tails = (float(mass[: count + 1].sum()), float(mass[count:].sum()))
    p_value = min(2 * min(tails), 1.0)
    limits = mover_exact(*table.counts, probability)
    return Finding(table.difference, limits.lower, limits.upper, p_value, probability)


def _known_mass(table: TwoByTwo) -> NDArray[np.float64]:
    """Log probability of each count of participants at a known rate."""
    n, rate = int(table.n_treated), table.proportions[1]
    support = np.arange(n + 1)
    return np.asarray(_log_choose(n, support) + xlogy(support, rate) + xlog1py(n - support, -rate))


def _uncertain_mass(table: TwoByTwo) -> NDArray[np.float64]:
    """Log probability of each count of participants, the rate drawn first."""
    n, support = int(table.n_treated), np.arange(int(table.n_treated) + 1)
    a = table.events_comparison + 0.5
    b = table.n_comparison - table.events_comparison + 0.5
    log_mass = _log_choose(n, support) + betaln(support + a, n - support + b)
    return np.asarray(log_mass - betaln(a, b))


def _log_choose(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
