"""Read a formula: which covariates, as which columns of numbers."""

import ast
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.cohort.kinds import find_covariate_faults, find_numbers_as_text
from desist.errors import Fault, name_rows

OWN_LEVEL = (
    "give missing values a level of their own (text) or an indicator column (numbers), "
    "or impute them; nobody is left out silently"
)
_QUOTED = re.compile("`([^`]*)`")


@dataclass(frozen=True, eq=False, repr=False)
class ModelMatrix:
    """A formula as columns of numbers, the intercept first.

    Attributes
    ----------
    values : ndarray of float, shape (n_people, n_columns)
        Column-major, so that sums over people are fast.
    names : tuple of str
        Names of the columns.
    """

    values: NDArray[np.float64]
    names: tuple[str, ...]

    @property
    def without_intercept(self) -> NDArray[np.float64]:
        """The covariate columns alone, a view."""
        return self.values[:, 1:]


@dataclass(frozen=True)
class Formula:
    """A formula that was read and found to be in order.

    Attributes
    ----------
    text : str
        As the user wrote it.
    variables : tuple of str
        Columns that it names, in the order of the table.
    categorical : frozenset of str
        Those read as categories: text, and whatever stands inside ``C()``.
    """

    text: str
    variables: tuple[str, ...]
    categorical: frozenset[str]


def read_formula(
    text: str | None, covariates: pd.DataFrame, roles: Mapping[str, str]
) -> tuple[Formula | None, list[Fault]]:
    """Read a formula against the columns of a cohort.

    Parameters
    ----------
    text : str or None
        Right-hand side of a formula, such as ``"age + C(ethnicity)"``.
    covariates : DataFrame
        The columns that a design may use.
    roles : mapping of str to str
        Columns that it may not use, with the reason: ``{"reoffended": "an outcome"}``.

    Returns
    -------
    formula : Formula or None
        None when there are faults, or no text.
    faults : list of Fault
        Everything that is wrong.
    """
    if text is None:
        return None, []
    expressions, faults = _parse(text)
    if faults:
        return None, faults
    names = _names_in(expressions)
    if not names:
        return None, [_empty_formula(text)]
    faults = _find_unknown(names, covariates, roles)
    variables = tuple(column for column in covariates.columns if column in names)
    faults += find_bad_values(covariates, variables)
    if faults:
        return None, faults
    marked = {name for expression in expressions for name in _inside_c(expression)}
    texts = {name for name in variables if is_text(covariates[name])}
    for name in texts - marked:
        faults += find_numbers_as_text(covariates[name])
    if faults:
        return None, faults
    return Formula(text, variables, frozenset(marked | texts)), []


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
    """
    import formulaic
    from formulaic.errors import FormulaicError

    frame = _plain_columns(covariates[list(formula.variables)])
    try:
        with np.errstate(all="ignore"):  # what is not finite is named below
            made = formulaic.model_matrix(formula.text, frame, context={}, na_action="ignore")
    except FormulaicError as error:
        return None, [_not_evaluated(formula.text, error)]
    names = tuple(str(name) for name in made.columns)
    if names[0] != "Intercept":
        fault = Fault(
            "formula",
            "an intercept",
            repr(formula.text),
            "leave out the 0 or -1 that takes it away",
        )
        return None, [fault]
    values = np.asfortranarray(np.asarray(made, dtype=np.float64))
    broken = [n for n, column in zip(names, values.T, strict=True) if not np.isfinite(column).all()]
    faults = [
        Fault(
            f"formula, column {name}",
            "finite numbers",
            "missing or infinite ones",
            "transform it otherwise",
        )
        for name in broken
    ]
    return (None, faults) if faults else (ModelMatrix(values, names), [])


def find_bad_values(covariates: pd.DataFrame, columns: Iterable[str]) -> list[Fault]:
    """Look for missing, infinite and constant covariates.

    Parameters
    ----------
    covariates : DataFrame
        The people.
    columns : iterable of str
        Those to look at.

    Returns
    -------
    list of Fault
        One for each thing wrong with each column.
    """
    faults = []
    for name in columns:
        column = covariates[name]
        if odd := find_covariate_faults(column):
            faults += odd
            continue
        missing = np.flatnonzero(column.isna())
        if missing.size:
            found = f"{missing.size} missing ({name_rows(missing)})"
            faults.append(Fault(name, "a value for everybody", found, OWN_LEVEL))
        elif not is_text(column):
            numbers = column.to_numpy(dtype=np.float64)
            faults += _find_infinite(name, numbers)
        if not missing.size and len(column) and _is_constant(column):
            found = "the same value for everybody"
            faults.append(Fault(name, "values that differ", found, "leave it out of the formula"))
    return faults


def is_text(column: "pd.Series[Any]") -> bool:
    """Tell whether a column holds categories rather than numbers.

    Parameters
    ----------
    column : Series
        A covariate.

    Returns
    -------
    bool
        True for text and categories, False for numbers and truth values.
    """
    return not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))


def suggest(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest known name.

    Parameters
    ----------
    name : str
        What was written.
    known : iterable of str
        What could have been meant.

    Returns
    -------
    str
        ``did you mean 'age'?``, or a list of what there is.
    """
    choices = [str(choice) for choice in known]
    close = difflib.get_close_matches(name, choices, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(choices)}"


def _parse(text: str) -> tuple[list[str], list[Fault]]:
    import formulaic
    from formulaic.errors import FormulaicError

    try:
        parsed = formulaic.Formula(text)
    except (FormulaicError, SyntaxError) as error:
        return [], [_not_read(text, str(error).split("\n", maxsplit=1)[0])]
    if not isinstance(parsed, formulaic.SimpleFormula):
        return [], [_not_read(text, "more than one part; the treatment is named by the cohort")]
    lookups = [_factor_text(factor) for term in parsed for factor in term.factors]
    return lookups, []


def _factor_text(factor: Any) -> str:
    # a column that is looked up by name may hold blanks, so it is quoted as Python would not
    if factor.eval_method.value == "lookup":
        return f"Q({str(factor.expr)!r})"
    return _QUOTED.sub(lambda match: f"Q({match[1]!r})", str(factor.expr))


def _names_in(expressions: Sequence[str]) -> list[str]:
    from formulaic.transforms import TRANSFORMS

    names: dict[str, None] = {}
    for expression in expressions:
        for node in ast.walk(ast.parse(expression, mode="eval")):
            if isinstance(node, ast.Name) and node.id not in TRANSFORMS:
                names[node.id] = None
            names.update(dict.fromkeys(_quoted(node)))
    return list(names)


def _quoted(node: ast.AST) -> list[str]:
    if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Q"):
        return []
    return [str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)]


def _inside_c(expression: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(expression, mode="eval")):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "C":
            found += [arg.id for arg in node.args if isinstance(arg, ast.Name)]
            found += [name for arg in node.args for name in _quoted(arg)]
    return found


def _find_unknown(
    names: Iterable[str], covariates: pd.DataFrame, roles: Mapping[str, str]
) -> list[Fault]:
    faults = []
    for name in names:
        if name in roles:
            found = f"{name!r}, which is {roles[name]}"
            faults.append(Fault("formula", "covariates known before", found, "leave it out"))
        elif name not in covariates.columns:
            advice = suggest(name, covariates.columns)
            faults.append(Fault("formula", "columns of the cohort", repr(name), advice))
    return faults


def _find_infinite(name: str, numbers: NDArray[np.float64]) -> list[Fault]:
    infinite = np.flatnonzero(np.isinf(numbers))
    if not infinite.size:
        return []
    found = f"{infinite.size} infinite ({name_rows(infinite)})"
    return [Fault(name, "finite numbers", found, "correct them or give them as missing and impute")]


def _is_constant(column: "pd.Series[Any]") -> bool:
    return bool((column == column.iloc[0]).all())


def _plain_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Truth values and nullable numbers as floats; categories without unused levels."""
    plain: dict[str, Any] = {}
    for name in frame.columns:
        column = frame[name]
        if not is_text(column):
            plain[name] = column.to_numpy(dtype=np.float64)
        elif isinstance(column.dtype, pd.CategoricalDtype):
            plain[name] = column.cat.remove_unused_categories()
        else:
            plain[name] = column
    return pd.DataFrame(plain, index=frame.index, copy=False)


def _empty_formula(text: str) -> Fault:
    return Fault("formula", "at least one covariate", repr(text), 'write it as "age + C(sex)"')


def _not_read(text: str, reason: str) -> Fault:
    return Fault("formula", 'covariates joined as in "age + C(sex)"', repr(text), reason)


def _not_evaluated(text: str, error: Exception) -> Fault:
    reason = str(error).split("\n", maxsplit=1)[0]
    return Fault("formula", "terms that can be worked out", repr(text), reason)
