"""Effects by group in the report: table, picture, record and words, small groups apart."""

import json
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from desist.effects.groups import GroupRow, GroupTable
from desist.errors import InputError
from desist.estimands import Measure
from desist.evaluation.storage import load_evaluation, save_evaluation
from desist.report.disclosure import RULE_SETS, disclose_evaluation
from desist.report.document import render_document, write_report
from desist.report.json_record import encode_evaluation
from desist.report.pictures.groups import describe_groups, effects_by_group
from desist.report.tables import tabulate_effects_by_group
from desist.report.view import make_view

pytestmark = pytest.mark.usefixtures("undrawn")

ROWS = (
    GroupRow("Ash <b>", 120, 140, 30, 0.31, -0.1034, -0.0712, -0.1311, -0.0101, 0.9912),
    GroupRow("Bay $1$", 90, 75, 22, 0.24, float("nan"), -0.0312, -0.0911, 0.0301, 0.8512),
    GroupRow("Cole", 60, 55, 14, 0.2, 0.0601, -0.0056, -0.0802, 0.0804, 0.5433),
)
TABLE = GroupTable("prison", Measure.RATE, 0.95, ROWS, 5, 0.0341, 0.0021, 0.0933, 0.7312)


@pytest.fixture
def grouped(of_people, but):
    return but(of_people, by_group=(TABLE,))


def test_the_table_has_a_line_for_each_group_that_may_be_shown(grouped):
    (shown,) = make_view(grouped).groups
    table = tabulate_effects_by_group(shown)
    assert table.iloc[0].tolist() == [
        "Ash <b>", "120", "140", "-10.3", "-7.1", "-13.1 to -1.0", "99%",
    ]  # fmt: skip
    assert table.iloc[1, 3] == "–"


def test_the_spread_is_a_sentence_that_says_how_to_read_it(grouped):
    (shown,) = make_view(grouped).groups
    assert shown.spread.startswith(
        "Between the 5 groups the effect has a standard deviation of 3.4 people per 100 (95% "
        "interval 0.2 to 9.3)"
    )
    assert "is 73%; without any difference it would be about 50%." in shown.spread


def test_what_is_not_shown_is_said_with_the_reason(grouped):
    (shown,) = make_view(grouped).groups
    assert shown.withheld.startswith("2 groups of 5 are not shown: fewer than 10 people of an arm")


def test_stricter_rules_withhold_more_groups(grouped):
    strict = replace(RULE_SETS["2019"], min_people=70, min_reoffenders=10)
    (shown,) = make_view(grouped, strict).groups
    assert [row.level for row in shown.table.rows] == ["Ash <b>", "Bay $1$"]
    record = json.dumps(encode_evaluation(grouped, rules=strict))
    page = render_document(grouped, rules=strict)
    assert "Cole" not in record
    assert "Cole" not in page


def test_a_measure_that_is_withheld_has_no_groups(grouped, but):
    few = but(grouped, smallest_group="fewer than 10")
    assert make_view(few).groups == ()
    assert encode_evaluation(few)["groups"] == []


def test_the_record_holds_the_groups_with_the_digits_that_are_shown(grouped):
    (found,) = encode_evaluation(grouped)["groups"]
    assert (found["grouping"], found["measure"], found["n_withheld"]) == ("prison", "rate", 2)
    assert (found["spread"], found["probability_differs"]) == (0.034, 0.73)
    assert found["rows"][0] == {
        "level": "Ash <b>",
        "n_treated": 120,
        "n_comparison": 140,
        "raw": -0.103,
        "estimate": -0.071,
        "lower": -0.131,
        "upper": -0.01,
        "probability_of_benefit": 0.991,
    }
    assert found["rows"][1]["raw"] is None


def test_the_report_has_a_section_of_groups_only_where_there_are_some(grouped, plain_page):
    page = render_document(grouped)
    assert 'id="groups"' in page
    assert "Ash &lt;b&gt;" in page
    assert 'id="groups"' not in plain_page


def test_what_the_report_stores_is_what_it_shows(grouped, tmp_path):
    write_report(grouped, tmp_path)
    (stored,) = load_evaluation(tmp_path / "evaluation.nc").by_group
    assert str(stored) == str(make_view(grouped).groups[0].table)  # as text: nan is not nan


def test_a_saved_evaluation_comes_back_with_its_groups(grouped, tmp_path):
    again = load_evaluation(save_evaluation(grouped, tmp_path / "saved.nc"))
    assert str(again.by_group) == str(grouped.by_group)


def test_a_stored_group_with_impossible_figures_is_refused(grouped, but, tmp_path):
    broken = but(grouped, by_group=(replace(TABLE, n_groups=1, probability=1.5),))
    with pytest.raises(InputError) as caught:
        load_evaluation(save_evaluation(broken, tmp_path / "saved.nc"))
    assert "n_groups" in str(caught.value)
    assert "probability" in str(caught.value)


def test_the_forest_shows_the_posterior_and_what_each_group_shows_alone(grouped):
    figure = effects_by_group(grouped, "prison", "rate")
    ax = figure.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Ash <b>", "Bay $1$", "Cole"]
    line, circle, diamond = ax.lines[:3]
    np.testing.assert_allclose(line.get_xdata(), [-13.1, -1.0])
    np.testing.assert_allclose(circle.get_xdata(), [-7.1])
    np.testing.assert_allclose(diamond.get_xdata(), [-10.3])
    figure.draw_without_rendering()  # a dollar in a name is no formula


def test_the_forest_is_drawn_in_the_axes_that_are_given(grouped):
    figure = Figure()
    ax = figure.subplots()
    assert effects_by_group(grouped, ax=ax) is figure
    assert ax.lines


def test_the_forest_in_words_counts_the_intervals(grouped):
    (shown,) = make_view(grouped).groups
    assert describe_groups(shown) == (
        "People who reoffend by prison: 2 of 3 intervals reach across the line of no difference."
    )


def test_a_grouping_or_measure_that_is_not_there_is_refused(grouped, of_people):
    with pytest.raises(InputError, match="grouping: expected one of prison, found 'wing'"):
        effects_by_group(grouped, "wing")
    with pytest.raises(InputError, match="expected one of prison, found none with groups of rmst"):
        effects_by_group(grouped, measure="rmst")
    with pytest.raises(InputError, match="expected an evaluation of a cohort with groups"):
        effects_by_group(of_people)


def test_a_report_without_any_group_to_show_has_the_sentences_alone(grouped, but):
    page = render_document(but(grouped, by_group=(replace(TABLE, rows=()),)))
    assert "5 groups of 5 are not shown" in page
    assert "Between the 5 groups" in page


def test_no_group_is_shown_where_the_audit_finds_one_that_is_withheld(of_people, but):
    # of 670 participants 666 are in the groups shown: the other two have 4
    rows = (
        replace(ROWS[0], n_treated=400, n_comparison=400),
        replace(ROWS[1], n_treated=266, n_comparison=300),
    )
    table = replace(TABLE, rows=rows, n_groups=4)
    for evaluation in (of_people, disclose_evaluation(of_people, RULE_SETS["2019"])):
        (shown,) = make_view(but(evaluation, by_group=(table,))).groups
        assert shown.table.rows == ()
        assert shown.withheld.startswith("4 groups of 4 are not shown")


def test_a_group_that_one_measure_shows_counts_as_shown_in_all(of_people, but):
    rows = (
        replace(ROWS[0], n_treated=400, n_comparison=400),
        replace(ROWS[1], n_treated=200, n_comparison=300),
        replace(ROWS[2], n_treated=66, n_comparison=70),
    )
    of_rate = replace(TABLE, rows=rows[:2], n_groups=5)
    of_time = replace(TABLE, rows=rows[1:], n_groups=5, measure=Measure.RMST)
    tables = make_view(but(of_people, by_group=(of_rate, of_time))).groups
    assert [shown.table.rows for shown in tables] == [(), ()]
