"""Which columns of a table of reports are read, which are moderators, and which are mistakes."""

import difflib
from collections.abc import Collection, Iterable

import pandas as pd

from desist.arguments import describe
from desist.errors import Fault

STUDY = "study"
UNREAD = ("source", "notes")  # for whoever keeps the table
LONGEST = 40  # letters of a name that a message shows


def find_column_faults(
    table: pd.DataFrame, known: Collection[str], moderators: object
) -> list[Fault]:
    """Find what no column of a table of reports can be, and moderators that are not there."""
    if STUDY not in table.columns:
        return [_name_columns(table)]
    names = [str(name) for name in table.columns]
    faults = [
        Fault(_shorten(name), "a column of its own", "two of that name")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if isinstance(moderators, str) or not isinstance(moderators, Collection):
        expected = "a list of names of columns"
        return [*faults, Fault("moderators", expected, describe(moderators))]
    listed = [str(name) for name in moderators]
    for name in listed:
        if name not in names:
            expected = "columns of the table"
            faults.append(
                Fault("moderators", expected, repr(_shorten(name)), _suggest(name, names))
            )
    own = {*known, *UNREAD}
    for name in names:
        if name not in own and name not in listed:
            expected = "a column that reports have, or one named in moderators="
            faults.append(Fault(_shorten(name), expected, "another", _suggest(name, own)))
    return faults


def _name_columns(table: pd.DataFrame) -> Fault:
    """Say which column was meant to name the studies, or how columns are told apart."""
    names = [str(name) for name in table.columns]
    advice = ""
    if len(names) == 1 and any(sign in names[0] for sign in ";\t"):
        advice = "separate columns by commas, and write decimals with a point"
    elif alike := [name for name in names if name.strip().lower() == STUDY]:
        advice = f"write study for {alike[0]!r}, and all names of columns in small letters"
    return Fault(STUDY, "a column that names the studies", f"{len(names)} others", advice)


def _suggest(name: str, known: Iterable[str]) -> str:
    """Name the column that was meant, or say what can be done with one that nobody knows."""
    close = difflib.get_close_matches(name.strip().lower().replace(" ", "_"), sorted(known), n=1)
    if close:
        return f"did you mean {_shorten(close[0])}?"
    return "name it in moderators=, call it notes, or take it out"


def _shorten(name: str) -> str:
    plain = "".join(letter if letter.isprintable() else "?" for letter in name)
    return plain if len(plain) <= LONGEST else plain[:LONGEST] + "..."
