"""Several reports about the same people, or about some of the same, as one system."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from desist.privacy import FEWEST_SHARING
from desist.report.audit_counts import (
    ARMS,
    REOFFENDED,
    GroupCounts,
    Grouping,
    Limits,
    ReportCounts,
    write_system,
)
from desist.suppression.system import System


def join_reports(every: Sequence[ReportCounts]) -> System:
    """Join the systems of reports; groups of the same people are the same numbers."""
    systems, same = [], []
    for at, counts in enumerate(every, start=1):
        alike = [(place, one) for place, one in enumerate(every, start=1) if _is_same(counts, one)]
        systems.append(
            write_system(counts, f"report {at}: ", _list_levels(one for _, one in alike))
        )
        same += [
            (f"report {at}: {name}", (f"report {place}: {name}",))
            for place, one in alike
            if place != at
            for name in _name_groups(one)
        ]
    return System(
        {name: limits for one in systems for name, limits in one.shown.items()},
        [name for one in systems for name in one.withheld],
        [*(added for one in systems for added in one.sums), *same],
    )


def _is_same(one: ReportCounts, other: ReportCounts) -> bool:
    """Say whether two reports may be about the same people."""
    if one is other:
        return True
    return set(one.groups) == set(other.groups) and all(
        one.totals.get(arm) == other.totals.get(arm)
        and one.groups[arm, grouping].n_groups == other.groups[arm, grouping].n_groups
        and all(
            other.groups[arm, grouping].shown.get(level, size) == size
            for level, size in one.groups[arm, grouping].shown.items()
        )
        for arm, grouping in one.groups
    )


def _list_levels(every: Iterable[ReportCounts]) -> dict[Grouping, list[str]]:
    levels: dict[Grouping, list[str]] = {}
    for counts in every:
        for grouping, groups in counts.groups.items():
            levels[grouping] = list(dict.fromkeys([*levels.get(grouping, ()), *groups.shown]))
    return levels


def _name_groups(counts: ReportCounts) -> list[str]:
    return [
        f"{arm}, {grouping} {level}"
        for (arm, grouping), of_arm in counts.groups.items()
        for level in of_arm.shown
    ]


def list_few_further(every: Sequence[ReportCounts]) -> Iterator[str]:
    """Name the further people of later reports, or of their outcomes, that are few."""
    for at, pair in enumerate(pairwise(every), start=2):
        for arm in ARMS:
            fewer, more = sorted(pair, key=lambda one: one.totals.get(arm, (0.0, 0.0)))
            for name, most in _count_further(fewer, more, arm):
                if most < FEWEST_SHARING:
                    yield f"report {at}: {name}, further people"


def _count_further(
    fewer: ReportCounts, more: ReportCounts, arm: str
) -> Iterator[tuple[str, float]]:
    """Count the most people that there can be further, of all and of each outcome."""
    people = _subtract(fewer.totals.get(arm), more.totals.get(arm))
    if people is None or people == (0, 0):
        return
    yield arm, people[1]
    happened = _subtract(*(one.totals.get(f"{arm} {REOFFENDED}") for one in (fewer, more)))
    if happened is not None:
        yield f"{arm} {REOFFENDED}", happened[1]
        yield f"{arm} who did not reoffend", people[1] - happened[0]
    for (of_arm, grouping), groups in more.groups.items():
        before = fewer.groups.get((of_arm, grouping), GroupCounts({}, 0)).shown
        for level in [level for level in groups.shown if of_arm == arm and level in before]:
            if groups.shown[level] > before[level]:
                yield f"{arm}, {grouping} {level}", groups.shown[level] - before[level]


def _subtract(before: Limits | None, later: Limits | None) -> Limits | None:
    """Find the limits of how many more there are."""
    if before is None or later is None:
        return None
    return later[0] - before[1], later[1] - before[0]
