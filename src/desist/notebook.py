"""What a notebook shows of a record: the text of the terminal, escaped."""

# One function for all records, so that a notebook never says more than a terminal: it shows the
# `repr`, which names nobody.

import unicodedata
from html import escape

# controls, directions of writing, surrogates, what is not assigned: a browser would obey some
OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"})
STYLE = "white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: inherit"


def show_record(record: object) -> str:
    """Return the text of a record as HTML: its first line is the heading, nothing is obeyed."""
    first, *others = repr(record).splitlines() or [""]
    body = f'<pre style="{STYLE}">{_write(others)}</pre>' if others else ""
    return f'<div class="desist-record"><strong>{_write([first])}</strong>{body}</div>'


def _write(lines: list[str]) -> str:
    return "\n".join(escape("".join(map(_make_harmless, line))) for line in lines)


def _make_harmless(character: str) -> str:
    if character == "\t" or unicodedata.category(character) not in OBEYED:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
