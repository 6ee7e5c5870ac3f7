"""Columns of studies, one number a study: read without turning text into numbers."""

from collections.abc import Mapping, Set
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desist.arguments import describe
from desist.errors import Fault

type Array = NDArray[np.float64]


def read_column(where: str, values: object) -> tuple[Array, list[Fault]]:
    """Read one number for each study; NaN for a cell that is none, text and truth values too."""
    expected = "a list of numbers, one for each study"
    if isinstance(values, str | bytes | Mapping | Set) or not hasattr(values, "__len__"):
        return np.empty(0), [Fault(where, expected, describe(values))]
    if len(getattr(values, "shape", (1,))) != 1:
        return np.empty(0), [Fault(where, expected, describe(values))]
    cells = np.array([_read_cell(cell) for cell in _list_cells(values)], dtype=float)
    return cells, []


def read_labels(labels: object, n_studies: int) -> tuple[tuple[str, ...], list[Fault]]:
    """Read the names of the studies: numbers from 1 where none are given."""
    if labels is None:
        return tuple(str(number + 1) for number in range(n_studies)), []
    expected = "a list of names, one for each study"
    advice = "write [...] around a single name" if isinstance(labels, str) else ""
    if isinstance(labels, str | bytes | Mapping | Set) or not hasattr(labels, "__len__"):
        return (), [Fault("labels", expected, describe(labels), advice)]
    names = _list_cells(labels)
    odd = sum(not isinstance(name, str | Integral) for name in names)
    if odd:
        return (), [Fault("labels", expected, f"{odd} other than a text or whole number")]
    return tuple(str(name) for name in names), []


def name_shapes(columns: Mapping[str, Array]) -> list[str]:
    """Return the shapes of columns, for a message."""
    return [str(column.shape) for column in columns.values()]


def _list_cells(values: Any) -> list[object]:
    """Return the cells of a list, array or series; positions, not an index, count."""
    return list(values.tolist() if hasattr(values, "tolist") else values)


def _read_cell(cell: object) -> float:
    if isinstance(cell, bool | np.bool_) or not isinstance(cell, Real):
        return np.nan
    try:
        return float(cell)
    except OverflowError:
        return np.nan
