"""A picture of a posterior predictive check: what was seen, and what the model expects."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from desist.models.predictive import PredictiveCheck
from desist.report.pictures._canvas import divide
from desist.report.pictures._style import (
    BLUE,
    GREY,
    INK,
    PANEL_MARGIN,
    ROW_HEIGHT,
    STYLE,
    VERMILION,
    WIDTH,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEGEND_HEIGHT = 0.35


def predicted_and_observed(check: PredictiveCheck, *, ax: "Axes | None" = None) -> "Figure":
    """Draw the predictive interval of every statistic and arm, and what was observed.

    Nothing is suppressed: it is for whoever may see the people, not for a report.

    Parameters
    ----------
    check : PredictiveCheck
        What was compared.
    ax : Axes, optional
        Where to draw, divided into the panels; a new figure by default.

    Returns
    -------
    Figure
        One panel a unit, one row a statistic and arm: a bar from the lower to the upper
        limit with a tick at the median, and a dot (blue) or a diamond (vermilion) at what
        was observed within or outside it. Statistics that could not be taken are left out.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> fit = ds.fit_model(ds.RateModel(), cohort, design, seed=1)
    >>> check = ds.models.check_predictions(fit, cohort, design, n_draws=50)
    >>> figure = ds.plots.predicted_and_observed(check)
    >>> len(figure.axes)
    1
    """
    from matplotlib import rc_context

    compared = check.table.dropna(subset="probability")
    panels = [
        (unit, compared[compared["unit"] == unit]) for unit in compared["unit"].drop_duplicates()
    ]
    heights = [ROW_HEIGHT * len(rows) + PANEL_MARGIN for _, rows in panels]
    with rc_context(STYLE):
        size, shape = (WIDTH, sum(heights) + LEGEND_HEIGHT), (len(panels), 1)
        figure, axes = divide(ax, size, shape, height_ratios=heights)
        for place, (unit, rows) in zip(axes[:, 0], panels, strict=True):
            _draw_panel(place, rows, 1 - check.probability)
            place.set_xlabel(unit)
        handles, names = _explain(check)
        if ax is None:
            figure.legend(handles, names, loc="outside upper left", ncols=3, frameon=False)
        else:
            ax.legend(
                handles, names, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False
            )
    return figure


def _draw_panel(ax: "Axes", rows: pd.DataFrame, smallest: float) -> None:
    # both arms of a statistic stand together
    order = {name: place for place, name in enumerate(rows["statistic"].drop_duplicates())}
    rows = rows.sort_values("statistic", key=lambda names: names.map(order), kind="stable")
    places = range(len(rows))
    ax.hlines(places, rows["lower"], rows["upper"], color=GREY, linewidth=5, alpha=0.45)
    ax.plot(rows["predicted"], places, "|", color=INK, markersize=9)
    outside = (rows["probability"] < smallest).to_numpy()
    for place, value, is_outside in zip(places, rows["observed"], outside.tolist(), strict=True):
        ax.plot(value, place, **_mark(is_outside=is_outside))
    labels = [f"{row.statistic}, {row.arm}" for row in rows.itertuples()]
    ax.set_yticks(list(places), labels)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.margins(x=0.04)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)


def _mark(*, is_outside: bool) -> dict[str, Any]:
    colour, shape = (VERMILION, "D") if is_outside else (BLUE, "o")
    return {"color": colour, "marker": shape, "markersize": 6, "linestyle": "none"}


def _explain(check: PredictiveCheck) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    handles: list[Any] = [
        Line2D([], [], color=GREY, linewidth=5, alpha=0.45),
        Line2D([], [], **_mark(is_outside=False)),
        Line2D([], [], **_mark(is_outside=True)),
    ]
    names = [f"{check.probability:.0%} of predictions", "observed, within", "observed, outside"]
    return handles, names
