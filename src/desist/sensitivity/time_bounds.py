"""Whether "sooner" among reoffenders can be selection alone: bounds with their error."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from desist._types import Integers
from desist.arguments import (
    describe,
    find_choice_faults,
    find_kind_faults,
    find_number_faults,
    find_probability_faults,
)
from desist.errors import Fault, raise_faults
from desist.sample import Sample
from desist.sensitivity._days import SUBJECT, cover_bounds, describe_arms, read_people
from desist.sensitivity._trimming import Reoffending, Side, bound_earliest

DIRECTIONS = ("prevents", "causes")
CAUSED = (0.0, 0.1, 0.25, 0.5)


@dataclass(frozen=True, eq=False, repr=False)
class TimeBounds:
    """Bounds of the effect on the days of those who would reoffend either way.

    Attributes
    ----------
    direction : str
        "prevents": the programme causes nobody to reoffend; "causes": it prevents nobody.
    lower, upper : float
        Bounds of the difference of mean days, participants minus comparison.
    interval : tuple of float
        Covers the effect with `probability` wherever between the bounds it lies.
    errors : tuple of float
        Standard errors of the two bounds.
    descriptive : float
        Difference of the mean days among reoffenders, as it is printed.
    share : float
        Part of the reoffenders of the arm with more of them who would reoffend either way.
    probability : float
        Of the interval.
    table : DataFrame
        One row an assumption: "label", "caused" (share of the reoffenders that the programme
        itself made or, in the other direction, kept from it), "lower", "upper", "interval_lower",
        "interval_upper".
    notes : tuple of str
        What the reader has to know.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(200, 1000, rng=3, frequency=1.5).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> sample = ds.build_sample(cohort, design)
    >>> found = ds.sensitivity.bound_time_effect(sample)
    >>> found.direction, found.interval[0] < found.lower < found.upper < found.interval[1]
    ('prevents', True)
    """

    direction: str
    lower: float
    upper: float
    interval: tuple[float, float]
    errors: tuple[float, float]
    descriptive: float
    share: float
    probability: float
    table: pd.DataFrame
    notes: tuple[str, ...] = ()

    name: ClassVar[str] = "time_bounds"
    title: ClassVar[str] = "Time among reoffenders: effect or selection?"
    doubt: ClassVar[str] = "The people who reoffend with the programme are not the same people."
    units: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("lower", "upper", "interval_lower", "interval_upper"), "days"
    )

    @property
    def may_be_selection(self) -> bool:
        """Whether the interval of the bounds includes no difference."""
        return self.interval[0] <= 0 <= self.interval[1]

    @property
    def sentence(self) -> str:
        """The bounds in plain words."""
        sooner = "sooner" if self.descriptive < 0 else "later"
        low, high = self.interval
        assumed = {
            "prevents": "the programme makes nobody reoffend who otherwise would not",
            "causes": "the programme keeps nobody from reoffending who otherwise would",
        }[self.direction]
        verdict = (
            f'"{sooner}" may be selection alone'
            if self.may_be_selection
            else f'"{sooner}" is more than selection, by this assumption'
        )
        return (
            f"Participants who reoffended did so {abs(self.descriptive):.0f} days {sooner}. If "
            f"{assumed}, the effect on those who would reoffend either way lies between "
            f"{self.lower:.0f} and {self.upper:.0f} days, with sampling error between {low:.0f} "
            f"and {high:.0f}: {verdict}."
        )

    def __repr__(self) -> str:
        """Return the bounds and their interval."""
        low, high = self.interval
        return f"<TimeBounds: {self.lower:.3g} to {self.upper:.3g} days ({low:.3g} to {high:.3g})>"


def bound_time_effect(
    sample: Sample,
    *,
    direction: str | None = None,
    cells: Integers | Sequence[int] | None = None,
    caused: Sequence[float] = CAUSED,
    probability: float = 0.95,
) -> TimeBounds:
    r"""Bound the effect on the days of those who would reoffend either way, with its error.

    If the programme causes nobody to reoffend, the share :math:`\pi = p_1/p_0` of the comparison
    reoffenders would reoffend either way, and their mean lies between that of the fastest and
    of the slowest such share. Within `cells` of people who are alike the same holds, and the
    averages over cells are tighter. Where the programme made a share f of the participants'
    reoffenders reoffend, both arms are trimmed. The interval is that of Imbens and Manski: it
    covers the effect, not the whole range between the bounds.

    Parameters
    ----------
    sample : Sample
        With days to the first reoffence.
    direction : {"prevents", "causes"}, optional
        By default that of the observed rates.
    cells : array_like of int, shape (n_people,), optional
        Groups of people who are alike, such as quarters of the risk.
    caused : sequence of float
        Shares f of the table, from 0 and below 1; the first has to be 0.
    probability : float
        Of the interval.

    Returns
    -------
    TimeBounds
        In days; negative where participants reoffend sooner.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.
    CannotAnswerError
        If the days cannot be had, or a cell has too few reoffenders.

    References
    ----------
    Lee, D. S. (2009). Training, wages, and sample selection. Review of Economic Studies 76,
    1071-1102. Imbens, G. W. and Manski, C. F. (2004). Confidence intervals for partially
    identified parameters. Econometrica 72, 1845-1857. Semenova, V. (2020). Generalized Lee
    bounds. arXiv 2008.12720.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(200, 1000, rng=3, frequency=1.5).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching())
    >>> from desist.sample import build_sample
    >>> found = bound_time_effect(build_sample(cohort, design))
    >>> found.interval[0] < found.lower <= found.upper < found.interval[1]
    True
    """
    faults = find_kind_faults("sample", sample, Sample, "a Sample", "see desist.sample")
    faults += find_probability_faults(probability) + _find_caused_faults(caused)
    faults += [] if direction is None else find_choice_faults("direction", direction, DIRECTIONS)
    raise_faults(SUBJECT, faults)
    people = read_people(sample, cells)
    return bound_people(people, direction, caused=caused, probability=probability)


def bound_people(
    people: Reoffending,
    direction: str | None = None,
    *,
    caused: Sequence[float] = CAUSED,
    probability: float = 0.95,
) -> TimeBounds:
    """Bound the effect on the days, from columns that were read."""
    rates, means, sizes = describe_arms(people)
    if direction is None:
        direction = "prevents" if rates[0] <= rates[1] else "causes"
    turned = people if direction == "prevents" else people.swap()
    rows, errors = [], (math.nan, math.nan)
    notes: tuple[str, ...] = ()
    for share in caused:
        ends = _bound_both(turned, share, swapped=direction == "causes")
        low, high = _cover(*ends, min(sizes) - 1, probability)
        label = "nobody" if share == 0 else f"{share:.0%} of reoffenders"
        rows.append((label, share, ends[0].value, ends[1].value, low, high))
        if share == 0:
            errors, notes = (ends[0].error, ends[1].error), _note(ends[0].n_capped)
    names = ["label", "caused", "lower", "upper", "interval_lower", "interval_upper"]
    table = pd.DataFrame(rows, columns=names)
    ratio = rates[0] / rates[1] if direction == "prevents" else rates[1] / rates[0]
    first = rows[0]
    return TimeBounds(
        direction,
        first[2],
        first[3],
        (first[4], first[5]),
        errors,
        means[0] - means[1],
        min(ratio, 1.0),
        probability,
        table,
        notes,
    )


def _find_caused_faults(caused: object) -> list[Fault]:
    if isinstance(caused, str) or not isinstance(caused, Sequence) or not caused:
        return [Fault("caused", "shares, the first of them 0", describe(caused))]
    faults = [
        fault
        for place, one in enumerate(caused)
        for fault in find_number_faults(f"caused[{place}]", one, least=0, below=1)
    ]
    if not faults and caused[0] != 0:
        faults.append(Fault("caused", "shares, the first of them 0", describe(caused[0])))
    return faults


def _bound_both(people: Reoffending, caused: float, *, swapped: bool) -> tuple[Side, Side]:
    low = bound_earliest(people, caused)
    # the slowest treated less the fastest comparison people: the same with the days turned round
    turned = bound_earliest(people.turn(), caused)
    high = Side(-turned.value, -turned.influence, turned.n_capped)
    if not swapped:
        return low, high
    return (
        Side(-high.value, -high.influence, high.n_capped),
        Side(-low.value, -low.influence, low.n_capped),
    )


def _cover(low: Side, high: Side, df: float, probability: float) -> tuple[float, float]:
    return cover_bounds(low.value, high.value, (low.error, high.error), df, probability)


def _note(n_capped: int) -> tuple[str, ...]:
    if n_capped == 0:
        return ()
    return (
        f"in {n_capped} {'cell' if n_capped == 1 else 'cells'} the rates run against the "
        "direction; there everybody is taken to reoffend either way",
    )
