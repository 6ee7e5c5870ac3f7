"""Words about where the scores of the two groups overlap."""

from collections.abc import Mapping, Sequence
from typing import Any

from desist.report.words._numbers import format_number


def name_class(one: Mapping[str, Any]) -> str:
    """Name a class of the score."""
    low, high = (format_number(one[end], 1) for end in ("lower", "upper"))
    return f"score {low} to {high}"


def say_overlap(classes: Sequence[Mapping[str, Any]]) -> str:
    """Say how far the shares of participants and of weighted comparison people are apart."""
    gap = max(abs(one["treated"] - one["weighted"]) for one in classes)
    apart = format_number(100 * gap)
    return (
        f"In each class of the score, participants and weighted comparison people differ by at "
        f"most {apart} percentage point{'' if apart == '1' else 's'}"
    )


def describe_overlap(classes: Sequence[Mapping[str, Any]]) -> str:
    """Describe the picture in words, for those who do not see it."""
    told = [
        f"{name_class(one)}: {format_number(100 * one['treated'])}% of participants, "
        f"{format_number(100 * one['comparison'])}% of comparison people before weighting and "
        f"{format_number(100 * one['weighted'])}% after"
        for one in classes
    ]
    return f"{'; '.join(told)}."
