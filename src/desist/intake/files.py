"""Reading the files that analysts have: semicolons, decimal commas, Windows text, Excel."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from desist.arguments import describe, find_kind_faults
from desist.cohort.csv_lines import SEPARATORS, find_line_faults, name_encoding_fault, read_lines
from desist.cohort.reading import SUBJECT, keep_names, name_path, read_parquet, refuse
from desist.errors import Fault, InputError, raise_faults
from desist.intake.table import Table
from desist.intake.workbook import read_workbook
from desist.writing import say_reason

WORDS = {",": "commas", **SEPARATORS}
MARKS = (".", ",")
SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".parquet")
_DECIMAL_COMMA = re.compile(r"\s*[-+]?\d+,\d+\s*")
_WHOLE = re.compile(r"\s*[-+]?\d+\s*")
_THREE_DIGITS = re.compile(r"\s*[-+]?\d{1,3},\d{3}\s*")


@dataclass(frozen=True)
class _How:
    """How a file is to be read: what was asked for."""

    separator: str | None
    decimal: str | None
    encoding: str | None
    sheet: str | None
    person: str | None


def read_table(
    path: str | Path,
    *,
    separator: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    person: str | None = None,
) -> Table:
    r"""Read a table of people from the file that somebody has.

    What is not given is found out and written down in the notes: the separator from the line
    of names, Windows-1252 where the bytes are not UTF-8, decimal commas where a column holds
    nothing but numbers with one (and a comma before exactly three digits everywhere is left
    alone, since it may separate thousands).

    Parameters
    ----------
    path : str or Path
        A .csv, .tsv, .txt, .xlsx or .parquet file, one line a person, names in the first line.
    separator : str, optional
        Between cells: ``","``, ``";"``, ``"\t"`` or ``"|"``.
    decimal : str, optional
        ``"."`` or ``","``.
    encoding : str, optional
        Of the text, such as ``"utf-8"`` or ``"latin-1"``.
    sheet : str, optional
        Of a workbook that has several.
    person : str, optional
        Column of the identifier, which is kept as text ("007" is not "7").

    Returns
    -------
    Table
        The people and what was done to read them.

    Raises
    ------
    InputError
        If the file cannot be read, or can be read in two ways; every fault is listed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "people.csv"
    ...     _ = path.write_text("took part;age\nYes;30,5\nNo;41,0\n")
    ...     read_table(path).notes
    ('semicolons between the cells', 'age: decimal commas')
    """
    raise_faults(SUBJECT, find_kind_faults("path", path, (str, Path), "the name of a file"))
    path = Path(path)
    where = name_path(path)
    how = _How(separator, decimal, encoding, sheet, person)
    raise_faults(SUBJECT, [*_find_path_faults(path, where), *_find_setting_faults(how, path)])
    try:
        if path.suffix.lower() == ".parquet":
            return Table(read_parquet(path, where))
        if path.suffix.lower() == ".xlsx":
            return read_workbook(path, where, sheet, person)
        raw = path.read_bytes()
    except OSError as error:
        raise refuse(where, "a file that can be read", say_reason(error)) from None
    if not raw:
        raise refuse(where, "a table with the names of its columns", "an empty file")
    text, notes = _decode(raw, where, encoding)
    return _read_text(text, where, notes, how)


def _find_path_faults(path: Path, where: str) -> Iterator[Fault]:
    if path.suffix.lower() not in SUFFIXES:
        found = f"the suffix {describe(path.suffix)}" if path.suffix else "no suffix"
        expected = f"a file that ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        yield Fault(where, expected, found, "save the table as one of these")
    if path.is_dir():
        yield Fault(where, "a file", "a folder")


def _find_setting_faults(how: _How, path: Path) -> Iterator[Fault]:
    """Find what is wrong with the settings before the file is opened."""
    if how.person is not None:
        yield from find_kind_faults("person", how.person, str, "the name of a column")
    if how.separator is not None and how.separator not in list(WORDS):
        expected = "one of " + ", ".join(f"{mark!r} ({word})" for mark, word in WORDS.items())
        yield Fault("separator", expected, describe(how.separator))
    if how.decimal is not None and how.decimal not in MARKS:
        yield Fault("decimal", "'.' or ','", describe(how.decimal))
    elif how.decimal is not None and how.decimal == how.separator:
        advice = "the cells could not be told apart"
        yield Fault("decimal", "another mark than the separator", "the same", advice)
    if how.encoding is not None and not _is_encoding(how.encoding):
        expected = "the name of an encoding, such as 'utf-8' or 'latin-1'"
        yield Fault("encoding", expected, describe(how.encoding))
    suffix = path.suffix.lower()
    for name in ("separator", "decimal", "encoding") if suffix in (".xlsx", ".parquet") else ():
        if getattr(how, name) is not None:
            yield Fault(name, f"none for a {suffix} file", describe(getattr(how, name)))
    if how.sheet is not None and suffix != ".xlsx":
        yield Fault("sheet", "none but for an .xlsx file", describe(how.sheet))


def _is_encoding(name: object) -> bool:
    if not isinstance(name, str):
        return False
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except (LookupError, ValueError):
        return False


def _decode(raw: bytes, where: str, encoding: str | None) -> tuple[str, list[str]]:
    """Return the text, and in a note how it was decoded where that was not as UTF-8."""
    if encoding is not None:
        try:
            text = raw.decode("utf-8-sig" if _is_utf_8(encoding) else encoding)
        except (UnicodeDecodeError, UnicodeError):
            raise refuse(where, f"text in {encoding}", "bytes that are not") from None
        return text, [] if _is_utf_8(encoding) else [f"text read as {encoding}, as asked for"]
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return raw.decode("utf-16"), ["text read as UTF-16, as its first bytes say"]
        except UnicodeDecodeError:
            raise refuse(where, "text", "UTF-16 that is damaged", "save it again") from None
    faults = name_encoding_fault(raw, where)
    if not faults:
        return raw.decode("utf-8-sig"), []
    if 0 in raw:
        raise InputError(SUBJECT, faults)
    try:
        text, name = raw.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        text, name = raw.decode("latin-1"), "Latin-1"
    return text, [f"text read as {name}, since it is not UTF-8 (encoding = ... says otherwise)"]


def _is_utf_8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def _read_text(text: str, where: str, notes: list[str], how: _How) -> Table:
    mark = how.separator or _find_separator(text)
    lines = read_lines(text, mark)
    raise_faults(SUBJECT, find_line_faults(lines, where, mark))
    # all as text first: a column of decimal commas must not be half numbers and half text
    cells: Any = {name: str for name in lines.names if name}
    source = BytesIO(text.encode())
    try:
        frame = pd.read_csv(source, sep=mark, dtype=cells, skipinitialspace=True)
    except pd.errors.ParserError:
        found = "something else (a quotation mark that is not closed?)"
        raise refuse(where, f"cells separated by {WORDS[mark]}", found) from None
    frame = keep_names(frame, lines, where)
    if mark != ",":
        notes = [*notes, f"{WORDS[mark]} between the cells"]
    return _read_numbers(frame, notes, how)


def _find_separator(text: str) -> str:
    """Return the mark that stands most often in the line of names; commas where none does."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    counts = {mark: first.count(mark) for mark in WORDS}
    best = max(counts, key=lambda mark: counts[mark])  # the first of equals: the comma
    return best if counts[best] else ","


def _read_numbers(frame: pd.DataFrame, notes: list[str], how: _How) -> Table:
    """Turn each column of text that holds nothing but numbers into numbers."""
    if not frame.columns.is_unique:
        return Table(frame, tuple(notes))  # the cohort names them
    columns: dict[str, pd.Series] = {}
    for name in frame.columns:
        cells = frame[name]
        if name == how.person:
            columns[name] = cells
            continue
        has_commas = how.decimal != "." and _has_decimal_commas(cells, asked=how.decimal == ",")
        if has_commas:
            cells = cells.str.replace(",", ".", regex=False)
            notes = [*notes, f"{name}: decimal commas"]
        columns[name] = _to_numbers(cells)
    return Table(pd.DataFrame(columns, index=frame.index), tuple(notes))


def _has_decimal_commas(cells: pd.Series, *, asked: bool) -> bool:
    """Say whether all cells are numbers, at least one of them with a decimal comma."""
    if cells.isna().all() or cells.dtype.kind in "fiub":
        return False
    known = cells.dropna().astype(str)
    with_comma = known.str.fullmatch(_DECIMAL_COMMA)
    if not with_comma.any() or not (with_comma | known.str.fullmatch(_WHOLE)).all():
        return False
    # 1,500 may be one and a half or fifteen hundred
    return asked or not bool(known[with_comma].str.fullmatch(_THREE_DIGITS).all())


def _to_numbers(cells: pd.Series) -> pd.Series:
    """Return numbers where every known cell reads as one, and the text else."""
    known = cells.dropna()
    if not len(known) or cells.dtype.kind in "fiub":
        return cells
    numbers = pd.to_numeric(known, errors="coerce")
    if numbers.isna().any():
        return _to_truth(cells)
    whole = len(known) == len(cells) and bool((numbers == numbers.round()).all())
    made = pd.to_numeric(cells)
    return made.astype("int64") if whole and bool((numbers.abs() < 2**53).all()) else made


def _to_truth(cells: pd.Series) -> pd.Series:
    """Return truth values where every cell is one as pandas reads them, and the text else."""
    words = cells.map({"True": True, "False": False, "TRUE": True, "FALSE": False})
    return cells if words.isna().any() else words.astype(bool)
