"""Where a picture is drawn: a figure that a notebook shows by itself, or axes that were given."""

from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import GridSpecBase

DOTS_PER_INCH = 110


def make_figure(size: tuple[float, float]) -> "Figure":
    """Make an empty figure of a size in inches."""
    return _define_figure()(figsize=size, layout="constrained")


@cache
def _define_figure() -> "type[Figure]":
    """Define the kind of figure once matplotlib is needed, which takes long to load."""
    from matplotlib.figure import Figure

    class NotebookFigure(Figure):
        """A figure that a notebook shows, whether or not it was told to show pictures."""

        def _repr_png_(self) -> bytes:
            drawn = BytesIO()
            self.savefig(drawn, format="png", dpi=DOTS_PER_INCH)
            return drawn.getvalue()

    return NotebookFigure


def divide(
    ax: "Axes | None", size: tuple[float, float], shape: tuple[int, int], **how: Any
) -> "tuple[Figure, NDArray[Any]]":
    """Return a figure and its panels; they stand in the place of axes, where such are given."""
    if ax is None:
        figure = make_figure(size)
        return figure, np.asarray(figure.subplots(*shape, squeeze=False, **how))
    figure = cast("Figure", ax.get_figure(root=True))
    ax.set_axis_off()
    ratios = {key: how.pop(key) for key in ("height_ratios", "width_ratios") if key in how}
    place, grid = ax.get_subplotspec(), cast("GridSpecBase | None", None)
    if place is not None:
        grid = place.subgridspec(*shape, **ratios)
    else:  # axes that stand anywhere have no place in a grid
        box = ax.get_position()
        sides: dict[str, Any] = {"left": box.x0, "right": box.x1, "bottom": box.y0, "top": box.y1}
        grid = figure.add_gridspec(shape[0], shape[1], **sides, **ratios)
    return figure, np.asarray(grid.subplots(squeeze=False, **how))
