"""Columns of a model matrix, centred and scaled, a block of people at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 16_384

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class ScaledColumns:
    """A matrix whose columns are centred and scaled when they are needed."""

    # Sums over people are made block by block, so a million people need no second matrix. A column
    # that does not vary (the intercept) is left as it is.

    values: Floats  # (n_people, n_columns) as they are
    # (n_columns,) mean and standard deviation of each column; 0 and 1 where it does not vary
    centre: Floats
    scale: Floats

    def __init__(self, values: Floats, centre: Floats | None = None) -> None:
        scale = np.array([column.std() for column in values.T])
        constant = np.array([bool((column == column[0]).all()) for column in values.T], dtype=bool)
        mean = np.where(constant, 0.0, values.mean(axis=0))
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "centre", mean if centre is None else centre)
        object.__setattr__(self, "scale", np.where(constant | (scale == 0), 1.0, scale))

    def blocks(self) -> Iterator[tuple[slice, Floats]]:
        """Yield the rows of a block and its centred and scaled values."""
        n_people = len(self.values)
        for start in range(0, n_people, BLOCK):
            rows = slice(start, min(start + BLOCK, n_people))
            block = self.values[rows] - self.centre
            block /= self.scale
            yield rows, block
