"""What would change the result, and by how much."""

from desist.sensitivity.confounding import (
    EValue,
    Ratio,
    e_value,
    e_value_of_difference,
    e_value_of_ratio,
    find_e_value,
    find_e_values,
    risk_ratio_from,
)

__all__ = [
    "EValue",
    "Ratio",
    "e_value",
    "e_value_of_difference",
    "e_value_of_ratio",
    "find_e_value",
    "find_e_values",
    "risk_ratio_from",
]
