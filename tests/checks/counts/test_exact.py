import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from desist.checks.counts.conditional import fisher, fisher_central, fisher_mid_p
from desist.checks.counts.exact_binomial import exact_binomial
from desist.checks.counts.unconditional import _TableSpace, barnard, boschloo
from desist.errors import InputError

REPORT = (13, 83, 1533, 5514)
UNCONDITIONAL = {
    "boschloo_two_sided_fisher_order": boschloo,
    "boschloo_two_sided_2min": lambda *t: boschloo(*t, order="central"),
    "boschloo_less": lambda *t: boschloo(*t, alternative="less"),
    "boschloo_greater": lambda *t: boschloo(*t, alternative="greater"),
    "barnard_zpooled_two_sided": barnard,
    "barnard_zpooled_less": lambda *t: barnard(*t, alternative="less"),
    "barnard_zpooled_greater": lambda *t: barnard(*t, alternative="greater"),
    "barnard_zunpooled_two_sided": lambda *t: barnard(*t, pooled=False),
}
CONDITIONAL = {
    "fisher_two_sided": fisher,
    "fisher_less": lambda *t: fisher(*t, alternative="less"),
    "fisher_greater": lambda *t: fisher(*t, alternative="greater"),
    "fisher_central_2min": fisher_central,
    "midp_2min": fisher_mid_p,
}


@pytest.fixture(scope="module")
def tables(small_intervals):
    rows = small_intervals.drop_duplicates("table").set_index("table")
    return {name: tuple(row) for name, row in rows[["x1", "n1", "x2", "n2"]].iterrows()}


@pytest.mark.parametrize("test", UNCONDITIONAL | CONDITIONAL)
def test_exact_p_values_equal_r_for_every_table(test, tables, small_p_values):
    for name, table in tables.items():
        expected = small_p_values.query("table == @name and test == @test")["value"].item()
        found = (UNCONDITIONAL | CONDITIONAL)[test](*table)
        assert found.p_value == pytest.approx(expected, abs=1e-8), name


@pytest.mark.parametrize("test", UNCONDITIONAL)
def test_work_of_an_unconditional_test_grows_with_the_people_not_with_the_tables(test, count_calls):
    few, many = (3, 20, 28, 100), (12, 80, 112, 400)  # sixteen times as many tables
    calls = [count_calls(lambda table=table: UNCONDITIONAL[test](*table)) for table in (few, many)]
    assert calls[1] < 5 * calls[0]


def test_terms_of_a_rate_are_as_many_as_totals_not_as_tables():
    space = _TableSpace(*REPORT[1::2])
    assert space.log_totals.shape == (83 + 5514 + 1,)
    assert space.mass.shape == (83 + 5514 + 1, 83 + 1)  # not 84 times 5,515, whatever the rate


def test_mid_p_interval_equals_r(small_intervals):
    for row in small_intervals.query("method == 'midp_conditional_exact'").itertuples():
        found = fisher_mid_p(row.x1, row.n1, row.x2, row.n2)
        assert found.lower == pytest.approx(row.lower, abs=1e-9)
        assert found.upper == pytest.approx(row.upper, abs=1e-9)


def test_fisher_limits_leave_exactly_a_fortieth_in_each_tail(tables):
    for x1, n1, x2, n2 in tables.values():
        found = fisher(x1, n1, x2, n2)
        for limit, tail in ((found.lower, "sf"), (found.upper, "cdf")):
            if 0 < limit < np.inf:
                law = stats.nchypergeom_fisher(n1 + n2, x1 + x2, n1, limit)
                inside = law.sf(x1 - 1) if tail == "sf" else law.cdf(x1)
                assert inside == pytest.approx(0.025, abs=1e-8)


def test_one_sided_fisher_has_the_one_sided_limit(tables):
    for table in tables.values():
        two_sided = fisher(*table, probability=0.9)
        less, greater = (fisher(*table, alternative=side) for side in ("less", "greater"))
        assert (less.lower, less.upper) == (0.0, pytest.approx(two_sided.upper))
        assert (greater.lower, greater.upper) == (pytest.approx(two_sided.lower), np.inf)


def test_central_fisher_and_its_interval_agree_for_every_table_of_small_arms():
    for x1 in range(8):
        for x2 in range(10):
            found = fisher_central(x1, 7, x2, 9)
            outside = not found.lower <= 1 <= found.upper
            assert outside == (found.p_value < 0.05)


def test_fisher_agrees_with_r_to_the_tolerance_of_its_root_finder(small_intervals):
    for row in small_intervals.query("method == 'fisher_conditional_exact'").itertuples():
        found = fisher(row.x1, row.n1, row.x2, row.n2)
        for ours, theirs in (
            (found.estimate, row.estimate),
            (found.lower, row.lower),
            (found.upper, row.upper),
        ):
            on_unit = [value if value <= 1 else 1 / value for value in (ours, theirs)]
            assert on_unit[0] == pytest.approx(on_unit[1], abs=5e-4)


def test_barnard_of_the_report_is_decided_by_an_extreme_rate():
    assert barnard(*REPORT).p_value > 4 * boschloo(*REPORT).p_value


def test_a_pseudo_count_is_refused_by_exact_tests():
    for test in (fisher, fisher_mid_p, boschloo, barnard):
        with pytest.raises(
            InputError, match=r"x2: expected a whole number, 0 or more, found 23\.5"
        ):
            test(3, 20, 23.5, 80)


@pytest.mark.parametrize("option", [{"order": "size"}, {"alternative": "both"}])
def test_unknown_options_of_boschloo_are_errors(option):
    name = next(iter(option))
    with pytest.raises(InputError, match=f"{name}: expected one of"):
        boschloo(3, 20, 9, 25, **option)


@pytest.mark.parametrize("test", [fisher, fisher_mid_p, boschloo, barnard, exact_binomial])
@pytest.mark.parametrize("table", [(0, 9, 0, 20), (9, 9, 20, 20)])
def test_no_events_and_all_events_give_p_of_one(test, table):
    assert test(*table).p_value == pytest.approx(1.0)


def test_exact_binomial_against_a_known_rate_is_the_binomial_test():
    found = exact_binomial(13, 83, 0.278, np.inf)
    law = stats.binom(83, 0.278)
    assert found.p_value == pytest.approx(2 * law.cdf(13))
    assert found.lower == pytest.approx(stats.beta.ppf(0.025, 13, 71) - 0.278, abs=1e-4)


def test_exact_binomial_draws_the_rate_before_the_count():
    expected = 2 * stats.betabinom(20, 9.5, 16.5).cdf(3)
    assert exact_binomial(3, 20, 9, 25).p_value == pytest.approx(expected)


def test_exact_binomial_is_less_sure_when_the_comparison_rate_is():
    p_values = [exact_binomial(13, 83, 0.278 * n, n).p_value for n in (30, 1070, 5514)]
    assert p_values == sorted(p_values, reverse=True)


@pytest.mark.parametrize("table", [(58, 60, 40, 300), (0, 40, 300, 310), (25, 50, 30, 60)])
def test_mid_p_is_exact_however_small(table):
    x1, n1, x2, n2 = table
    total = x1 + x2
    support = range(max(0, total - n2), min(n1, total) + 1)
    ways = {x: math.comb(n1, x) * math.comb(n2, total - x) for x in support}
    below = sum(ways[x] for x in support if x < x1)
    above = sum(ways[x] for x in support if x > x1)
    exact = Fraction(2 * min(below, above) + ways[x1], sum(ways.values()))
    assert 0 < fisher_mid_p(*table).p_value == pytest.approx(float(exact), rel=1e-9)


def test_the_odds_ratio_gives_the_observed_count_as_its_mean():
    x1, n1, x2, n2 = 13, 83, 1533, 5514
    odds = fisher(x1, n1, x2, n2).estimate
    mean = stats.nchypergeom_fisher(n1 + n2, n1, x1 + x2, odds).mean()
    assert mean == pytest.approx(x1, rel=1e-9)
