"""How every picture looks."""

# Colours are those of Okabe and Ito, which people with any colour vision tell apart; shapes differ
# as well.

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from desist.report.pictures._canvas import make_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILION, INK, GREY, FAINT = "#0072B2", "#D55E00", "#22303C", "#5B6770", "#D5DBE0"

WIDTH = 8.0
ROW_HEIGHT = 0.34
PANEL_MARGIN = 1.0


@dataclass(frozen=True)
class Screen:
    """What a picture is drawn for: its width and the height of a row, in inches."""

    width: float = WIDTH
    row_height: float = ROW_HEIGHT
    names_above: bool = False  # names of rows stand above them and not beside


WIDE = Screen()
# 360 CSS pixels less the margins of the page; a point of the drawing is a pixel of the screen.
PHONE = Screen(328 / 72, 0.54, names_above=True)


STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 11,  # so that no text is smaller on a screen of 360 pixels
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

    with rc_context(STYLE):
        if ax is not None:
            draw(ax)
            return cast("Figure", ax.get_figure(root=True))
        figure = make_figure(size)
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


def name_rows(ax: "Axes", names: Sequence[str], screen: Screen = WIDE) -> None:
    """Name the rows from the top down: beside them, or above where the screen is narrow."""
    if not screen.names_above:
        ax.set_yticks(range(len(names)), [shorten(name, 44) for name in names], parse_math=False)
        ax.set_ylim(max(len(names), 1) - 0.4, -0.6)
        return
    ax.set_yticks([])
    ax.set_ylim(max(len(names), 1) - 0.6, -0.8)
    for place, name in enumerate(names):
        ax.text(
            0,
            place - 0.2,
            shorten(name, 46),
            transform=ax.get_yaxis_transform(),
            va="bottom",
            parse_math=False,
            zorder=7,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6},
        )


def name_directions(lower: str, quantity: str, higher: str, screen: Screen = WIDE) -> str:
    """Name an axis of differences, with the direction that each side is; in two lines if narrow."""
    if screen.names_above:
        return f"← {lower}          {higher} →\n{quantity}"
    return f"← {lower}     {quantity}     {higher} →"


def shorten(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def give_room(figure: "Figure") -> None:
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure.set_layout_engine(ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1, hspace=0.04))
