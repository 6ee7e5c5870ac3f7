"""A picture of who has not reoffended yet: the posterior's curves, and what was seen."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from desist.checks.times.kaplan_meier import SurvivalCurve
from desist.effects.curves import SurvivalEffect
from desist.report.plots import BLUE, STYLE, VERMILION, WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOOKS = {
    "treated": ("with the programme", BLUE, "-"),
    "comparison": ("without it", VERMILION, "--"),
}


def survival_curves(
    effect: SurvivalEffect, observed: Mapping[str, SurvivalCurve] | None = None
) -> "Figure":
    """Draw the share who reoffended, day by day, with and without the programme.

    Parameters
    ----------
    effect : SurvivalEffect
        Curves and their intervals.
    observed : mapping of str to SurvivalCurve, optional
        Weighted Kaplan-Meier curves of the arms "treated" and "comparison", drawn as steps. A
        step is a person: they are for whoever may see the people, not for a report.

    Returns
    -------
    Figure
        Days to the right, people per 100 who reoffended upwards.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    table = effect.table
    days = np.append(0.0, table["day"])
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
        axes = figure.subplots()
        for part, (name, colour, dashes) in LOOKS.items():
            middle, lower, upper = (
                100 * np.append(0.0, 1 - table[f"{part}{end}"]) for end in ("", "_upper", "_lower")
            )
            axes.fill_between(days, lower, upper, color=colour, alpha=0.15, linewidth=0)
            axes.plot(days, middle, dashes, color=colour, label=f"{name}, posterior")
            curve = None if observed is None else observed[part]
            if curve is not None:
                steps = 100 * np.append(0.0, 1 - curve.survival)
                axes.step(
                    np.append(0.0, curve.times),
                    steps,
                    where="post",
                    color=colour,
                    linewidth=0.8,
                    label=f"{name}, Kaplan-Meier",
                )
        axes.set_xlim(0, days[-1])
        axes.set_ylim(bottom=0)
        axes.set_xlabel("days")
        axes.set_ylabel("reoffended, per 100 people")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    return figure
