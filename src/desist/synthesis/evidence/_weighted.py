"""The likelihood of two weighted arms: as if of as many people as they are worth."""

import numpy as np

from desist._types import Floats
from desist.synthesis.evidence._baseline import LogRates, integrate_baseline


def weigh_arms(
    effects: Floats, scale: str, rates: tuple[float, float], sizes: tuple[float, float]
) -> Floats:
    """Return the log-likelihood of effects, up to a constant."""
    cells = (
        rates[0] * sizes[0],
        (1 - rates[0]) * sizes[0],
        rates[1] * sizes[1],
        (1 - rates[1]) * sizes[1],
    )

    def log_kernel(logs: LogRates) -> Floats:
        parts = [cell * log for cell, log in zip(cells, logs, strict=True) if cell]
        return np.asarray(sum(parts, start=np.zeros(np.broadcast(*logs[:2]).shape)))

    return integrate_baseline(effects, scale, log_kernel)
