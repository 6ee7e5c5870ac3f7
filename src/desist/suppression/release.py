"""What a release shows and what it withholds, as one linear system."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from desist._types import Floats

PROTECTION = 5.0  # people: the least distance between the limits of a withheld count


@dataclass(frozen=True)
class Release:
    """Counts that a release holds, shown or not, as one linear system.

    Attributes
    ----------
    shown : mapping of str to (float, float)
        Limits within which a shown number lies: those of its rounding; equal for a count.
    withheld : collection of str
        Numbers that are not shown, of which a reader knows that they are not negative.
    sums : tuple of (str, tuple of str)
        Totals, each with its parts: the total is the sum of them.
    """

    shown: Mapping[str, tuple[float, float]]
    withheld: Collection[str]
    sums: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())


@dataclass(frozen=True)
class Breach:
    """A withheld number that can be worked out too closely; it bears no number itself.

    Attributes
    ----------
    name : str
        Which one.
    protection : float
        How far its limits ought to be apart (people).
    """

    name: str
    protection: float


def write_sums(sums: Sequence[tuple[str, tuple[str, ...]]], place: Mapping[str, int]) -> Floats:
    """Write each sum as a row: its parts less its total are nothing."""
    rows = np.zeros((len(sums), len(place)))
    for row, (total, parts) in zip(rows, sums, strict=True):
        row[place[total]] -= 1.0
        for part in parts:
            row[place[part]] += 1.0
    return rows
