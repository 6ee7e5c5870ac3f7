"""Hostile text in every name that people give: inert in every file of a report."""

import base64
import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import openpyxl
import pytest

from desist.cli.terminal import make_harmless
from desist.cohort.flow import FlowStep, RecordFlow
from desist.effects.groups import GroupRow, GroupTable
from desist.estimands import Measure
from desist.report.about import About
from desist.report.document import FILES, render_files, render_notice
from desist.report.summary import summarise
from desist.report.view import make_view

# What a picture is measured with need not have every sign; a browser has.
pytestmark = pytest.mark.filterwarnings("ignore:Glyph .* missing from font")

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "handler": "\"><img src='http://example.org/x' onerror=alert(1)>",
    "link": '=HYPERLINK("http://example.org","click")',
    "command": "=cmd|' /C calc'!A0",
    "plus": "+1+1",
    "path": "../../etc/passwd",
    "quotes": "\"double\" 'single' `back` \\ {{ 7 * 7 }} {% raw %}",
    "long": "x" * 10_000,
    "direction": "\u202egnp.exe\u2066",
    "emoji": "\U0001f600\U0001f3f4",
    "markdown": "[link](javascript:alert(1)) ![p](http://example.org) | a | b",
    "address": "http://example.org/",
    "mathematics": "$\\frac{1}{0}$ $$note$$",
}


TEXTS = list(HOSTILE.values())
TITLES = ["script", "link", "direction"]


def make_hostile(of_people, title):
    """Give the texts as programme, groups, levels, covariates, steps, warnings and settings."""
    first = GroupRow(title, 50, 60, 20, 0.5, -0.1, -0.1, -0.2, 0.1, 0.9)
    rows = tuple(replace(first, level=text) for text in TEXTS)
    table = GroupTable(title, Measure.RATE, 0.95, rows, len(rows), 0.03, 0.0, 0.1, 0.7)
    balance = [dict(of_people.design["balance"][0]) | {"covariate": text} for text in TEXTS]
    steps = [FlowStep("submitted", 0, 1000, "records")]
    steps += [FlowStep(text, 20, 980 - 20 * at) for at, text in enumerate(TEXTS)]
    return replace(
        of_people,
        title=title,
        by_group=(table,),
        design=dict(of_people.design) | {"balance": balance, "worst_covariate": title},
        flow=RecordFlow(tuple(steps)),
        warnings=tuple(TEXTS),
        unavailable=dict.fromkeys(of_people.unavailable, title),
        settings={text: {text: [text]} for text in TEXTS} | {"horizon": 365},
    )


@pytest.fixture(scope="module")
def rendered():
    """What was rendered of a title: once for all tests."""
    return {}


@pytest.fixture(params=TITLES)
def title(request):
    return HOSTILE[request.param]


@pytest.fixture
def files(of_people, title, rendered):
    if title not in rendered:
        labels = {text: f"{text} label" for text in TEXTS}
        about = About(programme=title, place=HOSTILE["link"], author=title, labels=labels)
        rendered[title] = render_files(make_view(make_hostile(of_people, title), about=about))
    return rendered[title]


class Tags(HTMLParser):
    """List the elements of a text, as they are written, with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag.rpartition(":")[2], dict(attrs)))


class Reader(HTMLParser):
    """Gather what a browser would run or ask for."""

    def __init__(self):
        super().__init__()
        self.found, self.said, self.pictures = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag in {"script", "iframe", "object", "embed", "link", "base", "form"}:
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on"):
                self.found.append(name)
            if name in {"src", "href", "srcset", "action", "data", "poster"}:
                if value.startswith("data:image/svg+xml;base64,"):
                    self.pictures.append(base64.b64decode(value.split(",", 1)[1]))
                elif not value.startswith("#"):
                    self.found.append(value)

    def handle_data(self, data):
        self.said.append(data)


def test_the_page_runs_and_asks_for_nothing(files, title):
    page = files["report.html"].decode()
    reader = Reader()
    reader.feed(page)
    assert reader.found == []
    assert title in reader.said
    assert "{{ 7 * 7 }}" in page  # a template runs none of it


def test_pictures_in_the_page_hold_no_script_and_no_address(files):
    reader = Reader()
    reader.feed(files["report.html"].decode())
    assert reader.pictures
    for picture in reader.pictures:
        for tag, attributes in Tags(picture.decode()).found:
            assert tag not in {"script", "foreignobject", "image", "a", "iframe"}
            for name, value in attributes.items():
                assert not name.startswith("on")
                if name.endswith("href"):
                    assert value.startswith("#")


def test_no_part_of_the_workbook_has_a_formula_or_a_link_to_elsewhere(files):
    with zipfile.ZipFile(io.BytesIO(files["annex.xlsx"])) as book:
        for name in book.namelist():
            part = book.read(name).decode("utf-8")
            assert "externalLink" not in part, name
            assert 'TargetMode="External"' not in part, name
            assert "ddeLink" not in part, name
            for tag, attributes in Tags(part).found:
                assert tag not in {"f", "formula", "oleobject", "ddelink"}, name
                if tag == "hyperlink":
                    assert "location" in attributes, name
    opened = openpyxl.load_workbook(io.BytesIO(files["annex.xlsx"]))
    cells = [cell for sheet in opened for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert all(len(str(cell.value or "")) <= 32_767 for cell in cells)


def test_no_cell_of_a_csv_is_computed(files):
    for name in [name for name in files if name.endswith(".csv")]:
        for row in csv.reader(io.StringIO(files[name].decode())):
            for cell in row:
                is_number = re.fullmatch(r"-?[\d.,∞]+%?(?: .*)?", cell)
                assert is_number or not re.match(r"\s*[=+@\-\t]", cell), name


def test_markdown_has_no_markup_of_the_text(files):
    page = files["report.md"].decode()
    assert not re.search(r"(?<!\\)<(?:script|img)", page)
    assert not re.search(r"(?<!\\)\]\((?:javascript|http)", page)
    assert len(page.splitlines()) < 400


def test_the_record_holds_the_text_as_text(files, title):
    record = json.loads(files["evaluation.json"])
    assert record["warnings"][: len(TEXTS)] == TEXTS
    assert record["groups"][0]["grouping"] == title
    assert {row["level"] for row in record["groups"][0]["rows"]} == set(TEXTS)


def test_names_of_files_do_not_come_from_the_text(files):
    assert set(files) <= set(FILES)


def test_the_terminal_obeys_nothing(of_people, title):
    for line in summarise(make_view(make_hostile(of_people, title))):
        shown = make_harmless(line)
        assert not re.search("[\x00-\x08\x1b\u202a-\u202e\u2066-\u2069]", shown)


@pytest.mark.parametrize("text", TEXTS)
def test_the_page_that_nothing_may_be_reported_is_inert(text):
    reader = Reader()
    reader.feed(render_notice(text, text))
    assert reader.found == []
