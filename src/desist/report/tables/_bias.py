"""Table of the result without and with the bias that placebo programmes show."""

import pandas as pd

from desist.report.view import View
from desist.report.words._numbers import format_interval, format_number, format_probability
from desist.report.words._wording import WORDINGS


def tabulate_bias(view: View) -> pd.DataFrame:
    """Tabulate a measure as estimated, and with the bias of placebo programmes beside it."""
    shown = view.bias
    if shown is None:
        return pd.DataFrame()
    wording = WORDINGS[shown.result.measure]
    factor, unit = wording.factor, wording.unit
    plain = next(one.row for one in view.printed if one.measure is shown.result.measure)
    lines = (
        ("as estimated", plain.difference, plain),
        ("with the bias of placebo programmes", shown.result.estimate, shown.result),
    )
    rows = [
        {
            wording.title: label,
            f"Difference ({unit})": format_number(factor * estimate, 1),
            f"{view.level} interval ({unit})": format_interval(
                factor * line.lower, factor * line.upper, 1
            ),
            "Probability of benefit (%)": format_probability(line.probability_of_benefit),
        }
        for label, estimate, line in lines
    ]
    return pd.DataFrame(rows)
