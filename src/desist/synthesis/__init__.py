"""Across programmes: what several studies say together."""

from desist.synthesis.pooling import PooledEffects, leave_one_out, pool_effects

__all__ = ["PooledEffects", "leave_one_out", "pool_effects"]
