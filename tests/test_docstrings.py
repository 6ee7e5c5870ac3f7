"""Everything public is documented as numpydoc asks."""

import importlib
import inspect
import pkgutil

import pytest

import desist

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


def public_objects():
    for info in pkgutil.walk_packages(desist.__path__, "desist."):
        if info.name.startswith("desist.cli") or "._" in info.name:
            continue  # nobody calls these by themselves
        module = importlib.import_module(info.name)
        for name, item in vars(module).items():
            if name.startswith("_") or getattr(item, "__module__", None) != info.name:
                continue
            if inspect.isclass(item) or inspect.isfunction(item):
                yield f"{info.name}.{name}"


@pytest.mark.parametrize("path", sorted(set(public_objects())))
def test_docstring_passes_numpydoc(path):
    from numpydoc.validate import validate

    module, name = path.rsplit(".", 1)
    item = getattr(importlib.import_module(module), name)
    codes = OF_CLASSES if inspect.isclass(item) else OF_FUNCTIONS
    errors = [f"{code}: {text}" for code, text in validate(path)["errors"] if code in codes]
    if inspect.isclass(item):
        for method, function in vars(item).items():
            if not method.startswith("_") and inspect.isfunction(function):
                found = validate(f"{path}.{method}")["errors"]
                errors += [f"{method} {code}: {text}" for code, text in found if code in OF_METHODS]
    assert errors == []
