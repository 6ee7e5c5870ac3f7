"""Pieces that end where the reoffences are."""

import numpy as np
import pytest

from desist.cohort.outcomes import Outcomes
from desist.errors import InputError
from desist.models.families import Flexible, Pieces, Weibull
from desist.models.priors import Normal
from desist.models.survival import SurvivalModel

FORTY = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0)  # eighths of the days 1 to 40


def outcomes_of(days, reoffended, follow_up=100.0):
    days, reoffended = np.asarray(days, dtype=float), np.asarray(reoffended, dtype=bool)
    return Outcomes(reoffended, None, days, np.full(len(days), follow_up))


def test_knots_are_quantiles_of_the_days_of_reoffences_and_not_of_censored_ones():
    days = np.r_[np.arange(1.0, 41.0), np.full(500, 100.0)]
    model = SurvivalModel(family="flexible")
    settled = model.settle(outcomes_of(days, days < 100), np.ones(540), 100.0)
    assert isinstance(settled.family, Pieces)
    assert settled.family.cuts == FORTY


def test_few_reoffences_have_the_weibull():
    days = np.r_[np.arange(1.0, 11.0), np.full(50, 100.0)]
    outcomes = outcomes_of(days, days < 100)
    ten = SurvivalModel().settle(outcomes, np.ones(60), 100.0)
    assert ten.family.cuts == (2.0, 3.0, 4.0, 5.0, 7.0, 8.0, 9.0)
    fewer = SurvivalModel().settle(outcomes, np.full(60, 0.99), 100.0)
    assert fewer == SurvivalModel(family="weibull")


def test_people_of_weight_zero_have_no_say_in_the_knots():
    days = np.r_[np.arange(1.0, 41.0), np.full(40, 99.0)]
    weights = np.r_[np.ones(40), np.zeros(40)]
    settled = SurvivalModel(family="flexible").settle(
        outcomes_of(days, np.ones(80)), weights, 100.0
    )
    assert settled.family.cuts == FORTY


def settle(days, **priors):
    return Flexible(**priors).settle(np.asarray(days, dtype=float), np.ones(len(days)), 100.0)


def test_reoffences_that_all_fall_on_one_day_have_one_knot_at_most():
    assert settle(np.full(80, 30.0)).find_changes() == (30.0,)
    assert settle(np.full(80, 100.0)) == Weibull()
    assert settle(np.zeros(80)) == Weibull()


def test_a_walk_of_more_steps_varies_as_much_as_a_whole():
    prior, ratio = Normal(0.1, 0.5), Normal(0.0, 0.3)
    on_four_days = np.repeat([10, 20, 30, 40], 10)
    four = settle(on_four_days, log_hazard_steps=prior, log_hazard_steps_ratio=ratio)
    assert four.cuts == (10.0, 20.0, 30.0, 40.0)
    assert 4 * four.log_hazard_steps_ratio.scale**2 == pytest.approx(3 * 0.3**2)
    eight = settle(np.arange(1, 81), log_hazard_steps=prior, log_hazard_steps_ratio=None)
    assert len(eight.cuts) == 7
    assert eight.log_hazard_steps.mean == 0.1
    assert 7 * eight.log_hazard_steps.scale**2 == pytest.approx(3 * 0.5**2)
    assert eight.log_hazard_steps_ratio is None


def test_the_family_of_few_reoffences_can_be_chosen():
    few = Weibull(Normal(0.0, 0.2), None)
    assert settle(np.arange(1, 10), few=few) == few


def test_all_faults_of_the_settings_are_listed():
    with pytest.raises(InputError, match="2 faults") as caught:
        Flexible(log_hazard_steps=0.5, few="weibull")
    assert "few: expected Weibull(...), found 'weibull'" in str(caught.value)


def test_a_family_that_is_not_settled_predicts_nothing():
    with pytest.raises(TypeError, match="the flexible family is settled when it is fitted"):
        _ = SurvivalModel(family="flexible").law


def test_other_families_are_as_they_were():
    model = SurvivalModel(family="log_normal")
    assert model.settle(outcomes_of([1.0, 2.0], [1, 1]), np.ones(2), 100.0) is model


def test_models_that_differ_in_where_their_knots_lie_share_what_is_compiled():
    one, two = (SurvivalModel(family=Pieces(cuts)) for cuts in ((5, 9), (20, 80)))
    assert one.structure == two.structure


@pytest.mark.parametrize("eta", [-800.0, -40.0, -3.0, 0.5, 4.0, 30.0])
@pytest.mark.parametrize("steps", [[0.0, 0.0], [1.5, -2.0], [-60.0, 60.0], [-900.0, 900.0]])
def test_the_restricted_mean_of_pieces_is_that_of_each_added_up(eta, steps):
    law = Pieces((50.0, 80.0), log_hazard_steps_ratio=None)
    found = law.predict(
        np.full((1, 1, 1), eta), {"log_hazard_steps": np.array([[steps]])}, 0, 200.0
    )["rmst"].item()
    # of a hazard h for w days, (1 - e^-hw) / h of them are lived through
    widths, relative = np.array([0.25, 0.15, 0.6]), np.exp(np.cumsum([0.0, *steps]))
    spent = np.exp(eta) * widths * relative / (widths @ relative)
    free = np.exp(-np.cumsum(np.append(0.0, spent[:-1])))
    lived = [w * (-np.expm1(-h) / h if h > 0 else 1.0) for w, h in zip(widths, spent, strict=True)]
    assert found == pytest.approx(free @ lived, rel=1e-13)
