"""Where a model alone says something else than the effect that is reported."""

from collections.abc import Iterable

from desist.effects.effect import Effect
from desist.estimands import Measure

APART = 0.5  # of half the width of the reported interval
PRINTED = {  # factor, decimals and unit, as the report prints them
    Measure.RATE: (100, 1, " per 100 people"),
    Measure.FREQUENCY: (100, 0, " per 100 people"),
    Measure.RMST: (1, 1, " days"),
    Measure.TIME_AMONG_REOFFENDERS: (1, 1, " days"),
    Measure.HAZARD_RATIO: (1, 2, ""),
}


def name_apart(effects: Iterable[Effect]) -> tuple[str, ...]:
    """Name the measures of which the model alone says something else."""
    corrected = [(effect, effect.correction.contrast) for effect in effects if effect.correction]
    return tuple(_say_apart(*each) for each in corrected if _is_apart(*each))


def tells_of(warning: str, measure: Measure) -> bool:
    """Say whether a warning holds figures of a measure, so that it goes where these go."""
    of_process = f"{measure}: under one process"  # as `_one_process` begins
    return warning.startswith((_begin(measure), of_process))


def _is_apart(effect: Effect, before: float) -> bool:
    half = (effect.interval.upper - effect.interval.lower) / 2
    return abs(effect.estimate - before) > APART * half


def _say_apart(effect: Effect, before: float) -> str:
    factor, decimals, unit = PRINTED[effect.measure]
    alone, reported = (
        f"{round(factor * contrast, decimals) + 0.0:.{decimals}f}"
        for contrast in (before, effect.estimate)
    )
    return (
        f"{_begin(effect.measure)} {effect.scale} of {alone}{unit}; reported is {reported}, "
        "corrected by what was observed. The form of the model or its priors fit these people "
        "poorly, and another family may fit them better."
    )


def _begin(measure: Measure) -> str:
    return f"{measure}: the model alone says a"
