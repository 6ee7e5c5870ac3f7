"""Figures with the digits that a report shows, for those that are read or drawn from elsewhere.

A record with sixteen digits, or a picture with ten, says how many people are behind a figure even
where no count is printed.
"""

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from desist.checks.catalogue import is_of_order
from desist.estimands import Measure, Scale
from desist.evaluation.record import ComparedCheck, MeasureRow
from desist.report.numbers import as_float, round_half_away
from desist.report.wording import WORDINGS

SPOKEN, RATIO, ORDER, P_VALUE, RHAT, KHAT = 1, 2, 2, 2, 3, 2
_OF_DIFFERENCES = ("treated", "comparison", "difference", "lower", "upper")
_OF_RATIOS = ("ratio", "ratio_lower", "ratio_upper")
_OF_BALANCE = {"smd_before": 3, "smd_after": 3, "variance_ratio": 2, "ks": 3}
NUMBERS = ("estimate", "lower", "upper", "p_value")


def round_to(value: Any, decimals: int) -> float:
    """Round a figure; what is missing or infinite stays so.

    Parameters
    ----------
    value : float or None
        The figure.
    decimals : int
        Digits kept after the point.

    Returns
    -------
    float
        Halves away from zero.
    """
    number = as_float(value)
    return round_half_away(number, decimals) if math.isfinite(number) else number


def round_share(value: Any) -> float:
    """Round a p-value or a probability to two decimals, and to one digit next to 0 and 1.

    Parameters
    ----------
    value : float or None
        From 0 to 1.

    Returns
    -------
    float
        Never 0 or 1 where the share itself is not.

    Examples
    --------
    >>> round_share(0.0363), round_share(0.00036), round_share(0.9996)
    (0.04, 0.0004, 0.9996)
    """
    share = as_float(value)
    rest = min(share, 1 - share)
    if not 0 < rest < 0.01:
        return round_to(share, P_VALUE)
    rounded = float(f"{rest:.0e}")
    return rounded if share < 0.5 else round_to(1 - rounded, 12)


def count_decimals(measure: Measure) -> int:
    """Count the decimals of a mean or difference in the unit of the measure.

    Parameters
    ----------
    measure : Measure
        Of which one decimal is shown, per 100 people or in days.

    Returns
    -------
    int
        3 for a proportion, 1 for days.
    """
    return SPOKEN + round(math.log10(WORDINGS[measure].factor))


def round_row(row: MeasureRow) -> MeasureRow:
    """Round the figures of a measure.

    Parameters
    ----------
    row : MeasureRow
        As it was found.

    Returns
    -------
    MeasureRow
        As it is shown.
    """
    decimals = count_decimals(row.measure)
    figures: dict[str, Any] = {
        name: round_to(getattr(row, name), decimals) for name in _OF_DIFFERENCES
    }
    figures |= {name: round_to(getattr(row, name), RATIO) for name in _OF_RATIOS}
    return replace(
        row,
        **figures,
        probability_of_benefit=round_share(row.probability_of_benefit),
        khat=round_to(row.khat, KHAT),
        rhat_max=round_to(row.rhat_max, RHAT),
        ess_bulk_min=round_to(row.ess_bulk_min, 0),
    )


def round_check(check: ComparedCheck) -> ComparedCheck:
    """Round the figures of a check.

    Parameters
    ----------
    check : ComparedCheck
        As it was found.

    Returns
    -------
    ComparedCheck
        As it is shown.
    """
    decimals = count_decimals(check.measure)
    if is_of_order(check.check) or check.scale is not Scale.DIFFERENCE:
        decimals = ORDER
    figures: dict[str, Any] = {
        name: round_to(getattr(check, name), decimals) for name in NUMBERS[:3]
    }
    return replace(check, **figures, p_value=round_share(check.p_value))


def round_balance(row: Mapping[str, Any]) -> dict[str, Any]:
    """Round the figures of a row of the balance.

    Parameters
    ----------
    row : mapping
        As it was found.

    Returns
    -------
    dict
        As it is shown, and without how many people are behind it.
    """
    kept = {name: row[name] for name in ("covariate", *_OF_BALANCE, "word")}
    return kept | {name: round_to(row[name], digits) for name, digits in _OF_BALANCE.items()}


def without_figures(row: MeasureRow) -> MeasureRow:
    """Take all figures out of a measure that is withheld.

    Parameters
    ----------
    row : MeasureRow
        As it was found.

    Returns
    -------
    MeasureRow
        Every number is missing, counts of people as well.
    """
    numbers = [f.name for f in fields(row) if isinstance(getattr(row, f.name), int | float)]
    missing: dict[str, Any] = {name: math.nan for name in numbers if name != "causal"}
    return replace(row, **missing)
