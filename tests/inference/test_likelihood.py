import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from desist.inference.likelihood import (
    add_never,
    bernoulli_logit,
    hurdle,
    log_one_plus_exp,
    log_probability_of_none,
    negative_binomial,
    poisson,
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


def test_poisson_term_is_that_of_scipy(evaluate):
    counts, eta = np.array([0.0, 3.0, 40.0]), np.array([-1.5, 0.2, 3.0])
    found = evaluate(poisson, counts, eta)
    np.testing.assert_allclose(found, stats.poisson.logpmf(counts, np.exp(eta)), rtol=1e-12)


def test_probability_of_no_offence_is_that_of_scipy(evaluate):
    eta, log_a = np.array([-3.0, 0.4, 6.0]), np.array([-2.0, 0.0, 3.0])
    a = np.exp(log_a)
    expected = stats.nbinom.logpmf(0, a, a / (a + np.exp(eta)))
    np.testing.assert_allclose(evaluate(log_probability_of_none, eta, log_a), expected, rtol=1e-12)


def test_a_fraction_that_never_offends_makes_zeros_likelier(evaluate):
    # 3 people in 10 never offend; the others' counts are Poisson with mean 2
    counts = np.array([0.0, 1.0, 4.0])
    term = stats.poisson.logpmf(counts, 2.0)
    found = evaluate(add_never, term, (counts > 0).astype(float), np.full(3, np.log(0.3 / 0.7)))
    expected = np.log([0.3 + 0.7 * np.exp(-2), 0.7 * 2 * np.exp(-2), 0.7 * 16 / 24 * np.exp(-2)])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_hurdle_terms_add_up_to_one_and_keep_the_truncated_shape(evaluate):
    counts = np.arange(0.0, 60.0)
    positive = stats.poisson.logpmf(counts, 2.0)
    found = evaluate(
        hurdle, positive, (counts > 0).astype(float), np.full(60, -2.0), np.full(60, np.log(0.25))
    )
    assert np.exp(found).sum() == pytest.approx(1.0, abs=1e-12)
    assert found[0] == pytest.approx(-0.25)  # P(no offence) = exp(-H)
    np.testing.assert_allclose(found[1:] - found[1], positive[1:] - positive[1], rtol=1e-9)


@pytest.mark.parametrize("eta", [-600.0, -40.0, 40.0, 600.0])
def test_extreme_linear_predictors_have_finite_terms_and_gradients(eta):
    pt = pytest.importorskip("pytensor.tensor")
    import pytensor

    level, counts = pt.vector("level"), np.array([0.0, 1.0, 5.0])
    happened = (counts > 0).astype(float)
    binomial = negative_binomial(
        counts, level, pt.as_tensor([0.3]), (counts, [0, 0, 0]), np.arange(3)
    )
    none = log_probability_of_none(level, 0.3)
    for term in (
        bernoulli_logit(happened, level),
        binomial,
        add_never(binomial, happened, level),
        add_never(binomial, happened, -level),
        hurdle(binomial, happened, none, level),
    ):
        gradient = pytensor.grad(term.sum(), level)
        values = pytensor.function([level], [term, gradient], mode="FAST_COMPILE")(np.full(3, eta))
        assert all(np.isfinite(value).all() for value in values)


def test_log_one_plus_exp_is_that_of_numpy(evaluate):
    value = np.array([-800.0, -30.0, -1e-9, 0.0, 39.9, 40.1, 800.0])
    np.testing.assert_allclose(
        evaluate(log_one_plus_exp, value), np.logaddexp(0, value), rtol=1e-15
    )
