"""Save an evaluation and load it again: one netCDF file, no pickle, no person's data."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from threading import Lock

import xarray as xr
from xarray.backends import H5NetCDFStore

from desist.errors import Fault, raise_faults
from desist.estimands import Measure
from desist.evaluation._stored_effect import PARTS, StoredEffect, describe_effect, make_effect
from desist.evaluation._stored_process import (
    PREFIX,
    describe_process,
    make_process,
    take_process,
)
from desist.evaluation.container import read_file
from desist.evaluation.record import Evaluation
from desist.evaluation.stored import SCHEMA, StoredEvaluation, read_stored
from desist.writing import FileContent, write_files

RECORD = "evaluation"
SUBJECT = "evaluation"
_WRITING = Lock()


def save_evaluation(evaluation: Evaluation, path: str | Path) -> Path:
    """Save draws, results and settings; nothing about any single person is in them.

    The fits and the prognostic check of the evaluation are not saved.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    path : str or Path
        Ends in ".nc" by custom. A file of this name is replaced when the new one is whole.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    InputError
        If the place is a link or a folder, or cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> evaluation = ds.evaluate_published(study)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = ds.save_evaluation(evaluation, Path(folder) / "study.nc")
    ...     again = ds.load_evaluation(path)
    >>> again["rate"].row.difference == evaluation["rate"].row.difference
    True
    """
    path = Path(path)
    write_files({path: FileContent(pack_evaluation(evaluation))})
    return path


def pack_evaluation(evaluation: Evaluation) -> bytes:
    """Return what `save_evaluation` writes."""
    draws = _take_draws(evaluation)
    record = {
        "schema": SCHEMA,
        "package_version": evaluation.package_version,
        "title": evaluation.title,
        "estimand": evaluation.estimand,
        "seed": evaluation.seed,
        "settings": evaluation.settings,
        "design": evaluation.design,
        "effects": [describe_effect(effect) for effect in evaluation.effects],
        "checks": [vars(check) for check in evaluation.checks],
        "unavailable": evaluation.unavailable,
        "flow": None if evaluation.flow is None else asdict(evaluation.flow),
        "warnings": evaluation.warnings,
        "published": None if evaluation.published is None else asdict(evaluation.published),
        "smallest_group": evaluation.smallest_group,
        "dominated": evaluation.dominated,
        "degrees_of_freedom": evaluation.degrees_of_freedom,
        "by_group": [asdict(table) for table in evaluation.by_group],
        "by_day": [asdict(row) for row in evaluation.by_day],
        "horizon": evaluation.horizon,
        "margins": evaluation.margins,
        "bias": None if evaluation.bias is None else asdict(evaluation.bias),
        "evidence": None if evaluation.evidence is None else asdict(evaluation.evidence),
        "one_process": describe_process(evaluation.one_process),
        "digest": _digest(_by_name(draws)),
    }
    # a variable, because an attribute of an HDF5 file may not be longer than 64 kB
    saved = draws.assign({RECORD: xr.DataArray(json.dumps(record))})
    return _encode(saved)


def _encode(saved: xr.Dataset) -> bytes:
    # `to_netcdf` writes the same, but makes a lock for clusters: where dask.distributed is
    # installed it is loaded for that, which takes longer than all the rest
    packed = BytesIO()
    store = H5NetCDFStore.open(packed, mode="w", lock=_WRITING)
    saved.dump_to_store(store)
    store.close()
    return packed.getvalue()


def load_evaluation(path: str | Path) -> Evaluation:
    """Load an evaluation that `save_evaluation` wrote.

    The file may come from anybody: what such a file does not hold (links, storage in other
    files, references, objects, more than 256 MB) is refused before it is read, and the
    convergence gate is applied again.

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
        If there is no such file, it holds no evaluation of this schema, or its posterior is
        none that an evaluation would have given; every fault is listed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = ds.save_evaluation(ds.evaluate_published(study), Path(folder) / "study.nc")
    ...     again = ds.load_evaluation(path)
    >>> again.title, round(again["rate"].row.difference, 2)
    ('Mentoring (complex analysis)', -0.12)
    """
    path = Path(path)
    text, arrays = read_file(path, RECORD, _list_known())
    stored = read_stored(text, path.name)
    named = {name for _, names in _list_effects(stored) for name in names}
    faults = [*_find_effect_faults(stored, arrays.keys()), *_find_stranger_faults(arrays, named)]
    draws = {name: xr.DataArray(values, dims=("chain", "draw")) for name, values in arrays.items()}
    if not faults and stored.digest not in (None, _digest(draws)):
        faults.append(Fault("draws", "those that were saved with the record", "others"))
    raise_faults(SUBJECT, [_name_file(path, fault) for fault in faults])
    return Evaluation(
        title=stored.title,
        estimand=stored.estimand,
        effects=tuple(make_effect(effect, draws) for effect in stored.effects),
        checks=stored.checks,
        unavailable=stored.unavailable,
        design=stored.design,
        flow=stored.flow,
        settings=stored.settings,
        seed=stored.seed,
        warnings=stored.warnings,
        published=stored.published,
        smallest_group=stored.smallest_group,
        dominated=stored.dominated,
        degrees_of_freedom=stored.degrees_of_freedom,
        by_group=stored.by_group,
        by_day=stored.by_day,
        # files that lack it have it among the settings alone
        horizon=stored.settings.get("horizon") if stored.horizon is None else stored.horizon,
        margins=stored.margins,
        package_version=stored.package_version,
        bias=stored.bias,
        evidence=stored.evidence,
        one_process=make_process(stored.one_process, draws),
    )


def _take_draws(evaluation: Evaluation) -> xr.Dataset:
    """Take the draws of the effects and those of one process; chains and draws have no labels."""
    draws = evaluation.draws.assign(take_process(evaluation.one_process))
    return draws.drop_vars(["chain", "draw"], errors="ignore")


def _by_name(draws: xr.Dataset) -> dict[str, xr.DataArray]:
    return {str(name): values for name, values in draws.data_vars.items()}


def _digest(draws: Mapping[str, xr.DataArray]) -> str:
    """Return a checksum of the draws: a file of which a byte was lost is not read as another."""
    made = hashlib.sha256()
    for name in sorted(draws):
        made.update(name.encode())
        made.update(draws[name].to_numpy().astype("<f8").tobytes())
    return made.hexdigest()


def _list_known() -> set[str]:
    """List the names that draws may have."""
    names = {f"{measure}_{part}" for measure in Measure for part in PARTS}
    return names | {f"{PREFIX}{name}" for name in names}


def _list_effects(stored: StoredEvaluation) -> list[tuple[StoredEffect, list[str]]]:
    """List the effects of a record, those of one process too, and the names of their draws."""
    process = stored.one_process
    of_process = () if process is None else process.effects
    own = [(effect, list(effect.names)) for effect in stored.effects]
    return own + [(one, [f"{PREFIX}{name}" for name in one.names]) for one in of_process]


def _find_effect_faults(stored: StoredEvaluation, there: Iterable[str]) -> list[Fault]:
    effects = _list_effects(stored)
    missing = [
        Fault(name, "the draws of this name", "none")
        for _, names in effects
        for name in names
        if name not in set(there)
    ]
    advice = "evaluate again: an evaluation that converged has no such figures"
    failed = [
        Fault(f"diagnostics of {effect.measure}", "those of a fit that converged", problem, advice)
        for effect, _ in effects
        for problem in effect.diagnostics.problems
    ]
    return missing + failed


def _find_stranger_faults(there: Iterable[str], named: set[str]) -> list[Fault]:
    return [
        Fault(name, "draws of a measure that the record describes", "draws of another")
        for name in there
        if name not in named
    ]


def _name_file(path: Path, fault: Fault) -> Fault:
    return Fault(f"{path.name}, {fault.where}", fault.expected, fault.found, fault.advice)
