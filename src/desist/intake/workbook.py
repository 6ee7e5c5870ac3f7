"""Reading one sheet of an Excel workbook: its values, and nothing else of it."""

import zlib
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pandas as pd

from desist.arguments import describe
from desist.cohort.reading import refuse
from desist.intake.table import Table

# What the standard library and openpyxl raise at a zip file or a sheet that is none.
DAMAGED = (
    BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    SyntaxError,
    NotImplementedError,
)


def read_workbook(path: Path, where: str, sheet: str | None, person: str | None) -> Table:
    """Read one sheet: values as they were last saved, no formula, link or macro."""
    try:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError:
        advice = 'install it (pip install "desist[excel]"), or save the sheet as CSV'
        raise refuse(where, "openpyxl, which reads .xlsx files", "none", advice) from None
    with path.open("rb"):
        pass
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, *DAMAGED):
        raise refuse(where, "an .xlsx workbook", "something else") from None
    names = [one.title for one in book.worksheets]
    if sheet is not None and sheet not in names:
        raise refuse("sheet", f"one of {_list(names)}", describe(sheet))
    if sheet is None and len(names) > 1:
        advice = 'name it: sheet = "...", or --sheet "..." after desist init'
        raise refuse(where, "one sheet", f"{len(names)} ({_list(names)})", advice)
    try:  # cells are unpacked here, and not before
        rows = [list(row) for row in book[sheet or names[0]].iter_rows(values_only=True)]
    except DAMAGED:
        raise refuse(where, "an .xlsx workbook", "one that is damaged", "save it again") from None
    frame = _make_frame(rows, where, person)
    return Table(frame, (f"sheet {sheet}",) if sheet else ())


def _make_frame(rows: list[list[Any]], where: str, person: str | None) -> pd.DataFrame:
    """Make a table of the cells of a sheet; blank lines and blank columns at the edge go."""
    while rows and all(cell is None for cell in rows[-1]):
        rows.pop()
    if not rows or all(cell is None for cell in rows[0]):
        raise refuse(where, "the names of the columns in the first line", "a blank line")
    width = max(k + 1 for row in rows for k, cell in enumerate(row) if cell is not None)
    names = [*rows[0], *[None] * width][:width]
    if any(name is None for name in names):
        n = sum(name is None for name in names)
        found, advice = f"{n} without one", "delete a title above the names, and notes beside them"
        raise refuse(where, "a name for every column that holds anything", found, advice)
    body = [[*row, *[None] * width][:width] for row in rows[1:]]
    frame = pd.DataFrame(body, columns=[str(name) for name in names]).infer_objects()
    if person in frame.columns and frame.columns.is_unique:
        frame[person] = frame[person].map(str, na_action="ignore")
    return frame


def _list(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:10])
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"
