"""What an arm is worth for an outcome, in words that a table holds."""

import math

from desist.effects.correction import Correction
from desist.privacy import FEWEST_SHARING
from desist.report.words._numbers import MISSING, format_number

NOBODY_KNOWN = (MISSING,) * 4


def say_worth(correction: Correction | None) -> tuple[str, str, str, str]:
    """Say how many people of equal weight each arm is worth, and how often what weights say."""
    if correction is None or correction.sizes is None or correction.kish is None:
        return NOBODY_KNOWN
    treated, comparison = (
        _say_arm(size, by_weights)
        for size, by_weights in zip(correction.sizes, correction.kish, strict=True)
    )
    return (*treated, *comparison)


def _say_arm(size: float, by_weights: float) -> tuple[str, str]:
    if size < FEWEST_SHARING:
        return f"fewer than {FEWEST_SHARING}", MISSING
    ratio = size / by_weights if by_weights > 0 else math.nan
    return format_number(size), format_number(ratio, 1)
