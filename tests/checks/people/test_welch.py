import numpy as np
import pytest
from scipy import stats

from desist.checks.arms import read_arms
from desist.checks.finding import from_standard_error
from desist.checks.people.welch import (
    doubt_about_welch,
    welch,
    welch_from_counts,
    welch_from_summary,
)
from desist.errors import InputError
from desist.weights import effective_sample_size, scale_weights


def test_welch_from_counts_equals_the_back_calculation_of_the_report():
    found = welch_from_counts(13, 83, 1533, 5514)
    assert found.standard_error == pytest.approx(0.0405871855277551, abs=1e-12)
    assert found.df == pytest.approx(85.7479189938544, abs=1e-8)
    assert (found.lower, found.upper) == pytest.approx((-0.202081118917908, -0.0407050420480447))
    assert found.p_value == pytest.approx(0.00363034792845811, abs=1e-10)


def test_welch_of_the_arrested_equals_r(rossi, rossi_tests):
    expected = rossi_tests["small_group_time"]["all_reoffenders"]["welch"]
    arrested = rossi[rossi["arrest"] == 1]
    found = welch(arrested["week"], arrested["z"])
    assert found.df == pytest.approx(expected["df"], abs=1e-8)
    assert found.p_value == pytest.approx(expected["p"], abs=1e-10)
    assert (found.lower, found.upper) == pytest.approx(expected["ci"], abs=1e-8)


def test_welch_of_equal_weights_is_that_of_the_counts():
    reoffended = np.repeat([1, 0, 1, 0], [13, 70, 1533, 3981])
    found = welch(reoffended, np.repeat([True, False], [83, 5514]), np.full(5597, 3.0))
    assert found.p_value == pytest.approx(welch_from_counts(13, 83, 1533, 5514).p_value)


def test_welch_counts_weighted_records_as_people():
    values, weights = [1.0, 3.0, 0.0, 4.0, 8.0], [1, 1, 2, 1, 1]
    found = welch(values, [1, 1, 0, 0, 0], weights)
    # weighted mean 3, variance (2 * 9 + 1 + 25) / 4 * 3 / 2 = 16.5, n = 3
    assert found.estimate == pytest.approx(2.0 - 3.0)
    assert found.standard_error == pytest.approx(np.sqrt(2.0 / 2 + 16.5 / 3))


def test_no_spread_in_either_arm_leaves_no_limits():
    found = welch_from_summary(1.0, 0.0, 5, 2.0, 0.0, 9)
    assert found.estimate == -1.0
    assert np.isnan([found.lower, found.upper, found.p_value]).all()


def test_t_and_normal_quantiles_are_those_of_scipy():
    found = from_standard_error(1.0, 0.5, 12, 0.9)
    assert found.upper == pytest.approx(1 + 0.5 * stats.t(12).ppf(0.95))
    assert from_standard_error(1.0, 0.5).p_value == pytest.approx(2 * stats.norm.sf(2))


def test_welch_is_doubted_when_few_effective_people_remain(uneven):
    even = read_arms(uneven["reoffended"], uneven["treated"])
    assert doubt_about_welch(even) == ""
    weights = np.where(uneven["treated"], 1.0, uneven["weights"] ** 6 + 1e-3)
    doubt = doubt_about_welch(read_arms(uneven["reoffended"], uneven["treated"], weights))
    assert "it counts weighted records as equal people" in doubt


def test_scaled_weights_sum_to_the_effective_size_of_each_arm(uneven):
    arms = read_arms(uneven["days"], uneven["treated"], uneven["weights"])
    scaled = scale_weights(arms.weights, arms.treated)
    assert scaled[arms.treated].tolist() == pytest.approx([1.0] * 30)
    expected = effective_sample_size(arms.weights[~arms.treated])
    assert scaled[~arms.treated].sum() == pytest.approx(expected)


def test_bad_outcomes_and_weights_are_listed_together():
    with pytest.raises(InputError) as caught:
        welch([1.0, np.nan, 2.0, np.inf], [1, 1, 0, 0], [1.0, 1.0, -1.0, 2.0])
    assert str(caught.value) == (
        "check: 2 faults\n"
        "  - weights: expected finite numbers, 0 or more, found 1 other, row 3\n"
        "  - outcome: expected finite numbers for everybody who is used, "
        "found 2 other, rows 2, 4"
    )


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(InputError, match=r"one value for each person in each, found shapes \(2,\)"):
        welch([1.0, 2.0], [1, 0, 1])
