import math

import numpy as np
import pytest

import desist as ds
from desist.errors import CannotAnswerError, InputError
from desist.models.priors import Normal
from desist.sample import build_sample
from desist.sensitivity.priors import (
    apply_prior,
    find_sceptical_limit,
    find_sceptical_prior,
    grid_priors,
    measure_distance,
    measure_sensitivity,
    scale_powers,
)

from .effects import draw_rates, make_effect


@pytest.fixture(scope="module")
def sample():
    cohort = ds.simulate_cohort(60, 300, rng=3, frequency=1.5, n_groups=0).cohort
    return build_sample(
        cohort, ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    )


def test_the_distance_meets_arviz():
    from arviz_stats.base.array import array_stats

    rng = np.random.default_rng(1)
    draws, weights = rng.normal(size=500), rng.dirichlet(np.ones(500))
    oracle = max(array_stats._cjs_dist(sign * draws, weights) for sign in (1, -1))
    assert measure_distance(draws, weights) == pytest.approx(oracle, rel=1e-9)
    assert measure_distance(draws, np.full(500, 1 / 500)) == pytest.approx(0, abs=1e-6)
    assert measure_distance(np.ones(5), np.full(5, 0.2)) == 0


def test_a_prior_as_strong_as_the_data_is_as_sensitive():
    # normal data and normal prior with equal precision about 0 and 2: the posterior is about 1
    draws = np.random.default_rng(2).normal(1.0, math.sqrt(0.5), 20_000)
    prior, likelihood = -0.5 * draws**2, -0.5 * (draws - 2) ** 2
    (one, khat), (other, _) = (
        measure_sensitivity(draws, prior),
        measure_sensitivity(draws, likelihood),
    )
    assert one == pytest.approx(other, rel=0.1)
    assert one > 0.05
    assert khat < 0.7


def test_powers_move_a_normal_posterior_as_they_should(sample):
    from dataclasses import replace

    fit = ds.fit_model(ds.RateModel(covariates=None), sample, inference="laplace")
    found = scale_powers(fit, calibrated=False)
    table = found.table.set_index(["part", "power"])
    assert (table["khat"] < 0.7).all()
    assert found.table["is_reliable"].all()
    # a likelihood of higher power has narrower intervals
    width = table["upper"] - table["lower"]
    assert width[("likelihood", 1.25)] < width[("likelihood", 0.8)]
    tight = replace(fit.model.priors, treatment=Normal(0.0, 0.1))
    sceptic = ds.fit_model(ds.RateModel(covariates=None, priors=tight), sample, inference="laplace")
    strong = scale_powers(sceptic, calibrated=False).table.set_index("part")["sensitivity"]
    assert strong["prior"].iloc[0] > 0.05
    assert table["sensitivity"]["prior"].iloc[0] < strong["prior"].iloc[0]
    assert "matters notably" in scale_powers(sceptic, calibrated=False).sentence


def test_reweighted_powers_give_what_a_prior_of_another_scale_gives(sample):
    # a normal prior to the power a has its scale divided by the root of a
    model = ds.RateModel(covariates=None)
    fit = ds.fit_model(model, sample, inference="laplace", seed=1)
    row = scale_powers(fit, powers=[4.0], calibrated=False).table.set_index("part").loc["prior"]
    usual = model.priors
    halves = [Normal(0, one.scale / 2) for one in (usual.intercept, usual.treatment)]
    priors = ds.Priors(intercept=halves[0], treatment=halves[1])
    again = ds.fit_model(ds.RateModel(covariates=None, priors=priors), sample, inference="laplace")
    (effect,) = ds.estimate_effects(again, calibrated=False)
    assert row["estimate"] == pytest.approx(effect.estimate, abs=0.004)


def test_a_tighter_prior_draws_the_model_to_nothing_and_the_reported_effect_less(sample):
    table = grid_priors(sample, scales=[0.1, 2.0], model=ds.RateModel(covariates=None)).table
    alone = table["estimate_of_model"].abs()
    assert alone.iloc[0] < 0.5 * alone.iloc[1]
    assert np.ptp(table["estimate"]) < np.ptp(table["estimate_of_model"])


def test_the_sceptics_limit_by_hand():
    # logs -2 and -1: 1 / (4 root 2)
    assert find_sceptical_limit(-2, -1) == pytest.approx(1 / (4 * math.sqrt(2)))


def test_the_sceptical_prior_takes_the_interval_to_no_difference():
    rng = np.random.default_rng(3)
    comparison = 0.3
    effect = make_effect(comparison * np.exp(rng.normal(-0.5, 0.2, 40_000)), comparison)
    found = find_sceptical_prior(effect).table.iloc[0]
    precision = 1 / 0.2**2 + 1 / found["scale"] ** 2
    posterior = (-0.5 / 0.2**2) / precision
    assert posterior + 1.96 / math.sqrt(precision) == pytest.approx(0, abs=0.01)
    assert found["limit"] < 1


def test_an_inconclusive_result_needs_no_sceptic():
    with pytest.raises(CannotAnswerError, match="without a sceptic"):
        find_sceptical_prior(draw_rates(83, 20, 1000, 278))


def test_a_prior_of_past_programmes_meets_the_normal_formula():
    rng = np.random.default_rng(4)
    comparison = 0.3
    effect = make_effect(comparison * np.exp(rng.normal(-0.5, 0.2, 40_000)), comparison)
    found = apply_prior(effect, Normal(-0.1, 0.2))
    assert found.table["estimate"].iloc[1] == pytest.approx(
        comparison * (math.exp(-0.3 + 0.2**2 / 4) - 1), abs=0.003
    )
    with pytest.raises(CannotAnswerError, match="too far from the result for its draws"):
        apply_prior(effect, Normal(2.0, 0.01))


def test_faults_are_named(sample):
    with pytest.raises(InputError) as error:
        grid_priors(sample, scales=[0], model=3, seed=-1)
    assert len(error.value.faults) == 3
    with pytest.raises(InputError) as error:
        scale_powers(3, powers=[], calibrated=1)
    assert len(error.value.faults) == 3
    with pytest.raises(InputError, match="scale: expected one of ratio, odds ratio"):
        find_sceptical_prior(draw_rates(83, 13, 1000, 278), scale="log")
