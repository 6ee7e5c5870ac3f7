import numpy as np
import pytest
import xarray as xr

from desist.effects import (
    Effect,
    estimate_effects,
    estimate_effects_by_group,
    estimate_effects_over_designs,
)
from desist.errors import InputError
from desist.estimands import Estimand, Measure
from desist.inference.diagnostics import Diagnostics
from desist.models.fit import Fit, fit_model
from desist.models.frequency import FrequencyModel
from desist.models.predictors import Target
from desist.models.rate import RateModel


def make_fit(model, draws, target, levels=None, sizes=None):
    """A fit whose draws are written by hand."""
    return Fit(
        model,
        draws,
        Diagnostics("laplace", khat=0.1),
        {},
        target,
        Estimand.ATT,
        365.0,
        10,
        20,
        levels or {},
        ("x",),
        (2, 9),
        sizes or {},
    )


@pytest.fixture
def two_kinds_of_people():
    # log-odds 0 and 2 for two kinds of people, a quarter and three quarters of the treated
    return Target(np.array([[0.0], [1.0]]), np.zeros((2, 0), dtype=int), np.array([0.25, 0.75]))


def test_averages_are_taken_over_people_within_each_draw(two_kinds_of_people):
    draws = {
        "intercept": np.array([[0.0, -1.0]]),
        "treatment": np.array([[-1.0, -2.0]]),
        "covariates": np.array([[[2.0], [0.5]]]),
    }
    (rate,) = estimate_effects(make_fit(RateModel(), draws, two_kinds_of_people))

    def expit(x):
        return 1 / (1 + np.exp(-x))

    by_hand = [
        0.25 * (expit(-1.0) - expit(0.0)) + 0.75 * (expit(1.0) - expit(2.0)),
        0.25 * (expit(-3.0) - expit(-1.0)) + 0.75 * (expit(-2.5) - expit(-0.5)),
    ]
    np.testing.assert_allclose(rate.difference.to_numpy()[0], by_hand, rtol=1e-12)


def test_a_ratio_is_that_of_the_averages_and_not_the_average_of_ratios(two_kinds_of_people):
    draws = {
        "intercept": np.array([[0.0]]),
        "treatment": np.array([[np.log(0.5)]]),
        "covariates": np.array([[[1.0]]]),
        "log_dispersion": np.array([[0.0]]),
        "log_dispersion_ratio": np.array([[0.0]]),
    }
    (frequency,) = estimate_effects(make_fit(FrequencyModel(), draws, two_kinds_of_people))
    assert frequency.comparison.item() == pytest.approx(0.25 * 1 + 0.75 * np.e)
    assert frequency.ratio.item() == pytest.approx(0.5)


def make_effect(difference, measure=Measure.RATE):
    draws = xr.DataArray(np.atleast_2d(difference), dims=("chain", "draw"))
    return Effect(
        measure, Estimand.ATT, 83, 5514, 0.3 + draws, 0.3 + 0 * draws, draws, 1 + draws / 0.3,
        Diagnostics("nuts"),
    )  # fmt: skip


def test_the_interval_has_equal_tails():
    effect = make_effect((np.arange(1000) + 0.5) / 1000)
    assert (effect.interval.lower, effect.interval.upper) == pytest.approx((0.025, 0.975))


def test_benefit_is_less_reoffending_and_more_time():
    draws = [-0.3, -0.2, -0.1, 0.1]
    assert make_effect(draws).probability_of_benefit == 0.75
    assert make_effect(draws, Measure.RMST).probability_of_benefit == 0.25
    assert make_effect(draws).probability_beyond(0.15) == 0.5


def test_a_negative_margin_is_refused():
    with pytest.raises(InputError) as caught:
        make_effect([0.1]).probability_beyond(-1)
    assert (
        str(caught.value)
        == "margin: 1 fault\n  - margin: expected a number of at least 0, found -1"
    )


def test_the_odds_ratio_is_that_of_the_average_rates():
    effect = make_effect([-0.2])
    assert effect.odds_ratio.item() == pytest.approx((0.1 / 0.9) / (0.3 / 0.7))
    assert make_effect([1.0], Measure.FREQUENCY).odds_ratio is None


def test_time_among_reoffenders_counts_the_reoffenders(two_kinds_of_people):
    draws = {
        "intercept": np.array([[0.0]]),
        "treatment": np.array([[-0.5]]),
        "covariates": np.array([[[1.0]]]),
    }
    (rate,) = estimate_effects(make_fit(RateModel(), draws, two_kinds_of_people))
    assert (rate.n_treated, rate.n_comparison) == (10, 20)


@pytest.fixture
def two_prisons():
    draws = {
        "intercept": np.array([[0.0]]),
        "treatment": np.array([[0.0]]),
        "prison_intercept": np.array([[[0.0, 1.0, 0.0]]]),
        "prison_treatment": np.array([[[-1.0, 0.5, 0.0]]]),
    }
    target = Target(np.zeros((2, 0)), np.array([[0], [1]]), np.array([0.4, 0.6]))
    sizes = {"prison": {"Ash": (4, 7), "Bay": (6, 9), "Cole": (0, 4)}}
    return make_fit(RateModel(), draws, target, {"prison": ("Ash", "Bay", "Cole")}, sizes)


def test_each_group_has_its_own_effect_and_a_group_without_participants_has_none(two_prisons):
    effects = estimate_effects_by_group(two_prisons, "prison")
    assert list(effects) == ["Ash", "Bay"]
    ash, bay = effects["Ash"][0], effects["Bay"][0]
    assert ash.difference.item() == pytest.approx(1 / (1 + np.e) - 0.5)
    assert bay.difference.item() == pytest.approx(1 / (1 + np.exp(-1.5)) - 1 / (1 + np.exp(-1)))
    assert (bay.n_treated, bay.n_comparison) == (6, 9)
    (together,) = estimate_effects(two_prisons)
    assert together.difference.item() == pytest.approx(
        0.4 * ash.difference.item() + 0.6 * bay.difference.item()
    )


def test_an_unknown_grouping_is_refused(two_prisons):
    with pytest.raises(InputError) as caught:
        estimate_effects_by_group(two_prisons, "wing")
    assert str(caught.value) == (
        "effects by group: 1 fault\n  - grouping: expected prison, found 'wing'"
    )


def test_effects_over_designs_are_wider_than_under_one_and_centred_between_them():
    from desist.cohort.simulate import simulate_cohort
    from desist.design.design import build_design
    from desist.design.draws import draw_designs
    from desist.design.weighting.by_score import InverseProbability

    cohort = simulate_cohort(60, 600, rng=3, n_groups=0).cohort
    design = build_design(cohort, "age + copas", method=InverseProbability())
    designs = tuple(draw_designs(cohort, design, n_draws=20, rng=1))
    (pooled,) = estimate_effects_over_designs(
        RateModel(), cohort, designs, inference="laplace", seed=2
    )
    separate = [
        estimate_effects(fit_model(RateModel(), cohort, one, inference="laplace", seed=2))[0]
        for one in designs
    ]
    means = [float(effect.difference.mean()) for effect in separate]
    within = np.mean([float(effect.difference.var()) for effect in separate])
    assert float(pooled.difference.mean()) == pytest.approx(np.mean(means), abs=0.003)
    # the variance of a mixture: within and between
    assert float(pooled.difference.var()) == pytest.approx(within + np.var(means), rel=0.1)
    assert pooled.difference.sizes == {"chain": 1, "draw": 10_000}


def test_designs_and_cohorts_have_to_be_as_many():
    with pytest.raises(InputError) as caught:
        estimate_effects_over_designs(RateModel(), [], [])
    assert str(caught.value) == (
        "effects over designs: 1 fault\n  - designs: expected at least one, and a cohort for each, "
        "found 0 cohorts and 0 designs"
    )


def test_completed_frames_of_imputed_covariates_are_pooled():
    from desist.cohort.cohort import Cohort
    from desist.cohort.simulate import simulate_cohort
    from desist.design.design import build_design
    from desist.design.weighting.by_score import InverseProbability

    whole = simulate_cohort(80, 500, rng=8, n_groups=0).cohort
    rng = np.random.default_rng(2)
    missing = rng.random(whole.n_people) < 0.3
    cohorts = []
    for _ in range(5):
        guess = rng.choice(whole.people["age"].to_numpy()[~missing], whole.n_people)
        completed = whole.people.assign(age=np.where(missing, guess, whole.people["age"]))
        cohorts.append(Cohort(completed, **whole.settings()))
    designs = [build_design(one, "age + copas", method=InverseProbability()) for one in cohorts]
    (pooled,) = estimate_effects_over_designs(
        RateModel(), cohorts, designs, inference="laplace", seed=1
    )
    means = [
        estimate_effects(fit_model(RateModel(), one, design, inference="laplace", seed=1))[
            0
        ].estimate
        for one, design in zip(cohorts, designs, strict=True)
    ]
    assert pooled.estimate == pytest.approx(np.mean(means), abs=0.005)
    assert pooled.difference.sizes == {"chain": 1, "draw": 10_000}
