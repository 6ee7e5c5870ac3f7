"""Effects by group as they may be shown: the audit has the last word."""

from collections.abc import Sequence
from dataclasses import replace

from desist.effects.groups import GroupTable
from desist.evaluation.record import MeasureRow
from desist.report.audit_counts import count_report, write_system
from desist.suppression.bounds import find_breached


def protect_groups(
    tables: Sequence[GroupTable], rows: Sequence[MeasureRow], protection: float
) -> tuple[GroupTable, ...]:
    """Show no group of a grouping of which a withheld group can be worked out."""
    breached = set()
    for grouping in dict.fromkeys(table.grouping for table in tables):
        of_grouping = [table for table in tables if table.grouping == grouping]
        if any(table.n_withheld for table in of_grouping) and any(t.rows for t in of_grouping):
            system = write_system(count_report(rows, of_grouping))
            if find_breached(system, protection):
                breached.add(grouping)
    return tuple(
        replace(table, rows=()) if table.grouping in breached else table for table in tables
    )
