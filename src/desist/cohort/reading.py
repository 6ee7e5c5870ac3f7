"""Reading the table of people from memory or from a file."""

import csv
from pathlib import Path

import pandas as pd

from desist.errors import Fault, InputError

SUBJECT = "cohort"


def read_people(people: object, person: str | None) -> pd.DataFrame:
    """Read the table of people.

    Parameters
    ----------
    people : DataFrame, str or Path
        The table, or a CSV (UTF-8, commas) or Parquet file that holds it. In a CSV file
        empty cells and the usual words for a missing value ("NA", "null") are missing.
    person : str or None
        Column of the identifier; kept as text in a CSV file, so that "007" and "7" stay
        two people.

    Returns
    -------
    DataFrame
        Rows numbered from 0, the index left behind; nothing is checked but that there
        is a table.

    Raises
    ------
    InputError
        If there is none.
    """
    if isinstance(people, pd.DataFrame):
        return people.reset_index(drop=True)
    if not isinstance(people, str | Path):
        expected = "a pandas DataFrame, or the path of a CSV or Parquet file"
        raise _refuse("people", expected, f"a {type(people).__name__}")
    path = Path(people)
    _check_path(path)
    return _read_csv(path, person) if path.suffix.lower() == ".csv" else _read_parquet(path)


def _refuse(where: object, expected: str, found: str, advice: str = "") -> InputError:
    return InputError(SUBJECT, [Fault(str(where), expected, found, advice)])


def _check_path(path: Path) -> None:
    if path.suffix.lower() not in (".csv", ".parquet"):
        found = f'the suffix "{path.suffix}"' if path.suffix else "no suffix"
        raise _refuse(path, "a .csv or .parquet file", found, "save the table as one of these")
    if not path.is_file():
        raise _refuse(path, "a file", "no file of this name")
    if path.stat().st_size == 0:
        raise _refuse(path, "a table with the names of its columns", "an empty file")


def _read_csv(path: Path, person: str | None) -> pd.DataFrame:
    names = _read_csv_names(path)
    text = {person: str} if person in names else {}
    try:
        frame = pd.read_csv(path, encoding="utf-8-sig", low_memory=False, dtype=text)
    except pd.errors.ParserError:
        found = "something else (a quotation mark that is not closed?)"
        raise _refuse(path, "cells separated by commas", found) from None
    # pandas renames the second of two equal names; the validation has to see both
    return frame.set_axis([a or b for a, b in zip(names, frame.columns, strict=True)], axis=1)


def _read_csv_names(path: Path) -> list[str]:
    """Return the names, having made sure that no line is longer: pandas would shift it."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            names = next((line for line in lines if line), [])
            too_long = next((lines.line_num for line in lines if len(line) > len(names)), None)
    except UnicodeDecodeError:
        found, advice = "bytes that are not UTF-8", 'save it as "CSV UTF-8"'
        raise _refuse(path, "text in UTF-8", found, advice) from None
    if not any(names):
        raise _refuse(path, "a table with the names of its columns", "no names")
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        found = "semicolons or tabs"
        raise _refuse(path, "commas between the names", found, "save it with commas")
    if too_long is not None:
        expected, found = f"{len(names)} cells in each line", f"more in line {too_long}"
        raise _refuse(path, expected, found, "put quotation marks around a cell with a comma")
    return names


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path).reset_index(drop=True)
    except (ValueError, OSError):  # pyarrow's errors of format are ValueErrors
        raise _refuse(path, "a Parquet file", "something that cannot be read as one") from None
