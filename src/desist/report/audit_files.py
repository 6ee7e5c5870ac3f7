"""The counts of a report, read out of its files alone, as anybody has them."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desist.arguments import describe
from desist.errors import Fault, InputError
from desist.estimands import Measure
from desist.report.audit_counts import (
    FiledGroup,
    FiledRow,
    FiledTable,
    ReportCounts,
    count_report,
)

RECORD, TIME = "evaluation.json", Measure.TIME_AMONG_REOFFENDERS.value
SUBJECT = "audit"


def count_files(place: str | Path) -> ReportCounts:
    """Count what the record of a report tells; a folder is taken for the report in it."""
    path = Path(place)
    path = path / RECORD if path.is_dir() else path
    record = _read_record(path)
    try:
        rows = [_read_row(row) for row in record["measures"] if not _is_withheld(row)]
        hides_time = any(_is_withheld(row) for row in record["measures"] if row["measure"] == TIME)
        tables = [_read_table(table) for table in record.get("groups", ())]
        horizon = float(record.get("settings", {}).get("horizon") or math.nan)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(SUBJECT, [_expect(path, "a record of another kind")]) from error
    return count_report(rows, tables, horizon=horizon, hides_time=hides_time)


def _read_record(path: Path) -> Mapping[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(SUBJECT, [_expect(path, "none that can be read")]) from error
    if not isinstance(record, dict):
        raise InputError(SUBJECT, [_expect(path, describe(record))])
    return record


def _expect(path: Path, found: str) -> Fault:
    advice = "give the folder that write_report wrote"
    return Fault(path.name, f"an {RECORD} of a report", found, advice)


def _is_withheld(row: Mapping[str, Any]) -> bool:
    return row["n_treated"] is None


def _read_row(row: Mapping[str, Any]) -> FiledRow:
    treated, comparison = (
        math.nan if row[arm] is None else float(row[arm]) for arm in ("treated", "comparison")
    )
    people = int(row["n_treated"]), int(row["n_comparison"])
    return FiledRow(Measure(row["measure"]), *people, treated, comparison)


def _read_table(table: Mapping[str, Any]) -> FiledTable:
    rows = (
        FiledGroup(r["level"], int(r["n_treated"]), int(r["n_comparison"])) for r in table["rows"]
    )
    return FiledTable(table["grouping"], int(table["n_groups"]), tuple(rows))
