"""Heterogeneity beside moderators: by hand, without moderators, and when the unit changes."""

import numpy as np
import pytest

from desist.synthesis._heterogeneity import ESTIMATORS
from desist.synthesis._moments import WITH_MODERATORS, estimate_tau_squared, fit_weighted

VALUES = np.array([-0.5, -0.1, 0.2, -0.9, 0.4, -0.3, 0.0, -0.6])
VARIANCES = np.array([0.02, 0.05, 0.03, 0.04, 0.06, 0.02, 0.05, 0.03])
MEAN_ALONE = np.ones((8, 1))
BESIDE = np.column_stack([np.ones(8), [0.0, 1, 0, 1, 1, 0, 1, 0]])
ALL = [name for name in WITH_MODERATORS if name != "equal"]


def test_least_squares_by_hand():
    # weights 1 and 1/3: mean (0 + 4/3) / (4/3) = 1, variance 3/4
    found = fit_weighted(np.array([0.0, 4.0]), np.array([0.5, 2.5]), np.ones((2, 1)), 0.5)
    assert found.coefficients == pytest.approx([1.0])
    assert found.covariance == pytest.approx(np.array([[0.75]]))
    assert found.residuals == pytest.approx([-1.0, 3.0])
    assert found.squares == pytest.approx(1 + 9 / 3)


@pytest.mark.parametrize("estimator", WITH_MODERATORS)
def test_without_moderators_it_is_the_estimator_of_that_name(estimator):
    found = estimate_tau_squared(VALUES, VARIANCES, MEAN_ALONE, estimator)
    assert found == pytest.approx(ESTIMATORS[estimator](VALUES, VARIANCES), abs=1e-9)


def test_moments_by_hand():
    # equal variances v: Q = sum of squares / v, and tau-squared is the sample variance less v
    values, variances = np.array([0.0, 1.0, 2.0]), np.full(3, 0.25)
    found = estimate_tau_squared(values, variances, np.ones((3, 1)), "dl")
    assert found == pytest.approx(1.0 - 0.25)


@pytest.mark.parametrize("estimator", ALL)
def test_a_moderator_that_explains_everything_leaves_nothing(estimator):
    values = BESIDE @ np.array([0.3, -0.8])
    assert estimate_tau_squared(values, VARIANCES, BESIDE, estimator) == 0.0


@pytest.mark.parametrize("estimator", ALL)
def test_what_a_moderator_explains_moves_nothing(estimator):
    plain = estimate_tau_squared(VALUES, VARIANCES, BESIDE, estimator)
    moved = estimate_tau_squared(
        VALUES + BESIDE @ np.array([5.0, -2.0]), VARIANCES, BESIDE, estimator
    )
    assert plain > 0
    assert moved == pytest.approx(plain, rel=1e-6)


@pytest.mark.parametrize("estimator", ALL)
def test_another_unit_multiplies_it_by_its_square(estimator):
    plain = estimate_tau_squared(VALUES, VARIANCES, BESIDE, estimator)
    larger = estimate_tau_squared(10 * VALUES, 100 * VARIANCES, BESIDE, estimator)
    assert larger == pytest.approx(100 * plain, rel=1e-6)


def test_equal_effects_have_none():
    assert estimate_tau_squared(VALUES, VARIANCES, BESIDE, "equal") == 0.0


def test_paule_and_mandel_make_q_what_is_expected():
    found = estimate_tau_squared(VALUES, VARIANCES, BESIDE, "pm")
    assert fit_weighted(VALUES, VARIANCES, BESIDE, found).squares == pytest.approx(8 - 2)


def test_restricted_likelihood_is_at_a_peak():
    def height(tau_squared):
        fit = fit_weighted(VALUES, VARIANCES, BESIDE, tau_squared)
        inner = np.linalg.slogdet(np.linalg.inv(fit.covariance))[1]
        return (np.log(fit.weights).sum() - fit.squares - inner) / 2

    found = estimate_tau_squared(VALUES, VARIANCES, BESIDE, "reml")
    assert found > 0
    for other in (0.0, 0.5 * found, 0.99 * found, 1.01 * found, 2 * found):
        assert height(found) > height(other)


def test_restricted_likelihood_exceeds_the_unrestricted_one():
    # maximum likelihood forgets the degrees of freedom that the coefficients take
    restricted = estimate_tau_squared(VALUES, VARIANCES, BESIDE, "reml")
    assert restricted > estimate_tau_squared(VALUES, VARIANCES, BESIDE, "ml")
