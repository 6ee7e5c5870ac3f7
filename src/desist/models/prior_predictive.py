"""What the priors say before the data speak."""

from dataclasses import replace

import numpy as np

from desist.arguments import find_kind_faults, find_number_faults
from desist.errors import Fault, InputError, raise_faults
from desist.inference.diagnostics import Diagnostics
from desist.inference.engines import compile_alone
from desist.inference.seeds import find_seed_faults, make_generator
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
        If a prior is flat, so that nothing can be drawn from it, or an argument is of the wrong
        kind.

    References
    ----------
    Gabry, J. et al. (2019). Visualization in Bayesian workflow. JRSS A 182(2), section 3.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> fit = ds.fit_model(ds.RateModel(), cohort, design, seed=1)
    >>> [before] = ds.estimate_effects(ds.models.sample_prior(fit, seed=1))
    >>> bool(before.interval.lower < -0.2 and before.interval.upper > 0.2)
    True
    """
    import pymc as pm

    faults = find_kind_faults("fit", fit, Fit, "a fit of fit_model")
    faults += find_number_faults("n_draws", n_draws, least=1, whole=True)
    raise_faults("prior predictive", faults + find_seed_faults(seed))
    model = fit.collapsed_model
    variables = [*model.free_RVs, *model.deterministics]
    try:
        with compile_alone():
            drawn = pm.draw(
                variables,
                draws=CHAINS * n_draws,
                random_seed=make_generator(seed),
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
