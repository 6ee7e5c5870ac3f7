"""Each line of a CSV file is one person, or the file is refused."""

from pathlib import Path

import pytest

from desist.cohort.cohort import Cohort
from desist.errors import InputError

HEAD = "programme,age,note,reoffended"
ROWS = [f"{i % 3 == 0:d},{20 + i % 40},note {i} about nothing,{i % 2}" for i in range(200)]


@pytest.fixture
def read(tmp_path):
    def read_file(content: str | bytes) -> int:
        path = tmp_path / "people.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Cohort(path, treatment="programme").n_people

    return read_file


@pytest.fixture
def complain(read):
    def refuse(content: str | bytes) -> str:
        with pytest.raises(InputError) as caught:
            read(content)
        return str(caught.value)

    return refuse


def join(*lines: str) -> str:
    return "\n".join([HEAD, *lines]) + "\n"


@pytest.mark.parametrize("apart", [1, 2, 53, 150])
def test_two_stray_quotation_marks_swallow_nobody(apart, complain):
    lines = [*ROWS]
    lines[5], lines[5 + apart] = '1,26,"said yes,0', '1,26,and no",0'
    assert f"found a cell that takes lines 7 to {7 + apart} for one person" in complain(
        join(*lines)
    )


def test_a_stray_quotation_mark_in_the_header_swallows_nobody(complain):
    message = complain('programme,"age\n1,30\n0,31\n1,"33\n0,34\n')
    assert "for one person" in message or "quotation mark" in message


@pytest.mark.parametrize("n_lines", [20, 12_000])
def test_a_quotation_mark_that_is_not_closed_is_refused_with_its_line(n_lines, complain):
    lines = (ROWS * 60)[:n_lines]
    lines[5] = '1,26,"said yes,0'
    message = complain(join(*lines))
    assert "line 7" in message
    assert "quotation mark" in message


def test_a_cell_beyond_the_limit_of_the_reader_is_refused(complain):
    message = complain(join("1,30," + "x" * 140_000 + ",0", "0,31,y,1"))
    assert "a cell of more than 131,072 characters, from line 2 on" in message
    assert "xxx" not in message


@pytest.mark.parametrize(
    "cell",
    ['"two\nlines"', '"with, commas,\nand lines, again"', '"said ""yes"""', '5" tall', '"\r\n"'],
)
def test_cells_that_are_quoted_as_they_should_be_are_read(cell, read):
    assert read(join(f"1,26,{cell},0", *ROWS)) == 201


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (join(*ROWS, "Total,101,,5"), "found totals in line 202; delete the line"),
        (join(*ROWS, "Sub-total,101,,5"), "found totals in line 202"),
        (join(*ROWS, "source: the database"), "found fewer in line 202"),
        (join(*ROWS, "1,30"), "write a comma for each empty cell"),
        ("Extract of 1 March\n" + join(*ROWS), "delete the title and whatever else stands above"),
        ("Extract of 1 March,,,\n" + join(*ROWS), "found a line with 1 cell above longer ones"),
        (join(*ROWS).replace(",", ";"), "found semicolons; save it with commas"),
        (join(*ROWS).replace(",", "\t"), "found tabs; save it with commas"),
        (join(*ROWS).replace(",", "|"), "found vertical bars; save it with commas"),
        ("programme;age;score\n1;30;3,5\n0;31;2,5\n", "found semicolons"),
        ("sep=;\nprogramme;age\n1;30\n0;31\n", "found semicolons"),
        ("programme,age\n1,30\n0,31,yes\n", "found more in line 3"),
        ("programme,age\n1\n0\n", "found fewer in lines 2, 3"),
        ("programme,age,age\n1,2,3\n0,4,5\n", "age: expected one column of this name, found 2"),
        ("\n \n", "found no names"),
        ("\ufeff", "found no names"),
        (join(*ROWS).encode("utf-16"), "found UTF-16 or UTF-32"),
        (join(*ROWS).encode("utf-16-le"), "found UTF-16 or UTF-32"),
        (join(*ROWS).encode("utf-32"), "found UTF-16 or UTF-32"),
        (join(*ROWS).encode() + b"1,2,\x00,0\n", "1 bytes that are zero (the first in line 202)"),
        (join("1,2,Ch\xe2teau,0").encode("latin-1"), "the first in line 2; Latin-1"),
        (join('1,2,"a"b,0', "0,1,,1"), "from line 2 on (a quotation mark"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words_that_help(content, words, complain):
    message = complain(content)
    assert words in message
    assert message.startswith("cohort: 1 fault\n")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(end, read):
    assert read(join(*ROWS).replace("\n", end)) == 200


def test_blank_lines_are_nobody(read):
    assert read(join(*ROWS[:3]) + "\n  \n\n" + "\n".join(ROWS[3:])) == 200


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_path_that_cannot_be_read_is_refused(suffix, tmp_path, monkeypatch):
    folder = tmp_path / f"folder.{suffix}"
    folder.mkdir()
    (tmp_path / f"locked.{suffix}").write_text("x")

    def refuse(*_arguments, **_settings):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    for path, words in {
        folder: "expected a file, found a folder",
        f"{'a' * 5000}.{suffix}": 'found "file name too long"',
        tmp_path / f"none.{suffix}": 'found "no such file or directory"',
        tmp_path / f"locked.{suffix}": 'found "permission denied"',
    }.items():
        with pytest.raises(InputError) as caught:
            Cohort(path, treatment="programme")
        assert words in str(caught.value)
        assert len(str(caught.value)) < 400
