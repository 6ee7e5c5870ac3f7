"""The role that each column of a table plays in a cohort."""

import datetime as dt
import difflib
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from desist.arguments import describe, find_number_faults
from desist.cohort.kinds import read_number, read_text_as_numbers
from desist.errors import Fault

MOST_COLUMNS_NAMED = 8
LONGEST_NAME_SHOWN = 60

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Roles:
    """Which column is which."""

    treatment: str  # whether the person took part
    person: str | None = None  # identifier of the person
    reoffended: str | None = None  # outcomes; None where the table does not have them
    offences: str | None = None
    days: str | None = None
    follow_up: float | str = 365  # days of follow-up of everybody, or the column that holds them
    groups: tuple[str, ...] = ()  # columns of groups that people belong to (prison, region)
    # how many people of the population each person stands for; None where all count alike
    sampling_weight: str | None = None

    @property
    def follow_up_column(self) -> str | None:
        """Column of the days of follow-up; None when they are the same for everybody."""
        return self.follow_up if isinstance(self.follow_up, str) else None

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Pairs (role, column) of the roles that are taken."""
        single: dict[str, Any] = {
            "treatment": self.treatment,
            "person": self.person,
            "reoffended": self.reoffended,
            "offences": self.offences,
            "days": self.days,
            "follow_up": self.follow_up_column,
            "sampling_weight": self.sampling_weight,
        }
        taken = [
            (role, column)
            for role, column in single.items()
            if column is not None or role == "treatment"
        ]
        return (*taken, *(("groups", column) for column in self.groups))

    @property
    def are_names(self) -> bool:
        """Whether every role is taken by the name of a column."""
        return all(isinstance(column, str) for _, column in self.columns)

    @property
    def hidden(self) -> frozenset[str]:
        """Columns that are not covariates: treatment, identifier, outcomes, follow-up, weight."""
        return frozenset(column for role, column in self.columns if role != "groups")

    def settings(self) -> dict[str, Any]:
        """Return the roles as plain values that can be stored."""
        kept: dict[str, Any] = {
            "treatment": self.treatment,
            "person": self.person,
            "reoffended": self.reoffended,
            "offences": self.offences,
            "days": self.days,
            "follow_up": self.follow_up
            if isinstance(self.follow_up, str)
            else float(self.follow_up),
            "groups": list(self.groups),
        }
        sampled = {} if self.sampling_weight is None else {"sampling_weight": self.sampling_weight}
        return kept | sampled


def name_groups(groups: Any) -> tuple[str, ...]:
    """Return the columns of groups as a tuple; a single name is one column."""
    is_list = isinstance(groups, list | tuple | np.ndarray | pd.Index) and np.ndim(groups) == 1
    return tuple(groups) if is_list else (groups,)


def read_follow_up(follow_up: Any) -> Any:
    """Turn a duration or a Decimal that is meant to hold for everybody into days."""
    if isinstance(follow_up, Decimal):
        return read_number(follow_up)
    if not isinstance(follow_up, dt.timedelta | np.timedelta64):
        return follow_up
    if isinstance(follow_up, np.timedelta64) and np.datetime_data(follow_up)[0] == "generic":
        return follow_up
    try:
        return pd.Timedelta(follow_up).total_seconds() / _SECONDS_A_DAY
    except (ValueError, OverflowError):  # months and years are no fixed number of days
        return follow_up


def read_days(follow_up: Any) -> float:
    """Read a number of days that is meant to hold for everybody."""
    if isinstance(follow_up, str) or _follow_up_that_is_no_number_of_days(follow_up):
        return math.nan
    return float(follow_up)


def find_role_faults(roles: Roles, columns: Sequence[object]) -> list[Fault]:
    """Find what is wrong with the roles themselves, before any value is looked at."""
    return [
        *_roles_that_are_no_names(roles),
        *find_absent(roles.columns, columns),
        *_columns_with_two_roles(roles),
        *_days_without_reoffended(roles),
        *_follow_up_that_is_no_number_of_days(roles.follow_up),
    ]


def _roles_that_are_no_names(roles: Roles) -> list[Fault]:
    return [
        Fault(role, "the name of a column", describe(column))
        for role, column in roles.columns
        if not isinstance(column, str)
    ]


def find_absent(asked: Iterable[tuple[str, Any]], columns: Iterable[object]) -> list[Fault]:
    """Find the roles whose column is not in the table, and which may have been meant."""
    names = [name for name in columns if isinstance(name, str)]
    return [
        Fault(
            f"{role}={_quote(column)}",
            "a column of the table",
            "none of this name",
            suggest_column(column, names),
        )
        for role, column in asked
        if isinstance(column, str) and column not in names
    ]


def suggest_column(column: str, names: Sequence[str]) -> str:
    """Say which column may have been meant; nothing of names that may be a person's cells."""
    if _are_values(names):
        # the first person may have been taken for the header: nothing of it is shown
        return "are the names of the columns in the first line?"
    by_lower_case = {name.casefold().strip(): name for name in names}
    close = difflib.get_close_matches(column.casefold().strip(), by_lower_case, n=1)
    if close:
        return f"did you mean {_quote(by_lower_case[close[0]])}?"
    if column.isdecimal():
        return f"write {column[:LONGEST_NAME_SHOWN]} without quotation marks for a number of days"
    return f"the table has {_list_some(names)}" if names else ""


def _are_values(names: Sequence[str]) -> bool:
    """Say whether names of columns look like the cells of a person."""
    if not names:
        return False
    plain, disguised = read_text_as_numbers(pd.Series(list(names), dtype=object))
    return 2 * int((plain | disguised).sum()) >= len(names)


def _list_some(names: Sequence[str]) -> str:
    more = len(names) - MOST_COLUMNS_NAMED
    tail = f" and {more} more" if more > 0 else ""
    return ", ".join(_quote(name) for name in names[:MOST_COLUMNS_NAMED]) + tail


def _quote(name: str) -> str:
    short = name if len(name) <= LONGEST_NAME_SHOWN else f"{name[:LONGEST_NAME_SHOWN]}..."
    return f'"{short}"' if short.isprintable() else repr(short)


def _columns_with_two_roles(roles: Roles) -> list[Fault]:
    return [
        Fault(column, "one role", " and ".join(taken), "give each role a column of its own")
        for column, taken in _roles_by_column(roles.columns).items()
        if len(taken) > 1
    ]


def _roles_by_column(columns: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    taken: dict[str, list[str]] = defaultdict(list)
    for role, column in columns:
        if isinstance(column, str):
            taken[column].append(role)
    return taken


def _days_without_reoffended(roles: Roles) -> list[Fault]:
    if roles.days is None or roles.reoffended is not None:
        return []
    advice = "name the column that says who reoffended: a blank among the days can mean two things"
    return [Fault("reoffended", "a column, because days are given", "None", advice)]


def _follow_up_that_is_no_number_of_days(follow_up: object) -> list[Fault]:
    if isinstance(follow_up, str):
        return []
    advice = "give one number for everybody, or the name of a column"
    faults = find_number_faults("follow_up", follow_up, above=0, advice=advice)
    return [replace(fault, expected="a positive number of days") for fault in faults]
