"""Figures with the digits that a report shows, for those that are read or drawn from elsewhere."""

# A record with sixteen digits, or a picture with ten, says how many people are behind a figure even
# where no count is printed.

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from desist.checks.catalogue import is_of_order
from desist.effects.days import LIMITS, DayRow
from desist.effects.groups import GroupTable
from desist.estimands import Measure, Scale
from desist.evaluation.record import ComparedCheck, MeasureRow
from desist.evaluation.with_bias import BiasResult
from desist.report.words._numbers import as_float, round_half_away
from desist.report.words._wording import WORDINGS

SPOKEN, RATIO, ORDER, P_VALUE, RHAT, KHAT = 1, 2, 2, 2, 3, 2
_OF_DIFFERENCES = ("treated", "comparison", "difference", "lower", "upper")
_OF_RATIOS = ("ratio", "ratio_lower", "ratio_upper")
_OF_ERRORS = ("mcse_lower", "mcse_upper")  # of these limits, and so with a digit more
_OF_BALANCE = {"smd_before": 3, "smd_after": 3, "variance_ratio": 2, "ks": 3}
NUMBERS = ("estimate", "lower", "upper", "p_value")


def round_to(value: Any, decimals: int) -> float:
    """Round a figure; what is missing or infinite stays so."""
    number = as_float(value)
    return round_half_away(number, decimals) if math.isfinite(number) else number


def round_share(value: Any) -> float:
    """Round a p-value or a probability to two decimals, and to one digit next to 0 and 1."""
    share = as_float(value)
    rest = min(share, 1 - share)
    if not 0 < rest < 0.01:
        return round_to(share, P_VALUE)
    rounded = float(f"{rest:.0e}")
    return rounded if share < 0.5 else round_to(1 - rounded, 12)


def count_decimals(measure: Measure) -> int:
    """Count the decimals of a mean or difference in the unit of the measure."""
    return SPOKEN + round(math.log10(WORDINGS[measure].factor))


def round_row(row: MeasureRow) -> MeasureRow:
    """Round the figures of a measure."""
    decimals = count_decimals(row.measure)
    figures: dict[str, Any] = {
        name: round_to(getattr(row, name), decimals) for name in _OF_DIFFERENCES
    }
    figures |= {name: round_to(getattr(row, name), RATIO) for name in _OF_RATIOS}
    decimals = RATIO if row.measure is Measure.HAZARD_RATIO else decimals
    figures |= {name: round_to(getattr(row, name), decimals + 1) for name in _OF_ERRORS}
    return replace(
        row,
        **figures,
        probability_of_benefit=round_share(row.probability_of_benefit),
        khat=round_to(row.khat, KHAT),
        rhat_max=round_to(row.rhat_max, RHAT),
        ess_bulk_min=round_to(row.ess_bulk_min, 0),
    )


def round_check(check: ComparedCheck) -> ComparedCheck:
    """Round the figures of a check."""
    decimals = count_decimals(check.measure)
    if is_of_order(check.check) or check.scale is not Scale.DIFFERENCE:
        decimals = ORDER
    figures: dict[str, Any] = {
        name: round_to(getattr(check, name), decimals) for name in NUMBERS[:3]
    }
    return replace(check, **figures, p_value=round_share(check.p_value))


def round_groups(table: GroupTable) -> GroupTable:
    """Round the figures of the effects by group."""
    decimals = count_decimals(table.measure)
    rows = [
        replace(
            row,
            share=round_share(row.share),
            raw=round_to(row.raw, decimals),
            estimate=round_to(row.estimate, decimals),
            lower=round_to(row.lower, decimals),
            upper=round_to(row.upper, decimals),
            probability_of_benefit=round_share(row.probability_of_benefit),
        )
        for row in table.rows
    ]
    return replace(
        table,
        rows=tuple(rows),
        spread=round_to(table.spread, decimals),
        spread_lower=round_to(table.spread_lower, decimals),
        spread_upper=round_to(table.spread_upper, decimals),
        probability_differs=round_share(table.probability_differs),
    )


def round_day(row: DayRow) -> DayRow:
    """Round the shares of a day."""
    decimals = count_decimals(Measure.RATE)
    figures: dict[str, Any] = {
        name: round_to(getattr(row, name), decimals) for name in (*_OF_DIFFERENCES, *LIMITS)
    }
    return replace(row, **figures, probability_of_benefit=round_share(row.probability_of_benefit))


def round_bias(result: BiasResult) -> BiasResult:
    """Round the figures of a result with the bias of placebo programmes."""
    decimals = count_decimals(result.measure)
    names = ("estimate", "lower", "upper", "spread", "spread_lower", "spread_upper")
    figures: dict[str, Any] = {name: round_to(getattr(result, name), decimals) for name in names}
    benefit = round_share(result.probability_of_benefit)
    return replace(result, **figures, probability_of_benefit=benefit)


def round_balance(row: Mapping[str, Any]) -> dict[str, Any]:
    """Round the figures of a row of the balance."""
    kept = {name: row[name] for name in ("covariate", *_OF_BALANCE, "word")}
    rounded = {name: round_to(row[name], digits) for name, digits in _OF_BALANCE.items()}
    if math.isnan(rounded["variance_ratio"]):
        # of a 0/1 covariate the gap is the difference of two shares: divided by the standardised
        # difference it gives their standard deviation, and that the number of people
        rounded["ks"] = math.nan
    return kept | rounded


def without_figures(row: MeasureRow) -> MeasureRow:
    """Take all figures out of a measure that is withheld."""
    numbers = [f.name for f in fields(row) if isinstance(getattr(row, f.name), int | float)]
    missing: dict[str, Any] = {name: math.nan for name in numbers if name != "causal"}
    return replace(row, **missing)
