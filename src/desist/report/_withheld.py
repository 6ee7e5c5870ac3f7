"""What a report withholds, and why: one list, without a number of what it withholds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desist.cohort.flow import RecordFlow
from desist.estimands import Measure
from desist.evaluation.categories import WITHHELD
from desist.report._shown import ShownGroups
from desist.report.words._wording import WORDINGS


@dataclass(frozen=True)
class Withheld:
    """Something that the rules keep out of a report."""

    what: str
    why: str


def list_withheld(
    reasons: Mapping[Measure, str],
    groups: Sequence[ShownGroups],
    design: Mapping[str, Any] | None,
    flows: tuple[RecordFlow | None, RecordFlow | None],
    analyses: Sequence[str] = (),
) -> tuple[Withheld, ...]:
    """List what is withheld; `flows` are the one that there is and the one that is shown."""
    found = [
        *(Withheld(WORDINGS[one].title, _end(why)) for one, why in reasons.items()),
        *_list_groups(groups),
        *_list_levels(design),
        *_list_flow(*flows),
        *(Withheld(title, "It tells of a measure that is not printed.") for title in analyses),
    ]
    return tuple(dict.fromkeys(found))


def _list_groups(groups: Sequence[ShownGroups]) -> Iterator[Withheld]:
    for shown in groups:
        if shown.withheld:
            yield Withheld(f"Groups by {shown.table.grouping}", shown.withheld)


def _list_levels(design: Mapping[str, Any] | None) -> Iterator[Withheld]:
    if design is None:
        return
    for row in design["balance"]:
        if str(row["word"]).startswith(WITHHELD):
            why = "A level has too few people, and levels of a covariate add up."
            yield Withheld(f"Balance of {row['covariate']}", why)
    if design["n_treated_dropped"] is None:
        yield Withheld("Participants without a suitable comparison person", "They are few.")


def _list_flow(whole: RecordFlow | None, shown: RecordFlow | None) -> Iterator[Withheld]:
    if whole is not None and shown is not None and len(shown.steps) < len(whole.steps):
        why = "Few were left out at a step: it is told together with others."
        yield Withheld("Single steps of the record flow", why)


def _end(why: str) -> str:
    return f"{why[:1].upper()}{why[1:].rstrip('.')}."
