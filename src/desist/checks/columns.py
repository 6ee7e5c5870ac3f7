"""The one reading of arrays that every check shares: one value a person, nothing converted."""

# Codes such as 1 and 2, text, missing values and halves are faults where 0 or 1 is meant: cast to
# truth values they would all be events. All columns of a call are read before one error lists all
# that is wrong with them. What stands in the row of somebody of weight 0 is not looked at.

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.arguments import describe, find_number_faults
from desist.errors import Fault, name_rows, raise_faults
from desist.privacy import FEWEST_SHARING, show_shared

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
NO_SET = -1
SUBJECT = "check"
FINITE = "finite numbers for everybody who is used"
WEIGHTS = "finite numbers, 0 or more"
ZERO_OR_ONE = "0 or 1"


@dataclass(frozen=True, eq=False)
class _Column:
    """A column as it was handed in, and which of its rows cannot be used."""

    where: str
    expected: str
    raw: NDArray[Any]
    bad: NDArray[np.bool_]
    coded: bool = False
    found: str = "other"


class Columns:
    """The columns of one call, read together so that one error lists all their faults."""

    def __init__(self, subject: str = SUBJECT) -> None:
        self.subject = subject
        self.columns: list[_Column] = []
        self.faults: list[Fault] = []
        self.masses: Floats | None = None

    @property
    def n_people(self) -> int:
        """How many people the first column has."""
        return int(self.columns[0].raw.shape[0]) if self.columns else 0

    def numbers(
        self,
        where: str,
        values: ArrayLike | None,
        *,
        least: float = -math.inf,
        above: float = -math.inf,
        most: float = math.inf,
        truths: bool = True,
        default: float | None = None,
        expected: str = "",
        where_true: NDArray[np.bool_] | None = None,
    ) -> Floats:
        """Read finite numbers; `default` for everybody where None may stand."""
        # Only the rows of `where_true` are looked at, where it is given.
        if values is None and default is not None:
            return np.full(self.n_people, default)
        raw = self._take(where, values)
        if raw is None:
            return np.zeros(self.n_people)
        read = _read_numbers(raw, truths=truths)
        if where_true is not None and where_true.shape == read.shape:
            read = np.where(where_true, read, max(least, 0.0))
        finite = np.isfinite(read)
        with np.errstate(invalid="ignore"):
            outside = finite & ~((read >= least) & (read > above) & (read <= most))
        limits = _say_limits(least, above, most)
        if expected:
            self.columns.append(_Column(where, expected, raw, ~finite | outside))
            return read
        self.columns.append(_Column(where, FINITE, raw, ~finite))
        below = "negative" if least == 0 and not (read[finite] > most).any() else "other"
        self.columns.append(_Column(where, limits, raw, outside, found=below))
        return read

    def days(self, where: str, values: ArrayLike) -> Floats:
        """Read days, 0 or more; truth values are no days but a column in the wrong place."""
        return self.numbers(where, values, least=0.0, truths=False)

    def truths(self, where: str, values: ArrayLike) -> NDArray[np.bool_]:
        """Read truth values: False and True, or the numbers 0 and 1, and nothing else."""
        raw = self._take(where, values)
        if raw is None:
            return np.zeros(self.n_people, dtype=bool)
        read = _read_numbers(raw, truths=True)
        bad = ~((read == 0) | (read == 1))
        self.columns.append(_Column(where, ZERO_OR_ONE, raw, bad, coded=True))
        return np.asarray(read == 1)

    def labels(self, where: str, values: ArrayLike | None) -> Codes:
        """Read labels of groups as whole numbers from 0; everybody in one group for None."""
        if values is None:
            return np.zeros(self.n_people, dtype=np.int64)
        raw = self._take(where, values)
        if raw is None:
            return np.zeros(self.n_people, dtype=np.int64)
        import pandas as pd

        try:
            codes = np.asarray(pd.factorize(raw)[0], dtype=np.int64)
        except TypeError:  # what cannot be a key is no label
            codes = np.full(raw.shape[0], -1, dtype=np.int64)
        self.columns.append(_Column(where, "a label of each person's group", raw, codes < 0))
        return codes

    def sets(self, where: str, values: ArrayLike) -> Codes:
        """Read matched sets, -1 for people who are in none."""
        codes = self.labels(where, values)
        raw = self.columns[-1].raw if self.columns else codes
        alone = _read_numbers(raw, truths=False) == NO_SET
        return np.where(alone, NO_SET, codes) if alone.shape == codes.shape else codes

    def matrix(self, where: str, values: ArrayLike | None) -> Floats:
        """Read covariates, one row a person and one or more columns; none for None."""
        if values is None:
            return np.zeros((self.n_people, 0))
        read = self._matrix(where, values)
        return read if read.ndim == 2 else read[:, np.newaxis]

    def weights(self, values: ArrayLike | None) -> Floats:
        """Read probability weights, 0 or more; equal for everybody for None."""
        self.masses = self.numbers("weights", values, least=0.0, default=1.0, expected=WEIGHTS)
        return self.masses

    def require(self, faults: Iterable[Fault] = (), *, nobody: bool = False) -> Codes:
        """Raise one error for all that is wrong; return the places of people with a weight."""
        # `nobody` says that no people at all will do, where a check answers with a reason.
        found = [*self.faults, *self._find_length_faults(nobody=nobody)]
        used = self._used()
        # weights first: the rows of the others are those of people who have one
        for column in sorted(self.columns, key=lambda column: column.where != "weights"):
            found += _find_row_faults(column, used)
        raise_faults(self.subject, [*found, *faults])
        return np.flatnonzero(used)

    def _take(self, where: str, values: ArrayLike | None) -> NDArray[Any] | None:
        raw = _as_array(values)
        if raw is not None and raw.ndim == 1:
            return raw
        found = describe(values) if raw is None or raw.ndim == 0 else f"shape {raw.shape}"
        self.faults.append(Fault(where, "a list or array, one value for each person", found))
        return None

    def _matrix(self, where: str, values: ArrayLike) -> Floats:
        raw = _as_array(values)
        if raw is None or raw.ndim not in {1, 2}:
            found = describe(values) if raw is None or raw.ndim == 0 else f"shape {raw.shape}"
            self.faults.append(Fault(where, "one row of numbers for each person", found))
            return np.zeros((self.n_people, 1))
        if self.columns and raw.shape[0] != self.n_people:
            expected = f"one row for each of {self.n_people:,} people"
            self.faults.append(Fault(where, expected, f"an array of shape {raw.shape}"))
            return np.zeros((self.n_people, 1))
        read = _read_numbers(raw, truths=True)
        bad = ~np.isfinite(read.reshape(read.shape[0], -1)).all(axis=1)
        self.columns.append(_Column(where, "finite numbers", raw, bad))
        return read

    def _find_length_faults(self, *, nobody: bool) -> list[Fault]:
        names = list(dict.fromkeys(column.where for column in self.columns))
        sizes = {column.where: column.raw.shape[0] for column in self.columns}
        lengths = [sizes[name] for name in names]
        where = _join(names) if names else ""
        if len(set(lengths)) > 1:
            found = f"shapes {', '.join(f'({length},)' for length in lengths)}"
            return [Fault(where, "one value for each person in each", found)]
        if lengths and lengths[0] == 0 and not nobody and not self.faults:
            return [Fault(where, "at least one person", "none")]
        return []

    def _used(self) -> NDArray[np.bool_]:
        if self.masses is None or any(c.raw.shape[0] != self.masses.size for c in self.columns):
            return np.ones(self.n_people, dtype=bool)
        return np.asarray(self.masses != 0)


def find_probability_faults(probability: object) -> list[Fault]:
    """Find what is wrong with the coverage of an interval."""
    return find_number_faults("probability", probability, above=0.0, below=1.0)


def find_horizon_faults(horizon: object) -> list[Fault]:
    """Find what is wrong with the day up to which time counts."""
    return find_number_faults("horizon", horizon, above=0.0)


def find_draw_faults(where: str, n_draws: object, rng: object) -> list[Fault]:
    """Find what is wrong with a number of random draws and the source of them."""
    faults = find_number_faults(where, n_draws, least=1, whole=True)
    if isinstance(rng, np.random.Generator):
        return faults
    return faults + find_number_faults(
        "rng",
        rng,
        least=0,
        whole=True,
        optional=True,
        advice="a numpy.random.Generator will do too",
    )


def _as_array(values: Any) -> NDArray[Any] | None:
    """Return an array of what was handed in; None for what has no rows of equal length."""
    if values is None or isinstance(values, str | bytes | dict | set):
        return None
    try:
        if isinstance(values, np.ma.MaskedArray):
            return np.asarray(np.ma.filled(values.astype(object), None))
        return np.asarray(values)
    except (ValueError, TypeError):
        return None


def _read_numbers(raw: NDArray[Any], *, truths: bool) -> Floats:
    """Return numbers as they are, nan for everything else."""
    if raw.dtype.kind == "b":
        return raw.astype(float) if truths else np.full(raw.shape, np.nan)
    if raw.dtype.kind in "iuf":
        return raw.astype(float)
    if raw.dtype.kind != "O":
        return np.full(raw.shape, np.nan)
    flat = [_read_number(value, truths=truths) for value in raw.ravel()]
    return np.array(flat, dtype=float).reshape(raw.shape)


def _read_number(value: object, *, truths: bool) -> float:
    is_truth = isinstance(value, bool | np.bool_)
    if not isinstance(value, Real | np.bool_) or (is_truth and not truths):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _find_row_faults(column: _Column, used: NDArray[np.bool_]) -> list[Fault]:
    bad = column.bad & used if column.bad.shape == used.shape else column.bad
    rows = np.flatnonzero(bad)
    if not rows.size:
        return []
    values = ""
    if column.coded and rows.size >= FEWEST_SHARING:
        values = f" ({show_shared(column.raw[rows].tolist())})"
    where = name_rows(rows.tolist())
    return [Fault(column.where, column.expected, f"{rows.size:,} {column.found}{values}, {where}")]


def _say_limits(least: float, above: float, most: float) -> str:
    limits = (("{:g} or more", least), ("above {:g}", above), ("{:g} or less", most))
    return " and ".join(text.format(limit) for text, limit in limits if math.isfinite(limit))


def _join(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
