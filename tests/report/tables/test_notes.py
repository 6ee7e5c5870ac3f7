"""What has to be said beside a table."""

from dataclasses import replace

import pytest

from desist.report.annex import render_workbook
from desist.report.document import render_document
from desist.report.markdown import escape, render_markdown
from desist.report.tables._notes import UNWEIGHTED, note_on
from desist.report.tables._release import NAMES, list_tables
from desist.report.view import make_view

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def view(published):
    return make_view(published, "2017")


def test_a_count_of_comparison_people_is_told_from_their_weighted_share(view):
    # 2,418 of 5,514 is 43.9 %, and the weighted rate 27.8 %
    assert note_on("measures", view) == (
        f"{UNWEIGHTED} So 2,418 of 5,514 comparison people reoffended, which is 43.9% of them "
        "before weighting and 27.8% after."
    )


def test_without_both_measures_there_is_no_example(of_people):
    assert note_on("measures", make_view(of_people)) == UNWEIGHTED


def test_percentages_of_a_flow_say_what_they_are_of(view, of_people):
    assert note_on("flow", view) == (
        "Percentages are of the 140 people at first. A record that repeats another is nobody lost."
    )
    assert note_on("flow", make_view(of_people)) == ""


def test_a_p_value_that_is_printed_as_nothing_is_explained(view):
    assert '"0.00" is below 0.005 and not zero' in note_on("published", view)
    bare = replace(view.published.measures[0], p_printed="<0.01")
    study = replace(view.published, measures=(bare,))
    assert note_on("published", replace(view, published=study)) == UNWEIGHTED


def test_analyses_side_by_side_have_their_note_and_other_tables_none(view):
    assert note_on("analyses", view) == ""
    assert note_on("analyses", replace(view, beside=(view,))) == UNWEIGHTED
    assert note_on("settings", view) == ""
    assert note_on("groups", view) == ""


def test_nothing_is_noted_where_nothing_is_printed(published, but):
    none = but(published, effects=(), published=None, flow=None)
    assert [note_on(name, make_view(none, "2017")) for name in NAMES] == [""] * len(NAMES)


def test_page_markdown_and_workbook_show_the_note_of_a_table(view, published):
    note = note_on("measures", view)
    assert note in render_document(published, rules="2017")
    assert render_markdown(view).count(escape(note)) == 1
    (table,) = (one for one in list_tables(view) if one.name == "measures")
    assert table.note == note
    assert len(render_workbook(view)) > 0
