import numpy as np
import pytest

from desist.inference.nested_grid import _find_nearest, from_axis, make_grid, to_axis


def log_gamma_like(places):
    """A density of two scales, one with its top at 0, as densities on their axes."""
    first, second = places
    return -((first - 0.9) ** 2) / (2 * 0.2**2) - 3 * second


@pytest.fixture(scope="module")
def grid():
    return make_grid(log_gamma_like, 2)


def test_axes_go_there_and_back():
    np.testing.assert_allclose(from_axis(to_axis(np.array([0.0, 0.3, 4.0]))), [0.0, 0.3, 4.0])


def test_a_scale_whose_density_falls_from_0_on_has_0_on_its_axis(grid):
    assert grid.axes[1][0] == 0.0
    assert grid.axes[0][0] < 0.4 < 1.5 < grid.axes[0][-1]


def test_the_density_adds_up_to_one(grid):
    step = 0.01
    axis = np.arange(step / 2, 8.0, step)
    places = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    total = np.exp(grid.log_density(places)[0]).sum() * step**2
    assert total == pytest.approx(1.0, abs=0.01)


def test_draws_have_the_density_that_is_told_of_them(grid):
    rng = np.random.default_rng(1)
    places = grid.draw(rng.random((20_000, 3)))
    log_density, nearest = grid.log_density(places)
    log_ratio = np.array([log_gamma_like(place) for place in places]) - log_density
    weights = np.exp(log_ratio - log_ratio.max())
    mean = weights @ places / weights.sum()
    np.testing.assert_allclose(mean, [0.9, 1 / 3], atol=0.02)
    assert 1 / np.square(weights / weights.sum()).sum() > 15_000
    assert np.all(np.isfinite(log_density))
    assert nearest.max() < grid.log_weights.size


@pytest.mark.parametrize("error", [-1e-13, 0.0, 1e-13])
def test_of_points_as_near_the_first_is_taken_whatever_rounding_says(error):
    axis = np.array([0.0, 1.0 + error, 2.0])
    is_known = np.array([True, False, True])  # the middle is as near to either
    assert _find_nearest(is_known, [axis], np.ones(1)).tolist() == [0, 0, 2]
