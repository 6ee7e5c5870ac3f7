"""PyMC draws times anew as the survival function says."""

import numpy as np
import pytest

import desist as ds
from desist.models import Exponential, MixtureCure, Pieces, Weibull


@pytest.fixture(scope="module")
def study():
    cohort = ds.simulate_cohort(200, 400, rng=6, n_groups=0).cohort
    return cohort, ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(caliper=0.2))


def draw_anew(fit, n_draws=60):
    import pymc as pm

    posterior = fit.posterior.sel(draw=slice(0, n_draws - 1))
    with fit.pymc_model:
        drawn = pm.sample_posterior_predictive(posterior, random_seed=1, progressbar=False)
    return drawn["posterior_predictive"]["outcome"].to_numpy().reshape(n_draws, -1)


@pytest.mark.parametrize(
    "family",
    [Exponential(), Weibull(), Pieces(cuts=(60.0, 182.0)), MixtureCure()],
    ids=lambda family: family.name,
)
def test_times_are_drawn_from_the_survival_function_of_each_arm(family, study):
    fit = ds.fit_model(ds.SurvivalModel(family=family, covariates=None), *study, seed=1)
    times = draw_anew(fit)
    treated = fit.pymc_model["treated"].get_value() == 1
    shares = np.array([0.25, 0.5, 1.0])
    for arm, people in ((1, treated), (0, ~treated)):
        # nothing but the arm tells people apart
        expected = fit.predict_survival(arm, shares * fit.horizon)[0, :60].mean(axis=0)
        observed = [(times[:, people] > share).mean() for share in shares]
        error = 0.5 / np.sqrt(60 * people.sum())
        np.testing.assert_allclose(observed, expected, atol=4 * error)


def test_the_cured_never_reoffend(study):
    fit = ds.fit_model(ds.SurvivalModel(family=MixtureCure(), covariates=None), *study, seed=1)
    assert np.isinf(draw_anew(fit, 5)).any()
