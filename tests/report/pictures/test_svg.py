"""A figure as SVG: what `Figure.savefig` writes."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

from desist.report.pictures._style import PHONE, STYLE, WIDE, draw_in
from desist.report.pictures._svg import write_svg
from desist.report.pictures.groups import draw_groups
from desist.report.pictures.incidence import draw_incidence
from desist.report.pictures.love import draw_love_plot
from desist.report.sensitivity_page import picture_of_shown


def save(figure):
    """Write a figure as matplotlib does."""
    drawn = BytesIO()
    with rc_context(STYLE):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue()


def draw_text(ax):
    ax.set_title("a $x^2$ of mathematics", fontweight="bold")
    ax.set_xlabel("two\nlines", style="italic")
    ax.text(0.2, 0.5, "turned", rotation=30, bbox={"facecolor": "white"})
    ax.legend(handles=ax.plot([0, 1], [1e7, 3e7], label="a line"))


DRAW = {
    "curves": lambda view: draw_incidence(view.by_day, PHONE),
    "balance": lambda view: draw_love_plot(view.labelled_design, WIDE),
    "groups": lambda view: draw_groups(view.groups[0], PHONE),
    "panels": lambda view: picture_of_shown(view.sensitivity[1]),
    "colours": lambda view: picture_of_shown(view.sensitivity[3]),
    "text": lambda _view: draw_in(None, (4.0, 3.0), draw_text),
    "nothing": lambda _view: Figure((2.0, 1.0)),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_picture_is_written_byte_for_byte_as_matplotlib_writes_it(whole_view, name):
    assert write_svg(DRAW[name](whole_view)) == save(DRAW[name](whole_view))


def test_the_same_picture_is_written_with_the_same_bytes(whole_view):
    first = write_svg(DRAW["groups"](whole_view))
    assert write_svg(DRAW["groups"](whole_view)) == first


def test_a_figure_keeps_its_dots_and_its_places(whole_view):
    figure = DRAW["curves"](whole_view)
    dots = figure.dpi
    written = write_svg(figure)
    assert figure.dpi == dots
    height = float(written.split(b'viewBox="0 0 ')[1].split(b'"')[0].split()[1])
    assert height == pytest.approx(72 * figure.get_figheight())
    ends = figure.axes[0].get_window_extent()
    assert np.all(ends.get_points() > 0)
    assert ends.x1 < figure.bbox.x1
