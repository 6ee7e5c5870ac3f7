"""The love plot: what is on it."""

import pytest

from desist.report.pictures.love import describe_love_plot, love_plot


def labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def find_ends(figure):
    """Where the words beside an axis begin and end, and how wide the picture is."""
    figure.draw_without_rendering()
    for ax in figure.axes:
        for text in (*ax.get_yticklabels(), ax.xaxis.label):
            box = text.get_window_extent()
            yield box.x0, box.x1, figure.bbox.width


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
    assert ax.get_title(loc="left") == "The 40 least alike of 60"


def test_a_name_with_dollar_signs_is_drawn_as_it_is(of_people):
    row = dict(of_people.design["balance"][0]) | {"covariate": r"income $\frac{"}
    figure = love_plot({"balance": [row]})
    figure.draw_without_rendering()
    assert labels(figure.axes[0]) == [r"income $\frac{"]


def test_labels_do_not_leave_the_picture(of_people):
    for begin, end, width in find_ends(love_plot(of_people.design)):
        assert begin >= 0
        assert end <= width


def test_the_love_plot_is_described_in_words(of_people):
    assert describe_love_plot(of_people.design).endswith(
        "Above 10%: 3 before and 1 after. Above 5%: 3 before and 2 after."
    )
