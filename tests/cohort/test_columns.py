"""A column is read once, and all that is asked of it is asked of what was read."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desist.cohort import columns as module
from desist.cohort.cohort import Cohort
from desist.cohort.columns import Column, read_column
from desist.cohort.kinds import (
    are_dates,
    find_covariate_faults,
    find_numbers,
    make_plain,
    read_text_as_numbers,
    sort_labels,
)
from desist.errors import InputError


def read(values: object, **settings: object) -> Column:
    return read_column(pd.DataFrame({"x": pd.Series(values, **settings)}), "x")


@pytest.fixture
def count_texts(monkeypatch) -> list[str]:
    """Names of the columns whose text is read as numbers, one a reading."""
    asked = []

    def read_and_note(cells):
        asked.append(cells.name)
        return read_text_as_numbers(cells)

    monkeypatch.setattr(module, "read_text_as_numbers", read_and_note)
    return asked


def test_text_is_read_once_however_often_it_is_asked_about(people, roles, count_texts):
    bad = people.assign(days=["n/a", "0", "365", "120", "x", "x", "365", "x"], age=["1,5"] * 8)
    with pytest.raises(InputError) as caught:
        Cohort(bad, **roles)
    assert len(caught.value.faults) == 2
    assert sorted(count_texts) == ["age", "days", "ethnicity", "prison"]


def test_a_column_of_numbers_is_never_read_as_text(people, roles, count_texts):
    numbers = people.drop(columns=["ethnicity", "prison"]).assign(prison=[1, 2] * 4)
    Cohort(numbers, **roles)
    assert count_texts == []


def test_text_and_gaps_are_told_apart():
    column = read(["7", None, "1,5", "blue"])
    assert column.has_other
    assert column.missing.tolist() == [False, True, False, False]
    assert [mask.tolist() for mask in column.texts] == [
        [True, False, False, False],
        [False, False, True, False],
    ]


def test_a_column_without_text_holds_none():
    column = read([1.5, np.nan, 3.0])
    assert not column.has_other
    assert not np.any(column.texts)
    assert column.missing.tolist() == [False, True, False]


@pytest.mark.parametrize("dtype", ["int8", "uint64", "float32", "bool", "Int64", "boolean"])
def test_numbers_are_numbers_in_any_storage(dtype):
    column = read([1, 0, 1], dtype=dtype)
    assert column.numbers.dtype == np.float64
    assert column.numbers.tolist() == [1.0, 0.0, 1.0]
    assert not (column.missing | column.other).any()


def test_a_gap_of_nullable_storage_is_missing():
    assert read([1, None, 3], dtype="Int64").missing.tolist() == [False, True, False]
    assert read([None, True], dtype="boolean").missing.tolist() == [True, False]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2.5, Decimal(3), Fraction(1, 2), True], [True] * 5),
        (["a", b"1", None], [False] * 3),
        ([1, "1", np.timedelta64(1, "D"), np.float32(2)], [True, False, False, True]),
        ([1j, 2], [False, True]),
        ([], []),
    ],
)
def test_real_numbers_are_found_among_anything(values, expected):
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    assert find_numbers(cells).tolist() == expected


@pytest.mark.parametrize("dtype", ["str", "object", "string", "category"])
def test_what_reads_as_a_number_does_not_hang_on_the_storage(dtype):
    words = ["12", " 7 ", "-inf", "Infinity", "1e5", "1,500", "£3", "35%", "(4)", "two", "", "n/a"]
    plain, disguised = read_text_as_numbers(pd.Series(words, dtype=dtype))
    assert [word for word, one in zip(words, plain, strict=True) if one] == words[:5]
    assert [word for word, one in zip(words, disguised, strict=True) if one] == words[5:9]


def test_text_without_a_digit_is_no_number():
    for mask in read_text_as_numbers(pd.Series(["white", "black", "nan", "."])):
        assert mask.dtype == bool
        assert mask.tolist() == [False] * 4


@pytest.mark.parametrize("dtype", ["str", "object", "string"])
def test_dates_among_text_are_seen_past_gaps_and_repetitions(dtype):
    half = pd.Series(["2020-01-02", "n/a", None, "n/a", "3/4/21", "x"], dtype=dtype)
    assert are_dates(half)
    assert not are_dates(half.iloc[[0, 1, 2, 5]])
    assert not are_dates(pd.Series([None, None], dtype=dtype))


def test_numbers_are_no_dates():
    assert not are_dates(pd.Series([20200102, 20210304]))
    assert not are_dates(pd.Series([], dtype="float64"))


def test_text_is_a_covariate_and_dates_as_text_are_none():
    assert find_covariate_faults(pd.Series(["a", None, "b"], name="x")) == []
    [fault] = find_covariate_faults(pd.Series(["2020-01-02", "2021-03-04"], name="x"))
    assert fault.found == "dates"


def test_a_plain_table_is_left_as_it_is():
    table = pd.DataFrame({"n": [1, 2], "x": [0.5, np.nan], "s": ["a", None], "b": [True, False]})
    pd.testing.assert_frame_equal(make_plain(table, list(table)), table)


def test_a_column_of_gaps_alone_holds_no_text():
    gaps = pd.DataFrame({"s": pd.Series([None, None], dtype="str")})
    assert make_plain(gaps, ["s"])["s"].isna().all()


def test_making_a_table_plain_leaves_the_given_one_alone():
    given = pd.DataFrame({"d": pd.to_timedelta([1, 2], unit="D"), "n": [1, 2]})
    plain = make_plain(given, list(given))
    assert plain["d"].tolist() == [1.0, 2.0]
    assert given["d"].dtype.kind == "m"
    assert list(given) == ["d", "n"]


@pytest.mark.parametrize("blank", ["", " ", "\t \n", "\u00a0"])
def test_a_group_of_blanks_is_refused(people, roles, blank):
    bad = people.assign(prison=["Send", blank, *["Downview"] * 6])
    with pytest.raises(InputError, match="blanks only"):
        Cohort(bad, **roles)


def test_the_days_of_those_who_did_not_reoffend_are_blank(people, roles):
    cohort = Cohort(people.assign(days=people["days"].fillna(365)), **roles)
    kept = cohort.people["days"]
    assert kept.isna().tolist() == [not again for again in people["reoffended"]]
    assert kept.dtype == np.float64


def test_the_cohort_shares_no_cells_with_the_table_it_was_made_of(people, roles):
    cohort = Cohort(people, **roles)
    before = cohort.people.copy()
    people.loc[:, "age"] = 0
    people.loc[:, "followed"] = 1.0
    pd.testing.assert_frame_equal(cohort.people, before)


def test_labels_are_numbered_in_the_order_of_their_letters():
    cells = pd.Series(["zeta", None, "Äpfel", "alpha", "Beta", "", "zeta", "\U0001f600", "\uffee"])
    codes, labels = sort_labels(cells)
    assert labels.tolist() == ["", "Beta", "alpha", "zeta", "Äpfel", "\uffee", "\U0001f600"]
    assert codes.tolist() == [3, -1, 4, 2, 1, 0, 3, 6, 5]
    expected, names = pd.factorize(cells, sort=True)
    assert codes.tolist() == expected.tolist()
    assert labels.tolist() == names.tolist()


def test_no_label_is_numbered_where_there_are_gaps_alone():
    codes, labels = sort_labels(pd.Series([None, None], dtype="str"))
    assert codes.tolist() == [-1, -1]
    assert not len(labels)


@given(st.lists(st.text("0195.,-+−eEinfINFty x(£$€%) \t _'٣½", max_size=6), min_size=1))
def test_what_reads_as_a_number_is_what_pandas_reads(words):
    plain, disguised = read_text_as_numbers(pd.Series(words, dtype="str"))
    numbers = pd.to_numeric(pd.Series(words, dtype=object), errors="coerce")
    assert plain.tolist() == numbers.notna().tolist()
    assert not (plain & disguised).any()


def test_a_name_that_holds_a_number_is_none():
    for mask in read_text_as_numbers(pd.Series(["prison 3", "A1", "no. 5", "x,5", "½"])):
        assert not mask.any()
