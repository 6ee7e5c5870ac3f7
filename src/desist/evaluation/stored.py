"""The record of an evaluation as it is stored, read by the kinds of its fields."""

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from desist.arguments import describe, find_choice_faults, find_number_faults
from desist.checks.agreement import WORDS
from desist.cohort.flow import RecordFlow
from desist.cohort.published import PublishedStudy
from desist.effects.correction import Correction
from desist.effects.days import DayRow
from desist.effects.effect import CENTRES
from desist.effects.groups import GroupTable
from desist.errors import Fault, InputError
from desist.estimands import Estimand, Measure
from desist.evaluation._margins import find_margin_faults
from desist.evaluation._stored_effect import StoredEffect
from desist.evaluation._stored_process import StoredProcess, find_process_faults
from desist.evaluation.record import ComparedCheck
from desist.evaluation.with_bias import BiasResult
from desist.evaluation.with_evidence import EvidenceResult, find_result_faults

SCHEMA = 1
SUBJECT = "evaluation"
DEEPEST = 20
ENGINES = frozenset({"laplace", "nested", "nuts", "quadrature"})
ENGINE_NAMES = "laplace, nested, nuts or quadrature"


@dataclass(frozen=True)
class StoredRow:
    """A covariate of the balance; smaller or larger records of it are read as well."""

    covariate: str
    smd_before: float | None
    smd_after: float | None
    variance_ratio: float | None
    ks: float | None
    word: str


@dataclass(frozen=True)
class StoredDesign:
    """The figures of a design that a report prints."""

    estimand: str
    method: str | None
    n_treated: int
    n_treated_dropped: int | None
    n_comparison: int
    ess_comparison: float
    worst_covariate: str | None
    balance: tuple[Mapping[str, Any], ...]
    overlap: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class StoredSettings:
    """The settings that a report reads; the others are printed as they are."""

    horizon: float | None = None
    design: Mapping[str, Any] | None = None
    models: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class StoredEvaluation:
    """All of an evaluation but its draws; the fields are those of `Evaluation`."""

    title: str
    estimand: Estimand
    effects: tuple[StoredEffect, ...]
    checks: tuple[ComparedCheck, ...]
    unavailable: Mapping[Measure, str]
    design: Mapping[str, Any] | None
    flow: RecordFlow | None
    settings: Mapping[str, Any]
    seed: int
    warnings: tuple[str, ...]
    published: PublishedStudy | None
    package_version: str
    schema: int
    smallest_group: int | str | None = None
    by_group: tuple[GroupTable, ...] = ()
    by_day: tuple[DayRow, ...] = ()
    digest: str | None = None
    horizon: float | None = None
    margins: Mapping[Measure, float] = field(default_factory=dict)
    bias: BiasResult | None = None
    evidence: EvidenceResult | None = None
    one_process: StoredProcess | None = None
    dominated: tuple[Measure, ...] = ()
    degrees_of_freedom: int | None = None


def read_stored(text: str, file: str) -> StoredEvaluation:
    """Read the record of an evaluation from its text."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        found = "something else"
        raise InputError(SUBJECT, [Fault(file, "a record in JSON", found)]) from error
    if not isinstance(record, dict):
        raise InputError(SUBJECT, [Fault(file, "a record by names", describe(record))])
    if record.get("schema") != SCHEMA or isinstance(record["schema"], bool):
        version = describe(record.get("package_version")).strip("'")
        found = f"schema {describe(record.get('schema'))}, written by desist {version}"
        advice = "load it with the version that wrote it, or evaluate again"
        raise InputError(SUBJECT, [Fault(file, f"schema {SCHEMA}", found, advice)])
    faults: list[Fault] = []
    stored = _read_record(record, StoredEvaluation, "", faults)
    if not faults:
        faults += _find_faults(stored)
    if faults or not isinstance(stored, StoredEvaluation):
        named = [Fault(f"{file}, {f.where}", f.expected, f.found) for f in faults]
        raise InputError(SUBJECT, named)
    return stored


def _find_faults(stored: StoredEvaluation) -> list[Fault]:
    faults = [
        Fault(name, f"at most {DEEPEST} levels", "more")
        for name, value in (("settings", stored.settings), ("design", stored.design))
        if _is_deep(value, DEEPEST)
    ]
    _read_known(stored.settings, StoredSettings, "settings", faults)
    faults += _find_formula_faults(stored.settings)
    if stored.design is not None:
        _read_known(stored.design, StoredDesign, "design", faults)
        for place, row in enumerate(_as_list(stored.design.get("balance")), start=1):
            _read_known(row, StoredRow, f"balance {place}", faults)
    faults += find_number_faults("horizon", stored.horizon, above=0, optional=True)
    faults += find_margin_faults(stored.margins)
    faults += _find_bias_faults(stored.bias)
    faults += find_result_faults(stored.evidence) + find_process_faults(stored.one_process)
    measures = [effect.measure for effect in stored.effects]
    if len(set(measures)) < len(measures):
        faults.append(Fault("effects", "one of each measure", "several of one"))
    process = stored.one_process
    for effect in (*stored.effects, *(process.effects if process else ())):
        faults += _find_effect_faults(effect)
    for table in stored.by_group:
        faults += _find_group_faults(table)
    for row in stored.by_day:
        faults += _find_day_faults(row)
    for check in stored.checks:
        where = f"check of {check.measure}"
        if not (math.isnan(check.p_value) or 0 <= check.p_value <= 1):
            faults.append(Fault(where, "a p-value from 0 to 1", "another number"))
        faults += find_number_faults(where, check.probability, above=0, below=1)
        if check.agreement is not None:
            faults += find_choice_faults(f"{where}, agreement", check.agreement, WORDS)
    return faults


def _find_formula_faults(settings: Mapping[str, Any]) -> list[Fault]:
    parts = [settings.get("design"), *_as_list(settings.get("models"))]
    return [
        Fault(f"settings {name}", "a formula or none", describe(part[name]))
        for part in parts
        for name in ("formula", "covariates", "name")
        if isinstance(part, Mapping) and not isinstance(part.get(name), str | None)
    ]


def _find_effect_faults(effect: StoredEffect) -> list[Fault]:
    where = f"effect on {effect.measure}"
    known = set(effect.diagnostics.engine.split(", ")) <= ENGINES
    return [
        *find_number_faults(f"{where}, n_treated", effect.n_treated, least=0),
        *find_number_faults(f"{where}, n_comparison", effect.n_comparison, least=0),
        *find_number_faults(f"{where}, probability", effect.probability, above=0, below=1),
        *find_choice_faults(f"{where}, centre", effect.centre, CENTRES),
        *_find_correction_faults(effect.correction, f"{where}, correction"),
        *([] if known else [Fault(f"{where}, engine", ENGINE_NAMES, "another")]),
    ]


def _find_bias_faults(bias: BiasResult | None) -> list[Fault]:
    if bias is None:
        return []
    spreads = (bias.spread, bias.spread_lower, bias.spread_upper)
    faults = find_number_faults("bias, n_programmes", bias.n_programmes, least=1)
    faults += find_number_faults("bias, probability", bias.probability, above=0, below=1)
    faults += [f for one in spreads for f in find_number_faults("bias, spread", one, least=0)]
    if not bias.is_known:
        return faults
    ends = (bias.lower, bias.estimate, bias.upper)
    faults += [f for one in ends for f in find_number_faults("bias", one)]
    benefit = bias.probability_of_benefit
    return faults + find_number_faults("bias, probability of benefit", benefit, least=0, most=1)


def _find_day_faults(row: DayRow) -> list[Fault]:
    shares = (row.treated, row.comparison, row.probability_of_benefit)
    return [
        *find_number_faults("by_day, day", row.day, above=0),
        *find_number_faults("by_day, probability", row.probability, above=0, below=1),
        *(f for share in shares for f in find_number_faults("by_day", share, least=0, most=1)),
        *(
            f
            for end in (row.difference, row.lower, row.upper)
            for f in find_number_faults("by_day", end)
        ),
    ]


def _find_group_faults(table: GroupTable) -> list[Fault]:
    where = f"{table.measure} by {describe(table.grouping)}"
    faults = find_number_faults(f"{where}, probability", table.probability, above=0, below=1)
    faults += find_number_faults(f"{where}, n_groups", table.n_groups, least=len(table.rows))
    for row in table.rows:
        sizes = {"n_treated": row.n_treated, "n_comparison": row.n_comparison, "fewest": row.fewest}
        for name, size in sizes.items():
            faults += find_number_faults(f"{where}, {name}", size, least=0)
    return faults


def _find_correction_faults(correction: Correction | None, where: str) -> list[Fault]:
    if correction is None:
        return []
    numbers = (correction.contrast, correction.lower, correction.upper)
    faults = [fault for number in numbers for fault in find_number_faults(where, number)]
    if not {"treated", "comparison"}.issuperset(correction.not_corrected):
        faults.append(Fault(f"{where}, not_corrected", "treated or comparison", "another"))
    return faults


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _is_deep(value: Any, levels: int) -> bool:
    if isinstance(value, Mapping | list):
        inner = value.values() if isinstance(value, Mapping) else value
        return levels == 0 or any(_is_deep(item, levels - 1) for item in inner)
    return False


def _read_known(value: Any, kind: type, where: str, faults: list[Fault]) -> None:
    """Check the fields that a report reads; others may be there."""
    if not isinstance(value, Mapping):
        faults.append(Fault(where, "a record by names", describe(value)))
        return
    names = {field.name for field in fields(kind)}
    _read_record({key: item for key, item in value.items() if key in names}, kind, where, faults)


def _read_record(value: Any, kind: Any, where: str, faults: list[Fault]) -> Any:
    if not isinstance(value, dict):
        faults.append(Fault(where, "a record by names", describe(value)))
        return None
    hints, before = get_type_hints(kind), len(faults)
    read = {}
    for item in fields(kind):
        place = f"{where} {item.name}".strip()
        if item.name in value:
            read[item.name] = _read(value[item.name], hints[item.name], place, faults)
        elif item.default is MISSING and item.default_factory is MISSING:
            faults.append(Fault(place, "a value", "none"))
    if len(set(value) - set(read)) > 0 and len(faults) == before:
        faults.append(Fault(where or "the record", "entries that are known", "another"))
    if len(faults) > before:
        return None
    try:
        return kind(**read)
    except InputError as error:
        faults += [Fault(f"{where} {f.where}", f.expected, f.found) for f in error.faults]
        return None


def _read(value: Any, hint: Any, where: str, faults: list[Fault]) -> Any:
    """Read a value as a field's type says; what is wrong is added to the faults."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _read_choice(value, inner, where, faults)
    if is_dataclass(hint):
        return _read_record(value, hint, where, faults)
    if origin is tuple:
        return _read_tuple(value, inner, where, faults)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _read_mapping(value, inner, where, faults)
    return _read_plain(value, hint, where, faults)


def _read_plain(value: Any, hint: Any, where: str, faults: list[Fault]) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        known = {str(member.value): member for member in hint}
        if isinstance(value, str) and value in known:
            return known[value]
    elif hint is Any or _is_plain(value, hint):
        return float(value) if hint is float else value
    faults.append(Fault(where, _say_kind(hint), describe(value)))
    return None


def _is_plain(value: Any, hint: Any) -> bool:
    if hint is float:
        is_number = isinstance(value, float | int) and not isinstance(value, bool)
        return is_number and not (isinstance(value, int) and abs(value) > 2**53)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return hint in (str, bool, NoneType) and isinstance(value, hint)


def _read_choice(value: Any, kinds: tuple[Any, ...], where: str, faults: list[Fault]) -> Any:
    if value is None and NoneType in kinds:
        return None
    found: list[Fault] = []
    for kind in (one for one in kinds if one is not NoneType):
        found = []
        read = _read(value, kind, where, found)
        if not found:
            return read
    faults += found
    return None


def _read_tuple(value: Any, kinds: tuple[Any, ...], where: str, faults: list[Fault]) -> Any:
    if kinds[-1] is Ellipsis and isinstance(value, list):
        return tuple(
            _read(item, kinds[0], f"{where} {place}", faults)
            for place, item in enumerate(value, start=1)
        )
    if isinstance(value, list) and len(value) == len(kinds):
        return tuple(
            _read(item, kind, where, faults) for item, kind in zip(value, kinds, strict=True)
        )
    faults.append(Fault(where, "a list", describe(value)))
    return None


def _read_mapping(value: Any, kinds: tuple[Any, ...], where: str, faults: list[Fault]) -> Any:
    if not isinstance(value, dict):
        faults.append(Fault(where, "values by names", describe(value)))
        return None
    return {
        _read(key, kinds[0], f"names of {where}", faults): _read(item, kinds[1], where, faults)
        for key, item in value.items()
    }


def _say_kind(hint: Any) -> str:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return f"one of {', '.join(str(member.value) for member in hint)}"
    return {float: "a number", int: "a whole number", str: "text", bool: "true or false"}.get(
        hint, "another kind of value"
    )
