"""Files of a run change together, or not at all."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desist.errors import InputError
from desist.writing import FileContent, remove_files, write_files

NAMES = ("a.nc", "b.html", "c.json")


def contents(folder, text):
    return {folder / name: FileContent(f"{text} {name}".encode()) for name in NAMES}


def state(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.fixture
def old(tmp_path):
    write_files(contents(tmp_path, "old"))
    return tmp_path


def test_files_are_written_and_nothing_else_is_left(old):
    assert state(old) == {name: f"old {name}" for name in NAMES}
    write_files(contents(old, "new"))
    assert state(old) == {name: f"new {name}" for name in NAMES}


def test_files_in_several_folders_are_written_together(tmp_path):
    files = contents(tmp_path / "deep" / "one", "x") | contents(tmp_path / "two", "y")
    assert write_files(files) == tuple(files)
    assert state(tmp_path / "deep" / "one") == {name: f"x {name}" for name in NAMES}


@pytest.mark.parametrize("step", range(6))
@pytest.mark.parametrize("call", ["replace", "fsync", "link", "open"])
def test_a_disk_that_fails_at_any_step_leaves_the_old_files_whole(old, monkeypatch, call, step):
    real, seen = getattr(os, call), []

    def fail(*arguments, **settings):
        seen.append(1)
        if len(seen) == step + 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*arguments, **settings)

    monkeypatch.setattr(os, call, fail)
    expected, told = "new", "no space left on device"
    try:
        write_files(contents(old, "new"))
    except InputError as error:
        expected, told = "old", str(error)
    monkeypatch.undo()
    assert state(old) == {name: f"{expected} {name}" for name in NAMES}
    assert "no space left on device" in told


def test_a_folder_that_was_made_for_nothing_is_gone_again(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match="make room"):
        write_files(contents(tmp_path / "deep" / "out", "new"))
    assert list(tmp_path.iterdir()) == []


def test_a_kill_while_files_are_written_leaves_the_old_ones_and_the_next_run_tidies(old):
    script = (
        "import os, signal, sys, pathlib\n"
        "from desist.writing import FileContent, write_files\n"
        "real, seen = os.fsync, []\n"
        "def die(number):\n"
        "    seen.append(1)\n"
        "    real(number) if len(seen) < 3 else os.kill(os.getpid(), signal.SIGKILL)\n"
        "os.fsync = die\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        f"write_files({{folder / name: FileContent(b'new') for name in {NAMES}}})\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(old)], check=False)
    assert done.returncode == -9
    assert {name: text for name, text in state(old).items() if name in NAMES} == {
        name: f"old {name}" for name in NAMES
    }
    assert len(list(old.iterdir())) > len(NAMES)
    write_files(contents(old, "newer"))
    assert state(old) == {name: f"newer {name}" for name in NAMES}


def test_a_private_file_is_its_owners_also_when_it_was_not_before(tmp_path):
    path = tmp_path / "weights.csv"
    path.write_text("old")
    path.chmod(0o644)
    write_files({path: FileContent(b"new", is_private=True)})
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kind", ["link", "link to nowhere", "folder", "pipe"])
def test_what_is_no_file_is_refused_by_name_before_anything_is_written(old, kind):
    odd = old / "d.txt"
    {
        "link": lambda: odd.symlink_to(old / "a.nc"),
        "link to nowhere": lambda: odd.symlink_to("/nowhere/x"),
        "folder": odd.mkdir,
        "pipe": lambda: os.mkfifo(odd),
    }[kind]()
    with pytest.raises(InputError, match=r"d\.txt: expected a file or nothing"):
        write_files(contents(old, "new") | {odd: FileContent(b"new")})
    assert (old / "a.nc").read_text() == "old a.nc"


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "/proc/desist/x", "/dev/null/x"])
def test_paths_that_cannot_be_are_one_error(tmp_path, name):
    with pytest.raises(InputError, match="report: "):
        write_files({tmp_path / name / "file": FileContent(b"new")})
    with pytest.raises(InputError, match="report: "):
        write_files(
            {tmp_path / name: FileContent(b"new")}
            if "/" not in name
            else {Path(name): FileContent(b"new")}
        )


def test_only_files_are_removed_and_only_empty_folders(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    for path in (tmp_path / "one" / "x", tmp_path / "two" / "x", tmp_path / "two" / "mine"):
        path.write_text("text")
    (tmp_path / "two" / "link").symlink_to(tmp_path / "two" / "mine")
    paths = [tmp_path / name for name in ("one/x", "two/x", "two/link", "two/none")]
    assert remove_files(paths) == tuple(paths[:2])
    assert not (tmp_path / "one").exists()
    assert {path.name for path in (tmp_path / "two").iterdir()} == {"mine", "link"}
