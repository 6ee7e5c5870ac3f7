"""Reference pages, one a face, in step with the code because they are made from it.

The names that `import desist as ds` gives stand first. The others that stand on its face
follow, grouped by the module that they live in under the first line of its docstring.
"""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx

FACES = (
    "plots",
    "report",
    "synthesis",
    "sensitivity",
    "evaluation",
    "checks",
    "effects",
    "models",
    "inference",
    "intake",
    "sample",
    "design",
    "datasets",
    "cohort",
    "execution",
    "estimands",
    "weights",
    "errors",
)
MORE = {
    "checks": "The method of each is in :doc:`/method/checks`. Most take arrays, counts or printed "
    "summaries, so that somebody with a table and no data can use them.",
    "datasets": "Where each comes from, and on what terms it is here, is what ``provenance`` says.",
    "design": "How they are used, and what the words of balance mean: :doc:`/method/design`.",
    "errors": "When each is raised, and the exit codes of the command line: "
    ":doc:`/reference/exit_codes`.",
    "inference": "What is done, and when it is refused: :doc:`/method/inference`.",
    "intake": "The same by a settings file: :doc:`/reference/settings`.",
    "report": "What may be said, and by which rules: :doc:`/method/statements`.",
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the pages before Sphinx looks for pages, and remove those of names that are gone."""
    folder = Path(app.srcdir) / "reference" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = set()
    for face in FACES:
        text = write_page(face)
        page = folder / f"ds_{face}.rst"
        wanted |= {page.name} | {f"{name}.rst" for name in list_names(text)}
        # Written only when it changed: Sphinx reads a page again when its file is new.
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
    for page in folder.glob("*.rst"):
        if page.name not in wanted:
            page.unlink()
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def list_names(text: str) -> Iterator[str]:
    """List the names in the tables of a page, with their modules."""
    home = ""
    for line in text.splitlines():
        if line.startswith(".. currentmodule:: "):
            home = line.split()[-1]
        elif line.startswith("   ") and ":" not in line:
            yield f"{home}.{line.strip()}"


def write_page(name: str) -> str:
    """Write the page of one face."""
    face = import_module(f"desist.{name}")
    title = name.capitalize()
    lines = [title, "=" * len(title), "", first_line(face), "", MORE.get(name, ""), ""]
    first = list_top_names(name)
    if first:
        lines += write_table("desist", first)
    for module, names in group_names(face, without=set(first)).items():
        heading = first_line(import_module(module)).rstrip(".")
        lines += [heading, "-" * len(heading), ""] if module != face.__name__ else []
        lines += write_table(face.__name__, names)
    return "\n".join(lines)


def write_table(home: str, names: list[str]) -> list[str]:
    """Write one table of names."""
    head = [f".. currentmodule:: {home}", "", ".. autosummary::", "   :toctree: ."]
    return [*head, "   :nosignatures:", "", *(f"   {name}" for name in names), ""]


def list_top_names(face: str) -> list[str]:
    """List the names of `desist` that live there."""
    top = import_module("desist")
    homes = {name: getattr(getattr(top, name), "__module__", "") for name in top.__all__}
    return [name for name, home in homes.items() if f"{home}.".startswith(f"desist.{face}.")]


def group_names(face: ModuleType, without: set[str]) -> dict[str, list[str]]:
    """Group the names of a face by the module that they live in."""
    groups: dict[str, list[str]] = {}
    for name in getattr(face, "__all__", vars(face)):
        item = getattr(face, name)
        if name not in without and not name.startswith("_") and is_ours(item, face):
            groups.setdefault(item.__module__, []).append(name)
    return dict(sorted(groups.items()))


def is_ours(item: object, face: ModuleType) -> bool:
    """Return whether a name of a face is a function or class that belongs to it."""
    if not (inspect.isclass(item) or inspect.isfunction(item)):
        return False
    return hasattr(face, "__all__") or item.__module__ == face.__name__


def first_line(module: ModuleType) -> str:
    """Return the first line of a module's docstring."""
    return (inspect.getdoc(module) or module.__name__).splitlines()[0]
