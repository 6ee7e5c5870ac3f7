"""The table of published figures beside Welch's test on the same figures."""

import math

import pandas as pd

from desist.cohort.published import PublishedMeasure
from desist.estimands import Measure
from desist.report._shown import ShownCheck
from desist.report.disclosure import RuleSet
from desist.report.view import View
from desist.report.words._numbers import MISSING, format_interval, format_number
from desist.report.words._wording import WORDINGS
from desist.report.words.statements import find_published_means

# The Justice Data Lab prints frequencies per person where a sentence says per 100.
_PRINTED_UNITS = {
    Measure.RATE: "%, differences in percentage points",
    Measure.FREQUENCY: "reoffences per person",
    Measure.TIME_AMONG_REOFFENDERS: "days",
}


def tabulate_published(view: View) -> pd.DataFrame:
    """Tabulate one row per published measure: as printed, and as computed here; every analysis."""
    is_named = bool(view.beside)
    every = (view, *view.beside)
    rows = [row for one in every for row in _tabulate_study(one, is_named=is_named)]
    return pd.DataFrame(rows)


def _tabulate_study(view: View, *, is_named: bool) -> list[dict[str, str]]:
    welch = {one.check.measure: one for one in view.checks if one.check.check == "welch"}
    study = view.published
    rows = []
    for item in () if study is None else study.measures:
        is_of_few = item.measure is Measure.TIME_AMONG_REOFFENDERS
        if is_of_few and not view.rules.prints_reoffenders_only(item.n_treated):
            continue
        row = _tabulate_item(item, welch.get(item.measure), view.rules)
        rows.append(({"Analysis": study.analysis} if study and is_named else {}) | row)
    return rows


def print_difference(measure: Measure, lower: float, upper: float, rules: RuleSet) -> str:
    """Print the interval of a difference as the Justice Data Lab's tables do."""
    if measure is Measure.FREQUENCY:
        return format_interval(lower, upper, rules.frequency_decimals)
    factor = 100 if measure is Measure.RATE else 1
    return format_interval(factor * lower, factor * upper)


def _tabulate_item(
    item: PublishedMeasure, welch: ShownCheck | None, rules: RuleSet
) -> dict[str, str]:
    wording, treated = WORDINGS[item.measure], find_published_means(item)[0]
    cells = {
        "Measure (unit)": f"{wording.title} ({_PRINTED_UNITS[item.measure]})",
        "Participants (number of people)": format_number(item.n_treated),
        "Comparison (number of people, unweighted)": format_number(item.n_comparison),
        "Participants (unit of the row)": _print_mean(item.measure, treated, rules),
        "Comparison (unit of the row)": _print_mean(item.measure, item.comparison, rules),
        "Difference, published (unit of the row)": print_difference(
            item.measure, item.lower, item.upper, rules
        ),
        "Difference, Welch (unit of the row)": MISSING,
        "p-value, published": item.p_printed or MISSING,
        "p-value, Welch": MISSING,
    }
    if welch is not None and not math.isnan(welch.check.lower):
        limits = (welch.check.lower, welch.check.upper)
        cells["Difference, Welch (unit of the row)"] = print_difference(
            item.measure, *limits, rules
        )
        cells["p-value, Welch"] = welch.p_value
    return cells


def _print_mean(measure: Measure, mean: float, rules: RuleSet) -> str:
    if measure is Measure.FREQUENCY:
        return format_number(mean, rules.frequency_decimals)
    return format_number(100 * mean if measure is Measure.RATE else mean, 1)
