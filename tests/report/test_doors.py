"""Everything shown comes through the view: above it, no function reads an evaluation."""

import ast
from pathlib import Path

import pytest

from desist import plots, report

FOLDER = Path(report.__file__).parent
MAY_READ = {"view.py", "_stating.py", "disclosure.py"}
# An evaluation may be handed to this, or asked whether it is one.
MAY_TAKE = {"make_view", "isinstance"}
DOORS = {*report.__all__, *plots.__all__}
MODULES = sorted(path for path in FOLDER.rglob("*.py") if path.name not in MAY_READ)
COMMANDS = sorted((FOLDER.parent / "cli").glob("*.py"))


def names_an_evaluation(annotation):
    """Whether an annotation has Evaluation in it, written as text or not."""
    if annotation is None:
        return False
    words = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    texts = [node.value for node in ast.walk(annotation) if isinstance(node, ast.Constant)]
    return "Evaluation" in words or any("Evaluation" in str(text) for text in texts)


def find_readers(source):
    """Functions that do more with an evaluation than hand it to make_view."""
    tree = ast.parse(source)
    readers = [
        f"line {node.lineno}: {node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "evaluation"
    ]
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        taken = {one.arg for one in every if names_an_evaluation(one.annotation)}
        handed = {
            id(call.args[0])
            for call in ast.walk(function)
            if isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id in MAY_TAKE
            and call.args
        }
        readers += [
            f"line {node.lineno}: {node.id}"
            for node in ast.walk(function)
            if isinstance(node, ast.Name)
            and node.id in taken
            and isinstance(node.ctx, ast.Load)
            and id(node) not in handed
            and not is_the_other_kind(function, node)
        ]
    return readers


def is_the_other_kind(function, node):
    """Whether a name stands where `isinstance` has said that it is no evaluation."""
    return any(
        isinstance(choice, ast.IfExp)
        and isinstance(choice.test, ast.Call)
        and ast.unparse(choice.test) == f"isinstance({node.id}, Evaluation)"
        and choice.orelse is node
        for choice in ast.walk(function)
    )


def test_no_function_above_the_view_reads_an_evaluation():
    assert MODULES
    assert COMMANDS
    readers = {
        path.name: find_readers(path.read_text(encoding="utf-8")) for path in [*MODULES, *COMMANDS]
    }
    assert {name: lines for name, lines in readers.items() if lines} == {}


def test_only_a_door_takes_an_evaluation_and_no_door_is_private():
    takers = {
        f"{path.name}: {getattr(node, 'name', 'a field')}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if takes_an_evaluation(node)
    }
    assert takers == set()


def takes_an_evaluation(node):
    """Whether a function that is no door takes an evaluation, or anything keeps one."""
    if isinstance(node, ast.FunctionDef):
        takes = any(names_an_evaluation(one.annotation) for one in node.args.args)
        return takes and node.name not in DOORS
    return isinstance(node, ast.AnnAssign) and names_an_evaluation(node.annotation)


@pytest.mark.parametrize(
    "source",
    [
        "def print_title(evaluation: Evaluation): return evaluation.title",
        "def print_title(found: Evaluation): return found.title",
        "def print_title(found: 'Evaluation | None'): return make_title(found)",
        "def print_title(view, evaluation): return view.title + evaluation.title",
        "def draw(study: Evaluation): return study if isinstance(study, Evaluation) else None",
    ],
)
def test_a_function_that_reads_an_evaluation_is_recognised(source):
    assert find_readers(source)


def test_the_evaluation_inside_a_view_is_touched_by_the_view_alone():
    found = [path for path in MODULES if "_disclosed" in path.read_text(encoding="utf-8")]
    assert found == []
