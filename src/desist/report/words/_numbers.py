"""Numbers as a report prints them: halves go away from zero, and there is no "-0"."""

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

# Binary fractions carry noise beyond the fifteenth digit (0.57 - 0.425 is
# 0.14499999999999996). Twelve digits keep every published figure and drop the noise,
# so that a half is seen as a half.
SIGNIFICANT_DIGITS = 12

MISSING = "–"


def round_half_away(value: float, decimals: int = 0) -> float:
    """Round to a number of decimals; halves go away from zero."""
    exact = Decimal(f"{value:.{SIGNIFICANT_DIGITS}g}")
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return float(rounded) + 0.0


def as_float(value: Any) -> float:
    """Return a number as a float, and a missing one as nan."""
    return math.nan if value is None else float(value)


def format_number(value: float, decimals: int = 0) -> str:
    """Write a number with thousands separators and a fixed number of decimals."""
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{round_half_away(value, decimals):,.{decimals}f}"


def format_interval(lower: float, upper: float, decimals: int = 0) -> str:
    """Write an interval as "-20 to -4"."""
    if math.isnan(lower) or math.isnan(upper):
        return MISSING
    return f"{format_number(lower, decimals)} to {format_number(upper, decimals)}"


def format_share(part: float, whole: float) -> str:
    """Write a share as a whole percentage; a share above zero never reads "0%"."""
    if math.isnan(part) or math.isnan(whole) or whole == 0:
        return MISSING
    percent = 100 * part / whole
    if percent > 0 and round_half_away(percent) == 0:
        return "<1%"
    return f"{format_number(percent)}%"


def format_probability(probability: float) -> str:
    """Write a posterior probability as a percentage that never claims certainty."""
    if math.isnan(probability):
        return MISSING
    if round_half_away(100 * probability) <= 0:
        return "<1%"
    if round_half_away(100 * probability) >= 100:
        return ">99%"
    return f"{format_number(100 * probability)}%"


def count_of(number: int, singular: str, plural: str | None = None) -> str:
    """Write a count with its noun."""
    noun = singular if number == 1 else (plural or f"{singular}s")
    return f"{format_number(number)} {noun}"
