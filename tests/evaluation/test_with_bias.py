"""The bias of placebo programmes stands beside the default result, never in its place."""

import numpy as np
import pytest

import desist as ds
from desist.errors import InputError
from desist.estimands import Measure
from desist.evaluation.with_bias import BiasPrior, take_off, weigh_bias

pytestmark = pytest.mark.usefixtures("few_draws")

RNG = np.random.default_rng(5)
ROUGH = BiasPrior(Measure.RATE, 200, 0.1, 0.08, 0.12, RNG.normal(0.0, 0.1, 20_000))
NONE = BiasPrior(Measure.RATE, 200, 0.0, 0.0, 0.01, np.zeros(50))
OF_DAYS = BiasPrior(Measure.RMST, 200, 5.0, 3.0, 8.0, np.full(50, 5.0))


def evaluate(bias):
    cohort = ds.simulate_cohort(83, 600, rng=4, n_groups=0).cohort
    design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    models = [ds.RateModel(covariates=None)]
    return ds.evaluate(
        cohort, design, models=models, inference=ds.Laplace(draws=4000), seed=1, bias=bias
    )


@pytest.fixture(scope="module")
def default():
    return evaluate(None)


@pytest.fixture(scope="module")
def rough():
    return evaluate(ROUGH)


def test_the_default_result_stays_as_it_is(default, rough):
    assert default.bias is None
    assert rough.effects[0].interval == default.effects[0].interval
    assert rough.settings == default.settings


def test_the_variance_of_the_bias_is_added_to_that_of_the_effect(rough):
    effect = rough.effects[0]
    taken = take_off(effect, ROUGH.draws, 3)
    wanted = np.sqrt(float(effect.draws.std()) ** 2 + 0.1**2)
    assert taken.std() == pytest.approx(wanted, rel=0.03)
    assert rough.bias.upper - rough.bias.lower == pytest.approx(2 * 1.96 * wanted, rel=0.05)


def test_a_known_bias_is_taken_off_and_none_changes_nothing(default):
    effects = {effect.measure: effect for effect in default.effects}
    effect = effects[Measure.RATE]
    same = weigh_bias(effects, NONE, 1)
    assert same.estimate == pytest.approx(effect.estimate, abs=1e-12)
    assert (same.lower, same.upper) == pytest.approx(
        (effect.interval.lower, effect.interval.upper), abs=1e-12
    )
    assert same.probability_of_benefit == effect.probability_of_benefit
    moved = weigh_bias(effects, BiasPrior(Measure.RATE, 10, 0.0, 0.0, 0.0, np.full(9, -0.05)), 1)
    assert moved.estimate == pytest.approx(effect.estimate + 0.05, abs=1e-12)


def test_more_days_are_a_benefit_and_fewer_reoffences_too(default):
    effects = {effect.measure: effect for effect in default.effects}
    harm = BiasPrior(Measure.RATE, 10, 0.0, 0.0, 0.0, np.full(9, -1.0))
    assert weigh_bias(effects, harm, 1).probability_of_benefit == 0
    as_days = {Measure.RMST: effects[Measure.RATE]}
    far = BiasPrior(Measure.RMST, 10, 0.0, 0.0, 0.0, np.full(9, -1.0))
    assert weigh_bias(as_days, far, 1).probability_of_benefit == 1


def test_it_is_saved_and_loaded(rough, tmp_path):
    path = ds.save_evaluation(rough, tmp_path / "evaluation.nc")
    assert ds.load_evaluation(path).bias == rough.bias


def test_a_measure_that_was_not_asked_for_is_named_and_not_dropped(default, tmp_path):
    effects = {effect.measure: effect for effect in default.effects}
    found = weigh_bias(effects, OF_DAYS, 1)
    assert not found.is_known
    assert "not available, as there is no rmst" in str(found)


def test_another_thing_is_refused():
    with pytest.raises(InputError, match=r"bias: expected a prior such as placebo\.prior\(\)"):
        evaluate(0.1)


def test_neither_prior_nor_result_tells_of_its_draws(rough):
    assert repr(ROUGH) == (
        "<BiasPrior of the rate from 200 placebo programmes: standard deviation 0.1>"
    )
    assert str(rough.bias).startswith("rate with the bias of 200 placebo programmes: ")
