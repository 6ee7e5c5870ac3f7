import math

import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as oracle

from desist.checks import mcnemar, mcnemar_mid_p
from desist.errors import InputError


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
