"""Reading the table of people from memory or from a file."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from desist.arguments import describe
from desist.cohort.csv_lines import Lines, find_line_faults, name_encoding_fault, read_lines
from desist.errors import Fault, InputError, raise_faults

SUBJECT = "cohort"
LONGEST_PATH_SHOWN = 200


def read_people(people: object, person: str | None) -> pd.DataFrame:
    """Read the table of people."""
    if isinstance(people, pd.DataFrame):
        return people.reset_index(drop=True)
    if not isinstance(people, str | Path):
        expected = "a pandas DataFrame, or the path of a CSV or Parquet file"
        raise refuse("people", expected, describe(people), "make a pandas.DataFrame of it")
    path = Path(people)
    where = name_path(path)
    try:
        _check_path(path, where)
        is_csv = path.suffix.lower() == ".csv"
        return _read_csv(path, where, person) if is_csv else read_parquet(path, where)
    except OSError as error:
        found = error.strerror or type(error).__name__
        raise refuse(where, "a file that can be read", f'"{found.lower()}"') from None


def name_path(path: Path) -> str:
    """Write a path as it may be shown: one line, and not longer than can be read."""
    text = str(path)
    short = text if len(text) <= LONGEST_PATH_SHOWN else f"{text[:LONGEST_PATH_SHOWN]}..."
    return short if short.isprintable() else repr(short)


def refuse(where: str, expected: str, found: str, advice: str = "") -> InputError:
    """Make the error of a table that is not read."""
    return InputError(SUBJECT, [Fault(where, expected, found, advice)])


def _check_path(path: Path, where: str) -> None:
    if path.suffix.lower() not in (".csv", ".parquet"):
        found = f"the suffix {describe(path.suffix)}" if path.suffix else "no suffix"
        raise refuse(where, "a .csv or .parquet file", found, "save the table as one of these")
    if path.is_dir():
        raise refuse(where, "a file", "a folder")
    if not path.is_file():
        path.stat()  # says why it cannot be looked at
        raise refuse(where, "a file", "something else")
    if path.stat().st_size == 0:
        raise refuse(where, "a table with the names of its columns", "an empty file")


def _read_csv(path: Path, where: str, person: str | None) -> pd.DataFrame:
    raw = path.read_bytes()
    raise_faults(SUBJECT, name_encoding_fault(raw, where))
    lines = read_lines(raw.decode("utf-8-sig"))
    raise_faults(SUBJECT, find_line_faults(lines, where))
    text: Any = {person: str} if person in lines.names else {}
    try:
        frame = pd.read_csv(BytesIO(raw), encoding="utf-8-sig", low_memory=False, dtype=text)
    except pd.errors.ParserError:
        found = "something else (a quotation mark that is not closed?)"
        raise refuse(where, "cells separated by commas", found) from None
    return keep_names(frame, lines, where)


def keep_names(frame: pd.DataFrame, lines: Lines, where: str) -> pd.DataFrame:
    """Give a table the names of its lines, and refuse one that has other rows than they."""
    if len(frame) != lines.n_people or len(frame.columns) != len(lines.names):
        found = f"{len(frame):,} rows where the lines give {lines.n_people:,}"
        advice = "look for stray quotation marks"
        raise refuse(where, "one way to read the lines", found, advice)
    # pandas renames the second of two equal names; the validation has to see both
    return frame.set_axis([a or b for a, b in zip(lines.names, frame.columns, strict=True)], axis=1)


def read_parquet(path: Path, where: str) -> pd.DataFrame:
    """Read a Parquet file; what cannot be read as one is refused."""
    import pyarrow as pa

    with path.open("rb"):  # what cannot be opened is not blamed on its format
        pass
    try:
        return pd.read_parquet(path).reset_index(drop=True)
    except (ValueError, OSError, pa.ArrowException):
        raise refuse(where, "a Parquet file", "something that cannot be read as one") from None
