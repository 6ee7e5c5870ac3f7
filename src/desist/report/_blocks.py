"""What a page is put together from: tables, pictures, filled templates."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from desist.report.pictures._style import PHONE, WIDE, Screen
from desist.report.pictures._svg import write_svg

if TYPE_CHECKING:
    from jinja2 import Environment
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Table:
    """A table as the template reads it; ``numeric`` are the positions of columns of numbers."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int]
    note: str = ""  # what has to be said beside it


@dataclass(frozen=True)
class Picture:
    """A picture as the template reads it: data addresses, the same in words, how to read it."""

    source: str
    alt: str
    caption: str
    narrow: str = ""  # the same drawn for a telephone
    says: str = ""  # what it says, and what it is
    title: str = ""

    @property
    def drawn(self) -> bytes:
        """The picture for a desk as a file of its own."""
        return b64decode(self.source.partition(",")[2])


def fill_template(name: str, filled: Mapping[str, Any]) -> str:
    """Fill a template; all text from data is escaped."""
    return _open_templates().get_template(name).render(filled)


@cache
def _open_templates() -> "Environment":
    """Open the folder of templates; each is compiled when it is first filled."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("desist.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def embed_both(
    draw: "Callable[[Screen], Figure]", alt: str, caption: str, *, says: str, title: str
) -> Picture:
    """Draw a picture for a desk and for a telephone, with what it says and what it is."""
    wide, narrow = (_encode(partial(draw, screen)) for screen in (WIDE, PHONE))
    return Picture(wide, alt, caption, narrow, says, title)


def make_table(
    caption: str, data: pd.DataFrame, text: tuple[str, ...] = (), *, note: str = ""
) -> Table:
    """Turn a table of text into what the template reads; columns of numbers go to the right."""
    numeric = frozenset(
        position
        for position, name in enumerate(data.columns)
        if position and name not in text and _holds_numbers(data.iloc[:, position])
    )
    rows = tuple(tuple(str(cell) for cell in row) for row in data.itertuples(index=False))
    return Table(caption, tuple(str(name) for name in data.columns), rows, numeric, note)


def make_table_of_any(caption: str, data: pd.DataFrame, *, note: str = "") -> Table | None:
    """Turn a table into what the template reads; None without a row."""
    return None if data.empty else make_table(caption, data, note=note)


def _encode(draw: "Callable[[], Figure]") -> str:
    return f"data:image/svg+xml;base64,{b64encode(write_svg(draw())).decode('ascii')}"


def _holds_numbers(cells: "pd.Series[Any]") -> bool:
    texts = [str(cell) for cell in cells]
    first = [text.lstrip("-<>")[:1] for text in texts]
    return all(start.isdigit() or start in {"", "–", "∞"} for start in first) and any(
        start.isdigit() for start in first
    )
