"""All steps from a file to a table that a cohort can read, in their order."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from desist.arguments import describe, find_kind_faults
from desist.cohort.reading import SUBJECT
from desist.cohort.roles import find_absent, suggest_column
from desist.design.missing import mark_missing
from desist.errors import Fault, raise_faults
from desist.intake.codes import read_codes
from desist.intake.dates import DateColumns, read_dates
from desist.intake.table import Table
from desist.privacy import MOST_VALUES_SHOWN, find_shared

LEVEL, INDICATOR = "level", "indicator"
WAYS = (LEVEL, INDICATOR)


def tidy_table(
    table: Table,
    roles: Mapping[str, Any],
    *,
    dates: DateColumns | None = None,
    missing: Mapping[str, str] | None = None,
) -> tuple[Table, dict[str, Any]]:
    """Make a table one that a cohort can read, and write down every change.

    Words for yes and no become 1 and 0 in the columns of treatment and reoffending, words for the
    arms in that of treatment; dates become days; missing covariates get a level of their own or an
    indicator; labels that differ in
    capitals or blanks alone are named, and left as they are.

    Parameters
    ----------
    table : Table
        From `read_table`.
    roles : mapping of str to object
        As `Cohort` takes them: treatment, reoffended, offences, days, follow_up, groups, ...
    dates : DateColumns, optional
        Columns of dates that say when people were released and reoffended.
    missing : mapping of str to str, optional
        For each covariate with missing values ``"level"`` (text) or ``"indicator"`` (numbers).

    Returns
    -------
    table : Table
        With the notes of all that was done.
    roles : dict
        With those that the dates have given.

    Raises
    ------
    InputError
        If a column is not there or not what it should be.

    Examples
    --------
    >>> people = pd.DataFrame({"programme": ["Yes", "No"], "age": [30, 41]})
    >>> table, roles = tidy_table(Table(people), {"treatment": "programme"})
    >>> table.frame["programme"].tolist()
    [1, 0]
    """
    roles = dict(roles)
    if dates is not None:
        asked = [*dates.columns, *((role, name) for role, name in roles.items())]
        raise_faults(SUBJECT, find_absent(asked, table.frame.columns))
        given = tuple(role for role, name in roles.items() if name is not None)
        table, made = read_dates(
            table, dates, roles.get("follow_up", 365), tuple(set(given) - {"follow_up"})
        )
        roles |= made
    binary = tuple(
        name for role in ("treatment", "reoffended") if isinstance(name := roles.get(role), str)
    )
    table = read_codes(table, binary, roles.get("treatment"))
    if missing is not None:
        raise_faults(SUBJECT, find_kind_faults("missing", missing, Mapping, "ways by column"))
        table = _mark(table, missing, _list_taken(roles))
    return table.change(table.frame, *_name_alike(table.frame, _list_labels(roles, table))), roles


def _list_taken(roles: Mapping[str, Any]) -> dict[str, str]:
    """List the columns that are no covariates, with their roles: what is unknown stays so."""
    return {
        name: role for role, name in roles.items() if role != "groups" and isinstance(name, str)
    }


def _mark(table: Table, missing: Mapping[str, str], taken: Mapping[str, str]) -> Table:
    frame, faults = table.frame, []
    for name, way in missing.items():
        where = f"missing {name}"
        if name not in frame.columns:
            advice = suggest_column(name, [str(column) for column in frame.columns])
            faults.append(Fault(where, "a column of the table", "none of this name", advice))
        elif name in taken:
            advice = "leave out the people of whom it is not known, or find out"
            faults.append(Fault(where, "a covariate", f"the column of {taken[name]}", advice))
        elif way not in WAYS:
            faults.append(Fault(where, f"one of {', '.join(WAYS)}", describe(way)))
        elif way != _way_of(frame[name]):
            expected = f'"{_way_of(frame[name])}"'
            kind = "numbers" if way == LEVEL else "text"
            faults.append(Fault(where, expected, f'"{way}", and the column holds {kind}'))
    raise_faults(SUBJECT, faults)
    marked = mark_missing(frame, list(missing))
    notes = [
        f"{name}: missing values are a level of their own"
        if way == LEVEL
        else f"{name}: missing values are the mean, and {name}_missing says which (add it to the"
        " formula)"
        for name, way in missing.items()
        if frame[name].isna().any()
    ]
    return table.change(marked, *notes)


def _way_of(cells: pd.Series) -> str:
    return INDICATOR if pd.api.types.is_numeric_dtype(cells.dtype) else LEVEL


def _list_labels(roles: Mapping[str, Any], table: Table) -> list[str]:
    """List the columns of text that may be covariates or groups."""
    hidden = _list_taken(roles)
    return [name for name in table.frame.columns if name not in hidden]


def _name_alike(frame: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Say which columns have labels that differ in capitals or blanks alone, and from which."""
    notes = []
    for name in names:
        cells = frame[name]
        if not isinstance(cells, pd.Series) or pd.api.types.is_numeric_dtype(cells.dtype):
            continue
        labels = {label for label in cells.dropna() if isinstance(label, str)}
        plain = {" ".join(label.split()).casefold() for label in labels}
        if len(plain) < len(labels):
            n = len(labels) - len(plain)
            notes.append(
                f"{name}: {n} of {len(labels)} labels differ from another{_show_alike(cells)} in "
                "capitals or blanks alone, and count as others; correct the table if they are the "
                "same"
            )
    return notes


def _show_alike(cells: pd.Series) -> str:
    """Show the labels that have another writing, where many people share the writing shown."""
    texts = cells[cells.map(lambda cell: isinstance(cell, str))]
    plain = texts.map(lambda label: " ".join(label.split()).casefold())
    writings = texts.groupby(plain).transform("nunique")
    shown = find_shared(texts[writings > 1])[:MOST_VALUES_SHOWN]
    return f" ({', '.join(shown)})" if shown else ""
