import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from desist.cohort.cohort import Cohort
from desist.errors import InputError, NoEventsError
from desist.estimands import Estimand
from desist.inference.engines import Laplace
from desist.models.fit import fit_model
from desist.models.predictors import make_predictors
from desist.models.priors import Normal, Priors
from desist.models.rate import RateModel
from desist.sample import build_sample

from .studies import make_cohort, weigh

QUADRATURE = json.loads(
    (Path(__file__).parents[1] / "reference" / "bayes" / "deterministic.json").read_text()
)
TABLES = [name for name in QUADRATURE if name.startswith("logit_")]


def two_by_two(x1, n1, x0, n0):
    return make_cohort(
        treated=np.repeat([1, 0], [n1, n0]),
        reoffended=np.concatenate([np.arange(n1) < x1, np.arange(n0) < x0]).astype(int),
    )


def fit(cohort, design=None, model=None, **settings):
    chosen = {"inference": "laplace", "seed": 1} | settings
    return fit_model(model or RateModel(), cohort, design or weigh(cohort), **chosen)


def integrate(table, *, of_middle):
    """Integrate the posterior of the difference on a grid: mean, standard deviation, quantiles."""
    expected = QUADRATURE[table]
    (mean, scale), (_, of_effect) = (
        expected[name] for name in ("prior_intercept_mean_sd", "prior_logOR_mean_sd")
    )
    grid = np.linspace(-12, 10, 1101)
    treated, comparison = np.meshgrid(grid, grid, indexing="ij")
    level = (treated + comparison) / 2 if of_middle else comparison
    log = -np.square((level - mean) / scale) / 2 - np.square((treated - comparison) / of_effect) / 2
    for x, n, eta in (("x1", "n1", treated), ("x2", "n2", comparison)):
        log += expected[x] * eta - expected[n] * np.logaddexp(0, eta)
    mass = np.exp(log - log.max()).ravel()
    mass /= mass.sum()
    difference = (expit(treated) - expit(comparison)).ravel()
    order = np.argsort(difference)
    at = np.searchsorted(np.cumsum(mass[order]), expected["probs"])
    centre = mass @ difference
    spread = np.sqrt(mass @ np.square(difference - centre))
    # cells of the diagonal lie half on either side
    below = mass[difference < 0].sum() + mass[difference == 0].sum() / 2
    return centre, spread, difference[order][at], below


@pytest.mark.parametrize("table", TABLES)
def test_the_grid_agrees_with_quadrature_in_r_where_the_prior_is_of_the_comparison_arm(table):
    expected = QUADRATURE[table]
    centre, spread, quantiles, below = integrate(table, of_middle=False)
    assert (centre, spread) == pytest.approx(expected["rd"], abs=1e-4)
    assert quantiles == pytest.approx(np.array(expected["q_rd"]), abs=2e-3)
    assert below == pytest.approx(expected["prob_rd_below_0"], abs=2e-3)


@pytest.mark.parametrize("table", TABLES)
def test_posterior_agrees_with_a_grid_where_the_prior_is_of_the_middle_of_the_arms(table):
    expected = QUADRATURE[table]
    cohort = two_by_two(*(expected[name] for name in ("x1", "n1", "x2", "n2")))
    priors = Priors(
        intercept=Normal(*expected["prior_intercept_mean_sd"]),
        treatment=Normal(*expected["prior_logOR_mean_sd"]),
    )
    fitted = fit(cohort, model=RateModel(priors=priors))
    with_programme, without = fitted.predict(1)["rate"], fitted.predict(0)["rate"]
    difference = (with_programme - without).ravel()
    mean, sd, quantiles, below = integrate(table, of_middle=True)
    # 4,000 draws: Monte Carlo error 0.016 SD of a mean, about 0.04 SD of a 2.5 % quantile
    assert difference.mean() == pytest.approx(mean, abs=0.05 * sd)
    assert difference.std() == pytest.approx(sd, rel=0.05)
    assert np.quantile(difference, expected["probs"]) == pytest.approx(quantiles, abs=0.15 * sd)
    assert (difference < 0).mean() == pytest.approx(below, abs=0.02)


def test_rows_are_one_for_each_pattern_and_outcome():
    assert len(fit(two_by_two(3, 20, 9, 25)).data["treated"]) == 4


@settings(max_examples=8, deadline=None)
@given(st.sampled_from([1e-3, 0.1, 10.0, 1e4]), st.integers(0, 2**16))
def test_scale_of_weights_and_order_of_people_change_nothing(people, factor, seed):
    order = np.random.default_rng(seed).permutation(400)
    shuffled = {name: values[order] for name, values in people.items()}
    cohort, again = make_cohort(**people), make_cohort(**shuffled)
    first = fit(cohort, weigh(cohort, people["weight"]), RateModel(covariates="age"))
    second = fit(again, weigh(again, factor * shuffled["weight"]), RateModel(covariates="age"))
    np.testing.assert_allclose(second.predict(1)["rate"], first.predict(1)["rate"], rtol=1e-6)


def test_people_of_weight_zero_change_nothing(people):
    cohort = make_cohort(**people)
    more = {name: np.concatenate([values, values[-50:]]) for name, values in people.items()}
    more["age"][-50:] = 1000.0
    larger = make_cohort(**more)
    weights = np.concatenate([people["weight"], np.zeros(50)])
    first = fit(cohort, weigh(cohort, people["weight"]), RateModel(covariates="age"))
    second = fit(larger, weigh(larger, weights), RateModel(covariates="age"))
    np.testing.assert_allclose(second.predict(0)["rate"], first.predict(0)["rate"], rtol=1e-9)


def test_a_comparison_group_worth_fewer_people_gives_a_wider_interval():
    cohort = two_by_two(20, 100, 120, 400)
    even = fit(cohort)
    weights = np.ones(500)
    weights[100:110] = 40.0
    weights[220:230] = 40.0
    uneven = fit(cohort, weigh(cohort, weights))
    assert uneven.predict(0)["rate"].std() > 2 * even.predict(0)["rate"].std()


def test_no_treated_reoffender_is_no_obstacle():
    fitted = fit(two_by_two(0, 12, 5, 30))
    assert 0 < fitted.predict(1)["rate"].mean() < fitted.predict(0)["rate"].mean()


def test_a_covariate_that_separates_reoffenders_leaves_a_proper_posterior():
    cohort = make_cohort(
        treated=np.tile([1, 0], 20),
        reoffended=np.repeat([0, 1], 20),
        age=np.repeat([50.0, 20.0], 20),
    )
    fitted = fit(cohort, model=RateModel(covariates="age"))
    assert np.isfinite(fitted.predict(1)["rate"]).all()


def test_nobody_reoffended_is_refused():
    with pytest.raises(NoEventsError) as caught:
        fit(two_by_two(0, 5, 0, 7))
    assert str(caught.value) == (
        "rate model: none of the 12 people in the weighted sample reoffended; no difference can "
        "be estimated, and a longer follow-up is needed"
    )


def test_a_cohort_without_the_outcome_is_refused():
    cohort = make_cohort(treated=np.array([1, 0]))
    with pytest.raises(InputError) as caught:
        fit(cohort)
    assert str(caught.value) == (
        "rate model: 1 fault\n  - cohort: expected a column of reoffended, found none; "
        "give reoffended= to Cohort"
    )


def test_a_model_covariate_that_is_constant_is_refused(people):
    cohort = make_cohort(**(people | {"age": np.full(400, 30.0)}))
    with pytest.raises(InputError, match="age: expected values that differ, found the same"):
        fit(cohort, model=RateModel(covariates="age"))


def test_standardised_over_the_treated_and_not_over_everybody():
    # age decides; the treated are old. Effect of nobody's programme: none.
    rng = np.random.default_rng(4)
    treated = np.repeat([1, 0], [200, 800])
    old = rng.random(1000) < np.where(treated == 1, 0.9, 0.2)
    reoffended = (rng.random(1000) < np.where(old, 0.1, 0.6)).astype(int)
    cohort = make_cohort(treated=treated, old=old.astype(float), reoffended=reoffended)
    model = RateModel(covariates="old", priors=Priors.flat())
    att = fit(cohort, model=model).predict(0)["rate"].mean()
    ate = fit(cohort, weigh(cohort, estimand=Estimand.ATE), model).predict(0)["rate"].mean()
    assert att == pytest.approx(0.9 * 0.1 + 0.1 * 0.6, abs=0.04)
    assert ate == pytest.approx(0.34 * 0.1 + 0.66 * 0.6, abs=0.05)


def test_units_of_covariates_suit_one_prior():
    # a number by its deviation, unless somebody stands far off; a category by half a step
    even, far = np.tile([-1.0, 1.0], 50), np.r_[np.zeros(99), 8.0]
    rare = (np.arange(100) == 3).astype(float)
    cohort = make_cohort(
        treated=np.tile([1, 0], 50), reoffended=np.zeros(100), even=even, far=far, rare=rare
    )
    found = make_predictors(build_sample(cohort, weigh(cohort)), "even + far + rare", ()).covariates
    spread_of_far = np.sqrt(0.5 * 64 / 50 - (0.5 * 8 / 50) ** 2)
    turned = make_cohort(
        treated=np.tile([0, 1], 50), reoffended=np.zeros(100), even=even, far=far, rare=rare
    )
    again = make_predictors(build_sample(turned, weigh(turned)), "even + far + rare", ()).covariates
    assert np.ptp(found[:, 0]) == pytest.approx(2.0)  # deviation 1
    assert np.ptp(found[:, 1]) == pytest.approx(8.0 / spread_of_far)  # nobody treated is far
    assert np.ptp(again[:, 1]) == pytest.approx(4.0 / spread_of_far)  # a participant is
    assert np.ptp(found[:, 2]) == pytest.approx(2.0)


def test_the_fit_offers_an_ordinary_pymc_model_and_a_datatree(people):
    cohort = make_cohort(**people)
    fitted = fit(cohort, model=RateModel(covariates="age"))
    assert {variable.name for variable in fitted.pymc_model.free_RVs} == {
        "intercept",
        "treatment",
        "covariates",
    }
    posterior = fitted.posterior["posterior"]
    assert posterior["covariates"].dims == ("chain", "draw", "covariate")
    assert list(posterior["covariate"].to_numpy()) == ["age"]
    assert "400" not in repr(fitted)
    assert repr(fitted).startswith("<Fit of the rate model: 80 treated and 320 comparison people")


def test_a_horizon_shorter_than_the_follow_up_counts_reoffences_within_it(people):
    cohort = make_cohort(**people)
    fitted = fit(cohort, horizon=100.0)
    comparison = people["treated"] == 0
    expected = (people["days"][comparison] <= 100).mean()
    assert fitted.predict(0)["rate"].mean() == pytest.approx(expected, abs=0.01)


def test_a_rate_within_a_horizon_that_not_everybody_reached_is_refused():
    table = pd.DataFrame(
        {"treated": [1, 1, 0, 0], "reoffended": [1, 0, 1, 0], "followed": [365, 200, 365, 365]}
    )
    cohort = Cohort(table, treatment="treated", reoffended="reoffended", follow_up="followed")
    with pytest.raises(InputError) as caught:
        fit(cohort, horizon=300.0)
    assert str(caught.value) == (
        "rate model: 2 faults\n"
        "  - horizon: expected 300 days for everybody, found 1 followed for less; give a horizon "
        "that everybody reached\n"
        "  - horizon: expected reoffences within 300 days, found longer follow-up and "
        "no days of first reoffences; give days= to Cohort, or a horizon that equals the follow-up"
    )


def test_the_sandwich_is_that_of_the_weighted_people():
    # lalonde would do; any weights do: the variance of a weighted mean is known by hand.
    rng = np.random.default_rng(12)
    treated = np.repeat([1, 0], [300, 600])
    reoffended = (rng.random(900) < 0.4).astype(int)
    weights = np.where(treated == 1, 1.0, rng.gamma(0.5, 2.0, 900))
    cohort = make_cohort(treated=treated, reoffended=reoffended)
    model = RateModel(priors=Priors.flat())
    rotated = fit(cohort, weigh(cohort, weights), model, inference=Laplace(sandwich=True))
    comparison = treated == 0
    share = weights[comparison] / weights[comparison].sum()
    mean = share @ reoffended[comparison]
    by_hand = np.sqrt(np.sum(share**2 * (reoffended[comparison] - mean) ** 2))
    assert rotated.predict(0)["rate"].std() == pytest.approx(by_hand, rel=0.04)
    plain = fit(cohort, weigh(cohort, weights), model)
    assert rotated.predict(0)["rate"].mean() == pytest.approx(
        plain.predict(0)["rate"].mean(), abs=0.005
    )


def test_the_sandwich_of_matched_pairs_is_that_of_their_differences():
    # pairs alike in risk: the variance of the mean difference is that of the paired test
    rng = np.random.default_rng(21)
    risk = np.repeat(rng.beta(0.5, 0.5, 400), 2)
    reoffended = (rng.random(800) < risk).astype(int)
    treated = np.tile([1, 0], 400)
    cohort = make_cohort(treated=treated, reoffended=reoffended)
    design = replace(weigh(cohort), sets=np.repeat(np.arange(400), 2))
    model = RateModel(priors=Priors.flat())
    fitted = fit(cohort, design, model, inference=Laplace(sandwich=True))
    difference = (fitted.predict(1)["rate"] - fitted.predict(0)["rate"]).std()
    paired = (reoffended[::2] - reoffended[1::2]).std() / np.sqrt(400)
    assert difference == pytest.approx(paired, rel=0.05)
    unpaired = fit(cohort, weigh(cohort), model)
    assert difference < 0.85 * (unpaired.predict(1)["rate"] - unpaired.predict(0)["rate"]).std()
