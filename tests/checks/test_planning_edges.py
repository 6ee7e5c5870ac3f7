"""Plans and printed figures at their edges: by hand, or refused in words."""

import math

import numpy as np
import pytest

from desist import checks
from desist.errors import CannotAnswerError, InputError


def refuse(call, *arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    return str(caught.value)


def test_limits_in_the_wrong_order_have_no_deviation():
    for limits in ((0.1, -0.1), (0.0, 0.0)):
        said = refuse(checks.reconstruct_deviation, *limits, 10, 10)
        assert "lower: expected a limit below upper, found" in said


def test_a_deviation_gives_back_the_interval_it_was_read_from():
    found = checks.welch_from_summary(0.3, 0.9, 20, 0.5, 0.9, 35)
    again = checks.reconstruct_deviation(found.lower, found.upper, 20, 35)
    assert again == pytest.approx(0.9)


@pytest.mark.parametrize("factor", [1e-60, 1e60])
def test_another_unit_scales_a_deviation_and_a_summary(factor):
    once = checks.welch_from_summary(0.3, 0.9, 20, 0.5, 1.2, 35)
    found = checks.welch_from_summary(
        0.3 * factor, 0.9 * factor, 20, 0.5 * factor, 1.2 * factor, 35
    )
    assert found.p_value == pytest.approx(once.p_value)
    assert found.df == pytest.approx(once.df)
    assert found.upper == pytest.approx(factor * once.upper)


@pytest.mark.parametrize("place", range(4))
def test_a_summary_beyond_numbers_is_refused_by_name(place):
    figures = [0.3, 0.9, 20, 0.5, 1.2, 35]
    where = ("mean1", "sd1", "mean2", "sd2")[place]
    figures[(0, 1, 3, 4)[place]] = 1e300
    assert f"{where}: expected a number of at least" in refuse(checks.welch_from_summary, *figures)


def test_the_sides_of_a_summary_swap():
    found = checks.welch_from_summary(0.3, 0.9, 20, 0.5, 1.2, 35)
    turned = checks.welch_from_summary(0.5, 1.2, 35, 0.3, 0.9, 20)
    assert (turned.lower, turned.upper) == pytest.approx((-found.upper, -found.lower))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (1, 0, 0, 100, [10]),
            "sd1, sd2: expected one of them above 0, found two outcomes that do",
        ),
        ((0.1, 1e300, 1, 100, [10]), "sd1: expected a number of at least 0 and of at most 1e+100"),
        ((0.1, 1, 1, 100, [0]), "n_treated: expected 1 or more, found 0"),
        ((0.1, 1, 1, 100, [1.5]), "n_treated: expected whole numbers, found others"),
        ((0.1, 1, 1, 100, [1e300]), "n_treated: expected 10,000,000 or fewer, found 1e+300"),
        ((0.1, 1, 1, 1, [10]), "n2: expected a number above 1, found 1"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(arguments, message):
    assert message in refuse(checks.power_curve, *arguments)


def test_without_a_difference_power_is_the_level_and_grows_with_people():
    none = checks.power_curve(0, 1, 1, 100, [10, 1000])
    assert none.power.tolist() == pytest.approx([0.05, 0.05])
    curve = checks.power_curve(-0.2, 1, 1, 1000, [10, 100, 1000])
    assert (np.diff(curve.power) > 0).all()
    assert (np.diff(curve.expected_width) < 0).all()
    turned = checks.power_curve(0.2, 1, 1, 1000, [10, 100, 1000])
    assert turned.power.tolist() == pytest.approx(curve.power.tolist())


def test_not_knowing_the_difference_draws_assurance_towards_a_half():
    curve = checks.power_curve(-0.5, 1, 1, 1000, [100], difference_sd=5.0)
    assert curve.power[0] > curve.assurance[0] > 0.5
    sure = checks.power_curve(-0.5, 1, 1, 1000, [100])
    assert sure.assurance[0] == pytest.approx(sure.power[0])


def test_errors_of_sign_and_size_are_those_of_a_normal_by_hand():
    # no difference: one in twenty significant, half of them of either sign
    none = checks.design_errors([0.0], 0.1)
    assert (none.power, none.wrong_sign, none.exaggeration) == (
        pytest.approx(0.05),
        pytest.approx(0.5),
        math.inf,
    )
    sure = checks.design_errors([1e12], 1.0)
    assert (sure.power, sure.wrong_sign, sure.exaggeration) == pytest.approx((1, 0, 1))


def test_errors_do_not_know_the_unit_nor_the_sign_of_a_difference():
    once = checks.design_errors([0.1, 0.3], 0.2)
    for factor in (-1.0, 1e-50, 1e50):
        found = checks.design_errors(np.array([0.1, 0.3]) * factor, 0.2 * abs(factor))
        assert found.power == pytest.approx(once.power)
        assert found.wrong_sign == pytest.approx(once.wrong_sign)
        assert found.exaggeration == pytest.approx(once.exaggeration)


def test_an_error_that_is_nothing_to_the_difference_is_refused():
    said = refuse(checks.design_errors, [0.1], 1e-300)
    assert "standard_error: expected at least 1e-100 of the largest difference" in said


def test_the_smallest_conclusive_study_is_conclusive_and_one_fewer_is_not():
    n = checks.smallest_conclusive_mean(-0.1, 1, 1, 1e6)
    for people, is_conclusive in ((n, True), (n - 1, False)):
        found = checks.welch_from_summary(-0.1, 1, people, 0, 1, 1e6)
        assert (found.upper < 0) is is_conclusive


@pytest.mark.parametrize("difference", [0.0, 1e-9])
def test_no_study_is_large_enough_for_no_difference(difference):
    with pytest.raises(CannotAnswerError, match="no number of participants"):
        checks.smallest_conclusive_mean(difference, 1, 1, 100)


@pytest.mark.parametrize("adjust", [checks.holm, checks.benjamini_hochberg])
def test_adjusted_p_values_keep_their_order_and_never_fall(adjust):
    p_values = np.array([0.03, 0.001, 0.2, 0.03, 1.0, 0.0])
    found = adjust(p_values)
    assert (found >= p_values).all()
    assert found.max() <= 1
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(found[order]) >= 0).all()
    shuffled = adjust(p_values[::-1])[::-1]
    assert shuffled.tolist() == pytest.approx(found.tolist())
    assert adjust([0.04]).tolist() == [0.04]
    assert adjust([]).tolist() == []


def test_adjusted_p_values_by_hand():
    # Holm: 3 x 0.01, 2 x 0.03, and then no less; Benjamini-Hochberg: 3/1, 3/2, 3/3 of them
    assert checks.holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert checks.benjamini_hochberg([0.01, 0.04, 0.03]).tolist() == pytest.approx(
        [0.03, 0.04, 0.04]
    )


@pytest.mark.parametrize("value", [-0.1, 1.2, math.nan, "a", None])
def test_what_is_no_p_value_is_not_adjusted(value):
    for adjust in (checks.holm, checks.benjamini_hochberg):
        assert "p_values" in refuse(adjust, [0.1, value])
