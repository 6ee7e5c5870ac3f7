import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desist.weights import (
    are_equal,
    effective_sample_size,
    residuals_about,
    scale_weights,
    weighted_variance,
)

TREATED = np.array([True, True, False, False, False])


def test_effective_sample_size_is_the_count_for_equal_weights():
    assert effective_sample_size(np.full(7, 0.3)) == pytest.approx(7)
    assert effective_sample_size(np.array([1.0, 1.0, 2.0])) == pytest.approx(16 / 6)
    assert effective_sample_size(np.zeros(3)) == 0


def test_each_arm_adds_up_to_its_effective_sample_size():
    scaled = scale_weights(np.array([1.0, 1.0, 1.0, 1.0, 2.0]), TREATED)
    # treated: two equal weights; comparison: (1 + 1 + 2)^2 / (1 + 1 + 4) = 16/6
    assert scaled[TREATED].sum() == pytest.approx(2.0)
    assert scaled[~TREATED].sum() == pytest.approx(16 / 6)
    assert scaled[4] == pytest.approx(2 * scaled[3])


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_the_scale_of_the_weights_of_an_arm_is_forgotten(of_treated, of_comparison):
    weights = np.array([1.0, 3.0, 0.5, 1.0, 2.0])
    factor = np.where(TREATED, of_treated, of_comparison)
    np.testing.assert_allclose(
        scale_weights(weights * factor, TREATED), scale_weights(weights, TREATED), rtol=1e-9
    )


def test_people_of_weight_zero_keep_weight_zero():
    scaled = scale_weights(np.array([1.0, 0.0, 0.0, 1.0, 1.0]), TREATED)
    assert scaled[1] == scaled[2] == 0
    assert scaled.sum() == pytest.approx(3.0)


def test_an_arm_without_weight_stays_without():
    assert scale_weights(np.array([1.0, 1.0, 0.0, 0.0, 0.0]), TREATED)[2:].sum() == 0


def test_the_variance_of_weighted_values_is_the_unbiased_one():
    values = np.array([1.0, 2.0, 6.0])
    assert weighted_variance(values, np.full(3, 1 / 3)) == pytest.approx(values.var(ddof=1))
    assert weighted_variance(np.array([0.3, 0.3, 9.0]), np.array([0.5, 0.5, 0.0])) == 0.0
    assert np.isnan(weighted_variance(values, np.array([0.0, 1.0, 0.0])))


def test_weights_are_equal_when_they_differ_by_rounding_only():
    assert are_equal(np.array([0.1 + 0.2, 0.3]))
    assert are_equal(np.array([]))
    assert not are_equal(np.array([1.0, 1.0 + 1e-6]))


def test_residuals_of_rounding_are_none():
    values = np.full(3, 0.1)
    assert (residuals_about(values, values.sum() / 3) == 0).all()
    assert residuals_about(np.array([1.0, 2.0]), 1.5).tolist() == [-0.5, 0.5]
