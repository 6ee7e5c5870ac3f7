import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from desist.checks.by_measure import check_time
from desist.checks.people.ranks import (
    _draw_distinct,
    brunner_munzel,
    kolmogorov_smirnov,
    permutation,
    wilcoxon,
)

from ..conftest import REFERENCE

GROUPS = {
    "all_reoffenders": "arrest == 1",
    "other_race": "arrest == 1 and race == 'other'",
    "married": "arrest == 1 and mar == 'married'",
}


@pytest.fixture(scope="module")
def arrested():
    return pd.read_csv(REFERENCE / "survival" / "rossi.csv")


@pytest.mark.parametrize("group", GROUPS)
def test_exact_permutation_of_sums_equals_r(arrested, rossi_tests, group):
    people = arrested.query(GROUPS[group])
    found = permutation(people["week"], people["fin"] == "yes")
    expected = rossi_tests["small_group_time"][group]["perm_test_sum_p"]
    assert found.p_value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("group", GROUPS)
def test_exact_smirnov_with_ties_equals_r(arrested, rossi_tests, group):
    people = arrested.query(GROUPS[group])
    found = kolmogorov_smirnov(people["week"], people["fin"] == "yes")
    expected = rossi_tests["small_group_time"][group]
    assert abs(found.estimate) == pytest.approx(expected["ks_D"], abs=1e-12)
    assert found.p_value == pytest.approx(expected["ks_p"], abs=1e-9)


@pytest.mark.parametrize("group", ["other_race", "married"])
def test_exact_wilcoxon_with_ties_equals_r(arrested, rossi_tests, group):
    people = arrested.query(GROUPS[group])
    found = wilcoxon(people["week"], people["fin"] == "yes")
    expected = rossi_tests["small_group_time"][group]["wilcox_exact_p"]
    assert found.p_value == pytest.approx(expected, abs=1e-9)
    assert np.isnan(found.lower)


def test_exact_wilcoxon_of_many_is_near_the_normal_approximation_of_r(arrested, rossi_tests):
    people = arrested.query(GROUPS["all_reoffenders"])
    found = wilcoxon(people["week"], people["fin"] == "yes")
    approximate = rossi_tests["small_group_time"]["all_reoffenders"]["wilcox_nocc_p"]
    assert found.p_value == pytest.approx(approximate, abs=0.002)


def test_wilcoxon_without_ties_equals_r_with_its_shift_and_limits(rossi_tests):
    case = rossi_tests["wilcox_exact_noties"]
    values = case["x"] + case["y"]
    treated = np.arange(len(values)) < len(case["x"])
    found = wilcoxon(values, treated)
    assert found.p_value == pytest.approx(case["p"], abs=1e-12)
    assert (found.estimate, found.lower, found.upper) == (case["hl"], *case["ci"])
    assert permutation(values, treated).p_value == pytest.approx(case["perm_exact_p"], abs=1e-12)


def test_brunner_munzel_of_equal_weights_equals_scipy(rossi_tests):
    case = rossi_tests["wilcox_exact_noties"]
    values = case["x"] + case["y"]
    treated = np.arange(len(values)) < len(case["x"])
    expected = stats.brunnermunzel(case["x"], case["y"])
    found = brunner_munzel(values, treated, np.full(33, 0.1))
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-12)
    assert -found.estimate / found.standard_error == pytest.approx(expected.statistic)


def test_brunner_munzel_counts_weighted_pairs():
    values, treated = [1.0, 2.0, 2.0, 3.0], [1, 1, 0, 0]
    # pairs (1, 2) and (1, 3) sooner; (2, 2) tied; (2, 3) sooner; the comparison weighs 3 to 1
    found = brunner_munzel(values, treated, [1, 1, 3, 1])
    assert found.estimate == pytest.approx(-(0.5 * 1 + 0.5 * 0.25))


def test_arms_that_do_not_overlap_leave_brunner_munzel_without_limits():
    assert np.isnan(brunner_munzel([1, 2, 3, 7, 8, 9], [1, 1, 1, 0, 0, 0]).p_value)


def test_permutation_equals_listing_every_arrangement():
    values = np.array([3, 3, 0, 7, 12, 1, 5])
    observed = abs(values[:3].mean() - values[3:].mean())
    far = [
        abs(values[list(chosen)].mean() - np.delete(values, chosen).mean()) >= observed - 1e-9
        for chosen in itertools.combinations(range(7), 3)
    ]
    found = permutation(values, np.arange(7) < 3)
    assert found.p_value == pytest.approx(np.mean(far))


def test_drawn_permutations_are_near_the_exact_ones():
    rng = np.random.default_rng(11)
    values, treated = rng.integers(0, 365, 60), np.arange(60) < 13
    exact = permutation(values, treated).p_value
    drawn = permutation(values + 0.5 * (np.arange(60) == 0), treated, n_draws=4999, rng=5).p_value
    assert drawn == pytest.approx(exact, abs=0.03)


def test_the_same_seed_draws_the_same_p():
    values, treated = np.linspace(0, 1, 30) ** 2, np.arange(30) % 3 == 0
    one, other = (permutation(values, treated, n_draws=199, rng=8).p_value for _ in range(2))
    assert one == other


def test_equal_times_throughout_have_p_of_one():
    assert wilcoxon([5, 5, 5, 5], [1, 1, 0, 0]).p_value == pytest.approx(1.0)
    assert permutation([5, 5, 5, 5], [1, 1, 0, 0]).p_value == pytest.approx(1.0)


def test_few_of_many_are_drawn_evenly_and_never_twice():
    chosen = _draw_distinct(900, 13, 6000, np.random.default_rng(1))
    assert (np.diff(chosen, axis=1) > 0).all()
    counts = np.bincount(chosen.ravel(), minlength=900)
    assert stats.chisquare(counts).pvalue > 0.001


def test_rank_sum_of_a_few_among_thousands_is_drawn():
    rng = np.random.default_rng(3)
    days = np.r_[rng.integers(1, 150, 13), rng.integers(1, 365, 2418)].astype(float)
    treated = np.arange(2431) < 13
    found = wilcoxon(days, treated, rng=1)
    expected = stats.mannwhitneyu(days[treated], days[~treated]).pvalue
    assert found.p_value == pytest.approx(expected, abs=0.01)
    assert np.isnan(found.lower)


def test_brunner_munzel_by_weight_needs_twenty_effective_reoffenders(uneven):
    def reason(weights):
        checks = check_time(
            uneven["days"], uneven["reoffended"], uneven["treated"], weights, horizon=365, rng=1
        )
        return next(c.reason for c in checks if c.check == "brunner_munzel")

    assert "effective reoffenders; 20 are needed" in reason(uneven["weights"] ** 2)
    assert "days" in reason(None)
