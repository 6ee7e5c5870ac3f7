"""How large the rooms are: lengths of files and functions, comments, docstrings, tests.

Prints one JSON object. Lines of code are lines that are neither blank, nor a comment alone, nor
part of a docstring.

    python benchmarks/house.py
"""

import ast
import inspect
import io
import json
import re
import statistics
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[1]
SECTIONS = re.compile(r"^\s*(Examples|Parameters|Attributes|Returns|Yields)\n\s*-+$", re.MULTILINE)


def find_docstrings(tree: ast.Module) -> Iterator[ast.Expr]:
    """Yield the docstrings of a module, its classes and its functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            if told and isinstance(first.value.value, str):
                yield first


def read_lines(path: Path) -> dict[str, int]:
    """Count the lines of one file by what they are."""
    text = path.read_text(encoding="utf-8")
    lines, tree = text.splitlines(), ast.parse(text)
    documented = {
        number
        for node in find_docstrings(tree)
        for number in range(node.lineno, node.end_lineno + 1)
    }
    comments = {
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT and "noqa" not in token.string
    }
    alone = {number for number in comments if lines[number - 1].lstrip().startswith("#")}
    blank = {number for number, line in enumerate(lines, 1) if not line.strip()}
    return {
        "lines": len(lines),
        "code": len(lines) - len(blank | alone | documented),
        "comments": len(comments - documented),
        "documentation": len(documented),
        "noqa": text.count("# noqa"),
    }


def measure_functions(paths: Iterable[Path]) -> list[int]:
    """Measure the functions, without their docstrings."""
    lengths = []
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                first = node.body[0]
                told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
                length = first.end_lineno - first.lineno + 1 if told else 0
                lengths.append(node.end_lineno - node.lineno + 1 - length)
    return lengths


def describe(values: list[int]) -> dict[str, float]:
    """Give the median, the ninth decile and the largest."""
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    return {"median": statistics.median(values), "p90": tenths[8], "max": max(values)}


def count_documented() -> dict[str, dict[str, int]]:
    """Count the public names at the top and on all faces, and those that show an example."""
    import desist

    top = list_callables(desist)
    faces = [getattr(desist, name) for name in desist.__all__]
    shown = [item for face in faces if inspect.ismodule(face) for item in list_callables(face)]
    return {"top": tell_of(top), "faces": tell_of({*top, *shown})}


def list_callables(face: ModuleType) -> list[Any]:
    """List the functions and records of a face; a plain module offers what is its own."""
    offered = hasattr(face, "__all__")
    names = [name for name in getattr(face, "__all__", vars(face)) if not name.startswith("_")]
    named = [getattr(face, name) for name in names]
    ours = [item for item in named if inspect.isclass(item) or inspect.isfunction(item)]
    home = "desist" if offered else face.__name__
    return [item for item in ours if item.__module__.startswith(home)]


def tell_of(items: Iterable[Any]) -> dict[str, int]:
    """Count names, those with sections, and those with an example that runs."""
    texts = [inspect.getdoc(item) or "" for item in items]
    told = sum(bool(SECTIONS.search(text)) for text in texts)
    return {"names": len(texts), "documented": told, "with_example": sum(">>>" in t for t in texts)}


def main() -> None:
    """Measure the source and the tests, and print."""
    source = sorted((ROOT / "src").rglob("*.py"))
    tests = sorted((ROOT / "tests").rglob("*.py"))
    counted = [read_lines(path) for path in source]
    tested = [read_lines(path) for path in tests]
    total = {key: sum(row[key] for row in counted) for key in counted[0]}
    code = total["code"]
    print(
        json.dumps(
            {
                "benchmark": "house",
                "files": len(source),
                "file_lines": describe([row["lines"] for row in counted]),
                "function_lines": describe(measure_functions(source)),
                "code_lines": code,
                "comments_per_100": round(100 * total["comments"] / code, 1),
                "documentation_per_100": round(100 * total["documentation"] / code, 1),
                "tests_over_code": round(sum(row["code"] for row in tested) / code, 2),
                "noqa": sum(row["noqa"] for row in counted + tested),
                "noqa_in_source": total["noqa"],
                "public_names": count_documented(),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
