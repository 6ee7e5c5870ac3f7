"""Across programmes: what several studies say together."""

from desist.synthesis.pooling import PooledEffects, leave_one_out, pool_effects
from desist.synthesis.rates import PooledRates, PoolingPriors, pool_rates

__all__ = [
    "PooledEffects",
    "PooledRates",
    "PoolingPriors",
    "leave_one_out",
    "pool_effects",
    "pool_rates",
]
