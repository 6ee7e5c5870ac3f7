"""The sections around the results: days, people, other analyses, the checklist."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from desist.cohort.published import PublishedStudy
from desist.report._blocks import Picture, embed_both, make_table
from desist.report._tables import fill_table
from desist.report.pictures.flow import describe_flow, draw_flow, say_flow
from desist.report.pictures.incidence import describe_incidence, draw_incidence, say_incidence
from desist.report.tables import tabulate_published
from desist.report.tables._notes import note_on
from desist.report.target import SOURCE, count_target, fill_target
from desist.report.view import View
from desist.report.words._wording import WORDINGS
from desist.report.words.statements import Statement


def fill_days(view: View) -> dict[str, Any] | None:
    """Fill who has reoffended by when; None where no day is told."""
    if not view.by_day:
        return None
    has_bands = all(row.treated_lower == row.treated_lower for row in view.by_day)
    return {
        "picture": _draw_days(view) if has_bands else None,
        "table": fill_table("by_day", view),
    }


def fill_flow(view: View) -> dict[str, Any] | None:
    """Fill the way from the records to the people analysed; None where nothing is known of it."""
    table = fill_table("flow", view)
    if table is None:
        return None
    others = [
        f"{one.title}: {one.flow.text.splitlines()[-1]}."
        for one in view.beside
        if one.flow is not None
    ]
    return {
        "picture": _draw_flow(view),
        "table": table,
        "others": others,
    }


def fill_published(view: View) -> dict[str, Any] | None:
    """Fill the figures as published, and what they support; None where there are none."""
    study = view.published
    if study is None:
        return None
    named = study.name if view.beside else f"{study.name}, {study.analysis} analysis"
    title, note = f"{named}: as published, and by Welch's test here", note_on("published", view)
    return {
        "source": study.source,
        "table": make_table(title, tabulate_published(view), note=note),
        "statements": [name_statement(item) for item in view.published_statements],
    }


def name_statement(statement: Statement) -> dict[str, Any]:
    """Return a statement as the template prints it."""
    return {
        "name": WORDINGS[statement.measure].title,
        "may_say": statement.may_say,
        "may_not_say": statement.may_not_say,
        "note": statement.note,
    }


def fill_checklist(view: View) -> dict[str, Any]:
    """Fill the checklist of the TARGET statement."""
    return {
        "count": count_target(fill_target(view)),
        "source": SOURCE,
        "table": fill_table("target", view),
    }


def _draw_days(view: View) -> Picture:
    return embed_both(
        partial(draw_incidence, view.by_day),
        describe_incidence(view.by_day),
        "Lines: posterior means at the days of the table. Bands: their intervals. Nothing is "
        "shown between these days. They come from the model of times, and may lie a little beside "
        "the headline.",
        says=say_incidence(view.by_day),
        title=f"People who have reoffended by day, per 100, with {view.level} intervals",
    )


def _draw_flow(view: View) -> Picture | None:
    if view.flow is None:
        return None
    return embed_both(
        partial(draw_flow, view.flow),
        describe_flow(view.flow),
        "Dark: those left. Pale: those left out at this step.",
        says=say_flow(view.flow),
        title="Records and people after each step",
    )


def say_printed_match(view: View) -> tuple[str, ...]:
    """Say in sentences how a published report calls its match, in every analysis."""
    return tuple(
        sentence
        for one in (view, *view.beside)
        if one.published is not None
        for sentence in _say_match_of(one.published)
    )


def _say_match_of(study: PublishedStudy) -> tuple[str, ...]:
    words = study.profile.get("balance") or {}
    parts = [
        f"{_join(words[key])} {word} matched"
        for key, word in (("reasonable", "reasonably"), ("poor", "poorly"))
        if words.get(key)
    ]
    if not parts:
        return ()
    return (
        f"In the {study.analysis} analysis, the report calls {'; and '.join(parts)}. It calls the "
        "other characteristics well matched.",
    )


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
