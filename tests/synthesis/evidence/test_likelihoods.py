"""Each kind of evidence has the likelihood that a direct sum or integral gives."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import binom, hypergeom, nchypergeom_fisher, norm, poisson

from desist.synthesis import (
    CountsOverTime,
    EstimateWithError,
    EstimateWithInterval,
    Passport,
    PValue,
    Significance,
    TwoArmCounts,
    WholePercentages,
)
from desist.synthesis._tables import tabulate
from desist.synthesis.evidence._baseline import RATES
from desist.synthesis.evidence._sizes import list_sizes

EFFECTS = np.array([-2.0, -0.7, 0.0, 0.4])


def relative(logs):
    return np.asarray(logs) - np.asarray(logs)[2]


@pytest.mark.parametrize("counts", [(3, 20, 9, 25), (0, 12, 3, 11), (0, 9, 0, 7), (5, 5, 2, 4)])
def test_two_binomials_integrate_the_baseline_out(counts):
    a, n, c, m = counts

    midpoints = np.linspace(-70, 70, 70_001)
    expected = [
        np.log(
            np.sum(
                binom.pmf(a, n, expit(midpoints + effect / 2))
                * binom.pmf(c, m, expit(midpoints - effect / 2))
                * norm.pdf(midpoints, 0, 10)
            )
        )
        for effect in EFFECTS
    ]
    found = TwoArmCounts(*counts).log_likelihood(EFFECTS, "log_odds")
    assert relative(found) == pytest.approx(relative(expected), abs=1e-6)


def test_the_conditional_likelihood_is_fishers_hypergeometric():
    found = TwoArmCounts(3, 20, 9, 25, "conditional").log_likelihood(EFFECTS, "log_odds")
    expected = [nchypergeom_fisher.logpmf(3, 45, 20, 12, np.exp(e)) for e in EFFECTS]
    assert relative(found) == pytest.approx(relative(expected), abs=1e-9)
    assert np.exp(expected[2]) == pytest.approx(hypergeom.pmf(3, 45, 20, 12))


@pytest.mark.parametrize("scale", RATES)
def test_rates_have_the_effect_and_the_odds_product_that_they_were_made_from(scale):
    effects = np.array([-0.9, -0.2, 0.0, 0.3, 0.8])[:, None]
    midpoints = np.array([-30.0, -2.0, 0.0, 1.0, 12.0])
    log_p, log_q, log_c, log_d = RATES[scale](effects, midpoints)
    assert np.exp(log_p) + np.exp(log_q) == pytest.approx(np.ones((5, 5)), abs=1e-8)
    assert np.exp(log_c) + np.exp(log_d) == pytest.approx(np.ones((5, 5)), abs=1e-8)
    product = log_p - log_q + log_c - log_d
    assert product == pytest.approx(np.broadcast_to(2 * midpoints, (5, 5)), abs=1e-7)
    effect = {
        "log_odds": log_p - log_q - log_c + log_d,
        "log_risk": log_p - log_c,
        "risk_difference": np.exp(log_p) - np.exp(log_c),
    }[scale]
    assert effect == pytest.approx(np.broadcast_to(effects, (5, 5)), abs=1e-9)


def test_events_over_time_are_binomial_given_their_sum():
    found = CountsOverTime(4, 50.0, 12, 80.0).log_likelihood(EFFECTS, "log_rate")
    share = 50 * np.exp(EFFECTS) / (50 * np.exp(EFFECTS) + 80)
    assert relative(found) == pytest.approx(relative(binom.logpmf(4, 16, share)))
    # two Poisson counts, the baseline rate integrated on its logarithm, say the same

    def integrand(rate, effect):
        return poisson.pmf(4, 50 * rate * np.exp(effect)) * poisson.pmf(12, 80 * rate) / rate

    direct = [np.log(quad(integrand, 1e-9, 2, (e,), points=[0.1], epsabs=0)[0]) for e in EFFECTS]
    assert relative(found) == pytest.approx(relative(direct), abs=1e-6)


def test_an_interval_says_what_its_estimate_and_error_say():
    printed = EstimateWithInterval(np.log(0.33), np.log(1.22), np.log(0.64))
    estimate, error = printed.summarise("log_odds")
    assert error == pytest.approx(np.log(1.22 / 0.33) / (2 * 1.959964), abs=1e-6)
    same = EstimateWithError(estimate, error)
    assert printed.log_likelihood(EFFECTS, "log_odds") == pytest.approx(
        same.log_likelihood(EFFECTS, "log_odds")
    )


def test_a_rounded_estimate_is_every_estimate_that_rounds_to_it():
    found = EstimateWithError(-0.1, 0.04, 0.1).log_likelihood(EFFECTS / 5, "risk_difference")
    expected = norm.cdf(-0.05, EFFECTS / 5, 0.04) - norm.cdf(-0.15, EFFECTS / 5, 0.04)
    assert np.exp(found) == pytest.approx(expected, rel=1e-9)


def test_a_significant_reduction_is_a_statistic_beyond_its_limit():
    report = Significance("reduction", 100, 400, 0.3)
    error = np.sqrt((1 / 100 + 1 / 400) / (0.3 * 0.7))
    found = report.log_likelihood(EFFECTS, "log_odds")
    assert np.exp(found) == pytest.approx(norm.cdf(-1.959964 - EFFECTS / error), rel=1e-5)


def test_what_was_found_is_a_reduction_an_increase_or_neither():
    parts = [
        np.exp(Significance(found, 90, None, 0.3).log_likelihood(EFFECTS, "risk_difference"))
        for found in ("reduction", "increase", "none")
    ]
    assert sum(parts) == pytest.approx(np.ones(4))


def test_a_p_value_is_the_statistic_that_has_it():
    report = PValue(0.04, "reduction", 100, 400, 0.3)
    estimate, error = report.summarise("log_odds")
    assert 2 * norm.sf(-estimate / error) == pytest.approx(0.04)
    limit = PValue(0.01, "reduction", 100, 400, 0.3, at_most=True)
    stricter = Significance("reduction", 100, 400, 0.3, level=0.01)
    assert limit.log_likelihood(EFFECTS, "log_odds") == pytest.approx(
        stricter.log_likelihood(EFFECTS, "log_odds")
    )


def test_whole_percentages_are_every_count_that_rounds_to_them():
    # of 40 people 13 % are 5 (12.5 %) and 30 % are 12; nothing else rounds so
    printed = WholePercentages(13, 30, 40, 40)
    exact = TwoArmCounts(5, 40, 12, 40)
    assert relative(printed.log_likelihood(EFFECTS, "log_odds")) == pytest.approx(
        relative(exact.log_likelihood(EFFECTS, "log_odds")), abs=1e-9
    )
    # of 400 people several counts do, and the likelihood is the sum of theirs
    wide = WholePercentages(13, 50, 400, 100).log_likelihood(EFFECTS, "log_odds")
    parts = [
        TwoArmCounts(y, 400, 50, 100).log_likelihood(EFFECTS, "log_odds")
        + binom.logpmf(y, 400, 0.5)  # the number of ways, up to a constant
        for y in range(50, 55)
    ]
    assert relative(wide) == pytest.approx(relative(np.logaddexp.reduce(parts)), abs=1e-8)


def test_a_size_that_is_not_told_is_averaged_over_its_range():
    sizes = list_sizes((50.0, 500.0))
    parts = [
        Significance("none", float(n), None, 0.3).log_likelihood(EFFECTS, "log_odds") for n in sizes
    ]
    found = Significance("none", (50.0, 500.0), None, 0.3).log_likelihood(EFFECTS, "log_odds")
    assert np.exp(found) == pytest.approx(np.exp(parts).mean(axis=0))


def test_a_passport_gives_back_the_likelihood_it_was_made_from():
    places = np.linspace(-4, 3, 141)
    counts = TwoArmCounts(3, 20, 9, 25)
    heights = counts.log_likelihood(places, "log_odds")
    passport = Passport(tuple(places), tuple(heights - heights.max()), "log_odds")
    between = np.linspace(-3.93, 2.91, 57)
    expected = counts.log_likelihood(between, "log_odds") - heights.max()
    assert passport.log_likelihood(between, "log_odds") == pytest.approx(expected, abs=1e-6)


def test_counts_of_a_whole_country_are_as_narrow_as_they_are():
    # the widths of grid and baseline follow the counts, so that memory does not
    many = TwoArmCounts(10_000_000, 30_000_000, 15_000_000, 40_000_000)
    estimate, error = many.summarise("log_odds")
    [table] = tabulate([many], "log_odds")
    assert len(table.values) < 1000
    weights = table.values / table.values.sum()
    mean = float(weights @ table.effects)
    assert mean == pytest.approx(estimate, abs=error / 100)
    assert float(weights @ (table.effects - mean) ** 2) ** 0.5 == pytest.approx(error, rel=1e-3)
