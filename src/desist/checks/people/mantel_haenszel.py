"""Matched sets compared within themselves: Mantel and Haenszel."""

# Sets may be small and many (pairs). The risk difference weights each set by n_1 n_0 / (n_1 + n_0),
# which for sets of unequal make-up is not the ATT.

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from desist.checks.arms import join_arms
from desist.checks.columns import NO_SET, Columns, find_probability_faults
from desist.checks.finding import Finding
from desist.errors import CannotAnswerError

Floats = NDArray[np.float64]


def mantel_haenszel(
    reoffended: ArrayLike,
    treated: ArrayLike,
    sets: ArrayLike,
    probability: float = 0.95,
) -> Finding:
    """Compare rates within matched sets by their common risk difference.

    Parameters
    ----------
    reoffended : array_like, shape (n_people,)
        True or 1 for a proven reoffence.
    treated : array_like, shape (n_people,)
        True for participants.
    sets : array_like of int, shape (n_people,)
        Matched set of each person, -1 for none.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Mantel-Haenszel risk difference with Sato's variance, right for few large and
        for many small sets; p from the Cochran-Mantel-Haenszel test without continuity
        correction.

    Raises
    ------
    InputError
        If a column cannot be read.
    CannotAnswerError
        If no set has people of both arms.

    References
    ----------
    Mantel, N. and Haenszel, W. (1959). JNCI 22, 719-748. Sato, T. (1989). Biometrics 45,
    1323-1324.

    Examples
    --------
    >>> found = mantel_haenszel([1, 0, 1, 1, 0, 0], [1, 0, 1, 0, 1, 0], [0, 0, 1, 1, 2, 2])
    >>> round(found.estimate, 4)
    0.3333
    """
    a, b, n1, n0 = _tables(reoffended, treated, sets, probability)
    n = n1 + n0
    mass = float((n1 * n0 / n).sum())
    estimate = float(((a * n0 - b * n1) / n).sum()) / mass
    p_terms = (n1**2 * b - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / n**2
    q_terms = (a * (n0 - b) + b * (n1 - a)) / (2 * n)
    variance = float(estimate * p_terms.sum() + q_terms.sum()) / mass**2
    z = float(ndtri((1 + probability) / 2))
    half = z * math.sqrt(variance) if variance > 0 else math.nan
    events = a + b
    spread = float((n1 * n0 * events * (n - events) / (n**2 * np.maximum(n - 1, 1))).sum())
    p_value = math.nan
    if spread > 0:
        gap = abs(float((a - n1 * events / n).sum()))
        p_value = 2 * float(ndtr(-gap / math.sqrt(spread)))
    error = math.sqrt(variance) if variance > 0 else math.nan
    return Finding(estimate, estimate - half, estimate + half, p_value, probability, error)


def mantel_haenszel_odds(
    reoffended: ArrayLike,
    treated: ArrayLike,
    sets: ArrayLike,
    probability: float = 0.95,
) -> Finding:
    """Compare rates within matched sets by their common odds ratio.

    Parameters
    ----------
    reoffended : array_like, shape (n_people,)
        True or 1 for a proven reoffence.
    treated : array_like, shape (n_people,)
        True for participants.
    sets : array_like of int, shape (n_people,)
        Matched set of each person, -1 for none.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Mantel-Haenszel odds ratio with the variance of Robins, Breslow and Greenland;
        p as for `mantel_haenszel`. Nan when no set tells the arms apart in one
        direction.

    Raises
    ------
    InputError
        If a column cannot be read.
    CannotAnswerError
        If no set has people of both arms.

    References
    ----------
    Robins, J., Breslow, N. and Greenland, S. (1986). Biometrics 42, 311-323.

    Examples
    --------
    >>> found = mantel_haenszel_odds([1, 0, 0, 1, 1, 0], [1, 0, 1, 0, 1, 0], [0, 0, 1, 1, 2, 2])
    >>> round(found.estimate, 4)
    2.0
    """
    a, b, n1, n0 = _tables(reoffended, treated, sets, probability)
    c, d, n = n1 - a, n0 - b, n1 + n0
    r, s = a * d / n, c * b / n
    p_value = mantel_haenszel(reoffended, treated, sets).p_value
    if r.sum() == 0 or s.sum() == 0:
        return Finding(math.nan, p_value=p_value, probability=probability)
    p, q = (a + d) / n, (b + c) / n
    variance = float(
        (p * r).sum() / (2 * r.sum() ** 2)
        + (p * s + q * r).sum() / (2 * r.sum() * s.sum())
        + (q * s).sum() / (2 * s.sum() ** 2)
    )
    estimate = float(r.sum() / s.sum())
    spread = math.exp(float(ndtri((1 + probability) / 2)) * math.sqrt(variance))
    return Finding(
        estimate, estimate / spread, estimate * spread, p_value, probability, math.sqrt(variance)
    )


def _tables(
    reoffended: ArrayLike, treated: ArrayLike, sets: ArrayLike, probability: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Count events and people of each arm in each set that has both."""
    columns = Columns()
    events = columns.truths("reoffended", reoffended)
    label = columns.sets("sets", sets)
    faults = find_probability_faults(probability)
    arms = join_arms(columns, events.astype(float), treated, None, faults)
    used = label != NO_SET
    group = np.unique(label[used], return_inverse=True)[1]
    y, z = arms.outcome[used], arms.treated[used].astype(float)
    n1, n0 = np.bincount(group, z), np.bincount(group, 1 - z)
    both = (n1 > 0) & (n0 > 0)
    if not both.any():
        raise CannotAnswerError("no matched set has people of both arms")
    a, b = np.bincount(group, z * y), np.bincount(group, (1 - z) * y)
    return a[both], b[both], n1[both], n0[both]
