"""What a reader may see of sensitivity analyses: counts and figures, no row about one person."""

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any

import pandas as pd

from desist.arguments import describe
from desist.errors import Fault
from desist.estimands import Measure
from desist.privacy import FEWEST_SHARING
from desist.report.words._numbers import round_half_away
from desist.sensitivity.result import unit_of

ABOUT_PEOPLE = "leave_out"
OF_REOFFENDERS = frozenset({"time_bounds", "principal_stratum", "bound_published_effect"})
# the order of the page: what is asked first stands first
FIRST = ("e_values", "multiverse", "leave_out", "time_bounds")
# what the paragraph before them takes up, and of which of these all sentences
IN_SHORT = frozenset({*FIRST, "placebo_programmes"})
WHOLE = frozenset({"e_values", "time_bounds"})
KINDS = frozenset({"reoffenders", "participants", "heavy", "groups"})
# a ratio or a proportion is a figure of many an analysis; days and offences are those of a measure
IN_UNITS = (Measure.FREQUENCY, Measure.RMST, Measure.TIME_AMONG_REOFFENDERS)
DIGITS = 3
PARTS = ("name", "title", "doubt", "sentence", "table", "units")


@dataclass(frozen=True, eq=False)
class ShownAnalysis:
    """One sensitivity analysis as a reader may see it."""

    name: str  # of the analysis, as settings files have it
    title: str
    doubt: str  # that it answers
    sentence: str  # what it found, in plain words
    table: pd.DataFrame  # with three digits, and no row about one person
    units: Mapping[str, str]  # of each column that has one
    # the analysis with that table, for its picture; None where that is drawn from the table alone
    result: Any = field(repr=False)


def find_analysis_faults(results: object) -> list[Fault]:
    """Find what is no result of a sensitivity analysis, and what is there twice."""
    expected, advice = "a list of results of ds.sensitivity", "such as [multiverse(...)]"
    if not isinstance(results, list | tuple):
        return [Fault("sensitivity", expected, describe(results), advice)]
    faults = [
        Fault(f"sensitivity[{place}]", "a result of ds.sensitivity", type(result).__name__)
        for place, result in enumerate(results)
        if not all(hasattr(result, part) for part in PARTS)
    ]
    names = Counter(getattr(result, "name", "") for result in results)
    twice = [name for name, number in names.items() if number > 1]
    return faults or [Fault("sensitivity", "each analysis once", name) for name in twice]


def show_analysis(result: Any) -> ShownAnalysis:
    """Return an analysis as a reader may see it."""
    table = release_table(result)
    # a picture has ten digits of what it is drawn from, so it is drawn from what the table says
    drawn = result
    if is_dataclass(result) and not isinstance(result, type):
        drawn = replace(result, table=table)
    return ShownAnalysis(
        result.name,
        result.title,
        result.doubt,
        result.sentence,
        table,
        dict(result.units),
        None if result.name == ABOUT_PEOPLE else drawn,
    )


def disclose_sensitivity(
    results: Iterable[Any], withheld: Container[Measure]
) -> tuple[ShownAnalysis, ...]:
    """Return the analyses of measures that are printed, what is asked first before the rest."""
    shown = [show_analysis(result) for result in results if not _tells_of(result, withheld)]
    places = {name: place for place, name in enumerate(FIRST)}
    return tuple(sorted(shown, key=lambda one: places.get(one.name, len(FIRST))))


def list_withheld_analyses(results: Iterable[Any], withheld: Container[Measure]) -> tuple[str, ...]:
    """List the titles of the analyses that are kept back with their measure."""
    return tuple(result.title for result in results if _tells_of(result, withheld))


def release_table(result: Any) -> pd.DataFrame:
    """Return the table of a result as it may leave the house: no row is about one person."""
    table: pd.DataFrame = result.table
    if result.name == ABOUT_PEOPLE:
        table = _count_left_out(table)
    return table.map(_round)


def say_together(shown: Iterable[ShownAnalysis]) -> str:
    """Say in one paragraph what it would take to change the answer."""
    every = list(shown)
    asked = [one for one in every if one.name in IN_SHORT] or every
    return " ".join(_shorten(one) for one in asked)


def _shorten(shown: ShownAnalysis) -> str:
    """Return the first sentence, or all of them where the first alone would mislead."""
    if shown.name in WHOLE:
        return shown.sentence
    return shown.sentence.partition(". ")[0].rstrip(".") + "."


def _tells_of(result: Any, withheld: Container[Measure]) -> bool:
    return any(measure in withheld for measure in _of_measures(result))


def _of_measures(result: Any) -> set[Measure]:
    """Find the measures that an analysis may be of: those of its units, where it names none."""
    if result.name in OF_REOFFENDERS:
        return {Measure.TIME_AMONG_REOFFENDERS}
    if isinstance(measure := getattr(result, "measure", None), Measure):
        return {measure}
    units = set(result.units.values())
    return {one for one in Measure if one in IN_UNITS and unit_of(one) in units}


def _count_left_out(table: pd.DataFrame) -> pd.DataFrame:
    """Count the people and groups that were left out; the covariates keep their rows."""
    rows = []
    for kind, of_kind in table[table["reason"] == ""].groupby("kind", sort=False):
        if kind not in KINDS:
            columns = ["kind", "label", "estimate", "lower", "upper"]
            moved = of_kind["moved"].abs()
            rows += of_kind[columns].assign(largest_move=moved).to_dict("records")
            continue
        told = len(of_kind) if len(of_kind) >= FEWEST_SHARING else None
        largest = float(of_kind["moved"].abs().max())
        rows.append({"kind": kind, "label": "any one", "number": told, "largest_move": largest})
    columns = ["kind", "label", "number", "largest_move", "estimate", "lower", "upper"]
    counted = pd.DataFrame(rows, columns=columns).astype({"number": "Int64"})
    return counted.sort_values("largest_move", ascending=False, kind="stable", ignore_index=True)


def _round(value: Any) -> Any:
    """Round a figure to the digits that are shown; all else stays as it is."""
    if not isinstance(value, float) or not math.isfinite(value) or value == 0:
        return value
    return round_half_away(value, DIGITS - 1 - math.floor(math.log10(abs(value))))
