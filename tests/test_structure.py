"""The house keeps its shape: floors, sizes, names, and what it costs to import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import desist

SOURCE = Path(desist.__file__).parent
ROOT = Path(__file__).parents[1]
MODULES = sorted(SOURCE.rglob("*.py"))
HEAVY = ("pymc", "pytensor", "arviz", "arviz_stats", "nutpie", "matplotlib", "pandas", "scipy")


def test_floors_import_only_from_below():
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_importing_the_package_takes_less_than_a_second_and_loads_nothing_heavy():
    script = (
        "import sys, time; start = time.process_time(); import desist; "
        "print(time.process_time() - start, *(m for m in sys.modules if '.' not in m))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    seconds, *loaded = run.stdout.split()
    assert float(seconds) < 1
    assert not set(HEAVY) & set(loaded)


def test_every_public_name_can_be_had_and_there_are_at_most_forty():
    assert len(desist.__all__) <= 40
    for name in desist.__all__:
        assert getattr(desist, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'Exposure'"):
        desist.Exposure  # noqa: B018


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_is_two_rooms_and_no_function_is_a_hall(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 500
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert _length(node) <= 60, f"{node.name} has {_length(node)} lines"


def test_no_module_is_called_by_a_name_that_says_nothing():
    assert not {"utils", "helpers", "common", "misc"} & {path.stem for path in MODULES}


def test_our_own_modules_are_imported_at_the_top():
    # the command line starts fast because its commands import the floors when they run
    deferred = []
    for path in MODULES:
        if path.parent.name == "cli" or path.name == "__init__.py":
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                deferred += [
                    f"{path.name}:{node.lineno}"
                    for node in ast.walk(function)
                    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("desist")
                ]
    assert deferred == []


def _length(node: ast.FunctionDef) -> int:
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    documented = first.end_lineno - first.lineno + 1 if is_docstring else 0
    return node.end_lineno - node.lineno + 1 - documented
