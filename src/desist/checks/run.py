"""Every check that the people compared and their design allow."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.arguments import find_kind_faults
from desist.checks.case import (
    Background,
    Case,
    read_frequency,
    read_outcome,
    read_rate,
    read_times,
)
from desist.checks.catalogue import CATALOGUE, make_checks
from desist.checks.check import Check
from desist.checks.columns import find_draw_faults
from desist.checks.designs.randomisation import N_DRAWS
from desist.checks.designs.redraws import Redraws, redraw
from desist.checks.entry import make_check
from desist.cohort.cohort import Cohort
from desist.design.design import Design
from desist.design.made_from import of_a_design
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

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> made = ds.checks.run_checks(cohort, design, rng=1, n_draws=99)
    >>> len(made) > 20
    True
    """
    faults = find_draw_faults("n_draws", n_draws, rng)
    if not isinstance(sample, Sample):
        faults += find_kind_faults("cohort", sample, Cohort, "a Cohort")
        faults += find_kind_faults("design", design, Design, "a Design")
    raise_faults("check", faults)
    people = read_sample(sample, design, horizon)
    source = np.random.default_rng(rng)
    outcomes = _list_outcomes(people)
    redraws = redraw(people.design, n_draws=n_draws, rng=source, outcomes=outcomes)
    grouping = _choose_grouping(people)
    background = Background(people.design, people.cohort.covariates, redraws, grouping)
    made: list[Check] = []
    # in this order, because the measures share one stream of random numbers
    for cases in (
        _read_rate(people, background),
        _read_frequency(people, background, source),
        _read_times(people, background, source),
    ):
        made += make_checks(cases)
    return tuple(made)


@of_a_design
def check_m_estimation(outcome: ArrayLike, design: Design, measure: Measure) -> Check | None:
    """Compare weighted means with errors that know the weights were estimated.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        Of everybody in the cohort, in the unit of the measure.
    design : Design
        As built; its cohort may stand before it.
    measure : Measure
        What the outcome is.

    Returns
    -------
    Check or None
        Slug `m_estimation`; None for designs whose weights nobody expects to solve equations.

    Raises
    ------
    InputError
        If the outcome cannot be read.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    >>> reoffended = cohort.people["reoffended"]
    >>> check = ds.checks.check_m_estimation(reoffended, cohort, design, ds.Measure.RATE)
    >>> round(check.estimate, 2), check.applicable
    (-0.2, True)
    """
    case = read_outcome(outcome, Background(design, design.covariates), measure)
    entry = CATALOGUE["m_estimation"]
    return make_check(entry, case) if entry.given(case) else None


def check_randomisation(
    outcome: ArrayLike, design: Design, measure: Measure, redraws: Redraws
) -> Check:
    """Test one measure by redrawing participation as the design allows.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        Of everybody in the cohort, in the unit of the measure.
    design : Design
        As built.
    measure : Measure
        What the outcome is.
    redraws : Redraws
        From `redraw`.

    Returns
    -------
    Check
        Slug `randomisation`.

    Raises
    ------
    InputError
        If the outcome cannot be read.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> redraws = ds.checks.redraw(design, n_draws=199, rng=1)
    >>> reoffended = cohort.people["reoffended"]
    >>> check = ds.checks.check_randomisation(reoffended, design, ds.Measure.RATE, redraws)
    >>> round(check.estimate, 2), check.p_value < 0.05
    (-0.22, True)
    """
    background = Background(design, redraws=redraws)
    return make_check(CATALOGUE["randomisation"], read_outcome(outcome, background, measure))


def _list_outcomes(sample: Sample) -> tuple[NDArray[np.float64], ...]:
    """List what the randomisation tests will compare, so that they share their draws."""
    columns = (sample.within.reoffended, sample.recorded.offences, sample.within.days)
    return tuple(np.asarray(column, dtype=float) for column in columns if column is not None)


def _choose_grouping(sample: Sample) -> str:
    """Choose the coarsest of the declared groups: who is alike in finer ones is alike there too."""
    used = sample.cohort.covariates.loc[sample.used]
    return min(sample.cohort.groups, key=lambda name: used[name].nunique(), default="")


def _read_rate(sample: Sample, background: Background) -> list[Case]:
    happened, design = sample.within.reoffended, sample.design
    if happened is None:
        return []
    case = read_rate(happened, design.treated, design.weights, design.sets)
    return [replace(case, background=background, withheld=sample.uncut.get("reoffended", ""))]


def _read_frequency(sample: Sample, background: Background, rng: np.random.Generator) -> list[Case]:
    counted, design = sample.recorded.offences, sample.design
    if counted is None:
        return []
    days = sample.recorded.time_at_risk
    case = read_frequency(
        counted, design.treated, design.weights, time_at_risk=days, sets=design.sets, rng=rng
    )
    return [replace(case, background=background, withheld=sample.uncut.get("offences", ""))]


def _read_times(sample: Sample, background: Background, rng: np.random.Generator) -> list[Case]:
    days, happened, design = sample.within.days, sample.within.reoffended, sample.design
    if days is None or happened is None:
        return []
    everybody, hazards, among = read_times(
        days,
        happened,
        design.treated,
        design.weights,
        horizon=sample.horizon,
        sets=design.sets,
        rng=rng,
    )
    # days that are censored are compared by curves and hazards, and are no plain outcome
    uncut = sample.uncut.get("reoffended", "")
    everybody = replace(everybody, background=background, is_censored=bool(uncut))
    return [everybody, hazards, replace(among, withheld=uncut)]
