"""Values as JSON knows them."""

import math
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from desist.errors import Fault, InputError


def encode_plain(value: Any) -> Any:
    """Return a value as JSON knows it; nan and infinite numbers are None."""
    if value is None or (isinstance(value, bool | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Mapping):
        return {str(encode_plain(key)): encode_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode_plain(item) for item in value]
    return _encode_scalar(value)


def _encode_scalar(value: Any) -> Any:
    if isinstance(value, Enum):
        return encode_plain(value.value)
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, np.generic | np.ndarray):
        return encode_plain(value.tolist())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    found = type(value).__name__
    fault = Fault("a stored value", "a number, text, list or mapping", found, "store it plainly")
    raise InputError("evaluation.json", [fault])
