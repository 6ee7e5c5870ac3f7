"""Every check that a cohort and its design allow."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from desist.arguments import find_kind_faults
from desist.checks.by_design import (
    RANDOMISATION,
    Redraws,
    check_m_estimation,
    check_randomisation,
    check_replacement,
    check_stacked,
    check_standardised,
    redraw,
)
from desist.checks.check import Check, not_applicable
from desist.checks.columns import find_draw_faults, find_horizon_faults
from desist.checks.frequency import check_frequency
from desist.checks.randomisation import N_DRAWS
from desist.checks.rate import check_rate
from desist.checks.time import check_time
from desist.cohort.cohort import Cohort
from desist.cohort.outcomes import Outcomes, cut_outcomes, read_outcomes
from desist.design.design import Design
from desist.errors import raise_faults
from desist.estimands import Measure

UNEQUAL = "the follow-up differs between people; give a horizon that everybody reaches"


def run_checks(
    cohort: Cohort,
    design: Design,
    *,
    horizon: float | None = None,
    n_draws: int = N_DRAWS,
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
    n_draws : int
        Draws of a randomisation test.
    rng : numpy.random.Generator or int, optional
        For checks that draw at random.

    Returns
    -------
    tuple of Check
        In the order rate, frequency, time.

    Raises
    ------
    InputError
        If an argument is of the wrong kind.
    """
    faults = [
        *find_kind_faults("cohort", cohort, Cohort, "a Cohort"),
        *find_kind_faults("design", design, Design, "a Design"),
        *find_draw_faults("n_draws", n_draws, rng),
    ]
    if horizon is not None:
        faults += find_horizon_faults(horizon)
    raise_faults("check", faults)
    outcomes = read_outcomes(cohort)
    source = np.random.default_rng(rng)
    used = design.weights > 0
    followed = outcomes.time_at_risk[used]
    until = float(followed.min()) if horizon is None else horizon
    cut, reasons = cut_outcomes(outcomes, until, used)
    if horizon is None and np.ptp(followed) > 0:
        reasons = dict.fromkeys(("reoffended", "offences"), UNEQUAL)
    redraws = redraw(design, n_draws=n_draws, rng=source)
    data = (design.treated, design.weights)
    made: list[Check] = []
    if cut.reoffended is not None:
        rate = [*check_rate(cut.reoffended, *data, sets=design.sets)]
        rate += _by_design(cut.reoffended, cohort, design, Measure.RATE, redraws)
        made += _withhold(rate, reasons.get("reoffended"))
    if outcomes.offences is not None:
        frequency = [
            *check_frequency(
                outcomes.offences,
                *data,
                time_at_risk=outcomes.time_at_risk,
                sets=design.sets,
                rng=source,
            )
        ]
        frequency += _by_design(outcomes.offences, cohort, design, Measure.FREQUENCY, redraws)
        made += _withhold(frequency, reasons.get("offences"))
    if cut.days is not None and cut.reoffended is not None:
        among = reasons.get("reoffended")
        for check in _check_days(cut, design, horizon, source):
            descriptive = check.measure is Measure.TIME_AMONG_REOFFENDERS
            made += _withhold([check], among if descriptive else None)
        made += _check_capped_days(cut, cohort, design, horizon, redraws)
    return tuple(made)


def _withhold(checks: Sequence[Check], reason: str | None) -> list[Check]:
    """Replace checks by the reason why they cannot be made, where there is one."""
    if reason is None:
        return list(checks)
    return [not_applicable(check.measure, check.check, reason, check.scale) for check in checks]


def _by_design(
    outcome: ArrayLike, cohort: Cohort, design: Design, measure: Measure, redraws: Redraws
) -> list[Check]:
    made = [
        check_m_estimation(outcome, cohort, design, measure),
        check_stacked(outcome, cohort, design, measure),
        check_replacement(outcome, design, measure),
        check_standardised(outcome, cohort, design) if measure is Measure.RATE else None,
        check_randomisation(outcome, design, measure, redraws),
    ]
    return [check for check in made if check is not None]


def _check_capped_days(
    outcomes: Outcomes,
    cohort: Cohort,
    design: Design,
    horizon: float | None,
    redraws: Redraws,
) -> list[Check]:
    """Treat the days up to the horizon as a plain outcome, where all were followed so long."""
    followed = outcomes.time_at_risk
    until = float(followed.min()) if horizon is None else horizon
    if outcomes.days is None or np.ptp(followed) > 0 or until > followed.min():
        reason = "not everybody was followed to one horizon"
        return [not_applicable(Measure.RMST, RANDOMISATION, reason)]
    return _by_design(np.minimum(outcomes.days, until), cohort, design, Measure.RMST, redraws)


def _check_days(
    outcomes: Outcomes, design: Design, horizon: float | None, rng: np.random.Generator
) -> list[Check]:
    if outcomes.days is None or outcomes.reoffended is None:
        return []
    days, reoffended = outcomes.days, outcomes.reoffended
    followed = outcomes.time_at_risk[design.weights > 0]
    until = horizon if horizon is not None else float(followed.min())
    made = check_time(
        days, reoffended, design.treated, design.weights, horizon=until, sets=design.sets, rng=rng
    )
    if horizon is not None or np.ptp(followed) == 0:
        return list(made)
    reason = UNEQUAL
    return [
        not_applicable(check.measure, check.check, reason)
        if check.measure is Measure.RMST
        else check
        for check in made
    ]
