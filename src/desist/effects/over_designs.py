"""Effects that carry the uncertainty of the design: pooled over several of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from desist.arguments import find_probability_faults
from desist.cohort.cohort import Cohort
from desist.design.design import Design
from desist.effects.correction import pool_corrections
from desist.effects.effect import Effect, estimate_effects
from desist.errors import Fault, InputError, raise_faults
from desist.inference.diagnostics import worst_of
from desist.inference.engines import Engine
from desist.inference.seeds import make_generator
from desist.models.fit import Model, fit_model
from desist.progress import follow
from desist.sample import build_sample


def estimate_effects_over_designs(
    model: Model,
    cohorts: Cohort | Sequence[Cohort],
    designs: Iterable[Design],
    *,
    inference: str | Engine = "auto",
    horizon: float | None = None,
    seed: int | np.random.Generator = 0,
    probability: float = 0.95,
    calibrated: bool = True,
) -> tuple[Effect, ...]:
    r"""Carry the uncertainty of the score, or of imputed covariates, into the effects.

    The outcome model is fitted under each design, and the posteriors are pooled with equal
    shares: :math:`p(\Delta \mid y) = \frac1K \sum_k p(\Delta \mid y, \nu_k)` with designs
    :math:`\nu_k` from draws of the score model.

    Parameters
    ----------
    model : Model
        What is assumed of the outcome.
    cohorts : Cohort or sequence of Cohort
        The people; one cohort for all designs, or one each (imputed covariates).
    designs : iterable of Design
        Such as those of `desist.design.design.draw_designs`.
    inference : {"auto", "nuts", "laplace", "nested"}, Nuts, Laplace or Nested
        How each posterior is obtained.
    horizon : float, optional
        Days.
    seed : int or numpy.random.Generator
        Of all randomness.
    probability : float
        Of the equal-tailed posterior intervals.
    calibrated : bool
        Whether averages are corrected, as in `estimate_effects`; False for the model alone.

    Returns
    -------
    tuple of Effect
        As many draws as one fit has, or a few less; the diagnostics are the worst of all fits.

    Raises
    ------
    InputError
        If there is no design, or not one cohort for each.

    References
    ----------
    Liao, S. X. and Zigler, C. M. (2020). Uncertainty in the design stage of two-stage Bayesian
    propensity score analysis. Statistics in Medicine 39(17), 2265-2290.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> method = ds.InverseProbability()
    >>> design = ds.build_design(cohort, "age + copas", method=method, estimand="ATT")
    >>> designs = ds.draw_designs(cohort, design, n_draws=3, rng=1)
    >>> [rate] = ds.estimate_effects_over_designs(ds.RateModel(), cohort, designs, seed=1)
    >>> round(rate.estimate, 2), round(rate.interval.lower, 2), round(rate.interval.upper, 2)
    (-0.29, -0.43, -0.14)
    """
    raise_faults("effects over designs", find_probability_faults(probability))
    if isinstance(designs, Design):
        fault = Fault("designs", "a list of designs", "one design", "write [design]")
        raise InputError("effects over designs", [fault])
    designs = tuple(designs)
    each = [cohorts] * len(designs) if isinstance(cohorts, Cohort) else list(cohorts)
    if not designs or len(each) != len(designs):
        found = f"{len(each)} cohorts and {len(designs)} designs"
        fault = Fault("designs", "at least one, and a cohort for each", found)
        raise InputError("effects over designs", [fault])
    streams = make_generator(seed).spawn(len(designs))
    fitted = [
        estimate_effects(
            fit_model(
                model, build_sample(cohort, design, horizon), inference=inference, seed=stream
            ),
            probability=probability,
            calibrated=calibrated,
        )
        for cohort, design, stream in follow(
            zip(each, designs, streams, strict=True), "fitting under each design", len(designs)
        )
    ]
    return tuple(_pool(effects) for effects in zip(*fitted, strict=True))


def _pool(effects: Sequence[Effect]) -> Effect:
    kept = max(1, effects[0].ratio.sizes["draw"] // len(effects))

    def join(part: str) -> xr.DataArray | None:
        arrays = [getattr(effect, part) for effect in effects]
        if any(array is None for array in arrays):
            return None
        joined: xr.DataArray = xr.concat(
            [array.isel(draw=slice(kept)) for array in arrays], dim="draw"
        )
        return joined

    return replace(
        effects[0],
        treated=join("treated"),
        comparison=join("comparison"),
        difference=join("difference"),
        ratio=xr.concat([effect.ratio.isel(draw=slice(kept)) for effect in effects], dim="draw"),
        diagnostics=worst_of([effect.diagnostics for effect in effects]),
        correction=pool_corrections([effect.correction for effect in effects]),
    )
