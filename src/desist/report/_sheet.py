"""The cells of a sheet as gptables writes them, in a twentieth of its time."""

# gptables keeps a table of pandas with a dictionary of formats for every cell, and asks each cell
# what it holds. In ours every cell is text, which stands on the left.

from collections.abc import Sequence
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gptables import GPTable

NORMAL = 11  # points, for which widths are known
BOLD, CAPITALS = 1.1, 0.15  # how much wider bold text is, and how much more text in capitals


def write_sheet(sheet: Any, table: "GPTable") -> None:
    """Write title, legend and the like by gptables, and the cells of text below them."""
    sheet._write_table_elements = partial(_write_cells, sheet)
    sheet.write_gptable(table, True)


def _write_cells(sheet: Any, _place: Sequence[int], table: "GPTable", _fits: bool) -> list[int]:
    names = list(table.table.columns)
    rows = [names, *table.table.to_numpy().tolist()]
    heading = sheet.theme.column_heading_format | {"align": "left"}
    look = sheet.theme.data_format | {"align": "left"}
    widths, top = [0] * len(names), table.data_range[0]
    for at, texts in enumerate(rows):
        for place, text in enumerate(texts):
            this = look if at else heading
            sheet.write_string(top + at, place, text, sheet._workbook.add_format(this))
            widths[place] = max(widths[place], _measure(text, this))
    for place, width in enumerate(widths):
        sheet.set_column_pixels(place, place, width)
    _mark(sheet, table, heading)
    return [top + len(rows), 0]


def _measure(text: str, look: dict[str, Any]) -> int:
    """Return how many pixels wide a cell has to be, by the rule of gptables."""
    from gptables.core.wrappers import cell_autofit_width

    larger = look.get("font_size", NORMAL) / NORMAL * (BOLD if look.get("bold") else 1.0)
    capitals = sum(letter.isupper() for letter in text) / len(text)
    width: float = cell_autofit_width(text) * (larger * (1.0 + CAPITALS * capitals))
    return ceil(width)


def _mark(sheet: Any, table: "GPTable", heading: dict[str, Any]) -> None:
    """Mark the cells as a table, which programs that read aloud find by its name."""
    look = sheet._workbook.add_format(heading)
    columns = [{"header": name, "header_format": look} for name in table.table.columns]
    told = {"header_row": True, "autofilter": False, "style": None}
    sheet.add_table(*table.data_range, told | {"columns": columns, "name": table.table_name})
