import numpy as np
import pandas as pd
import pytest

from desist.intake import Table
from desist.intake.codes import read_codes


def code(cells):
    return read_codes(Table(pd.DataFrame({"x": cells})), ("x",))


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        (["Yes", "No"], [1, 0]),
        ([" y", "N ", "y"], [1, 0, 1]),
        (["TRUE", "false"], [1, 0]),
        (["1", "0"], [1, 0]),
        (["t", "F"], [1, 0]),
    ],
)
def test_words_for_yes_and_no_are_one_and_zero(cells, codes):
    table = code(cells)
    assert table.frame["x"].tolist() == codes
    assert "yes, y, true, t and 1 are 1" in table.notes[0]


@pytest.mark.parametrize("cells", [["Yes", "maybe"], ["2", "1"], ["ja", "nein"], [None, None]])
def test_a_column_with_any_other_word_is_left_alone(cells):
    table = code(cells)
    assert table.notes == ()
    pd.testing.assert_series_equal(table.frame["x"], pd.Series(cells, name="x"))


def test_a_missing_word_stays_missing():
    assert np.isnan(code(["yes", None, "no"]).frame["x"].iloc[1])


def test_numbers_are_not_touched_and_not_mentioned():
    table = code([1, 2])
    assert table.frame["x"].tolist() == [1, 2]
    assert table.notes == ()
