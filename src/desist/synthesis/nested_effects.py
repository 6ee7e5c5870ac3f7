"""Several estimates of one programme: effects that vary between programmes and within them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from desist._types import Floats, Integers
from desist.arguments import describe, find_probability_faults
from desist.errors import Fault, NotConvergedError, raise_faults
from desist.synthesis.pooling import read_effects

SUBJECT = "nested meta-analysis"
FEWEST = 3
STARTS = (0.05, 0.5, 2.0)  # of the typical error, for either spread
SETTLED = 1e-4  # of the typical error: a spread that is told from 0


@dataclass(frozen=True)
class NestedEffects:
    """A meta-analysis of estimates within programmes.

    Attributes
    ----------
    estimate, standard_error : float
        Mean effect over programmes and its error, both spreads taken as known.
    lower, upper : float
        Its limits, by the normal distribution.
    tau_between : float
        Standard deviation of the mean effects of programmes.
    tau_within : float
        Standard deviation of true effects within a programme.
    log_likelihood : float
        Restricted, at its highest point.
    n_studies, n_programmes : int
        Estimates, and programmes that they are of.

    Examples
    --------
    >>> from desist.synthesis import pool_nested
    >>> found = pool_nested([-0.5, -0.4, 0.1, 0.2], [0.1] * 4, ["A", "A", "B", "B"])
    >>> found.n_studies, found.n_programmes, round(found.tau_between, 2)
    (4, 2, 0.42)
    """

    estimate: float
    standard_error: float
    lower: float
    upper: float
    tau_between: float
    tau_within: float
    log_likelihood: float
    n_studies: int
    n_programmes: int

    def __repr__(self) -> str:
        """Return the mean, its limits and both spreads."""
        return (
            f"<Meta-analysis of {self.n_studies} estimates of {self.n_programmes} programmes: "
            f"{self.estimate:.3g} ({self.lower:.3g} to {self.upper:.3g}); standard deviation "
            f"{self.tau_between:.3g} between programmes, {self.tau_within:.3g} within>"
        )


@dataclass(frozen=True, eq=False)
class _Rows:
    """Estimates, their variances, and the programme of each."""

    estimates: Floats
    variances: Floats
    places: Integers


def pool_nested(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    programmes: Sequence[object],
    *,
    probability: float = 0.95,
) -> NestedEffects:
    r"""Pool estimates of which several are of one programme, by restricted likelihood.

    .. math:: y_{ij} = \mu + b_i + w_{ij} + e_{ij}, \quad b_i \sim N(0, \tau_b^2), \quad
        w_{ij} \sim N(0, \tau_w^2), \quad e_{ij} \sim N(0, s_{ij}^2)

    Errors :math:`e_{ij}` of one programme are taken as independent, as they are for prisons or
    years with people of their own. Where the same people stand in two estimates, give their
    correlation to `synthesise`, or their programme to `regress_effects` as ``clusters``.

    Parameters
    ----------
    estimates, standard_errors : array_like, shape (n_studies,)
        As in `pool_effects`; three or more.
    programmes : sequence, length n_studies
        Which programme each estimate is of; two or more.
    probability : float
        Of the limits.

    Returns
    -------
    NestedEffects
        Mean, its limits and both spreads.

    Raises
    ------
    InputError
        If columns or settings are wrong; every fault is listed.
    NotConvergedError
        If the likelihood has no highest point.

    References
    ----------
    Konstantopoulos, S. (2011). Fixed effects and variance components estimation in three-level
    meta-analysis. Research Synthesis Methods 2, 61-76.

    Examples
    --------
    >>> from desist.synthesis import pool_nested
    >>> found = pool_nested([-0.5, -0.4, 0.1, 0.2], [0.1] * 4, ["A", "A", "B", "B"])
    >>> round(found.estimate, 2), round(found.lower, 2), round(found.upper, 2)
    (-0.15, -0.74, 0.44)
    """
    from scipy.stats import norm

    values, errors, faults = read_effects(estimates, standard_errors, FEWEST)
    faults += _find_programme_faults(programmes, len(values))
    raise_faults(SUBJECT, [*faults, *find_probability_faults(probability)])
    rows = _Rows(values, errors**2, pd.factorize(pd.Series(list(programmes)))[0])
    typical = float(np.median(errors))
    spreads, log_likelihood = _climb(lambda point: _profile(rows, *point)[0], typical)
    _, mean, error = _profile(rows, *spreads)
    width = float(norm.ppf((1 + probability) / 2)) * error
    between, within = (spread if spread > SETTLED * typical else 0.0 for spread in spreads)
    return NestedEffects(
        mean,
        error,
        mean - width,
        mean + width,
        between,
        within,
        log_likelihood,
        len(values),
        int(rows.places.max()) + 1,
    )


def _profile(rows: _Rows, between: float, within: float) -> tuple[float, float, float]:
    """Return the restricted log-likelihood of both spreads, the mean and its error."""
    # V is I / a within a programme and b everywhere in it: its inverse by Sherman and Morrison's
    # formula, its determinant by the same.
    precision = 1 / (rows.variances + within**2)
    sums = np.bincount(rows.places, weights=precision)
    held = 1 + between**2 * sums
    weights = precision / held[rows.places]
    total = weights.sum()
    mean = float(weights @ rows.estimates / total)
    away = rows.estimates - mean
    inside = np.bincount(rows.places, weights=precision * away)
    squares = precision @ away**2 - between**2 * (inside**2 / held).sum()
    size = len(rows.estimates)
    log_determinant = -np.log(precision).sum() + np.log(held).sum()
    # Harville (1977), Journal of the American Statistical Association 72, section 3.2
    logs = (size - 1) * np.log(2 * np.pi) - np.log(size) + log_determinant + np.log(total)
    return float(-(logs + squares) / 2), mean, float(total**-0.5)


def _climb(
    restricted: Callable[[tuple[float, float]], float], typical: float
) -> tuple[tuple[float, float], float]:
    """Return the highest of the peaks that are found from several starts."""
    from scipy.optimize import minimize

    def lower(point: Floats) -> float:
        return -restricted((abs(float(point[0])), abs(float(point[1]))))

    starts = [typical * np.array([one, other]) for one in STARTS for other in STARTS]
    rough = [minimize(lower, start, method="Nelder-Mead") for start in starts]
    best = min(rough, key=lambda found: float(found.fun))
    fine = {"xatol": 1e-10 * typical, "fatol": 1e-13, "maxiter": 4000}
    best = minimize(lower, best.x, method="Nelder-Mead", options=fine)
    if not np.isfinite(best.x).all() or not np.isfinite(best.fun):
        raise NotConvergedError("the likelihood of both spreads has no highest point")
    return (abs(float(best.x[0])), abs(float(best.x[1]))), -float(best.fun)


def _find_programme_faults(programmes: object, n_studies: int) -> list[Fault]:
    expected = "a list of programmes, one for each estimate"
    if isinstance(programmes, str) or not hasattr(programmes, "__len__"):
        return [Fault("programmes", expected, describe(programmes))]
    names = list(programmes)  # type: ignore[call-overload]
    if len(names) != n_studies:
        return [Fault("programmes", expected, f"{len(names)} for {n_studies}")]
    if pd.isna(pd.Series(names, dtype=object)).any():
        return [Fault("programmes", expected, "missing ones")]
    if len(set(names)) < 2:
        return [Fault("programmes", "two programmes or more", str(len(set(names))))]
    if len(set(names)) == n_studies:
        advice = "with one estimate each, pool_effects(...) asks the same"
        found = "one estimate of each"
        return [Fault("programmes", "several estimates of a programme", found, advice)]
    return []
