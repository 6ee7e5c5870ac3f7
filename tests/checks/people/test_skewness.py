import numpy as np
import pytest
from scipy import stats

from desist.checks.arms import read_arms
from desist.checks.by_measure import check_frequency, check_time
from desist.checks.offences.negative_binomial import negative_binomial_score
from desist.checks.people.skewness import doubt_about_normality, skewness_of_difference
from desist.errors import NoEventsError
from desist.estimands import Measure


def report_like(rng, ratio=1.0):
    """Offences of 83 participants and 2,000 comparison people, as skewed as in the report."""
    treated = np.arange(2083) < 83
    intensity = rng.gamma(0.16, 1 / 0.16, 2083) * np.where(treated, 1.06 * ratio, 1.06)
    return rng.poisson(intensity), treated


def test_skewness_is_that_of_the_outcome_about_the_means():
    values = np.array([0.0, 0.0, 0.0, 5.0, 1.0, 1.0, 1.0, 6.0])
    skewness, _ = skewness_of_difference(read_arms(values, [1] * 4 + [0] * 4))
    assert skewness == pytest.approx(stats.skew(values[:4]))


def test_equal_arms_cancel_their_skewness():
    values = np.tile(np.r_[np.zeros(40), 9.0], 2)
    assert skewness_of_difference(read_arms(values, np.arange(82) < 41))[1] == pytest.approx(0)


def test_rate_of_the_report_is_even_enough_and_a_rare_one_is_not():
    treated = np.arange(5597) < 83
    for rate, valid in ((0.278, True), (0.05, False)):
        hits = (np.arange(5597) % 1000) < 1000 * rate
        assert (doubt_about_normality(read_arms(hits.astype(float), treated)) == "") == valid


def test_uneven_weights_need_ten_effective_people_and_equal_ones_do_not():
    outcome, treated = np.tile([1.0, 2.0, 3.0, 4.0], 10), np.arange(40) < 8
    heavy = np.where(np.arange(40) >= 31, 1000.0, 1.0)  # nine carry nearly all
    assert "9.0 effective people; 10 are needed" in doubt_about_normality(
        read_arms(outcome, treated, np.where(treated, 1.0, heavy))
    )
    assert doubt_about_normality(read_arms(outcome, treated)) == ""


@pytest.mark.parametrize(("n_treated", "applicable"), [(19, False), (20, True)])
def test_welch_of_days_needs_twenty_reoffenders_and_hc3_does_not(n_treated, applicable):
    days = np.r_[np.linspace(10, 350, n_treated), np.linspace(5, 360, 60)]
    treated = np.arange(days.size) < n_treated
    made = check_time(days, np.ones(days.size), treated, horizon=365, rng=1)
    found = {
        check.check: check for check in made if check.measure is Measure.TIME_AMONG_REOFFENDERS
    }
    assert found["welch"].applicable == applicable
    assert found["weighted_difference_hc3"].applicable
    if not applicable:
        assert found["welch"].reason.startswith("an arm has 19 reoffenders; with fewer than 20")


def test_skewed_counts_leave_the_tests_that_stand_them():
    offences, treated = report_like(np.random.default_rng(1))
    checks = {c.check: c for c in check_frequency(offences, treated, rng=1)}
    for slug in ("welch", "weighted_difference_hc3", "bca_bootstrap", "quasi_poisson"):
        assert "so skewed" in checks[slug].reason
    assert checks["negative_binomial_score"].applicable
    assert checks["permutation"].applicable


def test_score_test_of_equal_arms_by_hand():
    counts = np.array([0, 0, 3, 5, 1, 0, 0, 1])
    arms = counts[:4], counts[4:]
    spread = sum(np.var(part, ddof=1) - part.mean() for part in arms) * 4
    alpha = spread / sum(4 * part.mean() ** 2 for part in arms)
    mean = counts.mean()
    z = (2.0 - 0.5) / np.sqrt(2 * (mean + alpha * mean**2) / 4)
    found = negative_binomial_score(counts, np.arange(8) < 4)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(z))
    assert found.estimate == pytest.approx(4.0)


def test_score_interval_ends_where_the_test_just_rejects():
    rng = np.random.default_rng(4)
    offences, treated = report_like(rng, ratio=0.4)
    days = rng.uniform(200, 365, 2083)
    weights = rng.exponential(size=2083)
    found = negative_binomial_score(offences, treated, weights, time_at_risk=days)
    for limit in (found.lower, found.upper):
        # participants at risk for longer by the limit have the same frequency per day at risk
        scaled = np.where(treated, days * limit, days)
        again = negative_binomial_score(offences, treated, weights, time_at_risk=scaled)
        assert again.p_value == pytest.approx(0.05, abs=0.02)


def test_no_offences_among_participants_give_an_upper_limit():
    found = negative_binomial_score([0, 0, 0, 0, 2, 1, 3, 0, 0, 1], [1] * 4 + [0] * 6)
    assert found.lower == 0
    assert found.estimate == 0
    assert np.isfinite(found.upper)


def test_no_offences_in_the_comparison_arm_are_a_refusal():
    with pytest.raises(NoEventsError, match="the comparison arm has no offences"):
        negative_binomial_score([1, 2, 0, 0], [1, 1, 0, 0])


def test_score_test_keeps_its_size_where_a_t_test_does_not():
    rng = np.random.default_rng(8)
    rejected = np.zeros(2)
    for _ in range(300):
        offences, treated = report_like(rng)
        rejected[0] += negative_binomial_score(offences, treated).p_value < 0.05
        t_test = stats.ttest_ind(offences[treated], offences[~treated], equal_var=False)
        rejected[1] += t_test.pvalue < 0.05
    score, welch = rejected / 300
    assert score < 0.08
    assert welch > score
