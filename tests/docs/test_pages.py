"""The pages say what the code does, and leave nothing out."""

import doctest
import importlib
import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

import desist
from desist.checks import CATALOGUE
from desist.cli.study import KEYS, OF_AN_ANALYSIS, read_study
from desist.design.catalogue import METHODS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted([*DOCS.glob("method/*.rst"), *DOCS.glob("reference/*.rst")])
SETTINGS = (DOCS / "reference" / "settings.rst").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_gives_what_the_page_shows(page):
    found = doctest.testfile(
        str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert found.failed == 0


def test_every_check_has_an_anchor_in_the_docs():
    page = (DOCS / "method" / "checks.rst").read_text(encoding="utf-8")
    anchors = set(re.findall(r"^\.\. _([a-z_0-9]+):$", page, flags=re.MULTILINE))
    assert anchors == set(CATALOGUE)
    for slug in anchors:
        assert f"(``{slug}``)" in page, f"the heading of {slug} does not name it"


def test_every_key_of_a_settings_file_is_documented():
    for section, keys in KEYS.items():
        assert f"``[{section}]``" in SETTINGS
        part = SETTINGS.split(f"``[{section}]``\n---", 1)[1].split("``\n---", 1)[0]
        for key in keys:
            assert f"* - ``{key}``" in part, f"[{section}] {key}"
    part = SETTINGS.split("``[analyses.NAME]``\n---", 1)[1].split("``\n---", 1)[0]
    for key in OF_AN_ANALYSIS.keys() - KEYS["design"].keys():
        assert f"* - ``{key}``" in part, f"[analyses.NAME] {key}"


def test_every_method_is_documented_with_its_keys():
    rows = SETTINGS.split("\nMethods\n---", 1)[1]
    for name, method in METHODS.items():
        assert rows.count(f'* - ``"{name}"`` (`{method.__name__}`)') == 1, name
        part = rows.split(f'* - ``"{name}"``', 1)[1].split('* - ``"', 1)[0]
        for item in fields(method):
            assert f"- ``{item.name}``" in part, f"{name} {item.name}"


def test_the_example_of_a_settings_file_is_in_order(tmp_path):
    blocks = re.findall(r"code-block:: toml\n\n(.*?)\n\n\S", SETTINGS, flags=re.DOTALL)
    examples = [re.sub(r"^ {3}", "", block, flags=re.MULTILINE) for block in blocks]
    path = tmp_path / "study.toml"
    path.write_text(examples[0], encoding="utf-8")
    assert read_study(path).title == "Mentoring at one prison"
    as_it_comes = next(example for example in examples if "separator" in example)
    path.write_text(as_it_comes, encoding="utf-8")
    assert read_study(path).data["released"] == "release date"
    for section, keys in KEYS.items():
        assert f"[{section}]" in "\n".join(examples)
        for key in keys.keys() - {"sheet"}:  # of a workbook, in place of what a text file needs
            assert re.search(rf"^{key} = ", examples[0] + as_it_comes, flags=re.MULTILINE), key


def test_every_public_name_is_in_the_reference(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    floors = importlib.import_module("floors")
    index = (DOCS / "reference" / "index.rst").read_text(encoding="utf-8")
    listed = set()
    for floor in floors.FLOORS:
        assert f"generated/floor_{floor}\n" in index
        assert floors.write_page(floor).count("autosummary::") > 0
        listed |= set(floors.list_top_names(floor))
    faces = {name for name in desist.__all__ if inspect.ismodule(getattr(desist, name))}
    assert set(desist.__all__) == listed | faces
    assert faces <= set(floors.FLOORS)
