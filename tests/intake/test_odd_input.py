"""What analysts have on their disks is read as it is meant, or refused in words."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from desist.cohort.cohort import Cohort
from desist.errors import InputError
from desist.intake import read_table
from desist.intake.dates import DateColumns
from desist.intake.guess import guess_settings
from desist.intake.table import Table
from desist.intake.tidy import tidy_table

RELEASED = ["2017-01-01"] * 3


def refuse(call, *arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    return str(caught.value)


def tidy(dates, follow_up=365, **columns):
    frame = pd.DataFrame({"programme": [1, 0, 0], **columns})
    return tidy_table(
        Table(frame), {"treatment": "programme", "follow_up": follow_up}, dates=dates
    )[0]


BOTH = DateColumns("released", "first")


def test_release_is_not_the_reoffence_too():
    said = refuse(tidy, DateColumns("released", "released"), released=RELEASED)
    assert "reoffended_on: expected another column than released, found 'released'" in said
    said = refuse(
        tidy, DateColumns("released", "first", "first"), released=RELEASED, first=RELEASED
    )
    assert "followed_until: expected another column than reoffended_on" in said


@pytest.mark.parametrize("layout", [3, "%Q", "%d/%m", "day/month/year", "", "%d/%m/%y %Z %Q"])
def test_a_way_of_writing_dates_that_loses_the_date_is_refused(layout):
    dates = DateColumns("released", "first", date_format=layout)
    said = refuse(tidy, dates, released=RELEASED, first=[None] * 3)
    assert "date_format: expected a way of writing dates" in said
    assert 'such as "%d/%m/%Y", with day, month and year' in said


@pytest.mark.parametrize(
    ("layout", "first"),
    [("%d/%m/%Y", "05/01/2017"), ("%m/%d/%Y", "01/05/2017"), ("%d %B %y", "05 January 17")],
)
def test_a_way_of_writing_dates_is_followed(layout, first):
    released = dt.date(2017, 1, 1).strftime(layout)
    dates = DateColumns("released", "first", date_format=layout)
    table = tidy(dates, released=[released] * 3, first=[first, None, None])
    assert table.frame["days"].tolist()[0] == 4


def test_text_among_the_dates_of_a_workbook_is_not_guessed():
    released = [dt.datetime(2017, 1, 1)] * 3
    said = refuse(
        tidy, BOTH, released=released, first=[dt.datetime(2017, 2, 1), "03/04/2017", None]
    )
    assert "first: expected dates that can be read in one way" in said
    dates = DateColumns("released", "first", date_format="%d/%m/%Y")
    table = tidy(dates, released=released, first=[dt.datetime(2017, 2, 1), "03/04/2017", None])
    assert table.frame["days"].tolist()[:2] == [31, 92]


@pytest.mark.parametrize("first", [dt.date(2017, 2, 1), dt.datetime(2017, 2, 1, 23, 59)])
def test_dates_and_times_of_a_workbook_give_whole_days(first):
    table = tidy(BOTH, released=[dt.date(2017, 1, 1)] * 3, first=[first, "2017-02-02", None])
    assert table.frame["days"].tolist()[:2] == [31, 32]
    assert table.frame["reoffended"].tolist() == [1, 1, 0]


def test_numbers_are_no_dates_whatever_they_look_like():
    said = refuse(tidy, BOTH, released=[20170101] * 3, first=[True, None, None])
    assert "released: expected dates, found 3 that are not (rows 1, 2, 3)" in said
    assert "first: expected dates, found 1 that are not (row 1)" in said


def test_dates_far_from_today_are_counted_in_days():
    table = tidy(
        DateColumns("released", None, "until"),
        released=["0001-01-01", "1600-02-28", "2017-01-01"],
        until=["0001-01-02", "1600-03-01", "9999-12-31"],
    )
    assert table.frame["follow_up"].tolist()[:2] == [1, 2]  # 1600 had a 29 February


def test_a_reoffence_on_the_last_day_counts_and_one_later_does_not():
    table = tidy(BOTH, 31, released=RELEASED, first=["2017-02-01", "2017-02-02", None])
    assert table.frame["reoffended"].tolist() == [1, 0, 0]
    assert table.notes[-1] == "reoffended: fewer than 10 later than the follow-up are not counted"


def test_offences_after_the_follow_up_contradict_the_dates():
    roles = {"treatment": "programme", "offences": "n", "follow_up": 30}
    frame = pd.DataFrame(
        {
            "programme": [1, 0, 0],
            "released": RELEASED,
            "first": ["2017-03-01", None, "2017-01-05"],
            "n": [3, 0, 1],
        }
    )
    table, roles = tidy_table(Table(frame), roles, dates=BOTH)
    said = refuse(Cohort, table.frame, **roles)
    assert "n: expected 0 for those who did not reoffend, found 1 person with 1 or more" in said


def test_who_took_part_is_not_filled_in():
    frame = pd.DataFrame({"programme": [1, None], "age": [30, 40], "prison": ["a", None]})
    roles = {"treatment": "programme", "groups": ["prison"]}
    said = refuse(tidy_table, Table(frame), roles, missing={"programme": "indicator"})
    assert "missing programme: expected a covariate, found the column of treatment" in said
    marked, _ = tidy_table(Table(frame), roles, missing={"prison": "level"})
    assert marked.frame["prison"].tolist() == ["a", "not known"]


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (["x"], "missing: expected ways by column, found a list of 1"),
        ({"x": 3}, "missing x: expected one of level, indicator, found 3"),
        ({"y": "level"}, "missing y: expected a column of the table, found none of this name"),
        ({"x": "level"}, 'missing x: expected "indicator", found "level", and the column holds'),
    ],
)
def test_ways_with_what_is_missing_are_refused_by_column(missing, message):
    frame = pd.DataFrame({"programme": [1, 0], "x": [1.0, None]})
    assert message in refuse(tidy_table, Table(frame), {"treatment": "programme"}, missing=missing)


@pytest.mark.parametrize("last", ["No", None])
def test_words_for_yes_and_no_are_read_where_an_index_has_a_label_twice(last):
    frame = pd.DataFrame({"programme": ["Yes", "No", last]}, index=[0, 0, 1])
    table, _ = tidy_table(Table(frame), {"treatment": "programme"})
    expected = [1, 0, 0 if last else np.nan]
    np.testing.assert_array_equal(table.frame["programme"], expected)


def test_names_of_columns_that_are_numbers_are_guessed_as_text():
    frame = pd.DataFrame({2017: [1, 2, 3], "programme": [1, 0, 1]})
    assert "2017" in guess_settings(Table(frame), "people.csv").split("[design]")[1]


def test_two_columns_of_one_name_cannot_be_guessed():
    frame = pd.DataFrame([[1, 2, 3], [4, 5, 6]], columns=["a", "a", "b"])
    said = refuse(guess_settings, Table(frame), "people.csv")
    assert "columns: expected names that differ, found 1 again" in said


def test_a_file_of_one_name_twice_is_read_for_the_cohort_to_refuse(tmp_path):
    (tmp_path / "people.csv").write_text("a,a\n1,2\n3,4\n")
    table = read_table(tmp_path / "people.csv")
    assert list(table.frame.columns) == ["a", "a"]
    assert repr(table) == "Table(2 rows, 2 columns, 0 notes)"
    assert repr(table.change(table.frame, "one")) == "Table(2 rows, 2 columns, 1 note)"


def write_book(path):
    frame = pd.DataFrame({"id": [f"a{row}" for row in range(60)], "age": np.arange(60) + 0.5})
    frame.to_excel(path, index=False)
    return path


def test_a_damaged_workbook_is_refused_wherever_it_is_damaged(tmp_path):
    whole = write_book(tmp_path / "whole.xlsx").read_bytes()
    rng, said = np.random.default_rng(0), set()
    path = tmp_path / "people.xlsx"
    for _ in range(40):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(damaged), rng.integers(1, 8)):
            damaged[place] ^= int(rng.integers(1, 255))
        path.write_bytes(damaged)
        try:
            read_table(path)
        except InputError as error:
            said |= {fault.found for fault in error.faults}
    assert said
    assert said <= {"one that is damaged", "something else", "a blank line"}


@pytest.mark.parametrize("left", [0.1, 0.5, 0.99])
def test_half_a_workbook_is_refused(left, tmp_path):
    whole = write_book(tmp_path / "whole.xlsx").read_bytes()
    (tmp_path / "people.xlsx").write_bytes(whole[: int(left * len(whole))])
    assert "expected an .xlsx workbook" in refuse(read_table, tmp_path / "people.xlsx")


def test_an_empty_sheet_and_one_of_names_alone(tmp_path):
    pd.DataFrame().to_excel(tmp_path / "empty.xlsx", index=False)
    said = refuse(read_table, tmp_path / "empty.xlsx")
    assert "expected the names of the columns in the first line, found a blank line" in said
    pd.DataFrame(columns=["a", "b"]).to_excel(tmp_path / "names.xlsx", index=False)
    assert read_table(tmp_path / "names.xlsx").frame.shape == (0, 2)


def test_an_identifier_of_a_sheet_is_text(tmp_path):
    frame = pd.DataFrame({"id": [7, 8], "age": [30, 31]})
    frame.to_excel(tmp_path / "people.xlsx", index=False)
    assert read_table(tmp_path / "people.xlsx", person="id").frame["id"].tolist() == ["7", "8"]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "expected a table with the names of its columns, found an empty file"),
        (b"\xff\xfea\x00b", "expected text, found UTF-16 that is damaged; save it again"),
        (b"a,b\n\xff\x00,1\n", "1 bytes that are zero (the first in line 2)"),
        (b'a,b\n"x,1\n', "a quotation mark that is not closed?"),
    ],
)
def test_bytes_that_are_no_table_are_refused(raw, message, tmp_path):
    (tmp_path / "people.csv").write_bytes(raw)
    assert message in refuse(read_table, tmp_path / "people.csv")


def test_bytes_that_no_windows_text_has_are_latin(tmp_path):
    (tmp_path / "people.csv").write_bytes(b"a,b\n\x81\x8d,1\n")
    assert read_table(tmp_path / "people.csv").notes[0].startswith("text read as Latin-1")


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        (3, "encoding: expected the name of an encoding, such as 'utf-8' or 'latin-1', found 3"),
        ("base64", "encoding: expected the name of an encoding"),
        ("utf-8", "expected text in utf-8, found bytes that are not"),
        ("ascii", "expected text in ascii, found bytes that are not"),
    ],
)
def test_an_encoding_that_is_not_that_of_the_file_is_refused(encoding, message, tmp_path):
    (tmp_path / "people.csv").write_bytes(b"a,b\n\x81\x8d,1\n")
    assert message in refuse(read_table, tmp_path / "people.csv", encoding=encoding)


def test_truth_values_are_read_and_other_words_are_not(tmp_path):
    (tmp_path / "people.csv").write_text("a,b,c\nTrue,true,\nFALSE,no,\n")
    frame = read_table(tmp_path / "people.csv").frame
    assert frame["a"].tolist() == [True, False]
    assert frame["b"].tolist() == ["true", "no"]
    assert frame["c"].isna().all()


def test_a_folder_a_missing_file_and_no_path_are_refused(tmp_path):
    (tmp_path / "people.csv").mkdir()
    assert "expected a file, found a folder" in refuse(read_table, tmp_path / "people.csv")
    assert "no such file" in refuse(read_table, tmp_path / "none.csv")
    assert "path: expected the name of a file, found 3" in refuse(read_table, 3)
    (tmp_path / "people.parquet").write_bytes(b"PAR1xxxx")
    assert "expected a Parquet file" in refuse(read_table, tmp_path / "people.parquet")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"separator": [","]}, "separator: expected one of ',' (commas)"),
        ({"decimal": [","]}, "decimal: expected '.' or ',', found a list of 1"),
        ({"person": ["id"]}, "person: expected the name of a column, found a list of 1"),
        ({"sheet": 3}, "sheet: expected none but for an .xlsx file, found 3"),
    ],
)
def test_a_setting_of_another_kind_is_refused(settings, message, tmp_path):
    (tmp_path / "people.csv").write_text("a,b\n1,2\n")
    assert message in refuse(read_table, tmp_path / "people.csv", **settings)


def test_settings_of_text_are_none_of_a_workbook(tmp_path):
    said = refuse(read_table, write_book(tmp_path / "people.xlsx"), separator=";", decimal=",")
    assert "separator: expected none for a .xlsx file, found ';'" in said
    assert "decimal: expected none for a .xlsx file, found ','" in said
