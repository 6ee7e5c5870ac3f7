"""Every count that a report shows, or that a reader can compute from its figures, by name."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from desist.effects.groups import GroupTable
from desist.estimands import Measure
from desist.evaluation.record import MeasureRow
from desist.report._digits import count_decimals
from desist.suppression.bounds import MOST
from desist.suppression.system import System

PARTICIPANTS = "participants"
ARMS = {PARTICIPANTS: "n_treated", "comparison people": "n_comparison"}
REOFFENDED, FREE = "who reoffended", "who did not reoffend"
BEFORE, AFTER = "time before a first reoffence", "time after a first reoffence"
Limits = tuple[float, float]
Sum = tuple[str, tuple[str, ...]]  # a total and its parts
Grouping = tuple[str, str]  # an arm and what its people are grouped by


@dataclass(frozen=True)
class FiledRow:
    """A measure as a file has it; a hazard ratio has no means."""

    measure: Measure
    n_treated: int
    n_comparison: int
    treated: float
    comparison: float


@dataclass(frozen=True)
class FiledGroup:
    """A group that a file shows."""

    level: str
    n_treated: int
    n_comparison: int


@dataclass(frozen=True)
class FiledTable:
    """The groups of one grouping and measure as a file has them."""

    grouping: str
    n_groups: int
    rows: tuple[FiledGroup, ...]


@dataclass(frozen=True)
class GroupCounts:
    """The groups of a grouping: people of those that are shown, and how many groups there are."""

    shown: Mapping[str, int]  # by level
    n_groups: int


@dataclass(frozen=True)
class ReportCounts:
    """The counts of one report."""

    totals: Mapping[str, Limits]  # by what is counted, within the rounding of what is printed
    groups: Mapping[Grouping, GroupCounts] = field(default_factory=dict)
    # of an arm, in horizons: all time without a reoffence, and that of reoffenders before theirs
    times: Mapping[str, Limits] = field(default_factory=dict)
    told: Mapping[str, Limits] = field(default_factory=dict)
    hides_time: bool = False  # whether that before a reoffence is withheld


def count_report(
    rows: Sequence[MeasureRow | FiledRow],
    tables: Sequence[GroupTable | FiledTable],
    *,
    horizon: float = math.nan,
    hides_time: bool = False,
) -> ReportCounts:
    """Read the counts out of the figures of a report, those that a reader computes as well."""
    totals = dict(_count_people(rows)) | dict(_count_reoffenders(rows))
    groups = {}
    for arm, key in ARMS.items():
        for grouping in dict.fromkeys(table.grouping for table in tables):
            of_grouping = [table for table in tables if table.grouping == grouping]
            # a group that the table of one measure shows is known in those of all
            shown = {row.level: getattr(row, key) for table in of_grouping for row in table.rows}
            n_groups = max(table.n_groups for table in of_grouping)
            groups[arm, grouping] = GroupCounts(shown, n_groups)
    times, told = (
        dict(_sum_times(rows, measure, horizon))
        for measure in (Measure.RMST, Measure.TIME_AMONG_REOFFENDERS)
    )
    return ReportCounts(totals, groups, times, told, hides_time)


def write_system(
    counts: ReportCounts, where: str = "", known: Mapping[Grouping, Sequence[str]] | None = None
) -> System:
    """Write the counts as one linear system; `known` are levels that are shown elsewhere."""
    shown = {f"{where}{name}": limits for name, limits in counts.totals.items()}
    withheld: list[str] = []
    sums: list[Sum] = []
    hiding = ARMS if counts.hides_time else ()
    for arm in [arm for arm in hiding if f"{arm} {REOFFENDED}" in counts.totals]:
        of_time, added = _write_times(counts, arm, where)
        shown |= of_time
        withheld.append(f"{where}{arm}, {BEFORE}")
        sums += added
    for (arm, grouping), of_arm in counts.groups.items():
        head = f"{where}{arm}, {grouping}"
        parts = {f"{head} {level}": (n, n) for level, n in of_arm.shown.items()}
        elsewhere = (known or {}).get((arm, grouping), ())
        named = [level for level in elsewhere if level not in of_arm.shown]
        n_nameless = max(of_arm.n_groups - len(of_arm.shown) - len(named), 0)
        hidden = [f"{head} {level}" for level in named]
        hidden += [f"{head}, withheld group {at}" for at in range(1, n_nameless + 1)]
        shown |= parts
        withheld += hidden
        if f"{where}{arm}" in shown:
            sums.append((f"{where}{arm}", (*parts, *hidden)))
    return System(shown, withheld, sums)


def _write_times(counts: ReportCounts, arm: str, where: str) -> tuple[dict[str, Limits], list[Sum]]:
    """Write the time of an arm as sums: who never reoffended has a whole horizon without it."""
    happened = f"{where}{arm} {REOFFENDED}"
    free, total, after = (f"{where}{arm} {FREE}", f"{where}{arm}, time", f"{where}{arm}, {AFTER}")
    (least, most), (people, _) = counts.totals[f"{arm} {REOFFENDED}"], counts.totals[arm]
    before = f"{where}{arm}, {BEFORE}"
    shown = {after: (0.0, MOST)}
    sums: list[Sum] = [(happened, (before, after))]
    if arm in counts.times:
        shown |= {free: (people - most, people - least), total: counts.times[arm]}
        sums.append((total, (free, before)))
    return shown, sums


def _sum_times(
    rows: Sequence[MeasureRow | FiledRow], measure: Measure, horizon: float
) -> Iterator[tuple[str, Limits]]:
    """Sum the days of a measure: a mean of a known number of people is a sum."""
    half = 0.5 * 10.0 ** -count_decimals(measure)
    for row in [row for row in rows if row.measure is measure and horizon > 0]:
        for (arm, key), mean in zip(ARMS.items(), (row.treated, row.comparison), strict=True):
            people = getattr(row, key)
            yield arm, (people * (mean - half) / horizon, people * (mean + half) / horizon)


def _count_people(rows: Sequence[MeasureRow | FiledRow]) -> Iterator[tuple[str, Limits]]:
    for row in rows:
        if row.measure.is_causal:
            for arm, key in ARMS.items():
                yield arm, (getattr(row, key),) * 2


def _count_reoffenders(rows: Sequence[MeasureRow | FiledRow]) -> Iterator[tuple[str, Limits]]:
    """Count reoffenders: a printed rate of a known number of people is a count."""
    half = 0.5 * 10.0 ** -count_decimals(Measure.RATE)
    for row in sorted(rows, key=lambda row: row.measure is Measure.TIME_AMONG_REOFFENDERS):
        for (arm, key), mean in zip(ARMS.items(), (row.treated, row.comparison), strict=True):
            people = getattr(row, key)
            if row.measure is Measure.RATE:
                least, most = people * (mean - half), people * (mean + half)
                yield f"{arm} {REOFFENDED}", (max(least, 0.0), min(most, people))
            elif row.measure is Measure.TIME_AMONG_REOFFENDERS:
                yield f"{arm} {REOFFENDED}", (people, people)
