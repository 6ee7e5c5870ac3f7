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
    """Round to a number of decimals; halves go away from zero.

    Parameters
    ----------
    value : float
        A finite number.
    decimals : int, default 0
        Decimals kept.

    Returns
    -------
    float
        The rounded value; never -0.0.

    Examples
    --------
    >>> round_half_away(74.5), round_half_away(-74.5), round_half_away(-0.4)
    (75.0, -75.0, 0.0)
    """
    exact = Decimal(f"{value:.{SIGNIFICANT_DIGITS}g}")
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return float(rounded) + 0.0


def as_float(value: Any) -> float:
    """Return a number as a float, and a missing one as nan.

    Parameters
    ----------
    value : object
        A number or None.

    Returns
    -------
    float
        The number, or nan.
    """
    return math.nan if value is None else float(value)


def format_number(value: float, decimals: int = 0) -> str:
    """Write a number with thousands separators and a fixed number of decimals.

    Parameters
    ----------
    value : float
        The number; nan stands for "not available".
    decimals : int, default 0
        Decimals printed.

    Returns
    -------
    str
        For example "5,514" or "-0.96"; a dash when there is no number.

    Examples
    --------
    >>> format_number(5514), format_number(-0.04, 1), format_number(float("nan"))
    ('5,514', '0.0', '–')
    """
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{round_half_away(value, decimals):,.{decimals}f}"


def format_interval(lower: float, upper: float, decimals: int = 0) -> str:
    """Write an interval as "-20 to -4".

    Parameters
    ----------
    lower, upper : float
        Limits, in one unit; nan when there is none.
    decimals : int, default 0
        Decimals printed.

    Returns
    -------
    str
        The two limits, or a dash when one is missing.

    Examples
    --------
    >>> format_interval(-20.2, -4.07)
    '-20 to -4'
    """
    if math.isnan(lower) or math.isnan(upper):
        return MISSING
    return f"{format_number(lower, decimals)} to {format_number(upper, decimals)}"


def format_share(part: float, whole: float) -> str:
    """Write a share as a whole percentage; a share above zero never reads "0%".

    Parameters
    ----------
    part, whole : float
        Counts, or anything of which the ratio is a share.

    Returns
    -------
    str
        "6%", or "<1%" when a share above zero would round to nothing.

    Examples
    --------
    >>> format_share(8, 140), format_share(1, 5514), format_share(0, 5514)
    ('6%', '<1%', '0%')
    """
    if math.isnan(part) or math.isnan(whole) or whole == 0:
        return MISSING
    percent = 100 * part / whole
    if percent > 0 and round_half_away(percent) == 0:
        return "<1%"
    return f"{format_number(percent)}%"


def format_probability(probability: float) -> str:
    """Write a posterior probability as a percentage that never claims certainty.

    Parameters
    ----------
    probability : float
        Between 0 and 1; nan when there is none.

    Returns
    -------
    str
        "97%", "<1%" or ">99%".

    Examples
    --------
    >>> format_probability(0.9996), format_probability(0.968)
    ('>99%', '97%')
    """
    if math.isnan(probability):
        return MISSING
    if round_half_away(100 * probability) <= 0:
        return "<1%"
    if round_half_away(100 * probability) >= 100:
        return ">99%"
    return f"{format_number(100 * probability)}%"


def count_of(number: int, singular: str, plural: str | None = None) -> str:
    """Write a count with its noun.

    Parameters
    ----------
    number : int
        How many.
    singular : str
        The noun for one.
    plural : str, optional
        The noun for any other number; by default the singular with an s.

    Returns
    -------
    str
        "1 day", "12 people".

    Examples
    --------
    >>> count_of(1, "person", "people"), count_of(12, "person", "people")
    ('1 person', '12 people')
    """
    noun = singular if number == 1 else (plural or f"{singular}s")
    return f"{format_number(number)} {noun}"
