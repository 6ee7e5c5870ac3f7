"""Work out an expression of a formula, node by node: nothing but this list of operations runs."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.formula.calls import read_call
from desist.design.formula.syntax import (
    Call,
    Chain,
    Column,
    Group,
    Node,
    Number,
    Signed,
    Text,
    write,
)
from desist.design.formula.tokens import show
from desist.design.formula.values import is_text
from desist.errors import Fault

COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
LOGICAL: Mapping[str, Callable[[Any, Any], Any]] = {"&": np.logical_and, "|": np.logical_or}
ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
NUMBER_OF_NUMBER: Mapping[str, Callable[[Any], Any]] = {
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "center": lambda x: x - np.mean(x),
    "scale": lambda x: _standardise(x, 1),
    "standardize": lambda x: _standardise(x, 0),
}


_OPERATIONS = {**COMPARISONS, **LOGICAL, **ARITHMETIC}


def find_kind(node: Node, texts: frozenset[str], faults: list[Fault]) -> str:
    """Tell whether an expression is "number", "text" or "truth", and add what is wrong with it."""
    kind = "number"
    match node:
        case Column(name):
            kind = "text" if name in texts else "number"
        case Text():
            kind = "text"
        case Number():
            pass
        case Group(inner):
            kind = find_kind(inner, texts, faults)
        case Signed(sign, inner):
            _need(inner, {"number"}, f"what a {sign} stands before", texts, faults)
        case Call():
            _need_of_call(node, texts, faults)
        case Chain():
            kind = _find_kind_of_chain(node, texts, faults)
        case _:
            faults.append(_has_no_place(write(node)))
    return kind


def evaluate(node: Node, columns: Mapping[str, "pd.Series[Any]"]) -> Any:
    """Work out an expression that has no faults."""
    match node:
        case Column(name):
            value: Any = read_values(columns[name])
        case Text(text):
            value = text
        case Number(number, _):
            value = np.float64(number)  # overflows to infinity, where whole numbers would grow
        case Group(inner):
            value = evaluate(inner, columns)
        case Signed(sign, inner):
            value = evaluate(inner, columns) * (-1 if sign == "-" else 1)
        case Call():
            call = read_call(node)
            value = evaluate_number(call.name, call.of, columns)
        case Chain(first, rest):
            value = evaluate(first, columns)
            for symbol, part in rest:
                value = _apply(symbol, value, evaluate(part, columns))
        case _:
            raise TypeError(f"{write(node)} is not an expression")
    return value


def evaluate_number(name: str, of: Node, columns: Mapping[str, "pd.Series[Any]"]) -> Any:
    """Work out a function that makes one number of another."""
    value = evaluate(of, columns)
    return value if name == "I" else NUMBER_OF_NUMBER[name](value)


def read_values(column: "pd.Series[Any]") -> NDArray[Any]:
    """Return the values of a column."""
    return column.to_numpy(dtype=object if is_text(column) else np.float64)


def _standardise(values: Any, less: int) -> Any:
    centred = values - np.mean(values)
    return centred / np.sqrt(np.sum(centred**2) / (len(centred) - less))


def _apply(symbol: str, left: Any, right: Any) -> Any:
    if symbol == "**":
        is_whole = np.ndim(right) == 0 and float(right).is_integer() and abs(right) < 100
        return left ** (int(right) if is_whole and np.ndim(left) else right)
    return _OPERATIONS[symbol](left, right)


def _find_kind_of_chain(node: Chain, texts: frozenset[str], faults: list[Fault]) -> str:
    symbols = node.operators
    parts = [node.first, *(part for _, part in node.rest)]
    if ":" in symbols:
        faults.append(_has_no_place(write(node)))
        return "number"
    if symbols <= set(COMPARISONS):
        kinds = [find_kind(part, texts, faults) for part in parts]
        if len(parts) > 2 or (kinds[0] != kinds[1]):
            expected = "a comparison of two numbers or of two texts"
            faults.append(Fault("formula", expected, show(write(node)), _advise(parts, kinds)))
        elif kinds[0] == "text" and symbols - {"==", "!="}:
            advice = "texts have no order; write == or !="
            faults.append(Fault("formula", "numbers", show(write(node)), advice))
        return "truth"
    allowed = {"truth"} if symbols <= set(LOGICAL) else {"number", "truth"}
    for part in parts:
        what = f"what {' and '.join(sorted(symbols))} joins"
        _need(part, allowed, what, texts, faults)
    return "truth" if symbols <= set(LOGICAL) else "number"


def _need(
    node: Node, allowed: set[str], where: str, texts: frozenset[str], faults: list[Fault]
) -> None:
    kind = find_kind(node, texts, faults)
    if kind not in allowed:
        expected = "a comparison" if allowed == {"truth"} else "a number"
        words = {"text": "text", "number": "a number", "truth": "a comparison"}[kind]
        found = f"{show(write(node))}, which is {words}"
        advice = "write I(column == 'level')" if kind == "text" else ""
        faults.append(Fault(f"formula, {where}", expected, found, advice))


def _need_of_call(node: Call, texts: frozenset[str], faults: list[Fault]) -> None:
    allowed = {"number", "truth"} if node.function == "I" else {"number"}
    _need(node.arguments[0], allowed, f"{node.function}()", texts, faults)


def _advise(parts: list[Node], kinds: list[str]) -> str:
    if len(parts) > 2:
        return "join two comparisons by &"
    return "a level of text stands between quotation marks" if "text" in kinds else ""


def _has_no_place(text: str) -> Fault:
    return Fault("formula", "arithmetic inside a function", show(text), "write + - * / or **")
