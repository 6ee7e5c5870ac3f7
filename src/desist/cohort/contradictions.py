"""Outcomes of one person that contradict each other or the follow-up."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from desist.cohort.columns import Column
from desist.cohort.roles import Roles, read_days
from desist.errors import Fault

_FOLLOWED_FOR_LESS = (
    "whoever died, was deported or left early was followed for less: give each person's days of "
    "follow-up as a column (follow_up=), and leave the days of all who did not reoffend blank"
)


def find_contradictions(columns: Mapping[str, Column], roles: Roles) -> list[Fault]:
    """Find outcomes that cannot be true together."""
    # A reoffence on day 0, the day of release, is possible.
    reoffended = _find(columns, roles.reoffended)
    offences, days = _find(columns, roles.offences), _find(columns, roles.days)
    faults: list[Fault] = []
    if reoffended is not None and offences is not None:
        faults += _compare_offences(offences, reoffended)
    if days is not None:
        faults += _compare_days(days, reoffended, _read_follow_up(columns, roles))
    return faults


def _compare_offences(offences: Column, reoffended: Column) -> list[Fault]:
    advice = (
        f"mend one of {reoffended.name} and {offences.name}, or name another column as offences "
        "if this one counts others than those of the follow-up"
    )
    whole = offences.numbers == np.floor(offences.numbers)
    some_without = (reoffended.numbers == 0) & (offences.numbers > 0) & whole
    none_with = (reoffended.numbers == 1) & (offences.numbers == 0)
    return [
        *offences.faults(some_without, "0 for those who did not reoffend", advice, "1 or more"),
        *offences.faults(none_with, "1 or more for those who reoffended", advice, "none"),
    ]


def _compare_days(
    days: Column, reoffended: Column | None, follow_up: NDArray[np.float64]
) -> list[Fault]:
    numbers = days.numbers
    outside = np.isfinite(numbers) & ((numbers < 0) | (numbers > follow_up))
    in_time, beyond = "days from 0 to the end of follow-up", "a number outside"
    if reoffended is None:
        return days.faults(outside, in_time, "", beyond)
    yes, no = reoffended.numbers == 1, reoffended.numbers == 0
    # a follow-up that is itself at fault is NaN: the days are not blamed for it
    partly = no & np.isfinite(numbers) & ~np.isclose(numbers, follow_up, rtol=1e-9, atol=0.0)
    return [
        *days.faults(yes & days.missing, "days for those who reoffended", "day 0 is a day too"),
        *days.faults(
            yes & outside, in_time, "a reoffence after the end of follow-up is none", beyond
        ),
        *days.faults(
            partly & np.isfinite(follow_up),
            "a blank or the whole follow-up for those who did not reoffend",
            _FOLLOWED_FOR_LESS,
            "another number",
        ),
    ]


def _read_follow_up(columns: Mapping[str, Column], roles: Roles) -> NDArray[np.float64]:
    """Return the days of follow-up; NaN, which no comparison holds against, where faulty."""
    days = np.array([read_days(roles.follow_up)])
    column = _find(columns, roles.follow_up_column)
    if column is not None:
        days = column.numbers
    return np.where(np.isfinite(days) & (days > 0), days, np.nan)


def _find(columns: Mapping[str, Column], name: str | None) -> Column | None:
    """Return the column of a role that is taken; a name may be empty, and is a name."""
    return None if name is None else columns.get(name)
