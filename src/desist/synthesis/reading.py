"""Studies from a table: a row a report, in whichever columns it fills."""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from desist.arguments import describe
from desist.errors import Fault, InputError, raise_faults
from desist.synthesis._table_columns import find_column_faults
from desist.synthesis.evidence import (
    CountsOverTime,
    EstimateWithError,
    EstimateWithInterval,
    Evidence,
    PValue,
    Significance,
    TwoArmCounts,
    WholePercentages,
)
from desist.synthesis.passports import read_passport
from desist.synthesis.studies import Study

SUBJECT = "studies"
LARGE = "large"  # of a comparison whose rate is known
NAMES = ("study", "programme", "evidence")
ARMS = ("treated", "comparison")
FACTOR = 1.25  # by which the error of an interval may differ from the one beside it
APART = 1.0  # standard errors by which two reports of a row may differ, rounding and all

type Cells = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of row: the columns it fills, those it may fill, and what is made of them."""

    needs: tuple[str, ...]
    make: Callable[[Cells], Evidence]
    may: tuple[str, ...] = ()


def _make_counts(cells: Cells) -> Evidence:
    whole: list[Any] = [_read_whole(cells[name]) for name in KINDS["counts"].needs]
    return TwoArmCounts(*[*whole, cells.get("likelihood", "binomial")])


def _make_over_time(cells: Cells) -> Evidence:
    treated, comparison = (_read_whole(cells[f"{arm}_events"]) for arm in ARMS)
    return CountsOverTime(treated, cells["treated_time"], comparison, cells["comparison_time"])


def _make_estimate(cells: Cells) -> Evidence:
    return EstimateWithError(
        cells["estimate"], cells["standard_error"], cells.get("rounded_to", 0.0)
    )


def _make_interval(cells: Cells) -> Evidence:
    return EstimateWithInterval(
        cells["lower"], cells["upper"], cells.get("estimate"), cells.get("probability", 0.95)
    )


def _make_ratio(cells: Cells) -> Evidence:
    names = ("ratio_lower", "ratio_upper", "ratio")
    faults = [
        Fault(name, "a ratio above 0", describe(cells[name]))
        for name in names
        if name in cells and not (isinstance(cells[name], float) and cells[name] > 0)
    ]
    raise_faults("interval", faults)
    low, high = math.log(cells["ratio_lower"]), math.log(cells["ratio_upper"])
    middle = math.log(cells["ratio"]) if "ratio" in cells else None
    return EstimateWithInterval(low, high, middle, cells.get("probability", 0.95))


def _make_p_value(cells: Cells) -> Evidence:
    text = cells["p_value"]
    is_limit = isinstance(text, str) and text.startswith("<")
    p_value = _read_number(text[1:]) if is_limit else text
    return PValue(
        p_value,
        cells["direction"],
        cells["n_treated"],
        cells["n_comparison"],
        cells["comparison_rate"],
        is_limit,
    )


def _make_significance(cells: Cells) -> Evidence:
    stated = [cells[name] for name in KINDS["significance alone"].needs]
    return Significance(*[*stated, cells.get("level", 0.05)])


def _make_percentages(cells: Cells) -> Evidence:
    printed = [cells[name] for name in KINDS["whole percentages"].needs]
    return WholePercentages(*[*printed, cells.get("step", 1.0), _read_significant(cells)])


def _read_significant(cells: Cells) -> bool | None:
    word = cells.get("significant")
    if word is None or isinstance(word, bool | np.bool_):
        return None if word is None else bool(word)
    known = {"yes": True, "no": False, "true": True, "false": False}
    if str(word).lower() not in known:
        raise_faults("percentages", [Fault("significant", "yes or no", describe(word))])
    return known[str(word).lower()]


def _make_passport(cells: Cells) -> Evidence:
    return read_passport(Path(str(cells["passport"])))


# In the order of what they tell: the first whose columns a row fills is taken.
KINDS: Mapping[str, Kind] = {
    "passport": Kind(("passport",), _make_passport),
    "counts": Kind(
        ("treated_events", "n_treated", "comparison_events", "n_comparison"),
        _make_counts,
        ("likelihood",),
    ),
    "events over time": Kind(
        ("treated_events", "treated_time", "comparison_events", "comparison_time"),
        _make_over_time,
    ),
    "estimate and error": Kind(("estimate", "standard_error"), _make_estimate, ("rounded_to",)),
    "interval": Kind(("lower", "upper"), _make_interval, ("estimate", "probability")),
    "interval of a ratio": Kind(
        ("ratio_lower", "ratio_upper"), _make_ratio, ("ratio", "probability")
    ),
    "whole percentages": Kind(
        ("treated_percentage", "comparison_percentage", "n_treated", "n_comparison"),
        _make_percentages,
        ("step", "significant"),
    ),
    "p-value": Kind(
        ("p_value", "direction", "n_treated", "n_comparison", "comparison_rate"), _make_p_value
    ),
    "significance alone": Kind(
        ("found", "n_treated", "n_comparison", "comparison_rate"), _make_significance, ("level",)
    ),
}
RANGES = ("n_treated", "n_comparison")
ENDS = ("low", "high")
COLUMNS = frozenset(name for kind in KINDS.values() for name in (*kind.needs, *kind.may)) | {
    f"{name}_{end}" for name in RANGES for end in ENDS
}
TEXTS = frozenset(
    {"passport", "direction", "found", "likelihood", "significant", "p_value", "n_comparison"}
)


def read_studies(table: pd.DataFrame, *, moderators: Collection[str] = ()) -> list[Study]:
    """Read the studies of a table; each row in whichever columns it fills.

    A row is of the first of these kinds whose columns it fills, or of the one that its column
    "evidence" names: "passport" (a file), "counts" (treated_events, n_treated,
    comparison_events, n_comparison), "events over time" (treated_events, treated_time,
    comparison_events, comparison_time), "estimate and error" (estimate, standard_error),
    "interval" (lower, upper), "interval of a ratio" (ratio_lower, ratio_upper), "whole
    percentages" (treated_percentage, comparison_percentage, n_treated, n_comparison), "p-value"
    (p_value, direction, n_treated, n_comparison, comparison_rate), "significance alone" (found,
    n_treated, n_comparison, comparison_rate). A size that is not told is a range
    (n_treated_low, n_treated_high); a comparison so large that its rate is known is "large".
    "programme" names the programme of which several reports are, "source" and "notes" are not
    read, and any other column has to be named as a moderator: a name that was mistyped is an
    error and not a moderator.

    Parameters
    ----------
    table : DataFrame
        One row a report; the column "study" names it.
    moderators : collection of str
        Columns that a formula of moderators may use.

    Returns
    -------
    list of Study
        In the order of the rows.

    Raises
    ------
    InputError
        If a row cannot be read or contradicts itself; every fault of every row is listed.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"study": ["A"], "estimate": [-0.2], "standard_error": [0.1]})
    >>> read_studies(table)[0].evidence
    EstimateWithError(estimate=-0.2, standard_error=0.1, rounded_to=0.0)
    """
    faults = find_column_faults(table, {*COLUMNS, *NAMES}, moderators)
    if "study" not in table.columns or not table.columns.is_unique:
        raise_faults(SUBJECT, faults)
    studies = []
    for position, row in enumerate(table.to_dict("records")):
        try:
            studies.append(_read_row({str(name): cell for name, cell in row.items()}, moderators))
        except InputError as error:
            where = f"row {position + 1}"
            faults += [
                Fault(f"{where}, {one.where}", one.expected, one.found, one.advice)
                for one in error.faults
            ]
    raise_faults(SUBJECT, faults)
    return studies


def _read_row(row: dict[str, Any], listed: Collection[str]) -> Study:
    cells = _fill(row)
    filled = [name for name, kind in KINDS.items() if set(kind.needs) <= set(cells)]
    named = str(row.get("evidence", "")) if _is_filled(row.get("evidence")) else ""
    if named and named not in KINDS:
        raise_faults(SUBJECT, [Fault("evidence", f"one of {', '.join(KINDS)}", repr(named))])
    if not filled or (named and named not in filled):
        raise_faults(SUBJECT, [_name_missing(cells, named)])
    evidence = KINDS[named or filled[0]].make(cells)
    raise_faults(SUBJECT, _find_contradictions(filled, cells))
    moderators = {name: cell for name, cell in row.items() if name in listed}
    programme = str(row["programme"]) if _is_filled(row.get("programme")) else ""
    name = str(row["study"]) if _is_filled(row["study"]) else ""
    return Study(name, evidence, programme, moderators)


def _fill(row: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the cells that are filled, numbers as numbers, two ends of a size as a range."""
    cells = {
        name: _read_cell(name, cell)
        for name, cell in row.items()
        if name in COLUMNS and _is_filled(cell)
    }
    for name in RANGES:
        ends = tuple(cells.pop(f"{name}_{end}", None) for end in ENDS)
        raise_faults(SUBJECT, _find_range_faults(name, ends, name in cells))
        if None not in ends:
            cells[name] = ends
    if cells.get("n_comparison") == LARGE:
        cells["n_comparison"] = None
    return cells


def _find_range_faults(name: str, ends: tuple[Any, ...], is_told: bool) -> list[Fault]:
    """Find a range that lacks an end, or that stands beside the size itself."""
    filled = [f"{name}_{end}" for end, cell in zip(ENDS, ends, strict=True) if cell is not None]
    if not filled or (len(filled) == 2 and not is_told):
        return []
    expected = f"{name}, or both of {name}_low and {name}_high"
    found = " and ".join([name, *filled] if is_told else filled)
    return [Fault(name, expected, f"{found} filled", "fill the one or the other")]


def _read_cell(name: str, cell: object) -> object:
    if name in TEXTS and isinstance(cell, str):
        text = cell.strip()
        number = _read_number(text) if name in ("p_value", "n_comparison") else math.nan
        return number if isinstance(number, float) and not math.isnan(number) else text
    return _read_number(cell)


def _read_number(cell: object) -> Any:
    """Return a number as a float; anything else as it is, for a message."""
    if isinstance(cell, str):
        try:
            return float(cell)
        except ValueError:
            return math.nan if not cell.strip() else cell
    if isinstance(cell, bool) or not isinstance(cell, int | float | np.integer | np.floating):
        return cell
    try:
        return float(cell)
    except OverflowError:  # of a whole number with hundreds of digits
        return cell


def _read_whole(cell: object) -> Any:
    """Return a whole number as one: a column with an empty cell holds them as decimals."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _is_filled(cell: object) -> bool:
    if cell is None or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell)):
        return False
    return not (isinstance(cell, str) and not cell.strip())


def _name_missing(cells: Cells, named: str) -> Fault:
    """Say what a row lacks: of the kind it names, or of the kind that it nearly is."""
    nearest = named or max(KINDS, key=lambda name: _count_filled(KINDS[name], cells))
    kind = KINDS[nearest]
    missing = [name for name in kind.needs if name not in cells]
    if not cells:
        expected = f"the columns of one kind of evidence ({', '.join(KINDS)})"
        return Fault("evidence", expected, "none filled", "leave the row out, or fill it")
    found = f"{', '.join(sorted(cells))} alone"
    advice = f"for {nearest} fill {', '.join(missing)}"
    if "n_comparison" in missing:
        advice += ' ("large" for one whose rate is known)'
    return Fault("evidence", "the columns of one kind of evidence", found, advice)


def _count_filled(kind: Kind, cells: Cells) -> float:
    return sum(name in cells for name in kind.needs) / len(kind.needs)


def _find_contradictions(filled: list[str], cells: Cells) -> list[Fault]:
    """Compare what a row says twice, on a scale that both can speak of."""
    pairs = []
    for name in filled:
        if name in ("passport", "estimate and error", "interval", "interval of a ratio"):
            continue  # their scale is not known before the synthesis
        evidence = KINDS[name].make(cells)
        if "risk_difference" in evidence.scales:
            estimate, error = evidence.summarise("risk_difference")
            if math.isfinite(estimate) and math.isfinite(error):
                pairs.append((name, estimate, error))
    sides = _find_side_faults(cells, pairs) + _find_interval_faults(filled, cells)
    if len(pairs) < 2:
        return sides
    (first, one, error), (second, other, _) = pairs[0], pairs[1]
    if abs(one - other) <= APART * error:
        return sides
    expected = f"{first} and {second} that say the same"
    found = f"risk differences of {one:.3g} and {other:.3g}"
    return [*sides, Fault("evidence", expected, found, "correct or empty one of them")]


def _find_interval_faults(filled: list[str], cells: Cells) -> list[Fault]:
    """Compare an error with an interval beside it: both are of one estimate."""
    if not {"estimate and error", "interval"} <= set(filled):
        return []
    estimate, error = KINDS["estimate and error"].make(cells).summarise("")
    other = KINDS["interval"].make(cells).summarise("")[1]
    is_inside = cells["lower"] <= estimate <= cells["upper"]
    if is_inside and 1 / FACTOR <= other / error <= FACTOR:
        return []
    expected = "an interval around the estimate, as wide as its error makes it"
    return [Fault("lower, upper", expected, "another", "correct or empty one of them")]


def _find_side_faults(cells: Cells, pairs: list[tuple[str, float, float]]) -> list[Fault]:
    """Compare a stated direction with the sign of an estimate."""
    side = {"reduction": -1, "increase": 1}.get(str(cells.get("found", cells.get("direction"))))
    if side is None or not pairs or pairs[0][1] * side >= 0:
        return []
    word = "a reduction" if side < 0 else "an increase"
    found = f"{pairs[0][0]} that say {pairs[0][1]:+.3g}"
    return [Fault("found", f"{word}, as stated", found, "correct or empty one of them")]
