import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desist.inference.calibration import rotate_draws, sandwich_covariance, scale_weights

FIXTURES = json.loads(
    (Path(__file__).parents[1] / "reference" / "bayes" / "deterministic.json").read_text()
)

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


@pytest.mark.parametrize("scale", ["raw", "mean1", "ess"])
def test_sandwich_and_rotation_agree_with_the_r_fixtures(scale):
    fixture = FIXTURES[f"pseudo_posterior_att_{scale}"]
    curvature, scores = np.array(fixture["H"]), np.array(fixture["J"])
    wanted = sandwich_covariance(curvature, scores, np.inf)
    np.testing.assert_allclose(wanted, fixture["sandwich_cov"], rtol=1e-9)
    centred = np.array(fixture["draws_minus_mean"])
    found = rotate_draws(centred, np.linalg.inv(curvature), wanted)
    # the fixture's draws are centred at the mode; these are turned about their own mean
    turned = np.array(fixture["adjusted_minus_mean_cholesky"])
    np.testing.assert_allclose(
        found - found.mean(axis=0), turned - turned.mean(axis=0), rtol=1e-8, atol=1e-12
    )
    np.testing.assert_allclose(found.mean(axis=0), centred.mean(axis=0), atol=1e-12)


def test_the_small_sample_factor_widens_and_vanishes():
    curvature, scores = np.diag([4.0, 9.0]), np.diag([4.0, 9.0])
    plain = sandwich_covariance(curvature, scores, np.inf)
    np.testing.assert_allclose(sandwich_covariance(curvature, scores, 12.0), 1.2 * plain)
