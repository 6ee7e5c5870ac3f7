"""What a face shows is documented as numpydoc asks; everything else says what it is in one line."""

import ast
import importlib
import inspect
from pathlib import Path

import desist

SOURCE = Path(desist.__file__).parent
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.name != "commands.py")  # help texts
# Codes of numpydoc's validation; extended summaries, see-also and the order of
# sections are left to taste.
OF_FUNCTIONS = {"GL01", "GL03", "GL05", "GL06", "GL07", "GL08", "GL10", "SS01", "SS02", "SS03"} | {
    "SS04",
    "SS06",
    "PR01",
    "PR02",
    "PR03",
    "PR04",
    "PR05",
    "PR06",
    "PR07",
    "PR10",
    "RT01",
    "RT03",
}
OF_CLASSES = OF_FUNCTIONS - {"PR01", "PR02", "RT01"}  # records list attributes instead
OF_METHODS = OF_FUNCTIONS - {"PR01", "RT01"}  # short ones say it all in their first line


def list_faces():
    """List the modules whose names a user calls."""
    members = [getattr(desist, name) for name in desist.__all__]
    return [desist, *(member for member in members if inspect.ismodule(member))]


def list_shown():
    """List the functions and records that stand on a face, by module and name."""
    shown = set()
    for face in list_faces():
        offered = hasattr(face, "__all__")  # a plain module offers what is its own
        for name in face.__all__ if offered else vars(face):
            item, home = getattr(face, name), getattr(getattr(face, name), "__module__", "")
            ours = home.startswith("desist.") if offered else home == face.__name__
            if ours and callable(item) and not name.startswith("_"):
                shown.add(f"{home}.{name}")
    return shown


SHOWN = list_shown()
FACES = {Path(face.__file__) for face in list_faces()}


def test_what_a_face_shows_passes_numpydoc():
    assert len(SHOWN) > 300
    assert [error for path in sorted(SHOWN) for error in find_errors(path)] == []


def find_errors(path):
    """Find what numpydoc has against a function, or against a record and its methods."""
    from numpydoc.validate import validate

    item = have(path)
    codes = {path: OF_CLASSES if inspect.isclass(item) else OF_FUNCTIONS}
    if inspect.isclass(item):
        codes |= {
            f"{path}.{method}": OF_METHODS
            for method, function in vars(item).items()
            if not method.startswith("_") and inspect.isfunction(function)
        }
    return [
        f"{name} {code}: {text}"
        for name, asked in codes.items()
        for code, text in validate(name)["errors"]
        if code in asked
    ]


def have(path):
    """Return what stands at a dotted path."""
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


def test_every_name_that_a_face_shows_has_an_example():
    # `pytest --doctest-modules src` runs them
    without = [path for path in SHOWN if ">>> " not in (inspect.getdoc(have(path)) or "")]
    assert sorted(without) == []


def test_what_no_face_shows_says_what_it_is_in_one_line():
    # sources of formulas and reasons of an order stand in comments, where they are needed
    long = [
        f"{path.relative_to(SOURCE)}: {name}"
        for path in MODULES
        for name, node in list_untold(path)
        if count_lines(node) > 1
    ]
    assert long == []


def list_untold(path):
    """List a module that is no face, and what is in it that no face shows."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    home = ".".join(["desist", *path.relative_to(SOURCE).with_suffix("").parts])
    untold = [] if path in FACES else [(path.stem, tree)]
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            untold += list_hidden(node, is_shown=f"{home}.{node.name}" in SHOWN)
    return untold


def list_hidden(node, is_shown):
    """List a function or a class, and what is in it, as far as no face shows it."""
    hidden = [] if is_shown else [(node.name, node)]
    for inner in node.body:
        if isinstance(inner, ast.ClassDef | ast.FunctionDef):
            seen = is_shown and isinstance(node, ast.ClassDef) and not inner.name.startswith("_")
            hidden += list_hidden(inner, seen)
    return hidden


def count_lines(node):
    """Count the lines of a docstring."""
    return len((ast.get_docstring(node) or "").splitlines())
