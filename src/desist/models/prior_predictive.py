"""What the priors say before the data speak."""

from dataclasses import replace

import numpy as np

from desist.errors import Fault, InputError
from desist.inference.diagnostics import Diagnostics
from desist.models.fit import Fit

CHAINS = 4


def sample_prior(fit: Fit, *, n_draws: int = 1000, seed: int | np.random.Generator = 0) -> Fit:
    """Draw the parameters of a fitted model from its priors.

    `desist.estimate_effects` of the result are the effects that the priors alone expect for
    the same people: the prior predictive check of a causal contrast.

    Parameters
    ----------
    fit : Fit
        Its draws are not looked at.
    n_draws : int
        Draws of each of four chains.
    seed : int or numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Fit
        The same model, people and target, with draws from the priors.

    Raises
    ------
    InputError
        If a prior is flat: nothing can be drawn from it.

    References
    ----------
    Gabry, J. et al. (2019). Visualization in Bayesian workflow. JRSS A 182(2), section 3.
    """
    import pymc as pm

    model = fit.pymc_model
    variables = [*model.free_RVs, *model.deterministics]
    try:
        drawn = pm.draw(
            variables,
            draws=CHAINS * n_draws,
            random_seed=np.random.default_rng(seed),
            mode="FAST_COMPILE",
        )
    except NotImplementedError as error:  # so PyMC says of a flat prior
        fault = Fault("priors", "proper ones", "a flat one", "nothing can be drawn from it")
        raise InputError("prior predictive", [fault]) from error
    draws = {
        variable.name: np.asarray(values).reshape(CHAINS, n_draws, *np.shape(values)[1:])
        for variable, values in zip(variables, drawn, strict=True)
    }
    # without the people: what was observed of them may not correct what the priors say
    return replace(fit, draws=draws, diagnostics=Diagnostics("prior"), people=None)
