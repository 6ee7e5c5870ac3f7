import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from desist.inference.likelihood import (
    bernoulli_logit,
    negative_binomial,
    weibull,
)

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture
def evaluate():
    pt = pytest.importorskip("pytensor.tensor")
    return lambda function, *values: np.asarray(
        function(*[pt.as_tensor_variable(value) for value in values]).eval()
    )


def test_bernoulli_term_is_that_of_scipy(evaluate):
    eta = np.array([-3.0, 0.2, 40.0])
    found = evaluate(bernoulli_logit, np.array([1.0, 0.0, 1.0]), eta)
    np.testing.assert_allclose(found, stats.bernoulli.logpmf([1, 0, 1], 1 / (1 + np.exp(-eta))))


def test_negative_binomial_term_agrees_with_the_r_reference(evaluate):
    # R: dnbinom(0:5, mu = 1.3, size = 0.7, log = TRUE)
    content = json.loads((REFERENCE / "bayes" / "deterministic.json").read_text())
    expected = content["negbin_check"]["logpmf_y0_5_mu1.3_theta0.7"]
    counts = np.arange(6.0)
    found = evaluate(
        lambda y, eta, log_a, which, position: negative_binomial(
            y, eta, log_a, (y, which), position
        ),
        counts,
        np.full(6, np.log(1.3)),
        np.log([0.7]),
        np.zeros(6, dtype=int),
        np.arange(6),
    )
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_weibull_terms_are_those_of_scipy(evaluate):
    time, event = np.array([0.3, 1.0, 0.9]), np.array([1.0, 0.0, 1.0])
    eta, shape = np.array([-1.0, -0.4, 0.7]), 1.4
    scale = np.exp(-eta / shape)
    expected = np.where(
        event == 1,
        stats.weibull_min.logpdf(time, shape, scale=scale),
        stats.weibull_min.logsf(time, shape, scale=scale),
    )
    found = evaluate(weibull, time, event, eta, np.log(shape), np.zeros(3))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_reoffence_on_the_day_of_release_is_one_within_the_first_half_day(evaluate):
    half_a_day, eta, shape = 0.5 / 365, -1.2, 0.8
    found = evaluate(
        weibull, np.array([half_a_day]), np.ones(1), np.array([eta]), np.log(shape), np.ones(1)
    )
    expected = stats.weibull_min.logcdf(half_a_day, shape, scale=np.exp(-eta / shape))
    np.testing.assert_allclose(found, [expected], rtol=1e-12)
