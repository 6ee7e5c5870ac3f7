"""The columns of one factor: numbers as they are, and categories coded by contrasts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Numbers:
    """A factor that is a number, or several columns of numbers."""

    columns: Mapping[str, Floats]  # by what stands behind the name of the factor, such as "[2]"

    @property
    def width(self) -> int:
        """How many columns it has at most."""
        return len(self.columns)

    def code(self, *, reduced: bool) -> Mapping[str, Floats]:
        """Return its columns; none of them follows from the intercept."""
        del reduced
        return self.columns


@dataclass(frozen=True, eq=False)
class Category:
    """A factor that is a category, whose levels are numbered."""

    codes: NDArray[np.intp]  # (n_people,) the level of each person
    n_levels: int
    kind: str = "treatment"  # of the contrasts
    base: int | None = None  # the level that the others are compared with, where not the first

    @property
    def width(self) -> int:
        """How many columns it has at most."""
        return self.n_levels

    def code(self, *, reduced: bool) -> Mapping[str, Floats]:
        """Return a column for each level, or for each contrast beside the intercept."""
        labels, matrix = _code_levels(self.kind, self.base, self.n_levels, reduced=reduced)
        return dict(zip(labels, matrix.T[:, self.codes], strict=True))


# nothing of anybody is kept here: how many levels there are, and how they are compared
@lru_cache(maxsize=32)
def _code_levels(
    kind: str, base: int | None, n_levels: int, *, reduced: bool
) -> tuple[tuple[str, ...], Floats]:
    """Return what stands behind the name of each column, and (n_levels, n_columns) its values."""
    from formulaic.transforms import ContrastsRegistry

    if reduced and n_levels < 2:  # it is the intercept itself
        return (), np.empty((n_levels, 0))
    contrasts = getattr(ContrastsRegistry, kind)(**({} if base is None else {"base": base}))
    levels = list(range(n_levels))
    written = contrasts.get_factor_format(levels, reduced_rank=reduced)
    names = contrasts.get_coding_column_names(levels, reduced_rank=reduced)
    matrix = contrasts.get_coding_matrix(levels, reduced_rank=reduced).to_numpy(dtype=np.float64)
    return tuple(written.format(name="", field=name) for name in names), matrix + 0.0
