"""The table of the balance."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from desist.report.words._numbers import as_float, format_number


def tabulate_balance(balance: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Tabulate the `balance` of a design, the least alike covariate first."""
    ordered = sorted(balance, key=lambda item: -_size(item["smd_after"]))
    return pd.DataFrame(
        [
            {
                "Covariate": str(item["covariate"]),
                "Standardised difference before (% of an SD)": _percent_of_sd(item["smd_before"]),
                "Standardised difference after (% of an SD)": _percent_of_sd(item["smd_after"]),
                "Variance ratio": format_number(as_float(item["variance_ratio"]), 2),
                "Largest gap of distributions (KS, 0 to 1)": format_number(as_float(item["ks"]), 3),
                "Matched": str(item["word"]),
            }
            for item in ordered
        ]
    )


def _size(value: Any) -> float:
    size = abs(as_float(value))
    return -1.0 if math.isnan(size) else size


def _percent_of_sd(value: Any) -> str:
    return format_number(100 * as_float(value), 1)
