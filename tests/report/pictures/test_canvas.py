"""Where pictures are drawn."""

import pytest
from matplotlib.figure import Figure

from desist.report.pictures._canvas import divide, make_figure


def test_a_notebook_shows_a_picture_without_having_been_told_to():
    drawn = make_figure((1.0, 0.5))._repr_png_()
    assert drawn.startswith(b"\x89PNG")


def test_a_picture_without_axes_has_a_figure_of_its_own():
    figure, panels = divide(None, (4.0, 2.0), (1, 2), sharex=True)
    assert figure.get_size_inches().tolist() == [4.0, 2.0]
    assert panels.shape == (1, 2)
    assert figure.axes == panels.ravel().tolist()


@pytest.mark.parametrize("is_in_a_grid", [True, False])
def test_panels_stand_in_the_place_of_the_axes_that_were_given(is_in_a_grid):
    figure = Figure()
    ax = figure.subplots(1, 2)[1] if is_in_a_grid else figure.add_axes((0.5, 0.1, 0.4, 0.8))
    box = ax.get_position()
    found, panels = divide(ax, (4.0, 2.0), (2, 1), height_ratios=[3, 1])
    assert found is figure
    assert not ax.axison
    upper, lower = (one.get_position() for one in panels[:, 0])
    assert upper.height == pytest.approx(3 * lower.height)
    for one in (upper, lower):
        assert (one.x0, one.x1) == pytest.approx((box.x0, box.x1))
        assert box.y0 - 1e-9 <= one.y0 < one.y1 <= box.y1 + 1e-9
