"""The drawing of the package shows the floors of the import contracts."""

import importlib
import re
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).parents[2] / "docs" / "_ext"


@pytest.fixture
def house(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    return importlib.import_module("house")


def test_floors_are_drawn_in_their_order_and_rooms_beside_each_other(house):
    contracts = [{"name": "floors", "containers": ["desist"], "layers": ["cli", "report | plots"]}]
    assert house.list_floors(contracts, "desist") == [["cli"], ["report", "plots"]]
    drawn = house.draw_house(contracts)
    assert re.findall(r'<tspan font-weight="600">(\w+)', drawn) == ["cli", "report", "plots"]
    assert "The command line: settings file in, report out." in drawn
    tops = [int(y) for y in re.findall(r'<text x="\d+" y="(\d+)"', drawn)]
    assert tops[0] < tops[1] == tops[2]


def test_the_drawing_shows_every_floor_of_the_contracts(house):
    contracts = house.read_contracts(house.CONTRACTS)
    names = set(re.findall(r'<tspan font-weight="600">(\w+)', house.draw_house(contracts)))
    assert {room for floor in house.list_floors(contracts, "desist") for room in floor} <= names
    assert {"view", "catalogue", "counts"} <= names
