"""Welch's t-test, as the Justice Data Lab uses it for all three headline measures."""

# The Justice Data Lab compares weighted means by an unequal-variance t-test on the outcome itself:
# 0 or 1 for the rate, the count for the frequency, the days of those who reoffended for the time.
# The printed intervals show how: with the raw number of comparison records (5,514, not an effective
# number), sample variances with divisor n - 1, and Satterthwaite degrees of freedom, Tables 1 and 3
# of the report are met in both of its analyses; pooled, normal and Newcombe intervals each fail in
# one of them. For weighted people the variance is taken about the weighted mean with the weights
# scaled to sum to n:
#     s^2 = n / (n - 1) (sum w_i (y_i - y_bar_w)^2) / (sum w_i)
# so that a 0/1 outcome has s^2 = n p (1 - p) / (n - 1).
# It treats the weighted records as so many independent, equally informative people. That does
# little harm while the treated arm is much the smaller one; when the weights leave few effective
# comparison people it rejects far too often, and the check says so.

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.arguments import find_number_faults
from desist.checks.arms import Arms, join_arms
from desist.checks.columns import Columns, find_probability_faults
from desist.checks.counts.two_by_two import read_table
from desist.checks.finding import Finding, from_standard_error
from desist.errors import Fault, raise_faults
from desist.weights import effective_sample_size, residuals_about

LARGEST = 1e70  # of a mean or deviation: fourth powers have to be numbers too
ADVICE_SIZE = "one person has no spread"
FEWEST_REOFFENDERS = 20  # in each arm, whose times have skewness near 0.8: see `skewness`
SMALLEST_SE_SHARE = 0.95  # of the standard error with effective sizes; below it Welch is not valid


def welch_from_summary(  # noqa: PLR0917 - the six numbers of a printed table, in its order
    mean1: float,
    sd1: float,
    n1: float,
    mean2: float,
    sd2: float,
    n2: float,
    probability: float = 0.95,
) -> Finding:
    r"""Compare two means by Welch's t-test, from a table.

    .. math:: t = \frac{m_1 - m_2}{\sqrt{s_1^2 / n_1 + s_2^2 / n_2}}, \quad
              \nu = \frac{(s_1^2 / n_1 + s_2^2 / n_2)^2}
                   {(s_1^2 / n_1)^2 / (n_1 - 1) + (s_2^2 / n_2)^2 / (n_2 - 1)}

    Parameters
    ----------
    mean1, sd1, n1 : float
        Mean, sample standard deviation (divisor n - 1) and number of participants.
    mean2, sd2, n2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference of the means (first minus second), with interval and p. Limits and p
        are nan when both deviations are 0.

    Raises
    ------
    InputError
        If a number is not finite, a deviation is negative or an arm has fewer than two people.

    References
    ----------
    Welch, B. L. (1947). Biometrika 34, 28-35. Satterthwaite, F. E. (1946). Biometrics
    Bulletin 2, 110-114.

    Examples
    --------
    >>> found = welch_from_summary(0.31, 0.98, 83, 1.06, 2.5, 5514)
    >>> round(found.lower, 2), round(found.upper, 2)
    (-0.97, -0.53)
    """
    faults = [
        *_find_summary_faults("1", mean1, sd1, n1),
        *_find_summary_faults("2", mean2, sd2, n2),
        *find_probability_faults(probability),
    ]
    raise_faults("check", faults)
    difference = float(mean1 - mean2)
    v1, v2 = float(sd1) ** 2 / n1, float(sd2) ** 2 / n2
    if v1 + v2 == 0:
        return Finding(difference, probability=probability)
    df = (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
    return from_standard_error(difference, math.sqrt(v1 + v2), df, probability)


def welch_from_counts(
    x1: float, n1: float, x2: float, n2: float, probability: float = 0.95
) -> Finding:
    """Compare two proportions by Welch's t-test on 0/1, from counts.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants.
    x2, n2 : float
        The same for the comparison group; a weighted rate times the number of records
        is a pseudo-count and need not be whole.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference of the proportions.

    Raises
    ------
    InputError
        If a number is not one of a table, or an arm has fewer than two people.

    Examples
    --------
    >>> found = welch_from_counts(13, 83, 1533, 5514)
    >>> round(found.lower, 4), round(found.upper, 4), round(found.p_value, 4)
    (-0.2021, -0.0407, 0.0036)
    """
    few = [fault for name, n in (("n1", n1), ("n2", n2)) for fault in _find_size_faults(name, n)]
    table = read_table(x1, n1, x2, n2, probability, faults=few)
    (x1, n1, x2, n2), (p1, p2) = table.counts, table.proportions
    sd1 = math.sqrt(p1 * (1 - p1) * n1 / (n1 - 1))
    sd2 = math.sqrt(p2 * (1 - p2) * n2 / (n2 - 1))
    return welch_from_summary(p1, sd1, n1, p2, sd2, n2, probability)


def welch(
    outcome: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    probability: float = 0.95,
) -> Finding:
    """Compare two weighted means by Welch's t-test with raw counts.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        In the unit of the measure.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference of the weighted means.

    Raises
    ------
    InputError
        If a column cannot be read.
    CannotAnswerError
        If an arm has fewer than two people.

    Examples
    --------
    >>> found = welch([2.0, 4.0, 1.0, 5.0, 6.0], [1, 1, 0, 0, 0])
    >>> found.estimate, round(found.df, 2)
    (-1.0, 2.99)
    """
    columns = Columns()
    values = columns.numbers("outcome", outcome)
    faults = find_probability_faults(probability)
    arms = join_arms(columns, values, treated, weights, faults, fewest=2)
    mean1, variance1, n1 = _moments(*arms.arm(treated=True))
    mean2, variance2, n2 = _moments(*arms.arm(treated=False))
    return welch_from_summary(
        mean1, math.sqrt(variance1), n1, mean2, math.sqrt(variance2), n2, probability
    )


def doubt_about_welch(arms: Arms) -> str:
    """Say why Welch with raw counts is not valid here; empty when it is."""
    # It is held to be valid while its standard error is at least 95% of the one with effective
    # sample sizes in place of the raw numbers of people.
    variances, sizes, effective = [], [], []
    for is_treated in (True, False):
        values, shares = arms.arm(treated=is_treated)
        variances.append(_moments(values, shares)[1])
        sizes.append(float(values.size))
        effective.append(effective_sample_size(shares))
    return doubt_about_sizes(variances, sizes, effective)


def doubt_about_sizes(
    variances: Sequence[float], sizes: Sequence[float], effective: Sequence[float]
) -> str:
    """Say why Welch with these sizes is not valid, from a table; empty when it is."""
    raw = sum(v / n for v, n in zip(variances, sizes, strict=True))
    full = sum(v / n for v, n in zip(variances, effective, strict=True))
    share = math.sqrt(raw / full) if full > 0 else 1.0
    if share >= SMALLEST_SE_SHARE:
        return ""
    return (
        f"it counts weighted records as equal people: its standard error is {share:.0%} of the one "
        "with effective sample sizes, so it would reject too often"
    )


def _find_summary_faults(arm: str, mean: object, sd: object, n: object) -> list[Fault]:
    return [
        *find_number_faults(f"mean{arm}", mean, least=-LARGEST, most=LARGEST),
        *find_number_faults(f"sd{arm}", sd, least=0.0, most=LARGEST),
        *find_number_faults(f"n{arm}", n, above=1.0, advice=ADVICE_SIZE),
    ]


def _find_size_faults(where: str, n: object) -> list[Fault]:
    """Find whether a proper size is too small for a spread."""
    if find_number_faults(where, n, above=0.0):
        return []
    return find_number_faults(where, n, above=1.0, advice=ADVICE_SIZE)


def _moments(
    values: NDArray[np.float64], shares: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Weighted mean, variance with divisor n - 1, and raw number of people."""
    mean = float(shares @ values)
    variance = float(shares @ residuals_about(values, mean) ** 2)
    return mean, variance * values.size / (values.size - 1), float(values.size)
