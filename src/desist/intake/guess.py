"""A first settings file from the columns of a table: every role a guess, and marked as one."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from desist.design.formula.syntax import Column, write
from desist.errors import Fault, raise_faults
from desist.intake.codes import DID_NOT, NO, TOOK_PART, YES
from desist.intake.table import Table

MOST_LEVELS = 30
LEAST_DISTINCT = 0.9  # of the rows of an identifier
_OUTCOMES = frozenset({"reoffended_on", "reoffended", "offences", "days"})
_AFTER = re.compile(r"re ?off|rearrest|reconv|recid")
_BEFORE = re.compile(r"\b(prior|previous|past|earlier|before|served|sentenced?)\b")
_WRITTEN = re.compile(r"^(notes?|comments?|remarks?)\b|\b(notes?|comments?|remarks?)$")
_DATED = re.compile(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*")


@dataclass(frozen=True)
class _Role:
    """A role, the names that suggest it, and what its values have to be."""

    key: str
    pattern: re.Pattern[str]
    fits: Callable[[pd.Series], bool]
    comment: str


def guess_settings(table: Table, people: str, sheet: str | None = None) -> str:
    """Write a settings file for a table, with the roles of columns guessed from their names.

    Only names and kinds of columns are looked at, never how an outcome goes with anything.

    Parameters
    ----------
    table : Table
        From `read_table`.
    people : str
        Path of the table, as it shall stand in the file.
    sheet : str, optional
        Of a workbook that has several.

    Returns
    -------
    str
        TOML with a comment at each guess.

    Raises
    ------
    InputError
        If two columns have one name.

    Examples
    --------
    >>> frame = pd.DataFrame({"programme": [1, 0], "age": [30, 41], "reoffended": [0, 1]})
    >>> print(guess_settings(Table(frame), "people.csv").split("[design]")[0].strip())
    # Made by desist init. Roles were guessed from the names of columns: check each line.
    <BLANKLINE>
    [study]
    title = "people"  # heading of the report: say which programme, where and when
    <BLANKLINE>
    [data]
    people = "people.csv"
    treatment = "programme"  # guessed: who took part, 1 and 0 or yes and no
    reoffended = "reoffended"  # guessed: a proven reoffence within the follow-up
    # offences = "..."  # number of proven reoffences within the follow-up
    # days = "..."  # days from release to the first reoffence
    follow_up = 365  # days, the same for all; or the name of a column
    # person = "..."  # identifier, checked for repeats and never shown
    # groups = ["..."]  # prisons, regions: effects then vary between them
    """
    frame = table.frame.rename(columns=str)
    twice = int(frame.columns.duplicated().sum())
    if twice:
        advice = "give every column a name of its own"
        raise_faults("table", [Fault("columns", "names that differ", f"{twice} again", advice)])
    taken: dict[str, str] = {}
    for role in _ROLES:
        found = _find(frame, role, set(taken.values()))
        if found is not None:
            taken[role.key] = found
    title = re.sub(r"\.\w+$", "", people.replace("\\", "/").rsplit("/", 1)[-1])
    return "\n".join(
        [
            "# Made by desist init. Roles were guessed from the names of columns: check each line.",
            "",
            "[study]",
            f"title = {_quote(title)}  # heading of the report: say which programme, where and"
            " when",
            "",
            "[data]",
            f"people = {_quote(people)}",
            *([f"sheet = {_quote(sheet)}"] if sheet else []),
            *_write_roles(taken),
            "",
            *_write_missing(frame, taken),
            *_write_design(frame, taken),
            "",
            "[model]",
            "seed = 1  # the same seed gives the same numbers",
            "",
            "[report]",
            'rules = "2019"  # of disclosure; see the documentation',
            "",
        ]
    )


def _find(frame: pd.DataFrame, role: _Role, taken: set[str]) -> str | None:
    found = [
        name
        for name in map(str, frame.columns)
        if name not in taken
        and role.pattern.search(_split_words(name))
        and not (role.key in _OUTCOMES and _BEFORE.search(_split_words(name)))
        and role.fits(frame[name])
    ]
    # "reoffences" rather than "offences", which may be those of the sentence
    return min(found, key=lambda name: not _AFTER.search(_split_words(name)), default=None)


def _split_words(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).casefold())


def _is_binary(cells: pd.Series) -> bool:
    words = {str(cell).strip().casefold() for cell in cells.dropna().unique()[:10]}
    return bool(words) and words <= YES | NO


def _is_arm(cells: pd.Series) -> bool:
    words = {str(cell).strip().casefold() for cell in cells.dropna().unique()[:10]}
    names = bool(words & TOOK_PART) and bool(words & DID_NOT) and words <= TOOK_PART | DID_NOT
    return names or _is_binary(cells)


def _is_whole(cells: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(cells.dtype) and not _is_binary(cells)


def _is_distinct(cells: pd.Series) -> bool:
    """Say whether nearly every person has another value: the cohort names who is there twice."""
    return bool(cells.notna().all()) and cells.nunique() >= LEAST_DISTINCT * len(cells)


def _has_levels(cells: pd.Series) -> bool:
    return 1 < cells.nunique() <= MOST_LEVELS and not _is_binary(cells)


def _is_dated(cells: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return True
    known = cells.dropna().head(100).astype(str)
    return bool(len(known)) and bool(known.str.fullmatch(_DATED).all())


def _make_roles() -> tuple[_Role, ...]:
    table: tuple[tuple[str, str, Callable[[pd.Series], bool], str], ...] = (
        (
            "person",
            r"\b(id|ids|person|nomis|pnc|urn|identifier|number|case|ref|reference)\b",
            _is_distinct,
            "identifier, checked for repeats and never shown",
        ),
        (
            "released",
            r"releas|start date|date of start|discharg",
            _is_dated,
            "date from which people are followed",
        ),
        (
            "reoffended_on",
            r"reoff|re off|offence|rearrest|reconv|recid|arrest",
            _is_dated,
            "date of the first proven reoffence, blank without one",
        ),
        (
            "treatment",
            r"treat|program|interven|particip|took part|attended|mentor|exposed|arm\b|group\b",
            _is_arm,
            "who took part, 1 and 0 or yes and no",
        ),
        (
            "reoffended",
            r"reoff|re off|rearrest|reconv|recid|arrested|event",
            _is_binary,
            "a proven reoffence within the follow-up",
        ),
        (
            "offences",
            r"offences|offenses|reoffences|n reoff|number of re",
            _is_whole,
            "number of proven reoffences within the follow-up",
        ),
        (
            "follow_up",
            r"follow ?up|days at risk|exposure",
            _is_whole,
            "days of follow-up of each person",
        ),
        (
            "days",
            r"\bdays?\b|time to|durat",
            _is_whole,
            "days from release to the first reoffence",
        ),
        (
            "groups",
            r"prison|site|region|area|establish|provider|office|centre|center",
            _has_levels,
            "prisons, regions: effects then vary between them",
        ),
    )
    return tuple(_Role(key, re.compile(words), fits, note) for key, words, fits, note in table)


_ROLES = _make_roles()
_ORDER = ("treatment", "reoffended", "offences", "days", "follow_up", "person", "groups")
_DATES = ("released", "reoffended_on")


def _write_roles(taken: dict[str, str]) -> list[str]:
    comments = {role.key: role.comment for role in _ROLES}
    lines = []
    dated = _is_by_dates(taken)
    for key in (*_ORDER[:1], *(_DATES if dated else ()), *_ORDER[1:]):
        if dated and key in ("reoffended", "days"):
            continue
        value = taken.get(key)
        if value is not None:
            text = f"[{_quote(value)}]" if key == "groups" else _quote(value)
            lines.append(f"{key} = {text}  # guessed: {comments[key]}")
        elif key == "follow_up":
            lines.append("follow_up = 365  # days, the same for all; or the name of a column")
        elif key == "treatment":
            lines.append('treatment = ""  # not found: name the column of who took part')
        else:
            text = '["..."]' if key == "groups" else '"..."'
            lines.append(f"# {key} = {text}  # {comments[key]}")
    return lines


def _write_missing(frame: pd.DataFrame, taken: dict[str, str]) -> list[str]:
    gaps = [name for name in _list_covariates(frame, taken) if frame[name].isna().any()]
    if not gaps:
        return []
    lines = ["[missing]  # guessed: what becomes of covariates that are not known for all"]
    for name in gaps:
        is_number = pd.api.types.is_numeric_dtype(frame[name].dtype)
        way = "indicator" if is_number else "level"
        lines.append(f'{_quote(name)} = "{way}"')
    return [*lines, ""]


def _write_design(frame: pd.DataFrame, taken: dict[str, str]) -> list[str]:
    names = _list_covariates(frame, taken)
    gaps = [
        f"{name}_missing"
        for name in names
        if frame[name].isna().any() and pd.api.types.is_numeric_dtype(frame[name].dtype)
    ]
    formula = " + ".join(write(Column(name)) for name in [*names, *gaps])
    return [
        "[design]",
        *_write_left_out(frame, taken),
        f"formula = {_quote(formula)}  # guessed: what was known before the programme began;"
        " leave out the rest",
        'method = "radius"  # radius matching on the propensity score',
        "caliper = 0.05",
    ]


def _write_left_out(frame: pd.DataFrame, taken: dict[str, str]) -> list[str]:
    """Name the columns that the formula has not, as they may be outcomes."""
    if _is_by_dates(taken):
        unread = [taken[key] for key in ("reoffended", "days") if key in taken]
    else:
        unread = []
    others = [name for name in map(str, frame.columns) if name not in taken.values()]
    names = [*unread, *(name for name in others if _may_be_outcome(name))]
    return [
        *(f"# not in the formula, as it may be an outcome: {_quote(name)}" for name in names),
        *(
            f"# not in the formula, as it {why}: {_quote(name)}"
            for name in others
            if name not in names and (why := _say_unfit(name, frame[name]))
        ),
    ]


def _say_unfit(name: str, cells: pd.Series) -> str:
    """Say why a column that is not an outcome is no covariate; nothing where it may be one."""
    if _WRITTEN.search(_split_words(name)):
        return "may have been written afterwards"
    if _is_dated(cells):
        return "holds dates"
    if pd.to_numeric(cells.dropna(), errors="coerce").notna().mean() > 0.5:
        return (
            "" if _can_be_covariate(cells) else "holds numbers beside words or signs, or one value"
        )
    return "" if _can_be_covariate(cells) else f"has one value or more than {MOST_LEVELS} words"


def _may_be_outcome(name: str) -> bool:
    words = _split_words(name)
    return bool(_AFTER.search(words)) and not _BEFORE.search(words)


def _is_by_dates(taken: dict[str, str]) -> bool:
    return "released" in taken and "reoffended_on" in taken


def _list_covariates(frame: pd.DataFrame, taken: dict[str, str]) -> list[str]:
    """List what may be a covariate: no role, no date, neither the same nor another for each."""
    used = set(taken.values()) - {taken.get("groups")}
    return [
        name
        for name in map(str, frame.columns)
        if name not in used
        and not _may_be_outcome(name)
        and not _WRITTEN.search(_split_words(name))
        and not _is_dated(frame[name])
        and _can_be_covariate(frame[name])
    ]


def _can_be_covariate(cells: pd.Series) -> bool:
    n = cells.nunique()
    return n > 1 and (pd.api.types.is_numeric_dtype(cells.dtype) or n <= MOST_LEVELS)


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
