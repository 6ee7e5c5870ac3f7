"""Pictures of a report: the measures with their checks, and the balance.

Each function returns a matplotlib Figure and shows nothing. Colours are those of Okabe
and Ito, which people with any colour vision tell apart; shapes differ as well.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from desist.checks.catalogue import is_of_order, name_check
from desist.estimands import Measure, Scale
from desist.evaluation.categories import WITHHELD
from desist.evaluation.record import ComparedCheck, Evaluation, MeasureRow
from desist.report.digits import RATIO, SPOKEN, round_to
from desist.report.disclosure import RuleSet, find_rules
from desist.report.figures import list_printed
from desist.report.numbers import as_float
from desist.report.view import disclose_checks, require_enough_people
from desist.report.wording import WORDINGS, Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILION, INK, GREY, FAINT = "#0072B2", "#D55E00", "#22303C", "#5B6770", "#D5DBE0"
WELL_MATCHED, REASONABLY_MATCHED = 5.0, 10.0
MOST_COVARIATES = 40
RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 5, 10, 20)

WIDTH = 8.0
ROW_HEIGHT = 0.34
PANEL_MARGIN = 1.0

STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "desist",
}


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


def forest(evaluation: Evaluation, *, rules: str | RuleSet = "2019") -> "Figure":
    """Draw the interval of every measure, the posterior above its checks.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : str or RuleSet, default "2019"
        What is printed on small groups.

    Returns
    -------
    Figure
        One panel per measure, each in its own unit, with a line at no difference.
        Checks without an interval are in the tables only.

    Raises
    ------
    CannotAnswerError
        If there are too few people to report on.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    rule_set = find_rules(rules)
    require_enough_people(evaluation, rule_set)
    panels = _list_panels(evaluation, rule_set)
    heights = [ROW_HEIGHT * len(panel.lines) + PANEL_MARGIN for panel in panels] or [PANEL_MARGIN]
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
        if not panels:
            figure.text(0.5, 0.5, "No measure has an interval.", ha="center", va="center")
            return figure
        axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
        for ax, panel in zip(axes, panels, strict=True):
            _draw_panel(ax, panel)
        _give_room(figure)
    return figure


def love_plot(design: Mapping[str, Any]) -> "Figure":
    """Draw the standardised difference of every covariate before and after.

    Parameters
    ----------
    design : mapping
        The `design` of `evaluation.json`, of which `balance` is read.

    Returns
    -------
    Figure
        One row per covariate, the largest difference before on top; lines at 5% and
        10% of a standard deviation. Of more than 40 covariates, the 40 with the largest
        difference after are drawn, and the title says so.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    balance, n_covariates = _choose_covariates(design["balance"])
    with rc_context(STYLE):
        height = 0.28 * max(len(balance), 2) + 1.2
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        ax = figure.subplots()
        _draw_balance(ax, balance)
        if not balance:
            ax.set_title("No covariate can be shown.", loc="left", fontsize=10)
        if n_covariates > len(balance):
            title = f"The {len(balance)} least alike of {n_covariates} covariates"
            ax.set_title(title, loc="left", fontsize=10)
        _give_room(figure)
    return figure


def describe_forest(evaluation: Evaluation, *, rules: str | RuleSet = "2019") -> str:
    """Describe the forest in words, for those who do not see it.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : str or RuleSet, default "2019"
        What is printed on small groups.

    Returns
    -------
    str
        One sentence for each panel.
    """
    sentences = []
    for panel in _list_panels(evaluation, find_rules(rules)):
        wording = WORDINGS[panel.measure]
        covering = sum(line.lower <= panel.null <= line.upper for line in panel.lines)
        sentences.append(
            f"{wording.title}: {covering} of {len(panel.lines)} intervals include no difference."
        )
    return " ".join(["Intervals of each measure, posterior and checks.", *sentences])


def describe_love_plot(design: Mapping[str, Any]) -> str:
    """Describe the love plot in words, for those who do not see it.

    Parameters
    ----------
    design : mapping
        The `design` of `evaluation.json`, of which `balance` is read.

    Returns
    -------
    str
        How many covariates lie beyond 5% and 10%, before and after.
    """
    counts = []
    for key in ("smd_before", "smd_after"):
        sizes = [abs(100 * as_float(item[key])) for item in design["balance"]]
        counts.append(
            (sum(s > WELL_MATCHED for s in sizes), sum(s > REASONABLY_MATCHED for s in sizes))
        )
    (five_before, ten_before), (five_after, ten_after) = counts
    return (
        f"Standardised differences of {len(design['balance'])} covariates. Above 10%: {ten_before} "
        f"before and {ten_after} after. Above 5%: {five_before} before and {five_after} after."
    )


def _list_panels(evaluation: Evaluation, rules: RuleSet) -> list[_Panel]:
    panels = []
    known = evaluation.checks if evaluation.published else disclose_checks(evaluation, rules)
    for row in list_printed(evaluation, rules):
        checks = (check for check in known if check.measure is row.measure)
        lines = [_posterior_line(row), *(_check_line(check) for check in checks)]
        drawn = tuple(line for line in lines if line is not None and _has_interval(line))
        if drawn:
            panels.append(_Panel(row.measure, drawn))
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
    for position, line in enumerate(panel.lines):
        colour, width, size = (BLUE, 3.2, 8) if line.is_posterior else (GREY, 1.4, 6)
        ax.plot([line.lower, line.upper], [position] * 2, color=colour, lw=width, zorder=3)
        marker = "o" if line.is_posterior else "D"
        ax.plot(line.estimate, position, marker, color=colour, ms=size, mec="white", zorder=4)
    ax.axvline(panel.null, color=INK, lw=1.0, zorder=2)
    ax.set_yticks(range(len(panel.lines)), [line.label for line in panel.lines])
    ax.get_yticklabels()[0].set_fontweight("bold" if panel.lines[0].is_posterior else "normal")
    ax.set_ylim(len(panel.lines) - 0.4, -0.6)
    _set_limits(ax, panel)
    wording = WORDINGS[panel.measure]
    title = wording.title if panel.measure.is_causal else f"{wording.title} (descriptive)"
    ax.set_title(title, loc="left", fontsize=11, fontweight="bold")
    ax.set_xlabel(_label_axis(panel.measure, wording))
    _calm(ax)


def _set_limits(ax: "Axes", panel: _Panel) -> None:
    ends = [panel.null, *(end for line in panel.lines for end in (line.lower, line.upper))]
    low, high = min(ends), max(ends)
    if panel.measure is Measure.HAZARD_RATIO:
        ticks = [tick for tick in RATIO_TICKS if low / 1.15 <= tick <= high * 1.15]
        ax.set_xscale("log")
        ax.set_xlim(low / 1.15, high * 1.15)
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        return
    margin = 0.06 * (high - low or 1.0)
    ax.set_xlim(low - margin, high + margin)
    ax.locator_params(axis="x", nbins=8, steps=[1, 2, 5, 10])


def _label_axis(measure: Measure, wording: Wording) -> str:
    quantity = "ratio" if measure is Measure.HAZARD_RATIO else f"difference in {wording.unit}"
    return f"← {wording.lower}     {quantity}     {wording.higher} →"


def _calm(ax: "Axes") -> None:
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="y", length=0, pad=8)
    ax.grid(axis="x", color=FAINT, lw=0.7, zorder=0)
    ax.set_axisbelow(True)


def _give_room(figure: "Figure") -> None:
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure.set_layout_engine(ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1, hspace=0.04))


def _choose_covariates(
    balance: Sequence[Mapping[str, Any]],
) -> tuple[list[Mapping[str, Any]], int]:
    drawn = [item for item in balance if not str(item.get("word")).startswith(WITHHELD)]
    worst = sorted(drawn, key=lambda item: -_size(item["smd_after"]))[:MOST_COVARIATES]
    return sorted(worst, key=lambda item: -_size(item["smd_before"])), len(drawn)


def _draw_balance(ax: "Axes", balance: Sequence[Mapping[str, Any]]) -> None:
    positions = range(len(balance))
    before, after = (
        [abs(100 * as_float(item[key])) for item in balance] for key in ("smd_before", "smd_after")
    )
    ax.hlines(positions, before, after, color=FAINT, lw=1.5, zorder=2)
    ax.plot(
        before,
        positions,
        "o",
        mfc="white",
        mec=VERMILION,
        mew=1.5,
        ms=7,
        label="before",
        zorder=5,
        clip_on=False,
    )
    ax.plot(
        after, positions, "o", color=BLUE, mec="white", ms=8, label="after", zorder=6, clip_on=False
    )
    for threshold in (WELL_MATCHED, REASONABLY_MATCHED):
        ax.axvline(threshold, color=GREY, lw=1.0, ls=(0, (4, 3)), zorder=1)
    ax.set_yticks(
        positions, [_shorten(str(item["covariate"])) for item in balance], parse_math=False
    )
    ax.set_ylim(len(balance) - 0.4, -0.6)
    ax.set_xlim(left=0, right=max(12.0, ax.get_xlim()[1]))
    ax.set_xlabel("absolute standardised difference (% of a standard deviation)")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderaxespad=0.2)
    _calm(ax)


def _shorten(name: str, longest: int = 44) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _size(value: Any) -> float:
    size = abs(as_float(value))
    return -1.0 if math.isnan(size) else size
