import numpy as np
import pytest

import desist as ds
from desist.errors import InputError
from desist.models import Normal, Priors, describe_fit


def fit_rate(**settings):
    cohort = ds.simulate_cohort(60, 120, rng=4).cohort
    design = ds.build_design(cohort, "age", method=ds.RadiusMatching(caliper=0.2))
    return ds.fit_model(
        ds.RateModel(covariates=None, groups=(), **settings), cohort, design, seed=1
    )


@pytest.fixture(scope="module")
def fit():
    return fit_rate()


@pytest.fixture(scope="module")
def tree(fit):
    return describe_fit(fit, prior_draws=20, seed=2)


def test_the_groups_that_tools_ask_for_are_there(tree):
    assert set(tree.children) == {
        "posterior",
        "observed_data",
        "log_likelihood",
        "log_prior",
        "sample_stats",
        "prior",
    }


def test_the_log_likelihood_is_the_weighted_one_of_a_logistic_model(fit, tree):
    eta = (
        fit.draws["intercept"][..., None] + fit.draws["treatment"][..., None] * fit.data["treated"]
    )
    terms = fit.data["weight"] * (fit.data["reoffended"] * eta - np.log1p(np.exp(eta)))
    np.testing.assert_allclose(tree["log_likelihood"]["outcome"], terms, rtol=1e-10)


def test_the_log_prior_is_the_normal_density(fit, tree):
    prior = fit.model.priors.treatment
    z = (fit.draws["treatment"] - prior.mean) / prior.scale
    density = -0.5 * z**2 - np.log(prior.scale * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(tree["log_prior"]["treatment"], density, rtol=1e-7)


def test_power_scaling_finds_a_prior_that_disagrees_with_the_data(fit):
    import arviz_stats

    other = fit_rate(priors=Priors(treatment=Normal(3.0, 0.3)))
    mild = arviz_stats.psense_summary(describe_fit(fit)).loc["treatment", "prior"]
    harsh = arviz_stats.psense_summary(describe_fit(other)).loc["treatment", "prior"]
    assert float(mild) < 0.05 < float(harsh)  # the threshold of the paper


def test_wrong_arguments_are_listed_together(fit):
    with pytest.raises(InputError) as caught:
        describe_fit("fit", prior_draws=-1)
    assert len(caught.value.faults) == 2
