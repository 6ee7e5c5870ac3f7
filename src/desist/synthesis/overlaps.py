"""Reports about the same people: a written rule for which of them is counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from desist.arguments import find_kind_faults, find_names_faults
from desist.errors import Fault, raise_faults

SUBJECT = "overlaps"
BETWEEN = ";"  # groups of people of one report


@dataclass(frozen=True, eq=False)
class Independent:
    """Reports of which no two are about the same people.

    Attributes
    ----------
    kept : DataFrame
        Rows that are counted, in their order.
    left_out : DataFrame
        The others, with the columns "because" and "instead" (the study that is counted).

    Examples
    --------
    >>> from desist.datasets import jdl_published
    >>> from desist.synthesis import list_published
    >>> found = list_published(jdl_published(), form="estimates")
    >>> len(found.kept), len(found.left_out)
    (10, 42)
    """

    kept: pd.DataFrame
    left_out: pd.DataFrame


def drop_overlaps(
    table: pd.DataFrame,
    *,
    people: str = "people",
    prefer: Sequence[str] = ("headline", "n_treated", "published"),
    name: str = "study",
) -> Independent:
    """Keep one report of the same people, by a rule that is written down before.

    Rows are taken in order of the greatest value in the first column of `prefer`, ties by the
    second, and so on; what is not known is least, and of rows that are alike in all of them the
    first comes first. A row is kept unless it shares people with one that is. Rows without a
    value are about people of their own. So of a chain of reports, each of which shares people
    with the next, either the middle one is kept or those at its ends.

    Parameters
    ----------
    table : DataFrame
        One row a report.
    people : str
        Column that is the same for reports about the same people, in part or whole; a report
        about several groups names each, such as "2015; 2016".
    prefer : sequence of str
        Columns, the most important first: such as whether it is the headline analysis, its
        size, its date.
    name : str
        Column that names the reports.

    Returns
    -------
    Independent
        What is kept, and what is left out and why.

    Raises
    ------
    InputError
        If a column is not there, or cannot be put in order; every fault is listed.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {"study": ["A", "A again", "B"], "people": ["a", "a", None], "n_treated": [83, 84, 50]}
    ... )
    >>> drop_overlaps(table, prefer=["n_treated"]).kept["study"].tolist()
    ['A again', 'B']
    """
    faults = find_names_faults("prefer", prefer)
    faults += find_kind_faults("table", table, pd.DataFrame, "a table")
    raise_faults(SUBJECT, faults)
    missing = [column for column in (people, name, *prefer) if column not in table.columns]
    raise_faults(
        SUBJECT, [Fault(column, "a column of the table", "none such") for column in missing]
    )
    raise_faults(SUBJECT, _find_order_faults(table, prefer))
    ranked = table.reset_index(drop=True)
    kept: list[int] = ranked.index[ranked[people].isna()].tolist()
    records = [
        {str(column): cell for column, cell in row.items()} for row in ranked.to_dict("records")
    ]
    reasons: dict[int, Mapping[str, str]] = {}
    counted: dict[str, int] = {}  # people, and the row that counts them
    for row in _order(ranked.dropna(subset=[people]), prefer):
        of_row = _split(records[row][people])
        best = next((counted[one] for one in of_row if one in counted), None)
        if best is None:
            kept.append(row)
            counted |= dict.fromkeys(of_row, row)
        else:
            because = _say_why(records[best], records[row], prefer)
            reasons[row] = {"because": because, "instead": str(records[best][name])}
    left_out = ranked.loc[sorted(reasons)]
    more = pd.DataFrame.from_dict(reasons, orient="index", columns=["because", "instead"])
    return Independent(
        ranked.loc[sorted(kept)].reset_index(drop=True),
        left_out.join(more).reset_index(drop=True),
    )


def _find_order_faults(table: pd.DataFrame, prefer: Sequence[str]) -> list[Fault]:
    """Find columns whose values cannot be put in order, numbers beside text."""
    faults = []
    for column in prefer:
        try:
            table[column].sort_values()
        except TypeError:
            expected = "values that can be put in order"
            faults.append(Fault(column, expected, "numbers beside text", "write all in one way"))
    return faults


def _order(rows: pd.DataFrame, prefer: Sequence[str]) -> list[int]:
    """Order rows by preference, the first of equal ones first."""
    order = rows.sort_values(list(prefer), ascending=False, na_position="last", kind="stable")
    return [int(row) for row in order.index]


def _split(people: object) -> list[str]:
    """List the groups of people that a report is about."""
    parts = people.split(BETWEEN) if isinstance(people, str) else [str(people)]
    return [part.strip() for part in parts if part.strip()]


def _say_why(best: Mapping[str, Any], row: Mapping[str, Any], prefer: Sequence[str]) -> str:
    for column in prefer:
        here, there = best[column], row[column]
        if pd.isna(there) and not pd.isna(here):
            return f"the same people; {column} is not known"
        if not pd.isna(here) and here != there:
            return f"the same people; {column} comes first"
    return "the same people; listed later"
