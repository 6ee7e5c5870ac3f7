import datetime as dt

import numpy as np
import pandas as pd
import pytest

from desist.errors import InputError
from desist.intake import DateColumns, Table
from desist.intake.dates import read_dates

RELEASED = ["2017-01-01", "2017-01-01", "2017-03-01", "2016-02-28"]
REOFFENDED = ["2017-01-31", None, "2018-03-02", "2016-03-01"]  # 30, none, 366, 2 (a leap year)
NAMES = DateColumns("released", "reoffended_on")


def read(names=NAMES, follow_up=365, taken=(), **columns):
    frame = pd.DataFrame({"released": RELEASED, "reoffended_on": REOFFENDED} | columns)
    return read_dates(Table(frame), names, follow_up, taken)


def complain(*arguments, **columns):
    with pytest.raises(InputError) as caught:
        read(*arguments, **columns)
    return str(caught.value)


def test_days_are_counted_from_release_and_the_dates_are_gone():
    table, roles = read()
    assert list(table.frame.columns) == ["reoffended", "days"]
    assert roles == {"reoffended": "reoffended", "days": "days"}
    np.testing.assert_array_equal(table.frame["reoffended"], [1, 0, 0, 1])
    np.testing.assert_array_equal(table.frame["days"], [30, np.nan, np.nan, 2])


def test_offending_after_the_follow_up_is_none_within_it_and_a_note_says_so():
    table, _ = read()
    assert table.notes[-1] == "reoffended: fewer than 10 later than the follow-up are not counted"


def test_the_last_day_of_follow_up_belongs_to_it():
    assert read(follow_up=366)[0].frame["reoffended"].tolist() == [1, 0, 1, 1]


def test_day_first_and_month_first_are_told_apart_by_a_day_above_twelve():
    day_first = [dt.date.fromisoformat(d).strftime("%d/%m/%Y") for d in RELEASED]
    month_first = [dt.date.fromisoformat(d).strftime("%m/%d/%Y") for d in RELEASED]
    expected = read()[0].frame
    for written in (day_first, month_first):
        pd.testing.assert_frame_equal(read(released=written)[0].frame, expected)


def test_dates_that_can_be_read_in_two_ways_need_a_format():
    ambiguous = ["01/01/2017", "01/01/2017", "01/03/2017", "02/02/2016"]
    words = complain(released=ambiguous)
    assert "day and month cannot be told apart" in words
    assert 'date_format = "%d/%m/%Y"' in words
    given = DateColumns("released", None, date_format="%d/%m/%Y")
    assert read(given, released=ambiguous)[1] == {}


def test_dates_of_a_workbook_and_of_pandas_are_read_as_they_are():
    stamps = pd.to_datetime(pd.Series(RELEASED))
    objects = pd.Series([stamp.to_pydatetime() for stamp in stamps], dtype=object)
    for written in (stamps, objects, stamps.dt.tz_localize("UTC")):
        assert read(released=written)[0].frame["days"].iloc[0] == 30


def test_the_time_of_day_does_not_move_a_day():
    late = ["2017-01-01 23:50", "2017-01-01 00:10", "2017-03-01 12:00", "2016-02-28 08:00"]
    assert read(released=late)[0].frame["days"].iloc[0] == 30


def test_an_end_of_follow_up_gives_days_at_risk():
    names = DateColumns("released", "reoffended_on", "until")
    until = ["2017-06-30", "2017-12-31", "2018-03-01", "2016-02-29"]
    table, roles = read(names, until=until)
    assert roles["follow_up"] == "follow_up"
    np.testing.assert_array_equal(table.frame["follow_up"], [180, 364, 365, 1])
    np.testing.assert_array_equal(table.frame["reoffended"], [1, 0, 0, 0])


def test_wrong_dates_are_named_by_row_and_never_shown():
    early = ["2016-12-31", None, "2018-03-02", "2016-03-01"]
    assert complain(reoffended_on=early) == (
        "cohort: 1 fault\n  - reoffended_on: expected dates not before released, found 1 before it "
        "(row 1); correct the dates; an offence before release is no reoffence"
    )
    words = complain(released=["2017-13-45", *RELEASED[1:]])
    assert "row 1" in words
    assert "2017-13-45" not in words


def test_everybody_needs_a_release():
    assert "a date for everybody, found 1 without one (row 2)" in complain(
        released=[RELEASED[0], None, *RELEASED[2:]]
    )


def test_no_column_is_displaced():
    assert "days: expected a name that is free" in complain(days=[1, 2, 3, 4])
    assert "reoffended: expected one source, found a column and dates" in complain(
        NAMES, 365, ("reoffended",)
    )


def test_an_unknown_column_is_named():
    assert "released: expected one column of the table, found 0" in complain(
        DateColumns("release", "reoffended_on")
    )


def test_a_full_stop_between_the_parts_is_read_too():
    written = [dt.date.fromisoformat(d).strftime("%d.%m.%Y") for d in RELEASED]
    assert read(released=written)[0].frame["days"].tolist()[0] == 30


def test_several_ways_of_writing_in_one_column_are_refused():
    words = complain(released=["2017-01-01", "01/13/2017", "1 March 2017", "28.02.2016"])
    assert "several ways of writing them" in words
    assert "March" not in words


def test_numbers_are_no_dates():
    # a spreadsheet's day 42736 could be read as nanoseconds after 1970
    words = complain(released=[42736, 42736, 42795, 42428])
    assert "released: expected dates, found 4 that are not" in words
    assert "42736" not in words


def test_months_begin_on_their_first_day():
    months = pd.PeriodIndex(["2017-01", "2017-01", "2017-03", "2016-02"], freq="M")
    table, _ = read(released=months)
    assert table.frame["days"].iloc[0] == 30
    assert table.frame["days"].iloc[3] == 29  # from 1 February of a leap year to 1 March


def test_a_format_that_is_given_is_the_only_one():
    written = [dt.date.fromisoformat(d).strftime("%d %m %y") for d in RELEASED]
    given = DateColumns("released", date_format="%d %m %y")
    assert read(given, released=written)[1] == {}
    words = complain(given, released=[*written[:3], "2016-02-28"])
    assert "released: expected dates written as %d %m %y, found 1 that are not" in words


def test_nobody_who_reoffended_is_a_column_of_blanks():
    table, roles = read(reoffended_on=[None, None, None, None])
    assert table.frame["reoffended"].tolist() == [0, 0, 0, 0]
    assert table.frame["days"].isna().all()
    assert set(roles) == {"reoffended", "days"}


def test_an_end_of_follow_up_is_needed_for_everybody_and_not_before_release():
    names = DateColumns("released", None, "until")
    words = complain(names, until=["2017-06-30", None, "2017-02-28", "2016-02-29"])
    assert "until: expected dates not before released, found 1 before it (row 3)" in words
    assert "until: expected a date for everybody, found 1 without one (row 2)" in words


def test_a_column_of_follow_up_ends_what_is_counted():
    table, roles = read(NAMES, "followed", followed=[20, 365, 400, 2])
    assert table.frame["reoffended"].tolist() == [0, 0, 1, 1]
    assert "follow_up" not in roles


def test_ten_later_reoffences_are_counted_in_the_note_and_nine_are_not():
    def note(n_later):
        later = ["2019-01-01"] * n_later
        frame = pd.DataFrame({"released": ["2017-01-01"] * n_later, "reoffended_on": later})
        return read_dates(Table(frame), NAMES, 365, ())[0].notes[-1]

    assert note(9) == "reoffended: fewer than 10 later than the follow-up are not counted"
    assert note(10) == "reoffended: 10 later than the follow-up are not counted"


def test_a_follow_up_that_is_no_number_of_days_is_named():
    assert "follow_up: expected a number above 0" in complain(NAMES, -1)


def test_two_columns_of_one_name_are_not_one():
    frame = pd.DataFrame([["2017-01-01", "2017-01-02"]], columns=["released", "released"])
    with pytest.raises(InputError, match="released: expected one column of the table, found 2"):
        read_dates(Table(frame), DateColumns("released"), 365, ())
