"""Words about the effects by group: how much they differ, and which groups are not shown."""

from desist.effects.groups import GroupTable
from desist.report.words._numbers import (
    count_of,
    format_interval,
    format_number,
    format_probability,
    format_share,
)
from desist.report.words._wording import WORDINGS


def describe_spread(table: GroupTable) -> str:
    """Say how much the effect differs between groups."""
    wording = WORDINGS[table.measure]
    spread, lower, upper = (
        wording.factor * value for value in (table.spread, table.spread_lower, table.spread_upper)
    )
    level = format_share(table.probability, 1)
    return (
        f"Between the {table.n_groups} groups the effect has a standard deviation of "
        f"{format_number(spread, 1)} {wording.unit} ({level} interval "
        f"{format_interval(lower, upper, 1)}), each group counting by its share of the people whom "
        "the effect is about. A standard deviation is never below zero, so that a small one is no "
        "sign of a difference. The probability that the programme does better in the group with "
        "the most favourable estimate than in that with the least is "
        f"{format_probability(table.probability_differs)}; without any difference it would be "
        "about 50%."
    )


def describe_withheld(table: GroupTable, people: int, reoffenders: int) -> str:
    """Say how many groups are not shown, and why; empty when all are."""
    if not table.n_withheld:
        return ""
    verb = "is" if table.n_withheld == 1 else "are"
    return (
        f"{count_of(table.n_withheld, 'group')} of {table.n_groups} {verb} not shown: fewer than "
        f"{people} people of an arm are compared there, fewer than {reoffenders} of an arm "
        "reoffended or did not, or figures of so few could be worked out from theirs."
    )
