import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desist.inference.calibration import scale_weights

TREATED = np.array([True, True, False, False, False])


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
