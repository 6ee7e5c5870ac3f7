"""The record flow of a study of people: no step tells of few."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desist.cohort.flow import FlowStep, RecordFlow
from desist.report.disclosure_flow import close_flow, disclose_flow
from desist.report.json_record import encode_evaluation
from desist.report.tables import tabulate_flow
from desist.report.view import make_view


def make_flow(first, *left_out):
    steps, remaining = [FlowStep("records submitted", 0, first, "records")], first
    for at, (n, unit) in enumerate(left_out, start=1):
        remaining -= n
        steps.append(FlowStep(f"step {at}", n, remaining, unit))
    return RecordFlow(tuple(steps))


def read(flow):
    return [(step.name, step.n_excluded, step.n_remaining) for step in flow.steps]


def test_a_step_of_few_is_told_with_the_next_ones():
    flow = make_flow(142, (2, "records"), (8, "people"), (44, "people"))
    assert read(disclose_flow(flow, 10)) == [
        ("records submitted", 0, 142), ("step 1; step 2", 10, 132), ("step 3", 44, 88),
    ]  # fmt: skip


def test_a_last_step_of_few_is_told_with_the_one_before():
    flow = make_flow(142, (44, "people"), (3, "people"))
    assert read(disclose_flow(flow, 10)) == [
        ("records submitted", 0, 142), ("step 1; step 2", 47, 95),
    ]  # fmt: skip


def test_a_step_at_which_nobody_was_left_out_stays():
    flow = make_flow(142, (0, "people"), (44, "people"))
    assert disclose_flow(flow, 10) == flow


def test_where_few_are_left_out_in_all_the_first_number_is_not_told():
    flow = make_flow(142, (2, "records"), (5, "people"))
    assert read(disclose_flow(flow, 10)) == [("people after: step 1; step 2", 0, 135)]


def test_steps_of_many_stay_as_they_are():
    flow = make_flow(142, (20, "records"), (44, "people"))
    assert disclose_flow(flow, 10) == flow


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 15), min_size=1, max_size=6), st.integers(0, 2))
def test_no_difference_of_numbers_that_are_shown_is_small(left_out, n_records):
    units = ["records"] * n_records + ["people"] * len(left_out)
    flow = make_flow(200, *zip(left_out, units, strict=False))
    shown = disclose_flow(flow, 10)
    numbers = [step.n_remaining for step in shown.steps]
    assert numbers[-1] == flow.n_analysed
    for at, more in enumerate(numbers):
        for fewer in numbers[at:]:
            assert more - fewer == 0 or more - fewer >= 10


@pytest.mark.parametrize(("n_compared", "told"), [(670, [0, 33]), (673, [0, 30]), (640, [0, 30])])
def test_a_flow_that_ends_a_few_people_above_those_compared_tells_them_with_the_step_before(
    n_compared, told, of_people, but
):
    # 673 people remain in the flow: beside 670 compared, 3 would have found nobody
    flow = make_flow(703, (30, "people"))
    design = dict(of_people.design) | {"n_treated": n_compared}
    shown = make_view(but(of_people, flow=flow, design=design)).flow
    assert [step.n_excluded for step in shown.steps] == told
    assert shown.n_analysed == (670 if n_compared == 670 else 673)


def test_a_flow_of_which_the_last_step_alone_has_lost_few_is_closed_once():
    flow = close_flow(make_flow(86, (0, "people")), 83, 10)
    assert read(flow)[-1] == ("no suitable comparison person", 3, 83)
    assert close_flow(flow, 83, 10) == flow
    assert read(disclose_flow(flow, 10)) == [
        ("people after: step 1; no suitable comparison person", 0, 83)
    ]


def test_the_flow_of_a_report_is_the_disclosed_one_and_that_of_published_figures_is_public(
    of_people, published, but
):
    flow = make_flow(700, (3, "people"), (27, "people"))
    view = make_view(but(of_people, flow=flow))
    assert tabulate_flow(view)["Left out (number)"].tolist() == ["0", "30"]
    assert make_view(published).flow == published.flow
    assert "step 1; step 2" not in str(encode_evaluation(published))


@pytest.mark.parametrize("rules", ["2017", "2019", "sacro"])
def test_the_stored_flow_is_the_disclosed_one(rules, of_people, but):
    flow = make_flow(700, (3, "people"), (27, "people"))
    view = make_view(but(of_people, flow=flow), rules)
    assert b"step 1; step 2" in view.pack()
