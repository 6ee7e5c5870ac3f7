"""A fit with all the groups that ArviZ's tools ask for, made when they are asked for."""

from typing import Any

import numpy as np

from desist.arguments import find_kind_faults, find_number_faults
from desist.errors import raise_faults
from desist.inference.engines import compile_alone
from desist.inference.seeds import find_seed_faults
from desist.models.fit import Fit
from desist.models.prior_predictive import sample_prior

WHY_NO_LOO = (
    "terms of rows times their weights: made for power scaling and sums; LOO and WAIC of them are "
    "no predictive scores, because a row is not a person and weights are not counts"
)


def describe_fit(fit: Fit, *, prior_draws: int = 0, seed: int | np.random.Generator = 0) -> Any:
    """Return the posterior with the data, the log likelihood and the log prior of each draw.

    What `arviz_stats.psense` reads (Kallioinen, P. et al. (2024), Statistics and Computing 34,
    57) is there. The log likelihood has one term for each distinct row, which stands for all people
    who share its values, times the sum of their scaled weights; that is why LOO is not offered.

    Parameters
    ----------
    fit : Fit
        From `fit_model`.
    prior_draws : int, default 0
        Draws from the priors in each of four chains, in the group "prior"; 0 for none.
    seed : int or numpy.random.Generator, default 0
        Of the draws from the priors.

    Returns
    -------
    xarray.DataTree
        Groups "posterior", "observed_data" (outcomes of the distinct rows: personal data),
        "log_likelihood", "log_prior", "sample_stats" (the log posterior density up to a constant)
        and, if asked for, "prior".

    Raises
    ------
    InputError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.datasets.recid_cohort()
    >>> design = ds.build_design(cohort, "age + priors", method=ds.RadiusMatching())
    >>> fit = ds.fit_model(ds.RateModel(covariates=None), cohort, design, seed=1)
    >>> sorted(describe_fit(fit).children)
    ['log_likelihood', 'log_prior', 'observed_data', 'posterior', 'sample_stats']
    """
    faults = find_kind_faults("fit", fit, Fit, "a fit of fit_model")
    faults += find_number_faults("prior_draws", prior_draws, least=0, whole=True)
    raise_faults("description of a fit", faults + find_seed_faults(seed))
    import xarray as xr
    from pymc.stats import compute_log_likelihood, compute_log_prior

    tree, model = fit.posterior.copy(), fit.collapsed_model
    settings = {"model": model, "extend_inferencedata": False, "progressbar": False}
    with compile_alone():
        likelihood = compute_log_likelihood(tree, **settings)
        prior = compute_log_prior(tree, **settings)
    tree["log_likelihood"] = xr.DataTree(likelihood.assign_attrs(note=WHY_NO_LOO))
    tree["log_prior"] = xr.DataTree(prior)
    total = _add_up(likelihood) + _add_up(prior)
    tree["sample_stats"] = xr.DataTree(xr.Dataset({"lp": total}))
    tree["observed_data"] = xr.DataTree(xr.Dataset(_read_outcomes(model)))
    if prior_draws:
        drawn = sample_prior(fit, n_draws=prior_draws, seed=seed)
        tree["prior"] = xr.DataTree(drawn.posterior["posterior"].to_dataset())
    return tree


def _add_up(terms: Any) -> Any:
    """Add the terms of all variables within each draw."""
    return sum(
        values.sum([dim for dim in values.dims if dim not in ("chain", "draw")])
        for values in terms.data_vars.values()
    )


def _read_outcomes(model: Any) -> dict[str, Any]:
    """Return the outcomes of the rows; their covariates stay in the model."""
    observed = {
        variable.name: np.asarray(value.get_value() if hasattr(value, "get_value") else value.data)
        for variable, value in model.rvs_to_values.items()
        if variable in model.observed_RVs
    }
    return {
        name: ([f"{name}_dim_{axis}" for axis in range(values.ndim)], values)
        for name, values in observed.items()
    }
