"""The picture of a report of where the scores of the two groups overlap, by class."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from desist.report.pictures._style import (
    BLUE,
    FAINT,
    GREY,
    VERMILION,
    WIDE,
    Screen,
    calm,
    draw_in,
    name_rows,
)
from desist.report.words.overlap import name_class

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Told apart by shape and filling as well as by colour.
LOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "comparison": ("comparison, before", {"marker": "o", "mfc": "white", "mec": GREY, "ms": 8}),
    "treated": ("participants", {"marker": "o", "mfc": BLUE, "mec": "white", "ms": 8}),
    # around the participants' mark, which it would hide where the two agree
    "weighted": (
        "comparison, weighted",
        {"marker": "D", "mfc": "none", "mec": VERMILION, "ms": 11},
    ),
}


def draw_overlap(classes: Sequence[Mapping[str, Any]], screen: Screen = WIDE) -> "Figure":
    """Draw the shares of each arm, a row a class of the score."""
    size = (screen.width, screen.row_height * len(classes) + 1.3)
    return draw_in(None, size, partial(_draw, classes=classes, screen=screen))


def _draw(ax: "Axes", *, classes: Sequence[Mapping[str, Any]], screen: Screen) -> None:
    places = range(len(classes))
    shares = {arm: [100 * one[arm] for one in classes] for arm in LOOKS}
    ax.hlines(places, shares["comparison"], shares["treated"], color=FAINT, lw=1.5, zorder=2)
    for arm, (label, look) in LOOKS.items():
        ax.plot(
            shares[arm], places, ls="none", label=label, zorder=4, clip_on=False, mew=1.5, **look
        )
    name_rows(ax, [name_class(one) for one in classes], screen)
    ax.set_xlim(0, 1.05 * max(map(max, shares.values())))
    ax.set_xlabel("share of the group (%)")
    columns = 1 if screen.names_above else 3
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False)
    calm(ax)
