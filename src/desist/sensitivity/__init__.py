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
from desist.sensitivity.selection import (
    SelectionBounds,
    bound_published_time,
    bound_time,
    bound_time_of_cohort,
)
from desist.sensitivity.shapes import AnyShape, ProcessShape, WeibullShape

__all__ = [
    "AnyShape",
    "EValue",
    "ProcessShape",
    "Ratio",
    "SelectionBounds",
    "WeibullShape",
    "bound_published_time",
    "bound_time",
    "bound_time_of_cohort",
    "e_value",
    "e_value_of_difference",
    "e_value_of_ratio",
    "find_e_value",
    "find_e_values",
    "risk_ratio_from",
]
