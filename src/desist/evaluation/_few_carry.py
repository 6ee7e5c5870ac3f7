"""Where so few people carry the spread of a mean that its interval may miss."""

from collections.abc import Iterable

from desist.effects.effect import Effect
from desist.privacy import FEWEST_SHARING

WHO = {"treated": "the participants", "comparison": "the comparison people"}


def name_carried(effects: Iterable[Effect]) -> tuple[str, ...]:
    """Name the measures of which fewer than ten people carry the spread of an arm's mean."""
    # in simulated studies intervals of such arms cover less than they say, where a few may
    # offend far more often than the rest (benchmarks/coverage.py)
    carried = [(effect, _find_carried(effect)) for effect in effects]
    return tuple(_say_carried(effect, arms) for effect, arms in carried if arms)


def _find_carried(effect: Effect) -> list[str]:
    if effect.correction is None or effect.correction.freedom is None:
        return []
    named = zip(WHO.values(), effect.correction.freedom, strict=True)
    return [who for who, freedom in named if freedom < FEWEST_SHARING]


def _say_carried(effect: Effect, arms: list[str]) -> str:
    return (
        f"{effect.measure}: fewer than {FEWEST_SHARING} people carry most of what is uncertain in "
        f"the mean of {' and of '.join(arms)}. One more person who offends very often would move "
        "it, and the interval may miss such people more often than it says; the rate is less "
        "sensitive to them."
    )
