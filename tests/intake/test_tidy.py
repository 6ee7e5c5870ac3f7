import pandas as pd
import pytest

import desist as ds
from desist.errors import InputError
from desist.intake import DateColumns, Table, tidy_table


def make(**columns):
    base = {
        "took part": ["Yes", "No"] * 10,
        "released": ["2017-01-31"] * 20,
        "first": ["2017-03-02", None] * 10,
        "age": [30.0, None, *[40.0] * 18],
        "needs": ["high", "High ", None, *["low"] * 17],
    }
    return Table(pd.DataFrame(base | columns))


ROLES = {"treatment": "took part", "follow_up": 365}
DATES = DateColumns("released", "first")


def test_a_table_as_an_analyst_has_it_becomes_a_cohort():
    table, roles = tidy_table(
        make(), ROLES, dates=DATES, missing={"age": "indicator", "needs": "level"}
    )
    cohort = ds.Cohort(table.frame, **roles)
    assert cohort.n_treated == 10
    assert list(cohort.covariates.columns) == ["age", "needs", "age_missing"]


def test_every_change_is_written_down():
    table, _ = tidy_table(make(), ROLES, dates=DATES, missing={"age": "indicator"})
    heads = [note.partition(":")[0] for note in table.notes]
    assert heads == ["days", "took part", "age", "needs"]
    assert "1 of 3 labels differ from another in capitals or blanks" in table.notes[-1]
    assert "high" not in " ".join(table.notes)


def test_the_table_given_is_not_changed():
    table = make()
    before = table.frame.copy()
    tidy_table(table, ROLES, dates=DATES, missing={"age": "indicator"})
    pd.testing.assert_frame_equal(table.frame, before)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"age": "level"}, 'missing age: expected "indicator", found "level"'),
        ({"needs": "indicator"}, 'missing needs: expected "level"'),
        ({"needs": "mean"}, "missing needs: expected one of level, indicator"),
        ({"nothing": "level"}, "missing nothing: expected a column of the table"),
    ],
)
def test_a_wrong_way_with_missing_values_is_named(missing, words):
    with pytest.raises(InputError) as caught:
        tidy_table(make(), ROLES, dates=DATES, missing=missing)
    assert words in str(caught.value)


def test_a_writing_that_ten_people_share_is_shown_and_a_rarer_one_is_not():
    table, _ = tidy_table(make(needs=["high", *["Low"] * 9, *["low"] * 10], age=30.0), ROLES)
    assert table.notes[-1].startswith(
        "needs: 1 of 3 labels differ from another ('low') in capitals or blanks alone"
    )


def test_a_column_of_missing_values_that_is_not_there_is_told_what_may_be_meant():
    with pytest.raises(InputError, match='none of this name; did you mean "needs"'):
        tidy_table(make(), ROLES, missing={"need": "level"})


def test_columns_that_are_not_there_are_named_together_with_what_may_be_meant():
    dates = DateColumns("relased", "first")
    with pytest.raises(InputError) as caught:
        tidy_table(make(), {"treatment": "took prt", "follow_up": 365}, dates=dates)
    words = str(caught.value)
    assert "2 faults" in words
    assert 'did you mean "released"?' in words
    assert 'did you mean "took part"?' in words
