"""How every picture looks."""

# Colours are those of Okabe and Ito, which people with any colour vision tell apart; shapes differ
# as well.

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILION, INK, GREY, FAINT = "#0072B2", "#D55E00", "#22303C", "#5B6770", "#D5DBE0"

WIDTH = 8.0
ROW_HEIGHT = 0.34
PANEL_MARGIN = 1.0

STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "desist",
}


def draw_in(
    ax: "Axes | None",
    size: tuple[float, float],
    draw: "Callable[[Axes], None]",
    *,
    room: bool = True,
) -> "Figure":
    """Draw in axes that were given, or in those of a new figure; return the figure of either."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        if ax is not None:
            draw(ax)
            return cast("Figure", ax.get_figure(root=True))
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots())
        if room:
            give_room(figure)
    return figure


def calm(ax: "Axes") -> None:
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="y", length=0, pad=8)
    ax.grid(axis="x", color=FAINT, lw=0.7, zorder=0)
    ax.set_axisbelow(True)


def give_room(figure: "Figure") -> None:
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure.set_layout_engine(ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1, hspace=0.04))
