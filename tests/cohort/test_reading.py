"""Tables in files."""

import pytest
from pandas.testing import assert_frame_equal

from desist.cohort.cohort import Cohort
from desist.errors import InputError


def complain(path, **roles) -> str:
    with pytest.raises(InputError) as caught:
        Cohort(path, treatment="programme", **roles)
    return str(caught.value).replace(f"{path.parent}/", "")


@pytest.fixture
def write(tmp_path):
    def write_bytes(name: str, content: str | bytes):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_bytes


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_gives_the_same_cohort_as_the_table(suffix, tmp_path, people, roles):
    path = tmp_path / f"people.{suffix}"
    if suffix == "csv":
        people.to_csv(path, index=False)
    else:
        people.to_parquet(path)
    expected = Cohort(people, **roles).people
    assert_frame_equal(Cohort(path, **roles).people, expected)
    assert_frame_equal(Cohort(str(path), **roles).people, expected)


def test_identifiers_with_leading_zeros_stay_apart(write):
    path = write("people.csv", "id,programme\n007,1\n7,0\n07,0\n")
    assert Cohort(path, treatment="programme", person="id").n_people == 3


def test_a_byte_order_mark_is_no_part_of_the_first_name(write):
    path = write("people.csv", b"\xef\xbb\xbfprogramme,age\n1,30\n0,31\n")
    assert Cohort(path, treatment="programme").n_people == 2


BAD_FILES = {
    "people.xlsx": (
        "x",
        "expected a .csv or .parquet file, "
        "found the suffix '.xlsx'; save the table as one of these",
    ),
    "people": (
        "x",
        "expected a .csv or .parquet file, found no suffix; save the table as one of these",
    ),
    "empty.csv": ("", "expected a table with the names of its columns, found an empty file"),
    "blank.csv": ("\n\n", "expected a table with the names of its columns, found no names"),
    "latin.csv": (
        "programme,prison\n1,Ch\xe2teau\n".encode("latin-1"),
        "expected text in UTF-8, found bytes that are not UTF-8 (the first in line 2; Latin-1 or "
        'Windows-1252?); save it as "CSV UTF-8"',
    ),
    "semicolons.csv": (
        "programme;age\n1;30\n0;31\n",
        "expected commas between the names, found semicolons; save it with commas, "
        "or read it with ds.intake.read_table",
    ),
    "long_line.csv": (
        "programme,age\n1,30\n0,31,yes\n",
        "expected 2 cells in each line, found more in line 3; "
        "put quotation marks around a cell with a comma",
    ),
    "long_lines.csv": (
        "programme,age\n0,30,yes\n1,31,yes\n",
        "expected 2 cells in each line, found more in lines 2, 3; "
        "put quotation marks around a cell with a comma",
    ),
    "quotation.csv": (
        'programme,age\n1,30\n0,"31\n',
        "expected cells separated by commas, "
        "found something else from line 3 on (a quotation mark that is not closed?)",
    ),
    "text.parquet": ("x", "expected a Parquet file, found something that cannot be read as one"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_in_exactly_these_words(name, write):
    content, words = BAD_FILES[name]
    assert complain(write(name, content)) == f"cohort: 1 fault\n  - {name}: {words}"


def test_a_missing_file_is_refused_in_exactly_these_words(tmp_path):
    expected = (
        "cohort: 1 fault\n  - people.csv: expected a file that can be read, "
        'found "no such file or directory"'
    )
    assert complain(tmp_path / "people.csv") == expected


def test_a_file_with_names_and_no_people_is_refused(write):
    message = complain(write("people.csv", "programme,age\n"))
    assert message == "cohort: 1 fault\n  - people: expected one row per person, found no rows"


def test_two_columns_of_one_name_in_a_file_are_seen(write):
    message = complain(write("people.csv", "programme,age,age\n1,2,3\n0,4,5\n"))
    assert message == (
        "cohort: 1 fault\n  - age: expected one column of this name, found 2 (columns 2, 3); "
        "rename the others or leave them out"
    )
