"""The report as one HTML file: no script, no resource from elsewhere, readable aloud."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from desist.errors import raise_faults
from desist.estimands import Interval, Measure
from desist.evaluation.record import Evaluation, MeasureRow
from desist.evaluation.storage import pack_evaluation
from desist.models.predictors import FROM_DESIGN, NO_COVARIATES
from desist.report.disclosure import RuleSet, find_rules
from desist.report.figures import explain_withheld, find_probability, list_printed, list_withheld
from desist.report.numbers import count_of, format_number, format_share
from desist.report.plots import STYLE, describe_forest, describe_love_plot, forest, love_plot
from desist.report.record import encode_evaluation, list_warnings, write_json
from desist.report.settings_table import print_value, tabulate_settings
from desist.report.statements import (
    NOT_AN_EFFECT,
    PerHundred,
    Statement,
    describe_interval,
    make_statements,
    state_published,
)
from desist.report.tables import (
    list_per_100,
    tabulate_balance,
    tabulate_checks,
    tabulate_engines,
    tabulate_flow,
    tabulate_measures,
    tabulate_published,
)
from desist.report.view import disclose, disclose_checks, disclose_design, require_enough_people
from desist.report.wording import WORDINGS, name_people
from desist.writing import FileContent, find_folder_faults, write_files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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


@dataclass(frozen=True)
class Table:
    """A table as the template reads it.

    Attributes
    ----------
    caption : str
        What it shows.
    columns : tuple of str
        Headers.
    rows : tuple of tuple of str
        Cells.
    numeric : frozenset of int
        Positions of the columns that hold numbers.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int]


@dataclass(frozen=True)
class Picture:
    """A picture as the template reads it.

    Attributes
    ----------
    source : str
        The picture itself, as a data address.
    alt : str
        The same in words.
    caption : str
        How to read it.
    """

    source: str
    alt: str
    caption: str


def write_report(
    evaluation: Evaluation, out: str | Path, *, rules: str | RuleSet = "2019"
) -> tuple[Path, ...]:
    """Write the record, the draws and the report of an evaluation into a folder.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    out : str or Path
        Folder; made when it is not there. Files of these names are replaced together, when
        all are ready; others are left alone.
    rules : str or RuleSet, default "2019"
        What is printed on small groups, and which claims are warned against.

    Returns
    -------
    tuple of Path
        evaluation.json, evaluation.nc, report.html.

    Raises
    ------
    InputError
        If the rule set is unknown, or `out` cannot be written to. Nothing is written then.
    CannotAnswerError
        If there are too few people to report on.
    """
    folder = require_folder(out)
    rendered = render_files(evaluation, rules=rules)
    write_files({folder / name: FileContent(content) for name, content in rendered.items()})
    return tuple(folder / name for name in ("evaluation.json", "evaluation.nc", "report.html"))


def render_files(evaluation: Evaluation, *, rules: str | RuleSet = "2019") -> dict[str, bytes]:
    """Render what `write_report` writes.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : str or RuleSet, default "2019"
        What is printed on small groups, and which claims are warned against.

    Returns
    -------
    dict of str to bytes
        By name, the record last: a folder whose record is new is new as a whole.

    Raises
    ------
    InputError
        If the rule set is unknown.
    CannotAnswerError
        If there are too few people to report on.
    """
    rule_set = find_rules(rules)
    require_enough_people(evaluation, rule_set)
    return {
        "evaluation.nc": pack_evaluation(disclose(evaluation, rule_set)),
        "report.html": render_document(evaluation, rules=rule_set).encode("utf-8", "replace"),
        "evaluation.json": write_json(encode_evaluation(evaluation, rules=rule_set)).encode(
            "utf-8", "replace"
        ),
    }


def require_folder(out: str | Path) -> Path:
    """Return a folder that can be written to, or that can be made.

    Parameters
    ----------
    out : str or Path
        What the user gave.

    Returns
    -------
    Path
        The same; nothing is made yet.

    Raises
    ------
    InputError
        If it is a file or a link, or the nearest folder that exists cannot be written to.
    """
    folder = Path(out)
    raise_faults("report", find_folder_faults(folder))
    return folder


def render_document(evaluation: Evaluation, *, rules: str | RuleSet = "2019") -> str:
    """Render the report of an evaluation as one HTML file.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : str or RuleSet, default "2019"
        What is printed on small groups, and which claims are warned against.

    Returns
    -------
    str
        HTML that needs nothing else; all text from data is escaped.

    Raises
    ------
    CannotAnswerError
        If there are too few people to report on.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("desist.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rule_set = find_rules(rules)
    require_enough_people(evaluation, rule_set)
    return environment.get_template(TEMPLATE).render(_fill(evaluation, rule_set))


def embed(figure: "Figure", alt: str, caption: str) -> Picture:
    """Turn a matplotlib figure into a picture inside the page.

    Parameters
    ----------
    figure : Figure
        The figure; the same figure gives the same bytes.
    alt : str
        What it shows, for those who do not see it.
    caption : str
        How to read it.

    Returns
    -------
    Picture
        Vector graphics in a data address.
    """
    from matplotlib import rc_context

    drawn = BytesIO()
    with rc_context(STYLE):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    encoded = b64encode(drawn.getvalue()).decode("ascii")
    return Picture(f"data:image/svg+xml;base64,{encoded}", alt, caption)


def _fill(evaluation: Evaluation, rules: RuleSet) -> dict[str, Any]:
    pairs = list_per_100(evaluation, rules)
    drawn = replace(evaluation, checks=disclose_checks(evaluation, rules))
    level = format_share(find_probability(evaluation), 1)
    filled = {
        "title": evaluation.title,
        "version": evaluation.package_version,
        "seed": evaluation.seed,
        "rules": rules.name,
        "people": name_people(evaluation.estimand),
        "introduction": _introduce(evaluation),
        "headline_title": _title_headline(pairs),
        "cards": [_make_card(row, whole, level) for row, whole in pairs],
        "people_per_100": _find_people_per_100(pairs),
        "reading": _explain_headline(evaluation),
        "tests_note": _count_tests(evaluation),
        "statements": [_name_statement(item) for item in make_statements(evaluation, rules)],
        "forest": embed(
            forest(drawn, rules=rules),
            describe_forest(drawn, rules=rules),
            "Thick blue: posterior interval. Thin grey: confidence intervals of the checks. The "
            "upright line is no difference. Checks without an interval in this unit are in the "
            "tables below.",
        ),
        "measures": make_table("Posterior of each measure", tabulate_measures(evaluation, rules)),
        "adjustment": _explain_adjustment(evaluation),
        "causal_checks": _tabulate_all_checks(evaluation, rules, is_causal=True),
        "descriptive": _fill_descriptive(evaluation, rules),
        "published": _fill_published(evaluation, rules),
        "design": _fill_design(disclose_design(evaluation.design, rules), rules),
        "flow": make_table("Record flow", tabulate_flow(evaluation)) if evaluation.flow else None,
        "warnings": list_warnings(evaluation, rules),
        "engines": make_table("How each posterior was found", tabulate_engines(evaluation)),
        "settings": make_table("Settings", tabulate_settings(evaluation)),
    }
    return filled | {"contents": _list_contents(filled)}


def make_table(caption: str, data: pd.DataFrame, text: tuple[str, ...] = ()) -> Table:
    """Turn a table of text into what the template reads.

    Parameters
    ----------
    caption : str
        What it shows.
    data : DataFrame
        Text as printed.
    text : tuple of str
        Columns that hold words; by default those in which no cell has a digit first.

    Returns
    -------
    Table
        Columns of numbers are aligned to the right.
    """
    numeric = frozenset(
        position
        for position, name in enumerate(data.columns)
        if position and name not in text and _holds_numbers(data.iloc[:, position])
    )
    rows = tuple(tuple(str(cell) for cell in row) for row in data.itertuples(index=False))
    return Table(caption, tuple(str(name) for name in data.columns), rows, numeric)


def _holds_numbers(cells: "pd.Series[Any]") -> bool:
    texts = [str(cell) for cell in cells]
    first = [text.lstrip("-<>")[:1] for text in texts]
    return all(start.isdigit() or start in {"", "–", "∞"} for start in first) and any(
        start.isdigit() for start in first
    )


def _introduce(evaluation: Evaluation) -> str:
    sizes = [row for row in evaluation.measures if row.measure.is_causal]
    counts = ""
    if sizes:
        counts = (
            f"{count_of(sizes[0].n_treated, 'participant')} and "
            f"{count_of(sizes[0].n_comparison, 'comparison person', 'comparison people')} were "
            "compared. "
        )
    return f"{counts}The results are about {evaluation.estimand.people}."


def _title_headline(pairs: tuple[tuple[MeasureRow, PerHundred], ...]) -> str:
    return "Headline, for any 100 typical people" if pairs else "Headline"


def _make_card(row: MeasureRow, whole: PerHundred, level: str) -> dict[str, Any]:
    wording = WORDINGS[row.measure]
    interval = Interval(row.lower, row.upper)
    return {
        "name": wording.title,
        "descriptive": not row.measure.is_causal,
        "unit": wording.unit if row.measure.is_causal else f"{wording.unit}, reoffenders only",
        "treated": format_number(whole.treated),
        "comparison": format_number(whole.comparison),
        "difference": _capitalise(whole.words),
        "interval": f"May be {describe_interval(row.measure, interval)} ({level} interval).",
        "note": whole.note,
    }


def _find_people_per_100(
    pairs: tuple[tuple[MeasureRow, PerHundred], ...],
) -> tuple[int, int] | None:
    for row, whole in pairs:
        if row.measure is Measure.RATE:
            return whole.treated, whole.comparison
    return None


def _explain_headline(evaluation: Evaluation) -> str:
    means = "the posterior means, averaged over the same people with and without the programme"
    if evaluation.published is not None:
        means = "those of the published report"
    return (
        f"The means are {means}; the intervals are posterior intervals, equal-tailed. "
        "Each number is rounded on its own from unrounded values."
    )


def _explain_adjustment(evaluation: Evaluation) -> str | None:
    of_design = (evaluation.settings.get("design") or {}).get("formula")
    asked = [model.get("covariates") for model in evaluation.settings.get("models", [])]
    formulas = [of_design if formula == FROM_DESIGN else formula for formula in asked]
    named = list(dict.fromkeys(f for f in formulas if f and f.strip() != NO_COVARIATES))
    if not named:
        return None
    return (
        f"The posterior adjusts for what the weights leave unbalanced in {'; '.join(named)}. The "
        "checks rest on the weights or matches alone, and may lie a little apart for that reason."
    )


def _count_tests(evaluation: Evaluation) -> str:
    count = count_of(len(evaluation.measures), "measure was", "measures were")
    several = " Of several, one may stand out by chance." if len(evaluation.measures) > 1 else ""
    return f"{count} tested.{several} An interval that includes no difference is not “no effect”."


def _name_statement(statement: Statement) -> dict[str, Any]:
    return {
        "name": WORDINGS[statement.measure].title,
        "may_say": statement.may_say,
        "may_not_say": statement.may_not_say,
        "note": statement.note,
    }


def _tabulate_all_checks(evaluation: Evaluation, rules: RuleSet, *, is_causal: bool) -> list[Table]:
    return [
        make_table(
            f"{WORDINGS[row.measure].title}: posterior and checks",
            tabulate_checks(evaluation, row.measure, rules),
        )
        for row in list_printed(evaluation, rules)
        if row.measure.is_causal == is_causal
    ]


def _fill_descriptive(evaluation: Evaluation, rules: RuleSet) -> dict[str, Any] | None:
    if all(row.measure.is_causal for row in evaluation.measures):
        return None
    withheld = [
        f"Not printed: {explain_withheld(evaluation, row, rules)}."
        for row in list_withheld(evaluation, rules)
        if not row.measure.is_causal
    ]
    return {
        "caveat": NOT_AN_EFFECT,
        "withheld": " ".join(withheld),
        "checks": _tabulate_all_checks(evaluation, rules, is_causal=False),
    }


def _fill_published(evaluation: Evaluation, rules: RuleSet) -> dict[str, Any] | None:
    study = evaluation.published
    if study is None:
        return None
    return {
        "source": study.source,
        "table": make_table(
            f"{study.name}, {study.analysis} analysis: as published, and by Welch's test here",
            tabulate_published(evaluation, study, rules),
        ),
        "statements": [_name_statement(item) for item in state_published(evaluation, study, rules)],
    }


def _fill_design(design: Mapping[str, Any] | None, rules: RuleSet) -> dict[str, Any] | None:
    if design is None:
        return None
    facts = [
        {"Design": label, "Value": _print_fact(name, design[name], rules)}
        for name, label in _DESIGN_FACTS.items()
        if name in design
    ]
    return {
        "note": "A standardised difference up to 5% is well matched, up to 10% reasonably, above "
        "10% poorly. The design was settled before any outcome was read.",
        "facts": make_table("Design", pd.DataFrame(facts), text=("Value",)),
        "love": embed(
            love_plot(design),
            describe_love_plot(design),
            "Open circles: before matching or weighting. Filled circles: after. Dashed lines at "
            "5% and 10% of a standard deviation.",
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
        ("headline", "Headline", True),
        ("statements", "What may be said", True),
        ("results", "Results and checks", True),
        ("time", "Time among reoffenders", filled["descriptive"]),
        ("published", "As published", filled["published"]),
        ("design", "Design and balance", True),
        ("flow", "Record flow", filled["flow"]),
        ("warnings", "Warnings", True),
        ("settings", "How this was computed", True),
    ]
    return [(anchor, name) for anchor, name, is_there in sections if is_there]


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]
