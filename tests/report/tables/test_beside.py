"""Several analyses of one programme side by side, and the people of a printed report."""

from dataclasses import replace

import pytest

from desist.report._background import fill_flow, say_printed_match
from desist.report.tables import tabulate_analyses, tabulate_flow, tabulate_profile
from desist.report.tables._published import tabulate_published
from desist.report.view import make_view

PROFILE = {
    "age_mean": 35,
    "age_min": 21,
    "age_max": 65,
    "needs": {"no_fixed_abode_percent": 36},
    "not_analysed": {"n": 46, "white_percent": 70},
    "balance": {"reasonable": ["age", "Copas rate"], "poor": ["short sentence"]},
}


@pytest.fixture(scope="module")
def both(published, but):
    study = replace(published.published, profile=PROFILE)
    other = replace(study, analysis="standard", profile={"balance": {"reasonable": ["age"]}})
    first = make_view(but(published, published=study), "2017")
    second = make_view(
        but(published, published=other, title="Making Connections (standard analysis)"), "2017"
    )
    return replace(first, beside=(second,))


def test_one_analysis_alone_has_no_table_beside_it(published):
    view = make_view(published, "2017")
    assert tabulate_analyses(view).empty
    assert "Analysis" not in tabulate_published(view).columns


def test_each_measure_stands_once_for_each_analysis(both):
    table = tabulate_analyses(both)
    assert len(table) == 6
    assert table["Analysis"].tolist() == [both.title, both.beside[0].title] * 3
    assert table.iloc[0]["Participants (unit of the row)"] == "16"


def test_a_measure_that_the_rules_withhold_stands_for_no_analysis(published, but):
    view = make_view(published, "2019")
    table = tabulate_analyses(replace(view, beside=(view,)))
    assert not table["Measure (unit)"].str.startswith("Time to first").any()


def test_published_figures_of_every_analysis_are_shown(both):
    assert tabulate_published(both)["Analysis"].tolist() == ["complex"] * 3 + ["standard"] * 3


def test_the_match_is_told_for_every_analysis(both):
    first, second = say_printed_match(both)
    assert first == (
        "In the complex analysis, the report calls age and Copas rate reasonably matched; and "
        "short sentence poorly matched. It calls the other characteristics well matched."
    )
    assert second.startswith("In the standard analysis, the report calls age reasonably matched.")


def test_the_profile_has_both_groups_and_no_minimum_or_maximum(both):
    table = tabulate_profile(both).set_index("Fact")
    assert table.loc["People (number)"].tolist() == ["83", "46"]
    assert table.loc["White (%)"].tolist() == ["–", "70"]
    assert table.loc["No fixed abode (% of those on record)", "Participants"] == "36"
    assert not {"21", "65"} & set(table.to_numpy().ravel())


def test_without_a_printed_profile_there_is_no_table(published, of_people):
    assert tabulate_profile(make_view(published, "2017")).empty
    assert tabulate_profile(make_view(of_people)).empty


def test_where_no_flow_was_given_the_design_tells_who_found_no_match(of_people, but):
    table = tabulate_flow(make_view(of_people))
    assert table["Remaining (number)"].tolist() == ["670", "775"]
    assert table["Left out (number)"].tolist() == ["0", "–"]


def test_few_left_out_are_not_counted_nor_can_be_worked_out(of_people, but):
    design = dict(of_people.design) | {"n_treated_dropped": 4}
    view = make_view(but(of_people, design=design))
    table = tabulate_flow(view)
    assert table["Left out (number)"].tolist() == ["fewer than 10", "–"]
    assert "674" not in set(table.to_numpy().ravel())
    assert fill_flow(view)["picture"] is None


def test_the_last_step_of_another_analysis_is_told(both):
    (said,) = fill_flow(both)["others"]
    assert said.startswith("Making Connections (standard analysis): 3 people")
