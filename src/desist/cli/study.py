"""The settings file of a study: read, checked, every fault listed."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from desist.cohort.cohort import Cohort
from desist.design.design import Design, build_design
from desist.design.radius import RadiusMatching
from desist.design.weighting import GivenWeights
from desist.errors import Fault, InputError, raise_faults
from desist.evaluation.evaluate import evaluate
from desist.evaluation.record import Evaluation

METHODS = {method.name: method for method in (RadiusMatching, GivenWeights)}
TEXT, NUMBER, NUMBER_OR_TEXT, WHOLE, TEXTS = (
    "text",
    "a number",
    "a number or text",
    "a whole number",
    "a list of texts",
)
KINDS: Mapping[str, tuple[type, ...]] = {
    TEXT: (str,),
    NUMBER: (int, float),
    NUMBER_OR_TEXT: (int, float, str),
    WHOLE: (int,),
    TEXTS: (list,),
}
KEYS: Mapping[str, Mapping[str, str]] = {
    "study": {"title": TEXT},
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
    """

    title: str
    people: Path
    data: dict[str, Any]
    design: dict[str, Any]
    model: dict[str, Any]
    report: dict[str, Any]


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
        raise InputError(
            "settings", [Fault(path.name, "a file", "none that can be read")]
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("settings", [Fault(path.name, "a TOML file", str(error))]) from error
    raise_faults("settings", _find_faults(content))
    data = dict(content["data"])
    return Study(
        title=content.get("study", {}).get("title", path.stem),
        people=path.parent / data.pop("people"),
        data=data,
        design=dict(content["design"]),
        model=dict(content.get("model", {})),
        report=dict(content.get("report", {})),
    )


def run_study(study: Study) -> tuple[Evaluation, Cohort, Design]:
    """Carry out a study: cohort, design, evaluation.

    Parameters
    ----------
    study : Study
        What was asked for.

    Returns
    -------
    Evaluation
        All results.
    Cohort
        The people.
    Design
        Their weights.
    """
    cohort = Cohort(study.people, **study.data)
    settings = dict(study.design)
    formula = settings.pop("formula", None)
    estimand = settings.pop("estimand", None)
    method = METHODS[settings.pop("method")](**settings)
    design = build_design(cohort, formula, method=method, estimand=estimand)
    return evaluate(cohort, design, title=study.title, **study.model), cohort, design


def _find_faults(content: Mapping[str, Any]) -> list[Fault]:
    faults = [
        Fault(f"[{section}]", f"one of {_list(KEYS)}", "an unknown section", "take it out")
        for section in content
        if section not in KEYS
    ]
    sections = {name: content.get(name, {}) for name in KEYS}
    for name, section in sections.items():
        if not isinstance(section, dict):
            faults.append(Fault(name, f"a section [{name}]", "a single value"))
            return faults
    for section, key in REQUIRED:
        if key not in sections[section]:
            faults.append(Fault(f"[{section}] {key}", "a value", "none", "add it"))
    method = sections["design"].get("method")
    if method is not None and method not in METHODS:
        faults.append(Fault("[design] method", f"one of {_list(METHODS)}", repr(method)))
    for name, section in sections.items():
        known = dict(KEYS[name])
        if name == "design" and method in METHODS:
            known |= {item.name: "" for item in fields(METHODS[method])}
        elif name == "design" and method is not None:
            continue  # which settings belong to an unknown method cannot be told
        faults += _find_faults_in(name, section, known)
    return faults


def _find_faults_in(name: str, section: Mapping[str, Any], known: Mapping[str, str]) -> list[Fault]:
    faults = []
    for key, value in section.items():
        if key not in known:
            faults.append(Fault(f"[{name}] {key}", f"one of {_list(known)}", "an unknown key"))
        elif known[key] and (not isinstance(value, KINDS[known[key]]) or isinstance(value, bool)):
            faults.append(Fault(f"[{name}] {key}", known[key], repr(value)))
    return faults


def _list(names: Mapping[str, Any]) -> str:
    return ", ".join(names)
