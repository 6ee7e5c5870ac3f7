"""What every likelihood of a report has to keep, whatever the report says."""

import numpy as np
import pytest
from scipy import stats

from desist.errors import InputError
from desist.synthesis import (
    CountsOverTime,
    EstimateWithError,
    EstimateWithInterval,
    PValue,
    Significance,
    TwoArmCounts,
    WholePercentages,
)
from desist.synthesis.evidence._sizes import average_over, find_size_faults, list_sizes
from desist.synthesis.evidence.counts import summarise_counts
from desist.synthesis.evidence.estimates import log_normal_mass
from desist.synthesis.evidence.percentages import list_counts
from desist.synthesis.evidence.significance import find_error

EFFECTS = np.linspace(-1.5, 1.5, 13)
SMALL = np.linspace(-0.6, 0.6, 13)
OF_PROPORTIONS = ("log_odds", "log_risk", "risk_difference")


def places(scale):
    return SMALL if scale == "risk_difference" else EFFECTS


def centre(heights):
    return heights - heights.max()


@pytest.mark.parametrize("scale", OF_PROPORTIONS)
@pytest.mark.parametrize("counts", [(3, 20, 9, 30), (0, 20, 5, 30), (20, 20, 5, 30), (1, 1, 0, 1)])
def test_swapped_arms_turn_the_likelihood_of_counts(counts, scale):
    a, n, c, m = counts
    effects = places(scale)
    found = TwoArmCounts(a, n, c, m).log_likelihood(effects, scale)
    turned = TwoArmCounts(c, m, a, n).log_likelihood(-effects, scale)
    assert centre(turned) == pytest.approx(centre(found), abs=1e-6)


@pytest.mark.parametrize("counts", [(3, 20, 9, 30), (0, 20, 5, 30), (0, 4, 0, 4)])
def test_swapped_arms_and_turned_outcomes_turn_the_conditional_likelihood(counts):
    a, n, c, m = counts
    found = TwoArmCounts(a, n, c, m, "conditional").log_likelihood(EFFECTS, "log_odds")
    for swapped in ((c, m, a, n), (n - a, n, m - c, m)):
        turned = TwoArmCounts(*swapped, "conditional").log_likelihood(-EFFECTS, "log_odds")
        assert centre(turned) == pytest.approx(centre(found), abs=1e-9)


def test_the_conditional_likelihood_is_that_of_the_hypergeometric():
    effects = np.array([0.0, np.log(2.0)])
    found = TwoArmCounts(3, 20, 9, 30, "conditional").log_likelihood(effects, "log_odds")
    for effect, height in zip(effects, found, strict=True):
        law = stats.nchypergeom_fisher(50, 12, 20, float(np.exp(effect)))
        expected = law.logpmf(3) - stats.nchypergeom_fisher(50, 12, 20, 1.0).logpmf(3)
        assert height - found[0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("scale", OF_PROPORTIONS)
def test_a_summary_of_counts_turns_with_its_arms_and_is_unknown_at_the_edges(scale):
    estimate, error = summarise_counts(3, 20, 9, 30, scale)
    turned = summarise_counts(9, 30, 3, 20, scale)
    assert turned == pytest.approx((-estimate, error))
    assert np.isnan(summarise_counts(0, 20, 0, 30, scale)).all()
    assert np.isnan(summarise_counts(20, 20, 30, 30, scale)).all()


def test_summaries_of_counts_by_hand():
    # odds 1/3 and 1: log 1/3 with 1/5 + 1/15 + 1/10 + 1/10
    assert summarise_counts(5, 20, 10, 20, "log_odds") == pytest.approx(
        (np.log(1 / 3), (1 / 5 + 1 / 15 + 2 / 10) ** 0.5)
    )
    assert summarise_counts(5, 20, 10, 20, "log_risk") == pytest.approx(
        (np.log(1 / 2), (1 / 5 - 1 / 20 + 1 / 10 - 1 / 20) ** 0.5)
    )
    assert summarise_counts(5, 20, 10, 20, "risk_difference") == pytest.approx(
        (-0.25, (0.25 * 0.75 / 20 + 0.25 / 20) ** 0.5)
    )


@pytest.mark.parametrize("scale", OF_PROPORTIONS)
@pytest.mark.parametrize("people", [20, (15, 40)])
def test_what_a_study_may_find_is_one_of_three_things(scale, people):
    chances = sum(
        np.exp(Significance(found, people, 60, 0.3).log_likelihood(places(scale), scale))
        for found in ("reduction", "increase", "none")
    )
    assert chances == pytest.approx(np.ones(13), abs=1e-9)


@pytest.mark.parametrize("scale", OF_PROPORTIONS)
def test_a_reduction_and_an_increase_are_mirrors(scale):
    effects = places(scale)
    for make in (
        lambda side: Significance(side, 20, 60, 0.3),
        lambda side: PValue(0.03, side, 20, 60, 0.3),
        lambda side: PValue(0.03, side, 20, 60, 0.3, at_most=True),
    ):
        found = make("reduction").log_likelihood(effects, scale)
        turned = make("increase").log_likelihood(-effects, scale)
        assert turned == pytest.approx(found)


def test_a_p_value_of_one_half_hundredth_is_that_of_its_estimate():
    known = PValue(0.05, "reduction", 200, None, 0.3)
    estimate, error = known.summarise("log_odds")
    assert estimate / error == pytest.approx(-1.959963984540054)
    assert error == pytest.approx((0.3 * 0.7 / 200) ** 0.5 / 0.21)
    heights = known.log_likelihood(EFFECTS, "log_odds")
    expected = EstimateWithError(estimate, error).log_likelihood(EFFECTS, "log_odds")
    assert heights == pytest.approx(expected)


def test_a_p_value_printed_as_a_limit_says_less_than_that_value():
    known = PValue(0.01, "reduction", 200, None, 0.3)
    limit = PValue(0.01, "reduction", 200, None, 0.3, at_most=True)
    assert np.isnan(limit.summarise("log_odds")[0])
    far = np.array([-3.0, -2.0])
    assert np.diff(centre(limit.log_likelihood(far, "log_odds"))) == pytest.approx(0, abs=1e-6)
    assert np.diff(centre(known.log_likelihood(far, "log_odds")))[0] > 1


def test_no_more_than_one_is_what_p_may_be():
    sure = PValue(1.0, "increase", 50, 50, 0.3)
    assert sure.summarise("log_odds")[0] == pytest.approx(0)
    with pytest.raises(InputError) as caught:
        PValue(0, "less", 0, (5, 2), 30)
    assert [(fault.where, fault.advice) for fault in caught.value.faults] == [
        ("p_value", ""),
        ("direction", ""),
        ("n_treated", ""),
        ("n_comparison", ""),
        ("comparison_rate", "write 0.3"),
    ]


def test_only_the_ratio_of_the_times_and_the_events_matter():
    known = CountsOverTime(4, 10.0, 9, 20.0)
    scaled = CountsOverTime(4, 1e-100, 9, 2e-100)
    assert scaled.log_likelihood(EFFECTS, "log_rate") == pytest.approx(
        known.log_likelihood(EFFECTS, "log_rate")
    )
    turned = CountsOverTime(9, 20.0, 4, 10.0)
    assert turned.log_likelihood(-EFFECTS, "log_rate") == pytest.approx(
        known.log_likelihood(EFFECTS, "log_rate")
    )
    top = EFFECTS[np.argmax(CountsOverTime(4, 1.0, 4, 1.0).log_likelihood(EFFECTS, "log_rate"))]
    assert top == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("rounded_to", [0.0, 1e-6, 0.1])
def test_a_rounded_estimate_is_flat_to_its_rounding_and_tends_to_the_plain_one(rounded_to):
    plain = centre(EstimateWithError(0.25, 0.3).log_likelihood(EFFECTS, "log_odds"))
    found = centre(EstimateWithError(0.25, 0.3, rounded_to).log_likelihood(EFFECTS, "log_odds"))
    assert found == pytest.approx(plain, abs=0.2 if rounded_to == 0.1 else 1e-5)


def test_an_interval_is_the_estimate_and_error_it_stands_for():
    for probability, quantile in ((0.95, 1.959963984540054), (0.9, 1.6448536269514722)):
        interval = EstimateWithInterval(
            -0.2 - 0.1 * quantile, -0.2 + 0.1 * quantile, None, probability
        )
        assert interval.summarise("log_odds") == pytest.approx((-0.2, 0.1))
        assert interval.log_likelihood(EFFECTS, "log_odds") == pytest.approx(
            EstimateWithError(-0.2, 0.1).log_likelihood(EFFECTS, "log_odds")
        )


@pytest.mark.parametrize(
    ("low", "high"), [(-1.0, 2.0), (-40.0, -39.0), (39.0, 40.0), (0.0, 1e-9), (-np.inf, np.inf)]
)
def test_the_mass_of_a_normal_between_limits_is_known_far_out_too(low, high):
    found = float(log_normal_mass(np.array(low), np.array(high)))
    mirrored = float(log_normal_mass(np.array(-high), np.array(-low)))
    assert mirrored == pytest.approx(found)
    if abs(low) < 5:
        assert np.exp(found) == pytest.approx(stats.norm.cdf(high) - stats.norm.cdf(low), rel=1e-6)
    elif np.isfinite(low):
        # nearly all of it within a fortieth of the nearer limit
        assert found == pytest.approx(stats.norm.logsf(39.0), abs=1e-6)


@pytest.mark.parametrize("scale", OF_PROPORTIONS)
def test_printed_percentages_turn_with_their_arms(scale):
    effects = places(scale)
    found = WholePercentages(20, 35, 40, 60).log_likelihood(effects, scale)
    turned = WholePercentages(35, 20, 60, 40).log_likelihood(-effects, scale)
    assert centre(turned) == pytest.approx(centre(found), abs=1e-6)


def test_percentages_that_one_count_alone_gives_are_that_count():
    printed = WholePercentages(25, 50, 20, 20).log_likelihood(EFFECTS, "log_odds")
    counted = TwoArmCounts(5, 20, 10, 20).log_likelihood(EFFECTS, "log_odds")
    assert centre(printed) == pytest.approx(centre(counted), abs=1e-6)


@pytest.mark.parametrize(
    ("percentage", "size", "step", "counts"),
    [
        (25, 20, 1.0, [5]),
        (0, 100, 1.0, [0]),
        (100, 100, 1.0, [100]),
        (33, 3, 1.0, [1]),
        (12, 8, 1.0, [1]),  # 12.5 rounds to either
        (13, 8, 1.0, [1]),
        (50, 1000, 1.0, list(range(495, 506))),
        (50, 1000, 0.1, [500]),
        (40, 3, 1.0, []),
    ],
)
def test_counts_behind_a_percentage_by_hand(percentage, size, step, counts):
    assert list_counts(percentage, size, step).tolist() == counts


def test_a_range_of_sizes_is_averaged_and_a_size_is_itself():
    assert list_sizes(7).tolist() == [7]
    sizes = list_sizes((10, 1000))
    assert (sizes[0], sizes[-1]) == (10, 1000)
    assert np.diff(np.log(sizes)).std() < 0.05
    assert average_over(np.array([1.0, 3.0]), np.array) == pytest.approx(
        np.log((np.e + np.e**3) / 2)
    )


@pytest.mark.parametrize(
    "size", [0, -1, 0.5, np.nan, "many", (5,), (5, 2), (5, 5), (0, 5), (1, 2, 3), None, [5, 9]]
)
def test_what_is_no_size_is_refused(size):
    assert find_size_faults("n_treated", size)
    assert bool(find_size_faults("n_treated", size, optional=True)) is (size is not None)


def test_the_error_of_a_study_falls_with_the_root_of_its_size():
    for scale in OF_PROPORTIONS:
        once, fourfold = find_error(50, 200, 0.3, scale), find_error(200, 800, 0.3, scale)
        assert fourfold == pytest.approx(once / 2)
        assert find_error(50, None, 0.3, scale) < once
    assert find_error(50, None, 0.3, "risk_difference") == pytest.approx((0.21 / 50) ** 0.5)
