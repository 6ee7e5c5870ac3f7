"""What every message says of an argument: what was expected, what was found, what to do."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from desist.arguments import (
    LONGEST_WORD_SHOWN,
    describe,
    find_choice_faults,
    find_kind_faults,
    find_names_faults,
    find_number_faults,
    find_probability_faults,
)
from desist.errors import CannotAnswerError, Fault, InputError, name_rows, raise_faults
from desist.privacy import find_shared, show_shared
from desist.spreadsheet import encode_csv, quote_formula


def say(faults) -> str:
    [fault] = faults
    return str(fault)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, "a number"),
        ({"whole": True}, "a whole number"),
        ({"above": 0}, "a number above 0"),
        ({"least": -1, "most": 2.5}, "a number of at least -1 and of at most 2.5"),
        ({"above": 0, "below": 1e6}, "a number above 0 and below 1e+06"),
        ({"least": 1, "whole": True, "optional": True}, "a whole number of at least 1 or None"),
    ],
)
def test_the_range_of_a_number_is_told(limits, expected):
    assert say(find_number_faults("age", "x", **limits)) == f"age: expected {expected}, found 'x'"


@pytest.mark.parametrize(
    "value",
    [
        None,
        "1",
        True,
        np.True_,
        math.nan,
        math.inf,
        -math.inf,
        1j,
        Decimal("1"),
        [1],
        np.array([1]),
    ],
    ids=repr,
)
def test_what_is_no_finite_number_is_none(value):
    assert find_number_faults("age", value)
    assert find_number_faults("age", value, whole=True)


@pytest.mark.parametrize(
    "value", [0, 1, -1.5, np.float32(0.5), np.int8(3), Fraction(1, 3), 10**300], ids=repr
)
def test_numbers_of_any_kind_are_numbers(value):
    assert find_number_faults("age", value) == []


@pytest.mark.parametrize("value", [10**400, np.timedelta64(3, "D"), pd.Timedelta(3)])
def test_numbers_too_large_for_one_and_durations_are_not(value):
    assert find_number_faults("age", value)


@pytest.mark.parametrize(
    ("value", "limits", "is_right"),
    [
        (0, {"above": 0}, False),
        (0, {"least": 0}, True),
        (1, {"below": 1}, False),
        (1, {"most": 1}, True),
        (math.nextafter(1, 0), {"below": 1}, True),
        (math.nextafter(0, 1), {"above": 0}, True),
    ],
)
def test_the_ends_of_a_range_belong_to_it_where_they_are_said_to(value, limits, is_right):
    assert (find_number_faults("share", value, **limits) == []) is is_right


def test_a_whole_number_with_a_decimal_point_says_how_to_write_it():
    said = say(find_number_faults("draws", 2000.0, whole=True))
    assert said == (
        "draws: expected a whole number, found 2000; write 2000 without a decimal point"
    )
    assert say(find_number_faults("draws", 0.5, whole=True)) == (
        "draws: expected a whole number, found 0.5"
    )


@pytest.mark.parametrize(
    ("value", "end"),
    [(95, "found 95; write 0.95"), (1, "found 1"), (100, "found 100"), (0, "found 0")],
)
def test_a_percentage_for_a_probability_says_how_to_write_it(value, end):
    said = say(find_probability_faults(value))
    assert said == f"probability: expected a number above 0 and below 1, {end}"


def test_words_are_told_and_wrong_kinds_with_what_to_write():
    assert say(find_choice_faults("scale", "odd", ("odds", "risk"))) == (
        "scale: expected one of odds, risk, found 'odd'"
    )
    assert find_choice_faults("scale", "odds", ("odds", "risk")) == []
    assert say(find_choice_faults("scale", ["odds"], ("odds",))).endswith("found a list of 1")
    assert say(find_kind_faults("prior", dict, dict, "a mapping")) == (
        "prior: expected a mapping, found the class dict; write dict()"
    )


@pytest.mark.parametrize(
    ("value", "end"),
    [
        ("age", "found 'age'; write ['age']"),
        (["age", 3], "found a list of 2"),
        (3, "found 3"),
        (b"age", "found a bytes of 3"),
        (None, "found None"),
    ],
)
def test_what_is_no_list_of_names_is_refused(value, end):
    assert say(find_names_faults("groups", value)) == f"groups: expected a list of names, {end}"


@pytest.mark.parametrize("value", [[], ["age"], ("age", "sex"), {"age"}, pd.Index(["age"])])
def test_names_in_any_collection_are_names(value):
    assert not isinstance(value, pd.Index) or find_names_faults("groups", list(value)) == []
    if not isinstance(value, pd.Index):
        assert find_names_faults("groups", value) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "None"),
        (np.True_, "True"),
        ("a word", "'a word'"),
        (np.str_("a word"), "'a word'"),
        ("x" * (LONGEST_WORD_SHOWN + 1), "a text of 41 characters"),
        ("a\nb", "a text of 3 characters"),
        ("", "''"),
        (0.1 + 0.2, "0.3"),
        (np.int64(7), "7"),
        (Fraction(1, 4), "0.25"),
        (10**50, "a number of many digits"),
        (math.nan, "nan"),
        (np.timedelta64(3, "D"), "a timedelta64"),
        ([1, 2], "a list of 2"),
        ((), "a tuple of 0"),
        ({"a": 1}, "a dict of 1"),
        (np.zeros((2, 3)), "a ndarray of shape (2, 3)"),
        (np.array(3), "a ndarray"),
        (pd.DataFrame({"name": ["Ann"]}), "a DataFrame of shape (1, 1)"),
        (object, "the class object"),
        pytest.param(object(), "an object", id="an object"),
    ],
    ids=repr,
)
def test_an_argument_is_told_by_its_kind_and_no_person_by_anything(value, said):
    assert describe(value) == said


def test_nothing_is_raised_without_faults_and_all_are_with_them():
    raise_faults("cohort", [])
    faults = [Fault("age", "numbers", "text", "use C(age)"), Fault("days", "0 or more", "-1")]
    with pytest.raises(InputError) as caught:
        raise_faults("cohort", faults)
    assert str(caught.value).splitlines() == [
        "cohort: 2 faults",
        "  - age: expected numbers, found text; use C(age)",
        "  - days: expected 0 or more, found -1",
    ]
    assert isinstance(caught.value, ValueError)
    assert not isinstance(caught.value, CannotAnswerError)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([0], "row 1"),
        ([4, 0, 2], "rows 1, 3, 5"),
        (range(5), "rows 1, 2, 3, 4, 5"),
        (range(6), "rows 1, 2, 3, 4, 5 and 1 more"),
        (np.array([7, 3]), "rows 4, 8"),
    ],
)
def test_rows_are_counted_from_one_and_five_are_named(rows, said):
    assert name_rows(rows) == said


def test_a_value_is_shown_where_ten_people_share_it():
    cells = ["prison A"] * 10 + ["prison B"] * 9 + ["prison C"]
    assert show_shared(cells) == "'prison A' and 2 rarer values"
    assert show_shared(["prison B"] * 9) == "1 value"
    assert show_shared(["a", "b"]) == "2 different values"
    assert show_shared(np.array(["x"] * 10)) == "'x'"
    assert show_shared([3] * 12) == "3"
    assert show_shared([]) == "0 different values"


def test_more_shared_values_than_may_be_shown_are_counted():
    cells = [name for name in "abcd" for _ in range(10)]
    assert show_shared(cells) == "'a', 'b', 'c' and 1 rarer value"
    assert find_shared(cells) == ["'a'", "'b'", "'c'", "'d'"]


def test_what_steers_a_terminal_is_written_out_and_what_is_long_is_not_shown():
    assert show_shared(["\x1b[31m"] * 20) == r"'\x1b[31m'"
    assert show_shared(["x" * 41] * 20) == "1 value"
    assert show_shared([["a list"]] * 3) == "3 different values"


@pytest.mark.parametrize(
    "text", ["=1+1", "+44", "-1+1", "@SUM(A1)", "\t=1", " =1", "＝1", "-2 to b", "--1"]
)
def test_what_a_spreadsheet_would_compute_is_made_text(text):
    assert quote_formula(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["-0.12", "-12%", "-0.2 to -0.1", "-3.1 (-4.0 to 1.2)", "-∞ to 2", "a=b", "", "1-2"]
)
def test_numbers_and_plain_text_stay_as_they_are(text):
    assert quote_formula(text) == text


def test_a_table_for_a_spreadsheet_keeps_its_numbers_and_disarms_its_names():
    table = pd.DataFrame({"=name": ["=1", "b"], "n": [-1, 2]}, index=pd.Index(["-x", "y"]))
    text = encode_csv(table, index=True).decode().splitlines()
    assert text == ["index,'=name,n", "'-x,'=1,-1", "y,b,2"]
