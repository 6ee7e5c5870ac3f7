import json
import sys

import numpy as np
import pandas as pd
import pytest

from desist.cli import main

SETTINGS = """
[study]
title = "A programme"

[data]
people = "people.csv"
treatment = "programme"
person = "person"
reoffended = "reoffended"
days = "days"
follow_up = 365

[design]
formula = "age + priors"
method = "radius"
caliper = 0.2

[model]
inference = "laplace"
seed = 7
"""


@pytest.fixture
def study(tmp_path):
    """A folder with people and settings; returns a function that runs the command line."""
    rng = np.random.default_rng(5)
    n = 240
    reoffended = (rng.random(n) < 0.4).astype(int)
    people = pd.DataFrame(
        {
            "person": [f"P{i:04d}" for i in range(n)],
            "programme": (rng.random(n) < 0.4).astype(int),
            "age": rng.integers(18, 60, n),
            "priors": rng.poisson(3, n),
            "reoffended": reoffended,
            "days": np.where(reoffended == 1, rng.integers(0, 365, n), np.nan),
        }
    )
    people.to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "study.toml").write_text(SETTINGS)
    return tmp_path


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["desist", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return stopped.value.code


def edit(study, **columns):
    people = pd.read_csv(study / "people.csv")
    people.assign(**columns).to_csv(study / "people.csv", index=False)


def test_a_study_is_evaluated_from_its_settings_file(study, monkeypatch, capsys):
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 0
    written = json.loads((study / "out" / "evaluation.json").read_text())
    assert {row["measure"] for row in written["measures"]} == {
        "rate",
        "rmst",
        "time_among_reoffenders",
        "hazard_ratio",
    }
    assert written["settings"]["design"]["caliper"] == 0.2
    assert written["seed"] == 7
    assert (study / "out" / "report.html").stat().st_size > 10_000
    assert "A programme" in capsys.readouterr().out
    assert not (study / "out" / "weights.csv").exists()


def test_weights_leave_the_house_only_when_asked_for(study, monkeypatch):
    code = run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out", "--weights")
    assert code == 0
    weights = pd.read_csv(study / "out" / "weights.csv")
    assert list(weights.columns) == ["person", "weight"]
    assert len(weights) == 240
    others = [path for path in (study / "out").iterdir() if path.name != "weights.csv"]
    assert all(b"P0001" not in path.read_bytes() for path in others)


def test_the_same_seed_writes_the_same_file(study, monkeypatch):
    for out in ("first", "second"):
        run(monkeypatch, "evaluate", study / "study.toml", "--out", study / out)
    first, second = (study / out / "evaluation.json" for out in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def test_every_fault_of_a_settings_file_is_listed_and_nothing_is_written(
    study, monkeypatch, capsys
):
    (study / "study.toml").write_text(
        SETTINGS.replace("caliper = 0.2", "calliper = 0.2")
        .replace("follow_up = 365", "follow_up = [1]")
        .replace('treatment = "programme"', "")
        + '\n[desing]\nformula = "age"\n'
    )
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 2
    assert capsys.readouterr().err == (
        "desist: settings: 4 faults\n"
        "  - [desing]: expected one of study, data, design, model, report, analyses, found an "
        "unknown section; take it out\n"
        "  - [data] treatment: expected a value, found none; add it\n"
        "  - [data] follow_up: expected a number or text, found [1]\n"
        "  - [design] calliper: expected one of formula, method, estimand, caliper, scale, "
        "found an unknown key\n"
    )
    assert not (study / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'method = "radius"',
            'method = "magic"',
            "[design] method: expected one of radius, nearest",
        ),
        ('people = "people.csv"', 'people = "persons.csv"', "persons.csv"),
        ("[study]", "[study", "study.toml: expected a TOML file"),
        ('inference = "laplace"', 'inference = "guess"', "found 'guess'"),
        ("caliper = 0.2", "caliper = -1", "caliper: expected a positive number, found -1"),
        ('formula = "age + priors"', 'formula = "age + prior"', "prior"),
        ("seed = 7", 'seed = "x"', "[model] seed: expected a whole number, found 'x'"),
        ("[data]", '[report]\nrules = "1999"\n[data]', "1999"),
    ],
)
def test_bad_settings_exit_with_2_and_write_nothing(study, monkeypatch, capsys, old, new, message):
    (study / "study.toml").write_text(SETTINGS.replace(old, new))
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 2
    assert message in capsys.readouterr().err
    assert not (study / "out").exists()


def test_a_missing_settings_file_exits_with_2(tmp_path, monkeypatch, capsys):
    assert run(monkeypatch, "evaluate", tmp_path / "none.toml") == 2
    assert "none.toml: expected a file, found none that can be read" in capsys.readouterr().err


def test_bad_people_exit_with_2_and_name_nobody(study, monkeypatch, capsys):
    edit(study, person="P0001", reoffended=2)
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 2
    message = capsys.readouterr().err
    assert message.startswith("desist: cohort: 3 faults") or "faults" in message
    assert "P0001" not in message
    assert not (study / "out").exists()


def test_people_who_cannot_be_compared_exit_with_3(study, monkeypatch, capsys):
    people = pd.read_csv(study / "people.csv")
    rng = np.random.default_rng(1)
    far = np.where(people["programme"] == 1, 55, 20) + rng.integers(-1, 2, len(people))
    far[:4] = 38  # a few in between, so that the arms overlap by a hair and no more
    edit(study, age=far)
    (study / "study.toml").write_text(SETTINGS.replace("caliper = 0.2", "caliper = 1e-9"))
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 3
    assert capsys.readouterr().err.startswith("desist: ")
    assert not (study / "out").exists()


def test_a_cohort_without_a_reoffence_exits_with_3(study, monkeypatch, capsys):
    edit(study, reoffended=0, days="")
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 3
    assert "people in the weighted sample reoffended" in capsys.readouterr().err
    assert not (study / "out").exists()


def test_the_demo_does_both_real_jobs(tmp_path, monkeypatch):
    assert run(monkeypatch, "demo", "--out", tmp_path) == 0
    for job in ("published", "recid"):
        files = {path.name for path in (tmp_path / job).iterdir()}
        assert files == {"evaluation.json", "evaluation.nc", "report.html"}
    published = json.loads((tmp_path / "published" / "evaluation.json").read_text())
    rate = next(row for row in published["measures"] if row["measure"] == "rate")
    assert -0.20 < rate["lower"] < rate["upper"] < -0.02
    recid = json.loads((tmp_path / "recid" / "evaluation.json").read_text())
    assert [row["measure"] for row in recid["measures"]] == [
        "rate",
        "rmst",
        "time_among_reoffenders",
        "hazard_ratio",
    ]
    assert any("cohort has no column of offences" in warning for warning in recid["warnings"])


SEVERAL = """
[study]
title = "A programme"
headline = "complex"

[data]
people = "people.csv"
treatment = "programme"
reoffended = "reoffended"

[design]
method = "ipw"

[model]
inference = "laplace"

[analyses.standard]
formula = "age"

[analyses.complex]
formula = "age + priors"
method = "radius"
caliper = 0.2

[analyses.regional]
formula = "age"
same = "region"
"""


def test_analyses_are_made_by_name_and_one_that_cannot_be_made_is_named_with_the_reason(
    study, monkeypatch, capsys
):
    people = pd.read_csv(study / "people.csv")
    edit(study, region=np.where(people["programme"] == 1, "South", "North"))
    (study / "study.toml").write_text(SEVERAL)
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 0
    assert json.loads((study / "out" / "analyses.json").read_text()) == {
        "headline": "complex",
        "made": ["complex", "standard"],
        "refused": {
            "regional": "only 0 comparison people share a value of region with the participants, "
            "fewer than 30"
        },
    }
    complex_one = json.loads((study / "out" / "complex" / "evaluation.json").read_text())
    assert complex_one["design"]["method"] == "radius"
    assert (study / "out" / "standard" / "report.html").exists()
    assert "regional analysis: not made, only 0 comparison people" in capsys.readouterr().out


def test_an_analysis_by_another_method_does_not_inherit_the_settings_of_the_first(
    study, monkeypatch
):
    edit(study, region="South")
    (study / "study.toml").write_text(
        SEVERAL.replace('method = "ipw"', 'method = "radius"\ncaliper = 0.3').replace(
            "[analyses.standard]", '[analyses.standard]\nmethod = "ipw"'
        )
    )
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 0
    standard = json.loads((study / "out" / "standard" / "evaluation.json").read_text())
    assert standard["design"]["method"] == "ipw"
    assert "caliper" not in standard["settings"]["design"]


def test_the_name_of_an_analysis_cannot_lead_out_of_the_folder(study, monkeypatch, capsys):
    (study / "study.toml").write_text(SEVERAL.replace("analyses.standard", 'analyses."../x"'))
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 2
    assert capsys.readouterr().err == (
        "desist: settings: 1 fault\n"
        "  - [analyses.../x]: expected a name of letters, digits, - and _, found '../x'; it names "
        "a folder\n"
    )


def test_the_faults_of_every_analysis_are_listed(study, monkeypatch, capsys):
    (study / "study.toml").write_text(
        SEVERAL.replace("caliper = 0.2", "calliper = 0.2").replace('same = "region"', "same = 3")
    )
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 2
    assert capsys.readouterr().err == (
        "desist: settings: 2 faults\n"
        "  - [analyses.complex] calliper: expected one of formula, method, estimand, same, "
        "caliper, scale, found an unknown key\n"
        "  - [analyses.regional] same: expected text, found 3\n"
    )


def test_an_unknown_command_exits_with_2(monkeypatch, capsys):
    assert run(monkeypatch, "evalute") == 2
    assert "No such command" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_to_is_refused_before_anything_is_computed(
    study, monkeypatch, capsys
):
    (study / "taken").write_text("a file")
    for out in (study / "taken", study / "taken" / "below", "/proc/desist"):
        assert run(monkeypatch, "evaluate", study / "study.toml", "--out", out) == 2
        assert capsys.readouterr().err.startswith("desist: report: 1 fault")


def test_weights_of_an_earlier_run_are_pointed_out(study, monkeypatch, capsys):
    (study / "out").mkdir()
    (study / "out" / "weights.csv").write_text("old")
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 0
    assert "of an earlier run is still there (personal data)" in capsys.readouterr().out
