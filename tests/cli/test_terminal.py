"""Nothing that a terminal obeys reaches it."""

import io
import subprocess
import sys
import unicodedata
from pathlib import Path

import pandas as pd
import pytest

import desist as ds
from desist.cli.terminal import make_harmless, quote_path, say, say_error
from desist.errors import Fault, InputError, SeparationError

OBEYED = ["\x1b[31m", "\x07", "\r", "\n", "\x9b", "\u202e", "\u2066", "\u200f", "\u2028", "\udcff"]


@pytest.mark.parametrize("text", OBEYED, ids=ascii)
def test_what_a_terminal_obeys_is_written_out(text):
    shown = make_harmless(f"before{text}after")
    assert shown.isprintable()
    assert shown.startswith("before")
    assert "\\" in shown


def test_words_and_signs_stay_as_they_are():
    for text in ("Prison work – 1977–78 “recid”", "Œuvre 東京 é", "a path/of files.csv"):
        assert make_harmless(text) == text


def test_no_control_character_of_all_is_let_through():
    for number in range(0x3000):
        shown = make_harmless(chr(number))
        assert all(unicodedata.category(one) not in ("Cc", "Cf") or one == "\t" for one in shown)


def test_a_fault_cannot_make_a_line_of_its_own(capsys):
    fault = Fault("a\nb", "text", "\x1b[2J", "mend it")
    say_error(InputError("cohort", [fault, fault]))
    assert capsys.readouterr().err.splitlines() == [
        "desist: cohort: 2 faults",
        *["  - a\\nb: expected text, found \\x1b[2J; mend it"] * 2,
    ]


def test_reasons_keep_their_own_lines(capsys):
    say_error(SeparationError("rate model:\n  - one\n  - an\x1bother"))
    assert capsys.readouterr().err.splitlines() == [
        "desist: rate model:",
        "  - one",
        "  - an\\x1bother",
    ]


def test_a_terminal_that_knows_few_characters_gets_codes(monkeypatch):
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    say("an en dash – here")
    narrow.flush()
    assert narrow.buffer.getvalue() == b"an en dash \\u2013 here\n"


def test_where_rows_are_numbered_a_spreadsheet_is_told_its_line(capsys):
    twice = Fault("id", "one row per person", "1 person in 2 rows (rows 41, 78)", "keep one")
    say_error(InputError("cohort", [twice]))
    assert capsys.readouterr().err.splitlines()[-1] == (
        "Row 1 is the first person: in a spreadsheet it is line 2."
    )
    say_error(InputError("cohort", [Fault("id", "one row per person", "no rows")]))
    assert "spreadsheet" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("out/people.toml", "out/people.toml"),
        ("my people.toml", '"my people.toml"'),
        ("a(1).toml", '"a(1).toml"'),
        ("Café.toml", "Café.toml"),
    ],
)
def test_a_path_is_shown_as_it_has_to_be_typed(path, typed):
    assert quote_path(Path(path)) == typed


def test_a_covariate_with_gaps_is_told_the_section_of_the_settings_file(capsys):
    people = pd.DataFrame({"t": [1, 0] * 10, "needs": ["low", None, *["high"] * 18]})
    with pytest.raises(InputError) as caught:
        ds.build_design(ds.Cohort(people, treatment="t"), "needs", method=ds.InverseProbability())
    say_error(caught.value)
    assert 'In a settings file: [missing], and below it "NAME"' in capsys.readouterr().err


def test_help_waits_for_nothing_that_computes():
    code = "import desist.cli, sys; print({'numpy', 'pandas', 'pymc', 'scipy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
