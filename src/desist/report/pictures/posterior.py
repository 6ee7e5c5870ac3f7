"""A picture of a posterior: how probable each size of the difference is, and what matters of it."""

from functools import partial
from typing import TYPE_CHECKING

from desist.arguments import find_choice_faults
from desist.errors import Fault, InputError, raise_faults
from desist.estimands import Measure
from desist.evaluation.record import Evaluation
from desist.report._posterior import BAD, GOOD, SMALL, ShownPosterior
from desist.report.disclosure import RuleSet
from desist.report.pictures._style import (
    BLUE,
    GREY,
    INK,
    VERMILION,
    WIDE,
    Screen,
    calm,
    draw_in,
    name_directions,
)
from desist.report.view import make_view
from desist.report.words._wording import WORDINGS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

# In grey, what is good is dark and plain, what is bad is hatched.
LOOKS = {GOOD: (BLUE, ""), SMALL: ("#B9C2C9", ""), BAD: (VERMILION, "////")}


def posterior(
    evaluation: Evaluation,
    measure: Measure | str = Measure.RATE,
    *,
    rules: str | RuleSet = "2019",
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw how probable each size of a difference is, and how much of it matters.

    Parameters
    ----------
    evaluation : Evaluation
        What was found; its margins are the least differences that matter.
    measure : Measure or str, default "rate"
        One with a difference: not the hazard ratio, nor the time among reoffenders.
    rules : str or RuleSet, default "2019"
        What is printed on small groups.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        Bars of the posterior probability, in the unit of the measure: blue for a benefit, grey
        for less than the margin, hatched vermilion for harm.

    Raises
    ------
    InputError
        If the measure has no posterior of a difference that may be shown.
    CannotAnswerError
        If there are too few people to report on.

    Examples
    --------
    >>> import desist as ds
    >>> evaluation = ds.evaluate_published(ds.datasets.making_connections())
    >>> figure = ds.plots.posterior(evaluation, "rate")
    >>> figure.axes[0].get_ylabel()
    'probability (%)'
    """
    raise_faults("picture", find_choice_faults("measure", measure, tuple(Measure)))
    for shown in make_view(evaluation, rules).printed:
        if shown.measure == measure and shown.posterior is not None:
            return draw_posterior(shown.posterior, ax=ax)
    expected = "one with a difference that is printed and is an effect"
    raise InputError("picture", [Fault("measure", expected, repr(Measure(measure).value))])


def draw_posterior(
    shown: ShownPosterior, screen: Screen = WIDE, *, ax: "Axes | None" = None
) -> "Figure":
    """Draw the bars that may be shown."""
    size = (screen.width, 3.1)
    return draw_in(ax, size, partial(_draw_bars, shown=shown, screen=screen))


def describe_posterior(shown: ShownPosterior) -> str:
    """Describe the posterior in words, for those who do not see it."""
    told = ", ".join(
        f"{one.words} with a probability of {one.probability}" for one in shown.regions
    )
    return f"{WORDINGS[shown.measure].title} with the programme: {told}."


def _draw_bars(ax: "Axes", *, shown: ShownPosterior, screen: Screen) -> None:
    wording, width = WORDINGS[shown.measure], shown.edges[1] - shown.edges[0]
    for region in shown.regions:
        places = [i for i in range(len(shown.shares)) if shown.find_kind(i) == region.kind]
        colour, hatch = LOOKS[region.kind]
        ax.bar(
            [shown.edges[i] for i in places],
            [100 * shown.shares[i] for i in places],
            width,
            align="edge",
            color=colour,
            edgecolor="white",
            linewidth=0.6,
            hatch=hatch,
        )
    ax.axvline(0.0, color=INK, lw=1.0)
    ax.locator_params(axis="x", nbins=5 if screen.names_above else 9, steps=[1, 2, 5, 10])
    quantity = f"difference in {wording.unit}"
    ax.set_xlabel(name_directions(wording.lower, quantity, wording.higher, screen))
    ax.set_ylabel("probability (%)")
    ax.legend(
        handles=_make_keys(shown),
        loc="lower left",
        bbox_to_anchor=(0, 1),
        frameon=False,
        borderaxespad=0.2,
    )
    calm(ax)
    ax.tick_params(axis="y", length=3, pad=3, color=GREY)


def _make_keys(shown: ShownPosterior) -> "list[Patch]":
    """Make the legend's own marks: a region without a bar would have the look of another."""
    from matplotlib.patches import Patch

    keys = []
    for region in shown.regions:
        colour, hatch = LOOKS[region.kind]
        label = f"{region.words}: {region.probability}"
        keys.append(Patch(facecolor=colour, edgecolor="white", hatch=hatch, label=label))
    return keys
