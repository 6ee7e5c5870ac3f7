"""Words about where a programme stands among others."""

from typing import Any, Protocol

from desist.estimands import Measure
from desist.report.words._numbers import (
    count_of,
    format_interval,
    format_number,
    format_probability,
)
from desist.report.words._wording import WORDINGS
from desist.synthesis.evidence.protocol import SCALES

NOT_THE_SAME = (
    "The others are shown as what they would do to comparison people like those of this study. "
    "They reached other people, in other places and years, and their designs differ: a place "
    "among them is no rank of programmes."
)


class _Placed(Protocol):
    @property
    def estimate(self) -> float: ...
    @property
    def lower(self) -> float: ...
    @property
    def upper(self) -> float: ...


def say_among(synthesis: Any, better: _Placed, *, is_among: bool) -> tuple[str, ...]:
    """Say what share of programmes like the others is expected to do better, and how sure it is."""
    count = count_of(synthesis.n_studies, "other programme")
    share, low, high = (
        format_probability(value) for value in (better.estimate, better.lower, better.upper)
    )
    first = (
        f"Of programmes like the {count} that were pooled ({SCALES[synthesis.scale]}), {share} are "
        f"expected to do better than this one; from what these people alone show, that share may "
        f"be anything from {low} to {high}."
    )
    caution = "This programme is by its name among the others: its own result counts on both sides."
    return (first, *((caution,) if is_among else ()), *synthesis.cautions, NOT_THE_SAME)


def say_not_shown(measure: Measure) -> tuple[str, ...]:
    """Say that a programme is not placed among others because its own result is not printed."""
    return (
        f"Other programmes were pooled on {WORDINGS[measure].name}, of which this report prints no "
        "result: where this programme stands among them is not shown.",
    )


def describe_among(measure: Measure, rows: Any) -> str:
    """Describe the picture in words."""
    wording = WORDINGS[measure]
    told = [
        f"{row.name.lower()} {format_number(wording.factor * row.estimate, 1)} "
        f"({format_interval(wording.factor * row.lower, wording.factor * row.upper, 1)})"
        for row in rows
    ]
    return f"Difference in {wording.unit}: {'; '.join(told)}."
