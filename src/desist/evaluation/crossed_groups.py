"""Groups within groups: a prison that is not told of must not follow from its region."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from desist.privacy import FEWEST_SHARING
from desist.sample import Sample
from desist.suppression.bounds import find_breached
from desist.suppression.system import System

Group = tuple[str, str]  # a grouping and one of its levels


@dataclass(frozen=True, eq=False)
class CrossedCounts:
    """People of an arm and outcome who share all their groups, as inner cells of one table."""

    cells: Mapping[str, Sequence[Group]]  # the groups of the people of a cell
    numbers: Sequence[Mapping[str, int]]  # one an arm and outcome

    def count(self, group: Group, numbers: Mapping[str, int]) -> int:
        """Count the people of a group."""
        return sum(numbers[cell] for cell, groups in self.cells.items() if group in groups)


def cross_groups(sample: Sample, groupings: Sequence[str]) -> CrossedCounts:
    """Count the people of every combination of groups that occurs."""
    frame = sample.cohort.people.loc[sample.used, list(groupings)].astype(str)
    codes, levels = pd.factorize(pd.MultiIndex.from_frame(frame))
    cells = {
        f"cell {at}": list(zip(groupings, level, strict=True)) for at, level in enumerate(levels)
    }
    numbers = [
        dict(zip(cells, np.bincount(codes[people], minlength=len(cells)).tolist(), strict=True))
        for people in _list_people(sample)
    ]
    return CrossedCounts(cells, numbers)


def hide_crossed(
    counts: CrossedCounts, small: frozenset[Group], hidden: frozenset[Group]
) -> frozenset[Group]:
    """Hide groups until none of the small ones follows from others, and show the rest again."""
    every = dict.fromkeys(group for groups in counts.cells.values() for group in groups)
    while found := _find_breached(counts, hidden, list(every)):
        beside = {
            group
            for groups in counts.cells.values()
            if _share_shown(groups, found, counts, hidden)
            for group in groups
        } - hidden
        left = beside or set(every) - hidden
        if not left:
            break
        # the smallest of the same grouping first
        grouping = min(found)[0]
        hidden |= {min(left, key=lambda group: (group[0] != grouping, _size(counts, group), group))}
    for group in sorted(hidden - small, key=lambda group: (-_size(counts, group), group)):
        if not _find_breached(counts, hidden - {group}, list(every), small):
            hidden -= {group}
    return hidden


def _list_people(sample: Sample) -> Iterator["np.ndarray[tuple[int], np.dtype[np.bool_]]"]:
    used, happened = sample.used, sample.within.reoffended
    for arm in (sample.treated[used], ~sample.treated[used]):
        yield arm
        if happened is not None:
            yield arm & happened[used]
            yield arm & ~happened[used]


def _find_breached(
    counts: CrossedCounts,
    hidden: frozenset[Group],
    every: Sequence[Group],
    asked: frozenset[Group] | None = None,
) -> frozenset[Group]:
    """Find the hidden groups of which any number lies within fewer people than may be told of."""
    names = {group: f"group {at}" for at, group in enumerate(every)}
    sums = [
        (names[group], tuple(cell for cell, groups in counts.cells.items() if group in groups))
        for group in every
    ]
    groupings = dict.fromkeys(grouping for grouping, _ in every)
    totals = [
        ("all", tuple(names[group] for group in every if group[0] == one)) for one in groupings
    ]
    by_name = {name: group for group, name in names.items()}
    found: set[Group] = set()
    for numbers in counts.numbers:
        shown = {
            names[group]: (counts.count(group, numbers),) * 2
            for group in every
            if group not in hidden
        }
        system = System(
            {"all": (sum(numbers.values()),) * 2, **shown},
            [*(names[group] for group in every if group in hidden), *counts.cells],
            [*sums, *totals],
        )
        wanted = [names[group] for group in every if group in (hidden if asked is None else asked)]
        found |= {by_name[name] for name in find_breached(system, FEWEST_SHARING, wanted)}
    return frozenset(found)


def _share_shown(
    groups: Sequence[Group],
    found: frozenset[Group],
    counts: CrossedCounts,
    hidden: frozenset[Group],
) -> bool:
    """Say whether people of a cell share a group that is shown with people of one found."""
    told = {
        group
        for of_cell in counts.cells.values()
        if found & set(of_cell)
        for group in of_cell
        if group not in hidden
    }
    return bool(told & set(groups))


def _size(counts: CrossedCounts, group: Group) -> int:
    return min(counts.count(group, numbers) for numbers in counts.numbers)
