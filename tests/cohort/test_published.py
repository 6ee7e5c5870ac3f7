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


def test_an_interval_that_is_too_narrow_for_the_people_is_refused():
    # 13 of 83 and 0.278 of 5,514: 2 x 1.96 x sqrt(0.1324 / 83 + 0.2007 / 5514) = 0.158
    assert complain(RATE, lower=-0.16, upper=-0.08) == [
        "lower, upper: expected an interval of 95% that people of whom 0.157 and 0.278 reoffended "
        "can have: 0.158 wide at least, found one 0.08 wide; is it of another probability, or of "
        "other people?"
    ]


def test_a_measure_by_its_word_is_refused_in_the_same_words():
    assert complain(RATE, measure="rate", lower=-0.16, upper=-0.08) == complain(
        RATE, lower=-0.16, upper=-0.08
    )


def test_a_spread_that_is_too_small_for_whole_numbers_is_refused():
    # a mean of 0.31 of whole numbers has a variance of 0.31 x 0.69 at least, and the comparison's
    # 1.06 of 0.06 x 0.94: 2 x 1.96 x sqrt(0.2139 / 83 + 0.0564 / 5514) = 0.199
    assert complain(FREQUENCY, lower=-0.76, upper=-0.74, treated_count=None) == [
        "lower, upper: expected an interval of 95% that whole numbers, which have some spread, can "
        "have: 0.199 wide at least, found one 0.02 wide; is it of another probability, or of other "
        "people?"
    ]


def test_offences_cannot_be_spread_more_evenly_than_over_those_who_reoffended():
    # 26 of 13 people are two each: a variance of 52 / 83 - (26 / 83)^2 = 0.528
    narrow = replace(FREQUENCY, lower=-0.85, upper=-0.65)
    assert complain(STUDY, measures=(RATE, narrow)) == [
        "frequency, lower, upper: expected an interval of 95% that 26 offences of 13 people can "
        "have: 0.313 wide at least, found one 0.2 wide; is it of another probability, or of other "
        "people?"
    ]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            (RATE, replace(FREQUENCY, comparison=0.15, treated=0.31, lower=-0.06, upper=0.38)),
            "frequency, comparison: expected at least one offence for each who reoffended, and "
            "none without any, found 0.15 per person where 0.278 reoffended",
        ),
        (
            (RATE, replace(FREQUENCY, treated=0.14, treated_count=12)),
            "frequency, treated_count: expected at least one for each of 13 reoffenders, and none "
            "without any, found 12",
        ),
        (
            (RATE, replace(TIME, n_treated=14)),
            "time_among_reoffenders, n_treated: expected the 13 who reoffended, found 14",
        ),
        (
            (replace(RATE, treated_count=None), replace(TIME, n_treated=90, n_comparison=6000)),
            "time_among_reoffenders, n_treated: expected some of the 83 people, found 90",
        ),
    ],
)
def test_lines_that_contradict_each_other_are_refused(lines, words):
    assert words in complain(STUDY, measures=lines)
