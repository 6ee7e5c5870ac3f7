"""The checks of one measure from arrays, without the design behind them."""

import numpy as np
from numpy.typing import ArrayLike

from desist.checks.case import read_frequency, read_rate, read_times
from desist.checks.catalogue import make_checks
from desist.checks.check import Check


def check_rate(
    reoffended: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    sets: ArrayLike | None = None,
) -> tuple[Check, ...]:
    """Make every check of the rate that does not need the design itself.

    Parameters
    ----------
    reoffended : array_like, shape (n_people,)
        True or 1 for a proven reoffence in the follow-up.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    sets : array_like of int, shape (n_people,), optional
        Matched set of each person, -1 for none.

    Returns
    -------
    tuple of Check
        Welch, robust weighted difference, intervals from effective counts, exact tests.

    Raises
    ------
    InputError
        If a column cannot be read; every fault is listed.

    Examples
    --------
    >>> checks = check_rate([0, 1, 0, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0])
    >>> [check.check for check in checks][:2]
    ['welch', 'weighted_difference_hc3']
    """
    return make_checks([read_rate(reoffended, treated, weights, sets)])


def check_frequency(
    offences: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    time_at_risk: ArrayLike | None = None,
    sets: ArrayLike | None = None,
    rng: np.random.Generator | int | None = None,
) -> tuple[Check, ...]:
    """Make every check of the frequency that does not need the design itself.

    Parameters
    ----------
    offences : array_like, shape (n_people,)
        Proven reoffences of each person in the follow-up.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    time_at_risk : array_like, shape (n_people,), optional
        Days of follow-up; equal for everybody when left out. The difference checks
        compare counts per person and do not use it.
    sets : array_like of int, shape (n_people,), optional
        Matched set of each person, -1 for none.
    rng : numpy.random.Generator or int, optional
        For permutations and resamples.

    Returns
    -------
    tuple of Check
        Welch, robust weighted difference, BCa, negative binomial score test, quasi-Poisson
        and negative binomial ratios; for equal weights the likelihood-ratio test, the
        exact ratio and the permutation test.

    Raises
    ------
    InputError
        If a column cannot be read; every fault is listed.

    Examples
    --------
    >>> checks = check_frequency([0, 2, 0, 1, 3, 1, 0, 4], [1, 1, 1, 1, 0, 0, 0, 0], rng=1)
    >>> [check.check for check in checks][:4]
    ['welch', 'weighted_difference_hc3', 'bca_bootstrap', 'negative_binomial_score']
    """
    return make_checks(
        [read_frequency(offences, treated, weights, time_at_risk=time_at_risk, sets=sets, rng=rng)]
    )


def check_time(
    days: ArrayLike,
    reoffended: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    horizon: float,
    sets: ArrayLike | None = None,
    rng: np.random.Generator | int | None = None,
) -> tuple[Check, ...]:
    """Make every check of the time to a first reoffence.

    Parameters
    ----------
    days : array_like, shape (n_people,)
        Days to the first reoffence, or to the end of follow-up.
    reoffended : array_like, shape (n_people,)
        True or 1 when the days end with a reoffence.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    horizon : float
        Days up to which the restricted mean counts.
    sets : array_like of int, shape (n_people,), optional
        Matched set of each person, -1 for none; with enough sets the error of Cox is
        clustered by them.
    rng : numpy.random.Generator or int, optional
        For permutations that are too many to count.

    Returns
    -------
    tuple of Check
        Restricted mean difference, Cox and log-rank for everybody; Welch, HC3,
        Brunner-Munzel, Wilcoxon and permutation among those who reoffended.

    Raises
    ------
    InputError
        If a column or the horizon cannot be read; every fault is listed.

    Examples
    --------
    >>> checks = check_time([5, 9, 9, 2, 4, 9], [1, 0, 0, 1, 1, 0], [1, 1, 1, 0, 0, 0], horizon=9)
    >>> [check.check for check in checks][:3]
    ['rmst_difference', 'cox', 'log_rank']
    """
    return make_checks(
        read_times(days, reoffended, treated, weights, horizon=horizon, sets=sets, rng=rng)
    )
