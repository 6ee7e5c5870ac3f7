"""The validation that every public function shares: arguments of the wrong kind, named at once."""

# Each function returns the faults it finds, so that a caller adds them up and raises one error
# (`desist.errors.raise_faults`). Nothing is converted or clipped here. What was found is told by
# its kind and, for a single number, word or truth value of a setting, by its value; tables, arrays
# and lists are told by their size alone, because they may hold people.

import math
from collections.abc import Collection, Iterable, Sized
from numbers import Integral, Real
from typing import Any

import numpy as np

from desist.errors import Fault

LONGEST_WORD_SHOWN = 40


def find_number_faults(
    where: str,
    value: object,
    *,
    above: float = -math.inf,
    below: float = math.inf,
    least: float = -math.inf,
    most: float = math.inf,
    whole: bool = False,
    optional: bool = False,
    advice: str = "",
) -> list[Fault]:
    """Find what is wrong with an argument that has to be one finite number."""
    if optional and value is None:
        return []
    number = _read_number(value, whole=whole)
    if math.isfinite(number) and above < number < below and least <= number <= most:
        return []
    expected = _say_range("a whole number" if whole else "a number", above, below, least, most)
    if whole and isinstance(value, float) and value.is_integer():
        advice = advice or f"write {_write_number(int(value))} without a decimal point"
    return [Fault(where, expected + (" or None" if optional else ""), describe(value), advice)]


def find_probability_faults(value: object, where: str = "probability") -> list[Fault]:
    """Find what is wrong with the probability of an interval."""
    number = _read_number(value, whole=False)
    advice = f"write {number / 100:g}" if 1 < number < 100 else ""
    return find_number_faults(where, value, above=0.0, below=1.0, advice=advice)


def find_choice_faults(where: str, value: object, choices: Iterable[str]) -> list[Fault]:
    """Find what is wrong with an argument that has to be one of several words."""
    words = list(choices)
    if isinstance(value, str) and value in words:
        return []
    return [Fault(where, f"one of {', '.join(words)}", describe(value))]


def find_names_faults(where: str, value: Any, advice: str = "") -> list[Fault]:
    """Find what is wrong with an argument that has to be a list of names."""
    is_list = isinstance(value, Collection) and not isinstance(value, str | bytes)
    if is_list and all(isinstance(name, str) for name in value):
        return []
    if isinstance(value, str):
        advice = advice or f"write [{value[:LONGEST_WORD_SHOWN]!r}]"
    return [Fault(where, "a list of names", describe(value), advice)]


def find_kind_faults(
    where: str, value: object, kinds: type | tuple[type, ...], expected: str, advice: str = ""
) -> list[Fault]:
    """Find what is wrong with an argument that has to be a record of some kind."""
    if isinstance(value, kinds):
        return []
    if isinstance(value, type) and issubclass(value, kinds):
        advice = f"write {value.__name__}()"
    return [Fault(where, expected, describe(value), advice)]


def describe(value: object) -> str:
    """Say what an argument is without showing anything that may be about people."""
    if value is None or isinstance(value, bool | np.bool_):
        return str(value)
    if isinstance(value, str):
        short = len(value) <= LONGEST_WORD_SHOWN and value.isprintable()
        return repr(str(value)) if short else f"a text of {len(value):,} characters"
    if isinstance(value, np.timedelta64):
        return _name_kind(value)
    if isinstance(value, Real):
        return _write_number(value)
    return f"the class {value.__name__}" if isinstance(value, type) else _name_kind(value)


def _read_number(value: Any, *, whole: bool) -> float:
    """Return a number as a float; NaN for what is none, or too large for one."""
    is_number = isinstance(value, Integral if whole else Real)
    # NumPy counts its durations among the whole numbers, whatever their unit
    if not is_number or isinstance(value, bool | np.bool_ | np.timedelta64):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def _write_number(value: Any) -> str:
    try:
        text = str(value) if isinstance(value, Integral) else f"{float(value):.10g}"
    except (ValueError, OverflowError):  # more digits than Python writes
        text = ""
    return text if 0 < len(text) <= LONGEST_WORD_SHOWN else "a number of many digits"


def _name_kind(value: object) -> str:
    name = type(value).__name__
    words = f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"{words} of shape {shape}" if shape else words
    return f"{words} of {len(value)}" if isinstance(value, Sized) else words


def _say_range(noun: str, above: float, below: float, least: float, most: float) -> str:
    parts = [
        f"{words} {limit:g}"
        for words, limit in (
            ("above", above),
            ("of at least", least),
            ("below", below),
            ("of at most", most),
        )
        if math.isfinite(limit)
    ]
    return " and ".join([f"{noun} {parts[0]}", *parts[1:]]) if parts else noun
