"""Balance: how alike the weighted arms are, in numbers, pictures and tables."""

from desist.design.balance.table import (
    _COLUMNS,
    REASONABLE,
    STANDARDISERS,
    WELL,
    WORDS,
    Balance,
    choose_standardiser,
    expand_columns,
    is_binary,
    measure_balance,
)
from desist.weights import effective_sample_size

__all__ = [
    "REASONABLE",
    "STANDARDISERS",
    "WELL",
    "WORDS",
    "_COLUMNS",
    "Balance",
    "choose_standardiser",
    "effective_sample_size",
    "expand_columns",
    "is_binary",
    "measure_balance",
]
