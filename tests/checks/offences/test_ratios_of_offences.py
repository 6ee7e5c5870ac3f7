import numpy as np
import pytest
from scipy import stats

from desist.checks.offences.negative_binomial import negative_binomial, negative_binomial_test
from desist.checks.offences.quasi_poisson import overdispersion, quasi_poisson
from desist.errors import NoEventsError


@pytest.fixture(scope="module")
def offences():
    rng = np.random.default_rng(0)
    treated = rng.random(400) < 0.3
    return rng.negative_binomial(0.5, 0.3, 400), treated, rng.uniform(100, 365, 400)


def test_negative_binomial_likelihood_ratio_equals_statsmodels(offences):
    import statsmodels.api as sm

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
