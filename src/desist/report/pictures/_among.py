"""A picture of where a programme stands among others."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from desist.report._among import ShownAmong
from desist.report.pictures._style import (
    BLUE,
    GREY,
    INK,
    VERMILION,
    WIDE,
    Screen,
    calm,
    draw_in,
)
from desist.report.words._wording import WORDINGS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 3.2  # inches


def draw_among(shown: ShownAmong, screen: Screen = WIDE) -> "Figure":
    """Draw what a new programme may do, the others as ticks, and this one below."""
    return draw_in(None, (screen.width, HEIGHT), partial(_draw, shown=shown))


def _draw(ax: "Axes", *, shown: ShownAmong) -> None:
    wording = WORDINGS[shown.measure]
    values, heights = wording.factor * np.array(shown.density).T[0], np.array(shown.density).T[1]
    heights = heights / heights.max()
    ax.fill_between(values, heights, color=VERMILION, alpha=0.2, lw=0)
    ax.plot(values, heights, color=VERMILION, lw=1.4, label="a new programme like the others")
    ticks = wording.factor * np.array(shown.others)
    ax.plot(ticks, np.full(len(ticks), -0.07), "|", color=GREY, ms=8, label="each of the others")
    this = shown.rows[-1]
    low, middle, high = (wording.factor * one for one in (this.lower, this.estimate, this.upper))
    ax.hlines(-0.3, low, high, color=BLUE, lw=3)
    ax.plot(middle, -0.3, "o", color=BLUE, ms=7, label="this programme")
    ax.axvline(0.0, color=INK, lw=1.0)
    ax.set_ylim(-0.48, 1.75)
    ax.set_yticks([])
    ax.set_xlabel(f"← less      {wording.unit}      more →")
    ax.legend(frameon=False, fontsize=11, loc="upper left")
    calm(ax)
