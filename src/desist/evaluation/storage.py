"""Save an evaluation and load it again: one netCDF file, no pickle, no person's data."""

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import xarray as xr

from desist.cohort.flow import FlowStep, RecordFlow
from desist.cohort.published import PublishedMeasure, PublishedStudy
from desist.effects import Effect
from desist.effects.corrected import Correction
from desist.errors import Fault, InputError
from desist.estimands import Estimand, Measure, Scale
from desist.evaluation.record import ComparedCheck, Evaluation
from desist.inference.diagnostics import Diagnostics

SCHEMA = 1
RECORD = "evaluation"


def save_evaluation(evaluation: Evaluation, path: str | Path) -> Path:
    """Save draws, results and settings; nothing about any single person is in them.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    path : str or Path
        Ends in ".nc" by custom.

    Returns
    -------
    Path
        Where it was written.
    """
    path = Path(path)
    record = {
        "schema": SCHEMA,
        "package_version": evaluation.package_version,
        "title": evaluation.title,
        "estimand": evaluation.estimand,
        "seed": evaluation.seed,
        "settings": evaluation.settings,
        "design": evaluation.design,
        "effects": [_describe_effect(effect) for effect in evaluation.effects],
        "checks": [vars(check) for check in evaluation.checks],
        "unavailable": evaluation.unavailable,
        "flow": None if evaluation.flow is None else asdict(evaluation.flow),
        "warnings": evaluation.warnings,
        "published": None if evaluation.published is None else asdict(evaluation.published),
    }
    # a variable, because an attribute of an HDF5 file may not be longer than 64 kB
    saved = evaluation.draws.assign({RECORD: xr.DataArray(json.dumps(record))})
    saved.to_netcdf(path, engine="h5netcdf")
    return path


def load_evaluation(path: str | Path) -> Evaluation:
    """Load an evaluation that `save_evaluation` wrote.

    Parameters
    ----------
    path : str or Path
        The netCDF file.

    Returns
    -------
    Evaluation
        Equal in every figure to the one that was saved.

    Raises
    ------
    InputError
        If there is no such file, or it holds no evaluation of this schema.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("evaluation", [Fault(path.name, "a file", "none", "check the path")])
    try:
        with xr.open_dataset(path, engine="h5netcdf") as opened:
            draws = opened.load()
    except OSError as error:
        raise InputError("evaluation", [Fault(path.name, "a netCDF file", "another")]) from error
    record = json.loads(str(draws[RECORD].item())) if RECORD in draws else {}
    if record.get("schema") != SCHEMA:
        found = f"schema {record.get('schema')}, written by desist {record.get('package_version')}"
        advice = "load it with the version that wrote it, or evaluate again"
        raise InputError("evaluation", [Fault(path.name, f"schema {SCHEMA}", found, advice)])
    return Evaluation(
        title=record["title"],
        estimand=Estimand(record["estimand"]),
        effects=tuple(_read_effect(described, draws) for described in record["effects"]),
        checks=tuple(_read_check(described) for described in record["checks"]),
        unavailable={Measure(key): why for key, why in record["unavailable"].items()},
        design=record["design"],
        flow=None if record["flow"] is None else _read_flow(record["flow"]),
        settings=record["settings"],
        seed=record["seed"],
        warnings=tuple(record["warnings"]),
        published=None if record["published"] is None else _read_published(record["published"]),
        package_version=record["package_version"],
    )


def _describe_effect(effect: Effect) -> dict[str, Any]:
    plain = ("measure", "estimand", "n_treated", "n_comparison", "probability")
    return {name: getattr(effect, name) for name in plain} | {
        "diagnostics": effect.diagnostics.to_dict(),
        "correction": None if effect.correction is None else asdict(effect.correction),
    }


def _read_effect(described: dict[str, Any], draws: xr.Dataset) -> Effect:
    measure = Measure(described["measure"])

    def find(part: str) -> xr.DataArray | None:
        name = f"{measure}_{part}"
        return draws[name].rename(None) if name in draws else None

    return Effect(
        measure=measure,
        estimand=Estimand(described["estimand"]),
        n_treated=described["n_treated"],
        n_comparison=described["n_comparison"],
        treated=find("treated"),
        comparison=find("comparison"),
        difference=find("difference"),
        ratio=draws[f"{measure}_ratio"].rename(None),
        diagnostics=Diagnostics(**described["diagnostics"]),
        probability=described["probability"],
        correction=_read_correction(described.get("correction")),
    )


def _read_correction(described: dict[str, Any] | None) -> Correction | None:
    if described is None:
        return None
    lists = ("sizes", "kish", "not_corrected")  # as JSON has them
    parts = {name: None if described[name] is None else tuple(described[name]) for name in lists}
    return Correction(**described | parts)


def _read_flow(described: dict[str, Any]) -> RecordFlow:
    return RecordFlow(tuple(FlowStep(**step) for step in described["steps"]))


def _read_published(described: dict[str, Any]) -> PublishedStudy:
    lines = [line | {"measure": Measure(line["measure"])} for line in described["measures"]]
    return PublishedStudy(
        name=described["name"],
        analysis=described["analysis"],
        source=described["source"],
        measures=tuple(PublishedMeasure(**line) for line in lines),
        ess_range=None if described["ess_range"] is None else tuple(described["ess_range"]),
        flow=None if described["flow"] is None else _read_flow(described["flow"]),
        profile=described["profile"],
    )


def _read_check(described: dict[str, Any]) -> ComparedCheck:
    known = {item.name for item in fields(ComparedCheck)}
    values = {name: value for name, value in described.items() if name in known}
    values["measure"] = Measure(values["measure"])
    values["scale"] = Scale(values["scale"])
    return ComparedCheck(**values)
