"""Effects made of draws that are known, for tests that need no fit."""

import numpy as np
import xarray as xr

from desist.effects.effect import Effect
from desist.estimands import Estimand, Measure
from desist.inference.diagnostics import Diagnostics


def make_effect(treated, comparison, measure=Measure.RATE):
    """An effect of these draws; numbers stand for draws that are all the same."""
    size = max(np.size(treated), np.size(comparison), 400)
    arms = [
        xr.DataArray(np.broadcast_to(values, size).reshape(4, -1), dims=("chain", "draw"))
        for values in (treated, comparison)
    ]
    return Effect(
        measure,
        Estimand.ATT,
        83,
        1000,
        *arms,
        arms[0] - arms[1],
        arms[0] / arms[1],
        Diagnostics("laplace", khat=0.1),
    )


def draw_rates(n_treated, of_treated, n_comparison, of_comparison, seed=0, n_draws=4000):
    """An effect of beta posteriors of two rates."""
    rng = np.random.default_rng(seed)
    treated = rng.beta(of_treated + 0.5, n_treated - of_treated + 0.5, n_draws)
    comparison = rng.beta(of_comparison + 0.5, n_comparison - of_comparison + 0.5, n_draws)
    return make_effect(treated, comparison)
