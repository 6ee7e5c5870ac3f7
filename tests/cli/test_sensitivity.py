import json
import sys
from base64 import b64encode

import numpy as np
import pandas as pd
import pytest

from desist.cli import main
from desist.cli.sensitivity import ANALYSES, choose_analyses
from desist.cli.study import DOUBTS, read_study
from desist.errors import InputError
from desist.sensitivity.specifications import run as of_run

pytestmark = pytest.mark.usefixtures("few_draws")

SETTINGS = """
[study]
title = "A <programme>"

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

[sensitivity]
calipers = [0.1]
methods = ["overlap"]
formulas = ["age"]
redraws = 19
placebos = 20
lost = 44
start = "start"
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    rng = np.random.default_rng(5)
    n = 300
    reoffended = (rng.random(n) < 0.4).astype(int)
    people = pd.DataFrame(
        {
            "person": [f"P{i:04d}" for i in range(n)],
            "programme": (rng.random(n) < 0.35).astype(int),
            "age": rng.integers(18, 60, n),
            "priors": rng.poisson(3, n),
            "start": 5,
            "reoffended": reoffended,
            "days": np.where(reoffended == 1, rng.integers(6, 365, n), np.nan),
        }
    )
    people.to_csv(folder / "people.csv", index=False)
    (folder / "study.toml").write_text(SETTINGS)
    return folder


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["desist", "sensitivity", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return stopped.value.code


def change(study, name, **entries):
    text = SETTINGS
    for key, value in entries.items():
        text += f"{key} = {value}\n"
    path = study / name
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def written(study):
    patch = pytest.MonkeyPatch()
    code = run(patch, study / "study.toml", "--out", study / "out")
    patch.undo()
    assert code == 0
    return study / "out"


def test_tables_pictures_and_one_page_are_written(written):
    record = json.loads((written / "sensitivity.json").read_text())
    made = [one["name"] for one in record["made"]]
    assert set(made) | set(record["refused"]) == set(ANALYSES)
    assert list(record["refused"]) == ["rosenbaum_bounds"]
    for name in made:
        assert (written / f"{name}.csv").stat().st_size > 0
    assert (written / "multiverse.svg").exists()
    page = (written / "sensitivity.html").read_text()
    assert page.count("The doubt:") == len(made)
    assert "A &lt;programme&gt;: what would change the answer" in page
    assert "the design has no disjoint matched sets" in page


def test_a_picture_beside_its_table_is_that_of_the_page(written):
    page = (written / "sensitivity.html").read_text()
    pictures = sorted(written.glob("*.svg"))
    assert len(pictures) > 3
    for path in pictures:
        content = path.read_bytes()
        assert b"<svg" in content
        assert b64encode(content).decode() in page


def test_nothing_that_is_written_names_a_person(written):
    files = [path for path in written.iterdir() if path.suffix != ".store"]
    assert len(files) > 10
    for path in files:
        assert b"P0001" not in path.read_bytes(), path.name
    rows = pd.read_csv(written / "leave_out.csv")
    assert (rows["kind"] == "reoffenders").sum() == 1


def test_the_choices_of_the_settings_are_all_tried(written):
    table = pd.read_csv(written / "multiverse.csv")
    assert set(table["method"]) == {"as planned", "overlap", "caliper 0.1"}
    assert set(table["formula"]) == {"age + priors", "age"}
    assert len(table) == 3 * 2 * 2


def test_a_run_that_was_stopped_goes_on(study, written, monkeypatch):
    path = change(study, "one.toml", analyses='["multiverse"]')
    done = []

    def stop(cohort, mark, one, answer=of_run.answer):
        if len(done) == 5:
            raise KeyboardInterrupt
        done.append(one.names)
        return answer(cohort, mark, one)

    def go_on(cohort, mark, one, answer=of_run.answer):
        done.append(one.names)
        return answer(cohort, mark, one)

    monkeypatch.setattr(of_run, "answer", stop)
    assert run(monkeypatch, path, "--out", study / "again") == 130
    assert not (study / "again" / "sensitivity.html").exists()
    monkeypatch.setattr(of_run, "answer", go_on)
    assert run(monkeypatch, path, "--out", study / "again") == 0
    assert len(done) == 12  # five before, the other seven after, none twice
    first, second = (
        pd.read_csv(folder / "multiverse.csv") for folder in (written, study / "again")
    )
    assert first.equals(second)


def test_every_bad_setting_is_listed_and_nothing_is_written(study, monkeypatch, capsys):
    path = study / "bad.toml"
    bad = SETTINGS.replace("[0.1]", "[0]").replace("redraws = 19", "redraws = 5")
    bad = bad.replace("lost = 44\n", "").replace('"overlap"', '"overlaps", "radio"')
    more = 'measure = "time"\nanalyses = ["multivers", "attrition"]\nin_report = "yes"\n'
    path.write_text(bad.replace("placebos = 20", "placebo = 20") + more)
    assert run(monkeypatch, path, "--out", study / "none") == 2
    said = capsys.readouterr().err
    assert "settings: 9 faults" in said
    for meant in ("placebos", "multiverse", "overlap"):
        assert f"did you mean {meant}?" in said
    assert "lost: expected a value, for attrition, found none" in said
    assert not (study / "none").exists()


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"analyses": '["multivers"]'}, "expected some of e_values"),
        ({"methods": '["radios"]'}, r"\[sensitivity\] methods: expected some of radius"),
    ],
)
def test_unknown_names_are_refused_before_anything_is_computed(study, entries, words):
    text = SETTINGS.replace('methods = ["overlap"]\n', "") if "methods" in entries else SETTINGS
    path = study / "names.toml"
    path.write_text(text + "".join(f"{key} = {value}\n" for key, value in entries.items()))
    with pytest.raises(InputError, match=words):
        choose_analyses(read_study(path))


def test_an_analysis_that_needs_a_setting_is_not_made_without_it(study):
    text = SETTINGS.replace("lost = 44\n", "").replace('start = "start"\n', "")
    (study / "plain.toml").write_text(text)
    chosen = choose_analyses(read_study(study / "plain.toml"))
    assert not {"attrition", "time_zero"} & set(chosen)
    (study / "plain.toml").write_text(text + 'analyses = ["attrition"]\n')
    with pytest.raises(InputError, match="lost: expected a value, for attrition, found none"):
        choose_analyses(read_study(study / "plain.toml"))


def test_the_names_that_settings_may_have_are_those_that_can_be_made():
    assert tuple(ANALYSES) == DOUBTS


@pytest.mark.usefixtures("undrawn")
def test_the_report_takes_the_analyses_where_the_settings_ask(study, written, monkeypatch, capsys):
    asked = '["placebo_programmes", "leave_out", "rosenbaum_bounds"]'
    path = change(study, "reported.toml", analyses=asked, in_report="true")
    monkeypatch.setattr(sys, "argv", ["desist", "evaluate", str(path), "--out", str(written)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 0
    assert "rosenbaum_bounds: not made" in capsys.readouterr().err
    record = json.loads((written / "evaluation.json").read_text())
    assert [one["name"] for one in record["sensitivity"]] == ["leave_out", "placebo_programmes"]
    assert record["bias"]["n_programmes"] == 20
    page = (written / "report.html").read_text()
    assert page.count("The doubt: ") == 2
    assert "programmes that nobody gave" in page
    assert "P0001" not in page


def test_so_few_people_that_it_would_be_about_them_are_not_reported(study, monkeypatch, capsys):
    people = pd.read_csv(study / "people.csv")
    few = people[(people["programme"] == 0) | (people.index < 20)]
    few.to_csv(study / "few.csv", index=False)
    path = study / "few.toml"
    path.write_text(SETTINGS.replace("people.csv", "few.csv"))
    assert run(monkeypatch, path, "--out", study / "few") == 3
    assert "fewer than 10 people of an arm" in capsys.readouterr().err
