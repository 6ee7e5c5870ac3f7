"""The forest of groups: what each shows alone, and the posterior that borrows from the others."""

from functools import partial
from typing import TYPE_CHECKING

from desist.arguments import find_choice_faults
from desist.errors import Fault, InputError, raise_faults
from desist.estimands import Measure
from desist.evaluation.record import Evaluation
from desist.report._shown import ShownGroups
from desist.report.disclosure import RuleSet
from desist.report.pictures._style import (
    BLUE,
    GREY,
    INK,
    PANEL_MARGIN,
    VERMILION,
    WIDE,
    Screen,
    calm,
    draw_in,
    name_directions,
    name_rows,
)
from desist.report.view import make_view
from desist.report.words._wording import WORDINGS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def effects_by_group(
    evaluation: Evaluation,
    grouping: str | None = None,
    measure: Measure | str = Measure.RATE,
    *,
    rules: str | RuleSet = "2019",
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw the effect in each group: its own weighted difference, and the posterior.

    Parameters
    ----------
    evaluation : Evaluation
        Of a cohort with groups.
    grouping : str, optional
        Such as "prison"; the first by default.
    measure : Measure or str, default "rate"
        What is compared.
    rules : str or RuleSet, default "2019"
        Which groups are too small to be shown.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        One line a group, the most favourable effect at the top, in the unit of the measure. The
        band is the interval of the effect on everybody.

    Raises
    ------
    InputError
        If the evaluation has no such groups or measure.
    CannotAnswerError
        If there are too few people to report on.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(150, 600, rng=1, n_groups=3).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    >>> rate = ds.RateModel()
    >>> evaluation = ds.evaluate(cohort, design, models=[rate], inference="nested", seed=1)
    >>> figure = ds.plots.effects_by_group(evaluation, "prison")
    >>> len(figure.axes)
    1
    """
    raise_faults("picture", find_choice_faults("measure", measure, tuple(Measure)))
    view = make_view(evaluation, rules)
    known = list(dict.fromkeys(shown.table.grouping for shown in view.groups))
    for shown in view.groups:
        if shown.table.measure == measure and grouping in (None, shown.table.grouping):
            return draw_groups(shown, ax=ax)
    expected = f"one of {', '.join(known)}" if known else "an evaluation of a cohort with groups"
    found = f"none with groups of {Measure(measure).value}" if grouping is None else repr(grouping)
    raise InputError("picture", [Fault("grouping", expected, found)])


def draw_groups(shown: ShownGroups, screen: Screen = WIDE, *, ax: "Axes | None" = None) -> "Figure":
    """Draw the groups that may be shown."""
    height = screen.row_height * (max(len(shown.table.rows), 1) + 1) + PANEL_MARGIN
    return draw_in(ax, (screen.width, height), partial(_draw, shown=shown, screen=screen))


def describe_groups(shown: ShownGroups) -> str:
    """Describe the forest of groups in words, for those who do not see it."""
    table = shown.table
    covering = sum(row.lower <= 0 <= row.upper for row in table.rows)
    return (
        f"{WORDINGS[table.measure].title} by {table.grouping}: {covering} of {len(table.rows)} "
        "intervals reach across the line of no difference."
    )


def _draw(ax: "Axes", *, shown: ShownGroups, screen: Screen) -> None:
    table, wording = shown.table, WORDINGS[shown.table.measure]
    factor = wording.factor
    if shown.overall is not None:
        ends = [factor * end for end in (shown.overall.lower, shown.overall.upper)]
        ax.axvspan(*ends, color=GREY, alpha=0.15, lw=0, label="everybody", zorder=1)
    for position, row in enumerate(table.rows):
        ends = [factor * row.lower, factor * row.upper]
        names = ("posterior", "group alone") if position == 0 else ("_", "_")
        ax.plot(ends, [position] * 2, color=BLUE, lw=2.6, zorder=3)
        ax.plot(
            factor * row.estimate,
            position,
            "o",
            color=BLUE,
            ms=7,
            mec="white",
            label=names[0],
            zorder=5,
        )
        ax.plot(
            factor * row.raw, position, "D", mfc="white", mec=VERMILION, label=names[1], zorder=4
        )
    ax.axvline(0.0, color=INK, lw=1.0, zorder=2)
    name_rows(ax, [row.level for row in table.rows], screen)
    if not screen.names_above:
        title = f"{wording.title} by {table.grouping}"
        # above the legend, which is as high as a line
        ax.set_title(title, loc="left", fontsize=12, fontweight="bold", pad=26)
    quantity = f"difference in {wording.unit}"
    ax.set_xlabel(name_directions(wording.lower, quantity, wording.higher, screen))
    if table.rows:
        ax.legend(
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=3,
            frameon=False,
            columnspacing=1.0,
            handletextpad=0.4,
        )
    calm(ax)
