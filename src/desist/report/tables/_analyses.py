"""The table of several analyses of one programme, side by side."""

import pandas as pd

from desist.estimands import Measure
from desist.report._shown import ShownMeasure
from desist.report.view import View
from desist.report.words._numbers import MISSING, format_number
from desist.report.words._wording import WORDINGS


def tabulate_analyses(view: View) -> pd.DataFrame:
    """Tabulate each measure by every analysis of the programme; empty where there is one alone."""
    if not view.beside:
        return pd.DataFrame()
    every = (view, *view.beside)
    measures = dict.fromkeys(shown.measure for one in every for shown in one.measures)
    found = [(one, _find(one, measure)) for measure in measures for one in every]
    return pd.DataFrame([_tabulate(one, shown) for one, shown in found if shown is not None])


def _find(view: View, measure: Measure) -> ShownMeasure | None:
    return next((one for one in view.printed if one.measure is measure), None)


def _tabulate(view: View, shown: ShownMeasure) -> dict[str, str]:
    wording, whole = WORDINGS[shown.measure], shown.per_100
    means = (MISSING, MISSING)
    if whole is not None:
        means = (format_number(whole.treated), format_number(whole.comparison))
    return {
        "Measure (unit)": f"{wording.title} ({wording.unit})",
        "Analysis": view.title,
        "Participants (number of people)": format_number(shown.row.n_treated),
        "Comparison (number of people, unweighted)": format_number(shown.row.n_comparison),
        "Participants (unit of the row)": means[0],
        "Comparison (unit of the row)": means[1],
        f"Difference, {view.level} interval (unit of the row)": shown.interval or MISSING,
        "Probability of benefit (%)": shown.benefit,
    }
