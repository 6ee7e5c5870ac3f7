"""Difference of two weighted means with robust standard errors (HC0 to HC3, clusters)."""

# The weighted regression of the outcome on the arm is saturated, so everything can be written by
# arm. With weights w_i that sum to 1 within the arm and residuals e_i about its weighted mean, the
# variance of that mean is
#     sum_i (w_i^2 e_i^2) / ((1 - w_i)^delta), delta = 0 (HC0), 1 (HC2), 2 (HC3)
# (w_i is the leverage), and HC1 is HC0 times n / (n - 2). Only ratios of weights within an arm
# enter. The weights are treated as known.
# MacKinnon, J. G. and White, H. (1985). Journal of Econometrics 29, 305-325. Cameron, A. C.,
# Gelbach, J. B. and Miller, D. L. (2011). JBES 29, 238-249 (two-way clusters).

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.arguments import find_choice_faults
from desist.checks.arms import Arms, join_arms
from desist.checks.columns import Columns, find_probability_faults
from desist.checks.finding import Finding, from_standard_error, satterthwaite
from desist.errors import CannotAnswerError
from desist.weights import residuals_about

LEVERAGE_POWERS = {"HC0": 0, "HC1": 0, "HC2": 1, "HC3": 2}


def weighted_difference(
    outcome: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    kind: str = "HC3",
    probability: float = 0.95,
) -> Finding:
    """Compare two weighted means with heteroscedasticity-robust errors.

    Interval and p use Student's t with Satterthwaite degrees of freedom in which the
    effective sample size of each arm stands for its number of people.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        In the unit of the measure.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    kind : str
        "HC0", "HC1", "HC2" or "HC3".
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference of the weighted means; limits nan when neither arm varies or one
        person has all the weight of an arm.

    Raises
    ------
    InputError
        If the kind is unknown or a column is not usable.
    CannotAnswerError
        If an arm has nobody.

    Examples
    --------
    >>> found = weighted_difference([2.0, 4.0, 1.0, 5.0, 6.0], [1, 1, 0, 0, 0], kind="HC2")
    >>> found.estimate, round(found.df, 2)
    (-1.0, 2.99)
    """
    columns = Columns()
    values = columns.numbers("outcome", outcome)
    faults = [
        *find_choice_faults("kind", kind, LEVERAGE_POWERS),
        *find_probability_faults(probability),
    ]
    arms = join_arms(columns, values, treated, weights, faults)
    estimate = weighted_contrast(arms)
    if arms.shortage(2):  # one person has no spread of their own, whatever the kind of error
        return Finding(estimate, probability=probability)
    influence = _influence(arms, LEVERAGE_POWERS[kind])
    variances = [float((influence[arm] ** 2).sum()) for arm in (arms.treated, ~arms.treated)]
    if kind == "HC1":
        n_used = arms.outcome.size
        variances = [variance * n_used / (n_used - 2) for variance in variances]
    df = satterthwaite(variances, arms.effective_sizes)
    return from_standard_error(estimate, math.sqrt(sum(variances)), df, probability)


def clustered_difference(
    outcome: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    clusters: ArrayLike,
    second_clusters: ArrayLike | None = None,
    small_sample: bool = True,
    probability: float = 0.95,
) -> Finding:
    """Compare two weighted means with errors clustered by set, or by set and person.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        In the unit of the measure.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    clusters : array_like of int, shape (n_people,)
        Matched set (or group) of each row.
    second_clusters : array_like of int, shape (n_people,), optional
        A second way of clustering, such as the person when somebody has several rows:
        the variance is V(first) + V(second) - V(both).
    small_sample : bool
        Multiply each variance by G / (G - 1), with G clusters.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference of the weighted means; t with the smaller number of clusters minus 1.
        Limits and p are nan where the two-way variance is not above 0, as can happen with
        few clusters.

    Raises
    ------
    InputError
        If a column cannot be read.
    CannotAnswerError
        If an arm has nobody, or there is a single cluster.

    Examples
    --------
    >>> found = clustered_difference([2, 4, 1, 5], [1, 1, 0, 0], clusters=[0, 1, 0, 1],
    ...                              small_sample=False)
    >>> found.estimate, found.standard_error
    (0.0, 0.7071067811865476)
    """
    columns = Columns()
    values = columns.numbers("outcome", outcome)
    labels = [columns.labels("clusters", clusters)]
    if second_clusters is not None:
        labels.append(columns.labels("second_clusters", second_clusters))
    arms = join_arms(columns, values, treated, weights, find_probability_faults(probability))
    influence = _influence(arms, 0)
    first = number_clusters(labels[0][arms.positions])
    variance, n_clusters = _clustered_variance(influence, first, small_sample=small_sample)
    if second_clusters is not None:
        second = number_clusters(labels[1][arms.positions])
        both = first * (second.max(initial=0) + 1) + second
        added, n_second = _clustered_variance(influence, second, small_sample=small_sample)
        taken, _ = _clustered_variance(influence, both, small_sample=small_sample)
        variance, n_clusters = variance + added - taken, min(n_clusters, n_second)
    standard_error = math.sqrt(variance) if variance > 0 else math.nan
    return from_standard_error(
        weighted_contrast(arms), standard_error, max(n_clusters - 1, 1), probability
    )


def weighted_contrast(arms: Arms) -> float:
    """Return the weighted mean of the treated minus that of the comparison people."""
    values1, shares1 = arms.arm(treated=True)
    values0, shares0 = arms.arm(treated=False)
    return float(shares1 @ values1 - shares0 @ values0)


def number_clusters(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the clusters of the people used from 0; a single one says nothing of a spread."""
    codes = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    if codes.max(initial=0) < 1:
        raise CannotAnswerError("everybody is in one cluster; errors need two or more")
    return codes


def cluster_error(influence: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[float, float]:
    """Sum influence within clusters: the standard error times G / (G - 1), and G - 1."""
    codes = number_clusters(labels)
    variance, n_clusters = _clustered_variance(influence, codes, small_sample=True)
    return math.sqrt(variance), float(n_clusters - 1)


def _influence(arms: Arms, leverage_power: int) -> NDArray[np.float64]:
    influence = np.empty_like(arms.outcome)
    for members, sign in ((arms.treated, 1.0), (~arms.treated, -1.0)):
        shares = arms.weights[members] / arms.weights[members].sum()
        values = arms.outcome[members]
        residuals = residuals_about(values, shares @ values)
        with np.errstate(divide="ignore", invalid="ignore"):
            influence[members] = sign * shares * residuals / (1 - shares) ** (leverage_power / 2)
    return influence


def _clustered_variance(
    influence: NDArray[np.float64], clusters: NDArray[np.int64], *, small_sample: bool
) -> tuple[float, int]:
    totals = np.bincount(clusters, influence)
    n_clusters = int(np.unique(clusters).size)
    factor = n_clusters / (n_clusters - 1) if small_sample and n_clusters > 1 else 1.0
    return float((totals**2).sum()) * factor, n_clusters
