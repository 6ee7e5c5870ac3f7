"""How far other draws of the same posterior would move the ends of its interval."""

import math

import numpy as np
from scipy.special import betaincinv

from desist._types import Floats
from desist.inference.diagnostics import Diagnostics

ONE_ERROR = (0.15865525, 0.84134475)  # of a normal law: a standard error on each side
DRAWN_BY_CHAINS = "nuts"


def find_errors(draws: Floats, probability: float, diagnostics: Diagnostics) -> tuple[float, float]:
    """Find the Monte Carlo standard error of both ends; 0 for an integral, which draws nothing."""
    if diagnostics.engine == "quadrature":
        return 0.0, 0.0
    tail = (1 - probability) / 2
    lower, upper = (_find_error(draws, share, diagnostics) for share in (tail, 1 - tail))
    return lower, upper


def _find_error(draws: Floats, share: float, diagnostics: Diagnostics) -> float:
    # order statistics: Vehtari et al. (2021), Bayesian Analysis 16(2), section 4.4
    size = _count_effective(draws, share, diagnostics)
    at = betaincinv(size * share + 1, size * (1 - share) + 1, ONE_ERROR)
    low, high = np.quantile(draws, at)
    return float(high - low) / 2


def _count_effective(draws: Floats, share: float, diagnostics: Diagnostics) -> float:
    """Count the draws that a quantile is worth."""
    known = [
        size
        for size in (diagnostics.ess_bulk_min, diagnostics.ess_tail_min)
        if not math.isnan(size)
    ]
    if diagnostics.engine == DRAWN_BY_CHAINS and len(draws) > 1 and np.ptp(draws) > 0:
        from arviz_stats.base import array_stats

        found = array_stats.ess(draws, chain_axis=0, draw_axis=1, method="quantile", prob=share)
        known = [float(found)] if math.isfinite(found) else known
    return float(min([*known, draws.size]))
