"""What kind of values a column holds, whatever its storage."""

# The same people may come as plain, nullable, Arrow, sparse or boxed columns. `make_plain` gives
# each the storage that the rest of the package reads, without changing a value; what is left over
# (dates, lists, bytes, mixtures) is no covariate, and is refused where a formula names it.

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from numbers import Complex, Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.errors import Fault, name_rows

_SECONDS_A_DAY = 86_400
_DURATIONS = (dt.timedelta, np.timedelta64)
_DATES = (dt.date, np.datetime64, pd.Period)
_DATE = re.compile(r"\s*\d{1,4}([-/.])\d{1,2}\1\d{1,4}\b")
# 3,5 and 1,500 and 1 500,25 and £1,500 and 35% and (35)
_DISGUISED = re.compile(
    r"\s*\(?[-+\u2212]?\s*[£$€]?\s*"
    r"(?:\d{1,3}(?:[ ,.'’_\u00a0\u202f]\d{3})+|\d+)(?:[.,]\d+)?"
    r"\s*[%£$€]?\)?\s*"
)
# how all begins that is read as a number, inf and infinity among it
_MAY_BE_NUMBER = re.compile(r"\s*(?:[-+\u2212(£$€.\d]|inf)", re.IGNORECASE)

Mask = NDArray[np.bool_]


def make_plain(
    frame: pd.DataFrame, names: Iterable[str], *, counted: Iterable[str | None] = ()
) -> pd.DataFrame:
    """Give columns a plain storage: same values, and durations as days."""
    plain, kept = frame.copy(deep=False), frozenset(counted)
    for name in names:
        cells = frame[name]
        made = _make_plain(cells, keep_durations=name in kept)
        if made is not cells:
            plain[name] = made
    return plain


def is_real(cells: pd.Series) -> bool:
    """Return whether a column is stored as real numbers or truth values."""
    dtype, types = cells.dtype, pd.api.types
    if isinstance(dtype, np.dtype):
        return dtype.kind in "biuf"
    return types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype)


def is_number(value: object) -> bool:
    """Return whether a single value is a real number, Decimal among them; a duration is none."""
    return _is_of_numbers(type(value))


def find_numbers(values: NDArray[Any]) -> Mask:
    """Find the values that are real numbers by themselves."""
    kinds = set(map(type, values))
    numbers = {kind for kind in kinds if _is_of_numbers(kind)}
    if not numbers or numbers == kinds:
        return np.full(len(values), bool(numbers))
    return np.array([type(value) in numbers for value in values], dtype=bool)


def read_number(value: Any) -> float:
    """Return a real number as a float."""
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf
    except ValueError:  # a Decimal that signals not a number
        return np.nan


def name_kinds(values: Iterable[object]) -> list[str]:
    """Say what kinds of values there are, without showing one."""
    return list(dict.fromkeys(map(_name_kind, values)))


def join_words(words: Sequence[str]) -> str:
    """Join words as in a sentence."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def are_dates(cells: pd.Series) -> bool:
    """Return whether a column holds dates, be they stored as dates or as text."""
    if is_real(cells):
        return False
    if isinstance(cells.dtype, pd.PeriodDtype) or pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return True
    dates = [
        bool(_DATE.match(value)) if isinstance(value, str) else isinstance(value, _DATES)
        for value in _list_distinct(cells, 1_000)
    ]
    return bool(dates) and sum(dates) >= len(dates) / 2


def read_text_as_numbers(cells: pd.Series) -> tuple[Mask, Mask]:
    """Find the text that is a number, and the text that is one in disguise."""
    words = write_words(cells)
    if not any(_MAY_BE_NUMBER.match(str(word)) for word in words.unique()):
        return np.zeros(len(cells), dtype=bool), np.zeros(len(cells), dtype=bool)
    codes, labels = pd.factorize(words)
    plain = np.asarray(pd.to_numeric(pd.Series(labels), errors="coerce").notna(), dtype=bool)
    matched = np.array([bool(_DISGUISED.fullmatch(str(label))) for label in labels], dtype=bool)
    return plain[codes], (matched & ~plain)[codes]


def write_words(cells: pd.Series) -> pd.Series:
    """Return a column as text; text is left as it is stored."""
    return cells if isinstance(cells.dtype, pd.StringDtype) else cells.astype(str)


def sort_labels(cells: pd.Series) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Return the label of each person, by its number (-1 for a gap), and the labels in order."""
    if not isinstance(cells.dtype, pd.StringDtype):
        codes, found = pd.factorize(cells, sort=True)
        return codes, np.asarray(found, dtype=object)
    # the same, which takes most of its time to prepare for a few labels
    codes, found = pd.factorize(cells)
    labels = np.asarray(found, dtype=object)
    order = np.argsort(labels)
    numbers = np.full(len(order) + 1, -1, dtype=np.intp)
    numbers[order] = np.arange(len(order))
    return numbers[codes], labels[order]


def find_covariate_faults(cells: pd.Series) -> list[Fault]:
    """Find what keeps a column from being a covariate or a group: neither numbers nor labels."""
    if is_real(cells) or isinstance(cells.dtype, pd.CategoricalDtype):
        return []
    if isinstance(cells.dtype, pd.StringDtype) and not are_dates(cells):
        return []
    values = cells.dropna()
    dated = are_dates(values)
    if not dated and all(map(_is_text, values)):
        return []
    if not dated and values.map(is_number).all():
        return []
    advice = (
        "write dates as numbers, such as the days or years from each to one date for all"
        if dated
        else "turn them into numbers or text, one value a person"
    )
    found = "dates" if dated else join_words(name_kinds(values))
    return [Fault(str(cells.name), "numbers or labels", found, advice)]


def find_numbers_as_text(cells: pd.Series) -> list[Fault]:
    """Find a covariate of text all of which reads as numbers."""
    if is_real(cells) or isinstance(cells.dtype, pd.CategoricalDtype):
        return []
    if isinstance(cells.dtype, pd.StringDtype) and not all(
        _MAY_BE_NUMBER.match(word) for word in cells.unique() if isinstance(word, str)
    ):
        return []
    values = cells.dropna()
    if not len(values):
        return []
    plain, _ = read_text_as_numbers(values)
    if not plain.all():
        return []
    found = f"{len(values)} people with numbers written as text"
    found += f" ({name_rows(np.flatnonzero(cells.notna()))})"
    advice = f"use pandas.to_numeric; if the numbers are labels, write C({cells.name})"
    return [Fault(str(cells.name), "numbers stored as numbers", found, advice)]


def _make_plain(cells: pd.Series, *, keep_durations: bool) -> pd.Series:
    dtype = cells.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _make_labels_plain(cells)
    if isinstance(dtype, pd.SparseDtype):
        return _make_plain(cells.astype(dtype.subtype), keep_durations=keep_durations)
    if isinstance(dtype, pd.IntervalDtype):
        return pd.Series(cells.astype(object).map(str, na_action="ignore"))
    if isinstance(dtype, pd.StringDtype | pd.ArrowDtype) and not is_real(cells):
        cells = cells if _is_as_inferred(cells) else _unbox(cells)
    if cells.dtype == object:
        cells = _unbox_durations(_silence_decimals(cells))
    if isinstance(cells.dtype, np.dtype) and not cells.dtype.isnative:
        cells = cells.astype(cells.dtype.newbyteorder("="))
    if pd.api.types.is_timedelta64_dtype(cells.dtype) and not keep_durations:
        return pd.Series(cells.dt.total_seconds() / _SECONDS_A_DAY)
    return cells


def _is_as_inferred(cells: pd.Series) -> bool:
    """Say whether text has the storage that pandas gives it by itself."""
    # a column without any text would be one of objects
    own = cells.dtype == pd.api.types.pandas_dtype(str)
    return bool(own) and not np.asarray(cells.array.isna()).all()


def _unbox(cells: pd.Series) -> pd.Series:
    """Return text, dates and all else of Arrow or nullable storage as pandas would store it."""
    values = cells.astype(object).to_numpy(dtype=object, copy=True)
    values[cells.isna().to_numpy(dtype=bool)] = None
    return pd.Series(list(values), index=cells.index, name=cells.name)


def _silence_decimals(cells: pd.Series) -> pd.Series:
    """Leave out the Decimals that raise an error whenever they are compared."""
    if Decimal not in set(map(type, cells.to_numpy())):
        return cells
    values = [None if isinstance(v, Decimal) and v.is_snan() else v for v in cells]
    return pd.Series(values, index=cells.index, name=cells.name, dtype=object)


def _unbox_durations(cells: pd.Series) -> pd.Series:
    values = cells.dropna()
    if not len(values) or not all(isinstance(value, _DURATIONS) for value in values):
        return cells
    # months and years are no fixed number of days; pandas before 3 takes their mean length
    if any(np.datetime_data(v)[0] in "YM" for v in values if isinstance(v, np.timedelta64)):
        return cells
    try:
        return pd.to_timedelta(cells)
    except (ValueError, OverflowError):
        return cells


def _make_labels_plain(cells: pd.Series) -> pd.Series:
    labels = cells.cat.categories
    if pd.api.types.is_numeric_dtype(labels.dtype) and isinstance(labels.dtype, np.dtype):
        return cells
    words = [label if isinstance(label, bool | Real) else str(label) for label in labels]
    if len(set(words)) < len(words):
        return cells
    return cells.cat.rename_categories(words)


def _list_distinct(cells: pd.Series, most: int) -> list[Any]:
    """Return the first values of a column, each once, without the gaps."""
    if isinstance(cells.dtype, pd.StringDtype):
        return [value for value in cells.unique()[: most + 1] if isinstance(value, str)][:most]
    return list(cells.dropna().drop_duplicates().head(most))


def _is_of_numbers(kind: type) -> bool:
    return issubclass(kind, Real | Decimal) and not issubclass(kind, np.timedelta64)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _name_kind(value: object) -> str:
    kinds: tuple[tuple[str, Any], ...] = (
        ("text", str),
        ("a truth value", bool | np.bool_),
        ("a duration", _DURATIONS),
        ("a number", Real | Decimal),
        ("a date", _DATES),
        ("a complex number", Complex),
        ("bytes", bytes),
    )
    named = (words for words, kind in kinds if isinstance(value, kind))
    name = type(value).__name__
    return next(named, f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}")
