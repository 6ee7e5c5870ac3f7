"""A newcomer who knows a spreadsheet: what the page shows is what a terminal shows."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from desist.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "spreadsheet.rst"
N = 150


def make_people():
    """Make the table of the page: semicolons, decimal commas, dates, gaps, words for yes and no."""
    rng = np.random.default_rng(11)
    took_part = rng.random(N) < 0.4
    released = pd.Timestamp("2019-01-07") + pd.to_timedelta(rng.integers(0, 300, N), unit="D")
    days = rng.exponential(np.where(took_part, 900, 500)).astype(int) + 1
    offended = released + pd.to_timedelta(days, unit="D")
    needs = rng.choice(["low", "medium", "high", ""], N, p=[0.3, 0.25, 0.25, 0.2])
    return pd.DataFrame(
        {
            "Person ID": [f"A{i:04d}" for i in range(N)],
            "Took part": np.where(took_part, "Yes", "No"),
            "Age at release": [f"{age:.1f}".replace(".", ",") for age in rng.uniform(18, 60, N)],
            "Previous convictions": rng.poisson(4, N),
            "Needs": needs,
            "Date of release": released.strftime("%d/%m/%Y"),
            "Date of reoffence": np.where(days < 600, offended.strftime("%d/%m/%Y"), ""),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("newcomer")
    write(folder, make_people())
    return folder


def write(folder, people):
    (folder / "people.csv").write_bytes(people.to_csv(index=False, sep=";").encode("cp1252"))


@pytest.fixture
def type_in(folder, monkeypatch, capsys):
    """Type a line of the page in the folder; returns the exit code and what is printed."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", sys.argv)

    def typed(line):
        sys.argv = line.split()
        with pytest.raises(SystemExit) as stopped:
            main()
        printed = capsys.readouterr()
        return stopped.value.code, printed.out + printed.err

    return typed


def read_transcript(command):
    """Return the lines that the page shows below a command."""
    box = re.search(
        rf"^   \$ {re.escape(command)}\n((?:   (?!\$).*\n)*)", PAGE.read_text(), re.MULTILINE
    )
    assert box is not None, command
    return [line[3:] for line in box.group(1).splitlines()]


def test_every_line_that_the_page_shows_is_printed_in_its_order(folder, type_in):
    for command in ("desist init people.csv", "desist check people.toml"):
        code, printed = type_in(command)
        assert code == 0, printed
        assert [line.rstrip() for line in printed.splitlines()] == read_transcript(command)


def test_the_table_that_the_page_shows_is_the_one_that_is_read(folder):
    shown = re.search(r"^   Person ID;(?:.*\n)(?:   A.*\n)+", PAGE.read_text(), re.MULTILINE)
    lines = [line.strip() for line in shown.group(0).splitlines()]
    assert lines == (folder / "people.csv").read_text().splitlines()[: len(lines)]


def test_the_settings_that_the_page_shows_are_those_that_are_written(folder, type_in):
    type_in("desist init people.csv")
    written = (folder / "people.toml").read_text().splitlines()
    box = re.search(r"code-block:: toml\n\n((?:   .*\n|\n)+)", PAGE.read_text()).group(1)
    shown = [line[3:] for line in box.splitlines() if line.strip()]
    assert shown
    assert [line for line in shown if line not in written] == []


def test_a_person_who_is_there_twice_is_named_by_the_line_of_the_spreadsheet(tmp_path, type_in):
    people = make_people()
    write(tmp_path, pd.concat([people, people.iloc[[40]]]))
    assert type_in(f"desist init {tmp_path / 'people.csv'}")[0] == 0
    code, printed = type_in(f"desist check {tmp_path / 'people.toml'}")
    assert code == 2
    assert "found 1 person in 2 rows (rows 41, 151)" in printed
    assert printed.splitlines()[-1].endswith("in a spreadsheet it is line 2.")
