"""Tables that a spreadsheet shows and does not compute."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

# What Excel and LibreOffice take for a formula, in either width of the sign.
_STARTS = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")
# One number, or a range of them, or a number with its interval: no formula, though signed.
_IS_NUMBER = re.compile(r"-[\d,.∞]+%?(?: to -?[\d,.∞]+%?)?(?: \(-?[\d,.∞]+ to -?[\d,.∞]+\))?")


def encode_csv(table: "pd.DataFrame", *, index: bool = False) -> bytes:
    """Encode a table as CSV, with an apostrophe before text that a spreadsheet would compute."""
    import pandas as pd

    whole = table.reset_index() if index else table
    safe = pd.DataFrame(
        {place: _make_inert(whole.iloc[:, place]) for place in range(whole.shape[1])}
    )
    safe.columns = pd.Index([quote_formula(str(name)) for name in whole.columns])
    # Python 3.12 quotes a carriage return in a cell only where it is a part of the line's end
    text = safe.to_csv(index=False, lineterminator="\r\n").replace("\r\n", "\n")
    return text.encode("utf-8", "replace")


def change_cells(table: "pd.DataFrame", change: Callable[[Any], str]) -> "pd.DataFrame":
    """Make text of every cell, in order."""
    import pandas as pd

    # `DataFrame.map` would find the type of each column anew, which takes ten times as long
    columns = (table.iloc[:, place].to_list() for place in range(table.shape[1]))
    cells = {place: [change(cell) for cell in column] for place, column in enumerate(columns)}
    changed = pd.DataFrame(cells, index=table.index, dtype=object)
    changed.columns = table.columns
    return changed


def quote_formula(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would compute; numbers stay."""
    return f"'{text}" if _STARTS.match(text) and not _IS_NUMBER.fullmatch(text) else text


def _make_inert(column: "pd.Series[Any]") -> "pd.Series[Any]":
    import pandas as pd

    cells = column.to_list()
    if all(isinstance(cell, str) for cell in cells):  # `map` takes long to find that they stay text
        return pd.Series([quote_formula(cell) for cell in cells], column.index, dtype=object)
    return column.map(lambda cell: quote_formula(cell) if isinstance(cell, str) else cell)
