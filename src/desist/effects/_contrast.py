"""Two averages contrasted draw by draw."""

from typing import TypedDict

import numpy as np
import xarray as xr

from desist._types import Floats
from desist.estimands import Measure


class Parts(TypedDict):
    """What an effect holds draws of, dims (chain, draw)."""

    treated: xr.DataArray | None
    comparison: xr.DataArray | None
    difference: xr.DataArray | None
    ratio: xr.DataArray


def contrast(measure: Measure, treated: Floats, comparison: Floats) -> Parts:
    """Contrast the averages of one measure; the hazard ratio has no means of its own."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # the gate sees these
        ratio, difference = treated / comparison, treated - comparison
    if measure is Measure.HAZARD_RATIO:
        return {"treated": None, "comparison": None, "difference": None, "ratio": _label(ratio)}
    return {
        "treated": _label(treated),
        "comparison": _label(comparison),
        "difference": _label(difference),
        "ratio": _label(ratio),
    }


def _label(values: Floats) -> xr.DataArray:
    return xr.DataArray(values, dims=("chain", "draw"))
