"""The page: what the template prints, section by section."""

from collections.abc import Mapping, Sequence
from typing import Any

from desist.estimands import Measure
from desist.models.predictors import FROM_DESIGN, NO_COVARIATES
from desist.report._asides import Aside, draw_aside, list_asides
from desist.report._background import (
    fill_checklist,
    fill_days,
    fill_flow,
    fill_published,
    name_statement,
    say_printed_match,
)
from desist.report._blocks import fill_template, make_table, make_table_of_any
from desist.report._design import fill_design
from desist.report._groups import fill_groups
from desist.report._headline import count_tests, fill_headline, introduce
from desist.report._results import FOREST_NOTE, fill_measures
from desist.report._tables import fill_table
from desist.report.tables import tabulate_measures
from desist.report.tables._notes import note_on
from desist.report.view import View
from desist.report.words.reading import list_reading
from desist.report.words.statements import NOT_AN_EFFECT

TEMPLATE = "report.html.j2"


def render_page(view: View, analyses: Sequence[Mapping[str, Any]] = ()) -> str:
    """Render what may be seen of an evaluation as one HTML file."""
    return fill_template(TEMPLATE, _fill(view, analyses))


def _fill(view: View, analyses: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    filled = {
        "title": view.title,
        "version": view.package_version,
        "seed": view.seed,
        "rules": view.rules.name,
        "introduction": introduce(view),
        "answer": view.answer,
        "banner": view.banner,
        "notice": view.notice,
        "about": view.about.list_lines(),
        "headline": fill_headline(view),
        **_fill_statements(view),
        **_fill_results(view),
        "asides": [_fill_aside(aside, view) for aside in list_asides(view)],
        "descriptive": _fill_descriptive(view),
        "groups": [fill_groups(shown) for shown in view.groups],
        "published": fill_published(view),
        "design": fill_design(view),
        "flow": fill_flow(view),
        "profile": fill_table("profile", view),
        "side_by_side": None if view.banner else fill_table("analyses", view),
        "checklist": fill_checklist(view),
        "how_to_read": list_reading(view),
        "printed_match": say_printed_match(view),
        "analyses": analyses,
        "doubts": view.doubts,
        "warnings": view.warnings,
        "withheld": fill_table("withheld", view),
        "engines": fill_table("engines", view),
        "worth": fill_table("worth", view),
        "settings": fill_table("settings", view),
    }
    return filled | {"contents": _list_contents(filled)}


def _fill_statements(view: View) -> dict[str, Any]:
    silent = () if view.banner else (one for one in view.statements if one.is_silent)
    return {
        "tests_note": count_tests(view),
        "statements": [name_statement(one) for one in view.statements if not one.is_silent],
        "silent": [one.may_say[0] for one in silent],
    }


def _fill_results(view: View) -> dict[str, Any]:
    title, note = "Posterior of each measure", note_on("measures", view)
    return {
        "measures": make_table(title, tabulate_measures(view), note=note) if view.printed else None,
        "average": _explain_average(view),
        "adjustment": _explain_adjustment(view),
        "forest_note": FOREST_NOTE,
        "results": fill_measures(view, is_causal=True),
        "by_day": fill_days(view),
    }


def _fill_aside(aside: Aside, view: View) -> dict[str, Any]:
    picture = draw_aside(aside, view)
    return {
        "heading": aside.table.title,
        # what a picture says stands above it
        "sentences": aside.sentences[1:] if picture else aside.sentences,
        "picture": picture,
        "table": make_table_of_any(aside.table.title, aside.table.data),
    }


def _explain_adjustment(view: View) -> str | None:
    of_design = (view.settings.get("design") or {}).get("formula")
    asked = [model.get("covariates") for model in view.settings.get("models", [])]
    formulas = [of_design if formula == FROM_DESIGN else formula for formula in asked]
    named = list(dict.fromkeys(f for f in formulas if f and f.strip() != NO_COVARIATES))
    if not named:
        return None
    return (
        "The posterior adjusts for what the weights leave unbalanced in these covariates: "
        f"{'; '.join(map(view.about.label_formula, named))}. The "
        "checks, but for those that name a model, rest on the weights or matches alone, and may "
        "lie a little apart for that reason."
    )


def _explain_average(view: View) -> str | None:
    if all(shown.measure is not Measure.HAZARD_RATIO for shown in view.printed):
        return None
    by_day = " The differences by day show whether it changes over the follow-up."
    return (
        "The hazard ratio is an average over the follow-up, in which days count for more when many "
        f"would reoffend on them without the programme.{by_day if view.by_day else ''}"
    )


def _fill_descriptive(view: View) -> dict[str, Any] | None:
    if all(shown.measure.is_causal for shown in view.measures):
        return None
    withheld = [
        f"Not printed: {shown.withheld}." for shown in view.withheld if not shown.measure.is_causal
    ]
    return {
        "caveat": NOT_AN_EFFECT,
        "withheld": " ".join(withheld),
        "results": fill_measures(view, is_causal=False),
    }


def _list_contents(filled: Mapping[str, Any]) -> list[tuple[str, str]]:
    sections = [
        ("about", "About", filled["about"]),
        ("headline", "Headline", not filled["banner"]),
        ("statements", "What may be said", not filled["banner"]),
        ("results", "Results and checks", not filled["banner"]),
        ("side-by-side", "Analyses side by side", filled["side_by_side"]),
        ("beside", "Beside the result", filled["asides"]),
        ("groups", "Effects by group", filled["groups"]),
        ("time", "Time among reoffenders", filled["descriptive"]),
        ("sensitivity", "What would change the answer", filled["analyses"]),
        ("published", "As published", filled["published"]),
        ("design", "Design and balance", True),
        ("flow", "Record flow", filled["flow"]),
        ("profile", "Participants", filled["profile"]),
        ("warnings", "Warnings", True),
        ("reading", "How to read this", True),
        ("settings", "How this was computed", True),
        ("checklist", "Reporting checklist", True),
    ]
    return [(anchor, name) for anchor, name, is_there in sections if is_there]
