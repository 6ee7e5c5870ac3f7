"""Tests of the funnel and selection by steps equal metafor, and few studies are refused."""

import numpy as np
import pytest

from desist.errors import CannotAnswerError, InputError
from desist.synthesis.small_studies import adjust_by_precision, check_funnel, trim_and_fill
from desist.synthesis.step_selection import adjust_for_selection


def test_eggers_regression_equals_metafor(bcg_effects, bcg_reference):
    found = check_funnel(*bcg_effects["RR"])
    assert found.statistic == pytest.approx(bcg_reference["RR_regtest"]["z"], rel=1e-6)
    assert found.p_value == pytest.approx(bcg_reference["RR_regtest"]["p"], rel=1e-6)


def test_beggs_rank_correlation_equals_metafor(bcg_effects, bcg_reference):
    found = check_funnel(*bcg_effects["RR"], method="begg")
    assert found.statistic == pytest.approx(bcg_reference["RR_ranktest"]["tau"], abs=1e-9)
    assert found.p_value == pytest.approx(bcg_reference["RR_ranktest"]["p"], rel=1e-6)


def test_trim_and_fill_equals_metafor(bcg_effects, bcg_reference):
    expected = bcg_reference["RR_trimfill"]
    found = trim_and_fill(*bcg_effects["RR"])
    assert found.n_filled == expected["k0"]
    assert found.filled.estimate == pytest.approx(expected["estimate"], rel=1e-6)
    assert found.filled.standard_error == pytest.approx(expected["se"], rel=1e-6)


def test_selection_by_steps_equals_metafor(passive_smoking, published):
    expected = published["step_selection"]
    found = adjust_for_selection(
        passive_smoking["yi"],
        passive_smoking["vi"] ** 0.5,
        steps=expected["steps"],
        alternative="greater",
    )
    assert list(found.counts) == expected["studies_per_step"]
    assert found.weights == pytest.approx(expected["delta"], rel=2e-4)
    assert found.statistic == pytest.approx(expected["lrt"], abs=1e-4)
    assert found.tau_squared == pytest.approx(expected["tau2"], rel=1e-4)


def test_falling_weights_equal_metafor(passive_smoking, published):
    expected = published["step_selection"]
    found = adjust_for_selection(
        passive_smoking["yi"],
        passive_smoking["vi"] ** 0.5,
        steps=expected["steps"],
        alternative="greater",
        decreasing=True,
    )
    assert found.weights == pytest.approx(expected["decreasing"], abs=2e-3)


def test_a_line_through_the_funnel_is_extrapolated_to_no_error():
    errors = np.linspace(0.1, 0.5, 12)
    exact = adjust_by_precision(-0.1 - errors, errors)
    assert exact["pet"][0] == pytest.approx(-0.1)
    curved = adjust_by_precision(-0.1 - errors**2, errors)
    assert curved["peese"][0] == pytest.approx(-0.1)
    assert exact["naive"][0] < -0.2


@pytest.mark.parametrize(
    "call", [check_funnel, trim_and_fill, adjust_by_precision, adjust_for_selection]
)
def test_fewer_than_ten_studies_are_refused_with_the_reason(call):
    with pytest.raises(CannotAnswerError, match=r"needs 10 studies or more, there are 9: with"):
        call(np.linspace(-0.5, 0.1, 9), np.linspace(0.1, 0.3, 9))


def test_an_interval_without_studies_has_no_weight():
    with pytest.raises(CannotAnswerError, match=r"An interval of p has no study \(counts 12, 0"):
        adjust_for_selection(np.full(12, -1.0), np.linspace(0.1, 0.3, 12), steps=[0.025])


def test_steps_rise():
    with pytest.raises(InputError, match="steps: expected rising numbers between 0 and 1"):
        adjust_for_selection(np.full(12, -1.0), np.full(12, 0.2), steps=[0.5, 0.1])
