"""Median and limits of mixtures and of the heterogeneity, by hand."""

import numpy as np
import pytest
from scipy.stats import norm

from desist.errors import InputError
from desist.synthesis import Mixture, SpreadPosterior

STANDARD = Mixture(np.array([1.0]), np.array([0.0]), np.array([1.0]))
# two panels, flat within each: half of the probability below 1, half between 1 and 3
FLAT = SpreadPosterior(np.array([[0.0, 1.0], [1.0, 3.0]]), np.array([[0.5, 0.5], [0.25, 0.25]]))


def test_one_component_is_a_normal_distribution():
    assert STANDARD.median == pytest.approx(0, abs=1e-12)
    assert STANDARD.quantile(0.9) == pytest.approx(norm.ppf(0.9), abs=1e-10)
    assert STANDARD.interval() == pytest.approx(norm.interval(0.95), abs=1e-10)


def test_two_equal_components_far_apart_have_their_quartiles_at_their_means():
    far = Mixture(np.array([0.5, 0.5]), np.array([-10.0, 10.0]), np.array([1.0, 1.0]))
    assert far.interval(0.5) == pytest.approx((-10, 10), abs=1e-9)
    assert far.mean == 0
    assert far.sd == pytest.approx(101**0.5)


def test_a_component_of_no_weight_says_nothing():
    with_dust = Mixture(np.array([1.0, 1e-13]), np.array([0.0, 90.0]), np.array([1.0, 1.0]))
    assert with_dust.quantile(0.975) == pytest.approx(norm.ppf(0.975), abs=1e-8)


def test_panels_of_equal_height_have_their_quantiles_in_proportion():
    assert FLAT.median == pytest.approx(1)
    assert FLAT.quantile(0.25) == pytest.approx(0.5)
    assert FLAT.quantile(0.75) == pytest.approx(2)
    assert FLAT.interval(0.5) == pytest.approx((0.5, 2))


def test_moments_of_panels_are_those_of_their_parts():
    # half uniform on (0, 1), half on (1, 3): mean (0.5 + 2) / 2
    assert FLAT.mean == pytest.approx(1.25)
    second = 0.5 * (1 / 3) + 0.5 * (13 / 3)
    assert FLAT.sd == pytest.approx((second - 1.25**2) ** 0.5)


def test_density_of_panels_is_0_outside():
    found = FLAT.density(np.array([-1.0, 0.5, 2.0, 4.0]))
    np.testing.assert_allclose(found, [0, 0.5, 0.25, 0], atol=1e-12)


@pytest.mark.parametrize("distribution", [STANDARD, FLAT])
@pytest.mark.parametrize("probability", [0, 1, -0.1, 2, "0.5", float("nan"), True])
def test_what_is_no_probability_is_refused(distribution, probability):
    with pytest.raises(InputError, match="probability"):
        distribution.quantile(probability)
    with pytest.raises(InputError, match="probability"):
        distribution.interval(probability)


@pytest.mark.parametrize("distribution", [STANDARD, FLAT])
def test_quantile_and_probability_undo_each_other(distribution):
    for probability in (0.01, 0.3, 0.8, 0.99):
        below = distribution.probability_below(distribution.quantile(probability))
        assert below == pytest.approx(probability, abs=1e-9)


def test_draws_have_the_moments_of_the_mixture():
    mixed = Mixture(np.array([0.3, 0.7]), np.array([-1.0, 2.0]), np.array([0.5, 1.0]))
    draws = mixed.draw(20_000, np.random.default_rng(1))
    assert draws.mean() == pytest.approx(mixed.mean, abs=4 * mixed.sd / 20_000**0.5)
    assert (draws < 0).mean() == pytest.approx(mixed.probability_below(0), abs=0.014)
