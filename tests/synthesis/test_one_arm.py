"""The proportion of one arm over studies: published, by brute force, and what is refused."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import binom, norm

from desist.errors import InputError
from desist.synthesis import pool_proportions

ARMS = {"control": ("ci", "n2i"), "treated": ("ai", "n1i")}


@pytest.mark.parametrize("arm", ARMS)
def test_infections_by_catheter_equal_the_published_binomial_normal_model(
    catheters, published, arm
):
    expected = published["zero_arms"]["binomial_normal_one_arm"][arm]
    found = pool_proportions(*(catheters[column] for column in ARMS[arm]))
    assert found.logit == pytest.approx(expected["logit"], abs=4e-4)
    assert found.standard_error == pytest.approx(expected["se"], abs=4e-4)
    # the paper prints variances; the one of the treated arm is kept under "tau"
    variance = expected.get("tau2", expected.get("tau"))
    assert found.tau**2 == pytest.approx(variance, abs=1.5e-3)


@pytest.mark.parametrize("arm", ARMS)
def test_the_highest_point_is_that_of_plain_sums_over_the_log_odds(catheters, arm):
    # the paper's third digit of the treated arm's variance is not met: this says who is right
    events, people = (catheters[column].to_numpy() for column in ARMS[arm])
    found = pool_proportions(events, people)
    places = np.linspace(-9, 9, 4001)

    def lower(point):
        mean, tau = point
        heights = binom.pmf(events[:, None], people[:, None], expit(mean + tau * places))
        return -np.log(heights @ norm.pdf(places) * (places[1] - places[0])).sum()

    fine = {"xatol": 1e-8, "fatol": 1e-12}
    best = minimize(lower, [found.logit, found.tau], method="Nelder-Mead", options=fine)
    assert found.logit == pytest.approx(best.x[0], abs=1e-5)
    assert found.tau == pytest.approx(best.x[1], abs=1e-5)


def test_studies_that_agree_have_the_proportion_of_all_people_together():
    found = pool_proportions([30, 60, 15], [100, 200, 50])
    assert found.tau == 0
    assert found.proportion == pytest.approx(0.3, abs=1e-5)
    # the error of a log-odds of 105 in 350
    assert found.standard_error == pytest.approx((1 / 105 + 1 / 245) ** 0.5, rel=1e-3)
    assert found.new_lower == found.new_upper == pytest.approx(found.proportion)


def test_those_who_did_not_reoffend_mirror_those_who_did():
    events, people = np.array([3, 20, 11]), np.array([40, 60, 55])
    here, there = pool_proportions(events, people), pool_proportions(people - events, people)
    assert there.logit == pytest.approx(-here.logit, abs=1e-6)
    assert there.tau == pytest.approx(here.tau, abs=1e-6)
    assert there.lower == pytest.approx(1 - here.upper, abs=1e-6)


def test_a_study_without_reoffenders_pulls_the_proportion_down():
    without = pool_proportions([10, 12], [50, 50])
    found = pool_proportions([10, 12, 0], [50, 50, 30])
    assert found.proportion < without.proportion
    assert found.tau > without.tau
    assert repr(found).startswith("<Proportion of 3 studies: 0.")


def test_a_wider_probability_gives_wider_limits():
    narrow = pool_proportions([10, 20], [50, 60], probability=0.5)
    wide = pool_proportions([10, 20], [50, 60], probability=0.99)
    assert wide.lower < narrow.lower < narrow.proportion < narrow.upper < wide.upper


@pytest.mark.parametrize(
    ("events", "people", "message"),
    [
        ([1], [20], "events: expected two studies or more, found 1"),
        ([1, 2], [20], "one of each for a study"),
        ([1, 25], [20, 20], "events: expected whole numbers from 0 to people, found 1 other"),
        ([1, 2], [20, 0], "people: expected whole numbers above 0, found 1 other"),
        ([0, 0], [20, 30], "a study with some and one not with all, found none"),
        ([20, 30], [20, 30], "a study with some and one not with all, found none"),
        ("12", [20, 20], "events: expected a list of numbers"),
    ],
)
def test_counts_that_no_arm_can_have_are_refused(events, people, message):
    with pytest.raises(InputError, match=message):
        pool_proportions(events, people)
