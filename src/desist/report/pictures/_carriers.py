"""Picture of whom and what a result rests on, by kind and never by person."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from desist._types import Floats
from desist.report.pictures._style import BLUE, WIDE, Screen, calm, draw_in, name_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = {
    "reoffenders": "a participant who reoffended",
    "participants": "a participant who did not",
    "heavy": "a comparison person of large weight",
    "groups": "a group",
}


def draw_carriers(table: pd.DataFrame, screen: Screen = WIDE) -> "Figure":
    """Draw the largest move that leaving out any one of a kind, or a covariate, makes."""
    labels = [name_row(str(row.kind), str(row.label)) for row in table.itertuples()]
    size = (screen.width, 1.1 + screen.row_height * len(labels))
    moves = table["largest_move"].to_numpy(dtype=float)
    draw = partial(_draw, labels=labels, moves=moves, screen=screen)
    return draw_in(None, size, draw, room=False)


def name_row(kind: str, label: str) -> str:
    """Name who or what was left out."""
    return f"without {label}" if kind == "covariates" else f"without {NAMES.get(kind, kind)}"


def _draw(ax: "Axes", *, labels: list[str], moves: Floats, screen: Screen) -> None:
    y = np.arange(len(labels))
    ax.hlines(y, 0, moves, color=BLUE, lw=1.4)
    ax.scatter(moves, y, s=22, color=BLUE, zorder=3)
    name_rows(ax, labels, screen)
    ax.set_xlim(left=0)
    ax.set_xlabel("largest move (posterior standard deviations)")
    calm(ax)
