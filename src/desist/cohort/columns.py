"""Reading the values of one column, and saying what is wrong with them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.cohort.kinds import (
    are_dates,
    find_numbers,
    is_real,
    join_words,
    name_kinds,
    read_number,
    read_text_as_numbers,
)
from desist.errors import Fault, name_rows
from desist.privacy import find_shared, show_shared

# from here on a float no longer tells a whole number from the next
LEAST_WHOLE_NUMBER_IN_DOUBT = 2.0**53
LEAST_RELATIVE_WEIGHT = 1e-12
AS_PLAIN_NUMBERS = (
    "write 3.5 for 3,5 and 1500 for 1,500, without signs of currency or per cent "
    '(pandas.read_csv takes decimal="," and thousands=",")'
)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class Column:
    """One column read as numbers."""

    name: str  # name of the column
    cells: pd.Series  # the values as they were given
    numbers: NDArray[np.float64]  # (n_people,) the values as numbers; NaN where there is none
    missing: Mask  # (n_people,) cells that are empty
    other: Mask  # (n_people,) cells that hold something that is not a number

    @cached_property
    def has_other(self) -> bool:
        """Whether anybody has something that is not a number."""
        return bool(self.other.any())

    @cached_property
    def texts(self) -> tuple[Mask, Mask]:
        """Who has text that is a number, and who text that is one in disguise."""
        plain, disguised = np.zeros_like(self.other), np.zeros_like(self.other)
        if self.has_other:
            found = read_text_as_numbers(self.cells[self.other])
            plain[self.other], disguised[self.other] = found
        return plain, disguised

    def faults(self, wrong: Mask, expected: str, advice: str, what: str = "") -> list[Fault]:
        """Return a fault about some cells, or nothing when there are none."""
        if not wrong.any():
            return []
        found = f"{count_people(wrong)} with {self._show(wrong, what)}"
        return [Fault(self.name, expected, found, advice)]

    def _show(self, wrong: Mask, what: str) -> str:
        values = [_shorten(value) for value in self.cells[wrong & ~self.missing]]
        kinds = ([what] if what else name_kinds(values)) if values else []
        if (wrong & self.missing).any():
            kinds.append("no value")
        shown = f": {show_shared(values)}" if find_shared(values) else ""
        return f"{join_words(kinds)}{shown} ({name_rows(np.flatnonzero(wrong))})"


def read_column(frame: pd.DataFrame, name: str) -> Column:
    """Read a column as numbers, keeping apart what is empty and what is not a number."""
    # Truth values count as 0 and 1, and Decimals as the numbers they are. Text is never turned into
    # a number, and neither is a date.
    cells = frame[name]
    if is_real(cells):
        if isinstance(cells.dtype, np.dtype):
            numbers = cells.to_numpy(dtype=np.float64)
        else:
            numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return Column(name, cells, numbers, np.isnan(numbers), np.zeros(len(cells), dtype=bool))
    missing = cells.isna().to_numpy(dtype=bool)
    numbers = np.full(len(cells), np.nan)
    if isinstance(cells.dtype, pd.StringDtype):
        return Column(name, cells, numbers, missing, ~missing)
    values = cells.astype(object).to_numpy()
    real = ~missing & find_numbers(values)
    numbers[real] = [read_number(value) for value in values[real]]
    gaps = missing | (real & np.isnan(numbers))
    return Column(name, cells, numbers, gaps, ~real & ~gaps)


def find_binary_faults(column: Column, advice: str) -> list[Fault]:
    """Find cells that are not 0 or 1."""
    wrong = ~((column.numbers == 0) | (column.numbers == 1))
    if not wrong.any():
        return []
    # where a few words made text of all the others, they are what to mend
    plain, _ = column.texts
    spoilt = wrong & ~plain
    if 0 < spoilt.sum() < wrong.sum() / 2:
        wrong = spoilt
    else:
        advice = advise_on_text(column, advice)
    if wrong[-1] and wrong.sum() == 1:
        advice += "; a line of totals or a note under the table is no person"
    what = "" if column.has_other else "another number"
    return column.faults(wrong, "0 or 1 for everybody", advice, what)


def find_count_faults(column: Column) -> list[Fault]:
    """Find cells that are not whole numbers from 0 upwards."""
    expected = "a whole number from 0 upwards for everybody"
    numbers, finite = column.numbers, np.isfinite(column.numbers)
    fractions = finite & (numbers > 0) & (numbers != np.floor(numbers))
    doubtful = finite & (numbers >= LEAST_WHOLE_NUMBER_IN_DOUBT)
    words = "write a number, 0 for those without an offence"
    return [
        *column.faults(column.missing | column.other, expected, advise_on_text(column, words)),
        *column.faults(
            (numbers < 0) & finite,
            expected,
            "a code for a missing count is no count",
            "a negative number",
        ),
        *column.faults(
            fractions, expected, "give each person's own count, not a mean or a rate", "a fraction"
        ),
        *column.faults(
            doubtful, expected, "no person has so many offences", "a number of 16 digits or more"
        ),
    ]


def find_follow_up_faults(column: Column) -> list[Fault]:
    """Find cells that are not a positive number of days."""
    expected, numbers = "a positive number of days for everybody", column.numbers
    advice = "leave out those who were not followed up, and count them in the record flow"
    if are_dates(column.cells):
        words = "count the days from the start to the end of each person's follow-up"
    else:
        words = advise_on_text(column, advice)
    return [
        *column.faults(column.missing | column.other, expected, words),
        *column.faults(numbers <= 0, expected, advice, "no positive number"),
    ]


def find_weight_faults(column: Column) -> list[Fault]:
    """Find cells that are not a positive weight."""
    expected, numbers = "a positive weight for everybody", column.numbers
    largest = float(numbers.max(where=np.isfinite(numbers), initial=0.0))
    lost = (numbers > 0) & (numbers < LEAST_RELATIVE_WEIGHT * largest)
    advice = "give 1 over the chance of being sampled, and leave out those who were not sampled"
    words = advise_on_text(column, advice)
    return [
        *column.faults(column.missing | column.other, expected, words),
        *column.faults(numbers <= 0, expected, advice, "no positive number"),
        *column.faults(np.isinf(numbers) & (numbers > 0), expected, advice, "an infinite number"),
        *column.faults(lost, "weights that can be added up", advice, "next to nothing"),
    ]


def find_text_among_days(days: Column) -> list[Fault]:
    """Find dates and other text among the days."""
    if not days.has_other:
        return []
    advice = advise_on_text(days, "write the days as numbers")
    if are_dates(days.cells[days.other]):
        advice = "count the days from the start of follow-up to the date of the first reoffence"
    readable, _ = days.texts
    # where most read as numbers the others are what to mend; where none does, all are
    bad = days.other & ~readable
    return days.faults(bad if bad.any() else days.other, "a number of days or a blank", advice)


def find_infinite(column: Column) -> list[Fault]:
    """Find infinite numbers."""
    advice = "mend the values (a division by zero?) or leave them blank"
    wrong = np.isinf(column.numbers)
    return column.faults(wrong, "finite numbers", advice, "an infinite number")


def find_text_among_numbers(column: Column) -> list[Fault]:
    """Find text in a column that is otherwise made of numbers."""
    if not column.has_other:
        return []
    read, disguised = column.texts
    plain = np.isfinite(column.numbers) | read
    text = ~plain & ~disguised & column.other
    if plain.sum() + disguised.sum() <= text.sum():
        return []
    advice = "mend the values or leave them blank; if the numbers are labels, write them as words"
    return [
        *column.faults(
            disguised,
            "numbers without commas, blanks and signs among the digits",
            AS_PLAIN_NUMBERS,
            "a number written otherwise",
        ),
        *column.faults(text, "numbers, as in most of the column", advice),
    ]


def advise_on_text(column: Column, advice: str) -> str:
    """Add how numbers are written, where some text would read as a number."""
    plain, disguised = column.texts
    if disguised.any():
        return f"{advice}; {AS_PLAIN_NUMBERS}"
    if plain.any():
        return f"{advice}; these are stored as text (use pandas.to_numeric)"
    return advice


def count_people(mask: Mask) -> str:
    """Count people in words."""
    count = int(mask.sum())
    return "1 person" if count == 1 else f"{count} people"


def _shorten(value: object) -> object:
    """Return a whole number as such, however it is stored."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return int(value)
    return value
