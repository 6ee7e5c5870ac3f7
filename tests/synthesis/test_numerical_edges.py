"""At the edges of the numbers an answer is a number, or a refusal in words."""

import warnings

import numpy as np
import pandas as pd
import pytest

from desist.errors import CannotAnswerError, InputError, NotConvergedError
from desist.models.priors import HalfNormal, Normal
from desist.synthesis import (
    CountsOverTime,
    EstimateWithError,
    EstimateWithInterval,
    Significance,
    Study,
    SynthesisPriors,
    TwoArmCounts,
    adjust_by_precision,
    check_funnel,
    maximise_likelihood,
    pool_counts,
    pool_effects,
    regress_effects,
    synthesise,
)
from desist.synthesis._heterogeneity import (
    ESTIMATORS,
    estimate_by_moments,
    find_peaks,
    find_typical_variance,
    profile_q,
)

EFFECTS = [-0.1, -0.1, -0.2, -0.2, -0.3, -0.3, -0.4, -0.5, -0.5, -0.7]
ERRORS = [0.1, 0.12, 0.15, 0.2, 0.22, 0.25, 0.3, 0.35, 0.4, 0.5]
WIDE = SynthesisPriors(Normal(0.0, float("inf")), HalfNormal(1.0))


def pool(*pairs, priors=None, scale="log_odds"):
    studies = [Study(f"{row}", EstimateWithError(*pair)) for row, pair in enumerate(pairs)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return synthesise(studies, priors=priors, scale=scale)


@pytest.mark.parametrize(
    ("variances", "by_hand"),
    [
        ([1.0, 1.0], 1.0),
        ([1.0, 1 / 3], 4 / 6),  # weights 1 and 3: one times 4, over 16 less 10
        ([1.0, 1.0, 1.0], 1.0),
        ([1e-24, 1.0], 0.5),
        ([1.0, 1e-24], 0.5),
        ([1e-60, 1.0, 1.0], 0.5),  # two times 1e60, over twice 2e60
    ],
)
def test_the_variance_of_a_typical_study_is_that_by_hand_however_far_studies_differ(
    variances, by_hand
):
    assert find_typical_variance(np.array(variances)) == pytest.approx(by_hand, rel=1e-12)


def test_tau_squared_by_moments_is_that_by_hand():
    # Q = 2 of estimates one from their mean, one more than expected; divided by 2 - 2 / 2
    assert estimate_by_moments(np.array([0.0, 2.0]), np.ones(2)) == pytest.approx(1.0)
    assert estimate_by_moments(np.array([0.0, 1.0]), np.ones(2)) == 0.0


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_study_that_is_far_more_precise_than_all_others_is_pooled(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = pool_effects([0.0, 0.1], [1e-9, 1.0], estimator=estimator)
    assert 0 <= found.i_squared <= 1
    assert np.isfinite([found.estimate, found.standard_error, found.tau_squared]).all()
    assert found.shares.sum() == pytest.approx(1)


@pytest.mark.parametrize("estimator", [name for name in ESTIMATORS if name != "equal"])
def test_estimates_ten_times_as_large_have_a_hundred_times_the_tau_squared(estimator):
    once = pool_effects(EFFECTS, ERRORS, estimator=estimator)
    tenfold = pool_effects(np.array(EFFECTS) * 10, np.array(ERRORS) * 10, estimator=estimator)
    assert tenfold.tau_squared == pytest.approx(100 * once.tau_squared, rel=1e-6, abs=1e-9)
    assert tenfold.i_squared == pytest.approx(once.i_squared, rel=1e-6, abs=1e-9)
    assert tenfold.estimate == pytest.approx(10 * once.estimate)
    assert tenfold.p_value == pytest.approx(once.p_value, rel=1e-6)


def test_the_limits_of_tau_squared_hold_its_generalised_q_estimate():
    values, variances = np.array([-1.0, 0.0, 0.5, 1.4]), np.full(4, 0.01)
    low, high = profile_q(values, variances, 0.95)
    assert low < ESTIMATORS["pm"](values, variances) < high
    narrow = profile_q(values, variances, 0.5)
    assert low < narrow[0] < narrow[1] < high


def test_studies_that_agree_have_one_peak_at_no_heterogeneity():
    assert [place for place, _ in find_peaks(np.zeros(4), np.ones(4), restricted=True)] == [0.0]


@pytest.mark.parametrize("error", [1e-9, 1e-6, 1e-3])
def test_a_synthesis_with_a_tiny_error_beside_a_usual_one_is_a_number(error):
    found = pool((-0.3, error), (-0.1, 0.2))
    assert np.isfinite([found.mean.mean, found.mean.sd, *found.i_squared]).all()
    assert found.table["shrunken"].iloc[0] == pytest.approx(-0.3, abs=1e-2)


def test_whole_numbers_are_estimates_and_errors_too():
    whole = pool((0, 1), (1, 2), (-1, 1))
    decimal = pool((0.0, 1.0), (1.0, 2.0), (-1.0, 1.0))
    assert whole.mean.mean == pytest.approx(decimal.mean.mean, rel=1e-12)
    assert whole.i_squared == pytest.approx(decimal.i_squared, rel=1e-12)


def test_turned_estimates_turn_the_mean_and_leave_the_heterogeneity():
    pairs = list(zip(EFFECTS, ERRORS, strict=True))
    found, turned = pool(*pairs), pool(*[(-y, s) for y, s in pairs])
    assert turned.mean.mean == pytest.approx(-found.mean.mean, abs=1e-9)
    assert turned.heterogeneity.median == pytest.approx(found.heterogeneity.median, rel=1e-8)
    assert turned.log_evidence == pytest.approx(found.log_evidence, abs=1e-8)
    assert turned.mean.probability_below(0) == pytest.approx(1 - found.mean.probability_below(0))


def test_a_shift_of_all_estimates_shifts_the_mean_where_its_prior_is_flat():
    pairs = list(zip(EFFECTS, ERRORS, strict=True))
    found, moved = pool(*pairs, priors=WIDE), pool(*[(y + 3, s) for y, s in pairs], priors=WIDE)
    assert moved.mean.mean == pytest.approx(found.mean.mean + 3, abs=1e-9)
    assert moved.mean.sd == pytest.approx(found.mean.sd, rel=1e-8)
    assert moved.heterogeneity.mean == pytest.approx(found.heterogeneity.mean, rel=1e-8)


def test_the_order_of_studies_changes_nothing():
    pairs = list(zip(EFFECTS, ERRORS, strict=True))
    found, turned = pool(*pairs), pool(*pairs[::-1])
    assert turned.mean.mean == pytest.approx(found.mean.mean, rel=1e-12)
    assert turned.table["shrunken"].to_numpy()[::-1] == pytest.approx(
        found.table["shrunken"].to_numpy(), rel=1e-9
    )


@pytest.mark.parametrize(
    ("scale", "pair", "message"),
    [
        (
            "risk_difference",
            (-5.2, 0.4),
            "estimate: expected from -1 to 1 on the scale risk_difference, found 1 other, row 2; "
            "write -0.05 for five percentage points fewer",
        ),
        (
            "risk_difference",
            (-0.5, 4.0),
            "standard error: expected from 1e-09 to 1 on the scale risk_difference, found 1 other",
        ),
        (
            "log_odds",
            (1e6, 0.1),
            "estimate: expected from -100 to 100 on the scale log_odds, found 1 other, row 2",
        ),
        ("log_odds", (0.1, 1e-12), "standard error: expected from 1e-09 to 100"),
        ("log_rate", (0.1, 1e300), "standard error: expected from 1e-09 to 100"),
    ],
)
def test_what_no_study_has_found_on_a_scale_is_refused_with_its_row(scale, pair, message):
    with pytest.raises(InputError) as caught:
        pool((-0.1, 0.1), pair, scale=scale)
    assert message in str(caught.value)


def test_estimates_and_errors_out_of_reach_are_listed_together():
    with pytest.raises(InputError) as caught:
        pool((1e3, 0.1), (-1e3, 1e3), (0.1, 0.1))
    assert [(fault.where, fault.found) for fault in caught.value.faults] == [
        ("estimate", "2 other, rows 1, 2"),
        ("standard error", "1 other, row 2"),
    ]


def test_limits_beyond_the_largest_number_are_refused_in_words():
    with pytest.raises(InputError, match="standard error: expected from 1e-09 to 100"):
        synthesise([Study("A", EstimateWithInterval(-1e308, 1e308))])


@pytest.mark.parametrize("probability", [1e-300, 1e-17, 0.5, 1 - 2**-53])
def test_an_interval_of_any_probability_has_an_error(probability):
    estimate, error = EstimateWithInterval(-1.0, 1.0, None, probability).summarise("log_odds")
    assert estimate == 0
    assert 0 < error < np.inf
    if probability == 0.5:
        assert error == pytest.approx(1 / 0.6744897501960817)


def test_a_level_below_what_one_less_it_can_tell_still_has_a_critical_value():
    found = Significance("reduction", 150, None, 0.35, level=1e-300)
    heights = found.log_likelihood(np.array([-20.0, 0.0]), "log_odds")
    assert np.isfinite(heights).all()
    assert heights[0] > -1e-6  # 20 is far beyond 37 errors of 0.17


def test_only_the_ratio_of_times_matters_however_small_they_are():
    effects = np.linspace(-1, 1, 5)
    usual = CountsOverTime(5, 1.0, 9, 2.0)
    tiny = CountsOverTime(5, 1e-320, 9, 2e-320)
    assert tiny.log_likelihood(effects, "log_rate") == pytest.approx(
        usual.log_likelihood(effects, "log_rate"), rel=1e-3
    )
    apart = CountsOverTime(5, 1e-300, 9, 1e300)
    assert np.isfinite(apart.log_likelihood(effects, "log_rate")).all()
    assert apart.summarise("log_rate")[0] == pytest.approx(np.log(5 / 9) + 600 * np.log(10))


def test_studies_that_lie_on_a_line_do_not_have_an_error_of_nothing():
    months = pd.DataFrame({"months": np.arange(10.0)})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = regress_effects(0.1 * np.arange(10), [0.2] * 10, months, "months")
    assert found.table.loc["months", "estimate"] == pytest.approx(0.1)
    # weights 25 each; squares about the middle 82.5
    assert found.table.loc["months", "standard_error"] == pytest.approx((25 * 82.5) ** -0.5)
    assert "the Knapp-Hartung factor is taken as 1" in found.cautions[0]
    assert repr(found).endswith(f"Caution: {found.cautions[0]}")


def test_studies_with_no_effect_at_all_leave_no_effect_without_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = adjust_by_precision([0.0] * 10, ERRORS)
    assert found["chosen"] == "pet"
    assert found["pet"][1] < 0 < found["pet"][2]
    assert found["naive"][0] == pytest.approx(0, abs=1e-12)


def test_the_rank_test_of_the_funnel_has_a_number_beside_a_study_of_all_the_weight():
    found = check_funnel(EFFECTS, [1e3] * 9 + [1e-6], method="begg")
    assert np.isfinite([found.statistic, found.p_value]).all()


def test_errors_that_leave_fewer_studies_than_coefficients_cannot_be_regressed():
    months = pd.DataFrame({"months": range(10)})
    with pytest.raises(CannotAnswerError, match="fewer than the coefficients count"):
        regress_effects(EFFECTS, [1e12] * 9 + [0.1], months, "months")


def test_identical_studies_pool_to_the_odds_of_their_sums():
    found = pool_counts([4, 4], [10, 10], [6, 6], [10, 10])
    assert found.estimate == pytest.approx(np.log(16 / 36))
    risk = pool_counts([4, 4], [10, 10], [6, 6], [10, 10], scale="log_risk")
    assert risk.estimate == pytest.approx(np.log(4 / 6))
    difference = pool_counts([4, 4], [10, 10], [6, 6], [10, 10], scale="risk_difference")
    assert difference.estimate == pytest.approx(-0.2)
    # observed 4, expected 5, variance 10 x 10 x 10 x 10 / (400 x 19), twice
    peto = pool_counts([4, 4], [10, 10], [6, 6], [10, 10], method="peto")
    assert peto.estimate == pytest.approx(-1 / (10000 / 7600))
    assert peto.standard_error == pytest.approx((2 * 10000 / 7600) ** -0.5)


@pytest.mark.parametrize("scale", ["log_odds", "log_risk", "risk_difference"])
def test_swapped_arms_turn_the_pooled_effect(scale):
    counts = [3, 9, 0], [20, 40, 15], [8, 10, 2], [22, 30, 16]
    found = pool_counts(*counts, scale=scale)
    turned = pool_counts(counts[2], counts[3], counts[0], counts[1], scale=scale)
    assert turned.estimate == pytest.approx(-found.estimate)
    assert turned.standard_error == pytest.approx(found.standard_error)
    assert (turned.lower, turned.upper) == pytest.approx((-found.upper, -found.lower))


@pytest.mark.parametrize("events", [[0, 0], [1, 1]])
def test_arms_without_an_event_or_with_nothing_else_have_no_likelihood_estimate(events):
    with pytest.raises(NotConvergedError, match="flat at its highest point"):
        maximise_likelihood([TwoArmCounts(one, 1, one, 1, "conditional") for one in events])


@pytest.mark.parametrize(
    ("evidence", "scale", "message"),
    [
        (3, "log_odds", "evidence: expected a list of evidence such as TwoArmCounts(...), found 3"),
        ([1, 2], "log_odds", "evidence: expected a list of evidence"),
        ([TwoArmCounts(1, 2, 1, 2)], "log_odds", "evidence: expected two studies or more, found 1"),
        ([TwoArmCounts(1, 2, 1, 2)] * 2, "odds", "scale: expected one of log_odds"),
        (
            [TwoArmCounts(1, 2, 1, 2), EstimateWithError(0.1, 0.1)],
            "log_rate",
            "scale: expected one that all reports can speak of, found log_rate, row 1",
        ),
    ],
)
def test_what_has_no_likelihood_on_a_scale_is_refused_in_words(evidence, scale, message):
    with pytest.raises(InputError) as caught:
        maximise_likelihood(evidence, scale)
    assert message in str(caught.value)
