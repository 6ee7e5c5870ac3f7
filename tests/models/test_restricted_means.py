"""Restricted means against quadrature, however early or late everybody fails."""

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import log_ndtr

from desist.inference.survival_likelihood import LOGISTIC_DEVIATION
from desist.models.families import SURVIVAL_FAMILIES as FAMILIES
from desist.models.families import Flexible, Pieces
from desist.models.restricted_means import (
    restrict_exponential,
    restrict_log_logistic,
    restrict_log_normal,
    restrict_weibull,
)
from desist.models.survival import SurvivalModel

LEVELS = [-740.0, -60.0, -12.0, -3.0, -0.4, 0.0, 1e-9, 0.7, 2.0, 5.0, 11.0, 40.0, 300.0, 900.0]
SHAPES = [1e-4, 3e-3, 0.02, 0.1, 0.24, 1 / 3, 0.5, 0.999999, 1.0, 1.7, 2.0, 6.0, 30.0, 400.0]


def log_survival(family, level):
    """Log survival at a level eta + k log t."""
    if family == "weibull":
        return -math.exp(min(level, 700.0))
    if family == "log_logistic":
        return -float(np.logaddexp(0.0, level))
    return float(log_ndtr(-level / LOGISTIC_DEVIATION))


def integrate(family, eta, shape):
    """The mean over x = -log t of survival, cut where survival turns."""

    def density(x):
        return math.exp(-x + log_survival(family, eta - shape * x))

    turn = eta / shape
    cuts = {0.0, 800.0, *range(1, 40, 3)}
    cuts |= {turn + step / shape for step in (-40, -10, -4, -2, -1, 0, 1, 2, 4, 10, 40)}
    cuts |= {turn + step for step in (-30, -8, -3, -1, 1, 3, 8, 30)}
    inside = sorted(cut for cut in cuts if 0.0 <= cut <= 800.0)
    return sum(
        quad(density, first, last, epsabs=0.0, epsrel=1e-12, limit=200)[0]
        for first, last in itertools.pairwise(inside)
    )


MEANS = {
    "weibull": restrict_weibull,
    "log_logistic": restrict_log_logistic,
    "log_normal": lambda eta, shape: restrict_log_normal(
        eta / LOGISTIC_DEVIATION, LOGISTIC_DEVIATION / shape
    ),
}


@pytest.mark.parametrize("family", MEANS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.filterwarnings("error")
def test_restricted_means_are_those_of_quadrature(family, shape):
    found = MEANS[family](np.array(LEVELS), np.array([shape]))
    assert ((found >= 0) & (found <= 1)).all()
    for eta, mean in zip(LEVELS, found, strict=True):
        expected = integrate(family, eta, shape)
        assert mean == pytest.approx(expected, rel=1e-9, abs=1e-300), (eta, shape)


def test_the_constant_hazard_is_the_weibull_of_shape_one():
    levels = np.linspace(-50.0, 700.0, 751)
    np.testing.assert_allclose(
        restrict_exponential(levels), restrict_weibull(levels, np.ones(1)), rtol=1e-12
    )


def test_restricted_means_fall_as_the_hazard_rises():
    levels = np.linspace(-30.0, 30.0, 6001)
    for shape in SHAPES:
        for mean in MEANS.values():
            assert (np.diff(mean(levels, np.array([shape]))) <= 1e-13).all()


def draws_of(family, log_shape, other):
    zero = np.zeros((1, 1))
    return {
        "log_shape": zero + log_shape,
        "log_shape_ratio": zero,
        "log_odds_cured": zero + other,
        "log_odds_cured_treatment": zero,
        "log_hazard_steps": np.full((1, 1, 2), other),
        "log_hazard_steps_ratio": np.zeros((1, 1, 2)),
    }


@pytest.mark.parametrize("family", [*FAMILIES, "flexible"])
@pytest.mark.parametrize("other", [-900.0, -30.0, 0.0, 30.0, 900.0])
@pytest.mark.filterwarnings("error")
def test_predictions_are_numbers_and_survival_falls_to_the_horizon(family, other):
    flexible = Flexible().settle(np.repeat([30.0, 91.0, 365.0], 8), np.ones(24), 365.0)
    settled = {"piecewise_exponential": Pieces((30.0, 91.0)), "flexible": flexible}
    model = SurvivalModel(family=settled.get(family, family))
    eta = np.array(LEVELS)[np.newaxis, np.newaxis]
    for log_shape in (-6.0, 0.0, 5.0):
        draws = draws_of(family, log_shape, other)
        found = model.predict(eta, draws, 1, 365.0)
        for name, values in found.items():
            if name != "log_survival":
                assert np.isfinite(values).all(), name
        assert (found["log_survival"] <= 0).all()
        assert (np.diff(found["log_survival"]) <= 0).all()
        assert ((found["rmst"] >= 0) & (found["rmst"] <= 365)).all()
        # nobody is free for longer on average than the horizon, nor for less than those who last
        assert (found["rmst"] >= 365 * found["survival"] * (1 - 1e-12)).all()
        curve = [
            model.predict_survival(eta, draws, 1, 365.0, share=share) for share in (0.01, 0.5, 1.0)
        ]
        assert np.isfinite(curve).all()
        assert (np.diff(curve, axis=0) <= 1e-15).all()
        np.testing.assert_allclose(curve[-1], found["survival"], rtol=1e-9, atol=1e-300)
