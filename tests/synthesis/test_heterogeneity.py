"""The highest peak of the likelihood of tau-squared, wherever it stands."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desist.synthesis._heterogeneity import ESTIMATORS, find_peaks
from desist.synthesis.pooling import leave_one_out, pool_effects

FAR_OFF = ([-0.16, -0.17, 3.0], [0.1, 0.1, 0.7])


def likelihood(estimates, errors, tau_squared, *, restricted):
    """Write the logarithm of the likelihood again, one tau-squared at a time."""
    weights = 1 / (errors**2 + tau_squared)
    mean = weights @ estimates / weights.sum()
    found = np.log(weights).sum() - weights @ (estimates - mean) ** 2
    return (found - np.log(weights.sum()) * restricted) / 2


def best_on_a_grid(estimates, errors, *, restricted):
    grid = np.r_[0.0, np.geomspace(1e-8, 1e4, 500)]
    return max(likelihood(estimates, errors, at, restricted=restricted) for at in grid)


@pytest.mark.parametrize(
    ("estimates", "errors", "tau_squared", "peaks"),
    [
        (*FAR_OFF, 2.83, 2),
        ([0.0, 0.0, 2.0], [0.05, 0.05, 0.5], 1.07, 2),
        ([0.1, 0.1, 0.12, -4.0], [0.1, 0.1, 0.1, 0.7], 3.583, 2),
        ([0.1, 0.1, 0.1, -4.0], [0.02, 0.02, 0.02, 1.0], 0.0, 2),  # the lower peak is inside
        ([-0.3, -0.3, 0.2], [0.1, 0.1, 0.3], 0.0, 1),
    ],
)
def test_one_study_far_off_does_not_hide_the_higher_peak(estimates, errors, tau_squared, peaks):
    found = pool_effects(estimates, errors)
    assert found.tau_squared == pytest.approx(tau_squared, abs=0.01)
    values, variances = np.array(estimates), np.array(errors) ** 2
    assert len(find_peaks(values, variances, restricted=True)) == peaks


@settings(max_examples=150)
@given(
    studies=st.lists(st.tuples(st.floats(-4, 4), st.floats(0.02, 2)), min_size=2, max_size=6),
    restricted=st.booleans(),
)
def test_no_tau_squared_on_a_grid_is_likelier(studies, restricted):
    estimates, errors = np.array(studies).T
    found = ESTIMATORS["reml" if restricted else "ml"](estimates, errors**2)
    reached = likelihood(estimates, errors, found, restricted=restricted)
    assert reached >= best_on_a_grid(estimates, errors, restricted=restricted) - 1e-9


def test_several_peaks_are_said_and_one_is_not():
    found = pool_effects(*FAR_OFF)
    assert found.cautions == (
        "The likelihood of tau-squared has 2 peaks, at 0 and 2.83: the highest is taken. A study "
        "far from the others decides between them.",
    )
    assert "Caution: The likelihood of tau-squared has 2 peaks" in repr(found)
    assert pool_effects([-0.5, -0.1, -0.3], [0.2, 0.2, 0.2]).cautions == ()
    assert pool_effects(*FAR_OFF, estimator="dl").cautions == ()


def test_the_peaks_of_every_sample_left_out_are_said():
    found = leave_one_out([*FAR_OFF[0], -0.165], [*FAR_OFF[1], 0.1])
    assert ["2 peaks" in said for said in found["cautions"]] == [True, True, False, True]


@pytest.mark.parametrize("agree", [0.0, 1e-12, 1e-6, 1e-3])
@pytest.mark.parametrize("estimator", list(ESTIMATORS))
def test_an_interval_of_studies_that_agree_by_luck_has_the_width_of_what_is_known(agree, estimator):
    found = pool_effects([0.3, 0.3 + agree], [0.2, 0.2], estimator=estimator)
    wide = pool_effects(
        [0.3, 0.3 + agree], [0.2, 0.2], estimator=estimator, interval="knapp_hartung_truncated"
    )
    assert (found.lower, found.upper, found.p_value) == (wide.lower, wide.upper, wide.p_value)
    assert found.standard_error == pytest.approx(0.2 / 2**0.5)
    assert "the Knapp-Hartung factor is taken as 1" in found.cautions[0]
    assert wide.cautions == ()


@settings(max_examples=150)
@given(
    studies=st.lists(st.tuples(st.floats(-1, 1), st.floats(0.02, 2)), min_size=2, max_size=6),
    interval=st.sampled_from(["knapp_hartung", "knapp_hartung_truncated", "normal"]),
)
def test_an_interval_narrower_than_that_of_one_common_effect_says_so(studies, interval):
    estimates, errors = np.array(studies).T
    found = pool_effects(estimates, errors, interval=interval)
    known = 2 * 1.959963984540054 * (errors**-2).sum() ** -0.5
    narrow = found.upper - found.lower < known * (1 - 1e-6)
    assert any("times as wide" in said for said in found.cautions) == narrow
    assert found.upper - found.lower > known / 200


def test_studies_much_alike_and_each_uncertain_say_how_narrow_their_interval_is():
    found = pool_effects([1.0, 0.8, 1.0], [1.63, 1.22, 1.63])
    assert "The interval is 0.18 times as wide as what was known" in found.cautions[0]
