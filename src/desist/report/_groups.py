"""The sections of the effects by group."""

from functools import partial
from typing import Any

from desist.report._blocks import embed_both, make_table
from desist.report._shown import ShownGroups
from desist.report.pictures.groups import describe_groups, draw_groups
from desist.report.tables import tabulate_effects_by_group
from desist.report.tables._notes import UNWEIGHTED
from desist.report.words._numbers import count_of
from desist.report.words._wording import WORDINGS


def fill_groups(shown: ShownGroups) -> dict[str, Any]:
    """Fill the block of one grouping and measure."""
    table = shown.table
    title = f"{WORDINGS[table.measure].title} by {table.grouping}"
    filled: dict[str, Any] = {"title": title, "spread": shown.spread, "withheld": shown.withheld}
    if not table.rows:
        return filled | {"table": None, "forest": None}
    figures = tabulate_effects_by_group(shown)
    return filled | {
        "table": make_table(title, figures, text=("Group",), note=UNWEIGHTED),
        "forest": embed_both(
            partial(draw_groups, shown),
            describe_groups(shown),
            "Filled circles and lines: posterior and its interval, drawn towards the other groups "
            "by as much as the data ask for. Open diamonds: the difference of the group's own "
            "weighted means. Band: the interval for everybody.",
            says=_say_groups(shown),
            title=f"{title}: posterior of each group, and the group alone",
        ),
    }


def _say_groups(shown: ShownGroups) -> str:
    covering = sum(row.lower <= 0 <= row.upper for row in shown.table.rows)
    count = count_of(len(shown.table.rows), "group")
    return (
        f"{covering} of {count} may have no difference"
        if covering
        else (f"A difference in each of {count}")
    )
