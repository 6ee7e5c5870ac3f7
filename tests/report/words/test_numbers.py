"""Numbers as they are printed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desist.report.words._numbers import (
    count_of,
    format_interval,
    format_number,
    format_probability,
    format_share,
    round_half_away,
)


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"),
    [
        (0.5, 0, 1.0),
        (-0.5, 0, -1.0),
        (2.5, 0, 3.0),
        (74.49999, 0, 74.0),
        (1.005, 2, 1.01),
        (0.57 - 0.425, 2, 0.15),
        (-0.0407 * 100, 0, -4.0),
    ],
)
def test_halves_are_rounded_away_from_zero(value, decimals, rounded):
    assert round_half_away(value, decimals) == rounded


@given(st.floats(-1e6, 1e6), st.integers(0, 3))
def test_no_number_is_ever_written_as_minus_zero(value, decimals):
    text = format_number(value, decimals)
    assert not (text.startswith("-") and float(text.replace(",", "")) == 0)
    assert math.copysign(1, round_half_away(value, decimals) or 0.0) > 0 or value < 0


def test_small_negative_numbers_are_written_as_zero():
    assert format_number(-0.4) == "0"
    assert format_number(-0.004, 2) == "0.00"
    assert format_number(-0.0) == "0"


def test_thousands_are_separated_and_missing_numbers_are_a_dash():
    assert format_number(5514) == "5,514"
    assert format_number(math.nan) == "–"
    assert format_number(math.inf) == "∞"


def test_intervals_are_written_as_the_report_writes_them():
    assert format_interval(-20.208, -4.0705) == "-20 to -4"
    assert format_interval(-0.96, -0.53, 1) == "-1.0 to -0.5"
    assert format_interval(math.nan, 3) == "–"


def test_shares_are_those_of_the_record_flow():
    printed = [
        format_share(part, whole) for part, whole in [(8, 140), (44, 140), (2, 140), (3, 140)]
    ]
    assert printed == ["6%", "31%", "1%", "2%"]


def test_a_share_above_zero_never_reads_as_nothing():
    assert format_share(1, 5514) == "<1%"
    assert format_share(0, 5514) == "0%"
    assert format_share(1, 0) == "–"


def test_a_probability_never_claims_certainty():
    assert format_probability(1.0) == ">99%"
    assert format_probability(0.0) == "<1%"
    assert format_probability(0.5) == "50%"
    assert format_probability(math.nan) == "–"


def test_counts_agree_with_their_nouns():
    assert count_of(1, "day") == "1 day"
    assert count_of(2, "day") == "2 days"
    assert count_of(0, "person", "people") == "0 people"
