"""Carry out a study: cohort, design and evaluation of each of its analyses."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desist.cli.study import Study
from desist.cohort.cohort import Cohort
from desist.design.analyses import Analysis, build_analyses
from desist.design.catalogue import make_method
from desist.design.design import Design, build_design
from desist.errors import CannotAnswerError, Fault, raise_faults
from desist.evaluation.evaluate import evaluate
from desist.report.view import View, make_view
from desist.writing import say_reason


@dataclass(frozen=True, eq=False)
class Result:
    """What became of one analysis.

    Attributes
    ----------
    name : str
        Of the analysis; empty for a study of one.
    view : View
        What may be seen of its results.
    cohort : Cohort
        The people of this analysis.
    design : Design
        Their weights.
    """

    name: str
    view: View
    cohort: Cohort
    design: Design


def run_study(study: Study) -> tuple[list[Result], dict[str, str]]:
    """Carry out each analysis, the headline first; name those that cannot be made, and why."""
    raise_faults("settings", _find_people_faults(study.people))
    cohort = Cohort(study.people, **study.data)
    if not study.analyses:
        formula, method, estimand, _ = _read_design(study.design)
        design = build_design(cohort, formula, method=method, estimand=estimand)
        return [Result("", _evaluate(study, cohort, design), cohort, design)], {}
    asked = []
    for name, settings in study.analyses.items():
        formula, method, estimand, same = _read_design(settings)
        asked.append(Analysis(name, formula, method, same=same, estimand=estimand))
    built = build_analyses(cohort, asked, headline=study.headline)
    results, refused = [], dict(built.refused)
    for name, one in sorted(built.made.items(), key=lambda item: item[0] != built.headline):
        try:
            view = _evaluate(study, one.cohort, one.design, name)
        except CannotAnswerError as reason:
            if name == built.headline:
                raise
            refused[name] = str(reason)
        else:
            results.append(Result(name, view, one.cohort, one.design))
    return results, refused


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


def _evaluate(study: Study, cohort: Cohort, design: Design, analysis: str = "") -> View:
    title = f"{study.title} ({analysis} analysis)" if analysis else study.title
    made = evaluate(cohort, design, title=title, margins=study.margins, **study.model)
    return make_view(made, study.rules)
