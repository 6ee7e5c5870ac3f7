"""The forest: what is on it, and that nothing is shown or left behind."""

import subprocess
import sys

import pytest
from matplotlib.figure import Figure

from desist.report.pictures.forest import describe_forest, forest
from desist.report.view import make_view


def labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def find_ends(figure):
    """Where the words beside an axis begin and end, and how wide the picture is."""
    figure.draw_without_rendering()
    for ax in figure.axes:
        for text in (*ax.get_yticklabels(), ax.xaxis.label):
            box = text.get_window_extent()
            yield box.x0, box.x1, figure.bbox.width


def test_the_forest_has_a_panel_for_each_measure_in_its_own_unit(published):
    figure = forest(published, rules="2017")
    assert isinstance(figure, Figure)
    assert [ax.get_title(loc="left") for ax in figure.axes] == [
        "People who reoffend",
        "Reoffences",
        "Time to first reoffence (descriptive)",
    ]
    units = ["people per 100", "reoffences per 100 people", "days"]
    assert all(unit in ax.get_xlabel() for ax, unit in zip(figure.axes, units, strict=True))


def test_the_forest_leaves_out_time_on_few_reoffenders_under_the_rules_of_2019(published):
    assert len(forest(published, rules="2019").axes) == 2


def test_the_posterior_is_above_its_checks_and_checks_without_interval_are_left_out(published):
    rate, _, time = forest(published, rules="2017").axes
    assert labels(rate) == ["Posterior", "Welch t-test", "Newcombe interval"]
    assert labels(time) == ["Posterior", "Welch t-test"]
    assert rate.yaxis_inverted()


def test_intervals_are_drawn_in_the_unit_of_the_panel(published):
    rate = forest(published, rules="2017").axes[0]
    welch = rate.lines[2].get_xdata()
    assert list(welch) == pytest.approx([-20.206, -4.07])


def test_the_line_of_no_difference_is_zero_or_one(of_people):
    rate, _, hazard = forest(of_people).axes
    assert rate.lines[-1].get_xdata()[0] == 0
    assert hazard.lines[-1].get_xdata()[0] == 1
    assert hazard.get_xscale() == "log"


def test_a_forest_without_a_measure_says_so(of_people, but):
    figure = forest(but(of_people, effects=()))
    assert figure.axes[0].texts[0].get_text() == "No measure has an interval."


def test_matplotlib_is_imported_only_to_draw():
    code = "import desist.report, sys; print('matplotlib' in sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_labels_do_not_leave_the_picture(published):
    for begin, end, width in find_ends(forest(published, rules="2017")):
        assert begin >= 0
        assert end <= width


def test_the_forest_is_described_in_words(published):
    words = describe_forest(make_view(published, "2017"))
    assert "People who reoffend: 0 of 3 intervals reach across the line of no difference." in words
