"""Every check that a cohort and its design allow."""

import numpy as np

from desist.checks.check import Check, not_applicable
from desist.checks.frequency import check_frequency
from desist.checks.rate import check_rate
from desist.checks.time import check_time
from desist.cohort.cohort import Cohort
from desist.cohort.outcomes import Outcomes, read_outcomes
from desist.design.design import Design
from desist.estimands import Measure


def run_checks(
    cohort: Cohort,
    design: Design,
    *,
    horizon: float | None = None,
    rng: np.random.Generator | int | None = None,
) -> tuple[Check, ...]:
    """Make every check of every measure whose outcome the cohort has.

    A measure without its column gets no check: the evaluation says that it is not
    available. A check that the data or the design do not allow is a record with the
    reason.

    Parameters
    ----------
    cohort : Cohort
        The people and their outcomes.
    design : Design
        Weights, arms, and matched sets where the method makes them.
    horizon : float, optional
        Days up to which the restricted mean time counts; the follow-up when it is the
        same for everybody.
    rng : numpy.random.Generator or int, optional
        For checks that draw at random.

    Returns
    -------
    tuple of Check
        In the order rate, frequency, time.
    """
    outcomes = read_outcomes(cohort)
    source = np.random.default_rng(rng)
    made: list[Check] = []
    if outcomes.reoffended is not None:
        made += check_rate(outcomes.reoffended, design.treated, design.weights, sets=design.sets)
    if outcomes.offences is not None:
        made += check_frequency(
            outcomes.offences,
            design.treated,
            design.weights,
            time_at_risk=outcomes.time_at_risk,
            sets=design.sets,
        )
    made += _check_days(outcomes, design, horizon, source)
    return tuple(made)


def _check_days(
    outcomes: Outcomes, design: Design, horizon: float | None, rng: np.random.Generator
) -> list[Check]:
    if outcomes.days is None or outcomes.reoffended is None:
        return []
    days, reoffended = outcomes.days, outcomes.reoffended
    followed = outcomes.time_at_risk[design.weights > 0]
    until = horizon if horizon is not None else float(followed.min())
    made = check_time(days, reoffended, design.treated, design.weights, horizon=until, rng=rng)
    if horizon is not None or np.ptp(followed) == 0:
        return list(made)
    reason = "the follow-up differs between people; give a horizon that everybody reaches"
    return [
        not_applicable(check.measure, check.check, reason)
        if check.measure is Measure.RMST
        else check
        for check in made
    ]
