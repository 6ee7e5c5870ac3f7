"""The table of what is withheld."""

import pandas as pd

from desist.report.view import View


def tabulate_withheld(view: View) -> pd.DataFrame:
    """Tabulate what the rules keep out of a report, and why; empty where nothing is."""
    rows = [(one.what, one.why) for one in view.kept_back]
    return pd.DataFrame(rows, columns=["Withheld", "Why"])
