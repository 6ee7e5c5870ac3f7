"""Exact tests of a two-by-two table given both margins: Fisher and mid-p."""

# For whole counts of independent, equally informative people; a weighted pseudo-count is refused.
# The table is summarised by the conditional odds ratio.

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammaln

from desist.arguments import find_choice_faults
from desist.checks.counts.two_by_two import TwoByTwo, read_table, require_listable
from desist.checks.finding import Finding

TWO_SIDED, LESS, GREATER = "two-sided", "less", "greater"
ALTERNATIVES = (TWO_SIDED, LESS, GREATER)
CENTRAL = "central"
ORDERS = ("fisher", CENTRAL)
TIED = 1 + 1e-7  # tables this much more probable than the observed one still count as extreme


def fisher(
    x1: float,
    n1: float,
    x2: float,
    n2: float,
    probability: float = 0.95,
    *,
    order: str = "fisher",
    alternative: str = "two-sided",
) -> Finding:
    """Compare two proportions by Fisher's exact test.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants, whole numbers.
    x2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval, at least.
    order : str
        For two-sided tests: "fisher" adds the tables that are no more probable than the
        observed one, "central" doubles the smaller of the two one-sided p-values and so
        agrees with the interval.
    alternative : str
        "two-sided", "less" (participants reoffend less) or "greater". A one-sided test has
        a one-sided interval.

    Returns
    -------
    Finding
        Conditional maximum likelihood odds ratio with its exact interval, and p. The odds
        ratio is nan where nobody or everybody has the outcome.

    Raises
    ------
    InputError
        If a count is not whole, a number is not one of a table, or an option is unknown.
    CannotAnswerError
        If there are more than ten million tables.

    References
    ----------
    Fisher, R. A. (1935). JRSS 98, 39-82. Cornfield, J. (1956) for the interval. Fay, M. P.
    (2010). Biostatistics 11, 373-374 (central).

    Examples
    --------
    >>> found = fisher(3, 20, 9, 25)
    >>> round(found.estimate, 4), round(found.p_value, 4)
    (0.3217, 0.1768)
    >>> round(fisher(3, 20, 9, 25, alternative="less").p_value, 4)
    0.1059
    """
    faults = [
        *find_choice_faults("order", order, ORDERS),
        *find_choice_faults("alternative", alternative, ALTERNATIVES),
    ]
    table = _Margins(read_table(x1, n1, x2, n2, probability, whole=True, faults=faults))
    lower, upper = table.interval(probability, share=1.0, alternative=alternative)
    p_value = _p_of_fisher(table, order, alternative)
    return Finding(table.odds_ratio(), lower, upper, p_value, probability)


def fisher_central(
    x1: float, n1: float, x2: float, n2: float, probability: float = 0.95
) -> Finding:
    """Compare two proportions by Fisher's central test, which agrees with its interval.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants, whole numbers.
    x2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval, at least.

    Returns
    -------
    Finding
        As `fisher` with `order` "central": p is twice the smaller one-sided p.

    Raises
    ------
    InputError
        If a count is not whole or a number is not one of a table.

    References
    ----------
    Fay, M. P. (2010). Biostatistics 11, 373-374.

    Examples
    --------
    >>> round(fisher_central(3, 20, 9, 25).p_value, 4)
    0.2117
    """
    return fisher(x1, n1, x2, n2, probability, order="central")


def fisher_mid_p(x1: float, n1: float, x2: float, n2: float, probability: float = 0.95) -> Finding:
    """Compare two proportions by Fisher's test with half the observed table's weight.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants, whole numbers.
    x2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval, on average.

    Returns
    -------
    Finding
        Conditional odds ratio with its mid-p interval; p is twice the smaller tail.

    Raises
    ------
    InputError
        If a count is not whole or a number is not one of a table.

    References
    ----------
    Lancaster, H. O. (1961). JASA 56, 223-234. Agresti, A. (2013). Categorical Data
    Analysis, section 3.5.5.

    Examples
    --------
    >>> round(fisher_mid_p(3, 20, 9, 25).p_value, 4)
    0.1307
    """
    table = _Margins(read_table(x1, n1, x2, n2, probability, whole=True))
    mass, place = table.mass(0.0), table.x - table.low
    # each tail added up by itself: 1 less the other may be less than nothing
    least = min(float(mass[:place].sum()), float(mass[place + 1 :].sum()))
    p_value = min(2 * least + float(mass[place]), 1.0)
    lower, upper = table.interval(probability, share=0.5)
    return Finding(table.odds_ratio(), lower, upper, p_value, probability)


def _p_of_fisher(table: "_Margins", order: str, alternative: str) -> float:
    """P of the tables at least as extreme as the observed one, if the odds are the same."""
    mass = table.mass(0.0)
    place = table.x - table.low
    tails = {LESS: float(mass[: place + 1].sum()), GREATER: float(mass[place:].sum())}
    if alternative != TWO_SIDED:
        return min(tails[alternative], 1.0)
    if order == CENTRAL:
        return min(2 * min(tails.values()), 1.0)
    return min(float(mass[mass <= mass[place] * TIED].sum()), 1.0)


class _Margins:
    """The distribution of the treated count given both margins, for any odds ratio."""

    def __init__(self, table: TwoByTwo) -> None:
        x1, n1, x2, n2 = table.require_whole()
        self.x = x1
        total = x1 + x2
        self.low, self.high = max(0, total - n2), min(n1, total)
        require_listable(self.high - self.low, "Fisher's exact test")
        self.support = np.arange(self.low, self.high + 1)
        rest = total - self.support
        self.log_ways = -(
            gammaln(self.support + 1)
            + gammaln(n1 - self.support + 1)
            + gammaln(rest + 1)
            + gammaln(n2 - rest + 1)
        )

    def mass(self, log_odds: float) -> NDArray[np.float64]:
        terms = self.log_ways + self.support * log_odds
        parts = np.exp(terms - terms.max())
        return np.asarray(parts / parts.sum())

    def tail(self, log_odds: float, share: float) -> float:
        """P(fewer than observed) plus a share of the observed table."""
        mass, place = self.mass(log_odds), self.x - self.low
        return float(mass[:place].sum() + share * mass[place])

    def odds_ratio(self) -> float:
        if self.x in (self.low, self.high):
            if self.low == self.high:
                return math.nan
            return 0.0 if self.x == self.low else math.inf
        return math.exp(_root(lambda t: float(self.mass(t) @ self.support) - self.x))

    def interval(
        self, probability: float, share: float, alternative: str = TWO_SIDED
    ) -> tuple[float, float]:
        """Limits; `share` is the part of the observed table that counts in each tail."""
        alpha = (1 - probability) / (2 if alternative == TWO_SIDED else 1)
        lower, upper = 0.0, math.inf
        if self.x > self.low and alternative != LESS:
            # 1 - tail rises with the odds: P(at least as many) reaches alpha at the lower limit
            lower = math.exp(_root(lambda t: 1 - self.tail(t, 1 - share) - alpha))
        if self.x < self.high and alternative != GREATER:
            upper = math.exp(_root(lambda t: alpha - self.tail(t, share)))
        return lower, upper


def _root(rising: Callable[[float], float]) -> float:
    reach = 1.0
    while reach < 500 and (rising(-reach) > 0 or rising(reach) < 0):
        reach *= 2
    return float(brentq(rising, -reach, reach, xtol=1e-13))
