"""A picture of the record flow: how many are left after each step, and how many were left out."""

from functools import partial
from typing import TYPE_CHECKING

from desist.cohort.flow import RecordFlow
from desist.errors import Fault, InputError
from desist.evaluation.record import Evaluation
from desist.report.disclosure import RuleSet
from desist.report.pictures._style import BLUE, FAINT, INK, WIDE, Screen, draw_in, name_rows
from desist.report.view import make_view
from desist.report.words._numbers import format_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def record_flow(
    study: Evaluation | RecordFlow, *, rules: str | RuleSet = "2019", ax: "Axes | None" = None
) -> "Figure":
    """Draw how many people are left after each step, and how many were left out.

    Parameters
    ----------
    study : Evaluation or RecordFlow
        From the records submitted to the people analysed; of a flow alone nothing is suppressed.
    rules : str or RuleSet, default "2019"
        Which steps of an evaluation leave out too few to be told.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        One bar a step: dark what is left, pale what the step left out.

    Raises
    ------
    InputError
        If the evaluation has no record flow.
    CannotAnswerError
        If there are too few people to report on.

    Examples
    --------
    >>> import desist as ds
    >>> figure = ds.plots.record_flow(ds.datasets.making_connections().flow)
    >>> figure.axes[0].texts[-1].get_text()
    '83 left (3 left out)'
    """
    flow = make_view(study, rules).flow if isinstance(study, Evaluation) else study
    if flow is None:
        expected = "one that was given a record flow"
        raise InputError("picture", [Fault("evaluation", expected, "none", "make a RecordFlow")])
    return draw_flow(flow, ax=ax)


def draw_flow(flow: RecordFlow, screen: Screen = WIDE, *, ax: "Axes | None" = None) -> "Figure":
    """Draw the steps of a flow."""
    size = (screen.width, screen.row_height * len(flow.steps) + 0.4)
    return draw_in(ax, size, partial(_draw_steps, flow=flow, screen=screen))


def describe_flow(flow: RecordFlow) -> str:
    """Describe the flow in words, for those who do not see it."""
    return f"{flow.text.replace(chr(10), '. ')}."


def say_flow(flow: RecordFlow) -> str:
    """Say in one line how many of those submitted are analysed."""
    unit = flow.steps[0].unit
    submitted, analysed = format_number(flow.n_submitted), format_number(flow.n_analysed)
    return f"Of {submitted} {unit} submitted, {analysed} people are analysed"


def _draw_steps(ax: "Axes", *, flow: RecordFlow, screen: Screen) -> None:
    places = range(len(flow.steps))
    left = [step.n_remaining for step in flow.steps]
    out = [step.n_excluded for step in flow.steps]
    height = 0.34 if screen.names_above else 0.62
    ax.barh(places, left, height, color=BLUE)
    ax.barh(places, out, height, left=left, color=FAINT)
    name_rows(ax, [step.name for step in flow.steps], screen)
    for place, step in enumerate(flow.steps):
        lost = f" ({format_number(step.n_excluded)} left out)" if step.n_excluded else ""
        told = f"{format_number(step.n_remaining)} left{lost}"
        # on the dark bar where it is long enough, else on the pale ground beside it
        has_room = 2 * step.n_remaining > flow.n_submitted
        start, colour = (0, "white") if has_room else (step.n_remaining, INK)
        ax.text(start + 0.02 * flow.n_submitted, place, told, va="center", color=colour)
    ax.set_xlim(0, flow.n_submitted)
    ax.set_xticks([])
    ax.spines[:].set_visible(False)
    ax.tick_params(axis="y", length=0, pad=8)
