"""The two pictures: what is on them, and that nothing is shown or left behind."""

import subprocess
import sys

import pytest
from matplotlib.figure import Figure

from desist.report.pictures.forest import describe_forest, forest
from desist.report.pictures.love import describe_love_plot, love_plot
from desist.report.view import make_view


def labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


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
    assert figure.texts[0].get_text() == "No measure has an interval."


def test_the_love_plot_shows_absolute_differences_in_percent(of_people):
    (ax,) = love_plot(of_people.design).axes
    before, after = ax.lines[0], ax.lines[1]
    assert list(before.get_xdata()) == pytest.approx([61, 42, 38, 5])
    assert list(after.get_xdata()) == pytest.approx([7.2, 2.1, 14, 0.02])
    assert [line.get_xdata()[0] for line in ax.lines[2:]] == [5.0, 10.0]


def test_of_many_covariates_the_least_alike_forty_are_drawn(of_people):
    balance = [{"covariate": f"x{i}", "smd_before": 0.5, "smd_after": i / 1000} for i in range(60)]
    (ax,) = love_plot({"balance": balance}).axes
    assert len(labels(ax)) == 40
    assert "x59" in labels(ax)
    assert ax.get_title(loc="left") == "The 40 least alike of 60 covariates"


def test_a_name_with_dollar_signs_is_drawn_as_it_is(of_people):
    row = dict(of_people.design["balance"][0]) | {"covariate": r"income $\frac{"}
    figure = love_plot({"balance": [row]})
    figure.draw_without_rendering()
    assert labels(figure.axes[0]) == [r"income $\frac{"]


def test_labels_do_not_leave_the_picture(of_people, published):
    for figure in (love_plot(of_people.design), forest(published, rules="2017")):
        figure.draw_without_rendering()
        width = figure.bbox.width
        for ax in figure.axes:
            for text in (*ax.get_yticklabels(), ax.xaxis.label):
                box = text.get_window_extent()
                assert box.x0 >= 0
                assert box.x1 <= width


def test_pictures_are_described_in_words(published, of_people):
    words = describe_forest(make_view(published, "2017"))
    assert "People who reoffend: 0 of 3 intervals include no difference." in words
    assert describe_love_plot(of_people.design).endswith(
        "Above 10%: 3 before and 1 after. Above 5%: 3 before and 2 after."
    )


def test_matplotlib_is_imported_only_to_draw():
    code = "import desist.report, sys; print('matplotlib' in sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
