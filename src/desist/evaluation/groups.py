"""Effects by group, without the groups that too few people share to be told of."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from desist.effects.groups import GroupRow, GroupTable, tabulate_groups
from desist.errors import NotConvergedError
from desist.evaluation.crossed_groups import cross_groups, hide_crossed
from desist.models.fit import Fit
from desist.models.predictors import MATCHED_SET
from desist.privacy import FEWEST_SHARING
from desist.progress import follow
from desist.sample import Sample

FEWEST_GROUPS = 2  # withheld together: one alone is what the total leaves


def evaluate_groups(
    fits: Sequence[Fit], sample: Sample, *, probability: float, calibrated: bool
) -> tuple[tuple[GroupTable, ...], tuple[str, ...]]:
    """Tabulate the effects by group of every fit with groups, and say which cannot be had."""
    tables: list[GroupTable] = []
    told = []
    every = list(_list_groupings(fits))
    for fit, grouping in follow(every, "contrasting groups", len(every)):
        try:
            found = tabulate_groups(fit, grouping, probability=probability, calibrated=calibrated)
        except NotConvergedError as error:
            told.append(f"Effects by group of the {fit.model.name} model: not available, {error}.")
            continue
        tables += found
    return _withhold_together(tables, sample), tuple(told)


def _withhold_together(tables: Sequence[GroupTable], sample: Sample) -> tuple[GroupTable, ...]:
    """Withhold small groups, and those that groups of another grouping would tell of."""
    shown = tuple(withhold_groups(table) for table in tables)
    every = {(table.grouping, row.level) for table in tables for row in table.rows}
    hidden = every - {(table.grouping, row.level) for table in shown for row in table.rows}
    groupings = list(dict.fromkeys(table.grouping for table in tables))
    if hidden and len(groupings) > 1:
        small = frozenset(
            (table.grouping, row.level)
            for table in tables
            for row in table.rows
            if _is_small(row, FEWEST_SHARING, FEWEST_SHARING)
        )
        counts = cross_groups(sample, groupings)
        hidden = set(hide_crossed(counts, small, frozenset(hidden)))
    return tuple(_take_out(table, hidden) for table in tables)


def _take_out(table: GroupTable, hidden: Collection[tuple[str, str]]) -> GroupTable:
    told = (row for row in table.rows if (table.grouping, row.level) not in hidden)
    return replace(table, rows=tuple(told))


def _list_groupings(fits: Sequence[Fit]) -> Iterator[tuple[Fit, str]]:
    for fit in fits:
        for grouping, levels in fit.levels.items():
            if grouping != MATCHED_SET and len(levels) > 1:
                yield fit, grouping


def withhold_groups(
    table: GroupTable, *, people: int = FEWEST_SHARING, reoffenders: int = FEWEST_SHARING
) -> GroupTable:
    """Take out the groups with few people, and as many others as it needs to hide these."""
    small = [row for row in table.rows if _is_small(row, people, reoffenders)]
    rest = sorted(
        (row for row in table.rows if row not in small),
        key=lambda row: (min(row.n_treated, row.n_comparison), row.level),
    )
    # what others leave of a total that is printed elsewhere is as good as printed
    while rest and not _hide_each_other(small, table.n_withheld, people, reoffenders):
        small.append(rest.pop(0))
    return replace(table, rows=tuple(row for row in table.rows if row in rest))


def _is_small(row: GroupRow, people: int, reoffenders: int) -> bool:
    return min(row.n_treated, row.n_comparison) < people or row.fewest < reoffenders


def _hide_each_other(
    small: Sequence[GroupRow], n_before: int, people: int, reoffenders: int
) -> bool:
    """Say whether those withheld are several and enough people; those of before were."""
    if not small or n_before:
        return True
    # what is left of reoffenders is at least the sum of the fewest of an arm
    return (
        len(small) >= FEWEST_GROUPS
        and sum(row.fewest for row in small) >= reoffenders
        and all(
            sum(sizes) >= people
            for sizes in zip(*((row.n_treated, row.n_comparison) for row in small), strict=True)
        )
    )
