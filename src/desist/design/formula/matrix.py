"""Turn a formula that was read into columns of numbers."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.cohort.kinds import sort_labels
from desist.design.formula.calls import ReadCall, read_call
from desist.design.formula.coding import Category, Numbers
from desist.design.formula.expressions import evaluate, evaluate_number
from desist.design.formula.functions import Contrast
from desist.design.formula.products import multiply_out
from desist.design.formula.reading import Formula
from desist.design.formula.syntax import Call, Column, Group, Node, write
from desist.design.formula.tokens import show
from desist.design.formula.values import is_text
from desist.errors import Fault, InputError
from desist.privacy import FEWEST_SHARING, show_shared

MOST_COLUMNS = 1_000
MOST_CELLS = 500_000_000
LARGEST = 1e100  # of a number, and of the inverse of the largest of a column
_PIECE = re.compile(r"v(\d+)(?:\[(.*)\])?")
_LEVEL = re.compile(r"([A-Z]\.)?(\d+)")


@dataclass(frozen=True, eq=False, repr=False)
class ModelMatrix:
    """A formula as columns of numbers, the intercept first.

    Attributes
    ----------
    values : ndarray of float, shape (n_people, n_columns)
        Column-major, so that sums over people are fast.
    names : tuple of str
        Names of the columns.
    shown : tuple of str
        The same as messages and files may have them: levels that fewer than ten people have
        are numbered, not named. By default the names.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import make_matrix, read_formula
    >>> people = ds.datasets.lalonde()
    >>> matrix, faults = make_matrix(read_formula("age + race", people, {})[0], people)
    >>> matrix.names, matrix.values.shape
    (('Intercept', 'age', 'race[T.hispan]', 'race[T.white]'), (614, 4))
    """

    values: NDArray[np.float64]
    names: tuple[str, ...]
    shown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.shown:
            object.__setattr__(self, "shown", self.names)

    @property
    def without_intercept(self) -> NDArray[np.float64]:
        """The covariate columns alone, a view."""
        return self.values[:, 1:]


@dataclass(frozen=True, eq=False)
class _Factor:
    """A column or function, worked out, and how it is called."""

    text: str
    value: Numbers | Category
    levels: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    is_column: bool = False


def make_matrix(
    formula: Formula, covariates: pd.DataFrame
) -> tuple[ModelMatrix | None, list[Fault]]:
    """Turn a formula into numbers.

    Parameters
    ----------
    formula : Formula
        From `read_formula`.
    covariates : DataFrame
        The columns it was read against.

    Returns
    -------
    matrix : ModelMatrix or None
        None when there are faults.
    faults : list of Fault
        What could not be evaluated, and columns that are not numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> import desist as ds
    >>> people = pd.DataFrame({"age": [20.0, 31.0, 44.0], "sex": ["f", "m", "f"]})
    >>> formula, _ = ds.design.read_formula("age + sex", people, {})
    >>> matrix, faults = ds.design.make_matrix(formula, people)
    >>> matrix.values.shape, faults
    ((3, 3), [])
    """
    columns = {name: covariates[column] for name, column in formula.names.items()}
    factors: list[_Factor] = []
    faults: list[Fault] = []
    with np.errstate(all="ignore"):  # what is not finite is named below
        for node in formula.factors:
            try:
                factors.append(_work_out(node, columns, formula.names))
            except InputError as error:
                faults += error.faults
    faults = faults or _find_too_many(formula, factors, len(covariates))
    if faults:
        return None, faults
    places = {node: place for place, node in enumerate(formula.factors)}
    terms = [[places[factor] for factor in term] for term in formula.terms]
    with np.errstate(all="ignore"):
        values, made = multiply_out(terms, [one.value for one in factors], len(covariates))
    names = _name_columns(made, factors)
    faults = _find_same_names(names)
    shown = _show_columns(made, factors, values)
    faults += [
        _not_finite(name)
        for name, column in zip(shown, values.T, strict=True)
        if not np.isfinite(column).all()
    ]
    faults = faults or _find_out_of_range(shown, values)
    return (None, faults) if faults else (ModelMatrix(values, names, shown), [])


def _work_out(
    node: Column | Call, columns: Mapping[str, "pd.Series[Any]"], names: Mapping[str, str]
) -> _Factor:
    if isinstance(node, Column):
        column = columns[node.name]
        if is_text(column):
            return _make_category(names[node.name], column, {}, is_column=True)
        numbers = Numbers({"": column.to_numpy(dtype=np.float64)})
        return _Factor(names[node.name], numbers, is_column=True)
    call, text = read_call(node), write(node)
    if call.function.kind == "category":
        return _make_category(text, columns[_unwrap(call.of).name], call.settings)
    if call.function.kind == "columns":
        return _make_columns(text, call, columns)
    values = np.asarray(evaluate_number(call.name, call.of, columns), dtype=np.float64)
    return _Factor(text, Numbers({"": _need_finite(text, values)}))


def _unwrap(node: Node) -> Column:
    while isinstance(node, Group):
        node = node.inner
    if not isinstance(node, Column):
        raise TypeError("a category is a column")
    return node


def _make_columns(text: str, call: ReadCall, columns: Mapping[str, "pd.Series[Any]"]) -> _Factor:
    """Make the columns of a spline or polynomial."""
    from formulaic.transforms import TRANSFORMS

    values = _need_finite(text, np.asarray(evaluate(call.of, columns), dtype=np.float64))
    settings = dict(call.settings)
    if call.name in {"cr", "cs", "cc"}:
        settings["constraints"] = "center"  # else they would add up to the intercept
    degree = settings.get("degree", 1)
    if call.name == "poly" and (distinct := len(np.unique(values))) <= degree:
        found = f"degree {degree} of {distinct} different values"
        fault = Fault(f"formula, {text}", "a degree below the number of values", found)
        raise InputError("formula", [fault])
    try:
        made = TRANSFORMS[call.name](values, **settings, _state={})
    except (ValueError, IndexError, ZeroDivisionError, np.linalg.LinAlgError):
        # the reason of the library quotes values that people have
        advice = "fewer degrees of freedom, knots and bounds that fit the column, or extrapolation"
        fault = Fault(f"formula, {text}", "settings that fit the column", "others", advice)
        raise InputError("formula", [fault]) from None
    return _Factor(text, Numbers({f"[{name}]": values for name, values in _split(made).items()}))


def _split(made: Any) -> dict[str, NDArray[np.float64]]:
    """Return the columns that a function of formulaic made, by their names."""
    if isinstance(made, dict):
        return {str(name): np.asarray(values, dtype=np.float64) for name, values in made.items()}
    named = getattr(made, "__formulaic_metadata__", None)
    names = (named and named.column_names) or range(made.shape[1])
    return dict(zip(map(str, names), np.asarray(made, dtype=np.float64).T, strict=True))


def _need_finite(text: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    if not np.isfinite(values).all():
        raise InputError("formula", [_not_finite(text)])
    return values


def _make_category(
    text: str, column: "pd.Series[Any]", settings: Mapping[str, Any], *, is_column: bool = False
) -> _Factor:
    """Make numbers of the levels of a category, so that none is read as anything else."""
    values = column if is_text(column) else pd.Series(column.to_numpy(dtype=np.float64))
    codes, levels = _number_levels(values)
    if "levels" in settings:
        asked = _order_levels(text, levels, settings["levels"])
        codes = np.array([asked.index(level) for level in levels], dtype=np.intp)[codes]
        levels = asked
    counts = np.bincount(codes, minlength=len(levels))
    contrast = settings.get("contrasts") or Contrast("treatment")
    base = _find_base(text, levels, values, contrast)
    value = Category(codes, len(levels), contrast.kind, base)
    labels = tuple(str(level) for level in levels)
    shown = tuple(
        label if count >= FEWEST_SHARING else f"rare level {number}"
        for number, (label, count) in enumerate(zip(labels, counts, strict=True), start=1)
    )
    return _Factor(text, value, labels, shown, is_column)


def _number_levels(values: "pd.Series[Any]") -> tuple[NDArray[np.intp], list[Any]]:
    """Return the level of each person, by its number, and the levels in their order."""
    if isinstance(values.dtype, pd.StringDtype):
        codes, labels = sort_labels(values)
        return codes, list(labels)
    category = pd.Categorical(values).remove_unused_categories()
    return category.codes.astype(np.intp), list(category.categories)


def _order_levels(text: str, levels: list[Any], asked: list[Any]) -> list[Any]:
    left_out = sum(level not in asked for level in levels)
    if left_out or len(set(asked)) < len(asked):
        found = f"{left_out} left out" if left_out else "one of them twice"
        advice = "name each level that people have once"
        raise InputError("formula", [Fault(f"formula, {text}", "all levels", found, advice)])
    return sorted(levels, key=asked.index)


def _find_base(
    text: str, levels: list[Any], values: "pd.Series[Any]", contrast: Contrast
) -> int | None:
    """Return the place of the level that the others are compared with; None for the usual one."""
    if contrast.base is None:
        return None
    if contrast.base not in levels:
        advice = f"there are: {show_shared(values)}"
        fault = Fault(f"formula, {text}", "a level that people have", show(f"{contrast.base}"))
        raise InputError("formula", [Fault(fault.where, fault.expected, fault.found, advice)])
    return levels.index(contrast.base)


def _find_too_many(formula: Formula, factors: list[_Factor], n_people: int) -> list[Fault]:
    width = dict(zip(formula.factors, (factor.value.width for factor in factors), strict=True))
    n_columns = 1
    for term in formula.terms:
        n_columns += int(np.prod([float(width[factor]) for factor in term]))
    advice = "leave out products, group levels, or use fewer degrees of freedom"
    if n_columns > MOST_COLUMNS:
        return [Fault("formula", f"at most {MOST_COLUMNS:,} columns", f"{n_columns:,}", advice)]
    if n_columns * n_people > MOST_CELLS:
        found = f"{n_columns:,} for {n_people:,} people"
        expected = f"at most {MOST_CELLS // n_people:,} columns"
        return [Fault("formula", expected, found, advice)]
    return []


def _name_columns(made: tuple[str, ...], factors: list[_Factor]) -> tuple[str, ...]:
    """Name the columns as the formula writes them; in backticks where two would be the same."""
    names = tuple(_rename(name, factors) for name in made)
    if len(set(names)) == len(names):
        return names
    quoted = [replace(one, text=f"`{one.text}`") if one.is_column else one for one in factors]
    return tuple(_rename(name, quoted) for name in made)


def _show_columns(
    made: tuple[str, ...], factors: list[_Factor], values: NDArray[np.float64]
) -> tuple[str, ...]:
    """Name the columns as a message may: no level, nor combination of levels, that few have."""
    hidden = [replace(one, levels=one.shown) for one in factors]
    shown = list(_name_columns(made, hidden))
    for position, name in enumerate(made[1:], start=1):
        of = [factors[_read_piece(piece)[0]] for piece in name.split(":")]
        is_combination = len(of) > 1 and all(one.levels for one in of)
        if is_combination and np.count_nonzero(values[:, position]) < FEWEST_SHARING:
            shown[position] = f"{':'.join(one.text for one in of)}[rare combination {position}]"
    return tuple(shown)


def _rename(name: str, factors: list[_Factor]) -> str:
    if name == "Intercept":
        return name
    pieces = []
    for piece in name.split(":"):
        position, inside = _read_piece(piece)
        factor = factors[position]
        level = _LEVEL.fullmatch(inside) if factor.levels else None
        if level is not None:
            inside = f"{level[1] or ''}{factor.levels[int(level[2])]}"
        pieces.append(factor.text + (f"[{inside}]" if inside else ""))
    return ":".join(pieces)


def _read_piece(piece: str) -> tuple[int, str]:
    found = _PIECE.fullmatch(piece)
    if found is None:
        raise ValueError("a column that was not asked for")
    return int(found[1]), found[2] or ""


def _find_same_names(names: tuple[str, ...]) -> list[Fault]:
    twice = sum(count > 1 for count in Counter(names).values())
    if not twice:
        return []
    advice = "rename a column, or the levels of one that differ only in how they are stored"
    return [Fault("formula", "columns of different names", f"{twice} names twice", advice)]


def _find_out_of_range(names: Sequence[str], values: NDArray[np.float64]) -> list[Fault]:
    """Find columns whose squares are no numbers: their balance would be none either."""
    largest = np.abs(values).max(axis=0, initial=0.0)
    expected = f"numbers whose largest is from {1 / LARGEST:g} to {LARGEST:g}"
    return [
        Fault(f"formula, column {name}", expected, "others", "give them in another unit")
        for name, most in zip(names, largest, strict=True)
        if most > LARGEST or 0 < most < 1 / LARGEST
    ]


def _not_finite(name: str) -> Fault:
    advice = "transform it otherwise"
    if "log" in name:
        advice += "; log1p takes zeros"
    return Fault(f"formula, column {name}", "finite numbers", "missing or infinite ones", advice)
