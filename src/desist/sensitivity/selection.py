"""Whether a difference in time among reoffenders can be selection alone: bounds."""

import math
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.checks.arms import read_arms
from desist.cohort.published import PublishedMeasure, PublishedStudy
from desist.errors import Fault, InputError, NoEventsError, name_rows, raise_faults
from desist.estimands import Measure
from desist.sample import Sample, of_a_sample
from desist.sensitivity.shapes import AnyShape, ProcessShape, Shape, WeibullShape

SUBJECT = "bounds of the time among reoffenders"
SHAPES = (AnyShape, WeibullShape, ProcessShape)
SHAPES_IN_WORDS = "AnyShape(), WeibullShape() or ProcessShape()"

type Array = NDArray[np.float64]


@dataclass(frozen=True)
class SelectionBounds:
    """Bounds of the mean days of those who would reoffend with and without the programme.

    Attributes
    ----------
    trimmed : str
        The arm with the higher rate, whose reoffenders are a mixture: "comparison" under the
        assumption that the programme causes nobody to reoffend, "treated" under the
        assumption that it prevents nobody from reoffending.
    share : float
        Part of that arm's reoffenders who would reoffend either way.
    lower, upper : float
        Bounds of their mean days in that arm: of the fastest and the slowest share.
    treated, comparison : float
        Mean days among the reoffenders of each arm.
    rate_treated, rate_comparison : float
        Proportions who reoffend.
    shape : str
        What was assumed of the days; empty when people's own days were used.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(200, 1000, rng=3, frequency=1.5).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> sample = ds.build_sample(cohort, design)
    >>> found = ds.sensitivity.bound_time_of_cohort(sample)
    >>> found.trimmed, round(found.lower), round(found.upper)
    ('comparison', 38, 176)
    """

    trimmed: str
    share: float
    lower: float
    upper: float
    treated: float
    comparison: float
    rate_treated: float
    rate_comparison: float
    shape: str = ""

    @property
    def observed(self) -> float:
        """Mean days of those who would reoffend either way, in the arm that is not trimmed."""
        return self.treated if self.trimmed == "comparison" else self.comparison

    @property
    def difference(self) -> tuple[float, float]:
        """Bounds of the effect on their mean days, treated minus comparison."""
        if self.trimmed == "comparison":
            return self.treated - self.upper, self.treated - self.lower
        return self.lower - self.comparison, self.upper - self.comparison

    @property
    def may_be_selection(self) -> bool:
        """Whether the bounds of the effect cover no difference."""
        return self.lower <= self.observed <= self.upper

    @property
    def assumption(self) -> str:
        """What the bounds rest on."""
        if self.trimmed == "comparison":
            return "the programme causes nobody to reoffend who otherwise would not"
        return "the programme prevents nobody from reoffending who otherwise would"

    @property
    def sentence(self) -> str:
        """The bounds in plain words."""
        other = "participants" if self.trimmed == "comparison" else "comparison people"
        given = f", given {self.shape}" if self.shape else ""
        verdict = (
            "inside: the difference in time may be selection alone"
            if self.may_be_selection
            else "outside these bounds, whose own sampling error is not included"
        )
        return (
            f"If {self.assumption}, {100 * self.share:.0f} of 100 reoffenders in the "
            f"{self.trimmed} group would reoffend either way, and their mean lies between "
            f"{self.lower:.0f} and {self.upper:.0f} days{given}. The mean of the {other} who "
            f"reoffended, {self.observed:.0f} days, lies {verdict}."
        )


def bound_time(
    days: ArrayLike,
    reoffended: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
) -> SelectionBounds:
    r"""Bound the mean days among those who would reoffend either way, from people.

    With reoffending rates :math:`p_1 < p_0`, and nobody made to reoffend by the programme, all
    treated reoffenders would reoffend either way, and so would the share
    :math:`\pi = p_1 / p_0` of the comparison reoffenders. It is not known which: their mean
    lies between that of the fastest and that of the slowest share :math:`\pi`. With
    :math:`p_1 > p_0` the same holds with the arms exchanged, if the programme prevents nobody
    from reoffending. These bounds are sharp; their sampling error is not included.

    Parameters
    ----------
    days : array_like, shape (n_people,)
        Days to the first reoffence; what stands there for the others is not looked at.
    reoffended : array_like, shape (n_people,)
        True or 1 for those who reoffended within the follow-up.
    treated : array_like, shape (n_people,)
        True or 1 for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; only their ratios within an arm matter.

    Returns
    -------
    SelectionBounds
        In days.

    Raises
    ------
    InputError
        If the columns cannot be read.
    NoEventsError
        If nobody in an arm reoffended.

    References
    ----------
    Zhang, J. L. and Rubin, D. B. (2003). Estimation of causal effects via principal
    stratification when some outcomes are truncated by "death". Journal of Educational and
    Behavioral Statistics 28, 353-368. Lee, D. S. (2009). Training, wages, and sample
    selection. Review of Economic Studies 76, 1071-1102.

    Examples
    --------
    >>> found = bound_time([9, 1, 2, 3, 4], [0, 1, 1, 1, 1], [1, 1, 0, 0, 0])
    >>> found.share, round(found.lower, 6), round(found.upper, 6)
    (0.5, 2.333333, 3.666667)
    """
    times, events = _read_people(days, reoffended)
    arms = read_arms(times, treated, weights)
    happened = events[arms.positions]
    rates: dict[str, float] = {}
    reoffenders: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    for name, members in (("treated", arms.treated), ("comparison", ~arms.treated)):
        chosen = members & happened
        if not chosen.any():
            raise NoEventsError(
                f"{SUBJECT}: nobody in the {name} arm reoffended, so that no time is known"
            )
        rates[name] = float(arms.weights[chosen].sum() / arms.weights[members].sum())
        reoffenders[name] = (arms.outcome[chosen], arms.weights[chosen])
    trimmed, share = _choose_arm(rates["treated"], rates["comparison"])
    values, masses = reoffenders[trimmed]
    return SelectionBounds(
        trimmed=trimmed,
        share=share,
        lower=mean_of_fastest(values, masses, share),
        upper=-mean_of_fastest(-values, masses, share),
        treated=float(np.average(reoffenders["treated"][0], weights=reoffenders["treated"][1])),
        comparison=float(
            np.average(reoffenders["comparison"][0], weights=reoffenders["comparison"][1])
        ),
        rate_treated=rates["treated"],
        rate_comparison=rates["comparison"],
    )


@of_a_sample
def bound_time_of_cohort(sample: Sample) -> SelectionBounds:
    """Bound the mean days among those who would reoffend either way, under a design.

    Parameters
    ----------
    sample : Sample
        The people compared, with days to the first reoffence; or a cohort and its design in
        its place.

    Returns
    -------
    SelectionBounds
        In days.

    Raises
    ------
    InputError
        If the cohort has no days, or people were followed for different times.
    NoEventsError
        If nobody in an arm reoffended.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(200, 1000, rng=3, frequency=1.5).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> sample = ds.build_sample(cohort, design)
    >>> found = ds.sensitivity.bound_time_of_cohort(sample)
    >>> round(found.share, 2), found.may_be_selection
    (0.55, True)
    """
    outcomes = sample.within
    if outcomes.days is None or outcomes.reoffended is None:
        raise InputError(
            SUBJECT, [Fault("cohort", "a column of days", "none", "give days= to Cohort")]
        )
    if "reoffended" in sample.uncut:
        found, advice = sample.uncut["reoffended"], "give a horizon that everybody reached"
        raise InputError(SUBJECT, [Fault("horizon", "one that all reached", found, advice)])
    return bound_time(outcomes.days, outcomes.reoffended, sample.treated, sample.weights)


def bound_published_time(
    study: PublishedStudy, *, shape: Shape | None = None, follow_up: float = 365.0
) -> SelectionBounds:
    """Bound the mean days among those who would reoffend either way, from printed figures.

    A report prints a mean and no distribution, so that a shape has to be assumed; what
    `AnyShape` gives needs no assumption and is wide.

    Parameters
    ----------
    study : PublishedStudy
        With the rate and the time among reoffenders, and for `ProcessShape` the frequency.
    shape : Shape, optional
        Of the days of the arm that is trimmed; by default exponential, truncated at the end
        of follow-up, with the printed mean.
    follow_up : float
        Days.

    Returns
    -------
    SelectionBounds
        In days.

    Raises
    ------
    InputError
        If a figure that is needed is not printed, or the shape cannot have the printed mean.
    NoEventsError
        If a printed rate is 0.

    Examples
    --------
    >>> from desist.datasets import making_connections
    >>> found = bound_published_time(making_connections())
    >>> round(found.share, 2), round(found.lower), round(found.upper), found.treated
    (0.56, 67, 215, 75.0)
    """
    shape = WeibullShape() if shape is None else shape
    raise_faults(
        SUBJECT,
        [
            *find_kind_faults("study", study, PublishedStudy, "a PublishedStudy"),
            *find_kind_faults("shape", shape, SHAPES, f"{SHAPES_IN_WORDS}, or None"),
            *find_number_faults("follow_up", follow_up, above=0),
        ],
    )
    rate, time = require_printed(study)
    rates = {"treated": rate.treated_mean, "comparison": rate.comparison}
    if min(rates.values()) == 0:
        raise NoEventsError(f"{SUBJECT}: a reoffending rate of 0 is printed")
    means = {"treated": time.treated, "comparison": time.comparison}
    raise_faults(
        SUBJECT,
        [
            Fault(name, f"a mean between 0 and {follow_up:g} days", f"{mean:g}")
            for name, mean in means.items()
            if not 0 < mean < follow_up
        ],
    )
    trimmed, share = _choose_arm(rates["treated"], rates["comparison"])
    frequency = study.find(Measure.FREQUENCY)
    lower, upper = shape.bound(
        share,
        mean=means[trimmed],
        follow_up=follow_up,
        rate=rates[trimmed],
        frequency=math.nan if frequency is None else exact_frequency(frequency, trimmed),
    )
    return SelectionBounds(
        trimmed=trimmed,
        share=share,
        lower=lower,
        upper=upper,
        treated=time.treated,
        comparison=time.comparison,
        rate_treated=rates["treated"],
        rate_comparison=rates["comparison"],
        shape=str(shape),
    )


def mean_of_fastest(days: NDArray[np.float64], weights: NDArray[np.float64], share: float) -> float:
    """Return the weighted mean of the smallest values that make up a share of the weight."""
    raise_faults(SUBJECT, find_number_faults("share", share, above=0, most=1))
    order = np.argsort(days, kind="stable")
    masses = weights[order] / weights.sum()
    before = np.concatenate([[0.0], np.cumsum(masses)[:-1]])
    counted = np.clip(share - before, 0.0, masses)
    return float(np.average(days[order], weights=counted))


def _read_people(days: ArrayLike, reoffended: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    """Return days, 0 for those who did not reoffend, and who did."""
    times, faults = _read_column("days", days)
    events, found = _read_column("reoffended", reoffended)
    raise_faults(SUBJECT, [*faults, *found])
    if events.shape != times.shape:
        expected = f"{times.size} values, as many as days"
        faults.append(Fault("reoffended", expected, f"shape {events.shape}"))
        raise InputError(SUBJECT, faults)
    happened = events == 1
    for where, expected, wrong in (
        ("reoffended", "0 or 1", ~happened & (events != 0)),
        ("days", "a number, 0 or more", happened & ~(np.isfinite(times) & (times >= 0))),
    ):
        rows = np.flatnonzero(wrong).tolist()
        if rows:
            faults.append(Fault(where, expected, f"{len(rows)} other, {name_rows(rows)}"))
    raise_faults(SUBJECT, faults)
    return np.where(happened, times, 0.0), happened


def _read_column(where: str, values: ArrayLike) -> tuple[Array, list[Fault]]:
    """Read a number for each person, missing where a cell is missing; text is none."""
    cells = np.asarray(values, dtype=object)
    if cells.ndim != 1 or not all(map(_is_number_or_missing, cells)):
        return np.empty(0), [Fault(where, "a list of numbers, one a person", describe(values))]
    numbers = [np.nan if cell is None or cell is pd.NA else float(cell) for cell in cells]
    return np.array(numbers, dtype=float), []


def _is_number_or_missing(cell: object) -> bool:
    return cell is None or cell is pd.NA or isinstance(cell, Real | np.bool_)


def _choose_arm(treated: float, comparison: float) -> tuple[str, float]:
    if treated <= comparison:
        return "comparison", treated / comparison
    return "treated", comparison / treated


def require_printed(study: PublishedStudy) -> tuple[PublishedMeasure, PublishedMeasure]:
    """Return rate and time among reoffenders as they are printed, or say which is not."""
    return (_require(study, Measure.RATE), _require(study, Measure.TIME_AMONG_REOFFENDERS))


def _require(study: PublishedStudy, measure: Measure) -> PublishedMeasure:
    line = study.find(measure)
    if line is None:
        fault = Fault("study", f"the {measure} of both arms", "none printed")
        raise InputError(SUBJECT, [fault])
    return line


def exact_frequency(line: PublishedMeasure, arm: str) -> float:
    """Return the printed offences per person of an arm."""
    return line.comparison if arm == "comparison" else line.treated_mean
