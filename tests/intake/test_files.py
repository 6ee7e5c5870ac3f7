import numpy as np
import pandas as pd
import pytest

from desist.errors import InputError
from desist.intake import read_table

ROWS = "name;age;cost\nAnn;30,5;1\nBob;41,0;2\n"


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="people.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def test_semicolons_and_decimal_commas_are_read_and_said(write):
    table = read_table(write(ROWS))
    assert table.frame["age"].tolist() == [30.5, 41.0]
    assert table.frame["cost"].tolist() == [1, 2]
    assert table.notes == ("semicolons between the cells", "age: decimal commas")


@pytest.mark.parametrize(("mark", "word"), [("\t", "tabs"), ("|", "vertical bars")])
def test_other_separators_are_read_and_said(write, mark, word):
    table = read_table(write(ROWS.replace(";", mark)))
    assert list(table.frame.columns) == ["name", "age", "cost"]
    assert table.notes[0] == f"{word} between the cells"


def test_a_plain_file_needs_no_note(write):
    table = read_table(write("a,b\n1,2.5\n3,4.5\n"))
    assert table.notes == ()
    assert table.frame["a"].dtype == np.int64
    assert table.frame["b"].tolist() == [2.5, 4.5]


def test_a_comma_before_three_digits_everywhere_is_no_decimal_comma(write):
    content = "a;b\n1,500;x\n2,750;y\n"
    assert read_table(write(content)).frame["a"].tolist() == ["1,500", "2,750"]
    assert read_table(write(content), decimal=",").frame["a"].tolist() == [1.5, 2.75]


def test_text_with_a_comma_stays_text(write):
    table = read_table(write('a,b\n"30,5",1\n"about 30",2\n'))
    assert table.frame["a"].tolist() == ["30,5", "about 30"]


def test_windows_text_is_read_and_said(write):
    table = read_table(write("café,b\nnaïve,1\n".encode("cp1252")))
    assert list(table.frame.columns) == ["café", "b"]
    assert "Windows-1252" in table.notes[0]


def test_an_encoding_that_was_asked_for_is_used(write):
    path = write("città;b\nForlì;1\n".encode("cp850"))
    table = read_table(path, encoding="cp850")
    assert table.frame.columns[0] == "città"
    assert table.notes[0] == "text read as cp850, as asked for"


def test_utf_16_is_read_by_its_first_bytes(write):
    table = read_table(write("a\tb\nx\t1\n".encode("utf-16")))
    assert table.frame["b"].tolist() == [1]


def test_an_identifier_keeps_its_zeros(write):
    table = read_table(write("id,age\n007,30\n7,31\n"), person="id")
    assert table.frame["id"].tolist() == ["007", "7"]


def test_a_stray_quotation_mark_between_semicolons_loses_nobody(write):
    content = 'a;b\n"x;1\ny;2\nz;3\nw";4\n'
    with pytest.raises(InputError, match="one line per person"):
        read_table(write(content))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"separator": "#"}, "separator: expected one of ',' (commas)"),
        ({"decimal": "x"}, "decimal: expected '.' or ',', found 'x'"),
        ({"separator": ",", "decimal": ","}, "decimal: expected another mark than the separator"),
        ({"encoding": "klingon"}, "encoding: expected the name of an encoding"),
        ({"encoding": "rot13"}, "encoding: expected the name of an encoding"),
        ({"sheet": "one"}, "sheet: expected none but for an .xlsx file"),
    ],
)
def test_a_wrong_setting_is_named(write, settings, words):
    with pytest.raises(InputError) as caught:
        read_table(write(ROWS), **settings)
    assert words in str(caught.value)


def test_all_wrong_settings_are_named_together(write):
    with pytest.raises(InputError) as caught:
        read_table(write(ROWS, "people.doc"), separator="#", decimal="x", encoding="klingon")
    assert len(caught.value.faults) == 4


def write_book(path, **sheets):
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        for name, frame in sheets.items():
            frame.to_excel(writer, sheet_name=name, index=False)
    return path


def test_a_sheet_gives_what_the_same_csv_gives(tmp_path, write):
    people = pd.DataFrame({"id": ["a", "b"], "age": [30.5, 41.0], "n": [1, 2]})
    book = write_book(tmp_path / "people.xlsx", People=people)
    text = read_table(write(people.to_csv(index=False)))
    pd.testing.assert_frame_equal(read_table(book).frame, text.frame, check_dtype=False)


def test_one_of_several_sheets_has_to_be_named(tmp_path):
    frame = pd.DataFrame({"a": [1]})
    book = write_book(tmp_path / "people.xlsx", one=frame, two=frame.assign(a=2))
    with pytest.raises(InputError, match=r"expected one sheet, found 2 \('one', 'two'\)"):
        read_table(book)
    assert read_table(book, sheet="two").frame["a"].tolist() == [2]
    with pytest.raises(InputError, match="sheet: expected one of 'one', 'two', found 'three'"):
        read_table(book, sheet="three")


def test_a_title_above_the_names_of_a_sheet_is_refused(tmp_path):
    frame = pd.DataFrame([["Our people", None], ["a", "b"], [1, 2]])
    path = tmp_path / "people.xlsx"
    frame.to_excel(path, index=False, header=False)
    with pytest.raises(InputError, match="a name for every column that holds anything"):
        read_table(path)


def test_what_is_no_workbook_is_refused(write):
    with pytest.raises(InputError, match=r"expected an \.xlsx workbook, found something else"):
        read_table(write("a,b\n1,2\n", "people.xlsx"))
