"""Pictures of sensitivity analyses, each from the table of its record."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from desist.arguments import find_choice_faults, find_kind_faults
from desist.errors import Fault, raise_faults
from desist.report.pictures._canvas import divide
from desist.report.pictures._style import (
    BLUE,
    FAINT,
    GREY,
    INK,
    STYLE,
    VERMILION,
    WIDE,
    Screen,
    calm,
    draw_in,
    name_rows,
    shorten,
)
from desist.report.words._wording import WORDINGS
from desist.sensitivity.placebo import PlaceboProgrammes
from desist.sensitivity.result import SensitivityResult, unit_of
from desist.sensitivity.robustness import RobustnessValue
from desist.sensitivity.rosenbaum import RosenbaumBounds
from desist.sensitivity.specifications.record import Multiverse
from desist.sensitivity.time_bounds import TimeBounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUBJECT = "picture"
CHOICE_HEIGHT = 0.8  # of a row of choices beside an ordinary one
# Units of records, and how a report speaks of them.
SPOKEN = {unit_of(one): (wording.factor, wording.unit) for one, wording in WORDINGS.items()}
SCALED = ("estimate", "lower", "upper", "inner_lower", "inner_upper")
COLOURS = {
    "holds": BLUE,
    "interval includes no difference": FAINT,
    "turned round": VERMILION,
    "impossible": "white",
}


def specification_curve(
    multiverse: Multiverse, question: str | None = None, *, ax: "Axes | None" = None
) -> "Figure":
    """Draw the specifications of one question by estimate, and what each of them chose.

    Parameters
    ----------
    multiverse : Multiverse
        Every specification.
    question : str, optional
        One of its curves; the first by default.
    ax : Axes, optional
        Where to draw, divided into the panels; a new figure by default.

    Returns
    -------
    Figure
        Estimates with intervals above, choices below; designs that miss the balance limit are
        hollow.

    Raises
    ------
    InputError
        If there is no such question.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.sensitivity import Option, multiverse
    >>> cohort = ds.simulate_cohort(120, 600, rng=3).cohort
    >>> choices = {
    ...     "formula": [Option("full", "age + copas"), Option("few", "copas", "uncertain")],
    ...     "covariates": [Option("adjusted", "design"), Option("weights alone", None)],
    ...     "method": [Option("radius", ds.RadiusMatching(0.2))],
    ... }
    >>> found = multiverse(cohort, choices, inference="laplace")
    >>> figure = ds.plots.specification_curve(found)
    >>> len(figure.axes)
    2
    """
    raise_faults(SUBJECT, find_kind_faults("multiverse", multiverse, Multiverse, "a Multiverse"))
    curves = multiverse.curves
    chosen = next(iter(curves), "") if question is None else question
    raise_faults(SUBJECT, find_choice_faults("question", chosen, curves))
    return _draw_multiverse(multiverse, chosen, WIDE, ax)


def _draw_multiverse(
    multiverse: Multiverse, question: str, screen: Screen, ax: "Axes | None" = None
) -> "Figure":
    from matplotlib import rc_context

    rows = multiverse.curves[question]
    marks = [
        (dimension, name)
        for dimension in multiverse.dimensions
        if len(set(rows[dimension])) > 1
        for name in dict.fromkeys(rows[dimension])
    ]
    with rc_context(STYLE):
        below = max(CHOICE_HEIGHT * screen.row_height * len(marks), 0.4)
        ratios, size = [2.6, below], (screen.width, 3.0 + below)
        figure, axes = divide(ax, size, (2, 1), sharex=True, height_ratios=ratios)
        upper, lower = axes[:, 0]
        title = shorten(question, 36) if screen.names_above else question
        _draw_curve(upper, rows, multiverse.units["estimate"], title)
        _draw_choices(lower, rows, marks, screen)
    return figure


def scenarios(
    result: SensitivityResult | RobustnessValue | TimeBounds, *, ax: "Axes | None" = None
) -> "Figure":
    """Draw one row a scenario: its estimate and interval, or its two bounds.

    Parameters
    ----------
    result : SensitivityResult, RobustnessValue or TimeBounds
        With a table of scenarios.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        One panel, in the unit of the table.

    Raises
    ------
    InputError
        If its table has no scenarios.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> result = ds.sensitivity.attrition(rate, {"not found": 20})
    >>> figure = ds.plots.scenarios(result)
    >>> figure.axes[0].get_xlabel()
    'people per 100'
    """
    kinds = (SensitivityResult, RobustnessValue, TimeBounds)
    raise_faults(SUBJECT, find_kind_faults("result", result, kinds, "a result with scenarios"))
    rows = list_scenarios(result)
    if rows.empty:
        fault = Fault("result", "a table with labels and limits", "another", "see its table")
        raise_faults(SUBJECT, [fault])
    size = (8.0, 1.1 + 0.34 * len(rows))
    unit = result.units.get("lower", "")
    draw = partial(_draw_scenarios, rows=rows, unit=unit, screen=WIDE)
    return draw_in(ax, size, draw, room=False)


def hidden_bias(bounds: RosenbaumBounds, *, ax: "Axes | None" = None) -> "Figure":
    """Draw the bounds of the p-value against the strength of hidden bias.

    Parameters
    ----------
    bounds : RosenbaumBounds
        The table.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        One panel.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.sensitivity import bound_discordant
    >>> figure = ds.plots.hidden_bias(bound_discordant(12, 40))
    >>> figure.axes[0].get_xlabel()
    'hidden bias (ratio of the odds of taking part)'
    """
    raise_faults(SUBJECT, find_kind_faults("bounds", bounds, RosenbaumBounds, "RosenbaumBounds"))
    return draw_in(ax, (6.4, 3.2), partial(_draw_bias, bounds=bounds), room=False)


def tipping_points(result: SensitivityResult, *, ax: "Axes | None" = None) -> "Figure":
    """Draw which unrecorded confounders would change the answer.

    Parameters
    ----------
    result : SensitivityResult
        From `tipping_map`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        One panel, a square a confounder.

    Raises
    ------
    InputError
        If it is of another analysis.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> result = ds.sensitivity.tipping_map(rate, comparison=0.3)
    >>> figure = ds.plots.tipping_points(result)
    >>> figure.axes[0].get_xlabel()
    'ratio by which it multiplies the risk'
    """
    faults = find_kind_faults("result", result, SensitivityResult, "a result of tipping_map")
    if not faults and result.name != "tipping_map":
        faults = [Fault("result", "one of tipping_map", f"one of {result.name}")]
    raise_faults(SUBJECT, faults)
    draw = partial(_draw_map, table=result.table, screen=WIDE)
    return draw_in(ax, (8.0, 3.8), draw, room=False)


def placebo_estimates(
    placebo: PlaceboProgrammes, estimate: float | None = None, *, ax: "Axes | None" = None
) -> "Figure":
    """Draw the estimates of programmes that nobody gave, and the real one among them.

    Parameters
    ----------
    placebo : PlaceboProgrammes
        The estimates.
    estimate : float, optional
        Of the programme itself.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        One panel.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> placebo = ds.sensitivity.placebo_programmes(cohort, design, n_programmes=20, seed=1)
    >>> figure = ds.plots.placebo_estimates(placebo)
    >>> len(figure.axes)
    1
    """
    expected = "PlaceboProgrammes"
    raise_faults(SUBJECT, find_kind_faults("placebo", placebo, PlaceboProgrammes, expected))
    draw = partial(_draw_placebo, placebo=placebo, estimate=estimate)
    return draw_in(ax, (6.4, 2.8), draw, room=False)


def picture_of(result: Any, screen: Screen = WIDE) -> "Figure | None":
    """Return the picture of a sensitivity analysis, or None where its table says it all."""
    if isinstance(result, Multiverse):
        first = next(iter(result.curves), None)
        return None if first is None else _draw_multiverse(result, first, screen)
    drawn = _find_drawing(result, screen)
    if drawn is None:
        return None
    height, draw = drawn
    return draw_in(None, (screen.width, height), draw, room=False)


def _find_drawing(result: Any, screen: Screen) -> "tuple[float, Callable[[Axes], None]] | None":
    """Find how a result of one panel is drawn, and how high."""
    if isinstance(result, RosenbaumBounds):
        return 3.2, partial(_draw_bias, bounds=result)
    if isinstance(result, PlaceboProgrammes):
        return 2.8, partial(_draw_placebo, placebo=result, estimate=None)
    if isinstance(result, SensitivityResult) and result.name == "tipping_map":
        height = 5.2 if screen.names_above else 3.8
        return height, partial(_draw_map, table=result.table, screen=screen)
    if not isinstance(result, SensitivityResult | RobustnessValue | TimeBounds):
        return None
    rows = list_scenarios(result)
    if rows.empty:
        return None
    unit = result.units.get("lower", "")
    height = 1.1 + screen.row_height * len(rows)
    return height, partial(_draw_scenarios, rows=rows, unit=unit, screen=screen)


def list_scenarios(result: SensitivityResult | RobustnessValue | TimeBounds) -> pd.DataFrame:
    """List label, estimate and limits of each row of a table; nothing where it has none."""
    table = result.table
    if isinstance(result, RobustnessValue):
        labels = [f"{row.times:g} x {row.benchmark}" for row in table.itertuples()]
        table = table.assign(label=labels)
    if "interval_lower" in table:
        rows = table.rename(columns={"lower": "inner_lower", "upper": "inner_upper"})
        table = rows.rename(columns={"interval_lower": "lower", "interval_upper": "upper"})
    if not {"label", "lower", "upper"} <= set(table.columns):
        return pd.DataFrame()
    return table[np.isfinite(table["lower"].astype(float))].reset_index(drop=True)


def _speak(table: pd.DataFrame, unit: str) -> tuple[pd.DataFrame, str]:
    """Express figures in the unit that a report speaks of, such as people per 100."""
    factor, spoken = SPOKEN.get(unit, (1.0, unit))
    scaled = {name: factor * table[name].astype(float) for name in SCALED if name in table}
    return table.assign(**scaled), spoken


def _draw_curve(ax: "Axes", rows: pd.DataFrame, unit: str, question: str) -> None:
    x = np.arange(len(rows))
    rows, unit = _speak(rows, unit)
    ax.vlines(x, rows["lower"], rows["upper"], color=FAINT, lw=1.2, zorder=1)
    good = rows["is_balanced"].to_numpy(dtype=bool)
    for chosen, face in ((good, BLUE), (~good, "white")):
        ax.scatter(x[chosen], rows["estimate"][chosen], s=12, color=face, edgecolor=BLUE, zorder=2)
    ax.axhline(0.0, color=INK, lw=0.8)
    ax.set_ylabel(unit)
    ax.set_title(question, fontsize=11, loc="left")
    ax.spines[["top", "right"]].set_visible(False)


def _draw_choices(
    ax: "Axes", rows: pd.DataFrame, marks: Sequence[tuple[str, str]], screen: Screen
) -> None:
    x = np.arange(len(rows))
    for place, (dimension, name) in enumerate(marks):
        chosen = (rows[dimension] == name).to_numpy()
        ax.scatter(x[chosen], np.full(chosen.sum(), place), s=6, color=INK, marker="s")
    name_rows(ax, [f"{dimension}: {name}" for dimension, name in marks], screen)
    ax.tick_params(axis="y", length=0)
    ax.set_xticks([])
    ax.spines[["top", "right", "bottom", "left"]].set_visible(False)


def _draw_scenarios(ax: "Axes", *, rows: pd.DataFrame, unit: str, screen: Screen) -> None:
    y = np.arange(len(rows))
    rows, unit = _speak(rows, unit)
    ax.hlines(y, rows["lower"], rows["upper"], color=BLUE, lw=1.4)
    if "inner_lower" in rows:
        ax.hlines(y, rows["inner_lower"], rows["inner_upper"], color=BLUE, lw=4.5)
    if "estimate" in rows:
        ax.scatter(rows["estimate"], y, s=22, color=VERMILION, zorder=3)
    ax.axvline(0.0, color=INK, lw=0.8)
    name_rows(ax, [str(label) for label in rows["label"]], screen)
    if screen.names_above:
        ax.locator_params(axis="x", nbins=5)
    ax.set_xlabel(unit)
    calm(ax)


def _draw_bias(ax: "Axes", *, bounds: RosenbaumBounds) -> None:
    table = bounds.table
    ax.fill_between(table["gamma"], table["lower"], table["upper"], color=FAINT)
    ax.plot(table["gamma"], table["upper"], color=BLUE, marker="o", ms=3)
    ax.axhline(bounds.alpha, color=VERMILION, lw=1)
    ax.set_xlabel("hidden bias (ratio of the odds of taking part)")
    ax.set_ylabel("one-sided p-value")
    ax.spines[["top", "right"]].set_visible(False)


def _draw_map(ax: "Axes", *, table: pd.DataFrame, screen: Screen) -> None:
    shares, strengths = (sorted(table[name].unique()) for name in ("share", "strength"))
    for row in table.itertuples():
        place = (strengths.index(row.strength), shares.index(row.share))
        colour = COLOURS[str(row.verdict)]
        size = 90 if screen.names_above else 240
        ax.scatter(*place, s=size, marker="s", color=colour, edgecolor=GREY)
    ax.set_xticks(range(len(strengths)), [f"{value:g}" for value in strengths])
    ax.set_yticks(range(len(shares)), [f"{value:.0%}" for value in shares])
    ax.set_xlabel("ratio by which it multiplies the risk")
    ax.set_ylabel("participants who have it")
    for verdict, colour in COLOURS.items():
        ax.scatter([], [], marker="s", s=60, color=colour, edgecolor=GREY, label=verdict)
    if screen.names_above:
        ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False)
    else:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)


def _draw_placebo(ax: "Axes", *, placebo: PlaceboProgrammes, estimate: float | None) -> None:
    table, unit = _speak(placebo.table, placebo.units["estimate"])
    found = table["estimate"].dropna().to_numpy()
    ax.hist(found, bins=25, color=BLUE, alpha=0.75)
    ax.axvline(0.0, color=INK, lw=0.8)
    if estimate is not None:
        factor = SPOKEN.get(placebo.units["estimate"], (1.0, ""))[0]
        ax.axvline(factor * estimate, color=VERMILION, lw=2, label="the programme itself")
        ax.legend(frameon=False)
    ax.set_xlabel(f"estimate ({unit})")
    ax.set_ylabel("placebo programmes")
    ax.spines[["top", "right"]].set_visible(False)
