"""The sections of single measures: a chart with what it says, a line a family, every check."""

from functools import partial
from typing import Any

from desist.estimands import Measure
from desist.report._blocks import Picture, embed_both, make_table
from desist.report._shown import ShownMeasure
from desist.report.pictures.forest import describe_measure, draw_measure, has_intervals
from desist.report.pictures.posterior import describe_posterior, draw_posterior
from desist.report.tables import tabulate_checks
from desist.report.view import View
from desist.report.words._numbers import count_of, format_number
from desist.report.words._wording import WORDINGS
from desist.report.words.families import say_families

FOREST_NOTE = (
    "In the charts below, thick blue is the posterior interval and thin grey are the confidence "
    "intervals of the checks; the vertical line marks no difference. Checks that give no interval "
    "in the unit of the chart are in the table behind it."
)


def fill_measures(view: View, *, is_causal: bool) -> list[dict[str, Any]]:
    """Fill a block for each printed measure: what it says, its chart, its checks."""
    return [
        _fill_measure(view, shown) for shown in view.printed if shown.measure.is_causal == is_causal
    ]


def say_result(shown: ShownMeasure) -> str:
    """Say in one line what was found of a measure."""
    wording, row = WORDINGS[shown.measure], shown.row
    if shown.measure is Measure.HAZARD_RATIO:
        low, high = (format_number(limit, 2) for limit in (row.ratio_lower, row.ratio_upper))
        return f"{wording.title}: {low} to {high} times that without the programme"
    per = {"people per 100": ", per 100", "reoffences per 100 people": ", per 100 people"}
    return f"{wording.title}{per.get(wording.unit, '')}: {shown.interval_words}"


def _fill_measure(view: View, shown: ShownMeasure) -> dict[str, Any]:
    checks, wording = view.list_checks(shown.measure), WORDINGS[shown.measure]
    return {
        "name": wording.title,
        "picture": _draw(view, shown),
        "posterior": _draw_posterior(shown),
        # without a least benefit that matters it has two regions, which the card tells as well
        "has_margin": shown.posterior is not None and shown.posterior.margin > 0,
        "families": say_families(checks),
        "line": f"{wording.title}: the posterior and {count_of(len(checks), 'check')} in full",
        "checks": make_table(
            f"{wording.title}: posterior and checks", tabulate_checks(view, shown.measure)
        ),
    }


def _draw(view: View, shown: ShownMeasure) -> Picture | None:
    if not has_intervals(view, shown.measure):
        return None
    is_ratio = shown.measure is Measure.HAZARD_RATIO
    what = "Ratio of the hazards" if is_ratio else "Difference between the two groups"
    return embed_both(
        partial(draw_measure, view, shown.measure),
        describe_measure(view, shown.measure),
        "",
        says=say_result(shown),
        title=f"{what} by the posterior and by each check, with {view.level} intervals",
    )


def _draw_posterior(shown: ShownMeasure) -> Picture | None:
    if shown.posterior is None:
        return None
    first, title = shown.posterior.regions[0], WORDINGS[shown.measure].title
    sure = first.probability.replace(">", "more than ").replace("<", "less than ")
    return embed_both(
        partial(draw_posterior, shown.posterior),
        describe_posterior(shown.posterior),
        "",
        says=f"{title}: {first.words}, with a probability of {sure}",
        title="Posterior probability of each size of the difference",
    )
