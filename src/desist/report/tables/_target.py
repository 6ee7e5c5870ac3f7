"""The table of the TARGET checklist: each item, what it asks, what the records say."""

import pandas as pd

from desist.report.target import OPEN, fill_target
from desist.report.view import View

TO_FILL = "for people to fill"


def tabulate_target(view: View) -> pd.DataFrame:
    """Tabulate the checklist of the TARGET statement, one row a part of an item."""
    rows = [
        (one.number, one.asks, one.state, TO_FILL if one.state == OPEN else one.answer)
        for one in fill_target(view)
    ]
    return pd.DataFrame(rows, columns=["Item", "What it asks", "State", "What the records say"])
