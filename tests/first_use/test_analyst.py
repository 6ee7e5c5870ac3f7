"""An analyst with a folder and no Python: `init`, `check`, `evaluate`, nothing else."""

import json
import re
import sys

import numpy as np
import pandas as pd
import pytest

from desist.cli import main

pytestmark = pytest.mark.usefixtures("few_draws")

N = 150


def make_people(rng):
    took_part = rng.random(N) < 0.45
    released = pd.Timestamp("2019-01-03") + pd.to_timedelta(rng.integers(0, 300, N), unit="D")
    days = rng.exponential(450, N).astype(int)
    offended = released + pd.to_timedelta(days, unit="D")
    people = pd.DataFrame(
        {
            "Prisoner ID": [f"A{i:04d}" for i in range(N)],
            "Took part": np.where(took_part, "Yes", "No"),
            "Age at release": [str(a).replace(".", ",") for a in rng.uniform(18, 60, N).round(1)],
            "Prior convictions": [str(k) for k in rng.poisson(4, N)],
            "Accommodation": rng.choice(["Café Street", "none", "family"], N),
            "Release date": released.strftime("%d/%m/%Y"),
            "Date of first reoffence": np.where(days < 500, offended.strftime("%d/%m/%Y"), ""),
        }
    )
    people.loc[rng.random(N) < 0.15, "Prior convictions"] = ""
    people.loc[rng.random(N) < 0.15, "Accommodation"] = ""
    return people


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("analyst")
    text = make_people(np.random.default_rng(8)).to_csv(index=False, sep=";")
    (folder / "people.csv").write_bytes(text.encode("cp1252"))
    return folder


def desist(capsys, *arguments):
    sys.argv = ["desist", *map(str, arguments)]
    with pytest.raises(SystemExit) as stopped:
        main()
    printed = capsys.readouterr()
    assert stopped.value.code == 0, printed.err
    return printed


def test_from_a_spreadsheet_to_a_report(folder, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", sys.argv)
    made = desist(capsys, "init", folder / "people.csv").out
    assert "Windows-1252" in made
    assert "semicolons between the cells" in made
    settings = folder / "people.toml"
    assert "# guessed" in settings.read_text()

    checked = desist(capsys, "check", settings).out
    assert "No outcome was read" in checked
    assert "Prior convictions_missing" in checked
    assert re.search(r"radius \(.*ATT\): \d+ participants with \d+ comparison people", checked)

    printed = desist(capsys, "evaluate", settings, "--out", folder / "out")
    assert printed.out.rstrip().endswith(f"To read: {folder / 'out' / 'report.html'}")
    record = json.loads((folder / "out" / "evaluation.json").read_text())
    assert {"rate", "rmst"} <= {row["measure"] for row in record["measures"]}
    everything = b"".join(path.read_bytes() for path in (folder / "out").rglob("*.*"))
    assert b"A0001" not in everything


def test_a_settings_file_is_not_written_over(folder, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["desist", "init", str(folder / "people.csv")])
    (folder / "people.toml").touch()
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "expected no file yet" in capsys.readouterr().err


def test_a_check_reads_no_outcome(folder, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", sys.argv)
    people = make_people(np.random.default_rng(8))
    people["Date of first reoffence"] = "not a date at all"
    other = folder / "other"
    other.mkdir()
    (other / "people.csv").write_bytes(people.to_csv(index=False, sep=";").encode("cp1252"))
    desist(capsys, "init", folder / "people.csv", "--out", other / "study.toml")
    text = (other / "study.toml").read_text()
    (other / "study.toml").write_text(re.sub(r"(?m)^people = .*$", 'people = "people.csv"', text))
    assert "No outcome was read" in desist(capsys, "check", other / "study.toml").out
