"""Text from data is inert in a spreadsheet, and numbers stay numbers."""

import pandas as pd
import pytest

from desist.spreadsheet import encode_csv, quote_formula


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
