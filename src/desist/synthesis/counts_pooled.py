"""Counts of two arms pooled by fixed weights: Mantel and Haenszel, Peto."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from desist._types import Floats
from desist.arguments import find_choice_faults, find_probability_faults
from desist.errors import CannotAnswerError, raise_faults
from desist.synthesis.rates import read_counts

SUBJECT = "pooled counts"


@dataclass(frozen=True)
class PooledCounts:
    """An effect that all studies are taken to share.

    Attributes
    ----------
    estimate, standard_error, lower, upper, p_value : float
        On the scale: log odds ratio, log risk ratio or risk difference.
    scale, method : str
        What was asked for.

    Examples
    --------
    >>> from desist.synthesis import pool_counts
    >>> found = pool_counts([4, 0], [10, 5], [6, 2], [10, 5], method="mantel_haenszel")
    >>> found.method, round(found.estimate, 2)
    ('mantel_haenszel', -1.25)
    """

    estimate: float
    standard_error: float
    lower: float
    upper: float
    p_value: float
    scale: str
    method: str


@dataclass(frozen=True, eq=False)
class _Cells:
    a: Floats
    b: Floats
    c: Floats
    d: Floats

    @property
    def treated(self) -> Floats:
        return self.a + self.b

    @property
    def comparison(self) -> Floats:
        return self.c + self.d

    @property
    def people(self) -> Floats:
        return self.treated + self.comparison


def pool_counts(
    treated_events: ArrayLike,
    n_treated: ArrayLike,
    comparison_events: ArrayLike,
    n_comparison: ArrayLike,
    *,
    scale: str = "log_odds",
    method: str = "mantel_haenszel",
    probability: float = 0.95,
) -> PooledCounts:
    """Pool counts of studies that share one effect, without adding anything to a count of 0.

    Parameters
    ----------
    treated_events, n_treated : array_like of int, shape (n_studies,)
        Reoffenders and people among those who took part; two studies or more.
    comparison_events, n_comparison : array_like of int, shape (n_studies,)
        Reoffenders and people in the comparison group.
    scale : {"log_odds", "log_risk", "risk_difference"}
        Of the effect; Peto's method is of the log odds ratio.
    method : {"mantel_haenszel", "peto"}
        Weights.
    probability : float
        Of the limits.

    Returns
    -------
    PooledCounts
        Estimate with its limits.

    Raises
    ------
    InputError
        If the counts or the settings are wrong; every fault is listed.
    CannotAnswerError
        If an arm has no event, or nothing else, in all studies.

    References
    ----------
    Robins, J., Greenland, S. and Breslow, N. E. (1986). A general estimator for the variance of
    the Mantel-Haenszel odds ratio. American Journal of Epidemiology 124, 719-723. Greenland, S.
    and Robins, J. M. (1985). Estimation of a common effect parameter from sparse follow-up data.
    Biometrics 41, 55-68. Sato, T. (1989). On the variance estimator for the Mantel-Haenszel risk
    difference. Biometrics 45, 1323-1324. Yusuf, S. et al. (1985). Beta blockade during and
    after myocardial infarction. Progress in Cardiovascular Diseases 27, 335-371.

    Examples
    --------
    >>> found = pool_counts([4, 0], [10, 5], [6, 2], [10, 5], method="peto")
    >>> round(found.estimate, 3)
    -1.136
    """
    from scipy.stats import norm

    counts, faults = read_counts(treated_events, n_treated, comparison_events, n_comparison)
    faults += find_probability_faults(probability)
    faults += find_choice_faults("method", method, ("mantel_haenszel", "peto"))
    allowed = ("log_odds",) if method == "peto" else tuple(MANTEL_HAENSZEL)
    raise_faults(SUBJECT, [*faults, *find_choice_faults("scale", scale, allowed)])
    a, n, c, m = counts.to_numpy(dtype=float).T
    pool = _pool_by_peto if method == "peto" else MANTEL_HAENSZEL[scale]
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, variance = pool(_Cells(a, n - a, c, m - c))
    if not np.isfinite([estimate, variance]).all() or variance <= 0:
        message = "an arm has no event, or nothing else, in all studies: use synthesise(...)"
        raise CannotAnswerError(message)
    error = float(np.sqrt(variance))
    width = float(norm.ppf((1 + probability) / 2)) * error
    p_value = float(2 * norm.sf(abs(estimate) / error))
    return PooledCounts(estimate, error, estimate - width, estimate + width, p_value, scale, method)


def _pool_odds(cells: _Cells) -> tuple[float, float]:
    # Robins, Greenland and Breslow (1986), eq. 1.
    p, q = (cells.a + cells.d) / cells.people, (cells.b + cells.c) / cells.people
    r, s = cells.a * cells.d / cells.people, cells.b * cells.c / cells.people
    total_r, total_s = r.sum(), s.sum()
    variance = (
        p @ r / (2 * total_r**2)
        + (p @ s + q @ r) / (2 * total_r * total_s)
        + q @ s / (2 * total_s**2)
    )
    return float(np.log(total_r / total_s)), float(variance)


def _pool_risk(cells: _Cells) -> tuple[float, float]:
    # Greenland and Robins (1985), eq. 13.
    r = (cells.a * cells.comparison / cells.people).sum()
    s = (cells.c * cells.treated / cells.people).sum()
    events = cells.a + cells.c
    inner = cells.treated * cells.comparison * events - cells.a * cells.c * cells.people
    return float(np.log(r / s)), float((inner / cells.people**2).sum() / (r * s))


def _pool_difference(cells: _Cells) -> tuple[float, float]:
    # Sato (1989): valid for few large studies and for many small ones.
    n, m, people = cells.treated, cells.comparison, cells.people
    weight = (n * m / people).sum()
    difference = ((cells.a * m - cells.c * n) / people).sum() / weight
    p = (cells.c * (n / people) ** 2 - cells.a * (m / people) ** 2).sum()
    p += (n * m * (m - n) / (2 * people**2)).sum()
    q = ((cells.a * cells.d + cells.c * cells.b) / (2 * people)).sum()
    return float(difference), float((difference * p + q) / weight**2)


def _pool_by_peto(cells: _Cells) -> tuple[float, float]:
    events, people = cells.a + cells.c, cells.people
    expected = cells.treated * events / people
    spread = cells.treated * cells.comparison * events * (people - events)
    variance = (spread / (people**2 * (people - 1))).sum()
    return float((cells.a - expected).sum() / variance), float(1 / variance)


MANTEL_HAENSZEL: Mapping[str, Callable[[_Cells], tuple[float, float]]] = {
    "log_odds": _pool_odds,
    "log_risk": _pool_risk,
    "risk_difference": _pool_difference,
}
