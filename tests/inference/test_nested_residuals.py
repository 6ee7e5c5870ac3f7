"""What common parameters differ by from their expansion, by cases made for it."""

import numpy as np
import pytest
from scipy.stats import multivariate_t

from desist.inference.nested import Residual, Weighted

SLOPE = np.array([[0.5, -2.0], [0.0, 1.0]])  # of two parameters in the places of two scales


def weigh(residuals, places, weights):
    return Weighted(np.zeros((len(weights), 0)), places, residuals, weights, khat=0.6)


def test_first_residuals_have_the_spread_of_an_exact_expansion():
    drawn, _ = Residual.first(3, 2, 15.0).draw(np.zeros((20_000, 2)), np.random.default_rng(1))
    np.testing.assert_allclose(drawn.mean(axis=0), 0.0, atol=0.03)
    np.testing.assert_allclose(np.cov(drawn.T), 15 / 13 * np.eye(3), atol=0.04)


def test_the_log_density_is_that_of_a_t_distribution_up_to_a_constant():
    root = np.array([[1.0, 0.0], [0.5, 2.0]])
    residual = Residual(np.array([1.0, -1.0]), root, 6.0, np.array([0.2, 0.1]), SLOPE)
    places = np.random.default_rng(2).random((50, 2))
    drawn, log_density = residual.draw(places, np.random.default_rng(3))
    mean = residual.mean + (places - residual.centre) @ SLOPE
    expected = multivariate_t(np.zeros(2), root @ root.T, 6.0).logpdf(drawn - mean)
    assert np.ptp(expected - log_density) == pytest.approx(0.0, abs=1e-10)


def test_residuals_that_are_linear_in_the_scales_are_described_as_such():
    rng = np.random.default_rng(4)
    places, noise = rng.random((4000, 2)), rng.standard_normal((4000, 2))
    residuals = np.array([0.3, -0.7]) + places @ SLOPE + noise * [0.001, 0.002]
    weights = rng.random(4000)
    found = weigh(residuals, places, weights / weights.sum()).describe_residuals()
    np.testing.assert_allclose(found.slope, SLOPE, atol=0.0005)
    np.testing.assert_allclose(found.root, np.diag([0.001, 0.002]), atol=0.0001)
    drawn, _ = found.draw(places, rng)
    np.testing.assert_allclose(drawn.mean(axis=0), residuals.mean(axis=0), atol=0.0005)


def test_points_without_a_weight_tell_nothing_of_residuals():
    places = np.array([[0.0], [1.0], [2.0], [50.0]])
    residuals = np.array([[0.0], [2.0], [1.0], [999.0]])
    weights = np.array([1 / 3, 1 / 3, 1 / 3, 0.0])
    found = weigh(residuals, places, weights).describe_residuals()
    assert found.mean == pytest.approx([1.0])
    assert found.slope.ravel() == pytest.approx([0.5])
    assert found.root.ravel() == pytest.approx([np.sqrt(0.5)])  # of 0.5, -1 and 0.5 a third each


def test_scales_that_stand_still_leave_residuals_without_a_slope():
    residuals = np.array([[0.0], [2.0]])
    found = weigh(residuals, np.ones((2, 1)), np.full(2, 0.5)).describe_residuals()
    assert found.slope.ravel() == pytest.approx([0.0])
    assert found.root.ravel() == pytest.approx([1.0])


def test_one_point_with_all_the_weight_has_no_spread_to_describe():
    residuals, places = np.array([[0.0], [2.0]]), np.array([[0.0], [1.0]])
    assert weigh(residuals, places, np.array([1.0, 0.0])).describe_residuals() is None
