import numpy as np
import pytest
from scipy import integrate, stats

import desist as ds
from desist.errors import InputError, NoEventsError
from desist.estimands import Measure


@pytest.fixture(scope="module")
def evaluation():
    return ds.evaluate_published(ds.datasets.making_connections(), seed=3)


def find(evaluation, measure):
    return next(row for row in evaluation.measures if row.measure is measure)


def test_the_rate_agrees_with_the_posterior_by_quadrature_of_the_pseudo_counts():
    # tests/reference/bayes: 13/83 against 1533/5514; Normal(0, 2.5) priors give -0.120 (-0.190,
    # -0.029?) for the risk difference. The default priors are tighter, the size is larger.
    study = ds.datasets.making_connections()
    found = ds.evaluate_published(study, comparison_size=5514)
    rate = find(found, Measure.RATE)
    assert rate.difference == pytest.approx(-0.1175, abs=0.003)
    assert rate.lower == pytest.approx(-0.187, abs=0.006)


def test_the_unknown_effective_size_moves_no_limit_by_half_a_point(evaluation):
    warning = next(text for text in evaluation.warnings if "effective sample size" in text)
    assert "1,070" in warning
    assert "4,990" in warning
    study = ds.datasets.making_connections()
    limits = [
        find(
            ds.evaluate_published(study, comparison_size=size),
            Measure.RATE,
        )
        for size in (1070, 4990)
    ]
    assert limits[0].lower == pytest.approx(limits[1].lower, abs=0.005)
    assert limits[0].upper == pytest.approx(limits[1].upper, abs=0.005)


def test_frequency_excludes_no_difference(evaluation):
    frequency = find(evaluation, Measure.FREQUENCY)
    assert frequency.lower < frequency.difference < frequency.upper < -0.3
    assert frequency.comparison == pytest.approx(1.06, abs=0.01)


def test_time_among_reoffenders_is_descriptive_and_rests_on_thirteen_people(evaluation):
    time = find(evaluation, Measure.TIME_AMONG_REOFFENDERS)
    assert time.causal == "descriptive"
    assert time.n_treated == 13
    # A mean of 13 positive numbers leans to the right: the upper limit comes nearer to no
    # difference than Welch's -21 days, which treats it as symmetric.
    assert time.lower > -115
    assert time.upper > -21


def test_every_seed_gives_the_same_numbers(evaluation):
    other = ds.evaluate_published(ds.datasets.making_connections(), seed=2017)
    assert other.draws.equals(evaluation.draws)
    assert other.table.equals(evaluation.table)
    assert other.warnings == evaluation.warnings


def integrate_times(*limits):
    """Integrate the model of two mean times by Simpson's rule: P(difference <= limit)."""
    sizes, means = np.array([13.0, 2418.0]), np.array([75.0, 142.9])
    scale = (1 / sizes).sum()
    freedom = scale**2 / (1 / (sizes**2 * (sizes - 1))).sum()
    deviation = (115 - 21) / 2 / stats.t.ppf(0.975, freedom) / np.sqrt(scale)
    worth = np.array([13.0, 2418 * 1070 / 5514])
    errors, logs = deviation / np.sqrt(worth) / means, np.log(means / 365)
    treated, comparison = np.linspace(-8.0, 4.0, 4001), np.linspace(-1.4, -0.5, 301)
    of_comparison = stats.t.logpdf(logs[1], worth[1] - 1, comparison, errors[1])[:, np.newaxis]
    of_treated = stats.t.logpdf(logs[0], worth[0] - 1, treated, errors[0])
    apart = treated - comparison[:, np.newaxis]
    middle = treated - apart / 2
    prior = stats.norm.logpdf(apart, 0, 1.5) + stats.norm.logpdf(middle, 0, 2.5)
    density = np.exp(of_comparison + of_treated + prior)
    upto = integrate.cumulative_simpson(density, x=treated, initial=0)
    found = []
    for limit in limits:
        below = np.log(np.maximum(np.exp(comparison) + limit / 365, 1e-9))
        parts = [np.interp(at, treated, row) for at, row in zip(below, upto, strict=True)]
        found.append(integrate.simpson(parts, x=comparison))
    return np.array(found) / integrate.simpson(upto[:, -1], x=comparison)


def test_limits_of_the_time_are_those_of_an_independent_integration(evaluation):
    time = find(evaluation, Measure.TIME_AMONG_REOFFENDERS)
    # one in a million is a thousandth of a day at the upper limit
    assert integrate_times(time.lower, time.upper) == pytest.approx([0.025, 0.975], abs=2e-6)
    assert time.upper == pytest.approx(1.326, abs=0.001)


def test_the_estimate_is_the_median_and_near_what_is_printed(evaluation):
    printed = {line.measure: line.difference for line in ds.datasets.making_connections().measures}
    for effect, row in zip(evaluation.effects, evaluation.measures, strict=True):
        assert row.difference == effect.estimate == float(effect.difference.median())
        mean = float(effect.difference.mean())
        assert abs(row.difference - printed[row.measure]) < abs(mean - printed[row.measure])


def test_measures_that_the_report_does_not_print_are_named(evaluation):
    assert set(evaluation.unavailable) == {Measure.RMST, Measure.HAZARD_RATIO}


def test_a_comparison_size_that_is_not_positive_is_refused():
    with pytest.raises(InputError) as caught:
        ds.evaluate_published(ds.datasets.making_connections(), comparison_size=0)
    assert str(caught.value) == (
        "published figures: 1 fault\n"
        "  - comparison_size: expected a number above 0 and of at most 5514 or None, found 0"
    )


def published(*lines):
    study = ds.PublishedStudy("A programme", "main", "made up", lines, ess_range=(200, 900))
    return ds.evaluate_published(study)


def test_one_measure_of_zero_leaves_the_others_as_they_are():
    rate = ds.PublishedMeasure("rate", 30, 900, 0.0, 0.278, -0.33, -0.22, None, 0)
    none = ds.PublishedMeasure("frequency", 30, 900, 0.0, 0.9, -1.1, -0.7, None, 0)
    found = published(rate, none)
    assert [effect.measure for effect in found.effects] == [Measure.RATE]
    assert found.unavailable[Measure.FREQUENCY].startswith("a mean of 0 is printed")
    assert find(found, Measure.RATE).difference == find(published(rate), Measure.RATE).difference
    with pytest.raises(NoEventsError, match="no measure can be evaluated: frequency: a mean of 0"):
        published(none)


def test_a_percentage_that_no_count_gives_is_one_number_everywhere_and_said():
    found = published(ds.PublishedMeasure("rate", 30, 900, 0.155, 0.278, -0.24, 0.0))
    assert "No count of reoffenders among 30 participants gives" in found.warnings[0]
    for check in found.checks:
        assert not check.applicable or check.estimate == pytest.approx(0.155 - 0.278)
    exact = next(check for check in found.checks if check.check == "exact_binomial")
    assert "no whole number of reoffenders" in exact.reason
    # the posterior of 4.65 of 30 lies between those of 4 and of 5
    treated = [
        find(
            published(ds.PublishedMeasure("rate", 30, 900, p, 0.278, -0.3, 0.1)), Measure.RATE
        ).treated
        for p in (4 / 30, 5 / 30)
    ]
    assert treated[0] < find(found, Measure.RATE).treated < treated[1]


def test_a_mean_that_no_whole_number_gives_is_said():
    # 8 of 30 are 0.267 and 9 are 0.3
    found = published(ds.PublishedMeasure("frequency", 30, 900, 0.28, 0.9, -1.1, -0.14))
    assert found.warnings[0] == (
        "frequency: no whole number of offences of 30 participants gives the printed mean of 0.28; "
        "it is taken as it is printed."
    )


def test_a_p_value_that_contradicts_the_interval_is_said():
    line = ds.PublishedMeasure("rate", 30, 900, 0.2, 0.278, -0.22, 0.07, "0.01")
    assert published(line).warnings[0] == (
        "rate: the printed interval and p-value 0.01 do not say the same of no difference, so that "
        "they are of two methods or one is a slip; the interval is taken as printed."
    )
