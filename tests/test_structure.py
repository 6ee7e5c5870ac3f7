"""The house keeps its shape: floors, sizes, names, and what it costs to import."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import desist
from desist.design.catalogue import METHODS

SOURCE = Path(desist.__file__).parent
ROOT = Path(__file__).parents[1]
MODULES = sorted(SOURCE.rglob("*.py"))
MOST_LOADED = 200  # modules, the standard library's included; numpy alone brings as many
LAZY = sorted(path.parent.name for path in SOURCE.glob("*/__init__.pyi"))
FACES = (*LAZY, "plots")
CLOCKS = re.compile(
    r"\b(asyncio|default_timer|getrusage|gettimeofday|monotonic|perf_counter|process_time"
    r"|os\.times|thread_time|timeit|import time|time\.time|time\.sleep|datetime\.now|utcnow"
    r"|timeout|SIGALRM|setitimer)(_ns)?\b"
)
HEAVY = {"arviz", "arviz_stats", "matplotlib", "numpy", "nutpie", "pandas", "pymc", "pytensor"}


@cache
def parse(path: Path) -> ast.Module:
    """Parse a file once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def walk(path: Path) -> tuple[ast.AST, ...]:
    """List the nodes of a file once for all tests."""
    return tuple(ast.walk(parse(path)))


def test_floors_import_only_from_below():
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_the_drawing_of_the_floors_tells_each_of_them_in_their_order():
    settings_of = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    layers = settings_of["importlinter"]["contracts"][0]["layers"]
    above = {name: place for place, row in enumerate(layers) for name in re.findall(r"\w+", row)}
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", page, re.MULTILINE)
    names = [name for row in told for name in re.findall(r"\w+", row)]
    assert set(names) == set(above)
    # a floor that another imports from may not be told above it; equals stand in any order
    assert names.index("cli") < names.index("report") < names.index("evaluation")
    assert names.index("evaluation") < names.index("models") < names.index("inference")
    assert names.index("sample") < names.index("design") < names.index("cohort")


@pytest.mark.parametrize("face", ["desist", *(f"desist.{name}" for name in LAZY)])
def test_importing_a_face_loads_little_and_nothing_heavy(face):
    script = (
        f"import sys; before = set(sys.modules); import {face}; print(*(set(sys.modules) - before))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert not HEAVY & {name.partition(".")[0] for name in loaded}
    assert len(loaded) < MOST_LOADED


def test_at_most_forty_names_stand_at_the_top_beside_the_faces():
    modules = {name for name in desist.__all__ if inspect.ismodule(getattr(desist, name))}
    assert set(FACES) <= modules
    assert len(set(desist.__all__) - modules) <= 40


@pytest.mark.parametrize("face", ["", *FACES])
def test_every_name_of_a_face_can_be_had_and_is_offered(face):
    module = importlib.import_module(f"desist.{face}".rstrip("."))
    for name in module.__all__:
        assert getattr(module, name) is not None
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError, match="Exposure"):
        _ = module.Exposure


@pytest.mark.parametrize("face", ["", *LAZY])
def test_a_stub_says_where_each_name_of_its_face_is_defined(face):
    stub = SOURCE / face / "__init__.pyi"
    package = f"desist.{face}".rstrip(".")
    for node in ast.parse(stub.read_text(encoding="utf-8")).body:
        for alias in node.names if isinstance(node, ast.ImportFrom) and node.module else ():
            home = f"{package}.{node.module}"
            item = getattr(importlib.import_module(home), alias.name)
            assert alias.asname == alias.name  # a stub offers a name only when it is renamed
            assert getattr(item, "__module__", home) == home or not callable(item), alias.name


@pytest.mark.parametrize("face", LAZY)
def test_no_name_of_a_face_is_also_a_module_of_it(face):
    # whoever imports the module would put it in the place of the name
    assert not set(importlib.import_module(f"desist.{face}").__all__) & {
        path.stem for path in (SOURCE / face).iterdir()
    }


def test_our_own_modules_do_not_go_through_a_face():
    # the contracts see an import of a module, and not what a face fetches later
    through = {
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in MODULES
        for node in walk(path)
        if isinstance(node, ast.ImportFrom) and node.module in {f"desist.{name}" for name in LAZY}
        if not all((SOURCE / node.module[7:] / f"{name.name}.py").exists() for name in node.names)
    }
    assert through == set()


def test_no_file_is_two_rooms_and_no_function_is_a_hall():
    lines = {_tell(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: n for name, n in lines.items() if n > 500} == {}
    halls = {
        f"{_tell(path)}: {node.name}": _length(node)
        for path in MODULES
        for node in walk(path)
        if isinstance(node, ast.FunctionDef) and _length(node) > 60
    }
    assert halls == {}


def test_no_module_is_called_by_a_name_that_says_nothing():
    assert not {"utils", "helpers", "common", "misc"} & {path.stem for path in MODULES}


def test_few_rules_are_switched_off_anywhere():
    sources = [*MODULES, *(ROOT / "tests").rglob("*.py")]
    off = {
        str(path): n
        for path in sources
        if path != Path(__file__) and (n := path.read_text(encoding="utf-8").count("# noqa"))
    }
    assert sum(off.values()) <= 25, off


def test_no_test_reads_a_clock():
    # a machine that is busy is not a fault of the code: times are for benchmarks
    found = {
        f"{path.relative_to(ROOT)}:{number}": word
        for path in (ROOT / "tests").rglob("*.py")
        if path != Path(__file__)
        for number, word in _find_clocks(walk(path))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from time import sleep",
        "import time as t",
        "import timeit",
        "from asyncio import run",
        "subprocess.run(command, timeout=5)",
        "assert os.times().user < 1",
        "future.result(timeout=1)",
        'run("import time; print(time.process_time())")',
        "start = clock.perf_counter_ns()",
        "datetime.datetime.now()",
        "settings(deadline=200)",
        "@pytest.mark.timeout(5)\ndef test(): pass",
    ],
)
def test_a_clock_is_recognised(source):
    assert _find_clocks(ast.walk(ast.parse(source)))


def test_hypothesis_reads_no_clock_either():
    assert settings.default.deadline is None
    assert HealthCheck.too_slow in settings.default.suppress_health_check


def test_nobody_outside_the_design_asks_which_method_it_was():
    # a method says what follows from it: how its weights arose, pairs, hidden columns, bootstrap
    outside = [path for path in MODULES if "design" not in path.relative_to(SOURCE).parts[:-1]]
    assert len(outside) > 100
    asked = {_tell(path): _find_asked_methods(walk(path)) for path in outside}
    assert {name: lines for name, lines in asked.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    [
        "isinstance(design.method, RadiusMatching)",
        "isinstance(method, radius.RadiusMatching | EntropyBalancing)",
        "type(method) is EntropyBalancing",
        "match method:\n    case GivenWeights():\n        pass",
        "design.method.name == 'radius'",
        "method.name in NOT_VALID",
    ],
)
def test_asking_which_method_it_was_is_recognised(source):
    assert _find_asked_methods(ast.walk(ast.parse(source)))


def test_the_design_knows_no_single_method():
    tree = ast.parse((SOURCE / "design" / "design.py").read_text(encoding="utf-8"))
    names = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert not names & _list_methods()


def test_whoever_takes_people_and_their_design_joins_them_and_looks_at_neither():
    # everybody else takes a sample, so that a design of other people is refused in one place
    joining = {
        f"{path.relative_to(SOURCE)}: {node.name}": (node, names)
        for path in MODULES
        for node in walk(path)
        if isinstance(node, ast.FunctionDef)
        if len(names := _find_people_and_design(node)) > 1
    }
    assert len(joining) <= 6, sorted(joining)
    for where, (node, names) in joining.items():
        assert {"build_sample", "read_sample"} & (_list_called(node) | {node.name}), where
        if not where.startswith("sample.py"):  # where they are joined
            assert _find_looked_at(node, names) == [], where


@pytest.mark.parametrize(
    ("source", "looked_at"),
    [
        ("def f(cohort: Cohort, design: Design): return design.weights", ["design.weights"]),
        ("def f(a: Sample | Cohort, b: Design | None): return read_sample(a, b)", []),
        ("def f(cohort: object, *, design: object): return cohort.people", ["cohort.people"]),
        ("def f(a: 'Cohort', b: Iterable[Design]): return [one for one in b]", []),
    ],
)
def test_taking_people_and_their_design_is_recognised(source, looked_at):
    node = ast.parse(source).body[0]
    names = _find_people_and_design(node)
    assert len(names) == 2
    assert _find_looked_at(node, names) == looked_at


@pytest.mark.parametrize(
    "source",
    [
        "def f(sample: Sample): return sample.cohort",
        "def f(cohort: Cohort, designs_by: DesignChoice): pass",
        "def f(design: Design, *, n_draws: int): pass",
    ],
)
def test_taking_either_or_a_sample_is_not_taking_both(source):
    assert len(_find_people_and_design(ast.parse(source).body[0])) < 2


def test_only_one_module_hands_work_to_an_executor():
    found = {}
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        names = {
            name.name
            for node in walk(path)
            if isinstance(node, ast.ImportFrom) and node.module == "concurrent.futures"
            for name in node.names
        }
        if names - {"Executor"} or re.search(
            r"executor\.(map|submit)|import (multiprocessing|joblib)", text
        ):
            found[path.name] = names
    assert set(found) == {"execution.py"}


def test_above_the_view_nothing_is_read_from_an_evaluation():
    # it may be taken, to make the view of it
    above = {path for path in MODULES if path.is_relative_to(SOURCE / "report")}
    above -= {path for path in above if path.stem in {"view", "_stating", "disclosure"}}
    assert len(above) > 50
    functions = [
        (f"{_tell(path)}: {node.name}", node)
        for path in above
        for node in walk(path)
        if isinstance(node, ast.FunctionDef)
    ]
    read = {
        name: _find_looked_at(node, {argument.arg: argument.arg for argument in taken})
        for name, node in functions
        if (
            taken := [
                argument
                for argument in (*node.args.args, *node.args.kwonlyargs)
                if argument.annotation and "Evaluation" in ast.unparse(argument.annotation)
            ]
        )
    }
    assert {name: found for name, found in read.items() if found} == {}


def test_our_own_modules_are_imported_at_the_top():
    # the command line starts fast because its commands import the floors when they run
    deferred = []
    for path in MODULES:
        if path.parent.name == "cli" or path.name == "__init__.py":
            continue
        for function in walk(path):
            if isinstance(function, ast.FunctionDef):
                deferred += [
                    f"{path.name}:{node.lineno}"
                    for node in ast.walk(function)
                    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("desist")
                ]
    assert deferred == []


def _tell(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def _find_people_and_design(node):
    """Return the names of a function's people and design, by annotation or by name."""
    arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    kinds = {
        one.arg: set(re.findall(r"\w+", ast.unparse(one.annotation))) if one.annotation else set()
        for one in arguments
    }
    return {
        role: name
        for role in ("Cohort", "Design")
        for name, kind in kinds.items()
        if role in kind or name == role.lower()
    }


def _list_called(node):
    calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
    return {call.func.id for call in calls if isinstance(call.func, ast.Name)}


def _find_looked_at(node, names):
    return [
        ast.unparse(inner)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name)
        if inner.value.id in names.values()
    ]


def _list_methods():
    return {method.__name__ for method in METHODS.values()}


def _find_asked_methods(nodes):
    found, methods = [], _list_methods()
    for node in nodes:
        asked = ""
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
            asked = ast.unparse(node.args[1])
        elif isinstance(node, ast.MatchClass):
            asked = ast.unparse(node.cls)
        elif isinstance(node, ast.Compare):
            asked = ast.unparse(node)
        words = set(re.findall(r"\w+", asked))
        if words & methods or "method.name" in asked:
            found.append(node.lineno if hasattr(node, "lineno") else node.cls.lineno)
    return found


def _find_clocks(nodes):
    found = []
    for node in nodes:
        words = []
        if isinstance(node, ast.Import):
            words = [f"import {name.name}" for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            words = [f"import {node.module}"]
        elif isinstance(node, ast.Name):
            words = [node.id]
        elif isinstance(node, ast.Attribute):
            # of a.b.c the parts a.b and b.c are asked, each at its own node
            words = [f"{getattr(node.value, 'attr', getattr(node.value, 'id', ''))}.{node.attr}"]
        elif isinstance(node, ast.keyword) and node.arg == "deadline":
            words = [] if ast.unparse(node.value) == "None" else ["timeout"]
        elif isinstance(node, ast.keyword):
            words = [node.arg or ""]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = [node.value]
        found += [(node.end_lineno, word) for word in words if CLOCKS.search(word)]
    return found


def _length(node: ast.FunctionDef) -> int:
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    documented = first.end_lineno - first.lineno + 1 if is_docstring else 0
    return node.end_lineno - node.lineno + 1 - documented
