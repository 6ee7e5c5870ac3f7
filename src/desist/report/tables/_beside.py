"""Tables of what stands beside the default result: other programmes, one process."""

import pandas as pd

from desist.estimands import Measure
from desist.evaluation.record import MeasureRow
from desist.report.tables._measures import DECIMALS
from desist.report.view import View
from desist.report.words._numbers import (
    as_float,
    format_interval,
    format_number,
    format_probability,
)
from desist.report.words._wording import WORDINGS
from desist.report.words.evidence import say_worth_of_prior


def tabulate_evidence(view: View) -> pd.DataFrame:
    """Tabulate the default result beside the one with other programmes."""
    shown = view.evidence
    if shown is None or not shown.result.is_known:
        return pd.DataFrame()
    result = shown.result
    alone = next(one.row for one in view.measures if one.measure is result.measure)
    rows = (
        ("These people alone: the result", alone.difference, alone, alone.n_treated),
        ("With what other programmes showed", result.estimate, result, None),
    )
    wording, decimals = WORDINGS[result.measure], DECIMALS[result.measure]
    return pd.DataFrame(
        [
            {
                "Result": name,
                f"Difference ({wording.unit})": format_number(
                    wording.factor * as_float(estimate), decimals
                ),
                f"{view.level} interval ({wording.unit})": format_interval(
                    wording.factor * one.lower, wording.factor * one.upper, decimals
                ),
                "Probability of benefit (%)": format_probability(
                    as_float(one.probability_of_benefit)
                ),
                "Rests on": f"{format_number(people)} participants"
                if people is not None
                else f"the same, and a prior worth {say_worth_of_prior(result)}",
            }
            for name, estimate, one, people in rows
        ]
    )


def tabulate_process(view: View) -> pd.DataFrame:
    """Tabulate each measure as reported and under one process, where that suffices."""
    shown = view.one_process
    rows = () if shown is None else shown.rows
    return pd.DataFrame([_tabulate_pair(*pair, view.level) for pair in rows])


def tabulate_among(view: View) -> pd.DataFrame:
    """Tabulate this programme beside the mean of others and a new one like them."""
    shown = view.among
    if shown is None:
        return pd.DataFrame()
    wording, decimals = WORDINGS[shown.measure], DECIMALS[shown.measure]
    return pd.DataFrame(
        [
            {
                "Programme": row.name,
                f"Difference ({wording.unit})": format_number(
                    wording.factor * row.estimate, decimals
                ),
                f"{view.level} interval ({wording.unit})": format_interval(
                    wording.factor * row.lower, wording.factor * row.upper, decimals
                ),
            }
            for row in shown.rows
        ]
    )


def _tabulate_pair(reported: MeasureRow, sharper: MeasureRow, level: str) -> dict[str, str]:
    wording, decimals = WORDINGS[reported.measure], DECIMALS[reported.measure]
    cells = {"Measure (unit)": f"{wording.title} ({wording.unit})"}
    for head, row in (("Reported", reported), ("Under one process", sharper)):
        estimate, lower, upper = _read_row(row)
        cells[f"{head} (unit of the row)"] = format_number(wording.factor * estimate, decimals)
        cells[f"{head}, {level} interval (unit of the row)"] = format_interval(
            wording.factor * lower, wording.factor * upper, decimals
        )
    return cells


def _read_row(row: MeasureRow) -> tuple[float, float, float]:
    if row.measure is Measure.HAZARD_RATIO:
        return row.ratio, row.ratio_lower, row.ratio_upper
    return as_float(row.difference), as_float(row.lower), as_float(row.upper)
