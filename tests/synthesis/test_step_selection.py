"""Selection by steps: what has to hold of any studies, and what is refused."""

import numpy as np
import pytest
from scipy.stats import chi2

from desist.errors import CannotAnswerError, InputError
from desist.synthesis.pooling import pool_effects
from desist.synthesis.step_selection import _list_weights, _place, adjust_for_selection

ERRORS = np.array([0.1, 0.12, 0.15, 0.2, 0.22, 0.25, 0.3, 0.35, 0.4, 0.5])
EFFECTS = np.array([-0.3, -0.2, -0.31, -0.41, -0.5, -0.3, -0.7, -0.5, -0.9, -1.1])


@pytest.fixture(scope="module")
def found():
    return adjust_for_selection(EFFECTS, ERRORS, steps=[0.025])


def refuse(**settings):
    given = {"estimates": EFFECTS, "standard_errors": ERRORS} | settings
    with pytest.raises(InputError) as error:
        adjust_for_selection(**given)
    return str(error.value)


def test_a_study_stands_in_the_interval_of_its_p_value():
    # one-sided p-values of z = -2, -1, 0 and 1 on the side of reductions
    places = _place(np.array([-2.0, -1.0, 0.0, 1.0]), np.ones(4), (0.025, 0.5), -1.0)
    assert places.tolist() == [0, 1, 1, 2]
    mirrored = _place(np.array([2.0, 1.0, 0.0, -1.0]), np.ones(4), (0.025, 0.5), 1.0)
    assert mirrored.tolist() == places.tolist()


def test_counts_are_those_of_the_p_values_by_hand(found):
    # z is -3, -1.67, -2.07, -2.05, -2.27, -1.2, -2.33, -1.43, -2.25 and -2.2; seven below -1.96
    assert found.counts == (7, 3)
    assert found.steps == (0.025, 1.0)


def test_the_naive_estimate_is_by_maximum_likelihood_without_selection(found):
    plain = pool_effects(EFFECTS, ERRORS, estimator="ml", interval="normal")
    assert found.naive.estimate == pytest.approx(plain.estimate)


def test_studies_that_are_rarely_published_move_the_mean_towards_nothing(found):
    assert found.weights[0] == 1.0
    assert found.weights[1] < 1
    assert found.naive.estimate < found.estimate < 0


def test_the_p_value_is_that_of_the_likelihood_ratio(found):
    assert found.statistic >= 0
    assert found.p_value == pytest.approx(chi2.sf(found.statistic, 1))


def test_effects_of_the_other_sign_on_the_other_side_are_mirrored(found):
    turned = adjust_for_selection(-EFFECTS, ERRORS, steps=[0.025], alternative="greater")
    assert turned.estimate == pytest.approx(-found.estimate, abs=1e-5)
    assert turned.weights == pytest.approx(found.weights, rel=1e-4)
    assert turned.counts == found.counts


def test_another_unit_is_another_number_of_the_same_effect(found):
    larger = adjust_for_selection(10 * EFFECTS, 10 * ERRORS, steps=[0.025])
    assert larger.estimate == pytest.approx(10 * found.estimate, abs=1e-3)
    assert larger.statistic == pytest.approx(found.statistic, abs=1e-5)
    assert larger.weights == pytest.approx(found.weights, rel=1e-3)


def test_the_order_of_the_studies_is_nothing(found):
    order = np.random.default_rng(1).permutation(len(EFFECTS))
    again = adjust_for_selection(EFFECTS[order], ERRORS[order], steps=[0.025])
    assert again.estimate == pytest.approx(found.estimate, abs=1e-6)


def test_a_last_step_of_1_is_the_end_that_is_there_anyway(found):
    again = adjust_for_selection(EFFECTS, ERRORS, steps=[0.025, 1])
    assert again.steps == found.steps
    assert again.estimate == found.estimate


def test_falling_weights_are_products_of_factors_up_to_1():
    free = _list_weights(np.array([0.7, -0.2]), decreasing=False)
    assert free == pytest.approx(np.exp([0.0, 0.7, -0.2]))
    falling = _list_weights(np.array([0.7, -0.2]), decreasing=True)
    assert falling == pytest.approx(np.exp([0.0, -0.49, -0.53]))


def test_weights_that_may_only_fall_do_not_rise(found):
    falling = adjust_for_selection(EFFECTS, ERRORS, steps=[0.025], decreasing=True)
    assert all(np.diff(falling.weights) <= 0)
    # here the free ones fall already, so that nothing is given up
    assert falling.estimate == pytest.approx(found.estimate, abs=1e-3)


def test_the_repr_says_both_estimates(found):
    assert repr(found).startswith("<Step selection of 10 studies: ")
    assert f"{found.naive.estimate:.3g} as published, {found.estimate:.3g} adjusted" in repr(found)


def test_an_interval_without_a_study_has_no_weight():
    with pytest.raises(CannotAnswerError, match=r"counts 7, 3, 0 up to 0.025, 0.5, 1"):
        adjust_for_selection(EFFECTS, ERRORS)


def test_fewer_than_ten_studies_are_too_few():
    with pytest.raises(CannotAnswerError, match="maximum likelihood"):
        adjust_for_selection(EFFECTS[:9], ERRORS[:9], steps=[0.025])


@pytest.mark.parametrize(
    "steps", [[], 0.025, "0.025", [0.5, 0.025], [0.1, 0.1], [1], [0], [1.5], [True], [None]]
)
def test_steps_that_are_none_are_named(steps):
    assert "steps: expected" in refuse(steps=steps)


def test_all_faults_are_told_at_once():
    said = refuse(steps=[2.0], alternative="lower", decreasing=1, standard_errors=-ERRORS)
    for name in ("steps", "alternative", "decreasing", "standard_errors"):
        assert f"- {name}" in said
