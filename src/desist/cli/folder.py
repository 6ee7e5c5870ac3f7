"""The folder of a run: its files change together, and none of an earlier run stays unnamed."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from desist._types import Floats
from desist.cli.study import NAME
from desist.cli.terminal import say
from desist.cohort.cohort import Cohort
from desist.errors import raise_faults
from desist.report.document import FILES, render_files, render_notice
from desist.report.summary import summarise
from desist.report.view import View
from desist.spreadsheet import encode_csv
from desist.writing import (
    FileContent,
    find_folder_faults,
    find_place_faults,
    remove_files,
    write_files,
)

WEIGHTS, ANALYSES, RECORD = "weights.csv", "analyses.json", "evaluation.json"
LARGEST_RECORD = 64 * 1024**2


def require_places(out: Path, names: Iterable[str], *, weights: bool = False) -> None:
    """Refuse places that cannot be written to before anything is computed."""
    raise_faults("report", find_folder_faults(out))
    names = list(names)
    files = [out / name / file for name in names for file in (*FILES, *[WEIGHTS][: int(weights)])]
    raise_faults("report", find_place_faults([*files, *([] if "" in names else [out / ANALYSES])]))


class Run:
    """Everything that a run writes and says; nothing is written before `write`."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.files: dict[Path, FileContent] = {}
        self.lines: list[str] = []
        self.before = _read_made(out / ANALYSES)

    def add(self, name: str, view: View) -> None:
        """Render what may be seen of an analysis."""
        rendered = render_files(view)
        self.lines += summarise(view)
        for file, content in rendered.items():
            self.files[self.out / name / file] = FileContent(content)
        single = [file for file in sorted(rendered) if "/" not in file]
        self.lines += [f"  {self.out / name / file}" for file in single]
        self.lines.append(f"  {self.out / name / 'tables'} ({len(rendered) - len(single)} tables)")

    def add_notice(self, name: str, title: str, reason: str) -> None:
        """Render a page that says why nothing may be reported."""
        path = self.out / name / "report.html"
        self.files[path] = FileContent(render_notice(title, reason).encode("utf-8", "replace"))
        self.lines += [f"Evaluation: {title}", f"  Nothing may be reported: {reason}", f"  {path}"]

    def add_weights(self, name: str, cohort: Cohort, weights: Floats) -> None:
        """Render the weights, which are personal data."""
        path = self.out / name / WEIGHTS
        self.files[path] = FileContent(write_weights(cohort, weights), is_private=True)
        self.lines.append(f"  {path} (personal data)")

    def add_analyses(self, made: list[str], refused: Mapping[str, str]) -> None:
        """Render which analyses were made, and why the others were not."""
        self.lines += [f"{name} analysis: not made, {why}" for name, why in refused.items()]
        content = {"headline": made[0], "made": made, "refused": dict(refused)}
        path = self.out / ANALYSES
        self.files[path] = FileContent((json.dumps(content, indent=2) + "\n").encode())
        self.lines.append(f"  {path}")
        self.before |= set(refused)

    def write(self) -> None:
        """Write all files and say what they are."""
        write_files(self.files)
        pages = [str(path) for path in self.files if path.suffix == ".html"]
        say(*self.lines, f"To read: {', '.join(pages)}")

    def tidy(self) -> None:
        """Take files of an earlier run away that do not belong to this one, and name them."""
        folders = [self.out, *(self.out / name for name in sorted(self.before))]
        for folder in folders:
            self._tidy(folder)

    def _tidy(self, folder: Path) -> None:
        if folder.is_symlink():
            return
        stale = [
            folder / name
            for name in FILES
            if folder / name not in self.files and not (folder / name).parent.is_symlink()
        ]
        if _is_ours(folder / RECORD):
            gone = remove_files(stale)
            say(*(f"  {path} of an earlier run is taken away" for path in gone))
        if folder == self.out and folder / ANALYSES not in self.files and self.before:
            gone = remove_files([folder / ANALYSES])
            say(*(f"  {path} of an earlier run is taken away" for path in gone))
        weights = folder / WEIGHTS
        if weights not in self.files and weights.is_file():
            say(f"  {weights} of an earlier run is still there (personal data)")


def write_weights(cohort: Cohort, weights: Floats) -> bytes:
    """Write the weights as a table that a spreadsheet does not run."""
    import pandas as pd

    table = pd.DataFrame({"weight": weights})
    if cohort.person is not None:
        name, cells = cohort.person, cohort.people[cohort.person]
        table.insert(0, "person", list(cells))
        table.columns = pd.Index([name, "weight"])
    return encode_csv(table)


def _read_record(path: Path) -> Mapping[str, Any]:
    """Read a record that may be ours; nothing where it is not."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST_RECORD:
            return {}
        read = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _read_made(path: Path) -> set[str]:
    """Read which analyses the run before has made here."""
    read = _read_record(path)
    made, refused = read.get("made"), read.get("refused")
    if not isinstance(made, list) or not isinstance(refused, dict):
        return set()
    return {name for name in made if isinstance(name, str) and NAME.fullmatch(name)}


def _is_ours(path: Path) -> bool:
    return {"schema", "package_version", "measures", "checks"} <= set(_read_record(path))
