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
    assert "none.csv: expected a table of studies" in capsys.readouterr().err
