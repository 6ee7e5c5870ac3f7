import json
import os
import re
import sys

import numpy as np
import pandas as pd
import pytest

from desist.cli import main
from desist.cli.study import read_study
from desist.errors import InputError

pytestmark = pytest.mark.usefixtures("few_draws")

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
# for what does not hang on the measures: one of them is quicker than four
RATE_ALONE = SETTINGS.replace('days = "days"\n', "")

WRITTEN = {
    "annex.xlsx",
    "evaluation.json",
    "evaluation.nc",
    "report.html",
    "report.md",
    "tables",
}


@pytest.fixture
def study(tmp_path, undrawn):  # `test_demo` draws the pictures
    """A folder with people and settings."""
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
    # with this end of a line every Python quotes a carriage return in a cell
    people.assign(**columns).to_csv(study / "people.csv", index=False, lineterminator="\r\n")


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


def test_the_report_says_what_the_settings_say_of_the_programme(study, monkeypatch):
    told = '[report]\nplace = "HMP Send"\nlabels = {age = "Age at release"}\n'
    (study / "study.toml").write_text(RATE_ALONE + told)
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 0
    page = (study / "out" / "report.html").read_text()
    assert "HMP Send" in page
    assert "Age at release" in page


def test_labels_are_a_table_of_texts(study, monkeypatch, capsys):
    (study / "study.toml").write_text(SETTINGS + '[report]\nlabels = "age"\nplace = 3\n')
    assert run(monkeypatch, "check", study / "study.toml") == 2
    shown = capsys.readouterr().err
    assert "[report] labels: expected a table of texts, found" in shown
    assert "[report] place: expected text, found 3" in shown


def test_weights_leave_the_house_only_when_asked_for(study, monkeypatch):
    (study / "study.toml").write_text(RATE_ALONE)
    code = run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out", "--weights")
    assert code == 0
    weights = pd.read_csv(study / "out" / "weights.csv")
    assert list(weights.columns) == ["person", "weight"]
    assert len(weights) == 240
    others = [path for path in (study / "out").rglob("*.*") if path.name != "weights.csv"]
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
        "  - [desing]: expected one of study, data, missing, design, model, margins, programmes, "
        "report, sensitivity, analyses, found an unknown section; did you mean design?\n"
        "  - [data] treatment: expected a value, found none; add it\n"
        "  - [data] follow_up: expected a number or text, found a list of 1\n"
        "  - [design] calliper: expected one of formula, method, estimand, caliper, scale, "
        "found an unknown key; did you mean caliper?\n"
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


def test_a_path_with_blanks_is_said_to_need_quotation_marks(monkeypatch, capsys):
    assert run(monkeypatch, "check", "my", "people.toml") == 2
    assert capsys.readouterr().err.rstrip().endswith("goes between quotation marks.")


def test_rows_that_are_the_same_are_told_where_nothing_tells_people_apart(
    study, monkeypatch, capsys
):
    people = pd.read_csv(study / "people.csv").drop(columns="person")
    pd.concat([people, people.iloc[[3]]]).to_csv(study / "people.csv", index=False)
    settings = study / "my study.toml"
    settings.write_text(RATE_ALONE.replace('person = "person"\n', ""))
    assert run(monkeypatch, "check", settings) == 0
    printed = capsys.readouterr().out
    assert "some rows are the same in every column: name the column of the identifier" in printed
    assert printed.rstrip().endswith(f'desist evaluate "{settings}"')


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


def test_a_study_of_five_participants_says_first_that_nothing_may_be_reported(
    study, monkeypatch, capsys
):
    edit(study, programme=[1] * 5 + [0] * 235, weight=1.0)
    settings = SETTINGS.replace(
        'method = "radius"\ncaliper = 0.2', 'method = "given"\ncolumn = "weight"'
    )
    (study / "study.toml").write_text(settings)
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 3
    told = capsys.readouterr()
    assert "Nothing may be reported: fewer than 10 participants are compared" in told.out
    assert "no result of the headline may be printed" in told.err
    assert [path.name for path in (study / "out").iterdir()] == ["report.html"]
    page = (study / "out" / "report.html").read_text()
    assert "Fewer than 10 participants are compared" in page
    assert "5" not in page[page.index("<main>") :]


def test_few_reoffenders_are_said_in_a_banner_with_no_cards_and_exit_with_3(
    study, monkeypatch, capsys
):
    people = pd.read_csv(study / "people.csv")
    treated = people.index[people["programme"] == 1]
    reoffended = people["reoffended"].where(people["programme"] == 0, 0)
    reoffended[treated[:6]] = 1
    edit(study, reoffended=reoffended, days=np.where(reoffended == 1, 100, np.nan))
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 3
    banner = "No result is printed under rule set 2019: fewer than 10 people of an arm reoffended"
    assert banner in capsys.readouterr().out
    page = (study / "out" / "report.html").read_text()
    assert banner in page
    for part in ('class="card"', "What may be said", 'id="results"', "Not printed:"):
        assert part not in page
    assert json.loads((study / "out" / "evaluation.json").read_text())["answer"].startswith(banner)


def test_a_cohort_without_a_reoffence_exits_with_3(study, monkeypatch, capsys):
    edit(study, reoffended=0, days="")
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 3
    assert "people in the weighted sample reoffended" in capsys.readouterr().err
    assert not (study / "out").exists()


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


def test_an_analysis_that_tells_of_few_beside_the_headline_is_said_or_refused(
    study, monkeypatch, capsys
):
    text = SEVERAL[: SEVERAL.index("[analyses.regional]")]
    told = "beside the complex analysis it tells of fewer than 10 participants"
    (study / "study.toml").write_text(text)
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 0
    assert f"standard analysis: {told}" in capsys.readouterr().err
    assert (study / "out" / "standard" / "report.html").exists()
    (study / "study.toml").write_text(f'{text}\n[report]\nrules = "sacro"\n')
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "strict") == 0
    assert f"standard analysis: not made, {told}" in capsys.readouterr().out
    made = json.loads((study / "strict" / "analyses.json").read_text())
    assert made["made"] == ["complex"]
    assert not (study / "strict" / "standard").exists()


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
        "caliper, scale, found an unknown key; did you mean caliper?\n"
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
    (study / "study.toml").write_text(RATE_ALONE)
    (study / "out").mkdir()
    (study / "out" / "weights.csv").write_text("old")
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 0
    assert "of an earlier run is still there (personal data)" in capsys.readouterr().out


WITHOUT_EVENTS = """
[analyses.older]
method = "given"
column = "old"
formula = "priors"
"""


def test_a_side_analysis_that_the_data_cannot_answer_leaves_the_others(study, monkeypatch, capsys):
    people = pd.read_csv(study / "people.csv")
    old = people["age"] > 50
    edit(study, old=old * 1.0, reoffended=people["reoffended"].where(~old, 0), region="South")
    (study / "study.toml").write_text(SEVERAL + WITHOUT_EVENTS)
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 0
    made = json.loads((study / "out" / "analyses.json").read_text())
    assert made["made"] == ["complex", "standard"]
    assert "reoffended" in made["refused"]["older"]
    assert "older analysis: not made" in capsys.readouterr().out
    assert not (study / "out" / "older").exists()


def test_a_headline_that_the_data_cannot_answer_exits_with_3_and_writes_nothing(study, monkeypatch):
    people = pd.read_csv(study / "people.csv")
    old = people["age"] > 50
    edit(study, old=old * 1.0, reoffended=people["reoffended"].where(~old, 0), region="South")
    settings = SEVERAL.replace('headline = "complex"', 'headline = "older"') + WITHOUT_EVENTS
    (study / "study.toml").write_text(settings)
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 3
    assert not (study / "out").exists()


def test_results_of_analyses_that_are_no_longer_asked_for_are_taken_away_by_name(
    study, monkeypatch, capsys
):
    edit(study, region="South")
    (study / "study.toml").write_text(SEVERAL)
    out = study / "out"
    run(monkeypatch, "evaluate", study / "study.toml", "--out", out)
    (out / "standard" / "notes.txt").write_text("mine")
    (out / "mine").mkdir()
    (out / "mine" / "evaluation.json").write_text("{}")
    (study / "study.toml").write_text(RATE_ALONE)
    capsys.readouterr()
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", out) == 0
    assert "complex/report.html of an earlier run is taken away" in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == WRITTEN | {"standard", "mine"}
    assert [path.name for path in (out / "standard").iterdir()] == ["notes.txt"]


def test_weights_are_readable_by_their_owner_only_and_a_spreadsheet_computes_nothing(
    study, monkeypatch
):
    people = pd.read_csv(study / "people.csv")
    names = people["person"].tolist()
    starts = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\tx", "\rx", " =2", "\uff1d1"]
    edit(study, person=[*starts, *names[len(starts) :]])
    text = (study / "people.csv").read_text().replace("person,", "=person,", 1)
    (study / "people.csv").write_text(text)
    (study / "study.toml").write_text(RATE_ALONE.replace('person = "person"', 'person = "=person"'))
    out = study / "out"
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", out, "--weights") == 0
    assert (out / "weights.csv").stat().st_mode & 0o777 == 0o600
    weights = pd.read_csv(out / "weights.csv", keep_default_na=False)
    assert weights.columns[0] == "'=person"
    assert all(cell.startswith("'") for cell in weights.iloc[: len(starts), 0])
    assert weights.iloc[-1, 0] == names[-1]


@pytest.mark.parametrize(
    "place", ["out", "out/report.html", "out/evaluation.nc", "out/evaluation.json"]
)
def test_links_are_not_followed(study, monkeypatch, capsys, place):
    precious = study / "precious"
    precious.mkdir() if place == "out" else precious.write_text("mine")
    (study / place).parent.mkdir(exist_ok=True)
    (study / place).symlink_to(precious)
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 2
    assert "a symbolic link" in capsys.readouterr().err
    assert not list(precious.iterdir()) if place == "out" else precious.read_text() == "mine"


def test_folders_and_links_to_nowhere_in_place_of_files_are_one_error(study, monkeypatch, capsys):
    for name in ("report.html", "evaluation.json"):
        (study / "out" / name).mkdir(parents=True)
    (study / "nowhere").symlink_to("/nowhere/x")
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 2
    assert capsys.readouterr().err.count("found a folder") == 2
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "nowhere") == 2
    assert "found a symbolic link" in capsys.readouterr().err
    assert {path.name for path in (study / "out").iterdir()} == {"report.html", "evaluation.json"}


def test_an_unknown_rule_set_is_refused_before_anything_is_computed(study, monkeypatch, capsys):
    (study / "people.csv").write_text("not a table")
    (study / "study.toml").write_text(SETTINGS + '\n[report]\nrules = "2020"\n')
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 2
    assert capsys.readouterr().err == (
        "desist: settings: 1 fault\n  - [report] rules: expected one of 2017, 2019, sacro, "
        "found '2020'\n"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a = " + "[" * 100_000 + "]" * 100_000, "brackets within brackets"),
        ("a = " + "9" * 5000, "a number of too many digits"),
        ("a = 1\n" * 300_000, "expected at most 1,048,576 bytes"),
        ("a = \x1b[31m", "expected a TOML file"),
    ],
)
def test_what_is_no_settings_file_is_one_short_error(study, monkeypatch, capsys, text, found):
    (study / "study.toml").write_text(text)
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 2
    message = capsys.readouterr().err
    assert found in message
    assert message.startswith("desist: settings: 1 fault")
    assert len(message) < 400
    assert "\x1b" not in message


@pytest.mark.parametrize("value", ["1", "1.5", "true", "[1]", "{a = 1}", "1979-05-27", "nan"])
@pytest.mark.parametrize(
    "key",
    [
        "study.title",
        "study.headline",
        "data.people",
        "data.treatment",
        "data.person",
        "data.reoffended",
        "data.groups",
        "design.formula",
        "design.method",
        "design.estimand",
        "model.covariates",
        "model.inference",
        "report.rules",
        "study",
        "data",
        "design",
        "model",
        "report",
        "analyses",
        "analyses.a",
    ],
)
def test_settings_of_the_wrong_kind_are_faults(tmp_path, key, value):
    lines = {
        "data.people": '"people.csv"',
        "data.treatment": '"t"',
        "design.method": '"ipw"',
    }
    (tmp_path / "people.csv").write_text("t\n1\n")
    if "." not in key:
        lines = {name: line for name, line in lines.items() if not name.startswith(key)}
        lines = {key: value, **lines}
        if value == "{a = 1}":
            pytest.skip("a table is what a section is")
    lines[key] = value
    text = "\n".join(f"{name} = {line}" for name, line in lines.items())
    (tmp_path / "study.toml").write_text(text)
    with pytest.raises(InputError, match=r"settings: \d+ fault"):
        read_study(tmp_path / "study.toml")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", "-1"),
        ("seed", "1.0"),
        ("seed", "true"),
        ("horizon", "0"),
        ("horizon", "inf"),
        ("horizon", "9" * 400),
        ("horizon", '"365"'),
        ("calibrated", '"yes"'),
        ("calibrated", "1"),
    ],
)
def test_numbers_out_of_range_are_faults(tmp_path, key, value):
    (tmp_path / "people.csv").write_text("t\n1\n")
    text = 'data.people = "people.csv"\ndata.treatment = "t"\ndesign.method = "ipw"\n'
    (tmp_path / "study.toml").write_text(f"{text}model.{key} = {value}\n")
    with pytest.raises(InputError, match=rf"\[model\] {key}: expected"):
        read_study(tmp_path / "study.toml")


def test_margins_and_calibration_are_read_and_their_faults_listed_together(tmp_path):
    (tmp_path / "people.csv").write_text("t\n1\n")
    text = 'data.people = "people.csv"\ndata.treatment = "t"\ndesign.method = "ipw"\n'
    good = "model.calibrated = false\nmargins.rate = 0.05\nmargins.rmst = 10\n"
    (tmp_path / "study.toml").write_text(text + good)
    study = read_study(tmp_path / "study.toml")
    assert (study.model, study.margins) == ({"calibrated": False}, {"rate": 0.05, "rmst": 10})
    bad = 'model.calibrated = "no"\nmargins.rate = 5\nmargins.rmts = 1\nmargins.frequency = "1"\n'
    (tmp_path / "study.toml").write_text(text + bad)
    with pytest.raises(InputError) as caught:
        read_study(tmp_path / "study.toml")
    lines = str(caught.value).splitlines()[1:]
    assert "  - [model] calibrated: expected true or false, found 'no'" in lines
    assert (
        "  - [margins] rate: expected a number above 0 and below 1, found 5; a proportion: for 5 "
        "per 100 people write 0.05" in lines
    )
    assert any(line.startswith("  - [margins] rmts: expected one of rate") for line in lines)
    assert "  - [margins] frequency: expected a number, found '1'" in lines


def test_of_a_study_of_few_participants_only_the_page_that_says_so_is_written(
    study, monkeypatch, capsys
):
    people = pd.read_csv(study / "people.csv")
    edit(study, programme=(people.index < 9).astype(int))
    (study / "study.toml").write_text(
        SETTINGS.replace('method = "radius"\ncaliper = 0.2', 'method = "ipw"')
    )
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 3
    shown = capsys.readouterr()
    assert "fewer than 10 participants are compared" in shown.out
    assert not re.search(r"\b9\b", shown.out + shown.err)
    assert [path.name for path in (study / "out").iterdir()] == ["report.html"]


@pytest.mark.parametrize("name", ["none.csv", ".", "x" * 300 + ".csv", "pipe.csv"])
def test_people_who_cannot_be_read_exit_with_2(study, monkeypatch, capsys, name):
    os.mkfifo(study / "pipe.csv")
    (study / "study.toml").write_text(SETTINGS.replace("people.csv", name))
    assert run(monkeypatch, "evaluate", study / "study.toml", "--out", study / "out") == 2
    assert "[data] people" in capsys.readouterr().err
    assert not (study / "out").exists()
