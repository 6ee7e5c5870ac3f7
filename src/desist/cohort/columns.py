"""Reading the values of one column, and saying what is wrong with them."""

import re
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.errors import Fault, name_rows

MOST_VALUES_SHOWN = 3
LONGEST_VALUE_SHOWN = 20

_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Column:
    """One column read as numbers.

    Attributes
    ----------
    name : str
        Name of the column.
    cells : Series
        The values as they were given.
    numbers : ndarray of float, shape (n_people,)
        The values as numbers; NaN where there is none.
    missing : ndarray of bool, shape (n_people,)
        Cells that are empty.
    other : ndarray of bool, shape (n_people,)
        Cells that hold something that is not a number.
    private : bool
        Whether the values might identify people, and are kept out of messages.
    """

    name: str
    cells: pd.Series
    numbers: NDArray[np.float64]
    missing: Mask
    other: Mask
    private: bool = False

    def faults(self, wrong: Mask, expected: str, advice: str) -> list[Fault]:
        """Return a fault about some cells, or nothing when there are none.

        Parameters
        ----------
        wrong : ndarray of bool, shape (n_people,)
            The cells.
        expected, advice : str
            What would have been right, and what to do.

        Returns
        -------
        list of Fault
            At most one, with the number of people, the values and the rows.
        """
        if not wrong.any():
            return []
        return [
            Fault(self.name, expected, f"{count_people(wrong)} with {self._show(wrong)}", advice)
        ]

    def _show(self, wrong: Mask) -> str:
        values = self.cells[wrong & ~self.missing]
        shown = list(dict.fromkeys(show_value(value) for value in values))
        if self.private and shown:
            shown = ["a value not shown here"]
        more = len(shown) - MOST_VALUES_SHOWN
        if more > 0:
            shown[MOST_VALUES_SHOWN:] = [f"{more} other value{'' if more == 1 else 's'}"]
        if (wrong & self.missing).any():
            shown.append("no value")
        return f"{', '.join(shown)} ({name_rows(np.flatnonzero(wrong))})"


def read_column(frame: pd.DataFrame, name: str, *, identified: bool = True) -> Column:
    """Read a column as numbers, keeping apart what is empty and what is not a number.

    Truth values count as 0 and 1. Text is never turned into a number, and neither is
    a date.

    Parameters
    ----------
    frame : DataFrame
        One row per person.
    name : str
        Name of the column.
    identified : bool
        Whether the identifier is known to be another column. If not, labels that differ
        from person to person may be it, and are kept out of messages.

    Returns
    -------
    Column
        Its numbers, its gaps and the rest.
    """
    cells = frame[name]
    missing = cells.isna().to_numpy(dtype=bool)
    if is_real(cells):
        numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return Column(name, cells, numbers, missing, np.zeros(len(cells), dtype=bool))
    values = cells.astype(object).to_numpy()
    real = ~missing & np.array([isinstance(value, Real) for value in values], dtype=bool)
    numbers = np.full(len(values), np.nan)
    numbers[real] = values[real].astype(np.float64)
    private = not identified and bool(cells.astype(str).is_unique)
    return Column(name, cells, numbers, missing, ~real & ~missing, private)


def is_real(cells: pd.Series) -> bool:
    """Return whether a column is stored as real numbers or truth values.

    Parameters
    ----------
    cells : Series
        A column.

    Returns
    -------
    bool
        False for text, labels, dates, complex numbers and mixtures.
    """
    types = pd.api.types
    return types.is_numeric_dtype(cells.dtype) and not types.is_complex_dtype(cells.dtype)


def find_binary_faults(column: Column, advice: str) -> list[Fault]:
    """Find cells that are not 0 or 1.

    Parameters
    ----------
    column : Column
        A column of truth values.
    advice : str
        What 0 and 1 stand for.

    Returns
    -------
    list of Fault
        At most one.
    """
    wrong = ~((column.numbers == 0) | (column.numbers == 1))
    return column.faults(wrong, "0 or 1 for everybody", advice)


def find_count_faults(column: Column) -> list[Fault]:
    """Find cells that are not whole numbers from 0 upwards.

    Parameters
    ----------
    column : Column
        A column of counts.

    Returns
    -------
    list of Fault
        Gaps and text, negative numbers, fractions.
    """
    expected = "a whole number from 0 upwards for everybody"
    numbers = column.numbers
    fractions = (numbers > 0) & np.isfinite(numbers) & (numbers != np.floor(numbers))
    return [
        *column.faults(
            column.missing | column.other,
            expected,
            "write a number, 0 for those without an offence",
        ),
        *column.faults(
            (numbers < 0) & np.isfinite(numbers), expected, "a code for a missing count is no count"
        ),
        *column.faults(fractions, expected, "give each person's own count, not a mean or a rate"),
    ]


def find_follow_up_faults(column: Column) -> list[Fault]:
    """Find cells that are not a positive number of days.

    Parameters
    ----------
    column : Column
        The days of follow-up.

    Returns
    -------
    list of Fault
        At most one.
    """
    wrong = ~(column.numbers > 0)
    advice = "leave out those who were not followed up, and count them in the record flow"
    return column.faults(wrong, "a positive number of days for everybody", advice)


def find_text_among_days(column: Column) -> list[Fault]:
    """Find dates and other text among the days.

    Parameters
    ----------
    column : Column
        The days to the first reoffence.

    Returns
    -------
    list of Fault
        At most one.
    """
    advice = "write the days as numbers"
    if _are_dates(column.cells[column.other]):
        advice = "count the days from the start of follow-up to the date of the first reoffence"
    readable = np.zeros(len(column.other), dtype=bool)
    readable[column.other] = _read_as_numbers(column.cells[column.other])
    # where most read as numbers the others are what to mend; where none does, all are
    bad = column.other & ~readable
    return column.faults(bad if bad.any() else column.other, "a number of days or a blank", advice)


def find_infinite(column: Column) -> list[Fault]:
    """Find infinite numbers.

    Parameters
    ----------
    column : Column
        Any column of numbers.

    Returns
    -------
    list of Fault
        At most one.
    """
    advice = "mend the values (a division by zero?) or leave them blank"
    return column.faults(np.isinf(column.numbers), "finite numbers", advice)


def find_text_among_numbers(column: Column) -> list[Fault]:
    """Find text in a column that is otherwise made of numbers.

    Parameters
    ----------
    column : Column
        A column that is not stored as numbers.

    Returns
    -------
    list of Fault
        At most one; none unless more than half of the values are numbers, or read as
        numbers.
    """
    readable = np.isfinite(column.numbers)
    readable[column.other] = _read_as_numbers(column.cells[column.other])
    text = ~readable & column.other
    if readable.sum() <= text.sum():
        return []
    advice = "mend the values or leave them blank; if the numbers are labels, write them as words"
    return column.faults(text, "numbers, as in most of the column", advice)


def count_people(mask: Mask) -> str:
    """Count people in words.

    Parameters
    ----------
    mask : ndarray of bool
        The people.

    Returns
    -------
    str
        "1 person" or "12 people".
    """
    count = int(mask.sum())
    return "1 person" if count == 1 else f"{count} people"


def show_value(value: object) -> str:
    """Show a value in a message, cut to 20 characters.

    Parameters
    ----------
    value : object
        A cell of a column that does not identify anybody.

    Returns
    -------
    str
        Such as "'yes'", "2" or "2017-02-01".
    """
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, Real):
        return f"{float(value):.10g}"
    if isinstance(value, str):
        cut = value[: LONGEST_VALUE_SHOWN - 3].rstrip() + "..."
        return repr(value if len(value) <= LONGEST_VALUE_SHOWN else cut)
    return str(value)[:LONGEST_VALUE_SHOWN]


def _are_dates(cells: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return True
    return any(_DATE.match(str(value)) for value in cells.head(MOST_VALUES_SHOWN))


def _read_as_numbers(cells: pd.Series) -> Mask:
    codes, labels = pd.factorize(cells.astype(str))
    numbers = pd.to_numeric(pd.Series(labels), errors="coerce")
    return np.asarray(numbers.notna().to_numpy(dtype=bool)[codes])
