"""Progress is told on a terminal alone, and never of what takes less than two seconds."""

import io
import sys
from threading import Event

import numpy as np
import pytest

import desist as ds
from desist import progress
from desist.checks.people.bootstrap import redo_design
from desist.estimands import Measure
from desist.execution import run_tasks
from desist.progress import follow, show_elapsed, show_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def watch(monkeypatch):
    """Put a terminal in the place of standard error; in the test, because pytest has its own."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BEFORE", 0.0)


def test_a_terminal_sees_what_is_done_and_the_elapsed_time(monkeypatch, at_once):
    terminal = watch(monkeypatch)
    with show_progress("matching again", 7, done=3) as bar:
        bar.update(2)
    assert "matching again: 3 of 7" in terminal.getvalue()
    assert "00:00 elapsed" in terminal.getvalue()


def test_what_was_shown_is_taken_away_at_the_end(monkeypatch, at_once):
    terminal = watch(monkeypatch)
    assert list(follow("abc", "spelling", 3)) == ["a", "b", "c"]
    assert terminal.getvalue().endswith("\r")


def test_what_is_done_soon_is_not_told_of(monkeypatch):
    terminal = watch(monkeypatch)
    assert progress.SECONDS_BEFORE == 2.0
    assert list(follow("abc", "spelling", 3)) == ["a", "b", "c"]
    assert terminal.getvalue().strip() == ""


def test_a_pipe_sees_nothing(monkeypatch, at_once, capsys):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(follow("abc", "spelling", 3)) == ["a", "b", "c"]
    assert run_tasks(abs, [-1, -2], progress="taking away signs") == [1, 2]
    assert stream.getvalue() == ""
    assert capsys.readouterr().out == ""


def test_a_program_without_standard_error_goes_on(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert list(follow("abc", "spelling", 3)) == ["a", "b", "c"]


def test_tasks_on_a_terminal_tell_how_many_are_done(monkeypatch, at_once):
    terminal = watch(monkeypatch)
    run_tasks(abs, [-1, -2], progress="taking away signs")
    assert "taking away signs: 0 of 2" in terminal.getvalue()
    before = terminal.getvalue()
    run_tasks(abs, [-1, -2])
    assert terminal.getvalue() == before


def test_long_runs_of_the_package_tell_of_themselves(monkeypatch, at_once):
    terminal = watch(monkeypatch)
    cohort = ds.simulate_cohort(40, 160, rng=8, n_groups=0).cohort
    design = ds.build_design(cohort, "age + copas", method=ds.InverseProbability())
    list(ds.draw_designs(cohort, design, n_draws=3, rng=1))
    redo_design(cohort, design, n_resamples=8, rng=1)
    redraws = ds.checks.redraw(design, n_draws=20, rng=1)
    ds.checks.check_randomisation(np.arange(200.0), design, Measure.RATE, redraws)
    shown = terminal.getvalue()
    for words in ("drawing designs", "resampling people", "redrawing participation"):
        assert words in shown


def test_the_elapsed_time_is_told_without_any_step(monkeypatch, at_once):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 0.01)
    terminal = watch(monkeypatch)
    shown = Event()
    monkeypatch.setattr(terminal, "write", tell(terminal.write, shown, "evaluating: 00:00 elapsed"))
    with show_elapsed("evaluating"):
        assert shown.wait(30)
    assert terminal.getvalue().endswith("\r")


def test_the_elapsed_time_of_a_short_run_or_into_a_pipe_is_not_told(monkeypatch):
    terminal = watch(monkeypatch)
    with show_elapsed("evaluating"):
        pass
    assert terminal.getvalue().strip() == ""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "SECONDS_BEFORE", 0.0)
    with show_elapsed("evaluating"):
        pass
    assert stream.getvalue() == ""


def tell(write, event, words):
    """Write as before, and say when certain words have come."""

    def written(text):
        if words in text:
            event.set()
        return write(text)

    return written
