"""The settings file of a study: read, checked, every fault listed."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from desist.cohort.cohort import Cohort
from desist.design.analyses import Analysis, build_analyses
from desist.design.design import Design, build_design
from desist.design.methods import METHODS, make_method
from desist.errors import Fault, InputError, raise_faults
from desist.evaluation.evaluate import evaluate
from desist.evaluation.record import Evaluation

TEXT, TEXTS = "text", "a list of texts"
NUMBER, WHOLE, NUMBER_OR_TEXT = "a number", "a whole number", "a number or text"
KINDS: Mapping[str, tuple[type, ...]] = {
    TEXT: (str,),
    NUMBER: (int, float),
    NUMBER_OR_TEXT: (int, float, str),
    WHOLE: (int,),
    TEXTS: (list,),
}
KEYS: Mapping[str, Mapping[str, str]] = {
    "study": {"title": TEXT, "headline": TEXT},
    "data": {
        "people": TEXT,
        "treatment": TEXT,
        "person": TEXT,
        "reoffended": TEXT,
        "offences": TEXT,
        "days": TEXT,
        "follow_up": NUMBER_OR_TEXT,
        "groups": TEXTS,
    },
    "design": {"formula": TEXT, "method": TEXT, "estimand": TEXT},
    "model": {
        "covariates": TEXT,
        "inference": TEXT,
        "seed": WHOLE,
        "horizon": NUMBER,
    },
    "report": {"rules": TEXT},
}
ANALYSES = "analyses"
NAME = re.compile(r"[\w-]+")
OF_AN_ANALYSIS: Mapping[str, str] = {**KEYS["design"], "same": TEXT}
REQUIRED = (("data", "people"), ("data", "treatment"), ("design", "method"))


@dataclass(frozen=True)
class Study:
    """A settings file that is in order.

    Attributes
    ----------
    title : str
        Heading of the report.
    people : Path
        The table of people.
    data, design, model, report : dict
        The sections, without the entries above.
    analyses : dict of str to dict
        Analyses by name, each the design section with its own entries over it; empty for a
        study of one analysis.
    headline : str or None
        The analysis that is reported first.
    """

    title: str
    people: Path
    data: dict[str, Any]
    design: dict[str, Any]
    model: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    analyses: dict[str, dict[str, Any]] = field(default_factory=dict)
    headline: str | None = None


@dataclass(frozen=True, eq=False)
class Result:
    """What became of one analysis.

    Attributes
    ----------
    name : str
        Of the analysis; empty for a study of one.
    evaluation : Evaluation
        All results.
    cohort : Cohort
        The people of this analysis.
    design : Design
        Their weights.
    """

    name: str
    evaluation: Evaluation
    cohort: Cohort
    design: Design


def read_study(path: str | Path) -> Study:
    """Read a settings file.

    Parameters
    ----------
    path : str or Path
        A TOML file; paths inside it are relative to it.

    Returns
    -------
    Study
        Sections and values that are known and of the right kind.

    Raises
    ------
    InputError
        If the file is missing, is not TOML, or has unknown, missing or unsuitable entries;
        all of them are listed.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        fault = Fault(path.name, "a file", "none that can be read")
        raise InputError("settings", [fault]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("settings", [Fault(path.name, "a TOML file", str(error))]) from error
    raise_faults("settings", _find_faults(content))
    data, design = dict(content["data"]), dict(content["design"])
    study = content.get("study", {})
    return Study(
        title=study.get("title", path.stem),
        people=path.parent / data.pop("people"),
        data=data,
        design=design,
        model=dict(content.get("model", {})),
        report=dict(content.get("report", {})),
        analyses={name: _inherit(design, own) for name, own in content.get(ANALYSES, {}).items()},
        headline=study.get("headline"),
    )


def run_study(study: Study) -> tuple[list[Result], dict[str, str]]:
    """Carry out a study: cohort, design, evaluation, for each of its analyses.

    Parameters
    ----------
    study : Study
        What was asked for.

    Returns
    -------
    list of Result
        The analyses that could be made, the headline first.
    dict of str to str
        The others, with the reason.

    Raises
    ------
    InputError
        If the people or the settings are wrong.
    CannotAnswerError
        If the only analysis, or the headline, cannot be made.
    """
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
    results = [
        Result(name, _evaluate(study, one.cohort, one.design, name), one.cohort, one.design)
        for name, one in built.made.items()
    ]
    return sorted(results, key=lambda result: result.name != built.headline), built.refused


def _inherit(design: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Put an analysis's entries over the shared ones; settings belong to their own method."""
    kept = dict(design)
    if own.get("method", design.get("method")) != design.get("method"):
        kept = {key: value for key, value in design.items() if key in KEYS["design"]}
    return kept | dict(own)


def _read_design(settings: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    own = dict(settings)
    formula, estimand, same = (own.pop(name, None) for name in ("formula", "estimand", "same"))
    return formula, make_method(own.pop("method"), own), estimand, same


def _evaluate(study: Study, cohort: Cohort, design: Design, analysis: str = "") -> Evaluation:
    title = f"{study.title} ({analysis} analysis)" if analysis else study.title
    return evaluate(cohort, design, title=title, **study.model)


def _find_faults(content: Mapping[str, Any]) -> list[Fault]:
    sections = (*KEYS, ANALYSES)
    faults = [
        Fault(f"[{name}]", f"one of {_list(sections)}", "an unknown section", "take it out")
        for name in content
        if name not in sections
    ]
    flat = [name for name in sections if not isinstance(content.get(name, {}), dict)]
    flat += [
        f"{ANALYSES}.{name}"
        for name, own in ({} if flat else content.get(ANALYSES, {})).items()
        if not isinstance(own, dict)
    ]
    if flat:
        return faults + [Fault(name, f"a section [{name}]", "a single value") for name in flat]
    expected = "a name of letters, digits, - and _"
    faults += [
        Fault(f"[{section}] {key}", "a value", "none", "add it")
        for section, key in REQUIRED
        if key not in content.get(section, {})
    ]
    faults += [
        Fault(f"[{ANALYSES}.{name}]", expected, repr(name), "it names a folder")
        for name in content.get(ANALYSES, {})
        if not NAME.fullmatch(name)
    ]
    for name, section, known in _list_sections(content):
        faults += _find_faults_in(name, section, known)
    return faults


def _list_sections(
    content: Mapping[str, Any],
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, str]]]:
    """Yield each section with its entries and the keys that it may have."""
    shared = content.get("design", {})
    for name, known in KEYS.items():
        section = content.get(name, {})
        yield name, section, _with_method(known, section) if name == "design" else known
    for name, own in content.get(ANALYSES, {}).items():
        yield f"{ANALYSES}.{name}", own, _with_method(OF_AN_ANALYSIS, _inherit(shared, own))


def _with_method(known: Mapping[str, str], section: Mapping[str, Any]) -> Mapping[str, str]:
    method = section.get("method")
    if not isinstance(method, str) or method not in METHODS:
        return known
    # what the values of a method's settings may be, the method itself says
    return {**known, **{item.name: "" for item in fields(METHODS[method])}}


def _find_faults_in(name: str, section: Mapping[str, Any], known: Mapping[str, str]) -> list[Fault]:
    method = section.get("method")
    if "method" in known and isinstance(method, str) and method not in METHODS:
        # which settings belong to an unknown method cannot be told
        return [Fault(f"[{name}] method", f"one of {_list(METHODS)}", repr(method))]
    faults = []
    for key, value in section.items():
        if key not in known:
            faults.append(Fault(f"[{name}] {key}", f"one of {_list(known)}", "an unknown key"))
        elif known[key] and (not isinstance(value, KINDS[known[key]]) or isinstance(value, bool)):
            faults.append(Fault(f"[{name}] {key}", known[key], repr(value)))
    return faults


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
