"""The table of what the arms are worth, measure by measure."""

import pandas as pd

from desist.report.view import View
from desist.report.words._wording import WORDINGS
from desist.report.words._worth import NOBODY_KNOWN

HEADERS = (
    "Effective number of participants for this outcome (people of equal weight)",
    "Ratio to their effective number by weights alone (times)",
    "Effective number of comparison people for this outcome (people of equal weight)",
    "Ratio to their effective number by weights (times)",
)


def tabulate_worth(view: View) -> pd.DataFrame:
    """Tabulate how much each arm knows of each measure's outcome; empty where none does."""
    rows = [
        {"Measure": WORDINGS[shown.measure].title, **dict(zip(HEADERS, shown.worth, strict=True))}
        for shown in view.printed
        if shown.worth != NOBODY_KNOWN
    ]
    return pd.DataFrame(rows)
