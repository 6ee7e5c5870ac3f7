"""Where a programme stands among others: its result beside what those lead to expect."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.arguments import find_kind_faults
from desist.effects.effect import Effect
from desist.errors import Fault
from desist.estimands import Measure
from desist.evaluation.record import MeasureRow, summarise_effect
from desist.report._digits import count_decimals, round_share, round_to
from desist.report.words.among import say_among, say_not_shown
from desist.synthesis.mixture import Mixture
from desist.synthesis.synthesis import Synthesis

PLACES = 201  # of this programme's effect, at which the others are asked
DRAWN = 121  # heights of the density of a new programme
FAR = 0.998  # of a new programme that is drawn


@dataclass(frozen=True)
class Placed:
    """An effect in the unit of the measure, with its limits and the digits that are shown."""

    name: str
    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True)
class ShownAmong:
    """Where a programme stands among others, as a reader may see it."""

    measure: Measure  # on which they are compared, and of which the unit is
    rows: tuple[Placed, ...]  # mean of the others, a new one, this one; none where it is withheld
    others: tuple[float, ...]  # effects of the others, drawn towards each other
    density: tuple[tuple[float, float], ...]  # effect and density of a new programme
    better: Placed | None  # share of programmes like the others expected to do better
    sentences: tuple[str, ...]


def _by_odds(effects: Floats, comparison: float) -> Floats:
    odds = comparison / (1 - comparison) * np.exp(effects)
    return np.asarray(odds / (1 + odds) - comparison)


def _by_ratio(effects: Floats, comparison: float) -> Floats:
    return np.asarray(comparison * np.expm1(effects))


def _by_difference(effects: Floats, comparison: float) -> Floats:
    del comparison
    return effects


# What an effect on each scale makes of a comparison mean.
MAPS: Mapping[str, tuple[Measure, Callable[[Floats, float], Floats]]] = {
    "log_odds": (Measure.RATE, _by_odds),
    "log_risk": (Measure.RATE, _by_ratio),
    "risk_difference": (Measure.RATE, _by_difference),
    "log_rate": (Measure.FREQUENCY, _by_ratio),
}


def find_synthesis_faults(synthesis: object) -> list[Fault]:
    """Find what is wrong with the synthesis of other programmes."""
    if synthesis is None:
        return []
    return find_kind_faults("synthesis", synthesis, Synthesis, "a synthesis of synthesise(...)")


def show_among(
    effects: Iterable[Effect], synthesis: Synthesis | None, title: str
) -> ShownAmong | None:
    """Show where a programme stands among others, by those of its effects that are printed."""
    if synthesis is None:
        return None
    measure, express = MAPS[synthesis.scale]
    effect = next((one for one in effects if one.measure is measure), None)
    if effect is None:
        return ShownAmong(measure, (), (), (), None, say_not_shown(measure))
    row = summarise_effect(effect)
    better = _count_better(synthesis.prediction, _read_draws(effect, synthesis.scale), effect)
    others = express(synthesis.table["shrunken"].to_numpy(), row.comparison)
    return ShownAmong(
        measure,
        _place_all(synthesis, row, effect.probability),
        tuple(_round_all(others, count_decimals(measure))),
        _draw_density(synthesis.prediction, express, row),
        better,
        say_among(synthesis, better, is_among=_is_among(title, synthesis)),
    )


def _place_all(synthesis: Synthesis, row: MeasureRow, probability: float) -> tuple[Placed, ...]:
    """Place the mean of the others, a new programme and this one in the unit of the measure."""
    express = MAPS[synthesis.scale][1]
    taken = {
        "Mean of the other programmes": _take(synthesis.mean, probability),
        "A new programme like them": _take(synthesis.prediction, probability),
    }
    values = {name: express(np.array(one), row.comparison) for name, one in taken.items()}
    values["This programme"] = np.array([row.difference, row.lower, row.upper], dtype=float)
    decimals = count_decimals(row.measure)
    return tuple(Placed(name, *_round_all(one, decimals)) for name, one in values.items())


def _take(mixture: Mixture, probability: float) -> tuple[float, float, float]:
    low, high = mixture.interval(probability)
    return mixture.median, low, high


def _read_draws(effect: Effect, scale: str) -> Floats:
    """Read the draws of the effect on the scale of the synthesis."""
    if scale == "risk_difference":
        assert effect.difference is not None  # noqa: S101
        return effect.difference.to_numpy().ravel()
    ratio = effect.odds_ratio if scale == "log_odds" else effect.ratio
    assert ratio is not None  # noqa: S101
    return np.asarray(np.log(ratio.to_numpy().ravel()))


def _count_better(prediction: Mixture, draws: Floats, effect: Effect) -> Placed:
    """Take the share of new programmes below this one draw by draw, and summarise the shares."""
    places = np.linspace(draws.min(), draws.max(), PLACES)
    below = [prediction.probability_below(float(place)) for place in places]
    shares = np.interp(draws, places, below)
    tail = (1 - effect.probability) / 2
    low, high = np.quantile(shares, [tail, 1 - tail])
    figures = (float(shares.mean()), float(low), float(high))
    return Placed("Expected to do better", *(round_share(one) for one in figures))


def _draw_density(
    prediction: Mixture, express: Callable[[Floats, float], Floats], row: MeasureRow
) -> tuple[tuple[float, float], ...]:
    """Return the density of a new programme in the unit of the measure."""
    effects = np.linspace(*prediction.interval(FAR), DRAWN)
    values = express(effects, row.comparison)
    heights = prediction.density(effects) / np.gradient(values, effects)
    digits = count_decimals(row.measure) + 1
    return tuple(zip(_round_all(values, digits), _round_all(heights, 3), strict=True))


def _round_all(values: Floats, decimals: int) -> list[float]:
    return [round_to(value, decimals) for value in values.tolist()]


def _is_among(title: str, synthesis: Synthesis) -> bool:
    """Say whether the programme is by its name one of the others."""
    return title in {name for one in synthesis.studies for name in (one.name, one.programme)}
