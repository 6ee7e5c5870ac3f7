"""`evaluation.json`: an evaluation as plain numbers and words, for programs to read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from desist.effects.groups import GroupTable
from desist.evaluation.record import ComparedCheck, Evaluation, MeasureRow
from desist.report._analyses import ShownAnalysis
from desist.report._digits import round_check
from desist.report._plain import encode_plain
from desist.report.disclosure import RuleSet
from desist.report.view import View, make_view
from desist.report.words.statements import Statement

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
    "mcse_lower",
    "mcse_upper",
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
    "agreement",
)
_TABLE_FIELDS = (
    "grouping",
    "measure",
    "probability",
    "n_groups",
    "n_withheld",
    "spread",
    "spread_lower",
    "spread_upper",
    "probability_differs",
)
_GROUP_FIELDS = (
    "level",
    "n_treated",
    "n_comparison",
    "raw",
    "estimate",
    "lower",
    "upper",
    "probability_of_benefit",
)


def encode_evaluation(
    evaluation: Evaluation, *, rules: str | RuleSet = "2019", sensitivity: Sequence[Any] = ()
) -> dict[str, Any]:
    """Return an evaluation in the schema of `evaluation.json`.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : str or RuleSet, default "2019"
        Rules by which the statements are written; they are stored with the settings.
    sensitivity : sequence of results, optional
        As in `write_report`.

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

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> evaluation = ds.evaluate_published(study)
    >>> record = ds.report.encode_evaluation(evaluation)
    >>> record["measures"][0]["measure"], "checks" in record
    ('rate', True)
    """
    return encode_view(make_view(evaluation, rules, sensitivity=sensitivity))


def encode_view(view: View) -> dict[str, Any]:
    """Return what may be seen of an evaluation in the schema of `evaluation.json`."""
    encoded = encode_plain(
        {
            "schema": SCHEMA,
            "package_version": view.package_version,
            "seed": view.seed,
            "settings": dict(view.settings) | {"report": {"rules": view.rules.name}},
            "design": view.design,
            "answer": view.banner or " ".join(view.answer),
            "measures": [_encode_measure(shown.row) for shown in view.measures],
            "checks": [_encode_check(round_check(shown.check)) for shown in view.checks],
            "groups": [_encode_groups(shown.table) for shown in view.groups],
            "by_day": [asdict(row) for row in view.by_day],
            "bias": None if view.bias is None else asdict(view.bias.result),
            "sensitivity": [_encode_analysis(shown) for shown in view.sensitivity],
            "evidence": _encode_evidence(view),
            "one_process": _encode_process(view),
            "among": None if view.among is None else asdict(view.among),
            "statements": [_encode_statement(statement) for statement in view.statements],
            "warnings": view.warnings,
            "withheld": [asdict(one) for one in view.kept_back],
        }
    )
    return dict(encoded)


def write_json(encoded: Mapping[str, Any]) -> str:
    """Write an encoded evaluation as JSON text."""
    return json.dumps(encoded, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _encode_analysis(shown: ShownAnalysis) -> dict[str, str]:
    return {name: getattr(shown, name) for name in ("name", "title", "doubt", "sentence")}


def _encode_evidence(view: View) -> dict[str, Any] | None:
    if view.evidence is None:
        return None
    kept = asdict(view.evidence.result)
    return kept | {"sentences": view.evidence.sentences}


def _encode_process(view: View) -> dict[str, Any] | None:
    if view.one_process is None:
        return None
    sharper = [_encode_measure(row) for _, row in view.one_process.rows]
    return {"sentence": view.one_process.sentence, "measures": sharper}


def _encode_measure(row: MeasureRow) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in _MEASURE_FIELDS}
    return fields | {"causal": True if row.measure.is_causal else "descriptive"}


def _encode_check(check: ComparedCheck) -> dict[str, Any]:
    return {name: getattr(check, name) for name in _CHECK_FIELDS}


def _encode_groups(table: GroupTable) -> dict[str, Any]:
    fields = {name: getattr(table, name) for name in _TABLE_FIELDS}
    rows = [{name: getattr(row, name) for name in _GROUP_FIELDS} for row in table.rows]
    return fields | {"rows": rows}


def _encode_statement(statement: Statement) -> dict[str, str]:
    note = (statement.note,) if statement.note else ()
    return {
        "measure": statement.measure.value,
        "may_say": " ".join((*statement.may_say, *note)),
        "may_not_say": " ".join(statement.may_not_say),
    }
