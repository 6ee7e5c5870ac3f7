"""A Bayesian who wants the model: prior, fit, predictive draws, extension, power scaling."""

import numpy as np
import pytest

import desist as ds
from desist.models import check_predictions, describe_fit, sample_prior


@pytest.fixture(scope="module")
def study():
    cohort = ds.simulate_cohort(150, 450, rng=6).cohort
    return cohort, ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(caliper=0.2))


@pytest.fixture(scope="module")
def rate(study):
    return ds.fit_model(ds.RateModel(groups=()), *study, seed=1)


def test_the_prior_can_be_looked_at_before_the_data_speak(rate):
    (before,) = ds.estimate_effects(sample_prior(rate, seed=1))
    (after,) = ds.estimate_effects(rate)
    assert (
        before.interval.upper - before.interval.lower > after.interval.upper - after.interval.lower
    )


@pytest.mark.parametrize("model", ["rate", "frequency"])
def test_pymc_draws_outcomes_anew_from_the_model(model, rate, study):
    import pymc as pm

    settings = ds.FrequencyModel(groups=())
    fit = rate if model == "rate" else ds.fit_model(settings, *study, seed=1)
    with fit.pymc_model:
        drawn = pm.sample_posterior_predictive(
            fit.posterior.sel(draw=slice(0, 99)), random_seed=1, progressbar=False
        )["posterior_predictive"]["outcome"].to_numpy()
    treated = fit.pymc_model["treated"].get_value() == 1
    expected = fit.predict(1)[model].mean()
    # the target of an ATT is the treated themselves
    assert drawn[..., treated].mean() == pytest.approx(expected, rel=0.1)
    assert np.array_equal(drawn, np.round(drawn))


def test_the_model_can_be_extended(rate):
    import pymc as pm

    with rate.pymc_model as model:
        pm.Deterministic("odds_ratio", pm.math.exp(model["treatment"]))
    assert "odds_ratio" in model.named_vars


def test_power_scaling_takes_one_line(rate):
    import arviz_stats

    summary = arviz_stats.psense_summary(describe_fit(rate))
    assert "treatment" in summary.index


def test_the_checks_that_respect_the_weights_are_there(rate, study):
    check = check_predictions(rate, *study)
    assert "rate" in str(check)


def test_a_margin_that_no_proportion_can_reach_is_refused(rate):
    (effect,) = ds.estimate_effects(rate)
    with pytest.raises(ds.InputError, match=r"0\.03"):
        effect.probability_beyond(3)
    assert 0 <= effect.probability_beyond(0.03) <= 1


def test_twenty_prisons_share_what_they_know_and_each_has_its_probability():
    cohort = ds.simulate_cohort(300, 900, rng=4, n_groups=20).cohort
    design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    fit = ds.fit_model(ds.RateModel(), cohort, design, inference="nested", seed=1)
    by_prison = ds.estimate_effects_by_group(fit, "prison")
    assert len(by_prison) == cohort.people.loc[cohort.treated, "prison"].nunique()
    (overall,) = ds.estimate_effects(fit)
    estimates = [effects[0].estimate for effects in by_prison.values()]
    assert min(estimates) < overall.estimate < max(estimates)
    beyond = [effects[0].probability_beyond(0.03) for effects in by_prison.values()]
    assert all(0 <= one <= 1 for one in beyond)
    # partial pooling: no prison is as far from all as its few people alone would say
    reoffended, treated = cohort.people["reoffended"], cohort.treated
    raw = [
        reoffended[treated & (cohort.people["prison"] == name)].mean()
        - reoffended[~treated & (cohort.people["prison"] == name)].mean()
        for name in by_prison
    ]
    assert np.std(estimates) < np.nanstd(raw)


def test_times_are_drawn_anew_in_one_line(study):
    import pymc as pm

    fit = ds.fit_model(ds.SurvivalModel(groups=(), covariates=None), *study, seed=1)
    with fit.pymc_model:
        drawn = pm.sample_posterior_predictive(
            fit.posterior.sel(draw=slice(0, 49)), random_seed=1, progressbar=False
        )["posterior_predictive"]["outcome"].to_numpy()
    treated = fit.pymc_model["treated"].get_value() == 1
    (share,) = fit.predict_survival(1, np.array([fit.horizon])).mean(axis=(0, 1))
    assert (drawn[..., treated] > 1).mean() == pytest.approx(share, abs=0.03)
