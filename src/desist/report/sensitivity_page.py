"""The page of the sensitivity analyses: one doubt after another, in plain words."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from desist.errors import CannotAnswerError
from desist.estimands import Measure
from desist.report._analyses import ShownAnalysis, say_together, show_analysis
from desist.report._blocks import Picture, Table, embed_both, fill_template
from desist.report.disclosure import RULE_SETS, RuleSet
from desist.report.pictures._carriers import draw_carriers
from desist.report.pictures._style import WIDE, Screen
from desist.report.pictures.sensitivity import picture_of
from desist.report.view import View
from desist.sample import Sample

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OF_TIMES = (Measure.TIME_AMONG_REOFFENDERS, Measure.RMST)  # with the rate, either tells the other
TEMPLATE = "sensitivity.html.j2"
MOST_ROWS = 24  # of a table in the page; the file beside it has all of them
# What the pictures of analyses are, beside what they say.
PICTURED = {
    "multiverse": "Estimate and interval of every specification, and what each chose",
    "rosenbaum_bounds": "Bounds of the p-value by the strength of a hidden bias",
    "placebo_programmes": "Estimates of programmes that nobody gave",
    "tipping_map": "Which unrecorded confounders would change the answer",
    "leave_out": "Largest move when any one of a kind, or a covariate, is left out",
}
HIDDEN = frozenset({"reason", "marks", "is_refitted", "probability_of_benefit"})


def require_measure(sample: Sample, rules: str, measure: Measure) -> None:
    """Refuse a measure of which no figure may be told under a rule set."""
    chosen, happened = require_enough(sample, rules), sample.within.reoffended
    n_reoffenders = 0 if happened is None else sample.count(happened)[0]
    if measure in OF_TIMES and not chosen.prints_reoffenders_only(n_reoffenders):
        raise CannotAnswerError(
            f"{measure}: {chosen.explain_few_reoffenders(n_reoffenders)}; ask for another measure"
        )


def require_enough(sample: Sample, rules: str) -> RuleSet:
    """Refuse a study of which outcomes may not be told under a rule set."""
    chosen, happened = RULE_SETS[rules], sample.within.reoffended
    counts = [*sample.count()]
    if min(counts) < chosen.min_people:
        raise CannotAnswerError(f"fewer than {chosen.min_people} people of an arm are compared")
    if happened is not None:
        counts = [*sample.count(happened), *sample.count(~happened)]
        if min(counts) < chosen.min_reoffenders:
            raise CannotAnswerError(
                f"fewer than {chosen.min_reoffenders} people of an arm reoffended, or did not; the "
                "report would be about single people"
            )
    return chosen


def render_sensitivity(
    title: str, results: Sequence[Any], refused: Mapping[str, str], version: str
) -> str:
    """Render the page; every text from data is escaped."""
    shown = [show_analysis(result) for result in results]
    return render_sections(title, shown, [fill_analysis(one) for one in shown], refused, version)


def render_sections(
    title: str,
    shown: Sequence[ShownAnalysis],
    sections: Sequence[Mapping[str, Any]],
    refused: Mapping[str, str],
    version: str,
) -> str:
    """Render the page of analyses, of which the sections are filled."""
    filled = {
        "title": title,
        "together": say_together(shown),
        "sections": sections,
        "refused": refused,
        "version": version,
    }
    return fill_template(TEMPLATE, filled)


def fill_analyses(view: View) -> list[dict[str, Any]]:
    """Return the analyses of a view as the template of the report prints them."""
    return [fill_analysis(shown) for shown in view.sensitivity]


def fill_analysis(shown: ShownAnalysis) -> dict[str, Any]:
    """Return an analysis as the template prints it: doubt, answer, picture, table."""
    return {
        "name": shown.name,
        "title": shown.title,
        "doubt": shown.doubt,
        "sentence": shown.sentence,
        "rest": shown.sentence.partition(". ")[2],
        "picture": draw_analysis(shown),
        "table": _make_table(shown),
    }


def draw_analysis(shown: ShownAnalysis) -> Picture | None:
    """Draw an analysis, where a picture says more than its table."""
    figure = picture_of_shown(shown)
    if figure is None:
        return None
    return embed_both(
        lambda screen: figure if screen is WIDE else picture_of_shown(shown, screen) or figure,
        f"{shown.title}. {shown.sentence}",
        "",
        says=shown.sentence.partition(". ")[0].rstrip("."),
        title=PICTURED.get(shown.name, "Estimate and interval, or bounds, of each scenario"),
    )


def picture_of_shown(shown: ShownAnalysis, screen: Screen = WIDE) -> "Figure | None":
    """Return the picture of an analysis, of what may be seen alone."""
    if shown.result is not None:
        return picture_of(shown.result, screen)
    return draw_carriers(shown.table, screen) if len(shown.table) else None


def _make_table(shown: ShownAnalysis) -> Table | None:
    table = shown.table
    columns = [name for name in table.columns if name not in HIDDEN]
    if table.empty or len(table) > MOST_ROWS:
        return None
    printed = table[columns]
    numeric = frozenset(
        place
        for place, name in enumerate(columns)
        if pd.api.types.is_numeric_dtype(printed[name]) and printed[name].dtype != bool
    )
    units = shown.units
    heads = tuple(_name(name, units.get(name, "")) for name in columns)
    rows = tuple(tuple(_write(cell) for cell in row) for row in printed.itertuples(index=False))
    return Table(shown.title, heads, rows, numeric)


def _name(column: str, unit: str) -> str:
    words = str(column).replace("_", " ")
    return f"{words} ({unit})" if unit else words


def _write(cell: object) -> str:
    if cell is None or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell)):
        return "–"
    return f"{cell:.3g}" if isinstance(cell, float) else str(cell)
