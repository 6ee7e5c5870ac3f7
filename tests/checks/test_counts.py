import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from desist.checks.counts import exact_rate_ratio, overdispersion, quasi_poisson
from desist.checks.mantel_haenszel import mantel_haenszel, mantel_haenszel_odds
from desist.checks.negative_binomial import negative_binomial, negative_binomial_test
from desist.errors import CannotAnswerError, InputError, NoEventsError


@pytest.fixture(scope="module")
def offences():
    rng = np.random.default_rng(0)
    treated = rng.random(400) < 0.3
    return rng.negative_binomial(0.5, 0.3, 400), treated, rng.uniform(100, 365, 400)


@pytest.fixture(scope="module")
def strata():
    rng = np.random.default_rng(0)
    sets = np.arange(400) % 17
    treated = rng.random(400) < 0.3
    return rng.random(400) < 0.3 + 0.02 * sets, treated, sets


def test_exact_rate_ratio_equals_r(rossi_tests):
    expected = rossi_tests["poisson_test"]
    counts = [
        value
        for pair in zip(expected["events"], expected["persontime"], strict=True)
        for value in pair
    ]
    found = exact_rate_ratio(*counts)
    assert found.estimate == pytest.approx(expected["ratio"], abs=1e-12)
    assert (found.lower, found.upper) == pytest.approx(expected["ci"], abs=1e-10)
    assert found.p_value == pytest.approx(expected["p"], abs=1e-10)


def test_exact_rate_ratio_without_events():
    assert np.isnan(exact_rate_ratio(0, 10, 0, 20).estimate)
    assert exact_rate_ratio(0, 10, 5, 20).lower == 0
    assert exact_rate_ratio(3, 10, 0, 20).upper == np.inf


def test_exact_rate_ratio_refuses_weighted_counts():
    with pytest.raises(InputError, match="x2: expected a whole number"):
        exact_rate_ratio(3, 10, 4.5, 20)


def test_negative_binomial_likelihood_ratio_equals_statsmodels(offences):
    counts, treated, exposure = offences
    x = sm.add_constant(treated.astype(float))
    fits = [
        sm.NegativeBinomial(counts, part, offset=np.log(exposure)).fit(
            disp=0, maxiter=2000, gtol=1e-9
        )
        for part in (x, x[:, :1])
    ]
    statistic = 2 * (fits[0].llf - fits[1].llf)
    found = negative_binomial_test(counts, treated, time_at_risk=exposure)
    assert found.p_value == pytest.approx(stats.chi2.sf(statistic, 1), abs=1e-6)
    assert np.log(found.estimate) == pytest.approx(fits[0].params[1], abs=1e-5)


def test_negative_binomial_of_equal_follow_up_is_quasi_poisson(offences):
    counts, treated, _ = offences
    weights = np.linspace(0.5, 2, 400)
    one = negative_binomial(counts, treated, weights)
    other = quasi_poisson(counts, treated, weights, kind="HC0")
    assert one.estimate == pytest.approx(other.estimate)
    assert one.standard_error == pytest.approx(other.standard_error, rel=0.01)


def test_clustered_errors_of_doubled_people_are_those_of_the_people(offences):
    counts, treated, exposure = offences
    twice = [np.tile(column, 2) for column in offences]
    for method in (quasi_poisson, negative_binomial):
        single = method(counts, treated, time_at_risk=exposure, clusters=np.arange(400))
        double = method(*twice[:2], time_at_risk=twice[2], clusters=np.tile(np.arange(400), 2))
        assert double.standard_error == pytest.approx(single.standard_error, rel=1e-5)


def test_no_offences_in_an_arm_is_a_refusal():
    with pytest.raises(NoEventsError, match="the treated arm has no offences"):
        negative_binomial([0, 0, 1, 2], [1, 1, 0, 0])


def test_overdispersion_of_poisson_counts_is_one():
    rng = np.random.default_rng(2)
    dispersion, p_value = overdispersion(rng.poisson(0.8, 4000), np.arange(4000) < 1000)
    assert dispersion == pytest.approx(1, abs=0.06)
    assert p_value > 0.01


def test_mantel_haenszel_odds_equal_statsmodels(strata):
    outcome, treated, sets = strata
    tables = np.array(
        [
            [
                [(arm & hit & (sets == s)).sum() for hit in (outcome, ~outcome)]
                for arm in (treated, ~treated)
            ]
            for s in range(17)
        ],
        dtype=float,
    )
    expected = sm.stats.StratifiedTable(tables.transpose(1, 2, 0))
    found = mantel_haenszel_odds(outcome, treated, sets)
    assert found.estimate == pytest.approx(expected.oddsratio_pooled)
    assert (found.lower, found.upper) == pytest.approx(expected.oddsratio_pooled_confint())
    assert found.p_value == pytest.approx(expected.test_null_odds().pvalue)


def test_mantel_haenszel_difference_of_one_set_is_the_plain_difference(strata):
    outcome, treated, _ = strata
    found = mantel_haenszel(outcome, treated, np.zeros(400, dtype=int))
    assert found.estimate == pytest.approx(outcome[treated].mean() - outcome[~treated].mean())
    p = [outcome[arm].mean() for arm in (treated, ~treated)]
    wald = np.sqrt(
        sum(q * (1 - q) / n for q, n in zip(p, (treated.sum(), (~treated).sum()), strict=True))
    )
    assert found.standard_error == pytest.approx(wald, rel=0.01)


def test_people_in_no_set_do_not_count(strata):
    outcome, treated, sets = strata
    part = np.where(sets < 5, sets, -1)
    few = sets < 5
    one = mantel_haenszel(outcome, treated, part)
    other = mantel_haenszel(outcome[few], treated[few], sets[few])
    assert one == other


def test_no_set_with_both_arms_is_a_refusal():
    with pytest.raises(CannotAnswerError, match="no matched set has people of both arms"):
        mantel_haenszel([1, 0], [1, 0], [0, 1])
