"""Log-likelihoods of one counting process: of people's first offences, of a group's counts.

Given the personal intensity, offences are a Poisson process; given their number they fall
independently of each other and of the intensity. So the count is negative binomial, and the
time to the first offence, given the count, knows nothing of mean or dispersion.
"""

import math
from typing import Any

import numpy as np

from desist._types import Floats

NEVER = -1e4  # log of a time before which nothing happens; finite, so that gradients are too


def first_offence(counts: Any, log_start: Any, log_end: Any, is_open: Any, log_shape: Any) -> Any:
    r"""Log-probability of the interval of the first of so many offences, one a row, unweighted.

    Parameters
    ----------
    counts : tensor, shape (n_rows,)
        Offences :math:`n`.
    log_start, log_end : tensor, shape (n_rows,)
        Log of the ends :math:`s < e` of the interval as fractions of the time at risk;
        `NEVER` for a start of 0, and the end equal to the start where `is_open` is 0.
    is_open : tensor, shape (n_rows,)
        1 if there is time at risk after the interval; 0 if it ends with the follow-up, and for
        people without offences.
    log_shape : tensor, scalar or shape (n_rows,)
        Log of the shape :math:`k` of the intensity, :math:`k t^{k-1}`.

    Returns
    -------
    tensor, shape (n_rows,)
        :math:`\log\{(1 - s^k)^n - (1 - e^k)^n\}`: the least of :math:`n` independent times with
        distribution function :math:`t^k`; 0 for people without offences.

    References
    ----------
    Cook, R. J. and Lawless, J. F. (2007). The Statistical Analysis of Recurrent Events,
    chapter 2 (Poisson processes, mixed Poisson processes).
    """
    import pytensor.tensor as pt

    shape = pt.exp(log_shape)
    before = pt.log1p(-pt.exp(shape * log_start))
    after = pt.log1p(-pt.exp(shape * log_end))
    later = is_open * pt.exp(counts * (after - before))
    return counts * before + pt.log1p(-later)


def counts_of_group(
    n_offences: Any,
    log_mean: Any,
    log_dispersion: Any,
    n_people: Any,
    coefficients: tuple[Any, Any],
) -> Any:
    r"""Log-probability of a group's numbers of reoffenders and of offences together.

    Parameters
    ----------
    n_offences : tensor, scalar
        Offences :math:`T` of the whole group.
    log_mean : tensor, scalar
        Log of the expected offences :math:`m` of a person.
    log_dispersion : tensor, scalar
        Log of :math:`a`; the variance of a count is :math:`m + m^2/a`.
    n_people : tensor, scalar
        People :math:`n`.
    coefficients : pair of tensors, each of shape (n_terms,)
        Powers and log coefficients from `expand_counts`.

    Returns
    -------
    tensor, scalar
        :math:`\log\{\binom{n}{x}\, C(a)\, p^{na} q^T\}` with :math:`p = a/(a+m)`,
        :math:`q = m/(a+m)`, where :math:`C(a)` is the coefficient of :math:`z^T` in
        :math:`\{(1-z)^{-a} - 1\}^x`: :math:`x` people have at least one offence, and :math:`T`
        together.
    """
    import pytensor.tensor as pt

    powers, log_coefficients = coefficients
    ways = pt.logsumexp(log_coefficients + powers * log_dispersion)
    log_odds = log_mean - log_dispersion
    log_total = pt.log1p(pt.exp(log_odds))
    return (
        ways - n_people * pt.exp(log_dispersion) * log_total + n_offences * (log_odds - log_total)
    )


def expand_counts(n_people: int, n_reoffenders: int, n_offences: int) -> tuple[Floats, Floats]:
    r"""Expand the number of ways to share out a group's offences in powers of the dispersion.

    Parameters
    ----------
    n_people, n_reoffenders, n_offences : int
        Of the group; the offences are at least as many as the reoffenders.

    Returns
    -------
    ndarray of float, shape (n_terms,)
        The powers :math:`r = x, \dots, T`.
    ndarray of float, shape (n_terms,)
        :math:`\log\{\binom{n}{x}\frac{x!}{T!} S(r, x)\, c(T, r)\}` with the Stirling numbers
        of the second kind :math:`S` and the unsigned ones of the first kind :math:`c`. All
        terms are positive, so that nothing cancels.

    References
    ----------
    Graham, R. L., Knuth, D. E. and Patashnik, O. (1994). Concrete Mathematics, 2nd ed.,
    eqs. 7.49 and 7.50.

    Examples
    --------
    >>> powers, log_coefficients = expand_counts(2, 2, 3)
    >>> powers.tolist(), np.exp(log_coefficients).round(6).tolist()
    ([2.0, 3.0], [1.0, 1.0])
    """
    first = _stirling_first(n_offences)
    second = _stirling_second(n_offences, n_reoffenders)
    powers = range(n_reoffenders, n_offences + 1)
    constant = (
        math.log(math.comb(n_people, n_reoffenders))
        + math.lgamma(n_reoffenders + 1)
        - math.lgamma(n_offences + 1)
    )
    logs = [constant + math.log(second[power]) + math.log(first[power]) for power in powers]
    return np.array(powers, dtype=float), np.array(logs)


def _stirling_first(n: int) -> list[int]:
    """Return c(n, r) for r from 0 to n: the coefficients of x (x + 1) ... (x + n - 1)."""
    row = [1]
    for factor in range(n):
        raised = [0, *row]
        row = [above + factor * same for above, same in zip(raised, [*row, 0], strict=True)]
    return row


def _stirling_second(n: int, k: int) -> list[int]:
    """Return S(r, k) for r from 0 to n."""
    row, column = [1] + [0] * k, []
    for _ in range(n + 1):
        column.append(row[k])
        row = [0, *(row[j - 1] + j * row[j] for j in range(1, k + 1))]
    return column
