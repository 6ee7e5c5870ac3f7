"""The checks of the reoffending frequency, for weighted people."""

import math

import numpy as np
from numpy.typing import ArrayLike

from desist.checks.arms import Arms, read_arms
from desist.checks.check import Check, label, not_applicable
from desist.checks.counts import quasi_poisson
from desist.checks.rate import check_clustered, check_means
from desist.estimands import Measure, Scale


def check_frequency(
    offences: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    time_at_risk: ArrayLike | None = None,
    sets: ArrayLike | None = None,
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

    Returns
    -------
    tuple of Check
        Welch, robust weighted difference, quasi-Poisson ratio.

    Examples
    --------
    >>> checks = check_frequency([0, 2, 0, 1, 3, 1, 0, 4], [1, 1, 1, 1, 0, 0, 0, 0])
    >>> [check.check for check in checks]
    ['welch', 'weighted_difference_hc3', 'quasi_poisson']
    """
    arms = read_arms(np.asarray(offences, dtype=float), treated, weights)
    made = check_means(arms, Measure.FREQUENCY)
    if sets is not None:
        made.append(check_clustered(arms, Measure.FREQUENCY, sets))
    exposure = None if time_at_risk is None else np.asarray(time_at_risk)[arms.positions]
    return (*made, _check_quasi_poisson(arms, exposure))


def _check_quasi_poisson(arms: Arms, exposure: ArrayLike | None) -> Check:
    slug, scale = "quasi_poisson", Scale.RATIO
    if arms.obstacle:
        return not_applicable(Measure.FREQUENCY, slug, arms.obstacle, scale)
    found = quasi_poisson(arms.outcome, arms.treated, arms.weights, time_at_risk=exposure)
    if math.isnan(found.p_value):
        reason = "an arm has no offences or all its weight on one person: the ratio has no error"
        return not_applicable(Measure.FREQUENCY, slug, reason, scale)
    return label(found, Measure.FREQUENCY, slug, scale=scale)
