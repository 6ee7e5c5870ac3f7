"""The page: what the template prints, section by section."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from desist.estimands import Measure
from desist.models.predictors import FROM_DESIGN, NO_COVARIATES
from desist.report._background import (
    fill_analyses,
    fill_checklist,
    fill_days,
    fill_flow,
    fill_profile,
    say_printed_match,
)
from desist.report._blocks import Table, embed_both, fill_template, make_table, make_table_of_any
from desist.report._results import FOREST_NOTE, fill_measures
from desist.report._shown import ShownGroups, ShownMeasure
from desist.report.disclosure import RuleSet
from desist.report.pictures._among import draw_among
from desist.report.pictures.groups import describe_groups, draw_groups
from desist.report.pictures.love import describe_love_plot, draw_love_plot
from desist.report.tables import (
    print_value,
    tabulate_among,
    tabulate_balance,
    tabulate_bias,
    tabulate_effects_by_group,
    tabulate_engines,
    tabulate_evidence,
    tabulate_measures,
    tabulate_process,
    tabulate_published,
    tabulate_settings,
)
from desist.report.tables._release import tabulate
from desist.report.view import View
from desist.report.words._numbers import count_of, format_number
from desist.report.words._wording import WORDINGS, name_people
from desist.report.words.among import describe_among
from desist.report.words.both import name_both
from desist.report.words.matching import describe_matching, say_balance
from desist.report.words.reading import HOW_TO_READ
from desist.report.words.statements import NOT_AN_EFFECT, PerHundred, Statement

TEMPLATE = "report.html.j2"

_DESIGN_FACTS = {
    "estimand": "Estimand",
    "method": "Method",
    "n_treated": "Participants compared (number of people)",
    "n_treated_dropped": "Participants without a suitable comparison person (number of people)",
    "n_comparison": "Comparison people used (number of people)",
    "ess_comparison": "Effective sample size of the comparison (number of people)",
    "worst_covariate": "Least alike covariate",
}


def render_page(view: View, analyses: Sequence[Mapping[str, Any]] = ()) -> str:
    """Render what may be seen of an evaluation as one HTML file."""
    return fill_template(TEMPLATE, _fill(view, analyses))


def _fill(view: View, analyses: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    whole = tuple(shown for shown in view.printed if shown.per_100 is not None)
    people = name_people(view.estimand)
    filled = {
        "title": view.title,
        "version": view.package_version,
        "seed": view.seed,
        "rules": view.rules.name,
        "people": people,
        "introduction": _introduce(view),
        "headline_title": f"Headline, for any 100 {people}" if whole else "Headline",
        "cards": [_make_card(shown, shown.per_100, view.level) for shown in whole if shown.per_100],
        "people_per_100": _find_people_per_100(view),
        "reading": _explain_headline(view) if whole else "",
        "both_named": name_both(view),
        "tests_note": _count_tests(view),
        "answer": view.answer,
        "banner": view.banner,
        "notice": view.notice,
        "about": view.about.list_lines(),
        "statements": [_name_statement(item) for item in view.statements if not item.is_silent],
        "silent": []
        if view.banner
        else [one.may_say[0] for one in view.statements if one.is_silent],
        "measures": make_table("Posterior of each measure", tabulate_measures(view))
        if view.printed
        else None,
        "by_day": fill_days(view),
        "bias": None if view.bias is None else view.bias.sentence,
        "with_bias": None
        if view.bias is None
        else make_table("Without and with the bias of placebo programmes", tabulate_bias(view)),
        "evidence": _fill_evidence(view),
        "among": _fill_among(view),
        "one_process": _fill_process(view),
        "average": _explain_average(view),
        "adjustment": _explain_adjustment(view),
        "forest_note": FOREST_NOTE,
        "results": fill_measures(view, is_causal=True),
        "descriptive": _fill_descriptive(view),
        "groups": [_fill_groups(shown) for shown in view.groups],
        "published": _fill_published(view),
        "design": _fill_design(view),
        "flow": fill_flow(view),
        "profile": fill_profile(view),
        "side_by_side": None if view.banner else fill_analyses(view),
        "checklist": fill_checklist(view),
        "how_to_read": HOW_TO_READ,
        "printed_match": say_printed_match(view),
        "analyses": analyses,
        "doubts": view.doubts,
        "warnings": view.warnings,
        "withheld": _fill_table("withheld", view),
        "engines": make_table("How each posterior was found", tabulate_engines(view)),
        "worth": _fill_table("worth", view),
        "settings": make_table("Settings", tabulate_settings(view)),
    }
    return filled | {"contents": _list_contents(filled)}


def _fill_evidence(view: View) -> dict[str, Any] | None:
    if view.evidence is None or view.banner:
        return None
    caption = "Without and with what other programmes showed"
    return {
        "sentences": view.evidence.sentences,
        "table": make_table_of_any(caption, tabulate_evidence(view)),
    }


def _fill_among(view: View) -> dict[str, Any] | None:
    shown = view.among
    if shown is None or view.banner:
        return None
    if not shown.rows:
        return {"sentences": shown.sentences, "table": None, "picture": None}
    return {
        "sentences": shown.sentences[1:],
        "table": make_table("This programme among others", tabulate_among(view)),
        "picture": embed_both(
            partial(draw_among, shown),
            describe_among(shown.measure, shown.rows),
            "Orange: what a new programme like the others may do. Grey ticks: each of the others, "
            "drawn towards them all. Blue: this programme with its interval, below them.",
            says=shown.sentences[0],
            title="This programme, each of the others and what a new one like them may do",
        ),
    }


def _fill_process(view: View) -> dict[str, Any] | None:
    if view.one_process is None or view.banner:
        return None
    caption = "As reported and under one process for all measures"
    return {
        "sentence": view.one_process.sentence,
        "table": make_table_of_any(caption, tabulate_process(view)),
    }


def _fill_table(name: str, view: View) -> Table | None:
    """Fill the table that the release has by this name; None without a row."""
    released = tabulate(name, view)
    return make_table_of_any(released.title, released.data)


def _introduce(view: View) -> str:
    counts = ""
    if view.compared:
        n_treated, n_comparison = view.compared
        counts = (
            f"{count_of(n_treated, 'participant')} and "
            f"{count_of(n_comparison, 'comparison person', 'comparison people')} were compared. "
        )
    return f"{counts}The results are about {view.estimand.people}."


def _make_card(shown: ShownMeasure, whole: PerHundred, level: str) -> dict[str, Any]:
    wording, is_causal = WORDINGS[shown.measure], shown.measure.is_causal
    return {
        "name": wording.title,
        "descriptive": not is_causal,
        "unit": wording.unit if is_causal else f"{wording.unit}, reoffenders only",
        "treated": format_number(whole.treated),
        "comparison": format_number(whole.comparison),
        "difference": _capitalise(whole.words),
        "interval": f"May be {shown.interval_words} ({level} interval).",
        "benefit": f"Probability of benefit: {shown.benefit}" if is_causal else "",
        "note": whole.note,
    }


def _find_people_per_100(view: View) -> tuple[int, int] | None:
    for shown in view.printed:
        if shown.measure is Measure.RATE and shown.per_100 is not None:
            return shown.per_100.treated, shown.per_100.comparison
    return None


def _explain_headline(view: View) -> str:
    means = "those of the posterior, over the same people with and without the programme"
    if view.published is not None:
        means = "those of the published report"
    return (
        f"The averages are {means}. The intervals are those of the posterior, with as much "
        "probability below as above. Each number is rounded on its own."
    )


def _explain_adjustment(view: View) -> str | None:
    of_design = (view.settings.get("design") or {}).get("formula")
    asked = [model.get("covariates") for model in view.settings.get("models", [])]
    formulas = [of_design if formula == FROM_DESIGN else formula for formula in asked]
    named = list(dict.fromkeys(f for f in formulas if f and f.strip() != NO_COVARIATES))
    if not named:
        return None
    return (
        "The posterior adjusts for what the weights leave unbalanced in "
        f"{'; '.join(named).replace(' + ', ', ')}. The "
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


def _count_tests(view: View) -> str:
    several = (
        " When several are tested, one of them may seem to show a difference by chance alone."
        if len(view.measures) > 1
        else ""
    )
    count = count_of(len(view.measures), "measure was", "measures were")
    return (
        f"{count} tested.{several} An interval that reaches from less to more reoffending does not "
        "show that the programme has no effect."
    )


def _name_statement(statement: Statement) -> dict[str, Any]:
    return {
        "name": WORDINGS[statement.measure].title,
        "may_say": statement.may_say,
        "may_not_say": statement.may_not_say,
        "note": statement.note,
    }


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


def _fill_groups(shown: ShownGroups) -> dict[str, Any]:
    table = shown.table
    title = f"{WORDINGS[table.measure].title} by {table.grouping}"
    filled: dict[str, Any] = {"title": title, "spread": shown.spread, "withheld": shown.withheld}
    if not table.rows:
        return filled | {"table": None, "forest": None}
    return filled | {
        "table": make_table(title, tabulate_effects_by_group(shown), text=("Group",)),
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


def _fill_published(view: View) -> dict[str, Any] | None:
    study = view.published
    if study is None:
        return None
    return {
        "source": study.source,
        "table": make_table(
            f"{study.name}, {study.analysis} analysis: as published, and by Welch's test here",
            tabulate_published(view),
        ),
        "statements": [_name_statement(item) for item in view.published_statements],
    }


def _fill_design(view: View) -> dict[str, Any] | None:
    design = view.labelled_design
    if design is None:
        return None
    facts = [
        {"Design": label, "Value": _print_fact(name, design[name], view.rules)}
        for name, label in _DESIGN_FACTS.items()
        if name in design
    ]
    return {
        "note": "A standardised difference up to 5% is well matched, up to 10% reasonably, above "
        "10% poorly. The design was settled before any outcome was read.",
        "sentences": describe_matching(design["balance"]),
        "facts": make_table("Design", pd.DataFrame(facts), text=("Value",)),
        "love": embed_both(
            partial(draw_love_plot, design),
            describe_love_plot(design),
            "Open circles: before matching or weighting. Filled circles: after. Dashed lines at "
            "5% and 10% of a standard deviation.",
            says=say_balance(design["balance"]),
            title="Standardised difference of each covariate before and after",
        ),
        "balance": make_table(
            "Balance, the least alike first", tabulate_balance(design["balance"])
        ),
    }


def _print_fact(name: str, value: Any, rules: RuleSet) -> str:
    if name == "n_treated_dropped" and value is None:
        return f"fewer than {rules.min_category}"
    return print_value(value)


def _list_contents(filled: Mapping[str, Any]) -> list[tuple[str, str]]:
    sections = [
        ("about", "About", filled["about"]),
        ("headline", "Headline", not filled["banner"]),
        ("statements", "What may be said", not filled["banner"]),
        ("results", "Results and checks", not filled["banner"]),
        ("side-by-side", "Analyses side by side", filled["side_by_side"]),
        ("others", "Other programmes", filled["evidence"] or filled["among"]),
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


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]
