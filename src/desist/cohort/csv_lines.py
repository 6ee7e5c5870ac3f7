"""The lines of a CSV file, before their cells are read: each person is one line."""

# A reader of CSV files that meets a stray quotation mark takes the lines up to the next one for a
# single cell, and the people in them are gone. So lines are looked at on their own here, and what
# could be two tables is refused.

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from desist.errors import MOST_ROWS_NAMED, Fault

SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_UTF_16_AND_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_TOTALS = re.compile(r"\s*((grand |sub-?)?totals?|sum|overall|mean|average)\b.*", re.IGNORECASE)


@dataclass(frozen=True, repr=False)
class Lines:
    """What the lines of a file look like; no cell of a person but the first of the last line."""

    names: list[str] = field(default_factory=list)  # cells of the first line that is not blank
    first: str = ""  # that line as it stands
    # how many records have so many cells, the names left out
    lengths: Counter[int] = field(default_factory=Counter)
    # for each number of cells other than that of the names, the lines of such records
    odd: dict[int, list[int]] = field(default_factory=dict)
    # first and last line of each record that runs over lines which look like records
    swallowing: list[tuple[int, int]] = field(default_factory=list)
    totals: int = 0  # the line at the end that holds totals; 0 where there is none
    # where the cells could not be told apart, and why; the line is 0 where they could
    broken: tuple[int, str] = (0, "")

    @property
    def n_people(self) -> int:
        """Number of records below the names."""
        return sum(self.lengths.values())


def name_encoding_fault(raw: bytes, where: str) -> list[Fault]:
    """Find bytes that are not text in UTF-8, and say what they are likely to be."""
    advice = 'save it as "CSV UTF-8"'
    if raw.startswith(_UTF_16_AND_32) or raw[1:200:2].count(0) > len(raw[:200]) / 3:
        return [Fault(where, "text in UTF-8", "UTF-16 or UTF-32", advice)]
    if 0 in raw:
        line = raw[: raw.index(0)].count(b"\n") + 1
        found = f"{raw.count(0)} bytes that are zero (the first in line {line})"
        return [Fault(where, "text in UTF-8", found, "the file may be damaged: save it again")]
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        found = f"bytes that are not UTF-8 (the first in line {line}; Latin-1 or Windows-1252?)"
        return [Fault(where, "text in UTF-8", found, advice)]
    return []


def read_lines(text: str, separator: str = ",") -> Lines:
    """Look at the lines of a CSV file."""
    lines, source = Lines(), list(io.StringIO(text, newline=""))
    reader, start = csv.reader(source, strict=True, delimiter=separator), 1
    last = (0, "")
    try:
        for cells in reader:
            begin, start = start, reader.line_num + 1
            if len(cells) > 1 or any(cell.strip() for cell in cells):
                part = source[begin - 1 : start - 1]
                lines = _add_record(lines, cells, begin, part, separator)
                last = (begin, next((cell for cell in cells if cell.strip()), ""))
    except csv.Error as error:
        return replace(lines, broken=(start, str(error)), first=lines.first or source[0])
    return replace(lines, totals=last[0] if _TOTALS.fullmatch(last[1]) else 0)


def find_line_faults(lines: Lines, where: str, separator: str = ",") -> list[Fault]:
    """Find what is wrong with the lines of a CSV file."""
    expected = SEPARATORS.get(separator, "commas")
    n_marks = lines.first.count(separator)
    for mark, words in SEPARATORS.items():
        if lines.first.count(mark) > n_marks:
            advice = "save it with commas, or read it with ds.intake.read_table"
            return [Fault(where, f"{expected} between the names", words, advice)]
    if lines.broken[0]:
        return [_name_broken(lines.broken, where, f"cells separated by {expected}")]
    if not any(name.strip() for name in lines.names):
        return [Fault(where, "a table with the names of its columns", "no names")]
    if _has_title(lines):
        found = f"a line with {_count_cells(sum(map(bool, lines.names)))} above longer ones"
        advice = "delete the title and whatever else stands above the names"
        return [Fault(where, "the names of the columns in the first line", found, advice)]
    faults = [_name_swallowing(spans, where) for spans in lines.swallowing[:MOST_ROWS_NAMED]]
    if lines.totals:
        found = f"totals in line {lines.totals}"
        faults.append(Fault(where, "one line per person", found, "delete the line"))
    at = {line for places in lines.odd.values() for line in places} - {lines.totals}
    return [*faults, *_find_ragged(lines, where, sorted(at))]


def _add_record(
    lines: Lines, cells: list[str], begin: int, source: Sequence[str], separator: str
) -> Lines:
    n_cells = len(lines.names or cells)
    if len(source) > 1 and _hide_records(source, n_cells, separator):
        lines.swallowing.append((begin, begin + len(source) - 1))
    if not lines.names:
        return replace(lines, names=cells, first=source[0])
    lines.lengths[len(cells)] += 1
    if len(cells) != n_cells:
        lines.odd.setdefault(len(cells), []).append(begin)
    return lines


def _hide_records(lines: Sequence[str], n_cells: int, separator: str) -> bool:
    """Say whether at least two of the lines of one record would be records by themselves."""
    return sum(line.count(separator) == n_cells - 1 for line in lines) > 1


def _has_title(lines: Lines) -> bool:
    n_names = sum(bool(name.strip()) for name in lines.names)
    usual = lines.lengths.most_common(1)
    return bool(usual) and n_names == 1 and max(usual[0][0], len(lines.names)) > 1


def _name_broken(broken: tuple[int, str], where: str, expected: str) -> Fault:
    line, reason = broken
    if "field limit" in reason:
        found = f"a cell of more than {csv.field_size_limit():,} characters, from line {line} on"
        advice = "close the quotation mark there, or leave the long text out of the table"
        return Fault(where, expected, found, advice)
    found = f"something else from line {line} on (a quotation mark that is not closed?)"
    return Fault(where, expected, found)


def _name_swallowing(span: tuple[int, int], where: str) -> Fault:
    found = f"a cell that takes lines {span[0]} to {span[1]} for one person"
    advice = "close or delete the quotation mark in the first of these lines"
    return Fault(where, "one line per person", found, advice)


def _find_ragged(lines: Lines, where: str, at: list[int]) -> list[Fault]:
    if not at:
        return []
    expected = f"{_count_cells(len(lines.names))} in each line"
    longer = sorted(line for n, ls in lines.odd.items() if n > len(lines.names) for line in ls)
    faults = []
    for words, places, advice in (
        ("more", longer, "put quotation marks around a cell with a comma"),
        (
            "fewer",
            [line for line in at if line not in set(longer)],
            "write a comma for each empty cell, and leave out notes under the table",
        ),
    ):
        if places:
            found = f"{words} in {_name_lines(places)}"
            faults.append(Fault(where, expected, found, advice))
    return faults


def _name_lines(lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:MOST_ROWS_NAMED]))
    more = len(lines) - MOST_ROWS_NAMED
    return f"line{'s'[: len(lines) > 1]} {shown}{f' and {more} more' if more > 0 else ''}"


def _count_cells(n: int) -> str:
    return f"{n} cell{'' if n == 1 else 's'}"
