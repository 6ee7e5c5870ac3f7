"""The headline of the page: who was compared, a card a measure, a hundred people in dots."""

from typing import Any

from desist.estimands import Measure
from desist.report._shown import ShownMeasure
from desist.report.view import View
from desist.report.words._numbers import count_of, format_number
from desist.report.words._wording import WORDINGS, name_people, name_period
from desist.report.words.both import name_both
from desist.report.words.statements import PerHundred

WHY_BOTH = (
    "The posterior starts from what was thought possible before the figures were seen, and allows "
    "for what few people may hide by chance: so its averages may lie beside those of the report."
)


def fill_headline(view: View) -> dict[str, Any]:
    """Fill the first section: its title, cards and dots, and how they are to be read."""
    people = name_people(view.estimand)
    whole = [(shown, shown.per_100) for shown in view.printed if shown.per_100 is not None]
    return {
        "title": f"Headline, for any 100 {people}" if whole else "Headline",
        "cards": [_make_card(shown, per_100, view.level) for shown, per_100 in whole],
        "dots": _fill_dots(view, people),
        "reading": _explain_headline(view) if whole else "",
        "both": say_both(view),
    }


def say_both(view: View) -> list[str]:
    """Name printed figure and posterior where they differ, and say why they do."""
    both = name_both(view)
    return [*both, *([WHY_BOTH] if both else [])]


def introduce(view: View) -> str:
    """Say who was compared, and whom the results are about."""
    counts = ""
    if view.compared:
        n_treated, n_comparison = view.compared
        counts = (
            f"{count_of(n_treated, 'participant')} and "
            f"{count_of(n_comparison, 'comparison person', 'comparison people')} were compared. "
        )
    return f"{counts}The results are about {view.estimand.people}."


def _make_card(shown: ShownMeasure, whole: PerHundred, level: str) -> dict[str, Any]:
    wording, is_causal = WORDINGS[shown.measure], shown.measure.is_causal
    words = whole.words
    return {
        "name": wording.title,
        "descriptive": not is_causal,
        "unit": wording.unit if is_causal else f"{wording.unit}, reoffenders only",
        "treated": format_number(whole.treated),
        "comparison": format_number(whole.comparison),
        "difference": words[:1].upper() + words[1:],
        "interval": f"May be {shown.interval_words} ({level} interval).",
        "benefit": f"Probability of benefit: {shown.benefit}" if is_causal else "",
        "note": whole.note,
    }


def _fill_dots(view: View, people: str) -> dict[str, Any] | None:
    """Fill the picture of a hundred people of each arm; None where no rate is printed."""
    shown = next((one for one in view.printed if one.measure is Measure.RATE), None)
    if shown is None or shown.per_100 is None:
        return None
    treated, comparison = shown.per_100.treated, shown.per_100.comparison
    period = name_period(float(view.settings.get("horizon", 365)))
    return {
        "treated": (treated, f"{treated} in every 100 {people} reoffended"),
        "comparison": (comparison, f"{comparison} in every 100 comparison people reoffended"),
        "caption": (
            f"Each dot is one person in a hundred; a dark one reoffended within {period}. "
            "Comparison people are weighted, so that they resemble the participants."
        ),
    }


def _explain_headline(view: View) -> str:
    means = "those of the posterior, over the same people with and without the programme"
    if view.published is not None:
        means = "those of the published report"
    return (
        f"The averages are {means}. The intervals are those of the posterior, with as much "
        "probability below as above. Each number is rounded on its own."
    )


def count_tests(view: View) -> str:
    """Say how many measures were tested, and what that means."""
    several = (
        " When several are tested, one of them may seem to show a difference by chance alone."
        if len(view.measures) > 1
        else ""
    )
    count = count_of(len(view.measures), "measure was", "measures were")
    return (
        f"{count} tested.{several} An interval that reaches from less to more reoffending does not "
        "show that the programme has no effect."
    )
