"""Likelihoods of single studies as tables, on grids that studies of like precision share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from desist._types import Floats, Integers
from desist.synthesis.evidence.protocol import REACH, Evidence

CUT = 120.0  # logs below the top at which a table ends
PEAK = 12.0  # logs below the top within which its narrowest width is looked for
TO_A_WIDTH = 5.0  # steps to a standard deviation: the error of a sum is then below 1e-7
FAR = 16.0  # standard errors from the estimate: a normal likelihood ends before, as CUT has it
WIDE = 3.0  # standard deviation of what the moments of a likelihood without a peak are held by


@dataclass(frozen=True, eq=False)
class Table:
    """The likelihood of one study at whole multiples of a step; at most 1."""

    step: float
    first: int
    values: Floats

    @property
    def effects(self) -> Floats:
        """Where the likelihood is given."""
        return np.asarray(self.step * (self.first + np.arange(len(self.values))), dtype=float)

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and variance of the effect under a wide prior, to look around."""
        weights = self.values * np.exp(-((self.effects / WIDE) ** 2) / 2)
        weights /= weights.sum()
        mean = float(weights @ self.effects)
        return mean, max(float(weights @ (self.effects - mean) ** 2), self.step**2)


@dataclass(frozen=True, eq=False)
class Shelf:
    """Tables of one step, side by side on one grid of effects."""

    step: float
    effects: Floats
    likelihoods: Floats  # (n_studies, n_effects)
    places: Integers  # of its studies among all


def tabulate(evidence: Sequence[Evidence], scale: str) -> list[Table]:
    """Tabulate the likelihood of each study; equal reports are tabulated once."""
    reach = _find_reach(evidence, scale)
    return [_tabulate_one(one, scale, reach) for one in evidence]


def shelve(tables: Sequence[Table]) -> list[Shelf]:
    """Put tables of the same step on one grid."""
    steps = np.array([table.step for table in tables])
    shelves = []
    for step in np.unique(steps):
        places = np.flatnonzero(steps == step)
        chosen = [tables[place] for place in places.tolist()]
        first = min(table.first for table in chosen)
        last = max(table.first + len(table.values) for table in chosen)
        likelihoods = np.zeros((len(places), last - first))
        for row, table in enumerate(chosen):
            start = table.first - first
            likelihoods[row, start : start + len(table.values)] = table.values
        effects = step * (first + np.arange(last - first))
        shelves.append(Shelf(float(step), effects, likelihoods, places))
    return shelves


def _find_reach(evidence: Iterable[Evidence], scale: str) -> float:
    """Return how far from 0 any of the studies has to be followed."""
    summaries = [np.array(one.summarise(scale)) for one in evidence]
    ends = [abs(pair[0]) + FAR * pair[1] for pair in summaries if np.isfinite(pair).all()]
    return float(max([REACH[scale], *ends]))


@lru_cache(maxsize=20_000)
def _tabulate_one(evidence: Evidence, scale: str, reach: float) -> Table:
    low, high = _find_support(evidence, scale, reach)
    width = _find_width(evidence, scale, low, high)
    # Steps are powers of two, so that many studies share a grid.
    step = float(2.0 ** np.floor(np.log2(min(width, 1.0) / TO_A_WIDTH)))
    first, last = int(np.floor(low / step)), int(np.ceil(high / step))
    effects = np.asarray(step * np.arange(first, last + 1), dtype=float)
    heights = evidence.log_likelihood(effects, scale)
    return Table(step, first, np.exp(heights - heights.max()))


def _find_support(evidence: Evidence, scale: str, reach: float) -> tuple[float, float]:
    """Return the limits between which the likelihood is not negligible."""
    places = np.asarray(np.linspace(-reach, reach, 61), dtype=float)
    estimate, error = evidence.summarise(scale)
    if np.isfinite(estimate) and np.isfinite(error):
        near = estimate + error * np.linspace(-FAR, FAR, 33)
        places = np.unique(np.r_[places, near[np.abs(near) <= reach]])
    for _ in range(3):  # the peak of a study without an estimate may lie between the places
        heights = evidence.log_likelihood(places, scale)
        heights = np.where(np.isnan(heights), -np.inf, heights)
        kept = np.flatnonzero(heights > heights.max() - CUT)
        low, high = places[max(kept[0] - 1, 0)], places[min(kept[-1] + 1, len(places) - 1)]
        if len(kept) > 12:
            break
        places = np.asarray(np.linspace(low, high, 61), dtype=float)
    return float(low), float(high)


def _find_width(evidence: Evidence, scale: str, low: float, high: float) -> float:
    """Return the narrowest width near the top, from the curvature."""
    places = np.linspace(low, high, 81)
    heights = evidence.log_likelihood(places, scale)
    with np.errstate(invalid="ignore"):
        bends = -np.diff(heights, 2) / (places[1] - places[0]) ** 2
    near = (heights[1:-1] > heights.max() - PEAK) & np.isfinite(bends)
    narrow = float(bends[near].max(initial=0.0))
    widest = (high - low) / 12
    return min(widest, 1 / np.sqrt(narrow)) if narrow > 0 else widest
