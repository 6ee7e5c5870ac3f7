"""The effects by group as a reader may see them."""

from collections.abc import Iterable
from dataclasses import dataclass

from desist.effects.groups import GroupTable
from desist.estimands import Interval
from desist.evaluation.record import MeasureRow
from desist.report._digits import count_decimals, round_groups, round_to
from desist.report.disclosure import RuleSet
from desist.report.words._numbers import format_probability
from desist.report.words.groups import describe_spread, describe_withheld


@dataclass(frozen=True)
class ShownGroups:
    """The effects by group on one measure as a reader may see them.

    Attributes
    ----------
    table : GroupTable
        Groups that may be shown, with the digits that are shown.
    benefits : tuple of str
        The probability of benefit of each, as printed.
    spread : str
        How much the effect differs between groups, in a sentence.
    withheld : str
        How many groups are not shown, and why; empty when all are.
    overall : Interval or None
        Of the effect on everybody, with the digits that are shown.
    """

    table: GroupTable
    benefits: tuple[str, ...]
    spread: str
    withheld: str = ""
    overall: Interval | None = None


def show_groups(
    tables: Iterable[GroupTable], measures: Iterable[MeasureRow], rules: RuleSet
) -> tuple[ShownGroups, ...]:
    """Show what the rules have let pass of the effects by group, beside that on everybody."""
    overall = {row.measure: _round_interval(row) for row in measures}
    return tuple(
        # words are made from all digits, as everywhere
        ShownGroups(
            round_groups(table),
            tuple(format_probability(row.probability_of_benefit) for row in table.rows),
            describe_spread(table),
            describe_withheld(table, rules.min_people, rules.min_reoffenders),
            overall.get(table.measure),
        )
        for table in tables
    )


def _round_interval(row: MeasureRow) -> Interval:
    decimals = count_decimals(row.measure)
    return Interval(round_to(row.lower, decimals), round_to(row.upper, decimals))
