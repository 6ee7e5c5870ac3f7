import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as oracle

from desist.checks import check_rate, count_discordant, mcnemar, mcnemar_mid_p
from desist.errors import CannotAnswerError, InputError


@pytest.mark.parametrize(("b", "c"), [(5, 15), (0, 6), (12, 1), (8, 8), (1, 0), (40, 61)])
def test_exact_mcnemar_is_the_binomial_test(b, c):
    found = mcnemar(b, c)
    assert found.p_value == pytest.approx(oracle([[9, b], [c, 30]], exact=True).pvalue)
    shares = stats.binomtest(b, b + c).proportion_ci()
    assert found.lower == pytest.approx(shares.low / (1 - shares.low))
    high = shares.high / (1 - shares.high) if shares.high < 1 else math.inf
    assert found.upper == pytest.approx(high)


@pytest.mark.parametrize(("b", "c"), [(5, 15), (0, 6), (12, 1), (8, 8), (1, 0), (40, 61)])
def test_mid_p_takes_half_of_the_observed_number(b, c):
    law = stats.binom(b + c, 0.5)
    expected = min(2 * law.cdf(min(b, c)) - law.pmf(b), 1.0)
    found = mcnemar_mid_p(b, c)
    assert found.p_value == pytest.approx(expected)
    for limit, upper in ((found.lower, False), (found.upper, True)):
        if 0 < limit < math.inf:
            at = stats.binom(b + c, limit / (1 + limit))
            below = at.cdf(b) - at.pmf(b) / 2
            assert (below if upper else 1 - below) == pytest.approx(0.025, abs=1e-8)
    assert mcnemar(b, c).lower <= found.lower
    assert found.upper <= mcnemar(b, c).upper


def test_mid_p_of_fagerland_lydersen_and_laake():
    # Bentur et al. (2009): 1 and 7 discordant pairs; their section 3 prints these p-values
    assert mcnemar(1, 7).p_value == pytest.approx(0.0703, abs=5e-5)
    assert mcnemar_mid_p(1, 7).p_value == pytest.approx(0.0391, abs=5e-5)


def test_no_discordant_pair_has_no_number():
    assert math.isnan(mcnemar(0, 0).estimate)
    assert math.isnan(mcnemar_mid_p(0, 0).p_value)


@pytest.mark.parametrize(("b", "c"), [(-1, 3), (1.5, 3), ("1", 3), (math.nan, 3), (True, 3)])
def test_pairs_are_whole_numbers(b, c):
    for test in (mcnemar, mcnemar_mid_p):
        with pytest.raises(InputError, match="b: expected"):
            test(b, c)


def test_discordant_pairs_are_counted_in_any_order_of_rows():
    reoffended, arm = [1, 0, 0, 1, 1, 1, 0, 0, 1], [1, 0, 1, 0, 1, 0, 1, 0, 0]
    pair = [4, 4, 2, 2, 7, 7, 9, 9, -1]
    assert count_discordant(reoffended, arm, pair) == (1, 1)
    mixed = np.random.default_rng(1).permutation(9)
    columns = (np.asarray(column)[mixed] for column in (reoffended, arm, pair))
    assert count_discordant(*columns) == (1, 1)


@pytest.mark.parametrize(
    ("arm", "pair"), [([1, 0, 0, 0], [0, 0, 0, 0]), ([1, 1, 0, 0], [0, 0, 1, 1])]
)
def test_sets_that_are_no_pairs_are_refused(arm, pair):
    with pytest.raises(CannotAnswerError, match="a set is not a pair"):
        count_discordant([1, 0, 1, 0], arm, pair)


def test_the_check_is_made_of_pairs_alone():
    rng = np.random.default_rng(2)
    arm, pair = np.arange(60) % 2, np.arange(60) // 2
    y = rng.random(60) < 0.4
    made = {check.check: check for check in check_rate(y, arm, sets=pair)}
    counts = count_discordant(y, arm, pair)
    assert made["mcnemar"].p_value == mcnemar(*counts).p_value
    assert made["mcnemar_mid_p"].applicable
    trios = {check.check: check for check in check_rate(y, np.arange(60) % 3 == 0, sets=pair // 3)}
    assert "not a pair" in trios["mcnemar"].reason
    weighted = check_rate(y, arm, rng.random(60) + 0.5, sets=pair)
    assert "weights differ" in {c.check: c for c in weighted}["mcnemar"].reason
    alike = {check.check: check for check in check_rate(pair % 2, arm, sets=pair)}
    assert "no pair" in alike["mcnemar"].reason
