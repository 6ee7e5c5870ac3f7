"""A p-value or a verdict alone: the error of a study of a size, and what is refused."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from desist.errors import InputError
from desist.synthesis import PValue, Significance
from desist.synthesis.evidence.significance import find_error

EFFECTS = np.linspace(-0.6, 0.6, 13)


def test_the_error_of_a_study_by_hand():
    # 1/100 + 1/25 = 0.05, and a rate of 0.2 has the variance 0.16
    assert find_error(100, 25, 0.2, "risk_difference") == pytest.approx(math.sqrt(0.16 * 0.05))
    assert find_error(100, 25, 0.2, "log_risk") == pytest.approx(math.sqrt(0.16 * 0.05) / 0.2)
    assert find_error(100, 25, 0.2, "log_odds") == pytest.approx(math.sqrt(0.05 / 0.16))


def test_a_comparison_without_a_size_adds_no_error():
    assert find_error(64, None, 0.5, "risk_difference") == pytest.approx(0.5 / 8)
    assert find_error(64, 1e12, 0.5, "risk_difference") == pytest.approx(0.5 / 8)


def test_a_range_of_sizes_has_the_error_of_its_middle():
    size, error = (100.0, 400.0), find_error(100, 25, 0.2, "risk_difference")
    assert find_error(100, size, 0.2, "risk_difference") < error


@pytest.mark.parametrize("scale", ["log_odds", "log_risk", "risk_difference"])
def test_a_p_value_is_likeliest_at_its_estimate(scale):
    report = PValue(0.2, "increase", 80, 300, 0.4)
    estimate, error = report.summarise(scale)
    assert estimate == pytest.approx(norm.isf(0.1) * error)
    heights = report.log_likelihood(np.array([estimate - error, estimate, estimate + error]), scale)
    assert heights == pytest.approx([-0.5, 0.0, -0.5])


def test_a_p_value_of_1_is_no_difference():
    estimate, _ = PValue(1.0, "reduction", 80, 300, 0.4).summarise("log_odds")
    assert estimate == pytest.approx(0.0, abs=1e-12)


def test_directions_are_mirrored():
    less = PValue(0.03, "reduction", 80, 300, 0.4)
    more = PValue(0.03, "increase", 80, 300, 0.4)
    assert less.log_likelihood(EFFECTS, "risk_difference") == pytest.approx(
        more.log_likelihood(-EFFECTS, "risk_difference")
    )
    below = Significance("reduction", 80, 300, 0.4)
    above = Significance("increase", 80, 300, 0.4)
    assert below.log_likelihood(EFFECTS, "log_odds") == pytest.approx(
        above.log_likelihood(-EFFECTS, "log_odds")
    )


def test_a_p_value_below_a_limit_has_no_estimate_and_an_error():
    estimate, error = PValue(0.01, "reduction", 80, 300, 0.4, at_most=True).summarise("log_risk")
    assert math.isnan(estimate)
    assert error == find_error(80, 300, 0.4, "log_risk")
    assert math.isnan(Significance("none", 80, 300, 0.4).summarise("log_risk")[0])


def test_a_smaller_p_value_speaks_for_a_larger_effect():
    far, near = (PValue(p, "reduction", 80, 300, 0.4, at_most=True) for p in (0.001, 0.05))
    gain = far.log_likelihood(EFFECTS, "log_odds") - near.log_likelihood(EFFECTS, "log_odds")
    assert np.all(np.diff(gain) < 0)  # falling from large reductions to large increases


def test_nothing_found_in_a_large_study_says_more_than_in_a_small_one():
    small, large = (Significance("none", n, None, 0.4) for n in (30, 3000))
    away = np.array([0.0, 0.3])
    drops = [np.subtract(*one.log_likelihood(away, "risk_difference")) for one in (small, large)]
    assert drops[1] > 100 * drops[0] > 0


def test_all_faults_are_told_at_once():
    with pytest.raises(InputError) as error:
        PValue(0, "fewer", 0, "all", 40)
    said = str(error.value)
    for name in ("p_value", "direction", "n_treated", "n_comparison", "comparison_rate"):
        assert f"- {name}: expected" in said
    assert "write 0.4" in said


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"found": "a reduction"}, "found"),
        ({"level": 0}, "level"),
        ({"level": 1}, "level"),
        ({"n_treated": (500.0, 50.0)}, "n_treated"),
        ({"comparison_rate": 1.0}, "comparison_rate"),
    ],
)
def test_what_is_no_verdict_is_refused_by_name(wrong, named):
    given = {"found": "none", "n_treated": 80, "n_comparison": None, "comparison_rate": 0.4}
    with pytest.raises(InputError, match=f"{named}: expected"):
        Significance(**given | wrong)
