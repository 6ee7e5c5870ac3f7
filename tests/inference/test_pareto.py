"""Pareto-smoothed weights against ArviZ, and where there is no tail to smooth."""

import math

import numpy as np
import pytest
from scipy import stats

from desist.inference.pareto import fit_generalised_pareto, smooth_weights

RNG = np.random.default_rng(20)


@pytest.mark.parametrize("n_draws", [100, 1000, 4000])
@pytest.mark.parametrize("freedom", [1.5, 3.0, 30.0])
def test_weights_and_khat_are_those_of_arviz(n_draws: int, freedom: float) -> None:
    from arviz_stats.base import array_stats

    log_ratios = stats.t(freedom).logpdf(draws := RNG.standard_normal(n_draws)) + draws**2 / 2
    ours, khat = smooth_weights(log_ratios)
    theirs, their_khat = array_stats.psislw(-log_ratios)
    assert khat == pytest.approx(float(their_khat), abs=1e-10)
    assert ours == pytest.approx(np.exp(theirs), rel=1e-9)


@pytest.mark.parametrize("shape", [0.1, 0.4, 0.9])
def test_fit_finds_the_shape_and_scale_that_the_excesses_have(shape: float) -> None:
    excesses = np.sort(stats.genpareto(shape, scale=2.0).rvs(20_000, random_state=RNG))
    assert fit_generalised_pareto(excesses) == pytest.approx((shape, 2.0), abs=0.06)


def test_draws_outside_the_support_keep_a_weight_of_zero() -> None:
    log_ratios = RNG.standard_normal(1000)
    log_ratios[::2] = -math.inf
    weights, khat = smooth_weights(log_ratios)
    assert weights.sum() == pytest.approx(1.0)
    assert np.all(weights[::2] == 0)
    assert math.isfinite(khat)


@pytest.mark.parametrize("log_ratios", [np.zeros(1000), np.arange(20.0)], ids=["flat", "few"])
def test_weights_without_a_tail_are_left_alone_and_not_trusted(log_ratios: np.ndarray) -> None:
    weights, khat = smooth_weights(log_ratios)
    assert khat == math.inf
    assert weights == pytest.approx(np.exp(log_ratios) / np.exp(log_ratios).sum())


def test_no_weight_exceeds_the_largest_that_was_drawn() -> None:
    log_ratios = 3 * RNG.standard_normal(4000)
    weights, khat = smooth_weights(log_ratios)
    assert khat > 0.5
    raw = np.exp(log_ratios - log_ratios.max())
    assert weights.max() / weights.min() <= (raw.max() / raw.min()) * (1 + 1e-12)
