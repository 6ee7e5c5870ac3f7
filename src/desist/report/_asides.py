"""What stands beside the result, each in one record: the page and the Markdown show the same."""

from dataclasses import dataclass
from functools import partial

from desist.report._blocks import Picture, embed_both
from desist.report.pictures._among import draw_among
from desist.report.tables._release import ReleasedTable, tabulate
from desist.report.view import View
from desist.report.words.among import describe_among


@dataclass(frozen=True, eq=False)
class Aside:
    """One thing that stands beside the result and does not replace it."""

    sentences: tuple[str, ...]
    table: ReleasedTable  # with its title, which is the heading; may have no rows


def list_asides(view: View) -> tuple[Aside, ...]:
    """List what stands beside the result; nothing where no result is printed."""
    if view.banner:
        return ()
    said = {
        "other_programmes": () if view.evidence is None else view.evidence.sentences,
        "among": () if view.among is None else view.among.sentences,
        "one_process": () if view.one_process is None else (view.one_process.sentence,),
        "bias": () if view.bias is None else (view.bias.sentence,),
    }
    return tuple(Aside(told, tabulate(name, view)) for name, told in said.items() if told)


def draw_aside(aside: Aside, view: View) -> Picture | None:
    """Draw what stands beside the result, where a picture says more than its table."""
    shown = view.among
    if aside.table.name != "among" or shown is None or not shown.rows:
        return None
    return embed_both(
        partial(draw_among, shown),
        describe_among(shown.measure, shown.rows),
        "Orange: what a new programme like the others may do. Grey ticks: each of the others, "
        "drawn towards them all. Blue: this programme with its interval, below them.",
        says=aside.sentences[0],
        title="This programme, each of the others and what a new one like them may do",
    )
