"""The table of the way from the records submitted to the people analysed."""

import pandas as pd

from desist.report.view import View
from desist.report.words._numbers import as_float, format_number


def tabulate_flow(view: View) -> pd.DataFrame:
    """Tabulate the record flow, steps in order; empty when there is none."""
    if view.flow is None:
        return pd.DataFrame()
    flow = view.flow.table
    return pd.DataFrame(
        {
            "Step": flow["step"].astype(str),
            "Unit": flow["unit"].astype(str),
            "Left out (number)": [format_number(as_float(n)) for n in flow["n_excluded"]],
            "Left out (%)": flow["percent"].astype(str),
            "Remaining (number)": [format_number(as_float(n)) for n in flow["n_remaining"]],
        }
    )
