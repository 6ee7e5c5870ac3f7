"""A posterior as a reader may see it: how probable each size is, and regions that matter."""

import math
from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.effects.effect import Effect
from desist.estimands import Measure
from desist.report.words._numbers import format_number, format_probability
from desist.report.words._wording import WORDINGS, Wording

MOST_BARS = 30
TAIL = 0.001  # beyond, on either side, all that is left goes to the last bar
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
GOOD, SMALL, BAD = "good", "small", "bad"


@dataclass(frozen=True)
class Region:
    """A region of the difference: what it means, and its probability as printed."""

    kind: str
    words: str
    probability: str


@dataclass(frozen=True)
class ShownPosterior:
    """The posterior of a difference in bars, in the unit that is spoken of."""

    measure: Measure
    edges: tuple[float, ...]
    shares: tuple[float, ...]  # probability of each bar, to a thousandth
    margin: float  # the least that matters; 0 where none was said
    regions: tuple[Region, ...]

    def find_kind(self, place: int) -> str:
        """Find the region that the middle of a bar is in."""
        middle = (self.edges[place] + self.edges[place + 1]) / 2
        if abs(middle) < self.margin:
            return SMALL
        return GOOD if (middle < 0) == self.measure.benefit_is_lower else BAD


def show_posterior(effect: Effect | None, margin: float | None) -> ShownPosterior | None:
    """Show the posterior of a difference; None for a ratio, and for what is no effect."""
    if effect is None or effect.difference is None or not effect.measure.is_causal:
        return None
    wording = WORDINGS[effect.measure]
    draws = np.asarray(effect.difference.to_numpy(), dtype=np.float64).ravel() * wording.factor
    least = 0.0 if margin is None else margin * wording.factor
    edges = _lay_edges(draws, least)
    inside = np.clip(draws, edges[0], edges[-1])
    shares = np.histogram(inside, edges)[0] / len(draws)
    return ShownPosterior(
        effect.measure,
        tuple(round(float(edge), 4) for edge in edges),
        tuple(round(float(share), 3) for share in shares),
        least,
        _list_regions(draws, effect.measure, least),
    )


def _lay_edges(draws: Floats, margin: float) -> Floats:
    """Lay even edges of a round width, one of them at no difference, and at the margin too."""
    low, high = np.quantile(draws, [TAIL, 1 - TAIL])
    span = max(high, 0.0) - min(low, 0.0) or 1.0
    steps = [margin / parts for parts in (1, 2, 4, 8)] if margin else list(STEPS)
    step = min((one for one in steps if span / one <= MOST_BARS), default=max(steps))
    first, last = math.floor(min(low, 0.0) / step), math.ceil(max(high, 0.0) / step)
    return step * np.arange(first, max(last, first + 1) + 1, dtype=np.float64)


def _list_regions(draws: Floats, measure: Measure, margin: float) -> tuple[Region, ...]:
    wording = WORDINGS[measure]
    better, worse = wording.lower, wording.higher
    if not measure.benefit_is_lower:
        better, worse = worse, better
    benefit = -draws if measure.benefit_is_lower else draws
    if margin:
        size = _say_margin(wording, margin)
        pairs = [
            (GOOD, f"{better} by {size} or more", benefit >= margin),
            (SMALL, f"different by less than {size}", np.abs(benefit) < margin),
            (BAD, f"{worse} by {size} or more", benefit <= -margin),
        ]
    else:
        pairs = [
            (GOOD, better, benefit > 0),
            (BAD, f"{worse}, or the same", benefit <= 0),
        ]
    return tuple(
        Region(kind, words, format_probability(float(is_in.mean()))) for kind, words, is_in in pairs
    )


def _say_margin(wording: Wording, margin: float) -> str:
    if margin == round(margin):
        return wording.count(margin / wording.factor)
    return f"{format_number(margin, 1)} {wording.plural}"
