"""Outcomes that are drawn anew: against the distributions, by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from desist.cohort.cohort import Cohort
from desist.cohort.outcomes import read_outcomes
from desist.models.families import (
    FREQUENCY_FAMILIES,
    SURVIVAL_FAMILIES,
    Flexible,
    MixtureCure,
    Pieces,
)
from desist.models.fit import fit_model
from desist.models.predictive import looks
from desist.models.predictive.looks import look_at
from desist.models.predictive.simulation import select_arm
from desist.models.predictors import make_predictors
from desist.models.survival import SurvivalModel
from desist.sample import build_sample

from ..studies import weigh

N_PEOPLE = 200_000
COUNTS = np.arange(60)
# of the treated: dispersion 0.8, 30 % who never offend, twice the repeats
DRAWS = {
    "log_dispersion": np.log([[0.4]]),
    "log_dispersion_ratio": np.log([[2.0]]),
    "log_odds_inflated": np.log([[0.3 / 0.7]]) - 0.5,
    "log_odds_inflated_treatment": np.array([[0.5]]),
    "log_repeats": np.log([[0.5]]),
    "log_repeats_treatment": np.log([[4.0]]),
    "log_shape": np.log([[0.5]]),
    "log_shape_ratio": np.log([[3.0]]),
    "log_odds_cured": np.log([[0.25 / 0.75]]) + 0.2,
    "log_odds_cured_treatment": np.array([[-0.2]]),
    "log_hazard_steps": np.log([[[2.0, 3.0]]]),
    "log_hazard_steps_ratio": np.log([[[1.0, 0.5]]]),
}


def negative_binomial(mean, size=0.8):
    return stats.nbinom.pmf(COUNTS, size, size / (size + mean))


def distribution(family, mean):
    """The probabilities of 0, 1, 2, ... offences of a treated person."""
    if family == "poisson":
        return stats.poisson.pmf(COUNTS, mean)
    if family == "negative_binomial":
        return negative_binomial(mean)
    if family == "zero_inflated":
        return 0.3 * (COUNTS == 0) + 0.7 * negative_binomial(mean / 0.7)
    some = negative_binomial(2 * mean) * (COUNTS > 0)
    return np.where(COUNTS == 0, np.exp(-mean), some / some.sum() * (1 - np.exp(-mean)))


@pytest.mark.parametrize("family", FREQUENCY_FAMILIES)
@pytest.mark.parametrize("mean", [0.05, 1.2])
def test_counts_come_from_the_distribution_of_the_family(family, mean):
    eta = np.full((1, 1, N_PEOPLE), np.log(mean))
    drawn = FREQUENCY_FAMILIES[family]().draw(eta, DRAWS, 1, np.random.default_rng(8))
    assert drawn.shape == eta.shape
    assert drawn.dtype == np.int64
    expected = distribution(family, mean)
    found = np.bincount(drawn.ravel(), minlength=60)[:60] / N_PEOPLE
    np.testing.assert_array_less(
        np.abs(found - expected), 4 * np.sqrt(expected * (1 - expected) / N_PEOPLE) + 2 / N_PEOPLE
    )


@pytest.mark.parametrize("family", FREQUENCY_FAMILIES)
@pytest.mark.parametrize("mean", [0.05, 1.2])
def test_counts_vary_as_the_distribution_of_the_family_does(family, mean):
    found = FREQUENCY_FAMILIES[family]().vary(np.full((1, 1, 1), np.log(mean)), DRAWS, 1)
    probabilities = distribution(family, mean)
    expected = probabilities @ COUNTS**2 - (probabilities @ COUNTS) ** 2
    assert found.item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("family", FREQUENCY_FAMILIES)
def test_people_who_hardly_ever_offend_have_no_offence(family):
    eta = np.full((1, 1, 50), -60.0)
    drawn = FREQUENCY_FAMILIES[family]().draw(eta, DRAWS, 1, np.random.default_rng(8))
    assert drawn.sum() == 0
    varied = FREQUENCY_FAMILIES[family]().vary(np.full((1, 1, 1), -900.0), DRAWS, 1)
    assert varied.item() == 0


def survival_of(family, eta, time):
    """Survival at a fraction of a horizon of 300 days, from the model's documentation."""
    hazard, shape, deviation = np.exp(eta), 1.5, np.pi / np.sqrt(3)
    if family == "mixture_cure":
        free = np.exp(-hazard)
        cured = 0.25 * free  # a quarter of those who are free at the horizon
        return cured + (1 - cured) * ((free - cured) / (1 - cured)) ** (time**shape)
    if family in ("piecewise_exponential", "flexible"):
        # hazards of the treated as 1 to 2 to 3 in thirds of the horizon
        spent = np.clip(time - np.array([0, 1 / 3, 2 / 3]), 0, [1 / 3, 1 / 3, np.inf])
        return np.exp(-hazard * spent @ [1, 2, 3] / 2)
    return {
        "weibull": np.exp(-hazard * time**shape),
        "exponential": np.exp(-hazard * time),
        "log_logistic": 1 / (1 + hazard * time**shape),
        "log_normal": stats.norm.cdf(-(eta + shape * np.log(time)) / deviation),
    }[family]


# eight reoffences on each of three days, the last of them the horizon
FLEXIBLE = Flexible().settle(np.repeat([100.0, 200.0, 300.0], 8), np.ones(24), 300.0)


@pytest.mark.parametrize("family", [*SURVIVAL_FAMILIES, "flexible"])
@pytest.mark.parametrize("eta", [-2.0, 0.7])
def test_times_are_those_at_which_survival_is_so_much(family, eta):
    settled = {"piecewise_exponential": Pieces((100.0, 200.0)), "flexible": FLEXIBLE}
    law = settled[family] if family in settled else SURVIVAL_FAMILIES[family]()
    times = np.array([0.02, 0.2, 1 / 3, 0.5, 0.9, 1.0, 1.6])  # also beyond the horizon
    survival = np.array([survival_of(family, eta, time) for time in times])
    eta = np.full((1, 1, 7), eta)
    found = law.find_time(eta, DRAWS, 1, 300.0, survival=survival.reshape(1, 1, 7))
    np.testing.assert_allclose(found[0, 0], times, rtol=1e-9)


def test_the_cured_never_reoffend():
    eta = np.full((1, 1, 3), 0.0)
    cured = 0.25 * np.exp(-1)
    survival = np.array([[[cured / 2, cured * 0.999, cured * 1.001]]])
    times = MixtureCure().find_time(eta, DRAWS, 1, 300.0, survival=survival)
    assert np.isfinite(times).tolist() == [[[False, False, True]]]


@pytest.fixture(scope="module")
def followed():
    """People who were followed for 100 or for 300 days."""
    rng = np.random.default_rng(2)
    follow_up = np.tile([100.0, 300.0], 100)
    days = np.ceil(rng.exponential(150, 200) / 10) * 10
    reoffended = days <= follow_up
    return pd.DataFrame(
        {
            "treated": np.repeat([1, 0], 100),
            "reoffended": reoffended.astype(int),
            "days": np.where(reoffended, days, np.nan),
            "follow_up": follow_up,
        }
    )


def draw_days(people, model):
    roles = {name: name for name in ("reoffended", "days", "follow_up")}
    cohort = Cohort(people, treatment="treated", **roles)
    design, outcomes = weigh(cohort), read_outcomes(cohort)
    fitted = fit_model(model, cohort, design, horizon=300.0, inference="laplace")
    look = look_at(fitted, outcomes)
    sample = build_sample(cohort, design, 300.0)
    arm = select_arm(0, make_predictors(sample, None, ()), sample)
    one = {name: values[:1, :1] for name, values in fitted.draws.items()}
    rng = np.random.default_rng(3)
    drawn = np.concatenate(
        [look.draw(np.zeros((1, 1, 100)), one, arm, rng)[0, 0] for _ in range(200)]
    )
    return drawn, np.tile(arm.time_at_risk, 200)


def test_nobody_is_seen_to_reoffend_after_the_own_follow_up(followed):
    days, time_at_risk = draw_days(followed, SurvivalModel(family="exponential"))
    seen = np.isfinite(days)
    assert (days[seen] <= time_at_risk[seen]).all()
    # a cumulative hazard of 1 at 300 days
    for length in (100.0, 300.0):
        share = seen[time_at_risk == length].mean()
        assert share == pytest.approx(1 - np.exp(-length / 300), abs=0.02)


def test_the_first_half_day_is_day_0_as_in_the_likelihood(followed):
    days, _ = draw_days(followed, SurvivalModel(family="exponential"))
    assert (days == 0).any()
    assert not ((days > 0) & (days < 0.5)).any()


def test_days_are_recorded_as_the_ends_of_their_intervals(followed):
    days, _ = draw_days(followed, SurvivalModel(family="exponential", recorded_in=10.0))
    seen = days[np.isfinite(days)]
    assert set(seen) == {10.0 * step for step in range(1, 31)}


def test_a_day_on_a_quarter_is_within_it(followed):
    # 9 intervals of 33 1/3 days: the quarter of a horizon of 1,200 days, to the last bit or not
    people = followed.assign(follow_up=1200.0, days=9 * (100 / 3), reoffended=1)
    roles = {name: name for name in ("reoffended", "days", "follow_up")}
    cohort = Cohort(people, treatment="treated", **roles)
    design, outcomes = weigh(cohort), read_outcomes(cohort)
    fitted = fit_model(SurvivalModel(family="exponential"), cohort, design, inference="laplace")
    look = look_at(fitted, outcomes)
    arm = select_arm(
        1, make_predictors(build_sample(cohort, design), None, ()), build_sample(cohort, design)
    )
    just_after = np.full(100, np.nextafter(300.0, 400.0))
    np.testing.assert_allclose(look.summarise(just_after, arm.target), [1, 1, 1, 1, 300.0])
    np.testing.assert_allclose(
        look.summarise(look.observed[arm.people], arm.target), [1, 1, 1, 1, 300.0]
    )


def test_statistics_of_many_draws_are_those_of_each(followed):
    cohort = Cohort(
        followed, treatment="treated", reoffended="reoffended", days="days", follow_up="follow_up"
    )
    fitted = fit_model(
        SurvivalModel(family="exponential"),
        cohort,
        weigh(cohort),
        horizon=300.0,
        inference="laplace",
    )
    look = look_at(fitted, read_outcomes(cohort))
    sample = build_sample(cohort, weigh(cohort), 300.0)
    arm = select_arm(0, make_predictors(sample, None, ()), sample)
    days = np.random.default_rng(4).choice([20.0, 80.0, 299.0, np.inf], (5, 100))
    days[3] = np.inf  # nobody reoffends, so that there is no mean of those who do
    found = look.summarise(days, arm.target)
    each = [look.summarise(one, arm.target) for one in days]
    np.testing.assert_allclose(found, each)
    assert np.isnan(found[:, -1]).tolist() == [False, False, False, True, False]
    by_hand = [np.mean(one[one <= 300]) for one in days[:3]]
    np.testing.assert_allclose(found[:3, -1], by_hand)
    np.testing.assert_allclose(found[:, 0], (days <= 75).mean(axis=1))


def test_a_rate_by_group_is_that_of_its_people():
    weights = np.array([0.1, 0.3, 0.2, 0.4])
    values = np.array([[True, False, True, True], [False, False, True, False]])
    found = looks._average_by_level(values, weights, np.array([0, 0, 2, 2]), 3)
    np.testing.assert_allclose(found, [[0.25, np.nan, 1.0], [0.0, np.nan, 1 / 3]])


def test_a_mean_of_some_is_missing_without_them():
    values = np.array([[2.0, np.inf, 5.0], [np.inf, np.inf, np.inf]])
    found = looks._average_of_some(values, np.isfinite(values), np.array([0.5, 0.3, 0.2]))
    np.testing.assert_allclose(found, [2 / 0.7, np.nan])


def test_counts_of_several_draws_are_those_of_each_in_turn():
    family = FREQUENCY_FAMILIES["negative_binomial"]()
    draws = {"log_dispersion": np.log([[0.4, 3.0]]), "log_dispersion_ratio": np.zeros((1, 2))}
    eta = np.random.default_rng(5).normal(size=(1, 2, 50))
    together, rng = family.draw(eta, draws, 1, np.random.default_rng(7)), np.random.default_rng(7)
    personal = [rng.gamma(a, 1 / a, 50) for a in (0.4, 3.0)]
    by_hand = rng.poisson(np.exp(eta[0]) * personal)
    np.testing.assert_array_equal(together[0], by_hand)
    alone = {name: values[:, :1] for name, values in draws.items()}
    first, rng = (
        family.draw(eta[:, :1], alone, 1, np.random.default_rng(7)),
        np.random.default_rng(7),
    )
    np.testing.assert_array_equal(
        first[0, 0], rng.poisson(np.exp(eta[0, 0]) * rng.gamma(0.4, 2.5, 50))
    )
