"""The workbook, the CSV and the Markdown: the numbers of the report, and nothing that computes."""

import io
import re
import zipfile

import openpyxl
import pandas as pd
import pytest

from desist.report.annex import make_plain, render_tables, render_workbook
from desist.report.markdown import render_markdown
from desist.report.tables._release import CONFIDENTIAL, NAMES, list_tables
from desist.report.view import make_view

HOSTILE = [
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.org","x")',
    "=cmd|' /C calc'!A0",
    "-1+2+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "../../etc/passwd",
    "[click](http://example.org)",
    "$$note$$",
    "\"quoted\" 'text'",
    "x" * 10_000,
    "\u202eright to left",
    "\U0001f600",
    "line\nbreak\x07",
]


@pytest.fixture
def hostile(of_people, but):
    balance = [dict(of_people.design["balance"][0]) | {"covariate": text} for text in HOSTILE]
    return make_view(
        but(
            of_people,
            title=HOSTILE[1],
            design=dict(of_people.design) | {"balance": balance, "worst_covariate": HOSTILE[1]},
            warnings=tuple(HOSTILE),
            unavailable=dict.fromkeys(of_people.unavailable, HOSTILE[1]),
            settings={text: text for text in HOSTILE} | {"horizon": 365},
        )
    )


def open_book(view):
    return openpyxl.load_workbook(io.BytesIO(render_workbook(view)))


def list_cells(book):
    return [cell for sheet in book for row in sheet.iter_rows() for cell in row]


def test_the_workbook_has_a_cover_contents_notes_and_one_sheet_a_table(published):
    view = make_view(published, "2017")
    names = open_book(view).sheetnames
    assert names[:3] == ["Cover", "Contents", "Notes"]
    assert names[3:] == [table.name for table in list_tables(view)]
    assert set(names[3:]) <= set(NAMES)


def test_a_cell_of_a_sheet_is_the_cell_of_the_table(of_people):
    view = make_view(of_people)
    book = open_book(view)
    for table in list_tables(view):
        found = {cell.value for row in book[table.name].iter_rows() for cell in row}
        assert set(table.data.columns) <= found
        assert {text for text in table.data.to_numpy().ravel() if text} <= found


def test_withheld_figures_are_marked_and_the_mark_is_explained_above_the_table(published):
    book = open_book(make_view(published, "2019"))
    cells = [cell.value for row in book["measures"].iter_rows() for cell in row if cell.value]
    assert CONFIDENTIAL in cells
    legend = next(text for text in cells if text.startswith(f"{CONFIDENTIAL} = withheld"))
    assert cells.index(legend) < cells.index(CONFIDENTIAL)


def test_hostile_text_is_neither_computed_nor_a_link(hostile):
    written = render_workbook(hostile)
    book = openpyxl.load_workbook(io.BytesIO(written))
    cells = list_cells(book)
    assert [cell for cell in cells if cell.data_type == "f"] == []
    assert all(cell.hyperlink is None or cell.hyperlink.target is None for cell in cells)
    with zipfile.ZipFile(io.BytesIO(written)) as opened:
        parts = {name: opened.read(name).decode("utf-8", "replace") for name in opened.namelist()}
    for name, text in parts.items():
        assert not re.search(r"<f[ >]", text), name
        assert 'TargetMode="External"' not in text, name
        assert "externalLink" not in name


def test_hostile_text_stands_in_the_workbook_as_text(hostile):
    values = {cell.value for cell in list_cells(open_book(hostile))}
    assert '=HYPERLINK("http://example.org","x")' in values
    assert "[click] (http://example.org)" in values
    assert "x" * 10_000 in values


def test_text_beyond_what_a_cell_holds_is_cut_and_says_so():
    assert make_plain("x" * 40_000).endswith("[cut: the report has the whole text]")
    assert make_plain("\ud800") == "?"


def test_text_that_a_spreadsheet_would_compute_begins_with_an_apostrophe_in_a_csv(hostile):
    for name, content in render_tables(list_tables(hostile)).items():
        read = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
        cells = [*read.columns, *read.to_numpy().ravel()]
        assert not [cell for cell in cells if re.match(r"\s*[=+@]", cell)], name
        dashes = [cell for cell in cells if cell.lstrip().startswith("-")]
        assert all(re.fullmatch(r"[-\d.,∞% ()to]+", cell) for cell in dashes), name


def test_the_same_view_gives_the_same_workbook(of_people):
    view = make_view(of_people)
    assert render_workbook(view) == render_workbook(view)


def test_the_markdown_has_the_answer_the_sentences_and_the_tables(published):
    text = render_markdown(make_view(published, "2017"))
    assert text.startswith("# Making Connections (complex analysis)\n")
    assert "almost certainly reoffended less" in text
    assert "## Posterior of each measure" in text
    assert "lower by between" in text


def test_hostile_text_is_escaped_in_the_markdown(hostile):
    text = render_markdown(hostile)
    assert "<script" not in text.replace("\\<", "")
    assert not re.search(r"(?<!\\)\]\(", text)
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert lines
    assert all(line.endswith(" |") for line in lines)


def test_a_workbook_of_tables_that_were_listed_is_that_of_its_view(of_people):
    view = make_view(of_people)
    assert render_workbook(view, list_tables(view)) == render_workbook(view)
    assert render_markdown(view, list_tables(view)) == render_markdown(view)
