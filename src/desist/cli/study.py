"""The settings file of a study: read, checked, every fault listed."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from desist.arguments import (
    describe,
    find_choice_faults,
    find_names_faults,
    find_number_faults,
)
from desist.design.catalogue import METHODS
from desist.errors import Fault, InputError, raise_faults
from desist.estimands import TRUNCATED, Estimand, Measure
from desist.evaluation._margins import find_margin_faults
from desist.evaluation.with_evidence import MEASURES
from desist.intake.tidy import WAYS
from desist.report.about import HEADINGS, About, find_item_faults
from desist.report.disclosure import RULE_SETS
from desist.writing import say_reason

TEXT, TEXTS, TRUTH = "text", "a list of texts", "true or false"
NUMBER, WHOLE, NUMBER_OR_TEXT = "a number", "a whole number", "a number or text"
NUMBERS, LABELS = "a list of numbers", "a table of texts"
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
        "sampling_weight": TEXT,
        "released": TEXT,
        "reoffended_on": TEXT,
        "followed_until": TEXT,
        "date_format": TEXT,
        "separator": TEXT,
        "decimal": TEXT,
        "encoding": TEXT,
        "sheet": TEXT,
    },
    "missing": {},
    "design": {"formula": TEXT, "method": TEXT, "estimand": TEXT},
    "model": {
        "covariates": TEXT,
        "inference": TEXT,
        "seed": WHOLE,
        "horizon": NUMBER,
        "calibrated": TRUTH,
        "one_process": TRUTH,
    },
    "margins": {measure.value: NUMBER for measure in Measure},
    "programmes": {
        "studies": TEXT,
        "scale": TEXT,
        "correlation": NUMBER,
        "selection": TRUTH,
        "evidence": TRUTH,
    },
    "report": {
        "rules": TEXT,
        **dict.fromkeys(HEADINGS, TEXT),
        "labels": LABELS,
        "target": LABELS,
    },
    "sensitivity": {
        "analyses": TEXTS,
        "measure": TEXT,
        "formulas": TEXTS,
        "methods": TEXTS,
        "calipers": NUMBERS,
        "horizons": NUMBERS,
        "redraws": WHOLE,
        "placebos": WHOLE,
        "placebos_by": TEXT,
        "lost": WHOLE,
        "start": TEXT,
        "in_report": TRUTH,
    },
}
ANALYSES = "analyses"
MISSING = "missing"  # its keys are columns
NAME = re.compile(r"[\w-]+")
LONGEST_NAME = 100
LARGEST = 1024**2  # bytes of a settings file
CHOICES: Mapping[str, tuple[str, ...]] = {
    "inference": ("auto", "nuts", "laplace", "nested"),
    "rules": tuple(RULE_SETS),
    "estimand": tuple(one.value for one in Estimand if one not in TRUNCATED.values()),
    "measure": ("rate", "frequency", "rmst"),
    "scale": ("log_odds", "log_risk", "risk_difference", "log_rate"),
}
LIMITS: Mapping[str, Mapping[str, Any]] = {
    "seed": {"least": 0},
    "horizon": {"above": 0},
    "follow_up": {"above": 0},
    "redraws": {"least": 19},
    "placebos": {"least": 10},
    "lost": {"least": 1},
    "correlation": {"least": 0, "below": 1},
}
OF_AN_ANALYSIS: Mapping[str, str] = {**KEYS["design"], "same": TEXT}
# the analyses of [sensitivity], and the entries that some of them need
DOUBTS = (
    "e_values",
    "robustness_value",
    "rosenbaum_bounds",
    "tipping_map",
    "multiverse",
    "joint_test",
    "leave_out",
    "placebo_programmes",
    "time_bounds",
    "attrition",
    "time_zero",
    "grid_priors",
    "scale_powers",
)
NEEDS: Mapping[str, str] = {"attrition": "lost", "time_zero": "start"}
WORDS: Mapping[str, tuple[str, ...]] = {"analyses": DOUBTS, "methods": tuple(METHODS)}
REQUIRED = (("data", "people"), ("data", "treatment"), ("design", "method"))


@dataclass(frozen=True)
class Study:
    """A settings file that is in order."""

    title: str  # heading of the report
    people: Path  # the table of people
    data: dict[str, Any]  # the sections, without the entries above
    design: dict[str, Any]
    missing: dict[str, str] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    margins: dict[str, float] = field(default_factory=dict)
    programmes: dict[str, Any] = field(default_factory=dict)
    sensitivity: dict[str, Any] = field(default_factory=dict)
    # analyses by name, each the design section with its own entries over it; empty for a study of
    # one analysis
    analyses: dict[str, dict[str, Any]] = field(default_factory=dict)
    headline: str | None = None  # the analysis that is reported first

    @property
    def rules(self) -> str:
        """The rule set of the report."""
        return str(self.report.get("rules", "2019"))

    @property
    def about(self) -> About:
        """What the report says of the programme and of itself."""
        return About(**{key: value for key, value in self.report.items() if key != "rules"})


def read_study(path: str | Path) -> Study:
    """Read a settings file: paths in it are relative to it, and all its faults are listed."""
    path = Path(path)
    content = _read_toml(path)
    raise_faults("settings", _find_faults(content))
    data, design = dict(content["data"]), dict(content["design"])
    study = content.get("study", {})
    return Study(
        title=study.get("title", path.stem),
        people=path.parent / data.pop("people"),
        data=data,
        design=design,
        missing=dict(content.get(MISSING, {})),
        model=dict(content.get("model", {})),
        report=dict(content.get("report", {})),
        margins=dict(content.get("margins", {})),
        programmes=_read_programmes(path, content),
        sensitivity=dict(content.get("sensitivity", {})),
        analyses={name: _inherit(design, own) for name, own in content.get(ANALYSES, {}).items()},
        headline=study.get("headline"),
    )


def _read_programmes(path: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    section = dict(content.get("programmes", {}))
    return section | {"studies": path.parent / section["studies"]} if section else {}


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if not path.is_file():
            raise_faults("settings", [Fault(path.name, "a file", "none that can be read")])
        size = path.stat().st_size
        if size > LARGEST:
            found = f"{size:,}"
            raise_faults("settings", [Fault(path.name, f"at most {LARGEST:,} bytes", found)])
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        found = f"none that can be read ({say_reason(error)})"
        fault = Fault(path.name[:100], "a file", found)
    except RecursionError:
        fault = Fault(path.name, "a TOML file", "brackets within brackets, too many of them")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        fault = Fault(path.name, "a TOML file", str(error))
    except InputError:
        raise
    except ValueError as error:
        what = "a number of too many digits" if "digits" in str(error) else "another"
        fault = Fault(path.name[:100], "a TOML file", what)
    raise InputError("settings", [fault])


def _inherit(design: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Put an analysis's entries over the shared ones; settings belong to their own method."""
    kept = dict(design)
    if own.get("method", design.get("method")) != design.get("method"):
        kept = {key: value for key, value in design.items() if key in KEYS["design"]}
    return kept | dict(own)


def _find_faults(content: Mapping[str, Any]) -> list[Fault]:
    sections = (*KEYS, ANALYSES)
    faults = [
        Fault(
            f"[{name}]", f"one of {_list(sections)}", "an unknown section", _advise(name, sections)
        )
        for name in content
        if name not in sections
    ]
    flat = {name: content[name] for name in sections if not _is_section(content.get(name, {}))}
    if not flat:
        flat |= {
            f"{ANALYSES}.{name}": own
            for name, own in content.get(ANALYSES, {}).items()
            if not _is_section(own)
        }
    if flat:
        return faults + [
            Fault(name, f"a section [{name}]", "a single value" if _is_single(value) else "a list")
            for name, value in flat.items()
        ]
    expected = "a name of letters, digits, - and _"
    faults += [
        replace(fault, where=fault.where.replace("margins, ", "[margins] "))
        for fault in find_margin_faults(_keep_known(content.get("margins", {})))
    ]
    faults += [
        Fault(f"[{section}] {key}", "a value", "none", "add it")
        for section, key in REQUIRED
        if key not in content.get(section, {})
    ]
    faults += [
        Fault(f"[{ANALYSES}.{name}]", expected, describe(name), "it names a folder")
        for name in content.get(ANALYSES, {})
        if not NAME.fullmatch(name) or len(name) > LONGEST_NAME
    ]
    for name, section, known in _list_sections(content):
        faults += _find_faults_in(name, section, known)
    faults += _find_need_faults(content.get("sensitivity", {}))
    items = content.get("report", {}).get("target")
    faults += find_item_faults("[report.target]", items if isinstance(items, dict) else ())
    return faults + _find_headline_faults(content) + _find_programme_faults(content)


def _keep_known(margins: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the numbers of measures: what else there is, is told of as an entry."""
    known = {measure.value for measure in Measure}
    return {key: value for key, value in margins.items() if key in known and _is_number(value)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_section(value: Any) -> bool:
    return isinstance(value, dict)


def _is_single(value: Any) -> bool:
    return not isinstance(value, list)


def _advise(name: str, known: Iterable[str]) -> str:
    """Say which word may have been meant, or that it can go."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]}?" if close else "take it out"


def _find_headline_faults(content: Mapping[str, Any]) -> list[Fault]:
    headline, names = content.get("study", {}).get("headline"), content.get(ANALYSES, {})
    if not isinstance(headline, str) or headline in names:
        return []
    expected = f"one of {_list(names)}" if names else "none: the study has one analysis"
    return [Fault("[study] headline", expected, describe(headline), _advise(headline, names))]


def _find_programme_faults(content: Mapping[str, Any]) -> list[Fault]:
    section = content.get("programmes", {})
    if not section:
        return []
    faults = []
    if "studies" not in section:
        faults.append(Fault("[programmes] studies", "a value", "none", "add it"))
    scale = section.get("scale", "log_odds")
    if section.get("evidence") is True and scale not in MEASURES:
        expected = f"false, or a scale of {_list(MEASURES)}, as the models have their priors"
        faults.append(Fault("[programmes] evidence", expected, f"true on {describe(scale)}"))
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
        expected, advice = f"one of {_list(METHODS)}", _advise(method, METHODS)
        return [Fault(f"[{name}] method", expected, describe(method), advice)]
    faults = []
    for key, value in section.items():
        where = f"[{name}] {key[:100]}"
        if name == MISSING:
            faults += find_choice_faults(where, value, WAYS)
        elif key not in known:
            expected, advice = f"one of {_list(known)}", _advise(key, known)
            faults.append(Fault(where, expected, "an unknown key", advice))
        else:
            faults += _find_value_faults(where, key, value, known[key])
    return faults


def _find_value_faults(where: str, key: str, value: Any, kind: str) -> list[Fault]:
    if key in CHOICES and kind:
        return find_choice_faults(where, value, CHOICES[key])
    if kind == TEXTS and not isinstance(value, dict):
        return find_names_faults(where, value) or _find_word_faults(where, key, value)
    if kind == LABELS:
        is_table = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
        return [] if is_table else [Fault(where, kind, describe(value))]
    if kind == NUMBERS:
        return _find_numbers_faults(where, value)
    if kind in (NUMBER, WHOLE) or (kind == NUMBER_OR_TEXT and not isinstance(value, str)):
        found = find_number_faults(where, value, **LIMITS.get(key, {}), whole=kind == WHOLE)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return [replace(f, expected=f.expected if is_number else kind) for f in found]
    is_right = isinstance(value, bool) if kind == TRUTH else isinstance(value, str) or not kind
    return [] if is_right else [Fault(where, kind, describe(value))]


def _find_word_faults(where: str, key: str, value: Any) -> list[Fault]:
    """Find the words of a list that are none of those it may hold."""
    known = WORDS.get(key, ())
    expected = f"some of {_list(known)}"
    unknown = [word for word in value if known and word not in known]
    return [Fault(where, expected, describe(word), _advise(word, known)) for word in unknown]


def _find_need_faults(sensitivity: Mapping[str, Any]) -> list[Fault]:
    """Find what the analyses that were asked for lack."""
    wanted = sensitivity.get(ANALYSES, ())
    return [
        Fault(f"[sensitivity] {key}", f"a value, for {name}", "none", "add it")
        for name, key in NEEDS.items()
        if isinstance(wanted, list) and name in wanted and key not in sensitivity
    ]


def _find_numbers_faults(where: str, value: Any) -> list[Fault]:
    if not isinstance(value, list) or not value:
        return [Fault(where, NUMBERS, describe(value))]
    return [fault for one in value for fault in find_number_faults(where, one, above=0)]


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
