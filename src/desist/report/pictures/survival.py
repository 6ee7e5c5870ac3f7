"""A picture of who has not reoffended yet: the posterior's curves, and what was seen."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from desist.checks.times.kaplan_meier import SurvivalCurve
from desist.effects.curves import SurvivalEffect
from desist.report.pictures._style import BLUE, VERMILION, WIDTH, draw_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOOKS = {
    "treated": ("with the programme", BLUE, "-"),
    "comparison": ("without it", VERMILION, "--"),
}


def survival_curves(
    effect: SurvivalEffect,
    observed: Mapping[str, SurvivalCurve] | None = None,
    *,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw the share who reoffended, day by day, with and without the programme.

    Parameters
    ----------
    effect : SurvivalEffect
        Curves and their intervals.
    observed : mapping of str to SurvivalCurve, optional
        Weighted Kaplan-Meier curves of the arms "treated" and "comparison", drawn as steps. A
        step is a person: they are for whoever may see the people, not for a report.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        Days to the right, people per 100 who reoffended upwards.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 200, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    >>> fit = ds.fit_model(ds.SurvivalModel(family="weibull"), cohort, design, seed=1)
    >>> figure = ds.plots.survival_curves(ds.effects.estimate_survival(fit, [91, 182, 365]))
    >>> figure.axes[0].get_xlabel()
    'days'
    """
    draw = partial(_draw_curves, effect=effect, observed=observed or {})
    return draw_in(ax, (WIDTH, 3.6), draw, room=False)


def _draw_curves(
    ax: "Axes", *, effect: SurvivalEffect, observed: Mapping[str, SurvivalCurve]
) -> None:
    table = effect.table
    days = np.append(0.0, table["day"])
    for part, (name, colour, dashes) in LOOKS.items():
        middle, lower, upper = (
            100 * np.append(0.0, 1 - table[f"{part}{end}"]) for end in ("", "_upper", "_lower")
        )
        ax.fill_between(days, lower, upper, color=colour, alpha=0.15, linewidth=0)
        ax.plot(days, middle, dashes, color=colour, label=f"{name}, posterior")
        if part in observed:
            _draw_steps(ax, observed[part], f"{name}, Kaplan-Meier", colour)
    ax.set_xlim(0, days[-1])
    ax.set_ylim(bottom=0)
    ax.set_xlabel("days")
    ax.set_ylabel("reoffended, per 100 people")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)


def _draw_steps(ax: "Axes", curve: SurvivalCurve, label: str, colour: str) -> None:
    times, steps = np.append(0.0, curve.times), 100 * np.append(0.0, 1 - curve.survival)
    ax.step(times, steps, where="post", color=colour, linewidth=0.8, label=label)
