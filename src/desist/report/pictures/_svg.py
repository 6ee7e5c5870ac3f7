"""A figure as SVG."""

from io import StringIO
from typing import TYPE_CHECKING, Any

from desist.report.pictures._style import STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_svg(figure: "Figure") -> bytes:
    """Write a figure byte for byte as `Figure.savefig` does, without the time at which it did."""
    # `savefig` draws a figure a first time only to lay it out, which drawing does by itself
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    drawn, dpi = StringIO(), figure.dpi
    with rc_context(STYLE):
        canvas: Any = FigureCanvasSVG(figure)  # is now the figure's
        canvas.print_svg(drawn, metadata={"Date": None})
    figure.dpi = dpi
    return drawn.getvalue().encode()
