"""A picture of who has reoffended by when: from the days that are told, with bands."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from desist.effects.days import DayRow
from desist.errors import CannotAnswerError, Fault, InputError
from desist.estimands import Measure
from desist.evaluation.record import Evaluation
from desist.report.disclosure import RuleSet
from desist.report.pictures._style import BLUE, VERMILION, WIDE, Screen, calm, draw_in
from desist.report.view import make_view
from desist.report.words._numbers import format_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Told apart by shape and by dashes as well as by colour.
LOOKS = {
    "treated": ("with the programme", BLUE, "o", "-"),
    "comparison": ("without it", VERMILION, "s", "--"),
}


def cumulative_incidence(
    evaluation: Evaluation, *, rules: str | RuleSet = "2019", ax: "Axes | None" = None
) -> "Figure":
    """Draw how many of 100 people have reoffended by each day that is told.

    Parameters
    ----------
    evaluation : Evaluation
        Of people whose days to a first reoffence are modelled.
    rules : str or RuleSet, default "2019"
        What is printed on small groups.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        Posterior means at the days of the table, joined by straight lines, and bands of their
        intervals. Between these days nothing is shown, so that no step is one person's.

    Raises
    ------
    InputError
        If the evaluation tells of no day.
    CannotAnswerError
        If there are too few people to report on, or too few reoffenders to print days.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(300, 600, rng=3, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.InverseProbability())
    >>> evaluation = ds.evaluate(cohort, design, models=[ds.SurvivalModel()], seed=1)
    >>> figure = ds.plots.cumulative_incidence(evaluation)
    >>> figure.axes[0].get_ylabel()
    'reoffended, per 100 people'
    """
    view = make_view(evaluation, rules)
    rows = view.by_day
    for shown in view.withheld:
        if shown.measure is Measure.RMST and not rows:
            raise CannotAnswerError(f"no day is drawn, because {shown.withheld}")
    if not rows:
        expected, found = "one that tells of days", "none"
        raise InputError("picture", [Fault("evaluation", expected, found)])
    return draw_incidence(rows, ax=ax)


def draw_incidence(
    rows: Sequence[DayRow], screen: Screen = WIDE, *, ax: "Axes | None" = None
) -> "Figure":
    """Draw the days that may be shown."""
    return draw_in(ax, (screen.width, 3.4), partial(_draw_arms, rows=rows))


def describe_incidence(rows: Sequence[DayRow]) -> str:
    """Describe who has reoffended by when in words, for those who do not see it."""
    told = "; ".join(
        f"by day {row.day:g}, {_per_100(row.treated)} with the programme and "
        f"{_per_100(row.comparison)} without it"
        for row in rows
    )
    return f"How many in 100 people have reoffended: {told}."


def say_incidence(rows: Sequence[DayRow]) -> str:
    """Say in one line how far the curves are apart at the end."""
    last = rows[-1]
    treated, comparison = (_per_100(share) for share in (last.treated, last.comparison))
    return (
        f"By day {last.day:g}, {treated} in 100 people have reoffended with the programme, and "
        f"{comparison} in 100 without it"
    )


def _per_100(free: float) -> str:
    return format_number(100 * (1 - free), 1)


def _draw_arms(ax: "Axes", *, rows: Sequence[DayRow]) -> None:
    days = [0.0, *(row.day for row in rows)]
    for arm, (name, colour, marker, dashes) in LOOKS.items():
        middle, low, high = (
            [0.0, *(100 * (1 - getattr(row, f"{arm}{end}")) for row in rows)]
            for end in ("", "_upper", "_lower")
        )
        ax.fill_between(days, low, high, color=colour, alpha=0.15, linewidth=0)
        ax.plot(days, middle, dashes, color=colour, marker=marker, ms=6, mec="white", label=name)
    ax.set_xlim(0, days[-1] * 1.02)
    ax.set_ylim(bottom=0)
    ax.set_xticks(days, [f"{day:g}" for day in days])
    ax.set_xlabel("days")
    ax.set_ylabel("reoffended, per 100 people")
    ax.legend(loc="upper left", frameon=False)
    calm(ax)
    ax.grid(axis="y", color="#D5DBE0", lw=0.7)
    ax.tick_params(axis="y", length=3, pad=3)
