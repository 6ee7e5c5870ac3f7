"""Tables that a spreadsheet shows and does not compute."""

import re
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
    safe = whole.map(_make_inert)
    safe.columns = pd.Index([quote_formula(str(name)) for name in whole.columns])
    # Python 3.12 quotes a carriage return in a cell only where it is a part of the line's end
    text = safe.to_csv(index=False, lineterminator="\r\n").replace("\r\n", "\n")
    return text.encode("utf-8", "replace")


def quote_formula(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would compute; numbers stay."""
    return f"'{text}" if _STARTS.match(text) and not _IS_NUMBER.fullmatch(text) else text


def _make_inert(cell: Any) -> Any:
    return quote_formula(cell) if isinstance(cell, str) else cell
