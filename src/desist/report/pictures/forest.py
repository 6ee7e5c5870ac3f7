"""The forest: the interval of every measure, the posterior above its checks."""

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from desist.checks.catalogue import is_of_order, name_check
from desist.estimands import Measure, Scale
from desist.evaluation.record import ComparedCheck, Evaluation, MeasureRow
from desist.report._digits import RATIO, SPOKEN, round_to
from desist.report.disclosure import RuleSet
from desist.report.pictures._canvas import divide
from desist.report.pictures._style import (
    BLUE,
    GREY,
    INK,
    PANEL_MARGIN,
    ROW_HEIGHT,
    STYLE,
    WIDE,
    WIDTH,
    Screen,
    calm,
    draw_in,
    give_room,
    name_directions,
    name_rows,
)
from desist.report.view import View, make_view
from desist.report.words._numbers import as_float
from desist.report.words._wording import WORDINGS, Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 5, 10, 20)


@dataclass(frozen=True)
class _Line:
    label: str
    estimate: float
    lower: float
    upper: float
    is_posterior: bool = False


@dataclass(frozen=True)
class _Panel:
    measure: Measure
    lines: tuple[_Line, ...]

    @property
    def null(self) -> float:
        return 1.0 if self.measure is Measure.HAZARD_RATIO else 0.0


def forest(
    evaluation: Evaluation, *, rules: str | RuleSet = "2019", ax: "Axes | None" = None
) -> "Figure":
    """Draw the interval of every measure, the posterior above its checks.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : str or RuleSet, default "2019"
        What is printed on small groups.
    ax : Axes, optional
        Where to draw, divided into the panels; a new figure by default.

    Returns
    -------
    Figure
        One panel per measure, each in its own unit, with a line at no difference.
        Checks without an interval are in the tables only.

    Raises
    ------
    CannotAnswerError
        If there are too few people to report on.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> evaluation = ds.evaluate_published(study)
    >>> figure = ds.plots.forest(evaluation)
    >>> len(figure.axes)
    1
    """
    return draw_forest(make_view(evaluation, rules), ax=ax)


def draw_forest(view: View, *, ax: "Axes | None" = None) -> "Figure":
    """Draw the forest of what may be seen."""
    from matplotlib import rc_context

    panels = _list_panels(view)
    if not panels:
        return draw_in(ax, (WIDTH, PANEL_MARGIN), _say_nothing)
    heights = [ROW_HEIGHT * len(panel.lines) + PANEL_MARGIN for panel in panels]
    with rc_context(STYLE):
        shape = (len(panels), 1)
        figure, axes = divide(ax, (WIDTH, sum(heights)), shape, height_ratios=heights)
        for place, panel in zip(axes[:, 0], panels, strict=True):
            _draw_panel(place, panel)
        if ax is None:
            give_room(figure)
    return figure


def _say_nothing(ax: "Axes") -> None:
    ax.set_axis_off()
    middle: dict[str, Any] = {"ha": "center", "va": "center", "transform": ax.transAxes}
    ax.text(0.5, 0.5, "No measure has an interval.", **middle)


def has_intervals(view: View, measure: Measure) -> bool:
    """Say whether a measure has an interval to be drawn."""
    return any(panel.measure is measure for panel in _list_panels(view))


def draw_measure(view: View, measure: Measure, screen: Screen = WIDE) -> "Figure":
    """Draw the intervals of one measure."""
    panel = next(one for one in _list_panels(view) if one.measure is measure)
    size = (screen.width, screen.row_height * len(panel.lines) + PANEL_MARGIN - 0.2)
    return draw_in(None, size, partial(_draw_lines, panel=panel, screen=screen))


def describe_measure(view: View, measure: Measure) -> str:
    """Describe the intervals of one measure in words, for those who do not see them."""
    panel = next(one for one in _list_panels(view) if one.measure is measure)
    return f"Intervals of the posterior and its checks. {_count_covering(panel)}"


def describe_forest(view: View) -> str:
    """Describe the forest in words, for those who do not see it."""
    sentences = [_count_covering(panel) for panel in _list_panels(view)]
    return " ".join(["Intervals of each measure, posterior and checks.", *sentences])


def _count_covering(panel: _Panel) -> str:
    covering = sum(line.lower <= panel.null <= line.upper for line in panel.lines)
    title = WORDINGS[panel.measure].title
    n = len(panel.lines)
    return f"{title}: {covering} of {n} intervals reach across the line of no difference."


def _list_panels(view: View) -> list[_Panel]:
    panels = []
    for shown in view.printed:
        checks = (_check_line(one.check) for one in view.list_checks(shown.measure))
        lines = [_posterior_line(shown.row), *checks]
        drawn = tuple(line for line in lines if line is not None and _has_interval(line))
        if drawn:
            panels.append(_Panel(shown.measure, drawn))
    return panels


def _posterior_line(row: MeasureRow) -> _Line:
    if row.measure is Measure.HAZARD_RATIO:
        values, decimals = (row.ratio, row.ratio_lower, row.ratio_upper), RATIO
    else:
        values, decimals = (row.difference, row.lower, row.upper), SPOKEN
    factor = WORDINGS[row.measure].factor
    estimate, lower, upper = (round_to(factor * as_float(value), decimals) for value in values)
    return _Line("Posterior", estimate, lower, upper, is_posterior=True)


def _check_line(check: ComparedCheck) -> _Line | None:
    wanted = Scale.RATIO if check.measure is Measure.HAZARD_RATIO else Scale.DIFFERENCE
    if not check.applicable or check.scale is not wanted or is_of_order(check.check):
        return None
    factor = WORDINGS[check.measure].factor
    estimate, lower, upper = (
        factor * as_float(value) for value in (check.estimate, check.lower, check.upper)
    )
    return _Line(name_check(check.check), estimate, lower, upper)


def _has_interval(line: _Line) -> bool:
    return math.isfinite(line.lower) and math.isfinite(line.upper)


def _draw_panel(ax: "Axes", panel: _Panel) -> None:
    _draw_lines(ax, panel=panel, screen=WIDE)
    wording = WORDINGS[panel.measure]
    title = wording.title if panel.measure.is_causal else f"{wording.title} (descriptive)"
    ax.set_title(title, loc="left", fontsize=12, fontweight="bold")


def _draw_lines(ax: "Axes", *, panel: _Panel, screen: Screen) -> None:
    for position, line in enumerate(panel.lines):
        colour, width, size = (BLUE, 3.2, 8) if line.is_posterior else (GREY, 1.4, 6)
        ax.plot([line.lower, line.upper], [position] * 2, color=colour, lw=width, zorder=3)
        marker = "o" if line.is_posterior else "D"
        ax.plot(line.estimate, position, marker, color=colour, ms=size, mec="white", zorder=4)
    ax.axvline(panel.null, color=INK, lw=1.0, zorder=2)
    name_rows(ax, [line.label for line in panel.lines], screen)
    labels = ax.get_yticklabels() or ax.texts
    labels[0].set_fontweight("bold" if panel.lines[0].is_posterior else "normal")
    _set_limits(ax, panel, most=5 if screen.names_above else 8)
    ax.set_xlabel(_label_axis(panel.measure, WORDINGS[panel.measure], screen))
    calm(ax)


def _set_limits(ax: "Axes", panel: _Panel, *, most: int) -> None:
    ends = [panel.null, *(end for line in panel.lines for end in (line.lower, line.upper))]
    low, high = min(ends), max(ends)
    if panel.measure is Measure.HAZARD_RATIO:
        ticks = [tick for tick in RATIO_TICKS if low / 1.15 <= tick <= high * 1.15]
        ticks = _thin(ticks, most)
        ax.set_xscale("log")
        ax.set_xlim(low / 1.15, high * 1.15)
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        return
    margin = 0.06 * (high - low or 1.0)
    ax.set_xlim(low - margin, high + margin)
    ax.locator_params(axis="x", nbins=most, steps=[1, 2, 5, 10])


def _thin(ticks: list[float], most: int) -> list[float]:
    """Leave out ticks until there are few enough, but never that of no difference."""
    step, middle = math.ceil(len(ticks) / most), ticks.index(1)
    return [tick for place, tick in enumerate(ticks) if (place - middle) % step == 0]


def _label_axis(measure: Measure, wording: Wording, screen: Screen) -> str:
    quantity = "ratio" if measure is Measure.HAZARD_RATIO else f"difference in {wording.unit}"
    return name_directions(wording.lower, quantity, wording.higher, screen)
