"""Writing the files of a run: all of them or none, and nothing through a link."""

# Every file is first written whole beside its target and forced to the disk. Only when all are
# there do they take their names, one rename after the other and the last file last, so that a full
# disk or a kill leaves what was there before.

import errno
import os
import secrets
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from desist.errors import Fault, InputError, raise_faults

SUBJECT = "report"
TEMPORARY = ".desist-"
EVERYBODY, OWNER_ONLY = 0o666, 0o600


@dataclass(frozen=True, repr=False)
class FileContent:
    """What is to be written under one name."""

    content: bytes  # all of it
    is_private: bool = False  # whether only the owner may read the file


def write_files(files: Mapping[Path, FileContent]) -> tuple[Path, ...]:
    """Write files together; those that were there before stay whole until all are ready."""
    raise_faults(SUBJECT, find_place_faults(files))
    made: list[Path] = []
    waiting: dict[Path, Path] = {}
    try:
        for folder in dict.fromkeys(path.parent for path in files):
            made += _make_folder(folder)
            _clear_left_over(folder)
        for path, file in files.items():
            waiting[path] = _name_beside(path)
            _write_whole(waiting[path], file)
        _put_in_place(waiting)
    except OSError as error:
        _undo(waiting.values(), made)
        raise _refuse(error, next(iter(files)).parent) from error
    except BaseException:
        _undo(waiting.values(), made)
        raise
    for folder in dict.fromkeys(path.parent for path in files):
        _force_to_disk(folder)
    return tuple(files)


def find_place_faults(paths: Collection[Path]) -> list[Fault]:
    """Find places that a file cannot be written to."""
    folders = dict.fromkeys(path.parent for path in paths)
    return [
        *(fault for folder in folders for fault in find_folder_faults(folder)),
        *(fault for path in paths for fault in _find_target_faults(path)),
    ]


def find_folder_faults(folder: Path) -> list[Fault]:
    """Find why a folder cannot be written to, or cannot be made."""
    where = str(folder)
    try:
        mode = _find_mode(folder)
        nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        takes_files = os.access(nearest, os.W_OK | os.X_OK) and os.statvfs(nearest).f_blocks > 0
    except (OSError, ValueError) as error:
        found = f"one that cannot be reached ({say_reason(error)})"
        return [Fault("out", "a folder", found, "choose another place")]
    if stat.S_ISLNK(mode):
        found = f"a symbolic link ({where})"
        return [Fault("out", "a folder", found, "give the folder that it leads to")]
    if mode and not stat.S_ISDIR(mode):
        return [Fault("out", "a folder", "a file of this name", "choose another name")]
    if nearest.is_dir() and takes_files:
        return []
    return [Fault("out", "a folder that can be written to", where, "choose another place")]


def remove_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Remove files of an earlier run, and the folders that are empty then."""
    gone = []
    for path in paths:
        if _is_regular(path):
            with suppress(OSError):
                path.unlink()
                gone.append(path)
    deepest_first = sorted({path.parent for path in gone}, key=lambda one: -len(one.parts))
    for folder in deepest_first:
        with suppress(OSError):  # it holds files of somebody else
            folder.rmdir()
    return tuple(gone)


def say_reason(error: Exception) -> str:
    """Say why the system refused, without the path."""
    code = getattr(error, "errno", None)
    return os.strerror(code).lower() if code else "not a path"


def _find_mode(path: Path) -> int:
    """Return the kind of what has this name, a link by itself; 0 for nothing."""
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return 0


def _find_target_faults(path: Path) -> list[Fault]:
    try:
        mode = _find_mode(path)
    except (OSError, ValueError) as error:
        if isinstance(error, NotADirectoryError | PermissionError):
            return []  # said of the folder
        return [Fault(path.name, "a file", f"one that cannot be reached ({say_reason(error)})")]
    if not mode or stat.S_ISREG(mode):
        return []
    kinds = {stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a folder"}
    found = kinds.get(stat.S_IFMT(mode), "a device or pipe")
    return [Fault(str(path), "a file or nothing", found, "move it away, or choose another place")]


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(_find_mode(path))
    except OSError:
        return False


def _make_folder(folder: Path) -> list[Path]:
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(exist_ok=True)
    return missing[::-1]


def _clear_left_over(folder: Path) -> None:
    """Remove what a run that was killed has left half written, but nothing of one that runs."""
    for path in folder.glob(f"{TEMPORARY}*-*"):
        number = path.name.removeprefix(TEMPORARY).partition("-")[0]
        if number.isascii() and number.isdigit() and _is_regular(path) and not _runs(int(number)):
            path.unlink()


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _name_beside(path: Path) -> Path:
    return path.with_name(f"{TEMPORARY}{os.getpid()}-{secrets.token_hex(8)}")


def _write_whole(path: Path, file: FileContent) -> None:
    mode = OWNER_ONLY if file.is_private else EVERYBODY
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(number, "wb") as opened:
        opened.write(file.content)
        opened.flush()
        os.fsync(opened.fileno())


def _put_in_place(waiting: Mapping[Path, Path]) -> None:
    """Give all files their names; when one cannot have it, the old ones get theirs back."""
    kept: dict[Path, Path] = {}
    done: list[Path] = []
    try:
        for path in waiting:
            if _is_regular(path):
                kept[path] = _name_beside(path)
                _keep(path, kept[path])
        for path, temporary in waiting.items():
            temporary.replace(path)
            done.append(path)
    except BaseException:
        for path in done:
            if path in kept:
                kept.pop(path).replace(path)
            else:
                path.unlink()
        raise
    finally:
        for old in kept.values():
            with suppress(FileNotFoundError):
                old.unlink()


def _keep(path: Path, kept: Path) -> None:
    """Give the old file a second name; where links are unknown, copy it."""
    try:
        os.link(path, kept, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS):
            raise
        mode = stat.S_IMODE(path.lstat().st_mode)
        _write_whole(kept, FileContent(path.read_bytes(), is_private=not mode & 0o077))


def _undo(waiting: Iterable[Path], made: Sequence[Path]) -> None:
    for path in waiting:
        with suppress(OSError):
            path.unlink()
    for folder in reversed(made):
        with suppress(OSError):
            folder.rmdir()


def _force_to_disk(folder: Path) -> None:
    with suppress(OSError):  # some file systems cannot, and the files are in place
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _refuse(error: OSError, folder: Path) -> InputError:
    advice = "make room or choose another place; the files of an earlier run are as they were"
    found = f"the system says: {say_reason(error)}"
    return InputError(SUBJECT, [Fault(str(folder), "room for the files", found, advice)])
