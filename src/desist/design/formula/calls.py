"""Check the calls of a formula against the list of functions."""

from dataclasses import dataclass
from typing import Any

from desist.design.formula.functions import (
    ALIASES,
    FUNCTIONS,
    INSTEAD,
    Function,
    Setting,
    find_function,
)
from desist.design.formula.syntax import Call, Column, Group, Node, iterate_nodes, write
from desist.design.formula.tokens import show
from desist.design.formula.values import suggest
from desist.errors import Fault


@dataclass(frozen=True)
class ReadCall:
    """A call with its settings read: the list's own name, what it is of, and the settings."""

    name: str
    function: Function
    of: Node
    settings: dict[str, Any]


def read_call(call: Call) -> ReadCall:
    """Read a call that has no faults."""
    name = ALIASES.get(call.function, call.function)
    function = FUNCTIONS[name]
    settings = {
        key: function.settings[key].read(node) for key, node in _name_settings(call, function)
    }
    return ReadCall(name, function, call.arguments[0], settings)


def find_call_faults(call: Call, *, inside: str = "") -> list[Fault]:
    """Find what is wrong with a call and with those inside it."""
    function = find_function(call.function)
    if function is None:
        return [_unknown(call.function)]
    if inside and function.kind in {"columns", "category"}:
        found = f"{call.function}() inside {inside}()"
        advice = "write it as a term by itself"
        return [Fault("formula", "one column inside a function", found, advice)]
    inner = [part for node in call.arguments[:1] for part in find_calls(node)]
    faults = [fault for part in inner for fault in find_call_faults(part, inside=call.function)]
    faults = faults or _find_argument_faults(call, function)
    return faults + _find_setting_faults(call, function)


def find_calls(node: Node) -> list[Call]:
    """Find the outermost calls in a part of the tree."""
    if isinstance(node, Call):
        return [node]
    nested: set[int] = set()
    calls = []
    for part in iterate_nodes(node):
        if isinstance(part, Call):
            if id(part) not in nested:
                calls.append(part)
            nested.update(id(inner) for inner in iterate_nodes(part))
    return calls


def _unknown(name: str) -> Fault:
    advice = INSTEAD.get(name, "")
    bare = name.removeprefix("np.")
    if not advice:
        advice = suggest(bare, FUNCTIONS)
    return Fault("formula", "functions that a formula has", show(name), advice)


def _find_argument_faults(call: Call, function: Function) -> list[Fault]:
    where = f"formula, {call.function}()"
    if not call.arguments:
        found = "no column"
        return [Fault(where, "a column first", found, f"write {call.function}(column)")]
    most = 1 + len(function.settings)
    if len(call.arguments) > most:
        found = f"{len(call.arguments)} arguments"
        return [Fault(where, f"at most {most}", found, "leave out what is too much")]
    inner = call.arguments[0]
    while isinstance(inner, Group):
        inner = inner.inner
    if function.kind == "category" and not isinstance(inner, Column):
        advice = "make the category a column of the data"
        return [Fault(where, "the name of a column", show(write(inner)), advice)]
    if not any(isinstance(part, Column) for part in iterate_nodes(inner)):
        return [Fault(where, "a column", show(write(inner)), "name a column inside it")]
    return []


def _find_setting_faults(call: Call, function: Function) -> list[Fault]:
    where = f"formula, {call.function}()"
    faults = []
    given: list[str] = []
    for name, node in _name_settings(call, function):
        if name not in function.settings:
            advice = suggest(name, function.settings) if function.settings else "it has none"
            faults.append(Fault(where, "settings of the function", show(name), advice))
        elif name in given:
            faults.append(Fault(where, f"{name} once", "it twice", "leave one out"))
        elif not _can_read(function.settings[name], node):
            expected = function.settings[name].expected
            faults.append(Fault(f"{where}, {name}", expected, show(write(node))))
        given.append(name)
    return faults + _find_missing_settings(where, function, given)


def _find_missing_settings(where: str, function: Function, given: list[str]) -> list[Fault]:
    chosen = [name for name in ("df", "knots") if name in given]
    if len(chosen) > 1:
        return [Fault(where, "df or knots", "both", "leave one out")]
    if function.needs_one_of and not chosen:
        return [Fault(where, "df or knots", "neither", "write df=4")]
    return []


def _can_read(setting: Setting, node: Node) -> bool:
    try:
        setting.read(node)
    except ValueError:
        return False
    return True


def _name_settings(call: Call, function: Function) -> list[tuple[str, Node]]:
    """Name the settings that were given by their place."""
    by_place = zip(function.settings, call.arguments[1:], strict=False)
    return [*by_place, *call.settings]
