"""Unconditional exact tests of a two-by-two table: Boschloo and Barnard, fast."""

# Whatever the order of the tables, the probability of the region R that is at least as extreme as
# the observed table is a sum over the total m of reoffenders alone,
#     P_pi(R) = sum_(m=0)^N C(N, m) pi^m (1 - pi)^(N - m) P(X_1 in R | X_1 + X_2 = m)
# because given the total the count is hypergeometric whatever the common rate pi. So 83 against
# 5,514 needs 5,598 terms for each rate, not half a million, and the greatest value over the rates
# is found in a fraction of a second.

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from desist.arguments import find_choice_faults
from desist.checks.counts.two_by_two import read_table, require_listable
from desist.checks.finding import Finding

GRID = 1024  # rates at which the probability is looked at before the best are refined
REFINED = 8  # local maxima that are refined
TIED = 1e-7  # relative slack within which two tables are equally extreme
ALTERNATIVES = ("two-sided", "less", "greater")
ORDERS = ("fisher", "central")


def boschloo(
    x1: float,
    n1: float,
    x2: float,
    n2: float,
    *,
    order: str = "fisher",
    alternative: str = "two-sided",
    probability: float = 0.95,
) -> Finding:
    """Compare two proportions by Boschloo's exact test.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants, whole numbers.
    x2, n2 : float
        The same for the comparison group.
    order : str
        For two-sided tests: "fisher" orders the tables by Fisher's two-sided p,
        "central" doubles the smaller one-sided test.
    alternative : str
        "two-sided", "less" (participants reoffend less) or "greater".
    probability : float
        Against which p is read; the test has no interval.

    Returns
    -------
    Finding
        Difference of the proportions and p.

    Raises
    ------
    InputError
        If a count is not whole or an option is unknown.
    CannotAnswerError
        If there are more than ten million tables.

    References
    ----------
    Boschloo, R. D. (1970). Statistica Neerlandica 24, 1-9.

    Examples
    --------
    >>> round(boschloo(3, 20, 9, 25).p_value, 4)
    0.1378
    """
    faults = [
        *find_choice_faults("order", order, ORDERS),
        *find_choice_faults("alternative", alternative, ALTERNATIVES),
    ]
    table = read_table(x1, n1, x2, n2, probability, whole=True, faults=faults)
    space = _TableSpace(int(n1), int(n2))
    if alternative == "two-sided" and order == "central":
        smaller = min(
            space.greatest(_fisher_region(space, int(x1), int(x2), side))
            for side in ("less", "greater")
        )
        p_value = min(2 * smaller, 1.0)
    else:
        p_value = space.greatest(_fisher_region(space, int(x1), int(x2), alternative))
    return Finding(table.difference, p_value=p_value, probability=probability)


def barnard(
    x1: float,
    n1: float,
    x2: float,
    n2: float,
    *,
    pooled: bool = True,
    alternative: str = "two-sided",
    probability: float = 0.95,
) -> Finding:
    """Compare two proportions by Barnard's exact test on a z statistic.

    With very unequal arms one extreme common rate can decide the p-value (13 of 83
    against 1,533 of 5,514 gives 0.065 at a rate of 0.001, where there would be 6
    reoffenders and not 1,546). Not shown without that warning; Boschloo's test does not
    suffer from it.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants, whole numbers.
    x2, n2 : float
        The same for the comparison group.
    pooled : bool
        Standardise by the pooled proportion, or else by the two.
    alternative : str
        "two-sided", "less" or "greater".
    probability : float
        Against which p is read; the test has no interval.

    Returns
    -------
    Finding
        Difference of the proportions and p.

    Raises
    ------
    InputError
        If a count is not whole or an option is unknown.
    CannotAnswerError
        If there are more than ten million tables.

    References
    ----------
    Barnard, G. A. (1947). Biometrika 34, 123-138.

    Examples
    --------
    >>> round(barnard(3, 20, 9, 25).p_value, 4)
    0.1456
    """
    faults = find_choice_faults("alternative", alternative, ALTERNATIVES)
    table = read_table(x1, n1, x2, n2, probability, whole=True, faults=faults)
    space = _TableSpace(int(n1), int(n2))
    z = space.z_statistics(pooled=pooled)
    observed = z[int(x1 + x2), int(x1)]
    slack = TIED * max(abs(observed), 1e-300)
    regions = {
        "two-sided": np.abs(z) >= abs(observed) - slack,
        "less": z <= observed + slack,
        "greater": z >= observed - slack,
    }
    p_value = space.greatest(regions[alternative])
    return Finding(table.difference, p_value=p_value, probability=probability)


class _TableSpace:
    """All tables with these arms, by total (rows) and treated count (columns)."""

    def __init__(self, n1: int, n2: int) -> None:
        require_listable((n1 + 1.0) * (n1 + n2 + 1.0), "the unconditional exact test")
        self.n1, self.n2 = n1, n2
        total = np.arange(n1 + n2 + 1)
        self.count1 = np.arange(n1 + 1)
        self.count2 = total[:, None] - self.count1[None, :]
        self.possible = (self.count2 >= 0) & (self.count2 <= n2)
        within = np.clip(self.count2, 0, n2)
        self.log_totals = _log_choose(n1 + n2, total)
        ways = _log_choose(n1, self.count1) + _log_choose(n2, np.arange(n2 + 1))[within]
        log_mass = np.where(self.possible, ways - self.log_totals[:, None], -np.inf)
        self.mass = np.exp(log_mass)

    def greatest(self, region: NDArray[np.bool_]) -> float:
        """Return the greatest probability of the region over the common rate."""
        given_total = np.where(region & self.possible, self.mass, 0.0).sum(axis=1)
        inside = np.flatnonzero(given_total > 0)
        log_terms = self.log_totals[inside] + np.log(given_total[inside])
        n = self.n1 + self.n2

        def probability(logit: NDArray[np.float64]) -> NDArray[np.float64]:
            log_rate, log_rest = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
            exponents = np.outer(log_rate, inside) + np.outer(log_rest, n - inside) + log_terms
            return np.asarray(np.exp(exponents).sum(axis=1))

        edge = math.log(1e4 * n)
        even = np.linspace(1, GRID, GRID) / (GRID + 1)
        grid = np.sort(np.r_[np.linspace(-edge, edge, GRID), np.log(even / (1 - even))])
        values = np.concatenate([probability(part) for part in np.array_split(grid, 16)])
        ends = values[0], values[-1], float(given_total[0]), float(given_total[-1])
        peaks = np.flatnonzero((values[1:-1] >= values[:-2]) & (values[1:-1] >= values[2:])) + 1
        best = [float(value) for value in ends]
        for peak in peaks[np.argsort(values[peaks])[::-1][:REFINED]]:
            bounds = (grid[peak - 1], grid[peak + 1])
            found = minimize_scalar(
                lambda t: -probability(np.array([t]))[0],
                bounds=bounds,
                method="bounded",
                options={"xatol": 1e-10},
            )
            best.append(-float(found.fun))
        return min(max(best), 1.0)

    def z_statistics(self, *, pooled: bool) -> NDArray[np.float64]:
        p1, p2 = self.count1 / self.n1, self.count2 / self.n2
        middle = (self.count1 + self.count2) / (self.n1 + self.n2)
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = (
                middle * (1 - middle) * (1 / self.n1 + 1 / self.n2)
                if pooled
                else p1 * (1 - p1) / self.n1 + p2 * (1 - p2) / self.n2
            )
            z = (p1 - p2) / np.sqrt(np.where(self.possible, variance, 1.0))
        return np.nan_to_num(z, nan=0.0, posinf=1e300, neginf=-1e300)


def _fisher_region(space: _TableSpace, x1: int, x2: int, alternative: str) -> NDArray[np.bool_]:
    """Find the tables whose Fisher p is no larger than the observed one."""
    if alternative == "two-sided":
        p = _two_sided_fisher(space)
    elif alternative == "less":
        p = np.cumsum(space.mass, axis=1)
    else:
        p = np.cumsum(space.mass[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(p <= p[x1 + x2, x1] * (1 + TIED))


def _two_sided_fisher(space: _TableSpace) -> NDArray[np.float64]:
    order = np.argsort(space.mass, axis=1)
    ascending = np.take_along_axis(space.mass, order, axis=1)
    cumulated = np.cumsum(ascending, axis=1)
    p = np.empty_like(space.mass)
    for row in range(space.mass.shape[0]):
        # equally probable tables count together, up to rounding
        last = np.searchsorted(ascending[row], space.mass[row] * (1 + TIED), side="right") - 1
        p[row] = cumulated[row, last]
    return p


def _log_choose(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
