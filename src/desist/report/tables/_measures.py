"""Tables of the posteriors: in whole numbers, in full, and how each was found."""

import math

import pandas as pd

from desist.estimands import Measure
from desist.report._shown import ShownMeasure
from desist.report.view import View
from desist.report.words._numbers import MISSING, as_float, format_interval, format_number
from desist.report.words._wording import WORDINGS

# Decimals of means and of differences in a table, in the unit that is spoken of.
DECIMALS = {
    Measure.RATE: 1,
    Measure.FREQUENCY: 1,
    Measure.RMST: 1,
    Measure.TIME_AMONG_REOFFENDERS: 1,
    Measure.HAZARD_RATIO: 2,
}

# Engines as a statistician calls them.
ENGINES = {
    "laplace": "Laplace approximation with importance weights",
    "nested": "nested Laplace approximation",
    "nuts": "NUTS",
    "quadrature": "quadrature on a grid",
}


def tabulate_per_100(view: View) -> pd.DataFrame:
    """Tabulate the printed measures with a mean in each arm in whole numbers per 100 people."""
    rows = []
    for shown in view.printed:
        whole, wording = shown.per_100, WORDINGS[shown.measure]
        if whole is None:
            continue
        rows.append(
            {
                "Measure (unit)": f"{wording.title} ({wording.unit})",
                "Participants (unit of the row)": format_number(whole.treated),
                "Comparison (unit of the row)": format_number(whole.comparison),
                "Difference (unit of the row)": whole.words,
                f"{view.level} interval of the difference (unit of the row)": shown.interval,
                "Note": whole.note,
            }
        )
    return pd.DataFrame(rows)


def tabulate_measures(view: View) -> pd.DataFrame:
    """Tabulate the posterior of every printed measure; the unit is part of its name."""
    return pd.DataFrame([_tabulate_row(shown, view.level) for shown in view.printed])


def tabulate_engines(view: View) -> pd.DataFrame:
    """Tabulate engine and diagnostics of each measure, as far as there are any."""
    rows = [
        {
            "Measure": WORDINGS[row.measure].title,
            "Engine": ENGINES.get(row.engine or "", row.engine or MISSING),
            "Largest R-hat": format_number(as_float(row.rhat_max), 3),
            "Smallest bulk effective sample size (draws)": format_number(
                as_float(row.ess_bulk_min)
            ),
            "Pareto k-hat": format_number(as_float(row.khat), 2),
        }
        for row in (shown.row for shown in view.measures)
    ]
    table = pd.DataFrame(rows)
    return table.loc[:, (table != MISSING).any()]


def _tabulate_row(shown: ShownMeasure, level: str) -> dict[str, str]:
    row, wording, decimals = shown.row, WORDINGS[shown.measure], DECIMALS[shown.measure]
    is_ratio = row.measure is Measure.HAZARD_RATIO
    unit = f"{wording.unit}, averaged over the follow-up" if is_ratio else wording.unit
    scaled = {
        name: wording.factor * as_float(getattr(row, name))
        for name in ("treated", "comparison", "difference", "lower", "upper")
    }
    if is_ratio:
        scaled = dict.fromkeys(scaled, math.nan)
    difference = format_number(scaled["difference"], decimals)
    difference_interval = format_interval(scaled["lower"], scaled["upper"], decimals)
    ratio = format_number(as_float(row.ratio), 2)
    ratio_interval = format_interval(as_float(row.ratio_lower), as_float(row.ratio_upper), 2)
    return {
        "Measure (unit)": f"{wording.title} ({unit})",
        "Participants (number of people)": format_number(row.n_treated),
        "Comparison (number of people, unweighted)": format_number(row.n_comparison),
        "Participants (unit of the row)": format_number(scaled["treated"], decimals),
        "Comparison (unit of the row)": format_number(scaled["comparison"], decimals),
        f"Difference ({level} interval; unit of the row)": _join(difference, difference_interval),
        f"Ratio ({level} interval)": _join(ratio, ratio_interval),
        "Probability of benefit (%)": shown.benefit,
    }


def _join(estimate: str, interval: str) -> str:
    return MISSING if estimate == MISSING else f"{estimate} ({interval})"
