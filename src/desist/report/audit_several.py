"""Several reports about the same people, or about some of the same, as one system."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations

from desist.errors import CannotAnswerError
from desist.privacy import FEWEST_SHARING
from desist.report.audit_counts import (
    ARMS,
    BEFORE,
    FREE,
    REOFFENDED,
    GroupCounts,
    Grouping,
    Limits,
    ReportCounts,
    Sum,
    write_system,
)
from desist.suppression.bounds import bound_numbers
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
    told, again = _tell_times(every)
    return System(
        {name: limits for one in systems for name, limits in one.shown.items()} | told,
        [name for one in systems for name in one.withheld],
        [*(added for one in systems for added in one.sums), *same, *again],
    )


def _tell_times(
    every: Sequence[ReportCounts],
) -> tuple[dict[str, Limits], list[Sum]]:
    """Tell the time that a report withholds and another shows of the same people."""
    told: dict[str, Limits] = {}
    same: list[Sum] = []
    for (at, hiding), (place, other) in permutations(enumerate(every, start=1), 2):
        for arm, limits in other.told.items():
            if hiding.hides_time and arm not in hiding.times and _match(hiding, other, arm):
                name = f"report {place}: {arm}, {BEFORE}, told"
                told[name] = limits
                same.append((f"report {at}: {arm}, {BEFORE}", (name,)))
    return told, same


def _match(one: ReportCounts, other: ReportCounts, arm: str) -> bool:
    """Say whether as many people of an arm are in two reports, and as many of them reoffended."""
    least, most = one.totals.get(f"{arm} {REOFFENDED}", (1.0, 0.0))
    number = other.totals[f"{arm} {REOFFENDED}"][0]
    return one.totals[arm] == other.totals.get(arm) and least <= number <= most


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
    """Name the further people of larger reports, or of their outcomes, that are surely few."""
    for arm in ARMS:
        known = [(at, one) for at, one in enumerate(every, start=1) if arm in one.totals]
        known.sort(key=lambda found: found[1].totals[arm])
        further, limits = _bound_further(known, arm)
        yield from (further[name] for name, (_, most) in limits.items() if most < FEWEST_SHARING)


def _bound_further(
    known: Sequence[tuple[int, ReportCounts]], arm: str
) -> tuple[dict[str, str], dict[str, Limits]]:
    """Name whoever is further, and bound how many they are."""
    system, further = write_further(known, arm)
    try:
        return further, bound_numbers(system, list(further))
    except CannotAnswerError:
        # people who weigh differently in each report: their weighted shares are not subtracted
        counted = [(at, replace(one, totals={arm: one.totals[arm]})) for at, one in known]
        system, further = write_further(counted, arm)
        return further, bound_numbers(system, list(further))


def write_further(
    known: Sequence[tuple[int, ReportCounts]], arm: str
) -> tuple[System, dict[str, str]]:
    """Write reports of ever more people as one system, and name whoever is further in each."""
    shown: dict[str, Limits] = {}
    sums: list[Sum] = []
    further: dict[str, str] = {}
    for at, counts in known:
        own, parts = _write_outcomes(at, counts, arm)
        shown |= own
        sums += parts
    for (before, fewer), (after, more) in combinations(known, 2):
        if fewer.totals[arm] == more.totals[arm]:
            continue
        head = f"report {max(before, after)}"
        for part in _list_parts(fewer, more, arm):
            name = f"from report {before} to report {after}: {part}"
            sums.append((f"report {after}: {part}", (f"report {before}: {part}", name)))
            further[name] = f"{head}: {part}, further people"
        for part, n_others in _count_others(fewer, more, arm):
            name = f"from report {before} to report {after}: {part}"
            shown[name] = (n_others, n_others)
            further[name] = f"{head}: {part}, further people"
    return System(shown, [name for name in further if name not in shown], sums), further


def _write_outcomes(at: int, counts: ReportCounts, arm: str) -> tuple[dict[str, Limits], list[Sum]]:
    """Write the people of an arm by outcome, and by group those of them who are shown."""
    total, head = counts.totals[arm], f"report {at}: {arm}"
    shown, sums = {head: total}, list[Sum]()
    if (happened := counts.totals.get(f"{arm} {REOFFENDED}")) is not None:
        shown |= {
            f"{head} {REOFFENDED}": happened,
            f"{head} {FREE}": (total[0] - happened[1], total[1] - happened[0]),
        }
        sums.append((head, (f"{head} {REOFFENDED}", f"{head} {FREE}")))
    for (of_arm, grouping), groups in counts.groups.items():
        if of_arm == arm:
            shown |= {f"{head}, {grouping} {one}": (n, n) for one, n in groups.shown.items()}
    return shown, sums


def _list_parts(fewer: ReportCounts, more: ReportCounts, arm: str) -> Iterator[str]:
    """List what two reports both count, and what is not the same in them."""
    yield arm
    if all(f"{arm} {REOFFENDED}" in one.totals for one in (fewer, more)):
        yield from (f"{arm} {REOFFENDED}", f"{arm} {FREE}")
    for (of_arm, grouping), groups in more.groups.items():
        before = fewer.groups.get((of_arm, grouping), GroupCounts({}, 0)).shown
        for level, size in groups.shown.items():
            if of_arm == arm and size > before.get(level, size):
                yield f"{arm}, {grouping} {level}"


def _count_others(fewer: ReportCounts, more: ReportCounts, arm: str) -> Iterator[tuple[str, float]]:
    """Count the further people of groups that are not shown, by subtraction as anybody can."""
    people = more.totals[arm][0] - fewer.totals[arm][0]
    for (of_arm, grouping), groups in more.groups.items():
        before = fewer.groups.get((of_arm, grouping), GroupCounts({}, 0)).shown
        if of_arm == arm and set(groups.shown) == set(before) and before:
            others = people - sum(n - before[level] for level, n in groups.shown.items())
            if others > 0:
                yield f"{arm}, other groups by {grouping}", others
