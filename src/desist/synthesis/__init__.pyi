from .pooling import PooledEffects as PooledEffects
from .pooling import leave_one_out as leave_one_out
from .pooling import pool_effects as pool_effects
from .rates import PooledRates as PooledRates
from .rates import PoolingPriors as PoolingPriors
from .rates import pool_rates as pool_rates
