"""The functions that a formula has: a written list, with the settings of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from desist.design.formula.syntax import Call, Column, Items, Node, Number, Signed, Text

MOST_DEGREES = 100  # of freedom of a spline
HIGHEST_POWER = 20  # of a polynomial


@dataclass(frozen=True)
class Contrast:
    """How the levels of a category are coded."""

    kind: str  # such as "treatment" or "sum"
    base: object = None  # the level that the others are compared with, where the kind has one


@dataclass(frozen=True)
class Setting:
    """A setting of a function: what it may be, and how it is read from the tree."""

    expected: str  # what it may be, for messages and the documentation
    # from a part of the tree to a value; raises `ValueError` for what will not do
    read: Callable[[Node], Any]


@dataclass(frozen=True)
class Function:
    """A function of the language."""

    meaning: str  # what it makes of a column
    # "number": one number from another; "columns": several columns from one; "category";
    # "expression": any arithmetic or comparison
    kind: str = "number"
    # in the order in which they may be given without their names
    settings: Mapping[str, Setting] = MappingProxyType({})
    needs_one_of: tuple[str, ...] = ()  # settings of which exactly one is needed


def read_literal(node: Node) -> Any:
    """Return the number, text, truth value or list that a setting is."""
    match node:
        case Text(value):
            return value
        case Number(value, text):
            return int(text) if text.isdigit() and len(text) < 10 else value
        case Signed(sign, Number() as inner):
            return (-1 if sign == "-" else 1) * read_literal(inner)
        case Column(name) if name in _WORDS:
            return _WORDS[name]
        case Items(items):
            return [read_literal(item) for item in items]
        case _:
            raise ValueError("not a literal")


def _whole(least: int, most: int) -> Setting:
    def read(node: Node) -> int:
        value = read_literal(node)
        if type(value) is int and least <= value <= most:
            return value
        raise ValueError("not a whole number in the range")

    return Setting(f"a whole number of at least {least} and of at most {most}", read)


def _number(node: Node) -> float:
    value = read_literal(node)
    if type(value) in {int, float} and abs(value) < 1e300:
        return float(value)
    raise ValueError("not a number")


def _numbers(node: Node) -> list[float]:
    if isinstance(node, Items) and 0 < len(node.items) <= MOST_DEGREES:
        return [_number(item) for item in node.items]
    raise ValueError("not a list of numbers")


def _truth(node: Node) -> bool:
    value = read_literal(node)
    if isinstance(value, bool):
        return value
    raise ValueError("not a truth value")


def _levels(node: Node) -> list[Any]:
    value = read_literal(node)
    if isinstance(value, list) and all(type(one) in {str, int, float, bool} for one in value):
        return value
    raise ValueError("not a list of levels")


def _one_of(*words: str) -> Setting:
    def read(node: Node) -> str:
        value = read_literal(node)
        if isinstance(value, str) and value in words:
            return value
        raise ValueError("not one of the words")

    return Setting(" or ".join(map(repr, words)), read)


def _contrast(node: Node) -> Contrast:
    if isinstance(node, Column) and node.name in CONTRASTS:
        return Contrast(CONTRASTS[node.name])
    if not isinstance(node, Call) or node.function not in CONTRASTS:
        raise ValueError("not a contrast")
    kind = CONTRASTS[node.function]
    given = [*((None, one) for one in node.arguments), *node.settings]
    if not given:
        return Contrast(kind)
    [(name, value)] = given  # a ValueError when there are more
    base = read_literal(value)
    if kind != "treatment" or name not in {None, "base", "reference"} or isinstance(base, list):
        raise ValueError("not a contrast")
    return Contrast(kind, base)


_WORDS = {"True": True, "False": False, "TRUE": True, "FALSE": False}
CONTRASTS = {
    "contr.treatment": "treatment",
    "Treatment": "treatment",
    "contr.sum": "sum",
    "Sum": "sum",
    "contr.helmert": "helmert",
    "Helmert": "helmert",
    "contr.poly": "poly",
    "Poly": "poly",
    "contr.diff": "diff",
    "Diff": "diff",
}
_KNOTS = {
    "knots": Setting(f"a list of at most {MOST_DEGREES} numbers, such as [20, 30]", _numbers),
    "lower_bound": Setting("a number", _number),
    "upper_bound": Setting("a number", _number),
    "extrapolation": _one_of("raise", "clip", "extend", "zero"),
}
_CUBIC = {
    "df": _whole(1, MOST_DEGREES),
    "constraints": _one_of("center"),
    **_KNOTS,
}
_TRUTH = Setting("True or False", _truth)
FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "C": Function(
            "the column as a category",
            "category",
            {
                "contrasts": Setting(
                    "contr.treatment, contr.sum, contr.helmert, contr.poly or contr.diff, or "
                    "contr.treatment(base='level')",
                    _contrast,
                ),
                "levels": Setting("a list of levels, such as ['low', 'high']", _levels),
            },
        ),
        "I": Function(
            "arithmetic (+ - * / **) and comparisons (== != < <= > >=, joined by & and |) as they "
            "stand",
            "expression",
        ),
        "bs": Function(
            "B-spline",
            "columns",
            {"df": _whole(1, MOST_DEGREES), "degree": _whole(0, 10), **_KNOTS},
        ),
        "cr": Function("natural cubic spline, centred", "columns", _CUBIC, ("df", "knots")),
        "cs": Function("the same as cr", "columns", _CUBIC, ("df", "knots")),
        "cc": Function("cyclic cubic spline, centred", "columns", _CUBIC, ("df", "knots")),
        "poly": Function(
            "orthogonal polynomial (raw=True: powers)",
            "columns",
            {"degree": _whole(1, HIGHEST_POWER), "raw": _TRUTH},
        ),
        "log": Function("natural logarithm"),
        "log2": Function("logarithm to base 2"),
        "log10": Function("logarithm to base 10"),
        "log1p": Function("logarithm of 1 + x, which takes zeros"),
        "exp": Function("exponential"),
        "sqrt": Function("square root"),
        "abs": Function("without its sign"),
        "center": Function("less its mean"),
        "scale": Function("less its mean, by its standard deviation (n - 1)"),
        "standardize": Function("less its mean, by its standard deviation (n)"),
    }
)
ALIASES = {f"np.{name}": name for name in ("log", "log2", "log10", "log1p", "exp", "sqrt", "abs")}
INSTEAD = {
    "ns": "write cr(age, df=4) or bs(age, df=4)",
    "rcs": "write cr(age, df=4) or bs(age, df=4)",
    "s": "write cr(age, df=4) or bs(age, df=4)",
    "te": "write cr(age, df=4) or bs(age, df=4)",
    "pspline": "write cr(age, df=4) or bs(age, df=4)",
    "factor": "write C(column)",
    "as.factor": "write C(column)",
    "ordered": "write C(column, contr.poly)",
    "relevel": "write C(column, contr.treatment(base='level'))",
    "categorical": "write C(column)",
    "Q": "write the name in backticks: `age at release`",
    "as.numeric": "make the column a number before the cohort is made",
    "cut": "make the categories a column, or write I(age > 30)",
    "ifelse": "write I(age > 30)",
    "np.where": "write I(age > 30)",
    "pow": "write I(age ** 2)",
    "np.power": "write I(age ** 2)",
    "ln": "write log(column)",
    "lag": "the order of rows has no meaning",
    "offset": "a covariate with a fixed coefficient is not available",
    "hashed": "group the levels in the data",
    **dict.fromkeys(CONTRASTS, "give the columns of the contrasts inside C(column, ...)"),
}


def find_function(name: str) -> Function | None:
    """Find a function in the list."""
    return FUNCTIONS.get(ALIASES.get(name, name))
