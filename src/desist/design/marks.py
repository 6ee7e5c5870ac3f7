"""A checksum of people, so that a design is not used for others than those it was made of."""

from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.cohort.kinds import is_real, sort_labels, write_words


def mark_people(
    treated: NDArray[np.bool_],
    covariates: pd.DataFrame,
    sampling: NDArray[np.float64] | None = None,
) -> int:
    """Return a checksum of who took part, of the covariates and of the sampling weights."""
    mark = crc32(treated.tobytes())
    if sampling is not None:
        mark = crc32(np.round(sampling, 8).tobytes(), mark)
    for name, values in covariates.items():
        mark = crc32(_write_cells(values), crc32(str(name).encode(), mark))
    return mark


def _write_cells(values: pd.Series) -> bytes:
    """Return the cells of a column as bytes, to be marked: numbers as they are, others as text."""
    if is_real(values):
        plain = isinstance(values.dtype, np.dtype)
        gaps: dict[str, Any] = {} if plain else {"na_value": np.nan}
        return np.ascontiguousarray(values.to_numpy(dtype=np.float64, **gaps)).tobytes()
    codes, levels = sort_labels(write_words(values))
    return codes.tobytes() + "\0".join(map(str, levels)).encode(errors="surrogatepass")
