"""Published figures, and the slips of the pen that a record of them refuses."""

from dataclasses import replace

import pytest

from desist.cohort.flow import FlowStep, RecordFlow
from desist.cohort.published import PublishedMeasure, PublishedStudy
from desist.errors import InputError
from desist.estimands import Measure

RATE = PublishedMeasure(Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04, "0.00", 13)
FREQUENCY = PublishedMeasure(Measure.FREQUENCY, 83, 5514, 0.31, 1.06, -0.96, -0.53, "0.00", 26)
TIME = PublishedMeasure(
    Measure.TIME_AMONG_REOFFENDERS, 13, 2418, 75.0, 142.9, -115, -21, "0.01", None
)
STUDY = PublishedStudy("Making Connections", "complex", "a report", (RATE, FREQUENCY, TIME))


def complain(record, **changes) -> list[str]:
    with pytest.raises(InputError) as caught:
        replace(record, **changes)
    return [line.removeprefix("  - ") for line in str(caught.value).splitlines()[1:]]


def test_the_difference_is_treated_minus_comparison():
    assert RATE.difference == pytest.approx(-0.121)
    assert TIME.difference == pytest.approx(-67.9)


def test_a_line_is_found_by_its_measure():
    assert STUDY.find(Measure.FREQUENCY) is FREQUENCY
    assert STUDY.find(Measure.RMST) is None


@pytest.mark.parametrize(
    ("line", "changes", "words"),
    [
        (
            RATE,
            {"measure": Measure.HAZARD_RATIO},
            "measure: expected one of rate, frequency, time_among_reoffenders, "
            "found 'hazard_ratio'",
        ),
        (RATE, {"n_treated": 0}, "n_treated: expected a whole number of at least 2, found 0"),
        (
            RATE,
            {"treated": 15.7},
            "treated: expected a number of at least 0 and of at most 1, found 15.7; "
            "divide percentages by 100",
        ),
        (
            RATE,
            {"lower": -20},
            "lower: expected a number of at least -1 and of at most 1, found -20; "
            "divide percentages by 100",
        ),
        (
            FREQUENCY,
            {"comparison": float("nan")},
            "comparison: expected a number of at least 0, found nan",
        ),
        (
            RATE,
            {"lower": 0.04, "upper": 0.20},
            "lower, upper: expected limits around 0.157 - 0.278 = -0.121, found 0.04 to 0.2; "
            "the interval is of treated minus comparison, the lower limit first",
        ),
        (
            TIME,
            {"lower": -21, "upper": -115},
            "lower, upper: expected limits around 75 - 142.9 = -67.9, found -21 to -115; "
            "the interval is of treated minus comparison, the lower limit first",
        ),
        (
            RATE,
            {"p_printed": "p < 0.01"},
            'p_printed: expected a p-value as printed, such as "0.00" or "<0.01", '
            "found 'p < 0.01'",
        ),
        (
            RATE,
            {"treated_count": 31},
            "treated_count: expected a count that gives 0.157 per person, found 31 of 83",
        ),
        (
            TIME,
            {"treated_count": 13},
            "treated_count: expected None for the time, found 13",
        ),
    ],
)
def test_a_line_that_contradicts_itself_is_refused_in_exactly_these_words(line, changes, words):
    assert complain(line, **changes) == [words]


def test_a_mean_printed_to_one_decimal_agrees_with_its_count():
    rounded = replace(FREQUENCY, treated=0.3, comparison=1.1, lower=-1.0, upper=-0.5)
    assert rounded.treated_count == 26


def test_all_faults_of_a_study_are_reported_together():
    flow = RecordFlow((FlowStep("people", 0, 86),))
    fewer = replace(FREQUENCY, n_treated=84)
    lines = complain(STUDY, measures=(RATE, RATE, fewer), flow=flow, ess_range=(4990, 1070))
    assert lines == [
        "measures: expected one line for rate, found 2",
        "measures: expected the same people for rate and frequency, found 83, 5514 and 84, 5514",
        "flow: expected 84 people after the last step, found 86",
        "ess_range: expected two sizes, the smaller first, between 0 and the number of "
        "comparison people, found 4990 to 1070",
    ]


def test_a_study_prints_something():
    assert complain(STUDY, measures=()) == ["measures: expected at least one, found none"]
