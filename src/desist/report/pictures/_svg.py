"""A figure as SVG, byte for byte as `Figure.savefig` writes it, in half of its time."""

# `savefig` draws a figure twice, the first time only to lay it out, and each time by a renderer of
# its own that measures every text anew. Here one renderer measures, lays out and draws.

from io import StringIO
from typing import TYPE_CHECKING, Any

from desist.report.pictures._letters import find_letters
from desist.report.pictures._style import STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS = 72  # in an inch; the unit of SVG


def write_svg(figure: "Figure") -> bytes:
    """Write a figure, without the time at which it was drawn; nothing is drawn on it after."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    drawn, dpi = StringIO(), figure.dpi
    with rc_context(STYLE):
        figure.dpi = POINTS
        renderer = _make_renderer(figure, drawn, dpi)
        canvas: Any = FigureCanvasSVG(figure)  # is now the figure's
        canvas.get_renderer = lambda: renderer  # what the layout asks for
        _lay_out(figure)
        figure.draw(renderer)
        renderer.finalize()
    figure.dpi = dpi
    return drawn.getvalue().encode()


def _make_renderer(figure: "Figure", drawn: StringIO, dpi: float) -> Any:
    from matplotlib.backends.backend_mixed import MixedModeRenderer
    from matplotlib.backends.backend_svg import RendererSVG

    make_shapes: Any = RendererSVG
    make_both: Any = MixedModeRenderer
    (width, height), letters = figure.get_size_inches(), find_letters()
    size = (width * POINTS, height * POINTS)
    shapes = make_shapes(*size, drawn, image_dpi=dpi, metadata={"Date": None})
    shapes._text2path = letters
    shapes._get_font_height_metrics = letters.read_heights
    return make_both(figure, width, height, dpi, shapes)


def _lay_out(figure: "Figure") -> None:
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            _find_ticks_once(axis)
            if not axis.label.get_text():
                axis.set_label_coords(0, 0)  # or its place would be sought, label by label
    layout = figure.get_layout_engine()
    if layout is not None:
        layout.execute(figure)
        figure.set_layout_engine("none")  # or drawing would lay it out again


def _find_ticks_once(axis: Any) -> None:
    """Find the ticks of an axis once for each place that it has; they are asked for ten times."""
    find = axis._update_ticks
    found: dict[tuple[float, ...], Any] = {}

    def find_once() -> Any:
        place = (*axis.axes.bbox.bounds, *axis.get_view_interval())
        if place not in found:
            found.clear()
            found[place] = find()
        return found[place]

    axis._update_ticks = find_once
