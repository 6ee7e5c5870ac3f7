"""The page of the sensitivity analyses: one doubt after another, in plain words."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from desist.errors import CannotAnswerError
from desist.privacy import FEWEST_SHARING
from desist.report._blocks import Picture, Table, embed
from desist.report.disclosure import RULE_SETS, RuleSet
from desist.report.pictures.sensitivity import picture_of
from desist.sample import Sample

TEMPLATE = "sensitivity.html.j2"
MOST_ROWS = 24  # of a table in the page; the file beside it has all of them
ABOUT_PEOPLE = "leave_out"
HIDDEN = frozenset({"reason", "marks", "is_refitted", "probability_of_benefit"})


def require_enough(sample: Sample, rules: str) -> RuleSet:
    """Refuse a study of which outcomes may not be told under a rule set."""
    chosen, happened = RULE_SETS[rules], sample.within.reoffended
    counts = [*sample.count()]
    if min(counts) < chosen.min_people:
        raise CannotAnswerError(f"fewer than {chosen.min_people} people of an arm are compared")
    if happened is not None:
        counts = [*sample.count(happened), *sample.count(~happened)]
        if min(counts) < chosen.min_reoffenders:
            raise CannotAnswerError(
                f"fewer than {chosen.min_reoffenders} people of an arm reoffended, or did not; the "
                "report would be about single people"
            )
    return chosen


def release_table(result: Any) -> pd.DataFrame:
    """Return the table of a result as it may leave the house: no row is about one person."""
    table: pd.DataFrame = result.table
    if result.name != ABOUT_PEOPLE:
        return table
    rows = []
    for kind, of_kind in table[table["reason"] == ""].groupby("kind", sort=False):
        is_about_people = kind in {"reoffenders", "participants", "heavy"}
        told = len(of_kind) if len(of_kind) >= FEWEST_SHARING else None
        if not is_about_people:
            rows += of_kind[["kind", "label", "estimate", "lower", "upper"]].to_dict("records")
            continue
        largest = float(of_kind["moved"].abs().max())
        rows.append({"kind": kind, "label": "any one", "people": told, "largest_move": largest})
    return pd.DataFrame(rows)


def render_sensitivity(
    title: str, results: Sequence[Any], refused: Mapping[str, str], version: str
) -> str:
    """Render the page; every text from data is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("desist.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sections = [_make_section(result) for result in results]
    template = environment.get_template(TEMPLATE)
    return template.render(title=title, sections=sections, refused=refused, version=version)


def _make_section(result: Any) -> dict[str, Any]:
    return {
        "name": result.name,
        "title": result.title,
        "doubt": result.doubt,
        "sentence": result.sentence,
        "picture": draw_released(result),
        "table": _make_table(result),
    }


def draw_released(result: Any) -> Picture | None:
    """Draw a result, where its picture shows nothing about one person."""
    if result.name == ABOUT_PEOPLE:
        return None
    figure = picture_of(result)
    if figure is None:
        return None
    return embed(figure, f"{result.title}. {result.sentence}", result.title)


def _make_table(result: Any) -> Table | None:
    table = release_table(result)
    columns = [name for name in table.columns if name not in HIDDEN]
    if table.empty or len(table) > MOST_ROWS:
        return None
    shown = table[columns]
    numeric = frozenset(
        place
        for place, name in enumerate(columns)
        if pd.api.types.is_numeric_dtype(shown[name]) and shown[name].dtype != bool
    )
    units = result.units
    heads = tuple(_name(name, units.get(name, "")) for name in columns)
    rows = tuple(tuple(_write(cell) for cell in row) for row in shown.itertuples(index=False))
    return Table(result.title, heads, rows, numeric)


def _name(column: str, unit: str) -> str:
    words = str(column).replace("_", " ")
    return f"{words} ({unit})" if unit else words


def _write(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "–"
    return f"{cell:.3g}" if isinstance(cell, float) else str(cell)
