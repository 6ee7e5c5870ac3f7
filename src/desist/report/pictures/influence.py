"""A picture of who carries a result: how far the estimate moves when one is left out."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from desist.errors import Fault, InputError
from desist.report.pictures._style import (
    BLUE,
    FAINT,
    GREY,
    INK,
    VERMILION,
    WIDTH,
    calm,
    draw_in,
    name_rows,
)
from desist.sensitivity.result import SensitivityResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = {
    "reoffenders": "participants who reoffended",
    "participants": "participants who did not",
    "heavy": "comparison people of large weight",
    "groups": "whole groups",
    "covariates": "covariates",
}
# Told apart by shape as well as by colour.
LOOKS = {
    "reoffenders": (VERMILION, "D"),
    "participants": (BLUE, "o"),
    "heavy": (GREY, "s"),
    "groups": (INK, "^"),
    "covariates": (INK, "v"),
}


def influence(result: SensitivityResult, *, ax: "Axes | None" = None) -> "Figure":
    """Draw how far the estimate moves when each person, group or covariate is left out.

    Nothing is suppressed: it is for whoever may see the people, not for a report.

    Parameters
    ----------
    result : SensitivityResult
        Of `ds.sensitivity.leave_out`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        One row a kind, one mark for whom or what is left out, in the unit of the measure; to the
        left the estimate falls without them.

    Raises
    ------
    InputError
        If the result is of another analysis, or nothing could be left out.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(40, 150, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age", method=ds.InverseProbability())
    >>> sample = ds.build_sample(cohort, design)
    >>> result = ds.sensitivity.leave_out(sample, kinds=["reoffenders"])
    >>> figure = ds.plots.influence(result)
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['participants who reoffended']
    """
    made = pd.DataFrame()
    if result.name == "leave_out":
        made = result.table[result.table["reason"] == ""]
    if made.empty:
        expected = "what leave_out finds, with somebody left out"
        raise InputError("picture", [Fault("result", expected, f"{result.name}, {len(made)} rows")])
    kinds = [kind for kind in NAMES if (made["kind"] == kind).any()]
    size = (WIDTH, 0.6 * len(kinds) + 0.9)
    unit = result.units.get("moved", result.units.get("estimate", ""))
    return draw_in(ax, size, partial(_draw_marks, made=made, kinds=kinds, unit=unit))


def _draw_marks(ax: "Axes", *, made: pd.DataFrame, kinds: list[str], unit: str) -> None:
    for place, kind in enumerate(kinds):
        moved = np.sort(made.loc[made["kind"] == kind, "moved"].to_numpy(dtype=float))
        colour, marker = LOOKS[kind]
        ax.hlines(place, moved[0], moved[-1], color=FAINT, lw=5, zorder=1)
        ax.plot(moved, [place] * len(moved), marker, color=colour, ms=6, alpha=0.6, mec="white")
    ax.axvline(0.0, color=INK, lw=1.0, zorder=1)
    name_rows(ax, [NAMES[kind] for kind in kinds])
    ax.set_xlabel(f"move of the estimate without them{f' ({unit})' if unit else ''}")
    calm(ax)
