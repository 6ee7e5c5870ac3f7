import json
from pathlib import Path

import numpy as np
import pytest

from desist.inference.calibration import rotate_draws, sandwich_covariance

FIXTURES = json.loads(
    (Path(__file__).parents[1] / "reference" / "bayes" / "deterministic.json").read_text()
)

TREATED = np.array([True, True, False, False, False])


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
