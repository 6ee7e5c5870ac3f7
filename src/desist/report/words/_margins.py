"""Sentences on how small a difference is, and on the least difference that matters."""

from desist.estimands import Interval, Measure
from desist.report.words._numbers import format_number, format_probability
from desist.report.words._wording import WORDINGS

LEAST = "the least that was said to matter"
UNMEASURED = (
    "The difference, here and for every other measure, is an effect of the programme only if "
    "nothing unmeasured differs between participants and comparison people."
)


def is_tight(measure: Measure, interval: Interval) -> bool:
    """Say whether any difference is below one in a hundred, or below a day."""
    if measure is Measure.HAZARD_RATIO:
        return False
    factor = WORDINGS[measure].factor
    return max(abs(interval.lower), abs(interval.upper)) * factor < 1


def say_tight(measure: Measure, interval: Interval) -> str:
    """Say that any difference is below one, with both limits: the end after "within one year"."""
    wording = WORDINGS[measure]
    limits = []
    for limit in (interval.lower, interval.upper):
        size = format_number(abs(limit) * wording.factor, 1)
        limits.append(f"{size} {wording.lower if limit < 0 else wording.higher}")
    return f"differs by less than 1 {wording.singular}: between {limits[0]} and {limits[1]}"


def say_margin(measure: Measure, interval: Interval, margin: float, beyond: float) -> str:
    """Say how a posterior stands to the least benefit that matters; `beyond` is its probability."""
    wording = WORDINGS[measure]
    if measure is Measure.HAZARD_RATIO:
        size = f"at most {format_number(1 - margin, 2)} times that without the programme"
        smaller = f"nearer to 1 than {format_number(1 - margin, 2)}"
        low, high = 1 - interval.upper, 1 - interval.lower
    else:
        direction = wording.lower if measure.benefit_is_lower else wording.higher
        size = f"{direction} by at least {wording.count(margin)}"
        smaller = f"smaller than {wording.count(margin)}"
        sign = -1.0 if measure.benefit_is_lower else 1.0
        low, high = sorted((sign * interval.lower, sign * interval.upper))
    if low >= margin:
        return f"All of the interval is {size}, {LEAST}."
    if -margin < low <= high < margin:
        return f"Any difference is {smaller}, {LEAST}."
    return f"The probability that it is {size}, {LEAST}, is {format_probability(beyond)}."
