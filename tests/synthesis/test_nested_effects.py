"""Estimates within programmes: metafor's three-level model, by hand, and what is refused."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from desist.datasets import bcg
from desist.errors import InputError
from desist.synthesis import pool_effects, pool_nested

PAIRS = ([-0.5, -0.4, 0.1, 0.2, -0.2, 0.0], [0.1, 0.2, 0.15, 0.1, 0.3, 0.1], list("AABBCC"))


def test_trials_within_ways_of_allocation_equal_metafor(bcg_effects, bcg_reference):
    expected = bcg_reference["RR_multilevel_alloc_trial"]
    found = pool_nested(*bcg_effects["RR"], bcg()["alloc"].tolist())
    assert found.estimate == pytest.approx(expected["estimate"], abs=1e-6)
    assert found.standard_error == pytest.approx(expected["se"], abs=1e-6)
    spreads = [found.tau_between**2, found.tau_within**2]
    assert spreads == pytest.approx(expected["sigma2"], abs=1e-6)
    assert found.log_likelihood == pytest.approx(expected["loglik"], abs=1e-9)


def test_the_likelihood_is_that_of_the_whole_covariance_matrix():
    values, errors, programmes = (np.array(column) for column in PAIRS)
    found = pool_nested(*PAIRS)
    same = programmes[:, None] == programmes
    both = np.diag(errors**2 + found.tau_within**2) + found.tau_between**2 * same
    full = multivariate_normal.logpdf(values, np.full(6, found.estimate), both)
    # restricted: the mean integrated out, its normalisation in the number of studies
    inverse = float(np.linalg.inv(both).sum())
    restricted = full + np.log(2 * np.pi) / 2 + np.log(6) / 2 - np.log(inverse) / 2
    assert found.log_likelihood == pytest.approx(restricted, abs=1e-10)
    assert found.standard_error == pytest.approx(inverse**-0.5)


def test_two_programmes_that_each_agree_with_themselves_differ_between_them_by_hand():
    # means -0.45 and 0.15, each of two estimates that agree within their errors of 0.1:
    # variance of means 0.18, less 0.01 / 2 of each; within, none
    found = pool_nested([-0.5, -0.4, 0.1, 0.2], [0.1] * 4, ["A", "A", "B", "B"])
    assert found.tau_within == 0
    assert found.tau_between**2 == pytest.approx(0.175, abs=1e-6)
    assert found.estimate == pytest.approx(-0.15, abs=1e-9)
    assert found.standard_error == pytest.approx(0.3, abs=1e-6)
    assert repr(found).startswith("<Meta-analysis of 4 estimates of 2 programmes: -0.15 ")


def test_where_programmes_do_not_differ_it_is_the_pooled_effect():
    # each programme has one estimate far below and one far above: all differences are within
    values, errors = [-1.0, 0.9, -0.8, 1.1], [0.1] * 4
    found = pool_nested(values, errors, ["A", "A", "B", "B"])
    plain = pool_effects(values, errors, interval="normal")
    assert found.tau_between == 0
    assert found.tau_within == pytest.approx(plain.tau_squared**0.5, abs=1e-6)
    assert (found.lower, found.upper) == pytest.approx((plain.lower, plain.upper), abs=1e-6)


def test_neither_the_order_nor_the_names_of_programmes_matter():
    values, errors, programmes = PAIRS
    here = pool_nested(values, errors, programmes)
    there = pool_nested(values[::-1], errors[::-1], [{"A": 3, "B": 1, "C": 2}[p] for p in "CCBBAA"])
    assert there.estimate == pytest.approx(here.estimate, abs=1e-7)
    assert there.tau_between == pytest.approx(here.tau_between, abs=1e-6)


def test_a_larger_unit_gives_larger_numbers_and_nothing_else():
    values, errors, programmes = PAIRS
    here = pool_nested(values, errors, programmes)
    there = pool_nested(np.multiply(values, 100), np.multiply(errors, 100), programmes)
    assert there.estimate == pytest.approx(100 * here.estimate, rel=1e-6)
    assert there.tau_between == pytest.approx(100 * here.tau_between, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("programmes", "message"),
    [
        ("AABB", "a list of programmes, one for each estimate"),
        (["A", "A", "B"], "found 3 for 4"),
        (["A", "A", None, "B"], "found missing ones"),
        (["A"] * 4, "two programmes or more, found 1"),
        (list("ABCD"), "several estimates of a programme, found one estimate of each"),
    ],
)
def test_programmes_that_do_not_divide_the_estimates_are_refused(programmes, message):
    with pytest.raises(InputError, match=message):
        pool_nested([0.1, 0.2, 0.3, 0.4], [0.1] * 4, programmes)


def test_all_faults_are_told_together():
    with pytest.raises(InputError) as caught:
        pool_nested([0.1, "x", 0.3], [0.1, 0.1, 0.0], ["A", "A", "A"], probability=2)
    said = str(caught.value)
    for part in ("estimates", "standard_errors", "programmes", "probability"):
        assert part in said
