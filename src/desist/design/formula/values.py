"""The values of covariates: what a formula can use, and what is wrong with the others."""

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from desist.cohort.kinds import find_covariate_faults, is_real
from desist.errors import Fault, name_rows

OWN_LEVEL = (
    "give missing values a level of their own (text) or an indicator column (numbers), "
    "or impute them; nobody is left out silently"
)
MOST_NAMED = 20  # columns in an advice
MOST_LEVELS = 500
FEWEST_A_LEVEL = 3  # people on average, in a category of more than
A_FEW_LEVELS = 20
LONGEST_NAME = 80
_NUMBERS_AS_OBJECTS = {"boolean", "decimal", "floating", "integer", "mixed-integer-float"}


def find_bad_values(covariates: pd.DataFrame, columns: Iterable[str]) -> list[Fault]:
    """Look for missing, infinite and constant covariates."""
    faults = []
    for name in columns:
        column = covariates[name]
        missing = np.flatnonzero(pd.isna(column.array))
        if missing.size:
            found = f"{missing.size} missing ({name_rows(missing)})"
            faults.append(Fault(name, "a value for everybody", found, OWN_LEVEL))
        elif other := find_covariate_faults(column):
            faults += other
        else:
            faults += [] if is_text(column) else _find_infinite(name, column)
            faults += _find_constant(name, column)
    return faults


def find_crowded(covariates: pd.DataFrame, columns: Iterable[str]) -> list[Fault]:
    """Look for categories with nearly one level a person, or more levels than can be compared."""
    faults = []
    for name in columns:
        n_levels, n_people = _count_levels(covariates[name]), len(covariates)
        if n_levels > MOST_LEVELS or n_levels > max(A_FEW_LEVELS, n_people / FEWEST_A_LEVEL):
            expected = f"a category of at most {MOST_LEVELS} levels that several people share each"
            found = f"{n_levels:,} levels among {n_people:,} people"
            advice = "group it (an area to its region), make it a number (a date to an age), or "
            faults.append(Fault(name, expected, found, advice + "leave it out"))
    return faults


def is_text(column: "pd.Series[Any]") -> bool:
    """Tell whether a column holds categories rather than numbers."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return False
    if column.dtype != object:
        return True
    return pd.api.types.infer_dtype(column, skipna=True) not in _NUMBERS_AS_OBJECTS


def suggest(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest known name."""
    choices = [str(choice) for choice in known]
    close = difflib.get_close_matches(name, choices, n=1)
    if close:
        return f"did you mean {close[0][:LONGEST_NAME]!r}?"
    more = len(choices) - MOST_NAMED
    listed = ", ".join(choice[:LONGEST_NAME] for choice in choices[:MOST_NAMED])
    return f"there are: {listed}" + (f" and {more:,} more" if more > 0 else "")


def _find_infinite(name: str, column: "pd.Series[Any]") -> list[Fault]:
    try:
        infinite = np.flatnonzero(np.isinf(column.to_numpy(dtype=np.float64)))
    except OverflowError:
        return [Fault(name, "finite numbers", "some of more than 300 digits", "correct them")]
    if not infinite.size:
        return []
    found = f"{infinite.size} infinite ({name_rows(infinite)})"
    return [Fault(name, "finite numbers", found, "correct them or give them as missing and impute")]


def _find_constant(name: str, column: "pd.Series[Any]") -> list[Fault]:
    if not len(column) or not _is_constant(column):
        return []
    found = "the same value for everybody"
    return [Fault(name, "values that differ", found, "leave it out of the formula")]


def _is_constant(column: "pd.Series[Any]") -> bool:
    if isinstance(column.dtype, pd.StringDtype):
        return len(column.unique()) == 1
    is_plain = isinstance(column.dtype, np.dtype) and is_real(column)
    values = column.to_numpy() if is_plain else column
    return bool((values == column.iloc[0]).all())


def _count_levels(column: "pd.Series[Any]") -> int:
    try:
        return int(column.nunique())
    except TypeError:  # lists in cells are refused for what they are
        return 0
