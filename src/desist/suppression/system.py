"""What a release shows and what it withholds, as one linear system."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from desist._types import Floats

PROTECTION = 5.0  # people: the least distance between the limits of a withheld count


@dataclass(frozen=True)
class System:
    """Numbers within limits, numbers that are not shown, and which of them add up to which."""

    shown: Mapping[str, tuple[float, float]]
    withheld: Collection[str]
    sums: Sequence[tuple[str, tuple[str, ...]]] = field(default=())


def write_sums(sums: Sequence[tuple[str, tuple[str, ...]]], place: Mapping[str, int]) -> Floats:
    """Write each sum as a row: its parts less its total are nothing."""
    rows = np.zeros((len(sums), len(place)))
    for row, (total, parts) in zip(rows, sums, strict=True):
        row[place[total]] -= 1.0
        for part in parts:
            row[place[part]] += 1.0
    return rows
