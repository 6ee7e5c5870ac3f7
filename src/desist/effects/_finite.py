"""Which posterior draws are no numbers, and what is said of them."""

from collections.abc import Iterable

import numpy as np
import xarray as xr

NOT_FINITE = (
    "not a finite number: everybody or nobody of an arm reoffends under it, too surely for this "
    "measure; give tighter priors, or leave the measure out"
)


def doubt_draws(parts: Iterable[object]) -> str:
    """Say how many draws have a part that is missing or infinite; nothing where none has."""
    bad = [~np.isfinite(part.to_numpy()) for part in parts if isinstance(part, xr.DataArray)]
    n_bad = int(np.any(np.broadcast_arrays(*bad), axis=0).sum())
    are = "is" if n_bad == 1 else "are"
    return f"{n_bad} of its posterior draws {are} {NOT_FINITE}" if n_bad else ""
