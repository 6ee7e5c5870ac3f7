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


def test_words_for_the_arms_are_read_in_the_column_of_treatment_alone():
    frame = pd.DataFrame({"x": ["Programme", "control "], "y": ["programme", "comparison"]})
    table = read_codes(Table(frame), ("x", "y"), treatment="x")
    assert table.frame["x"].tolist() == [1, 0]
    assert table.frame["y"].tolist() == ["programme", "comparison"]
    assert len(table.notes) == 1
    assert "treated and intervention are 1; comparison and control are 0" in table.notes[0]


@pytest.mark.parametrize("cells", [["Programme", "waiting"], ["Programme", "No"]])
def test_arms_of_any_other_word_are_left_alone(cells):
    assert read_codes(Table(pd.DataFrame({"x": cells})), ("x",), treatment="x").notes == ()
