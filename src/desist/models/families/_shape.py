"""The shape of a distribution of times, one for each arm."""

import math
from typing import Any, Protocol

import numpy as np

from desist._types import Data, Draws, Floats
from desist.models.priors import Normal


class WithShape(Protocol):
    """A family that has a shape."""

    @property
    def log_shape(self) -> Normal:
        """Prior of its log in the comparison group."""

    @property
    def log_shape_ratio(self) -> Normal | None:
        """Prior of the log of the arms' ratio."""


def declare_shape(family: WithShape, eta: Any, data: Data) -> Any:
    """Return the log shape of each row, as a variable of the model that is open."""
    import pytensor.tensor as pt

    shape = family.log_shape.variable("log_shape") * pt.ones_like(eta)
    if family.log_shape_ratio is not None:
        shape = shape + family.log_shape_ratio.variable("log_shape_ratio") * data["treated"]
    return shape


def read_shape(family: WithShape, draws: Draws, arm: int) -> Floats:
    """Return the drawn shapes of an arm, (chains, draws, 1)."""
    log_shape = draws["log_shape"]
    if family.log_shape_ratio is not None:
        log_shape = log_shape + arm * draws["log_shape_ratio"]
    shape: Floats = np.exp(log_shape)[..., np.newaxis]
    return shape


def move_level(eta: Floats, shape: Floats, share: float) -> Floats:
    """Return the linear predictor of a distribution whose unit of time is shorter."""
    return eta + shape * math.log(share)


def keep_log(log_survival: Floats) -> dict[str, Floats]:
    """Predict survival and its log."""
    # where nearly everybody reoffends, survival is too small for a number and its log is not
    return {"survival": np.exp(log_survival), "log_survival": log_survival}
