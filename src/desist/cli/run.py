"""Carry out a study: cohort, design and evaluation of each of its analyses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from desist.cli.programmes import pool_programmes, take_evidence
from desist.cli.study import Study
from desist.cohort.cohort import Cohort
from desist.design.analyses import Analysis, build_analyses
from desist.design.catalogue import make_method
from desist.design.design import Design, build_design
from desist.errors import CannotAnswerError, Fault, raise_faults
from desist.evaluation.evaluate import evaluate
from desist.evaluation.with_bias import BiasPrior
from desist.intake.dates import DateColumns
from desist.intake.files import read_table
from desist.intake.tidy import tidy_table
from desist.privacy import FEWEST_SHARING
from desist.report.audit import audit_release
from desist.report.audit_counts import PARTICIPANTS
from desist.report.view import View, make_view
from desist.sensitivity.placebo import PlaceboProgrammes
from desist.writing import say_reason

FILE_KEYS = ("separator", "decimal", "encoding", "sheet")
DATE_KEYS = ("released", "reoffended_on", "followed_until", "date_format")
OUTCOMES = ("reoffended", "offences", "days")


@dataclass(frozen=True, eq=False)
class Built:
    """The people of an analysis and their weights."""

    cohort: Cohort
    design: Design


@dataclass(frozen=True, eq=False)
class Result:
    """What became of one analysis."""

    name: str  # of the analysis; empty for a study of one
    view: View | None  # what may be seen of its results; None where nothing may be
    cohort: Cohort  # the people of this analysis
    design: Design  # their weights
    withheld: str = ""  # why nothing may be seen

    @property
    def has_answer(self) -> bool:
        """Whether any result is printed."""
        return self.view is not None and not self.view.banner


def run_study(
    study: Study, analyse: Callable[[Built], Sequence[Any]] | None = None
) -> tuple[list[Result], dict[str, str], tuple[str, ...]]:
    """Carry out each analysis, the headline first; say which cannot be made and what was read."""
    programmes = pool_programmes(study)
    cohort, notes = read_cohort(study)
    built, refused = build_study(study, cohort)
    results: list[Result] = []
    for place, (name, one) in enumerate(built.items()):
        doubts = analyse(one) if analyse is not None and place == 0 else ()
        try:
            asked = {"title": name_analysis(study, name), "margins": study.margins, **study.model}
            evidence, bias = take_evidence(study, programmes), _find_bias(doubts)
            made = evaluate(one.cohort, one.design, evidence=evidence, bias=bias, **asked)
        except CannotAnswerError as reason:
            if place == 0:
                raise
            refused[name] = str(reason)
            continue
        try:
            others: dict[str, Any] = {"sensitivity": doubts, "synthesis": programmes}
            view = make_view(made, study.rules, about=study.about, **others)
            if told := _find_overlap(view, results):
                notes += (f"{name} analysis: {told}",)
            results.append(Result(name, view, one.cohort, one.design))
        except CannotAnswerError as reason:
            # The headline is reported first: as a page that says that nothing may be reported.
            if place == 0:
                results.append(Result(name, None, one.cohort, one.design, str(reason)))
            else:
                refused[name] = str(reason)
    return _set_side_by_side(results), refused, notes


def _set_side_by_side(results: list[Result]) -> list[Result]:
    """Let the report of each analysis show the others beside it."""
    views = [one.view for one in results if one.view is not None]
    return [
        one
        if one.view is None
        else replace(
            one,
            view=replace(one.view, beside=tuple(view for view in views if view is not one.view)),
        )
        for one in results
    ]


def _find_overlap(view: View, others: Sequence[Result]) -> str:
    """Say that an analysis beside one of before tells of the few people whom it drops."""
    for one in others:
        # comparison people weigh differently in each analysis: their figures are not subtracted
        found = () if one.view is None else audit_release([one.view, view], growing=True)
        if any(breach.name.startswith(f"report 2: {PARTICIPANTS}") for breach in found):
            told = (
                f"beside the {one.name} analysis it tells of fewer than {FEWEST_SHARING} "
                "participants, or of the outcomes of so few, who are in one of the two alone"
            )
            if view.rules.refuses_overlap:
                raise CannotAnswerError(told)
            return told
    return ""


def build_study(study: Study, cohort: Cohort) -> tuple[dict[str, Built], dict[str, str]]:
    """Make the design of each analysis, the headline first; a study of one has no name."""
    if not study.analyses:
        formula, method, estimand, _ = _read_design(study.design)
        design = build_design(cohort, formula, method=method, estimand=estimand)
        return {"": Built(cohort, design)}, {}
    asked = []
    for name, settings in study.analyses.items():
        formula, method, estimand, same = _read_design(settings)
        asked.append(Analysis(name, formula, method, same=same, estimand=estimand))
    built = build_analyses(cohort, asked, headline=study.headline)
    ordered = sorted(built.made.items(), key=lambda item: item[0] != built.headline)
    return {name: Built(one.cohort, one.design) for name, one in ordered}, dict(built.refused)


def read_cohort(study: Study, *, outcomes: bool = True) -> tuple[Cohort, tuple[str, ...]]:
    """Read the people of a study, and say what was done to read them."""
    raise_faults("settings", _find_people_faults(study.people))
    data = dict(study.data)
    how = {key: data.pop(key, None) for key in FILE_KEYS}
    dated = {key: data.pop(key) for key in DATE_KEYS if key in data}
    raise_faults("settings", _find_date_faults(dated))
    table = read_table(study.people, **how, person=data.get("person"))
    if not outcomes:  # their columns go before anything looks at them
        table = table.change(_leave_outcomes_out(table.frame, data, dated))
        data = {key: value for key, value in data.items() if key not in OUTCOMES}
        dated.pop("reoffended_on", None)
    dates = DateColumns(**dated) if "released" in dated else None
    if data.get("person") is None and table.frame.columns.is_unique:
        table = table.change(table.frame, *_name_same_rows(table.frame))
    table, roles = tidy_table(table, data, dates=dates, missing=study.missing)
    return Cohort(table.frame, **roles), table.notes


def _name_same_rows(frame: pd.DataFrame) -> list[str]:
    """Say that rows may be of one person, where nothing tells people apart."""
    if not frame.duplicated().any():
        return []
    advice = "name the column of the identifier (person = ...), so that nobody counts twice"
    return [f"some rows are the same in every column: {advice}"]


def _find_date_faults(dated: Mapping[str, str]) -> list[Fault]:
    others = [key for key in dated if key != "released"]
    if not others or "released" in dated:
        return []
    advice = "name the column with the date from which people are followed"
    return [Fault("[data] released", "a column, because dates are given", "none", advice)]


def _leave_outcomes_out(
    frame: pd.DataFrame, data: Mapping[str, Any], dated: Mapping[str, str]
) -> pd.DataFrame:
    names = [data.get(key) for key in OUTCOMES] + [dated.get("reoffended_on")]
    return frame.drop(columns=[name for name in names if name in frame.columns])


def _find_people_faults(people: Path) -> list[Fault]:
    """Find why the table of people cannot be opened."""
    where, found = f"[data] people, {people.name[:200]}", "no file of this name"
    try:
        if people.is_file():
            with people.open("rb"):
                return []
    except (OSError, ValueError) as error:
        found = f"none that can be read ({say_reason(error)})"
    return [Fault(where, "a file", found)]


def _read_design(settings: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    own = dict(settings)
    formula, estimand, same = (own.pop(name, None) for name in ("formula", "estimand", "same"))
    return formula, make_method(own.pop("method"), own), estimand, same


def name_analysis(study: Study, analysis: str) -> str:
    """Name an analysis of a study as its report does."""
    return f"{study.title} ({analysis} analysis)" if analysis else study.title


def _find_bias(doubts: Sequence[Any]) -> BiasPrior | None:
    """Return the prior of bias that placebo programmes among the analyses give."""
    placebos = (doubt for doubt in doubts if isinstance(doubt, PlaceboProgrammes))
    return next((placebo.prior() for placebo in placebos), None)
