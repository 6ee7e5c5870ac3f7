"""Parts of the bounds: who is fastest, what each person adds, and intervals of two ends."""

import numpy as np
import pytest
from scipy.stats import norm, t

from desist.sensitivity._days import cover_bounds, describe_arms
from desist.sensitivity._trimming import (
    Reoffending,
    _fastest,
    bound_earliest,
    trim_comparison,
    trim_treated,
)
from desist.sensitivity.stratum import _mean_either_way

DAYS = np.array([30.0, 10, 40, 20])
EVEN = np.full(4, 0.25)


def of_two_arms(treated_days, comparison_days, n_treated=10, n_comparison=10):
    """Return arms in which those with days reoffended and the others did not."""
    n1, n0 = len(treated_days), len(comparison_days)
    days = np.r_[treated_days, np.zeros(n_treated - n1)]
    days = np.r_[days, comparison_days, np.zeros(n_comparison - n0)]
    arm = np.arange(n_treated + n_comparison) < n_treated
    weights = np.where(arm, 1 / n_treated, 1 / n_comparison)
    return Reoffending(days.astype(float), days > 0, arm, weights, np.zeros(len(days), dtype=int))


@pytest.mark.parametrize(
    ("share", "mean", "edge"),
    [
        (0.25, 10, 10),
        (0.5, 15, 20),
        (0.75, 20, 30),
        (1.0, 25, 40),
        (0.375, (10 + 10) / 1.5, 20),  # the first and a half of the second
    ],
)
def test_the_fastest_share_by_hand(share, mean, edge):
    assert _fastest(DAYS, EVEN, share) == pytest.approx((mean, edge))


def test_a_person_of_a_larger_mass_takes_up_more_of_the_share():
    mean, edge = _fastest(DAYS, np.array([0.1, 0.6, 0.1, 0.2]), 0.6)
    assert (mean, edge) == pytest.approx((10, 10))


def test_all_of_an_arm_have_the_error_of_a_mean():
    people = of_two_arms([10, 20, 30, 40], [50, 60])
    side = trim_treated(people, 1.0)
    assert side.value == pytest.approx(25)
    # leverages of a quarter, as in HC3: sum of (days - 25)^2 / 16 / (3/4)^2
    expected = ((np.array([10, 20, 30, 40]) - 25) ** 2).sum() / 16 / 0.75**2
    assert side.error**2 == pytest.approx(expected)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.8, 1.0])
def test_influences_of_equal_people_cancel(share):
    side = trim_treated(of_two_arms([10, 20, 30, 40, 70], [50, 60]), share)
    assert side.influence.sum() == pytest.approx(0, abs=1e-12)


def test_those_who_did_not_reoffend_and_the_other_arm_have_no_influence():
    people = of_two_arms([10, 20, 30, 40], [50, 60])
    side = trim_treated(people, 0.5)
    assert np.all(side.influence[~(people.treated & people.reoffended)] == 0)


def test_only_as_many_of_the_comparison_people_as_reoffend_either_way_are_averaged():
    # half as many participants reoffend, so that the faster half of the four count
    side = trim_comparison(of_two_arms([10, 20], [10, 20, 60, 90]), 0.0)
    assert side.value == pytest.approx(15)
    assert side.n_capped == 0


def test_more_participants_than_comparison_people_are_a_share_of_1():
    side = trim_comparison(of_two_arms([10, 20, 30], [20, 60]), 0.0)
    assert side.value == pytest.approx(40)
    assert side.n_capped == 1


def test_the_earliest_is_the_fastest_less_the_slowest():
    people = of_two_arms([10, 20], [10, 20, 60, 90])
    assert bound_earliest(people, 0.0).value == pytest.approx(15 - 75)
    # none of the participants' reoffences caused: all of them would reoffend either way
    turned = bound_earliest(people.swap().swap(), 0.0)
    assert turned.value == bound_earliest(people, 0.0).value


def test_turning_the_days_round_makes_the_slowest_the_fastest():
    people = of_two_arms([10, 20], [10, 20, 60, 90])
    assert trim_comparison(people.turn(), 0.0).value == pytest.approx(-75)


def test_arms_are_described_by_their_weights():
    people = of_two_arms([10, 30], [20, 40, 60], n_treated=4, n_comparison=6)
    rates, means, sizes = describe_arms(people)
    assert rates == pytest.approx((0.5, 0.5))
    assert means == pytest.approx((20, 40))
    assert sizes == pytest.approx((2, 3))


def test_bounds_without_a_gap_have_the_usual_interval():
    low, high = cover_bounds(5.0, 5.0, (2.0, 2.0), 12.0, 0.95)
    assert (low, high) == pytest.approx(t.interval(0.95, 12, 5, 2), abs=1e-9)


def test_bounds_far_apart_have_one_sided_limits():
    low, high = cover_bounds(0.0, 1e6, (2.0, 3.0), 1e9, 0.95)
    assert low == pytest.approx(-2 * norm.ppf(0.95), abs=1e-5)
    assert high == pytest.approx(1e6 + 3 * norm.ppf(0.95), abs=1e-5)


def test_bounds_that_are_known_are_their_own_interval():
    assert cover_bounds(-3.0, 4.0, (0.0, 0.0), 5.0, 0.95) == (-3.0, 4.0)


@pytest.mark.parametrize("tilt", [-2.0, 0.0, 3.0])
def test_when_all_reoffend_either_way_the_tilt_is_nothing(tilt):
    assert _mean_either_way(DAYS, EVEN, 1.0, tilt) == pytest.approx(25)


def test_without_a_tilt_they_are_any_of_them():
    assert _mean_either_way(DAYS, EVEN, 0.5, 0.0) == pytest.approx(25)


def test_a_steep_tilt_chooses_the_slowest_or_the_fastest():
    assert _mean_either_way(DAYS, EVEN, 0.5, 400.0) == pytest.approx(35, abs=1e-3)
    assert _mean_either_way(DAYS, EVEN, 0.5, -400.0) == pytest.approx(15, abs=1e-3)


def test_a_tilt_moves_the_mean_towards_the_slow():
    means = [_mean_either_way(DAYS, EVEN, 0.4, tilt) for tilt in (-3.0, -1.0, 0.0, 1.0, 3.0)]
    assert means == sorted(means)
    assert means[0] + means[-1] == pytest.approx(50)  # mirrored about the middle of even days
