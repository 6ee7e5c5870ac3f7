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
from desist.sensitivity.multiverse.choices import Exclusion, Option
from desist.sensitivity.multiverse.joint import JointTest, joint_test
from desist.sensitivity.multiverse.record import Multiverse
from desist.sensitivity.multiverse.run import multiverse
from desist.sensitivity.planned import DesignSensitivity, design_sensitivity
from desist.sensitivity.result import SensitivityResult
from desist.sensitivity.robustness import RobustnessValue, find_robustness, robustness_value
from desist.sensitivity.rosenbaum import (
    RosenbaumBounds,
    amplify,
    bound_discordant,
    bound_sets,
    rosenbaum_bounds,
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
    "DesignSensitivity",
    "EValue",
    "Exclusion",
    "JointTest",
    "Multiverse",
    "Option",
    "ProcessShape",
    "Ratio",
    "RobustnessValue",
    "RosenbaumBounds",
    "SelectionBounds",
    "SensitivityResult",
    "WeibullShape",
    "amplify",
    "bound_discordant",
    "bound_published_time",
    "bound_sets",
    "bound_time",
    "bound_time_of_cohort",
    "design_sensitivity",
    "e_value",
    "e_value_of_difference",
    "e_value_of_ratio",
    "find_e_value",
    "find_e_values",
    "find_robustness",
    "joint_test",
    "multiverse",
    "risk_ratio_from",
    "robustness_value",
    "rosenbaum_bounds",
]
