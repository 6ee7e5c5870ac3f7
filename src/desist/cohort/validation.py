"""Everything that can be wrong with a table of people, found in one pass."""

# The columns are checked in three steps: the roles, each column alone, and the columns that have to
# agree with each other. A step leaves out what an earlier one has already refused, so that one
# mistake is reported once.

from collections import Counter
from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.cohort.columns import (
    Column,
    count_people,
    find_binary_faults,
    find_count_faults,
    find_follow_up_faults,
    find_infinite,
    find_text_among_days,
    find_text_among_numbers,
    find_weight_faults,
    read_column,
)
from desist.cohort.contradictions import find_contradictions
from desist.cohort.kinds import find_covariate_faults, is_real, make_plain, write_words
from desist.cohort.reading import SUBJECT
from desist.cohort.roles import Roles, find_role_faults
from desist.errors import Fault, name_rows, raise_faults

_TREATMENT_CODES = "write 1 for those who took part and 0 for the comparison people"
_REOFFENDED_CODES = "write 1 for those with a proven reoffence and 0 for the others"


def validate_people(frame: pd.DataFrame, roles: Roles) -> pd.DataFrame:
    """Check a table of people and return it with clean types."""
    counted = (roles.treatment, roles.person, roles.reoffended, roles.offences, *roles.groups)
    readable = _find_readable(frame, roles) if roles.are_names else []
    plain = make_plain(frame, readable, counted=counted if roles.are_names else ())
    read = [] if plain.empty else [name for name in readable if name != roles.person]
    columns = {name: read_column(plain, name) for name in read}
    persons = plain[roles.person] if roles.person in readable else None
    raise_faults(SUBJECT, _find_faults(plain, persons, columns, roles))
    return _clean(plain, columns, roles)


def _find_faults(
    frame: pd.DataFrame, persons: pd.Series | None, columns: dict[str, Column], roles: Roles
) -> list[Fault]:
    faults = [*_find_table_faults(frame), *find_role_faults(roles, list(frame.columns))]
    if frame.empty or not roles.are_names:
        return faults
    return [
        *faults,
        *([] if persons is None else _find_person_faults(persons)),
        *_find_arm_faults(columns.get(roles.treatment)),
        *_find_outcome_faults(columns, roles),
        *_find_group_faults(columns, roles),
        *_find_sampling_faults(columns, roles),
        *_find_number_faults(columns, roles),
        *find_contradictions(columns, roles),
    ]


def _find_table_faults(frame: pd.DataFrame) -> list[Fault]:
    faults = []
    if len(frame) == 0:
        faults.append(Fault("people", "one row per person", "no rows"))
    nameless = [
        str(place + 1) for place, name in enumerate(frame.columns) if not isinstance(name, str)
    ]
    if nameless:
        more = f" and {len(nameless) - 5} more" if len(nameless) > 5 else ""
        plural = "s" if len(nameless) > 1 else ""
        found = f"something else (column{plural} {', '.join(nameless[:5])}{more})"
        advice = "give every column one name of text (frame.columns = [...])"
        faults.append(Fault("people", "columns whose names are text", found, advice))
    names = list(frame.columns)
    for name, count in Counter(name for name in names if isinstance(name, str)).items():
        if count > 1:
            places = [str(place + 1) for place, other in enumerate(names) if other == name]
            more = f" and {count - 5} more" if count > 5 else ""
            found = f"{count} (columns {', '.join(places[:5])}{more})"
            advice = "rename the others or leave them out"
            faults.append(Fault(name, "one column of this name", found, advice))
    return faults


def _find_readable(frame: pd.DataFrame, roles: Roles) -> list[str]:
    """Return the columns whose values can be checked: one of the name, one role at most."""
    names = Counter(frame.columns)
    taken = Counter(column for _, column in roles.columns)
    return [
        name for name in names if isinstance(name, str) and names[name] == 1 and taken[name] < 2
    ]


def _find_person_faults(persons: pd.Series) -> list[Fault]:
    """Find missing and repeated identifiers; the messages never show one."""
    faults = []
    missing = persons.isna().to_numpy(dtype=bool)
    name = str(persons.name)
    if missing.any():
        found = f"{count_people(missing)} without one ({name_rows(np.flatnonzero(missing))})"
        faults.append(Fault(name, "an identifier for everybody", found))
    if persons.dtype == object and not all(map(_is_hashable, set(map(type, persons)))):
        found, advice = "lists or the like", "give each person one number or text"
        return [*faults, Fault(name, "identifiers that can be compared", found, advice)]
    repeated = persons.duplicated(keep=False).to_numpy(dtype=bool) & ~missing
    if repeated.any():
        count, rows = persons[repeated].nunique(), np.flatnonzero(repeated)
        found = f"{count} {'person' if count == 1 else 'people'} in {len(rows)} rows"
        advice = "keep one row of each, and count the others in the record flow"
        faults.append(Fault(name, "one row per person", f"{found} ({name_rows(rows)})", advice))
    return faults


def _is_hashable(kind: type) -> bool:
    return issubclass(kind, Hashable)


def _find_arm_faults(treatment: Column | None) -> list[Fault]:
    if treatment is None:
        return []
    faults = find_binary_faults(treatment, _TREATMENT_CODES)
    if faults and not np.isin(treatment.numbers, (0, 1)).any():
        return faults
    if not (treatment.numbers == 1).any():
        faults.append(Fault(treatment.name, "somebody who took part (1)", "nobody"))
    if not (treatment.numbers == 0).any():
        faults.append(Fault(treatment.name, "somebody in the comparison (0)", "nobody"))
    return faults


def _find_outcome_faults(columns: dict[str, Column], roles: Roles) -> list[Fault]:
    faults: list[Fault] = []
    if roles.reoffended in columns:
        faults += find_binary_faults(columns[roles.reoffended], _REOFFENDED_CODES)
    if roles.offences in columns:
        faults += find_count_faults(columns[roles.offences])
    if roles.days in columns:
        faults += find_text_among_days(columns[roles.days])
    if roles.follow_up_column in columns:
        faults += find_follow_up_faults(columns[roles.follow_up_column])
    return faults


def _find_sampling_faults(columns: dict[str, Column], roles: Roles) -> list[Fault]:
    given = roles.sampling_weight in columns
    return find_weight_faults(columns[str(roles.sampling_weight)]) if given else []


def _find_group_faults(columns: dict[str, Column], roles: Roles) -> list[Fault]:
    faults: list[Fault] = []
    for group in (columns[name] for name in roles.groups if name in columns):
        advice = "give those of unknown group a group of their own"
        faults += group.faults(group.missing, "a group for everybody", advice)
        faults += find_covariate_faults(group.cells)
        wrong = _find_blanks(group.cells) & ~group.missing
        faults += group.faults(wrong, "a group for everybody", advice, "blanks only")
        if isinstance(group.cells.dtype, pd.CategoricalDtype):
            labels = group.cells.cat.categories
            faults += _find_empty_groups(group.name, len(labels), group.cells.nunique())
    return faults


def _find_blanks(cells: pd.Series) -> NDArray[np.bool_]:
    """Find cells of blanks alone, or of nothing; a cell without a value is looked at elsewhere."""
    if is_real(cells):
        return np.zeros(len(cells), dtype=bool)
    words = write_words(cells)
    blank = [word for word in words.unique() if isinstance(word, str) and not word.strip()]
    return np.asarray(words.isin(blank), dtype=bool) if blank else np.zeros(len(cells), dtype=bool)


def _find_empty_groups(name: str, n_groups: int, n_lived_in: int) -> list[Fault]:
    if n_groups == n_lived_in:
        return []
    found = f"{n_groups - n_lived_in} of {n_groups} without anybody"
    return [Fault(name, "somebody in every group", found, "call .cat.remove_unused_categories()")]


def _find_number_faults(columns: dict[str, Column], roles: Roles) -> list[Fault]:
    """Find infinite numbers anywhere, and text among the numbers of the covariates."""
    looked_at = {roles.treatment, roles.reoffended, roles.sampling_weight}
    faults: list[Fault] = []
    for name, column in columns.items():
        if name not in looked_at:
            faults += find_infinite(column)
        label = isinstance(column.cells.dtype, pd.CategoricalDtype)
        if name not in roles.hidden and not is_real(column.cells) and not label:
            faults += find_text_among_numbers(column)
    return faults


def _clean(frame: pd.DataFrame, columns: dict[str, Column], roles: Roles) -> pd.DataFrame:
    clean = frame.copy()
    for name, column in columns.items():
        values = _clean_values(column, roles)
        if not _is_stored_so(column.cells, values):
            clean[name] = values
    if roles.days is not None and roles.reoffended is not None:
        reoffended = columns[roles.reoffended].numbers == 1
        clean[roles.days] = np.where(reoffended, columns[roles.days].numbers, np.nan)
    return clean


def _is_stored_so(cells: pd.Series, values: NDArray[Any] | pd.Series) -> bool:
    dtype = cells.dtype
    return values is cells or (isinstance(dtype, np.dtype) and dtype == values.dtype)


def _clean_values(column: Column, roles: Roles) -> NDArray[Any] | pd.Series:
    if column.name in (roles.treatment, roles.reoffended):
        return np.asarray(column.numbers == 1, dtype=np.bool_)
    if column.name == roles.offences:
        return column.numbers.astype(np.int64)
    if column.name in (roles.days, roles.follow_up, roles.sampling_weight):
        return column.numbers
    return _as_numpy(column)


def _as_numpy(column: Column) -> NDArray[Any] | pd.Series:
    """Turn numbers into numpy's widest, which sums and squares cannot overflow; keep labels."""
    cells = column.cells
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells.cat.remove_unused_categories()
    is_widest = cells.dtype.name in ("bool", "int64", "float64")
    boxed = cells.dtype == object and not column.other.any() and not column.missing.all()
    if is_widest or not (boxed or is_real(cells)):
        return cells
    if column.missing.any():
        return column.numbers
    if pd.api.types.is_bool_dtype(cells.dtype):
        return np.asarray(column.numbers == 1, dtype=np.bool_)
    if pd.api.types.is_integer_dtype(cells.dtype) and cells.max() <= np.iinfo(np.int64).max:
        return cells.to_numpy(dtype=np.int64)
    return column.numbers
