"""From dates to days: release, first reoffence, end of follow-up."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import describe, find_number_faults
from desist.cohort.reading import SUBJECT
from desist.errors import Fault, name_rows, raise_faults
from desist.intake.table import Table
from desist.privacy import FEWEST_SHARING

_SECONDS_A_DAY = 86_400
_WRITTEN = date(2017, 3, 14)  # its day, month and year cannot be taken for one another
_OTHERS: tuple[dict[str, Any], ...] = ({"year": 2018}, {"month": 4}, {"day": 15})
_ISO = re.compile(r"\s*\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?\s*")
_BY_SLASH = re.compile(r"\s*(\d{1,2})[/.](\d{1,2})[/.](\d{4})\s*")


@dataclass(frozen=True)
class DateColumns:
    """Which columns hold which dates.

    Attributes
    ----------
    released : str
        Date from which a person is followed.
    reoffended_on : str or None
        Date of the first proven reoffence; blank for those without one.
    followed_until : str or None
        Date of the end of a person's follow-up (death, deportation, end of the records), where
        it is not the same number of days for everybody.
    date_format : str or None
        As `datetime.strptime` writes it, such as ``"%d/%m/%Y"``; None for dates that can be read
        in one way only (2017-03-01, or 13/03/2017 somewhere in the column).

    Examples
    --------
    >>> DateColumns("released", reoffended_on="first_offence")
    DateColumns(released='released', reoffended_on='first_offence', followed_until=None, \
date_format=None)
    """

    released: str
    reoffended_on: str | None = None
    followed_until: str | None = None
    date_format: str | None = None

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """The role and the name of each column that is given."""
        named = [(item.name, getattr(self, item.name)) for item in fields(self)[:3]]
        return tuple((role, name) for role, name in named if name is not None)


def read_dates(
    table: Table, dates: DateColumns, follow_up: float | str, taken: tuple[str, ...]
) -> tuple[Table, dict[str, Any]]:
    """Turn dates into days since release, and return the roles that the new columns have."""
    # the dates are left out of the table: that of the reoffence is an outcome
    raise_faults(SUBJECT, [*_find_column_faults(table.frame, dates, follow_up, taken)])
    read, faults = {}, []
    for role, name in dates.columns:
        read[role], found = _read_column(table.frame[name], dates.date_format)
        faults += found
    raise_faults(SUBJECT, faults)
    days = {role: _count_days(read["released"], one) for role, one in read.items()}
    raise_faults(SUBJECT, list(_find_order_faults(days, dates)))
    frame = table.frame.drop(columns=[name for _, name in dates.columns])
    return _add_days(table, frame, days, dates, follow_up)


def _find_column_faults(
    frame: pd.DataFrame, dates: DateColumns, follow_up: float | str, taken: tuple[str, ...]
) -> Iterator[Fault]:
    names, named = list(frame.columns), dict[str, str]()
    for role, name in dates.columns:
        if not isinstance(name, str) or names.count(name) != 1:
            found = f"{names.count(name)} called {describe(name)}"
            yield Fault(role, "one column of the table", found)
        elif name in named:
            yield Fault(role, f"another column than {named[name]}", describe(name))
        named.setdefault(name, role)
    if dates.date_format is not None:
        yield from _find_format_faults(dates.date_format)
    made = ["reoffended", "days"] if dates.reoffended_on else []
    made += ["follow_up"] if dates.followed_until else []
    for role in made:
        if role in taken:
            advice = f"leave {role} out of the settings, or the dates"
            yield Fault(role, "one source", "a column and dates", advice)
        elif role in names:
            advice = f"rename it, or name it in the settings ({role} = {role!r}) without the dates"
            yield Fault(role, "a name that is free for what the dates give", "a column", advice)
    if not dates.followed_until and not isinstance(follow_up, str):
        yield from find_number_faults("follow_up", follow_up, above=0)


def _find_format_faults(layout: object) -> Iterator[Fault]:
    expected, advice = "a way of writing dates", 'such as "%d/%m/%Y", with day, month and year'
    if not isinstance(layout, str) or not _is_layout(layout):
        yield Fault("date_format", expected, describe(layout), advice)


def _is_layout(layout: str) -> bool:
    """Say whether dates that differ in day, month or year are written, and read, as others."""
    days = [_WRITTEN, *(_WRITTEN.replace(**one) for one in _OTHERS)]
    texts = [day.strftime(layout) for day in days]
    if len(set(texts)) < len(days):
        return False
    try:
        return [datetime.strptime(text, layout).date() for text in texts] == days
    except ValueError:
        return False


def _read_column(cells: pd.Series, date_format: str | None) -> tuple[pd.Series, list[Fault]]:
    """Return the dates of a column; faults name rows and never a date."""
    if isinstance(cells.dtype, pd.PeriodDtype):
        return cells.dt.to_timestamp(), []
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return _drop_zone(cells), []
    known = cells.dropna()
    is_text = known.map(lambda value: isinstance(value, str)).astype(bool)
    if not is_text.all():
        return _read_objects(cells, date_format)
    return _read_text(cells, known.astype(str), date_format)


def _read_text(
    cells: pd.Series, known: pd.Series, date_format: str | None
) -> tuple[pd.Series, list[Fault]]:
    name = str(cells.name)
    layout, faults = _find_layout(known, name, date_format)
    if faults:
        return cells, faults
    read = pd.to_datetime(cells.astype("object"), format=layout, errors="coerce")
    wrong = read.isna().to_numpy() & cells.notna().to_numpy()
    if wrong.any():
        return cells, [_name_wrong(name, wrong, layout)]
    return _drop_zone(read), []


def _drop_zone(cells: pd.Series) -> pd.Series:
    return cells.dt.tz_localize(None) if getattr(cells.dt, "tz", None) is not None else cells


def _read_objects(cells: pd.Series, date_format: str | None) -> tuple[pd.Series, list[Fault]]:
    """Read the date objects that a workbook gives, and the texts among them as texts."""
    is_text = cells.map(lambda value: isinstance(value, str)).astype(bool)
    read = pd.to_datetime(cells.where(cells.map(_is_date)).astype("object"), errors="coerce")
    if is_text.any():
        # never by a guess of pandas: 03/04/2017 is a day in March or in April
        texts, faults = _read_text(cells.where(is_text), cells[is_text].astype(str), date_format)
        if faults:
            return cells, faults
        read = read.where(~is_text, texts)
    wrong = read.isna().to_numpy() & cells.notna().to_numpy()
    return read, [_name_wrong(str(cells.name), wrong, "dates")] if wrong.any() else []


def _is_date(value: object) -> bool:
    return isinstance(value, date | np.datetime64)  # times of day are dates with them


def _name_wrong(name: str, wrong: NDArray[np.bool_], layout: str) -> Fault:
    found = f"{int(wrong.sum())} that are not ({name_rows(np.flatnonzero(wrong))})"
    expected = "dates" if layout == "dates" else f"dates written as {layout}"
    return Fault(name, expected, found, "a cell without a date is blank")


def _find_layout(known: pd.Series, name: str, given: str | None) -> tuple[str, list[Fault]]:
    """Find how dates are written; refuse what could be read in two ways."""
    if given is not None:
        return given, []
    if known.str.fullmatch(_ISO).all():
        return "ISO8601", []
    parts = known.str.extract(_BY_SLASH).dropna().astype(int)
    advice = 'say how they are written: date_format = "%d/%m/%Y"'
    if len(parts) < len(known):
        found = "something else, or several ways of writing them"
        return "", [Fault(name, "dates such as 2017-03-01 or 31/03/2017", found, advice)]
    day_first, month_first = bool((parts[0] > 12).any()), bool((parts[1] > 12).any())
    if day_first == month_first:
        found = "dates in which day and month cannot be told apart"
        return "", [Fault(name, "dates that can be read in one way", found, advice)]
    mark = re.search(r"[/.]", str(known.iloc[0]))
    sign = mark.group() if mark else "/"
    return sign.join(("%d", "%m", "%Y") if day_first else ("%m", "%d", "%Y")), []


def _count_days(start: pd.Series, end: pd.Series) -> NDArray[np.float64]:
    """Return whole days from one date to another; NaN where one of them is missing."""
    # times of day are dropped: an offence on the day of release is on day 0
    between = end.dt.normalize() - start.dt.normalize()
    return np.asarray(between.dt.total_seconds() / _SECONDS_A_DAY, dtype=float)


def _find_order_faults(
    days: Mapping[str, NDArray[np.float64]], dates: DateColumns
) -> Iterator[Fault]:
    unknown = np.isnan(days["released"])
    if unknown.any():
        found = f"{int(unknown.sum())} without one ({name_rows(np.flatnonzero(unknown))})"
        yield Fault(dates.released, "a date for everybody", found)
    for role, name in dates.columns[1:]:
        early = days[role] < 0
        if early.any():
            found = f"{int(early.sum())} before it ({name_rows(np.flatnonzero(early))})"
            advice = "correct the dates; an offence before release is no reoffence"
            yield Fault(name, f"dates not before {dates.released}", found, advice)
    if dates.followed_until:
        unknown = np.isnan(days["followed_until"])
        if unknown.any():
            found = f"{int(unknown.sum())} without one ({name_rows(np.flatnonzero(unknown))})"
            yield Fault(dates.followed_until, "a date for everybody", found)


def _add_days(
    table: Table,
    frame: pd.DataFrame,
    days: Mapping[str, NDArray[np.float64]],
    dates: DateColumns,
    follow_up: float | str,
) -> tuple[Table, dict[str, Any]]:
    roles: dict[str, Any] = {}
    notes = []
    end = np.full(len(frame), np.inf)
    if dates.followed_until:
        end = days["followed_until"]
        frame, roles["follow_up"] = frame.assign(follow_up=end), "follow_up"
        notes.append(f"follow_up: days from {dates.released} to {dates.followed_until}")
    elif not isinstance(follow_up, str):
        end = np.full(len(frame), float(follow_up))
    elif follow_up in frame.columns:
        end = pd.to_numeric(frame[follow_up], errors="coerce").to_numpy(dtype=float)
    if dates.reoffended_on:
        found = days["reoffended_on"]
        within = ~np.isnan(found) & (found <= end)
        frame = frame.assign(reoffended=within.astype(int), days=np.where(within, found, np.nan))
        roles |= {"reoffended": "reoffended", "days": "days"}
        notes.append(f"days: from {dates.released} to {dates.reoffended_on}")
        n_later = int((~np.isnan(found) & ~within).sum())
        if n_later:
            many = f"{n_later:,}" if n_later >= FEWEST_SHARING else f"fewer than {FEWEST_SHARING}"
            notes.append(f"reoffended: {many} later than the follow-up are not counted")
    return table.change(frame, *notes), roles
