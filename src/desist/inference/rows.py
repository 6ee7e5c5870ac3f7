"""People with the same values in one row: the sufficient form of every likelihood here."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desist._types import Floats, Integers


def collapse_rows(
    columns: Mapping[str, NDArray[Any]], weights: Floats
) -> tuple[dict[str, NDArray[Any]], Floats, Integers]:
    """Put people with the same values into one row and add their weights."""
    used = weights > 0
    blocks = {name: np.atleast_2d(values[used].T).T for name, values in columns.items()}
    table = np.hstack([block.astype(float) for block in blocks.values()])
    rows, membership = np.unique(table, axis=0, return_inverse=True)
    collapsed: dict[str, NDArray[Any]] = {}
    start = 0
    for name, block in blocks.items():
        values = rows[:, start : start + block.shape[1]].astype(columns[name].dtype)
        collapsed[name] = values if columns[name].ndim == 2 else values[:, 0]
        start += block.shape[1]
    # added up in the order of their size, because the order of people may not change a bit
    order = np.lexsort((weights[used], membership.ravel()))
    member, weight = membership.ravel()[order], weights[used][order]
    totals = np.bincount(member, weight, minlength=len(rows))
    row_of_person = np.full(len(weights), -1)
    row_of_person[used] = membership.ravel()
    return collapsed, totals, row_of_person


def add_distinct_counts(rows: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Add the distinct counts of each arm: gamma functions are evaluated at these alone."""
    pairs = np.column_stack([rows["offences"], rows["treated"]])
    distinct, position = np.unique(pairs, axis=0, return_inverse=True)
    return {
        **rows,
        "distinct_count": distinct[:, 0],
        "distinct_arm": distinct[:, 1].astype(np.int64),
        "distinct_position": position.ravel().astype(np.int64),
    }
