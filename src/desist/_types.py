"""What arrays hold, by the names that the whole house uses."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]
type Mask = NDArray[np.bool_]
type Draws = dict[str, Floats]  # of each parameter, (chains, draws, ...)
type Data = Mapping[str, Any]  # the arrays of a model, as variables of it
