"""`evaluation.json`: an evaluation as plain numbers and words, for programs to read."""

import json
import math
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from desist.errors import Fault, InputError
from desist.estimands import Measure
from desist.evaluation.record import ComparedCheck, Evaluation, MeasureRow
from desist.report.digits import round_row, without_figures
from desist.report.disclosure import RuleSet, find_rules
from desist.report.figures import explain_withheld, list_withheld
from desist.report.statements import Statement, make_statements
from desist.report.view import disclose_checks, disclose_design, require_enough_people
from desist.report.wording import WORDINGS

SCHEMA = 1

_MEASURE_FIELDS = (
    "measure",
    "estimand",
    "n_treated",
    "n_comparison",
    "treated",
    "comparison",
    "difference",
    "lower",
    "upper",
    "ratio",
    "ratio_lower",
    "ratio_upper",
    "probability_of_benefit",
    "engine",
    "khat",
    "rhat_max",
    "ess_bulk_min",
)
_CHECK_FIELDS = (
    "measure",
    "check",
    "estimate",
    "lower",
    "upper",
    "p_value",
    "applicable",
    "reason",
    "agrees",
)


def encode_evaluation(evaluation: Evaluation, *, rules: str | RuleSet = "2019") -> dict[str, Any]:
    """Return an evaluation in the schema of `evaluation.json`.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : str or RuleSet, default "2019"
        Rules by which the statements are written; they are stored with the settings.

    Returns
    -------
    dict
        Plain values only, so that `json.dumps` takes it: nan and infinite numbers are
        None. Proportions are 0 to 1, frequencies offences per person, times days, all with
        the digits that the report shows.

    Raises
    ------
    CannotAnswerError
        If there are too few people to report on.

    Notes
    -----
    A measure that the rules keep out of the report has a row without figures, unless the
    figures are published ones; a warning says why. Of a covariate with a small category there
    is one row without figures.
    """
    rule_set = find_rules(rules)
    require_enough_people(evaluation, rule_set)
    withheld = [] if evaluation.published else list_withheld(evaluation, rule_set)
    settings = dict(evaluation.settings) | {"report": {"rules": rule_set.name}}
    encoded = encode_plain(
        {
            "schema": SCHEMA,
            "package_version": evaluation.package_version,
            "seed": evaluation.seed,
            "settings": settings,
            "design": disclose_design(evaluation.design, rule_set),
            "measures": [
                _encode_measure(without_figures(row) if row in withheld else round_row(row))
                for row in evaluation.measures
            ],
            "checks": [_encode_check(check) for check in disclose_checks(evaluation, rule_set)],
            "statements": [_encode_statement(s) for s in make_statements(evaluation, rule_set)],
            "warnings": list_warnings(evaluation, rule_set),
        }
    )
    return dict(encoded)


def write_json(encoded: Mapping[str, Any]) -> str:
    """Write an encoded evaluation as JSON text.

    Parameters
    ----------
    encoded : mapping
        From `encode_evaluation`.

    Returns
    -------
    str
        Indented JSON that ends in a newline.
    """
    return json.dumps(encoded, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def list_warnings(evaluation: Evaluation, rules: RuleSet) -> list[str]:
    """List what a reader has to know: warnings, measures not available or not printed.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : RuleSet
        What is printed on small groups.

    Returns
    -------
    list of str
        Sentences.
    """
    missing = [
        f"{_name(measure)}: not available, because {reason.rstrip('.')}."
        for measure, reason in evaluation.unavailable.items()
    ]
    withheld = [
        f"{_name(row.measure)}: not printed in the report, because "
        f"{explain_withheld(evaluation, row, rules)}."
        for row in list_withheld(evaluation, rules)
    ]
    return [*evaluation.warnings, *missing, *withheld]


def encode_plain(value: Any) -> Any:
    """Return a value as JSON knows it.

    Parameters
    ----------
    value : object
        Numbers, text, enumerations, paths, mappings and sequences, nested.

    Returns
    -------
    object
        The same in dict, list, str, bool, int, float and None; nan and infinite
        numbers are None.

    Raises
    ------
    InputError
        If a value has no plain form; its type is named, not the value.
    """
    if value is None or (isinstance(value, bool | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Mapping):
        return {str(encode_plain(key)): encode_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode_plain(item) for item in value]
    return _encode_scalar(value)


def _name(measure: Measure) -> str:
    return f"{WORDINGS[measure].title} ({measure.value})"


def _encode_scalar(value: Any) -> Any:
    if isinstance(value, Enum):
        return encode_plain(value.value)
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, np.generic | np.ndarray):
        return encode_plain(value.tolist())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    found = type(value).__name__
    fault = Fault("a stored value", "a number, text, list or mapping", found, "store it plainly")
    raise InputError("evaluation.json", [fault])


def _encode_measure(row: MeasureRow) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in _MEASURE_FIELDS}
    return fields | {"causal": True if row.measure.is_causal else "descriptive"}


def _encode_check(check: ComparedCheck) -> dict[str, Any]:
    return {name: getattr(check, name) for name in _CHECK_FIELDS}


def _encode_statement(statement: Statement) -> dict[str, str]:
    note = (statement.note,) if statement.note else ()
    return {
        "measure": statement.measure.value,
        "may_say": " ".join((*statement.may_say, *note)),
        "may_not_say": " ".join(statement.may_not_say),
    }
