"""A drawing of the house, made from the import contracts when the page is built.

A floor stands on the floors that it may use. What no contract says is not drawn.
"""

import inspect
import re
import tomllib
from collections.abc import Sequence
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

CONTRACTS = Path(__file__).parents[2] / "pyproject.toml"
WIDTH, ROW, INSET, LINE = 760, 26, 22, 18
STYLE = "fill:none;stroke:currentColor;stroke-opacity:.45"


class House(Directive):
    """The floors of the package, and the contracts that hold them."""

    def run(self) -> list[nodes.Node]:
        """Draw the floors, and list the other contracts below them."""
        self.state.document.settings.env.note_dependency(str(CONTRACTS))
        contracts = read_contracts(CONTRACTS)
        drawing = nodes.raw("", draw_house(contracts), format="html")
        told = nodes.bullet_list()
        for contract in contracts:
            told += nodes.list_item("", nodes.paragraph(text=f"{contract['name']}."))
        return [drawing, told]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("house", House)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def read_contracts(path: Path) -> list[dict[str, Any]]:
    """Read the import contracts."""
    settings = tomllib.loads(path.read_text(encoding="utf-8"))
    contracts: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return contracts


def list_floors(contracts: Sequence[dict[str, Any]], home: str) -> list[list[str]]:
    """List the floors of a package from the top down, the rooms of each beside each other."""
    for contract in contracts:
        if home in contract.get("containers", ()):
            return [re.split(r"\s*[:|]\s*", layer) for layer in contract["layers"]]
    return []


def draw_house(contracts: Sequence[dict[str, Any]]) -> str:
    """Draw the package as SVG, which is text and needs no network."""
    rows, height = draw_floors(contracts, "desist", left=0, top=0)
    words = "Floors of the package, from the top down: a floor uses only floors below it."
    return (
        f'<svg class="house" role="img" viewBox="0 0 {WIDTH} {height + 1}" '
        f'style="width:100%;height:auto" font-size="13" fill="currentColor">'
        f"<title>{escape(words)}</title>{''.join(rows)}</svg>"
    )


def draw_floors(
    contracts: Sequence[dict[str, Any]], home: str, *, left: int, top: int
) -> tuple[list[str], int]:
    """Draw the floors of a package and those inside them; return where the next one starts."""
    drawn: list[str] = []
    for rooms in list_floors(contracts, home):
        wide = (WIDTH - 2 * left) // len(rooms)
        heights = []
        for place, room in enumerate(rooms):
            at = left + place * wide
            alone = len(rooms) == 1
            inside, end = (
                draw_floors(contracts, f"{home}.{room}", left=left + INSET, top=top + ROW)
                if alone
                else ([], top + ROW)
            )
            end += INSET // 3 if inside else 0
            drawn += draw_room(f"{home}.{room}", at, top, wide, end - top, told=alone)
            drawn += inside
            heights.append(end)
        top = max(heights)
    return drawn, top


def draw_room(module: str, left: int, top: int, wide: int, high: int, *, told: bool) -> list[str]:
    """Draw one room: its name, and what it says of itself where there is room."""
    name = escape(module.rpartition(".")[2])
    box = f'<rect x="{left + 0.5}" y="{top + 0.5}" width="{wide - 1}" height="{high}" '
    text = f'<text x="{left + 8}" y="{top + LINE}"><tspan font-weight="600">{name}</tspan>'
    if told:
        text += f'<tspan x="{left + 120}" font-size="11.5">{escape(first_line(module))}</tspan>'
    return [f'{box}style="{STYLE}"/>', f"{text}</text>"]


def first_line(module: str) -> str:
    """Return what a module says of itself, in one line."""
    return (inspect.getdoc(import_module(module)) or "").partition("\n")[0]
