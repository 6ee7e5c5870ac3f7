"""The table of the way from the records submitted to the people analysed."""

import pandas as pd

from desist.report.view import View
from desist.report.words._numbers import MISSING, as_float, format_number


def tabulate_flow(view: View) -> pd.DataFrame:
    """Tabulate the record flow, steps in order; from the design where none was given."""
    if view.flow is None:
        return _tabulate_from_design(view)
    flow, (number, unit) = view.flow.table, view.flow.percentages_of
    base = f"% of {format_number(number)} {unit}" if any(view.flow.percentages) else "%"
    return pd.DataFrame(
        {
            "Step": flow["step"].astype(str),
            "Unit": flow["unit"].astype(str),
            "Left out (number)": [format_number(as_float(n)) for n in flow["n_excluded"]],
            f"Left out ({base})": flow["percent"].astype(str),
            "Remaining (number)": [format_number(as_float(n)) for n in flow["n_remaining"]],
        }
    )


def _tabulate_from_design(view: View) -> pd.DataFrame:
    """Tabulate what the design knows: who found no match; empty for published figures."""
    design = view.design
    if design is None:
        return pd.DataFrame()
    dropped = design["n_treated_dropped"]
    # what is left before the step would tell how many a withheld number is
    few = f"fewer than {view.rules.min_category}"
    left_out = few if dropped is None else format_number(dropped)
    steps = (
        ("participants without a suitable comparison person", left_out, design["n_treated"]),
        ("comparison people used", MISSING, design["n_comparison"]),
    )
    return pd.DataFrame(
        [
            {
                "Step": step,
                "Unit": "people",
                "Left out (number)": out,
                "Left out (%)": MISSING,
                "Remaining (number)": format_number(left),
            }
            for step, out, left in steps
        ]
    )
