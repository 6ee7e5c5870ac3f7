"""The checklist of the TARGET statement."""

import re

import pytest

from desist.report.about import About
from desist.report.tables._target import TO_FILL, tabulate_target
from desist.report.target import FILLED, OPEN, PART, count_target, fill_target
from desist.report.view import make_view

ONLY_PEOPLE = {"2", "4", "6a", "11", "17", "18", "20", "21"}


@pytest.fixture(scope="module")
def of_people_items(of_people):
    return {one.number: one for one in fill_target(make_view(of_people))}


def test_the_statement_has_21_items_in_39_parts(of_people_items):
    numbers = [int(re.match(r"\d+", number)[0]) for number in of_people_items]
    assert len(of_people_items) == 39
    assert sorted(set(numbers)) == list(range(1, 22))
    assert numbers == sorted(numbers)
    parts = [number for number in of_people_items if number.startswith("6")]
    assert parts == [f"6{letter}" for letter in "abcdefgh"]


def test_what_only_people_can_say_is_open_whatever_the_study(of_people, published):
    for evaluation in (of_people, published):
        items = fill_target(make_view(evaluation, "2017"))
        opened = {one.number for one in items if one.state == OPEN}
        assert opened >= ONLY_PEOPLE
        assert all((one.answer == "") == (one.state == OPEN) for one in items)


def test_parts_are_counted(of_people):
    items = fill_target(make_view(of_people))
    states = [one.state for one in items]
    said = [int(number) for number in re.findall(r"\d+", count_target(items))]
    assert said == [39, 21, states.count(FILLED), states.count(PART), states.count(OPEN)]
    assert sum(said[2:]) == 39


def test_assignment_and_outcomes_are_read_from_the_records(of_people, but):
    settings = {
        "cohort": {"treatment": "workprg", "reoffended": "returned", "days": "days"},
        "design": {"formula": "age + priors"},
        "models": [{"name": "rate"}, {"name": "survival"}],
        "horizon": 365.0,
    }
    items = fill_target(make_view(but(of_people, settings=settings)))
    said = {one.number: one.answer for one in items}
    assert said["7b"] == "Taking part is what column workprg says."
    assert said["7c"] == "Taking part was not random. Design: radius, on age + priors."
    assert said["7e"] == "Columns returned, days, up to the end of the follow-up."
    assert said["7g(i)"].startswith("Nothing that is not listed influences both")
    assert said["7g(i)"].endswith("who reoffends: age + priors.")
    assert "(rate, survival)" in said["7h(i)"]
    assert said["10"] == "One year for everybody."


def test_what_the_report_says_of_the_programme_fills_items(of_people):
    about = About(programme="Work in prison.", from_day="From the day of release.")
    before = {one.number: one.state for one in fill_target(make_view(of_people))}
    items = {one.number: one for one in fill_target(make_view(of_people, about=about))}
    assert (before["6b"], before["6d"]) == (OPEN, OPEN)
    assert items["6b"].answer == "Work in prison."
    assert items["6d"].answer == "From the day of release. Follow-up ends after one year."
    assert items["7d"].state == PART


def test_published_figures_name_their_source_and_flow(published):
    items = {one.number: one for one in fill_target(make_view(published, "2017"))}
    assert items["1b"].answer == "Figures published in: Justice Data Lab, February 2017."
    assert "44 people (31%): no record in the reoffending database" in items["7a"].answer
    assert items["8"].answer.startswith("83 participants and 5,514 comparison people")


def test_the_table_leaves_open_items_to_be_filled(published):
    table = tabulate_target(make_view(published, "2017")).set_index("Item")
    assert table.loc["17", "What the records say"] == TO_FILL
    assert (table["State"] == OPEN).sum() == (table["What the records say"] == TO_FILL).sum()
