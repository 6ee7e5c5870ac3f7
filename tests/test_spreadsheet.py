"""Text from data is inert in a spreadsheet, and numbers stay numbers."""

import pandas as pd
import pytest

from desist.spreadsheet import change_cells, encode_csv, quote_formula


def test_names_of_rows_and_columns_are_inert_as_well_as_cells():
    table = pd.DataFrame(
        {"=A1": [-1.5, 2.0], "said": ["@sum", "-20 to -4"]}, index=pd.Index(["+x", "y"], name="id")
    )
    lines = encode_csv(table, index=True).decode().splitlines()
    assert lines == ["id,'=A1,said", "'+x,-1.5,'@sum", "y,2.0,-20 to -4"]


def test_without_its_index_a_table_has_its_columns_only():
    assert encode_csv(pd.DataFrame({"n": [1]}, index=["=cmd"])) == b"n\n1\n"


@pytest.mark.parametrize(
    "number", ["-1", "-0.25", "-1,234.5", "-20 to -4", "-12.1 (-20.2 to -4.1)"]
)
def test_numbers_and_intervals_stay_as_they_are(number):
    assert quote_formula(number) == number


@pytest.mark.parametrize("text", ["=1", "+1", "@x", "-1+2", " =2", "\tx", "-cmd|x", "\uff1d1"])
def test_formulas_are_quoted(text):
    assert quote_formula(text) == f"'{text}"


def test_a_carriage_return_in_a_cell_begins_no_line():
    made = encode_csv(pd.DataFrame({"x": ["a\r=1+1", "b"]}))
    assert made == b'x\n"a\r=1+1"\nb\n'


def test_columns_of_text_of_numbers_and_of_both_are_written_as_they_are():
    table = pd.DataFrame(
        {
            "text": ["=1", "-1"],
            "whole": [1, 2],
            "part": [0.5, None],
            "both": ["@x", 3],
            "none": ["a", None],
            "kind": pd.Categorical(["+a", "b"]),
            "day": pd.to_datetime(["2020-01-01", "2020-01-02"]),
        }
    )
    assert encode_csv(table).decode().splitlines() == [
        "text,whole,part,both,none,kind,day",
        "'=1,1,0.5,'@x,a,'+a,2020-01-01",
        "-1,2,,3,,b,2020-01-02",
    ]


def test_a_table_without_rows_or_with_the_same_name_twice_has_its_columns():
    assert encode_csv(pd.DataFrame({"=a": []})) == b"'=a\n"
    twice = pd.DataFrame([["=x", "y"]], columns=["a", "a"])
    assert encode_csv(twice) == b"a,a\n'=x,y\n"


def test_every_cell_is_changed_and_columns_and_rows_keep_their_names_and_their_order():
    table = pd.DataFrame([[1, "b"], [2.5, "c"]], columns=["a", "a"], index=[7, 7])
    changed = change_cells(table, lambda cell: f"<{cell}>")
    assert changed.to_numpy().tolist() == [["<1.0>", "<b>"], ["<2.5>", "<c>"]]
    assert changed.columns.tolist() == ["a", "a"]
    assert changed.index.tolist() == [7, 7]
