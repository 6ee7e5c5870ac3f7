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
    pages = importlib.import_module("faces")
    index = (DOCS / "reference" / "index.rst").read_text(encoding="utf-8")
    listed = set()
    for face in pages.FACES:
        assert f"generated/ds_{face}\n" in index
        assert pages.write_page(face).count("autosummary::") > 0
        listed |= set(pages.list_top_names(face))
    faces = {name for name in desist.__all__ if inspect.ismodule(getattr(desist, name))}
    assert set(desist.__all__) == listed | faces
    assert faces <= set(pages.FACES)


def test_the_names_that_matter_first_are_at_the_top():
    page = (DOCS / "reference" / "index.rst").read_text(encoding="utf-8")
    first = page.split("The names that matter first", 1)[1].split("Looked for often", 1)[0]
    named = set(re.findall(r"`desist\.(\w+)`", first))
    assert named <= set(desist.__all__)
    assert len(named) >= 30
    for name in re.findall(r"`desist\.(\w+\.\w+)`", page):
        face, item = name.split(".")
        assert item in getattr(desist, face).__all__, name


def test_the_reference_speaks_to_users_and_not_of_floors():
    for page in (DOCS / "reference").glob("*.rst"):
        assert "floor" not in page.read_text(encoding="utf-8").lower(), page.name


def test_the_version_to_cite_is_that_of_the_package():
    cited = (DOCS.parent / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {desist.__version__}" in cited


def test_the_pages_that_a_machine_is_pointed_to_are_there():
    text = (DOCS / "llms.txt").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\.html\)", text):
        assert (DOCS / f"{target}.rst").exists(), target


def test_links_between_pages_lead_to_pages():
    # those of the gallery and of the reference are made when the pages are built
    for page in DOCS.rglob("*.rst"):
        if {"_build", "gallery", "generated"} & set(page.relative_to(DOCS).parts):
            continue
        for target in re.findall(
            r":doc:`(?:[^`<]*<)?([^`>]+)>?`", page.read_text(encoding="utf-8")
        ):
            if "gallery/" in target or "generated/" in target:
                continue
            home = DOCS / target[1:] if target.startswith("/") else page.parent / target
            assert home.with_suffix(".rst").exists(), f"{page.name}: {target}"


def test_the_gallery_that_pages_point_to_is_there():
    for page in [*DOCS.glob("*.rst"), *DOCS.glob("guides/*.rst"), *DOCS.glob("method/*.rst")]:
        for name in re.findall(r"gallery/(plot_\w+)", page.read_text(encoding="utf-8")):
            assert (DOCS.parent / "examples" / f"{name}.py").exists(), f"{page.name}: {name}"
