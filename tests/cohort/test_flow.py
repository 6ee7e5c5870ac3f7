"""From records submitted to people analysed."""

import numpy as np
import pytest

from desist.cohort.flow import FlowStep, RecordFlow, format_percent
from desist.errors import InputError

SUBMITTED = FlowStep("records submitted", 0, 142, "records")


@pytest.fixture
def flow() -> RecordFlow:
    return RecordFlow(
        (
            SUBMITTED,
            FlowStep("duplicate records removed", 2, 140, "records"),
            FlowStep("not found", 8, 132),
            FlowStep("no reoffending record", 44, 88),
        )
    )


def complain(*steps: FlowStep) -> list[str]:
    with pytest.raises(InputError) as caught:
        RecordFlow(steps)
    return str(caught.value).splitlines()


def test_a_share_is_of_the_first_number_of_people(flow):
    assert flow.percentages == ("", "", "6%", "31%")


def test_a_share_is_of_the_records_where_only_records_are_counted():
    flow = RecordFlow((SUBMITTED, FlowStep("duplicates", 2, 140, "records")))
    assert flow.percentages == ("", "1%")


def test_a_share_is_of_the_people_submitted_where_only_people_are_counted():
    flow = RecordFlow((FlowStep("people", 0, 200),)).exclude("not found", 50)
    assert flow.percentages == ("", "25%")


@pytest.mark.parametrize(
    ("count", "base", "printed"),
    [
        (0, 10, "0%"),
        (1, 1000, "<1%"),
        (1, 201, "<1%"),
        (1, 200, "1%"),  # a half is rounded up
        (5, 200, "3%"),
        (999, 1000, "100%"),
        (2, 140, "1%"),
        (3, 140, "2%"),
    ],
)
def test_percentages_are_whole_numbers(count, base, printed):
    assert format_percent(count, base) == printed


def test_the_table_has_one_row_a_step(flow):
    assert flow.table.columns.tolist() == ["step", "unit", "n_excluded", "percent", "n_remaining"]
    assert flow.table.iloc[2].tolist() == ["not found", "people", 8, "6%", 132]


def test_the_text_has_one_line_a_step(flow):
    assert flow.exclude("asked to be left out", 1).text.splitlines() == [
        "142 records submitted",
        "2 records: duplicate records removed; 140 remained",
        "8 people (6%): not found; 132 remained",
        "44 people (31%): no reoffending record; 88 remained",
        "1 person (1%): asked to be left out; 87 remained",
    ]


def test_a_further_exclusion_leaves_the_first_flow_as_it_was(flow):
    longer = flow.exclude("no suitable comparison person", 5)
    assert (longer.n_submitted, longer.n_analysed, flow.n_analysed) == (142, 83, 88)


def test_a_flow_without_steps_is_refused():
    assert complain() == [
        "record flow: 1 fault",
        "  - steps: expected at least the number submitted, found no steps",
    ]


def test_all_faults_of_a_flow_are_reported_together():
    lines = complain(
        FlowStep("submitted", 3, 142, "records"),
        FlowStep("twice", 2, 141, "records"),
        FlowStep("twice", -8, 130, "heads"),
        FlowStep(" ", 44, 86),
        FlowStep("back to records", 6, 80, "records"),
    )
    assert lines == [
        "record flow: 7 faults",
        "  - twice: expected a whole number from 0 upwards as n_excluded, found -8",
        "  - submitted: expected nobody left out in the first step, found 3 left out; "
        "start with the number submitted",
        "  - twice: expected one step of this name, found several",
        "  - steps: expected a name for each, found none for step 4",
        "  - twice: expected 140 remaining, found 141; 142 before and 2 left out",
        '  - twice: expected "records" or "people" as unit, found \'heads\'',
        "  - back to records: expected people, as in the step before, found records; "
        "remove records before people are counted",
    ]


def test_more_cannot_be_left_out_than_there_are(flow):
    with pytest.raises(InputError, match="n_remaining, found -12"):
        flow.exclude("all of them and more", 100)


def test_a_flow_that_starts_with_nobody_is_refused():
    assert complain(FlowStep("records submitted", 0, 0))[1:] == [
        "  - records submitted: expected somebody to start with, found 0"
    ]


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ("records", "steps: expected a list of FlowStep, found 'records'"),
        (None, "steps: expected a list of FlowStep, found None"),
        ([SUBMITTED, ("lost", 2, 140)], "step 2: expected a FlowStep, found a tuple of 3"),
        ([FlowStep(None, 0, 142)], "step 1: expected a name of text, found None"),
        ([FlowStep("in", 0, "142")], "as n_remaining, found '142'"),
        ([FlowStep("in", 0, True)], "as n_remaining, found True"),
        ([FlowStep("in", 0, 1.5)], "as n_remaining, found 1.5"),
        ([FlowStep("in", 0, 142, ["people"])], 'expected "records" or "people" as unit'),
    ],
)
def test_steps_of_the_wrong_kind_are_refused(steps, words):
    with pytest.raises(InputError) as caught:
        RecordFlow(steps)
    assert words in str(caught.value)


@pytest.mark.parametrize("n_excluded", ["8", None, 1.5, [8], float("nan")])
def test_a_further_exclusion_of_the_wrong_kind_is_refused(flow, n_excluded):
    with pytest.raises(InputError, match="as n_excluded, found"):
        flow.exclude("lost", n_excluded)


def test_counts_of_numpy_are_counts(flow):
    assert flow.exclude("lost", np.int64(8)).n_analysed == 80


@pytest.mark.parametrize(("count", "base"), [(1, 0), (-1, 5), ("1", 5), (1, None)])
def test_a_share_of_nothing_is_refused(count, base):
    with pytest.raises(InputError):
        format_percent(count, base)
