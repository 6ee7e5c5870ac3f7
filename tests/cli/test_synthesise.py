"""The command that pools a table of reports."""

import json
import sys

import pandas as pd
import pytest

from desist.cli import main

ROWS = [
    {
        "study": "A",
        "treated_events": 13,
        "n_treated": 83,
        "comparison_events": 140,
        "n_comparison": 500,
    },
    {"study": "B", "estimate": -0.2, "standard_error": 0.15},
    {
        "study": "C",
        "found": "none",
        "n_treated": 120,
        "n_comparison": "large",
        "comparison_rate": 0.3,
    },
]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    def call(rows, *options):
        path = tmp_path / "studies.csv"
        pd.DataFrame(rows).to_csv(path, index=False)
        monkeypatch.setattr(sys, "argv", ["desist", "synthesise", str(path), *options])
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code, capsys.readouterr()

    return call


def test_a_table_is_pooled_and_written(run, tmp_path):
    code, said = run(ROWS, "--out", str(tmp_path / "out"))
    assert code == 0
    assert "3 programmes: log odds ratio -0." in said.out
    assert "a new programme: " in said.out
    record = json.loads((tmp_path / "out" / "synthesis.json").read_text())
    assert record["naive"]["programmes"] == 3
    assert record["naive"]["engine"] == "quadrature"
    assert len(pd.read_csv(tmp_path / "out" / "studies.csv")) == 3
    assert (tmp_path / "out" / "forest.svg").read_text().count("<svg") == 1


def test_naive_and_adjusted_stand_side_by_side(run):
    code, said = run(ROWS, "--selection")
    assert code == 0
    assert "3 programmes, as published:" in said.out
    assert "3 programmes, adjusted for selection:" in said.out


def test_all_faults_are_listed_and_the_code_is_2(run):
    code, said = run([*ROWS, {"study": "D"}, {"study": "E", "treated_events": 2}])
    assert code == 2
    assert "studies: 2 faults" in said.err
    assert "row 4, evidence" in said.err
    assert "row 5, evidence" in said.err


def test_a_table_that_is_not_there_is_refused(monkeypatch, tmp_path, capsys):
    path = str(tmp_path / "none.csv")
    monkeypatch.setattr(sys, "argv", ["desist", "synthesise", path])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "none.csv: expected a file that can be read" in capsys.readouterr().err


@pytest.fixture
def read(tmp_path, monkeypatch, capsys):
    def call(content, *options):
        path = tmp_path / "studies.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        monkeypatch.setattr(sys, "argv", ["desist", "synthesise", str(path), *options])
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code, capsys.readouterr()

    return call


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "a table with the names of its columns, found an empty file"),
        (b"\x00\xff\xfe\x01", "found "),
        ("study;estimate;standard_error\nA;-0,2;0,1\n", "commas between the names"),
        ("study,estimate,standard_error\nA,-0.2,0.1,9\nB,-0.2,0.1,9\n", "more in lines 2, 3"),
        ("study,estimate,standard_error\nA,-0.2\n", "fewer in line 2"),
        ('study,estimate,standard_error\n"A,-0.2,0.1\nB,-0.3,0.2\n', "quotation mark"),
        ("study,estimate,standard_error\nA,-0.2,0.1\nTotal,-0.2,0.1\n", "one line per report"),
        ("study,estimate,estimate,standard_error\nA,1,2,3\n", "estimate"),
        ("study,estimate,standard_eror\nA,-0.2,0.1\n", "did you mean standard_error?"),
        ("study,estimate,standard_error\nA,1/2/2020,0.1\n", "estimate: expected a number"),
        ("study,estimate,standard_error\nA,-0.2,1e-12\n", "standard error: expected from"),
        ("study,estimate,standard_error\nA,1e999,0.1\n", "estimate: expected a number, found inf"),
        ("study,estimate,standard_error\n", "a list of Study(...), one or more"),
    ],
)
def test_a_file_that_is_no_table_of_reports_is_refused_with_code_2(read, content, message):
    code, said = read(content)
    assert code == 2
    assert message in said.err
    assert "Traceback" not in said.err + said.out


def test_hostile_text_is_a_name_like_others_and_never_a_formula(read, tmp_path):
    name = "=cmd|' /C calc'!A0"
    rows = f'study,estimate,standard_error\n"{name}",-0.2,0.1\n<script>x</script>,-0.3,0.2\n'
    code, _ = read(rows, "--out", str(tmp_path / "out"))
    assert code == 0
    assert (
        not (tmp_path / "out" / "studies.csv").read_text().splitlines()[1].startswith(("=", '"='))
    )
    assert "<script>" not in (tmp_path / "out" / "forest.svg").read_text()


def test_moderators_are_named_and_their_coefficients_told(read):
    rows = "".join(f"{n},{-0.1 * n:.1f},0.1,{6 * n}\n" for n in range(8))
    code, said = read("study,estimate,standard_error,months\n" + rows, "--moderators", "months")
    assert code == 0
    assert "  months: -0.01" in said.out
    code, said = read("study,estimate,standard_error,months\n" + rows)
    assert code == 2
    assert "months: expected a column that reports have" in said.err
