"""Log-likelihoods of one counting process: of people's first offences, of a group's counts."""

# Given the personal intensity, offences are a Poisson process; given their number they fall
# independently of each other and of the intensity. So the count is negative binomial, and the time
# to the first offence, given the count, knows nothing of mean or dispersion.

import math
from typing import Any

import numpy as np

from desist._types import Floats

NEVER = -1e4  # log of a time before which nothing happens; finite, so that gradients are too


def first_offence(counts: Any, log_start: Any, log_end: Any, is_open: Any, log_shape: Any) -> Any:
    """Log-probability of the interval of the first of so many offences, one a row, unweighted."""
    # Cook, R. J. and Lawless, J. F. (2007). The Statistical Analysis of Recurrent Events, chapter 2
    # (Poisson processes, mixed Poisson processes).
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
    """Log-probability of a group's numbers of reoffenders and of offences together."""
    import pytensor.tensor as pt

    powers, log_coefficients = coefficients
    ways = pt.logsumexp(log_coefficients + powers * log_dispersion)
    log_odds = log_mean - log_dispersion
    log_total = pt.log1p(pt.exp(log_odds))
    return (
        ways - n_people * pt.exp(log_dispersion) * log_total + n_offences * (log_odds - log_total)
    )


def expand_counts(n_people: int, n_reoffenders: int, n_offences: int) -> tuple[Floats, Floats]:
    """Expand the number of ways to share out a group's offences in powers of the dispersion."""
    # Graham, R. L., Knuth, D. E. and Patashnik, O. (1994). Concrete Mathematics, 2nd ed., eqs. 7.49
    # and 7.50.
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
