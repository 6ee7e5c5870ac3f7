"""Table of the effects by group."""

import pandas as pd

from desist.report._shown import ShownGroups
from desist.report.tables._measures import DECIMALS
from desist.report.words._numbers import format_interval, format_number, format_share
from desist.report.words._wording import WORDINGS


def tabulate_effects_by_group(shown: ShownGroups) -> pd.DataFrame:
    """Tabulate the effect in each group that may be shown, the most favourable first."""
    table = shown.table
    wording, decimals = WORDINGS[table.measure], DECIMALS[table.measure]
    level = format_share(table.probability, 1)
    return pd.DataFrame(
        [
            {
                "Group": row.level,
                "Participants (number of people)": format_number(row.n_treated),
                "Comparison (number of people, unweighted)": format_number(row.n_comparison),
                f"Group alone ({wording.unit})": format_number(wording.factor * row.raw, decimals),
                f"Posterior ({wording.unit})": format_number(
                    wording.factor * row.estimate, decimals
                ),
                f"{level} interval ({wording.unit})": format_interval(
                    wording.factor * row.lower, wording.factor * row.upper, decimals
                ),
                "Probability of benefit (%)": benefit,
            }
            for row, benefit in zip(table.rows, shown.benefits, strict=True)
        ]
    )
