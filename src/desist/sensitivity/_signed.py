"""Null distributions of matched sets under a biased choice of the participant."""

# With bias Gamma two people of a set may differ in their odds of taking part by that factor, and
# no more (Rosenbaum 2002, Observational Studies, chapter 4).

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from desist._types import Floats
from desist.errors import CannotAnswerError

HUBER_TRIM = 2.5  # times the median absolute difference, as the R package sensitivitymv has it


def tails_of_discordant(few: int, total: int, gamma: float) -> tuple[float, float]:
    """Return the least and the greatest one-sided p of McNemar's exact test."""
    from scipy.special import bdtrc

    shares = (1 / (1 + gamma), gamma / (1 + gamma))
    most = total - few  # pairs that speak for the programme
    if most == 0:
        return 1.0, 1.0
    low, high = (float(bdtrc(most - 1, total, share)) for share in shares)
    return low, high


def signed_ranks(differences: Floats) -> tuple[float, Floats]:
    """Return the signed-rank statistic, and the ranks of the differences that are not 0."""
    from scipy.stats import rankdata

    kept = differences[differences != 0]
    if kept.size == 0:
        raise CannotAnswerError("Rosenbaum bounds: no pair differs in the outcome")
    ranks = np.asarray(rankdata(np.abs(kept)), dtype=float)
    return float(ranks[kept > 0].sum()), ranks


def tails_of_ranks(statistic: float, ranks: Floats, gamma: float) -> tuple[float, float]:
    """Return the bounds of the one-sided p of the signed-rank statistic, by its normal limit."""
    # Rosenbaum (2002), section 4.3.3: each rank counts with probability 1/(1+G) or G/(1+G)
    low, high = (
        _tail(statistic, share * ranks.sum(), share * (1 - share) * float(ranks @ ranks))
        for share in (1 / (1 + gamma), gamma / (1 + gamma))
    )
    return low, high


def score_sets(sets: Sequence[Floats], trim: float) -> list[Floats]:
    """Score the people of each set by their differences from the others, the first took part."""
    # Rosenbaum, P. R. (2007). Sensitivity analysis for m-estimates, tests, and confidence intervals
    # in matched observational studies. Biometrics 63, 456-464.
    gaps = [np.subtract.outer(values, values) for values in sets]
    unit = 1.0
    if math.isfinite(trim):
        off = [gap[~np.eye(len(gap), dtype=bool)] for gap in gaps]
        unit = float(np.quantile(np.abs(np.concatenate(off)), 0.5)) * trim
        if unit == 0:
            raise CannotAnswerError(
                'Rosenbaum bounds: more than half of the pairs do not differ; use statistic="mean"'
            )
    squeeze = partial(np.clip, a_min=-1.0, a_max=1.0) if math.isfinite(trim) else np.asarray
    return [squeeze(gap / unit).sum(axis=1) / len(gap) for gap in gaps]


def tails_of_scores(scores: Sequence[Floats], gamma: float) -> tuple[float, float]:
    """Return the bounds of the one-sided p of the sum of the first scores of the sets."""
    # the greatest by the separable approximation of Gastwirth, Krieger and Rosenbaum (2000, JRSS B
    # 62, 545-555): each set takes the largest mean, and among those the largest variance
    statistic = math.fsum(float(values[0]) for values in scores)
    upper = _tail(statistic, *_worst_moments(scores, gamma))
    mean, variance = _worst_moments([-values for values in scores], gamma)
    return _tail(statistic, -mean, variance), upper


def _worst_moments(scores: Sequence[Floats], gamma: float) -> tuple[float, float]:
    total, spread = 0.0, 0.0
    for size in sorted({len(values) for values in scores}):
        block = np.sort(np.stack([values for values in scores if len(values) == size]), axis=1)
        mean, variance = _moments_of_size(block, gamma)
        total, spread = total + mean, spread + variance
    return total, spread


def _moments_of_size(ordered: Floats, gamma: float) -> tuple[float, float]:
    n_sets, size = ordered.shape
    best, spread = np.full(n_sets, -np.inf), np.full(n_sets, -np.inf)
    for low in range(1, size):  # so many have the lower odds
        odds = np.repeat([1.0, gamma], [low, size - low])
        share = odds / odds.sum()
        mean = ordered @ share
        variance = np.square(ordered) @ share - mean**2
        better = (mean > best) | ((mean == best) & (variance > spread))
        best, spread = np.where(better, mean, best), np.where(better, variance, spread)
    return float(best.sum()), float(spread.sum())


def _tail(statistic: float, mean: float, variance: float) -> float:
    from scipy.special import ndtr

    if variance <= 0:
        return float(statistic <= mean)
    return float(ndtr((mean - statistic) / math.sqrt(variance)))
