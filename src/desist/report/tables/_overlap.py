"""The table of where the scores of the two groups overlap."""

import pandas as pd

from desist.report.view import View
from desist.report.words._numbers import format_number
from desist.report.words.overlap import name_class

HEADERS = {
    "treated": "Participants compared (%)",
    "comparison": "Comparison people before weighting (%)",
    "weighted": "Comparison people, weighted (%)",
}


def tabulate_overlap(view: View) -> pd.DataFrame:
    """Tabulate the shares of each arm by class of the score; empty where there is none."""
    classes = [] if view.design is None else view.design.get("overlap", ())
    return pd.DataFrame(
        [
            {"Class of the propensity score (0 to 1)": name_class(one)}
            | {head: format_number(100 * one[arm]) for arm, head in HEADERS.items()}
            for one in classes
        ]
    )
