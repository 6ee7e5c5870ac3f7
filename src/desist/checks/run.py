"""Every check that the people compared and their design allow."""

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
from desist.checks.columns import find_draw_faults
from desist.checks.frequency import check_frequency
from desist.checks.randomisation import N_DRAWS
from desist.checks.rate import check_rate
from desist.checks.time import check_time
from desist.cohort.cohort import Cohort
from desist.design.design import Design
from desist.errors import raise_faults
from desist.estimands import Measure
from desist.sample import Sample, read_sample


def run_checks(
    sample: Sample | Cohort,
    design: Design | None = None,
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
    sample : Sample or Cohort
        The people compared and their outcomes; or a cohort, beside its design.
    design : Design, optional
        Beside a cohort: weights, arms, and matched sets where the method makes them.
    horizon : float, optional
        Beside a cohort: days over which the study is answered; the follow-up when it is the
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
        If an argument is of the wrong kind, the design is of other people, or follow-up
        differs and no horizon is given.
    """
    faults = find_draw_faults("n_draws", n_draws, rng)
    if not isinstance(sample, Sample):
        faults += find_kind_faults("cohort", sample, Cohort, "a Cohort")
        faults += find_kind_faults("design", design, Design, "a Design")
    raise_faults("check", faults)
    people = read_sample(sample, design, horizon)
    source = np.random.default_rng(rng)
    redraws = redraw(people.design, n_draws=n_draws, rng=source)
    return (
        *_check_rate(people, redraws),
        *_check_frequency(people, redraws, source),
        *_check_time(people, redraws, source),
    )


def _check_rate(sample: Sample, redraws: Redraws) -> list[Check]:
    happened, design = sample.within.reoffended, sample.design
    if happened is None:
        return []
    made = [*check_rate(happened, sample.treated, sample.weights, sets=design.sets)]
    if design.sampling is not None:
        made = [one if one.check != "mantel_haenszel" else _withhold_sets(one) for one in made]
    made += _by_design(happened, sample, Measure.RATE, redraws)
    return _withhold(made, sample.uncut.get("reoffended"))


def _check_frequency(sample: Sample, redraws: Redraws, rng: np.random.Generator) -> list[Check]:
    offences = sample.recorded.offences
    if offences is None:
        return []
    made = [
        *check_frequency(
            offences,
            sample.treated,
            sample.weights,
            time_at_risk=sample.recorded.time_at_risk,
            sets=sample.design.sets,
            rng=rng,
        )
    ]
    made += _by_design(offences, sample, Measure.FREQUENCY, redraws)
    return _withhold(made, sample.uncut.get("offences"))


def _check_time(sample: Sample, redraws: Redraws, rng: np.random.Generator) -> list[Check]:
    days, reoffended = sample.within.days, sample.within.reoffended
    if days is None or reoffended is None:
        return []
    made: list[Check] = []
    for check in check_time(
        days,
        reoffended,
        sample.treated,
        sample.weights,
        horizon=sample.horizon,
        sets=sample.design.sets,
        rng=rng,
    ):
        descriptive = check.measure is Measure.TIME_AMONG_REOFFENDERS
        made += _withhold([check], sample.uncut.get("reoffended") if descriptive else None)
    if "reoffended" in sample.uncut:  # whose days are censored is no plain outcome
        reason = "not everybody was followed to one horizon"
        return [*made, not_applicable(Measure.RMST, RANDOMISATION, reason)]
    capped = np.minimum(days, sample.horizon)
    return made + _by_design(capped, sample, Measure.RMST, redraws)


def _withhold(checks: Sequence[Check], reason: str | None) -> list[Check]:
    """Replace checks by the reason why they cannot be made, where there is one."""
    if reason is None:
        return list(checks)
    return [not_applicable(check.measure, check.check, reason, check.scale) for check in checks]


def _withhold_sets(check: Check) -> Check:
    reason = "it weights matched sets by their numbers of people, not by sampling weights"
    return not_applicable(check.measure, check.check, reason, check.scale)


def _by_design(
    outcome: ArrayLike, sample: Sample, measure: Measure, redraws: Redraws
) -> list[Check]:
    cohort, design = sample.cohort, sample.design
    made = [
        check_m_estimation(outcome, cohort, design, measure),
        check_stacked(outcome, cohort, design, measure),
        check_replacement(outcome, design, measure),
        check_standardised(outcome, cohort, design) if measure is Measure.RATE else None,
        check_randomisation(outcome, design, measure, redraws),
    ]
    return [check for check in made if check is not None]
