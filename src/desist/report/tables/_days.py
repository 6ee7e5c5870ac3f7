"""Table of the share without a reoffence by day."""

import pandas as pd

from desist.report.view import View
from desist.report.words._numbers import (
    format_interval,
    format_number,
    format_probability,
    format_share,
)

UNIT = "people per 100"


def tabulate_by_day(view: View) -> pd.DataFrame:
    """Tabulate who has not reoffended by a few days, with the programme and without."""
    return pd.DataFrame(
        [
            {
                "Day": format_number(row.day),
                f"With the programme ({UNIT})": format_number(100 * row.treated, 1),
                f"Without the programme ({UNIT})": format_number(100 * row.comparison, 1),
                f"Difference ({UNIT})": format_number(100 * row.difference, 1),
                f"{format_share(row.probability, 1)} interval ({UNIT})": format_interval(
                    100 * row.lower, 100 * row.upper, 1
                ),
                "Probability of benefit (%)": format_probability(row.probability_of_benefit),
            }
            for row in view.by_day
        ]
    )
