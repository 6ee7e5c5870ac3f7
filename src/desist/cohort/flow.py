"""From the records that were submitted to the people who are analysed."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from desist.arguments import (
    describe,
    find_choice_faults,
    find_kind_faults,
    find_number_faults,
)
from desist.errors import Fault, raise_faults

_UNITS = ("records", "people")
_STEPS = "a list of FlowStep"


@dataclass(frozen=True)
class FlowStep:
    """One step of a record flow.

    Attributes
    ----------
    name : str
        What happened, or why these were left out.
    n_excluded : int
        How many were left out; 0 for the first step.
    n_remaining : int
        How many are left.
    unit : str
        What was left out: "records", which may be several of one person, or "people".

    Examples
    --------
    >>> step = FlowStep("not found on the Police National Computer", 8, 132)
    >>> step.unit, step.n_remaining
    ('people', 132)
    """

    name: str
    n_excluded: int
    n_remaining: int
    unit: str = "people"


@dataclass(frozen=True)
class RecordFlow:
    """Everybody who was submitted, accounted for.

    Attributes
    ----------
    steps : tuple of FlowStep
        The submission first; each step starts from what the one before it left.

    Raises
    ------
    InputError
        If the numbers do not add up; every fault is listed.

    Examples
    --------
    >>> flow = RecordFlow((FlowStep("records submitted", 0, 142, "records"),))
    >>> flow = flow.exclude("duplicate records removed", 2, "records")
    >>> flow = flow.exclude("not found on the Police National Computer", 8)
    >>> flow.n_analysed
    132
    >>> flow.percentages
    ('', '', '6%')
    """

    steps: tuple[FlowStep, ...]

    def __post_init__(self) -> None:
        """Check that the numbers add up."""
        raise_faults("record flow", find_kind_faults("steps", self.steps, (list, tuple), _STEPS))
        object.__setattr__(self, "steps", tuple(self.steps))
        raise_faults("record flow", _find_faults(self.steps))

    @property
    def n_submitted(self) -> int:
        """Number that was submitted."""
        return self.steps[0].n_remaining

    @property
    def n_analysed(self) -> int:
        """Number that is left after the last step."""
        return self.steps[-1].n_remaining

    @property
    def percentages(self) -> tuple[str, ...]:
        """Share of each step as the Justice Data Lab prints it; empty where it prints none.

        Once people are counted, a share is of the first number of people, and records
        have none: a duplicate is nobody lost. Where only records are counted, it is of
        the records submitted.
        """
        base, unit = self.percentages_of
        return tuple(
            format_percent(step.n_excluded, base) if step.n_excluded and step.unit == unit else ""
            for step in self.steps
        )

    @property
    def percentages_of(self) -> tuple[int, str]:
        """What the percentages are of: how many there were at first, and of which unit."""
        unit = self.steps[-1].unit
        return _first_number(self.steps, unit), unit

    @property
    def table(self) -> pd.DataFrame:
        """One row a step: step, unit, n_excluded, percent (as printed), n_remaining."""
        rows = [
            (step.name, step.unit, step.n_excluded, percent, step.n_remaining)
            for step, percent in zip(self.steps, self.percentages, strict=True)
        ]
        names = ["step", "unit", "n_excluded", "percent", "n_remaining"]
        return pd.DataFrame(rows, columns=names)

    @property
    def text(self) -> str:
        """The flow in sentences, one line a step."""
        first, *exclusions = zip(self.steps, self.percentages, strict=True)
        lines = [f"{first[0].n_remaining:,} {first[0].name}"]
        for step, percent in exclusions:
            noun = _singular(step.unit) if step.n_excluded == 1 else step.unit
            share = f" ({percent})" if percent else ""
            lines.append(
                f"{step.n_excluded:,} {noun}{share}: {step.name}; {step.n_remaining:,} remained"
            )
        return "\n".join(lines)

    def exclude(self, name: str, n_excluded: int, unit: str = "people") -> "RecordFlow":
        """Return the flow with one more step.

        Parameters
        ----------
        name : str
            Why these are left out.
        n_excluded : int
            How many.
        unit : str
            "people" or "records".

        Returns
        -------
        RecordFlow
            A new flow; this one stays as it is.

        Raises
        ------
        InputError
            If the step cannot follow; every fault is listed.
        """
        left_out = n_excluded if _is_whole(n_excluded) else 0
        step = FlowStep(name, n_excluded, int(self.n_analysed - left_out), unit)
        return RecordFlow((*self.steps, step))


def format_percent(count: int, base: int) -> str:
    """Write a share as a whole percentage."""
    faults = find_number_faults("count", count, least=0, whole=True)
    faults += find_number_faults("base", base, above=0, whole=True)
    raise_faults("record flow", faults)
    rounded = (200 * count + base) // (2 * base)
    return "<1%" if count and not rounded else f"{rounded}%"


def _first_number(steps: tuple[FlowStep, ...], unit: str) -> int:
    """Return how many there were when the unit was first counted."""
    place = next(i for i, step in enumerate(steps) if step.unit == unit)
    return steps[max(place - 1, 0)].n_remaining


def _singular(unit: str) -> str:
    return "person" if unit == "people" else "record"


def _find_faults(steps: tuple[FlowStep, ...]) -> list[Fault]:
    if not steps:
        return [Fault("steps", "at least the number submitted", "no steps")]
    strange = _find_strange_steps(steps)
    if strange:
        return strange
    return [
        *_find_step_faults(steps),
        *_find_name_faults(steps),
        *_find_sum_faults(steps),
        *_find_unit_faults(steps),
    ]


def _find_strange_steps(steps: tuple[Any, ...]) -> list[Fault]:
    faults = []
    for place, step in enumerate(steps):
        where = f"step {place + 1}"
        strange = find_kind_faults(where, step, FlowStep, "a FlowStep")
        faults += strange or find_kind_faults(where, step.name, str, "a name of text")
    return faults


def _find_step_faults(steps: tuple[FlowStep, ...]) -> list[Fault]:
    expected = "a whole number from 0 upwards"
    faults = [
        Fault(step.name, f"{expected} as {field}", describe(getattr(step, field)))
        for step in steps
        for field in ("n_excluded", "n_remaining")
        if not _is_count(getattr(step, field))
    ]
    if _is_count(steps[0].n_excluded) and steps[0].n_excluded:
        found = f"{steps[0].n_excluded} left out"
        advice = "start with the number submitted"
        faults.append(Fault(steps[0].name, "nobody left out in the first step", found, advice))
    if _is_count(steps[0].n_remaining) and steps[0].n_remaining == 0:
        faults.append(Fault(steps[0].name, "somebody to start with", "0"))
    return faults


def _is_whole(value: object) -> bool:
    return not find_number_faults("count", value, whole=True)


def _is_count(value: object) -> bool:
    return not find_number_faults("count", value, least=0, whole=True)


def _find_name_faults(steps: tuple[FlowStep, ...]) -> list[Fault]:
    repeated = [name for name, count in Counter(step.name for step in steps).items() if count > 1]
    faults = [Fault(name, "one step of this name", "several") for name in repeated]
    blank = [str(place + 1) for place, step in enumerate(steps) if not step.name.strip()]
    if blank:
        faults.append(Fault("steps", "a name for each", f"none for step {', '.join(blank)}"))
    return faults


def _find_sum_faults(steps: tuple[FlowStep, ...]) -> list[Fault]:
    faults = []
    for before, step in pairwise(steps):
        numbers = (before.n_remaining, step.n_excluded, step.n_remaining)
        if (
            all(map(_is_count, numbers))
            and before.n_remaining - step.n_excluded != step.n_remaining
        ):
            expected = f"{before.n_remaining - step.n_excluded} remaining"
            found = f"{step.n_remaining}"
            advice = f"{before.n_remaining} before and {step.n_excluded} left out"
            faults.append(Fault(step.name, expected, found, advice))
    return faults


def _find_unit_faults(steps: tuple[FlowStep, ...]) -> list[Fault]:
    faults = [
        Fault(step.name, '"records" or "people" as unit', describe(step.unit))
        for step in steps
        if find_choice_faults("unit", step.unit, _UNITS)
    ]
    for before, step in pairwise(steps):
        if before.unit == "people" and step.unit == "records":
            advice = "remove records before people are counted"
            faults.append(Fault(step.name, "people, as in the step before", "records", advice))
    return faults
