import numpy as np
import pytest

from desist.checks.agreement import compare_with_posterior, judge_agreement
from desist.checks.check import label, not_applicable
from desist.checks.counts.two_proportions import newcombe
from desist.checks.finding import Finding
from desist.checks.multiplicity import adjust, benjamini_hochberg, holm
from desist.checks.people.welch import welch_from_summary
from desist.checks.planning import (
    design_errors,
    power_curve,
    smallest_conclusive_mean,
    smallest_conclusive_rate,
)
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Interval, Measure, Scale

RATE = Measure.RATE


def check(p_value, estimate=-0.1, measure=RATE, slug="welch", scale=Scale.DIFFERENCE):
    found = Finding(estimate, estimate - 0.01, estimate + 0.01, p_value)
    return label(found, measure, slug, scale=scale)


def test_smallest_number_is_conclusive_and_one_fewer_is_not():
    n = smallest_conclusive_rate(0.157, 0.278, 1070)
    assert newcombe(0.157 * n, n, 0.278 * 1070, 1070).upper < 0
    assert newcombe(0.157 * (n - 1), n - 1, 0.278 * 1070, 1070).upper >= 0
    m = smallest_conclusive_mean(-0.75, 0.98, 0.98, 1070)
    assert welch_from_summary(-0.75, 0.98, m, 0, 0.98, 1070).upper < 0
    assert welch_from_summary(-0.75, 0.98, m - 1, 0, 0.98, 1070).upper >= 0


def test_too_small_a_comparison_group_can_never_be_conclusive():
    with pytest.raises(CannotAnswerError, match="no number of participants would make this"):
        smallest_conclusive_rate(0.25, 0.30, 40)


def test_power_is_the_share_of_simulated_conclusive_results():
    curve = power_curve(-0.12, 0.36, 0.45, 1070, [83], difference_sd=0.05)
    rng = np.random.default_rng(1)
    error = np.sqrt(0.36**2 / 83 + 0.45**2 / 1070)
    fixed = rng.normal(-0.12, error, 200_000)
    uncertain = rng.normal(rng.normal(-0.12, 0.05, 200_000), error)
    for drawn, computed in ((fixed, curve.power), (uncertain, curve.assurance)):
        assert computed[0] == pytest.approx((np.abs(drawn) > 1.959964 * error).mean(), abs=0.005)
    assert curve.expected_width[0] == pytest.approx(2 * 1.959964 * error, rel=1e-6)


def test_power_rises_with_people_and_assurance_equals_it_without_uncertainty():
    curve = power_curve(0.1, 0.4, 0.4, 500, [20, 50, 100, 400])
    assert (np.diff(curve.power) > 0).all()
    np.testing.assert_allclose(curve.power, curve.assurance)


def test_no_participants_are_refused():
    with pytest.raises(InputError, match="n_treated: expected 1 or more, found 0"):
        power_curve(0.1, 0.4, 0.4, 500, [0, 10])


@pytest.mark.parametrize(
    ("true", "error", "power", "wrong_sign", "exaggeration"),
    # Gelman and Carlin (2014), their two examples, as printed
    [(0.1, 3.28, 0.05, 0.46, 77), (2.0, 8.1, 0.06, 0.24, 9.5)],
)
def test_design_errors_equal_the_published_examples(true, error, power, wrong_sign, exaggeration):
    found = design_errors(true, error)
    assert found.power == pytest.approx(power, abs=0.005)
    assert found.wrong_sign == pytest.approx(wrong_sign, abs=0.005)
    assert found.exaggeration == pytest.approx(exaggeration, rel=0.01)


def test_design_errors_equal_a_simulation_from_a_prior():
    rng = np.random.default_rng(5)
    true = rng.normal(-0.05, 0.04, 200_000)
    drawn = rng.normal(true, 0.05)
    significant = np.abs(drawn) > 1.959964 * 0.05
    found = design_errors(true, 0.05)
    assert found.power == pytest.approx(significant.mean(), abs=0.005)
    wrong = (np.sign(drawn) != np.sign(true))[significant].mean()
    assert found.wrong_sign == pytest.approx(wrong, abs=0.005)
    size = np.abs(drawn[significant]).mean() / np.abs(true).mean()
    assert found.exaggeration == pytest.approx(size, rel=0.01)


def test_a_standard_error_of_zero_is_refused():
    with pytest.raises(InputError, match="standard_error: expected a number above 0, found 0"):
        design_errors(0.1, 0.0)


def test_holm_and_benjamini_hochberg_equal_p_adjust_of_r():
    # p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm") and "BH"
    p = [0.01, 0.02, 0.03, 0.04, 0.05]
    np.testing.assert_allclose(holm(p), [0.05, 0.08, 0.09, 0.09, 0.09])
    np.testing.assert_allclose(benjamini_hochberg(p), [0.05] * 5)


def test_adjusted_p_is_never_below_the_raw_one_and_keeps_the_order():
    p = np.random.default_rng(1).random(30)
    for method in (holm, benjamini_hochberg):
        adjusted = method(p)
        assert (adjusted >= p).all()
        assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()


def test_p_values_outside_zero_and_one_are_refused():
    with pytest.raises(InputError, match="p_values: expected numbers between 0 and 1, found 2"):
        holm([0.5, -0.1, np.nan])


def test_adjusting_counts_the_measures_that_were_tested():
    checks = (
        check(0.01),
        check(0.04, measure=Measure.FREQUENCY),
        check(0.001, slug="newcombe"),
        not_applicable(Measure.RMST, "welch", "no days"),
    )
    found = adjust(checks, slug="welch")
    assert [row.n_tested for row in found] == [2, 2]
    assert [row.holm for row in found] == pytest.approx([0.02, 0.04])


def test_a_check_that_was_not_made_has_no_word():
    nothing = not_applicable(RATE, "fisher", "why")
    assert compare_with_posterior(nothing, Interval(-0.3, -0.1)) is None


@pytest.mark.parametrize(
    ("p_values", "word", "sentence"),
    [
        ([0.01, 0.02], "agree", "The posterior finds a difference, and so do all 2 checks."),
        (
            [0.01, 0.30],
            "mixed",
            "The posterior finds a difference; of 2 checks 1 agrees and 1 differs in size: look at "
            "which differ, and why, before relying on any.",
        ),
        (
            [0.30, 0.40],
            "differ",
            "The posterior finds a difference; of 2 checks 2 differ in size: "
            "rely on neither before knowing why.",
        ),
        ([], "unchecked", "No check could be made beside the posterior."),
    ],
)
def test_agreement_is_one_word_and_one_sentence(p_values, word, sentence):
    made = [check(p) for p in p_values] + [not_applicable(RATE, "fisher", "why")]
    found = judge_agreement(RATE, made, Interval(-0.2, -0.04))
    assert (found.word, found.sentence) == (word, sentence)


def test_agreement_on_a_ratio_reads_its_direction_from_one():
    made = [check(0.01, estimate=0.6, measure=Measure.HAZARD_RATIO, scale=Scale.RATIO)]
    found = judge_agreement(Measure.HAZARD_RATIO, made, Interval(0.4, 0.9), scale=Scale.RATIO)
    assert found.word == "agree"
