"""The netCDF file of an evaluation, read as one that may come from anybody."""

# HDF5 can point into other files, unpack a few bytes to terabytes and hold references and objects.
# An evaluation needs none of it: its file holds one text and arrays of numbers, by their names.
# Everything else is refused by looking at its description, before a value is read.

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from desist._types import Floats
from desist.errors import Fault, InputError, raise_faults
from desist.estimands import Measure
from desist.evaluation.stored import SCHEMA
from desist.writing import say_reason

SUBJECT = "evaluation"
LARGEST = 256 * 1024**2  # bytes of the file, and of all arrays together
MOST_NAMES = 100
DIMENSIONS = frozenset(
    name
    for axis in ("chain", "draw")
    for name in (axis, f"{axis}_process", *(f"{axis}_{m}" for m in Measure))
)
HARMLESS_FILTERS = frozenset({h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE})
# what h5py raises for a damaged file; it has no error of its own
UNREADABLE = (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError)
NO_NETCDF = ("a netCDF file", "another")


def read_file(path: Path, record: str, named: set[str]) -> tuple[str, dict[str, Floats]]:
    """Read the text and the draws of a file."""
    content = _read_bytes(path)
    try:
        with h5py.File(h5py.h5f.open_file_image(content)) as opened:
            kept, faults = _look(opened["/"], record, {record} | named)
            raise_faults(SUBJECT, [_name_file(path, fault) for fault in faults])
            text = str(opened[record].asstr()[()])
            arrays = {name: np.asarray(opened[name][()], dtype=np.float64) for name in kept}
    except InputError:
        raise
    except UNREADABLE as error:
        raise InputError(SUBJECT, [Fault(path.name, *NO_NETCDF)]) from error
    faults = [
        Fault(name, "finite draws", f"{int((~np.isfinite(values)).sum())} that are not")
        for name, values in arrays.items()
        if not np.isfinite(values).all()
    ]
    raise_faults(SUBJECT, [_name_file(path, fault) for fault in faults])
    return text, arrays


def _read_bytes(path: Path) -> bytes:
    try:
        known = path.stat()
        if not stat.S_ISREG(known.st_mode):
            kind = "a folder" if stat.S_ISDIR(known.st_mode) else "none that can be read"
            raise InputError(SUBJECT, [Fault(path.name, "a file", kind, "check the path")])
        if known.st_size > LARGEST:
            expected, found = f"at most {LARGEST:,} bytes", f"{known.st_size:,}"
            raise InputError(SUBJECT, [Fault(path.name, expected, found)])
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(SUBJECT, [Fault(path.name, "a file", "none", "check the path")]) from error
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        found = f"none that can be read ({say_reason(error)})"
        raise InputError(SUBJECT, [Fault(path.name[:100], "a file", found)]) from error


def _name_file(path: Path, fault: Fault) -> Fault:
    where = f"{path.name}, {fault.where}" if fault.where else path.name
    return Fault(where, fault.expected, fault.found, fault.advice)


def _look(opened: Any, record: str, known: set[str]) -> tuple[list[str], list[Fault]]:
    """Return the names of the draws, and what the file holds that an evaluation does not."""
    names = [] if len(opened) > MOST_NAMES else list(opened)
    if record not in names:
        found = "no record of an evaluation"
        return [], [Fault("", f"schema {SCHEMA}", found, "save one with save_evaluation")]
    faults, sizes = [], 0
    shapes: dict[str, set[tuple[int, ...]]] = {}
    for name in names:
        if name not in known and name not in DIMENSIONS:
            faults.append(Fault("a name", "the record or draws of a measure", "another"))
            continue
        kinds = _find_storage_faults(opened, name) or [
            *_find_kind_faults(opened[name].id, name, is_text=name == record)
        ]
        faults += kinds
        if not kinds:
            sizes += _find_size(opened[name].id)
            if name != record and name not in DIMENSIONS:
                shapes.setdefault(name.rpartition("_")[0], set()).add(opened[name].shape)
    if sizes > LARGEST:
        faults.append(Fault("", f"at most {LARGEST:,} bytes unpacked", f"{sizes:,}"))
    faults += [
        Fault(f"draws of {measure}", "as many of every part", f"{len(found)} shapes")
        for measure, found in shapes.items()
        if len(found) > 1
    ]
    return [name for name in names if name in known - {record}], faults


def _find_storage_faults(opened: Any, name: str) -> list[Fault]:
    """Look at the link before it is followed, and at the storage before it is read."""
    if opened.id.links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
        return [Fault(name, "an array in this file", "a link")]
    opened_id = h5py.h5o.open(opened.id, name.encode())
    if not isinstance(opened_id, h5py.h5d.DatasetID):
        return [Fault(name, "an array", "a group or type")]
    made = opened_id.get_create_plist()
    filters = {made.get_filter(place)[0] for place in range(made.get_nfilters())}
    checks = {
        "storage in another file": made.get_external_count() > 0,
        "a view of other arrays": made.get_layout() == h5py.h5d.VIRTUAL,
        "a filter that netCDF does not need": not filters <= HARMLESS_FILTERS,
    }
    return [Fault(name, "an array in this file", what) for what, is_so in checks.items() if is_so]


def _find_kind_faults(array: Any, name: str, *, is_text: bool) -> Iterator[Fault]:
    kind, space = array.get_type(), array.get_space()
    if is_text:
        if not isinstance(kind, h5py.h5t.TypeStringID) or space.get_simple_extent_npoints() != 1:
            yield Fault(name, "one text", "something else")
        return
    if name in DIMENSIONS:  # numbered from 0, and not read
        if not isinstance(kind, h5py.h5t.TypeFloatID | h5py.h5t.TypeIntegerID):
            yield Fault(name, "numbers", "something else")
        return
    if not isinstance(kind, h5py.h5t.TypeFloatID) or kind.get_size() not in (4, 8):
        yield Fault(name, "numbers of 4 or 8 bytes", "something else")
        return
    n_dimensions = space.get_simple_extent_ndims()
    if n_dimensions != 2 or not space.get_simple_extent_npoints():
        yield Fault(name, "draws by chain and draw", f"{n_dimensions} dimensions or no draws")


def _find_size(array: Any) -> int:
    return int(array.get_space().get_simple_extent_npoints()) * int(array.get_type().get_size())
