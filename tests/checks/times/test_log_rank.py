import math
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from desist.checks import (
    check_time,
    count_log_rank,
    cox,
    cox_exact,
    log_rank,
    log_rank_permutation,
    mantel_haenszel_odds,
)
from desist.errors import NoEventsError
from desist.estimands import Measure

LARGE = (
    np.r_[np.linspace(1, 120, 20), np.linspace(30, 365, 60)],
    np.r_[np.ones(20), np.tile([1, 0], 30)],
    np.r_[np.ones(20), np.zeros(60)],
)


def draw(seed, n=80, days=20, effect=0.5):
    rng = np.random.default_rng(seed)
    arm = np.arange(n) < n // 3
    times = np.ceil(rng.exponential(10 / np.where(arm, effect, 1.0)))
    return np.minimum(times, days), times <= days, arm


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("effect", [0.2, 1.0, 8.0])
def test_ratio_is_that_of_the_cox_regression_with_exact_ties(seed, effect):
    times, events, arm = draw(seed, effect=effect)
    found, exact = log_rank(times, events, arm), cox_exact(times, events, arm)
    assert math.log(found.estimate) == pytest.approx(exact.coefficients[0], abs=1e-7)
    assert found.standard_error == pytest.approx(exact.standard_errors[0], rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_p_is_that_of_the_counted_statistic(seed):
    data = draw(seed)
    found = log_rank(*data)
    assert found.p_value == pytest.approx(stats.chi2.sf(count_log_rank(*data).statistic, 1))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_interval_excludes_1_exactly_when_the_test_rejects(seed, weighted):
    data = draw(seed, effect=[0.4, 0.6, 0.8, 1.0, 1.4, 1.9][seed])
    weights = np.random.default_rng(seed).exponential(size=80) + 0.1 if weighted else None
    found = log_rank(*data, weights)
    for probability in (0.5, 0.9, 1 - found.p_value * 1.001, 1 - found.p_value * 0.999):
        again = log_rank(*data, weights, probability=probability)
        assert again.lower < found.estimate < again.upper
        outside = not again.lower <= 1 <= again.upper
        assert outside == (found.p_value < 1 - probability)


def test_a_large_effect_is_not_several_times_that_of_cox():
    found, fitted = log_rank(*LARGE), cox(*LARGE)
    assert found.estimate == pytest.approx(math.exp(fitted.coefficients[0]), rel=0.01)
    counted = count_log_rank(*LARGE)
    one_step = math.exp((counted.observed - counted.expected) / counted.variance)
    assert one_step > 5 * found.estimate


@pytest.mark.parametrize("seed", range(3))
def test_weighted_ratio_is_that_of_the_weighted_cox_regression(seed):
    times, events, arm = draw(seed)
    weights = np.random.default_rng(seed).exponential(size=80) + 0.1
    found, fitted = log_rank(times, events, arm, weights), cox(times, events, arm, weights)
    assert math.log(found.estimate) == pytest.approx(fitted.coefficients[0], abs=1e-7)
    assert found.standard_error == pytest.approx(fitted.robust_errors[0], rel=1e-5)
    tenfold = log_rank(times, events, arm, 10 * weights)
    assert [tenfold.lower, tenfold.upper] == pytest.approx([found.lower, found.upper])


def test_equal_weights_and_strata_give_the_ratio_of_a_stratified_regression():
    times, events, arm = draw(3)
    strata = np.arange(80) % 4
    plain = log_rank(times, events, arm, strata=strata)
    exact = cox_exact(times, events, arm, strata=strata)
    assert math.log(plain.estimate) == pytest.approx(exact.coefficients[0], abs=1e-7)


def test_every_reoffence_on_one_day_is_a_table_of_two_counts():
    arm = np.arange(60) < 20
    events = np.r_[np.ones(5), np.zeros(15), np.ones(22), np.zeros(18)]
    found = log_rank(np.where(events == 1, 30, 365), events, arm)
    one_set = mantel_haenszel_odds(events, arm, np.zeros(60, dtype=int))
    assert found.p_value == pytest.approx(one_set.p_value)
    law = stats.nchypergeom_fisher(60, 27, 20, found.estimate)
    assert law.mean() == pytest.approx(5.0)


@pytest.mark.parametrize("weights", [None, np.linspace(1, 2, 30)])
def test_an_arm_without_reoffences_has_a_one_sided_interval(weights):
    arm, days = np.arange(30) < 12, np.arange(30) % 17 + 1.0
    found = log_rank(days, ~arm, arm, weights)
    assert found.estimate == found.lower == 0
    assert 0 < found.upper < 1
    mirrored = log_rank(days, ~arm, ~arm, weights)
    assert mirrored.estimate == mirrored.upper == math.inf
    assert mirrored.lower == pytest.approx(1 / found.upper, rel=1e-6)
    assert math.isnan(found.standard_error)


def test_nobody_at_risk_in_both_arms_has_no_number():
    found = log_rank([1, 2, 8, 9], [1, 1, 0, 1], [1, 1, 1, 0])
    assert not math.isnan(found.p_value)
    apart = log_rank([1, 2, 8, 9], [0, 0, 1, 1], [1, 1, 0, 0])
    assert math.isnan(apart.estimate)


def test_permuted_log_rank_counts_every_arrangement():
    times, events = np.array([3, 5, 5, 8, 11, 14, 20, 20]), np.array([1, 1, 1, 0, 1, 1, 0, 0])
    arm = np.array([1, 1, 0, 1, 0, 0, 0, 0])

    def gap(members):
        counted = count_log_rank(times, events, np.isin(np.arange(8), members))
        return abs(counted.observed - counted.expected)

    observed = gap(np.flatnonzero(arm))
    share = np.mean([gap(c) >= observed - 1e-9 for c in map(list, combinations(range(8), 3))])
    found = log_rank_permutation(times, events, arm)
    assert found.p_value == pytest.approx(share)
    assert found.estimate == log_rank(times, events, arm).estimate
    assert math.isnan(found.lower)


def test_drawn_permutations_come_near_the_asymptotic_p():
    data = draw(4, n=120)
    found = log_rank_permutation(*data, rng=1)
    assert found.p_value == pytest.approx(log_rank(*data).p_value, abs=0.02)
    assert found.p_value == log_rank_permutation(*data, rng=1).p_value


def test_nobody_reoffending_is_refused():
    with pytest.raises(NoEventsError):
        log_rank_permutation([5, 5, 5, 5], [0, 0, 0, 0], [1, 1, 0, 0])


def test_permutation_needs_equal_weights_and_equal_follow_up():
    times, events, arm = draw(2)

    def find(*columns):
        made = check_time(*columns, horizon=20, rng=1)
        return {c.check: c for c in made if c.measure is Measure.HAZARD_RATIO}[
            "log_rank_permutation"
        ]

    assert find(times, events, arm).applicable
    assert "weights differ" in find(times, events, arm, np.linspace(1, 2, 80)).reason
    early = np.where(events, times, np.where(np.arange(80) % 2, 20, 15))
    assert "follow-up differs" in find(early, events, arm).reason
