"""Reports about the same people: a written rule for which of them is counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from desist.arguments import find_kind_faults, find_names_faults
from desist.errors import Fault, raise_faults

SUBJECT = "overlaps"


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

    Of the rows that share a value of `people` one is kept: that with the greatest value in the
    first column of `prefer`, ties by the second, and so on; what is not known is least. Of rows
    that are alike in all of them the first is kept. Rows without a value are about people of
    their own.

    Parameters
    ----------
    table : DataFrame
        One row a report.
    people : str
        Column that is the same for reports about the same people, in part or whole.
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
        If a column is not there.

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
    ranked = table.reset_index(drop=True)
    kept: list[int] = ranked.index[ranked[people].isna()].tolist()
    records = [
        {str(column): cell for column, cell in row.items()} for row in ranked.to_dict("records")
    ]
    reasons: dict[int, Mapping[str, str]] = {}
    for _, rows in ranked.dropna(subset=[people]).groupby(people, sort=False):
        best = _choose(rows, prefer)
        kept.append(best)
        for row in rows.index.tolist():
            if row != best:
                because = _say_why(records[best], records[row], prefer)
                reasons[row] = {"because": because, "instead": str(records[best][name])}
    left_out = ranked.loc[sorted(reasons)]
    more = pd.DataFrame.from_dict(reasons, orient="index", columns=["because", "instead"])
    return Independent(
        ranked.loc[sorted(kept)].reset_index(drop=True),
        left_out.join(more).reset_index(drop=True),
    )


def _choose(rows: pd.DataFrame, prefer: Sequence[str]) -> int:
    columns = list(prefer)
    order = rows.sort_values(columns, ascending=False, na_position="last", kind="stable")
    return int(order.index[0])


def _say_why(best: Mapping[str, Any], row: Mapping[str, Any], prefer: Sequence[str]) -> str:
    for column in prefer:
        here, there = best[column], row[column]
        if pd.isna(there) and not pd.isna(here):
            return f"the same people; {column} is not known"
        if not pd.isna(here) and here != there:
            return f"the same people; {column} comes first"
    return "the same people; listed later"
