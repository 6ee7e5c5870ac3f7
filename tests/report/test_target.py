"""The checklist of the TARGET statement."""

import re

import pytest

from desist.errors import InputError
from desist.report.about import TARGET_ITEMS, About
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
    assert said["7c"] == "Taking part was not random. Design: radius, on age, priors."
    assert said["7e"] == "From column returned and column days, up to the end of the follow-up."
    assert said["7g(i)"].startswith("It is assumed that nothing influences both")
    assert said["7g(i)"].endswith("but these: age, priors.")
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


def test_a_model_that_had_nothing_to_model_is_not_named(of_people, but):
    settings = {"models": [{"name": "rate"}, {"name": "frequency"}, {"name": "survival"}]}
    items = fill_target(make_view(but(of_people, settings=settings)))
    said = {one.number: one.answer for one in items}
    assert said["6h"] == said["7h(i)"]
    assert "(rate, survival)" in said["6h"]


def test_no_question_of_cause_is_asked_of_the_time_among_reoffenders(published):
    items = {one.number: one for one in fill_target(make_view(published, "2017"))}
    assert "the number of people who reoffend and the number of reoffences?" in items["3"].answer
    assert "time to a first reoffence" not in items["3"].answer


def test_columns_have_the_names_that_readers_were_given(of_people, but):
    settings = {"cohort": {"treatment": "workprg"}, "design": {"formula": "age + C(region)"}}
    about = About(labels={"workprg": "Work in prison", "age": "Age", "region": "Region"})
    view = make_view(but(of_people, settings=settings), about=about)
    said = {one.number: one.answer for one in fill_target(view)}
    assert said["7b"] == "Taking part is what column “Work in prison” says."
    assert said["7g(ii)"] == "Known of each person: Age, Region."


def test_the_items_that_may_be_filled_are_those_of_the_checklist(of_people):
    assert tuple(one.number for one in fill_target(make_view(of_people))) == TARGET_ITEMS


def test_people_complete_the_checklist(of_people):
    about = About(target={"17": "Approved.", "9": "See the annex."}, data="Prison records.")
    before = {one.number: one for one in fill_target(make_view(of_people))}
    items = {one.number: one for one in fill_target(make_view(of_people, about=about))}
    assert (before["17"].state, items["17"].state) == (OPEN, FILLED)
    assert items["17"].answer == "Approved."
    assert items["19"].answer.endswith("is for people to say.")
    told = fill_target(make_view(of_people, about=About(target={"19": "On request."})))
    (data,) = (one.answer for one in told if one.number == "19")
    assert data.endswith("listed under the settings. On request.")
    assert (before["9"].state, items["9"].state) == (PART, FILLED)
    assert items["9"].answer == f"{before['9'].answer} See the annex."
    assert (items["1b"].answer, items["5"].state) == ("Prison records.", PART)
    every = dict.fromkeys(TARGET_ITEMS, "Said.")
    full = fill_target(make_view(of_people, about=About(target=every)))
    assert count_target(full).endswith("0 are open.")
    assert {one.state for one in full} == {FILLED}


def test_an_item_that_the_statement_does_not_have_is_refused_with_advice():
    with pytest.raises(InputError) as refused:
        About(target={"22": "x", "7h": "y", "<b>": "z"})
    told = str(refused.value)
    assert "did you mean 7h(i)?" in told or "did you mean 7h(ii)?" in told
    assert told.count("an item of the TARGET statement") == 3


def test_published_figures_name_their_source_and_flow(published):
    items = {one.number: one for one in fill_target(make_view(published, "2017"))}
    assert items["1b"].answer == "Figures published in: Justice Data Lab, February 2017."
    assert "44 people (31%): no record in the reoffending database" in items["7a"].answer
    assert items["8"].answer.startswith("83 participants and 5,514 comparison people")


def test_the_table_leaves_open_items_to_be_filled(published):
    table = tabulate_target(make_view(published, "2017")).set_index("Item")
    assert table.loc["17", "What the records say"] == TO_FILL
    assert (table["State"] == OPEN).sum() == (table["What the records say"] == TO_FILL).sum()
