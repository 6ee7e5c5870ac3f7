"""The annex: every table as a sheet of a workbook that computes nothing, and as CSV."""

import re
import warnings
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pandas as pd

from desist.report.tables._release import SYMBOLS, ReleasedTable, list_tables
from desist.report.view import View
from desist.spreadsheet import change_cells, encode_csv

if TYPE_CHECKING:
    from gptables import Cover, GPTable
    from gptables.core.wrappers import GPWorkbook

LONGEST = 32_000  # characters; a cell of a workbook holds 32,767
LINE, LINE_HEIGHT, HIGHEST = 75, 16, 409  # characters, points, and the most of a workbook
A4 = 9  # the number of the paper in a workbook
CUT = " [cut: the report has the whole text]"
_SPOKEN = re.compile(r"[a-zA-Z0-9]")


def render_workbook(view: View, tables: Sequence[ReleasedTable] | None = None) -> bytes:
    """Render the tables as one workbook: cover, contents, notes, one sheet a table."""
    from gptables import produce_workbook

    written = BytesIO()
    sheets = {"Notes": _make_notes(view)}
    sheets |= {one.name: _make_sheet(one) for one in tables or list_tables(view)}
    with warnings.catch_warnings():
        # It warns that there is no sheet of its own kind for notes: ours is an ordinary one.
        warnings.simplefilter("ignore", UserWarning)
        book = produce_workbook(
            written,
            sheets=sheets,
            cover=_make_cover(view),
            # Text is text: a cell that begins with "=" or "http://" is neither computed nor a link.
            workbook_options={
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
    _lay_out(book, said=[view.banner] if view.banner else list(view.answer))
    # The same view gives the same bytes: a workbook has the time at which it was made otherwise.
    book.set_properties({"created": datetime(2000, 1, 1), "title": make_plain(view.title)[:255]})
    book.close()
    return written.getvalue()


def _lay_out(book: "GPWorkbook", said: Sequence[str]) -> None:
    """Let a printed sheet be as wide as the page, and lines of the cover as high as their text."""
    for sheet in book.worksheets():
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
    for row, sentence in enumerate(said, start=2):  # below the title and the heading
        n_lines = -(-len(make_plain(sentence)) // LINE)
        book.worksheets()[0].set_row(row, min(n_lines * LINE_HEIGHT, HIGHEST))


def render_tables(tables: Sequence[ReleasedTable]) -> dict[str, bytes]:
    """Render each table as CSV, by the name of its file."""
    return {f"tables/{one.name}.csv": encode_csv(one.data) for one in tables}


def make_plain(text: str) -> str:
    """Return text that the maker of workbooks takes as it stands, and whole in one cell."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    # gptables makes a link of "[text](address)" and a reference to a note of "$$name$$".
    whole = whole.replace("](", "] (").replace("$$", "$ $")
    whole = re.sub(r"[\r\n\x00-\x08\x0b-\x1f]+", " ", whole)
    return whole if len(whole) <= LONGEST else whole[:LONGEST] + CUT


def _make_sheet(table: ReleasedTable) -> "GPTable":
    from gptables import GPTable

    cells = change_cells(table.data, _write_cell).reset_index(drop=True)
    cells.columns = pd.Index([make_plain(str(name))[:250] for name in cells.columns])
    known = set(cells.to_numpy().ravel())
    found = [symbol for symbol in SYMBOLS if symbol in known]
    return GPTable(
        table=cells,
        table_name=f"table_{table.name}",
        title=make_plain(table.title),
        subtitles=[make_plain(table.note)] if table.note else None,
        instructions="This sheet holds one table.",
        legend=[f"{symbol} = {SYMBOLS[symbol]}" for symbol in found],
    )


def _write_cell(cell: object) -> str:
    # A cell without text would be read as one that was forgotten.
    text = make_plain(str(cell)).strip() or "none"
    # gptables refuses a cell without a letter or digit of English, such as a name in Arabic.
    return text if _SPOKEN.search(text) else f"{text} (as written)"


def _make_notes(view: View) -> "GPTable":
    notes = [
        f"Made by desist {view.package_version} with seed {view.seed} under rule set "
        f"{view.rules.name}.",
        f"The results are about {view.estimand.people}.",
        f"Intervals have a probability of {view.level} and equal tails.",
        "The same numbers are in report.html, evaluation.json and the CSV beside this workbook.",
        *(f"{symbol} means: {meaning}." for symbol, meaning in SYMBOLS.items()),
    ]
    return _make_sheet(ReleasedTable("notes", "Notes", pd.DataFrame({"Note": notes})))


def _make_cover(view: View) -> "Cover":
    from gptables import Cover

    said: list[Any] = [view.banner] if view.banner else list(view.answer)
    return Cover(
        title=make_plain(view.title),
        intro=[make_plain(one) for one in said] or ["Tables of the evaluation."],
        about=["Each table of the report is a sheet of this workbook. Nothing in it is computed."],
    )
