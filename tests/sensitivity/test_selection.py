from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from desist.cohort.cohort import Cohort
from desist.cohort.published import PublishedMeasure, PublishedStudy
from desist.datasets import making_connections
from desist.design.design import Design
from desist.errors import InputError, NoEventsError
from desist.estimands import Estimand, Measure
from desist.sensitivity.selection import (
    bound_published_time,
    bound_time,
    bound_time_of_cohort,
    mean_of_fastest,
)
from desist.sensitivity.shapes import AnyShape, ProcessShape, WeibullShape

NAN = np.nan

# Four of ten participants reoffend, and eight of ten comparison people: half would either way.
DAYS = [10, 20, 30, 40, *[NAN] * 6, 10, 20, 30, 40, 50, 60, 70, 80, NAN, NAN]
REOFFENDED = [1] * 4 + [0] * 6 + [1] * 8 + [0] * 2
TREATED = [1] * 10 + [0] * 10


def make_study(treated, comparison, *, days=(75.0, 142.9), frequency=None):
    """A published study of 100 and 1,000 people, with wide intervals."""
    lines = [
        PublishedMeasure(Measure.RATE, 100, 1000, treated, comparison, -0.9, 0.9, None, None),
        PublishedMeasure(Measure.TIME_AMONG_REOFFENDERS, 20, 200, *days, -365, 365, None, None),
    ]
    if frequency is not None:
        lines.append(PublishedMeasure(Measure.FREQUENCY, 100, 1000, *frequency, -9, 9, None, None))
    return PublishedStudy("toy", "only", "nowhere", tuple(lines))


def test_bounds_are_the_means_of_the_fastest_and_slowest_half_by_hand():
    found = bound_time(DAYS, REOFFENDED, TREATED)
    assert (found.trimmed, found.share) == ("comparison", 0.5)
    assert (found.lower, found.upper) == pytest.approx((25, 65))
    assert (found.treated, found.comparison) == pytest.approx((25, 45))
    assert found.difference == pytest.approx((-40, 0))
    assert found.may_be_selection


def test_the_arms_change_places_when_more_participants_reoffend():
    found = bound_time(DAYS, REOFFENDED, 1 - np.array(TREATED))
    assert (found.trimmed, found.share) == ("treated", 0.5)
    assert (found.lower, found.upper) == pytest.approx((25, 65))
    assert found.observed == pytest.approx(25)
    assert found.difference == pytest.approx((0, 40))
    assert found.assumption.startswith("the programme prevents nobody")
    assert "reoffenders in the treated group" in found.sentence
    assert "the comparison people who reoffended" in found.sentence


def test_equal_rates_leave_nothing_to_trim():
    found = bound_time([5, 9, 2, 4], [1, 1, 1, 1], [1, 1, 0, 0])
    assert found.share == 1
    assert (found.lower, found.upper) == (3, 3)
    assert not found.may_be_selection
    assert found.sentence.endswith(
        "outside these bounds, whose own sampling error is not included."
    )


def test_no_choice_of_people_lies_outside_the_bounds_and_two_choices_reach_them():
    rng = np.random.default_rng(3)
    days = rng.integers(0, 365, 9).astype(float)
    found = bound_time(
        np.r_[np.full(9, 50.0), days],
        np.r_[np.repeat([1, 0], [4, 5]), np.ones(9)],
        np.arange(18) < 9,
    )
    means = [np.mean(chosen) for chosen in combinations(days, 4)]
    assert found.share == pytest.approx(4 / 9)
    assert (found.lower, found.upper) == pytest.approx((min(means), max(means)))


def test_a_person_of_weight_three_counts_as_three_people():
    rng = np.random.default_rng(5)
    days, weights = rng.uniform(0, 365, 20), rng.integers(1, 4, 20)
    repeated = np.repeat(days, weights)
    for share in (0.1, 0.37, 0.9):
        assert mean_of_fastest(days, weights.astype(float), share) == pytest.approx(
            mean_of_fastest(repeated, np.ones(len(repeated)), share), rel=1e-12
        )


def test_weights_ten_times_as_large_and_rows_in_another_order_change_nothing():
    rng = np.random.default_rng(8)
    weights = rng.gamma(1.0, size=20)
    expected = bound_time(DAYS, REOFFENDED, TREATED, weights)
    order = rng.permutation(20)
    shuffled = bound_time(
        np.array(DAYS)[order],
        np.array(REOFFENDED)[order],
        np.array(TREATED)[order],
        10 * weights[order],
    )
    for name in ("share", "lower", "upper", "treated", "comparison"):
        assert getattr(shuffled, name) == pytest.approx(getattr(expected, name), rel=1e-12)


def test_a_cohort_is_bounded_under_the_weights_of_its_design():
    people = pd.DataFrame({"t": TREATED, "y": REOFFENDED, "d": DAYS})
    cohort = Cohort(people, treatment="t", reoffended="y", days="d")
    weights = np.where(np.arange(20) % 2, 1.0, 3.0)
    found = bound_time_of_cohort(cohort, Design(weights, cohort.treated, Estimand.ATT))
    assert found == bound_time(DAYS, REOFFENDED, TREATED, weights)
    without = Cohort(people[["t", "y"]], treatment="t", reoffended="y")
    with pytest.raises(InputError, match="expected a column of days, found none; give days= to"):
        bound_time_of_cohort(without, Design(weights, cohort.treated, Estimand.ATT))


def test_the_report_is_bounded_by_42_and_183_days_when_one_process_is_assumed():
    found = bound_published_time(making_connections(), shape=ProcessShape())
    assert found.share == pytest.approx(13 / 83 / 0.278)
    assert (round(found.lower), round(found.upper)) == (42, 183)
    assert found.treated == 75.0
    assert found.may_be_selection


def test_the_process_implies_116_days_where_the_report_prints_143():
    implied = ProcessShape().implied_mean(follow_up=365, rate=0.278, frequency=1.06)
    assert implied == pytest.approx(115.5, abs=0.05)
    assert making_connections().find(Measure.TIME_AMONG_REOFFENDERS).comparison == 142.9


@pytest.mark.parametrize(("k", "inside"), [(0.65, True), (1.0, True), (1.3, True), (1.5, False)])
def test_with_the_printed_mean_75_days_lie_inside_unless_the_hazard_rises_steeply(k, inside):
    found = bound_published_time(making_connections(), shape=WeibullShape(k))
    assert found.may_be_selection is inside
    # the means of the two parts average to the printed one
    rest = (found.comparison - found.share * found.lower) / (1 - found.share)
    assert found.lower < found.comparison < rest <= 365


def test_the_default_shape_is_exponential_and_says_so():
    found = bound_published_time(making_connections())
    assert found.sentence == (
        "If the programme causes nobody to reoffend who otherwise would not, 56 of 100 "
        "reoffenders in the comparison group would reoffend either way, and their mean lies "
        "between 67 and 215 days, given exponential days, truncated at the end of follow-up, "
        "with the printed mean. The mean of the participants who reoffended, 75 days, lies "
        "inside: the difference in time may be selection alone."
    )


def test_no_shape_leaves_what_any_shape_allows():
    study = making_connections()
    widest = bound_published_time(study, shape=AnyShape())
    share = 13 / 83 / 0.278
    assert (widest.lower, widest.upper) == pytest.approx((0, 142.9 / share))
    for shape in (WeibullShape(0.5), WeibullShape(), WeibullShape(3)):
        found = bound_published_time(study, shape=shape)
        assert widest.lower <= found.lower < found.upper <= widest.upper


def test_any_shape_puts_the_others_at_the_ends_of_follow_up():
    # a mean of 300 of 365 days: half of the people at 365 leave 235 for the others
    assert AnyShape().bound(0.5, mean=300, follow_up=365, rate=NAN, frequency=NAN) == pytest.approx(
        (235, 365)
    )


def test_exponential_bounds_equal_the_closed_form():
    # truncated at 1 with rate 2: mean 1/2 - 1/(e^2 - 1)
    mean = 0.5 - 1 / np.expm1(2)
    lower, _ = WeibullShape().bound(0.4, mean=mean, follow_up=1, rate=NAN, frequency=NAN)
    edge = -np.log1p(0.4 * np.expm1(-2)) / 2
    below = 0.5 - edge / np.expm1(2 * edge)
    assert lower == pytest.approx(below, abs=1e-9)


def test_a_mean_beyond_any_decreasing_density_is_still_matched():
    lower, upper = WeibullShape().bound(0.5, mean=250, follow_up=365, rate=NAN, frequency=NAN)
    assert (lower + upper) / 2 == pytest.approx(250, abs=1e-6)
    uniform = WeibullShape().bound(0.5, mean=182.5, follow_up=365, rate=NAN, frequency=NAN)
    assert uniform == pytest.approx((91.25, 273.75), abs=1e-6)


def test_process_bounds_equal_simulated_first_offences():
    rng = np.random.default_rng(1)
    dispersion, mean = 0.5, 0.8
    intensity = rng.gamma(dispersion, mean / dispersion, 400_000)
    first = 365 * rng.exponential(size=len(intensity)) / intensity
    reoffended = first <= 365
    rate = 1 - (1 + mean / dispersion) ** -dispersion
    assert reoffended.mean() == pytest.approx(rate, abs=0.003)
    lower, upper = ProcessShape().bound(0.6, mean=NAN, follow_up=365, rate=rate, frequency=mean)
    days = first[reoffended]
    assert lower == pytest.approx(mean_of_fastest(days, np.ones(len(days)), 0.6), abs=0.6)
    assert upper == pytest.approx(-mean_of_fastest(-days, np.ones(len(days)), 0.6), abs=0.6)


def test_a_published_rate_that_is_higher_with_the_programme_trims_the_participants():
    study = make_study(0.4, 0.3, days=(100.0, 120.0), frequency=(0.9, 0.5))
    found = bound_published_time(study)
    assert (found.trimmed, found.share) == ("treated", pytest.approx(0.75))
    assert found.lower < 100 < found.upper
    process = ProcessShape()
    assert bound_published_time(study, shape=process).lower == pytest.approx(
        process.bound(0.75, mean=NAN, follow_up=365, rate=0.4, frequency=0.9)[0]
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: bound_time([1, 2], [0, 1], [1, 0]),
            NoEventsError,
            "nobody in the treated arm reoffended, so that no time is known",
        ),
        (
            lambda: bound_time([1, 2, 3], [0, 2, NAN], [1, 0, 0]),
            InputError,
            "reoffended: expected 0 or 1, found 2 other, rows 2, 3",
        ),
        (
            lambda: bound_time([1, 2], [0, 1, 1], [1, 0]),
            InputError,
            "reoffended: expected 2 values, as many as days, found shape (3,)",
        ),
        (
            lambda: bound_published_time(make_study(0.0, 0.3)),
            NoEventsError,
            "a reoffending rate of 0 is printed",
        ),
        (
            lambda: bound_published_time(make_study(0.2, 0.3), follow_up=100),
            InputError,
            "comparison: expected a mean between 0 and 100 days, found 142.9",
        ),
        (
            lambda: bound_published_time(make_study(0.2, 0.3), shape=ProcessShape()),
            InputError,
            "frequency: expected offences per person above 0.357, as a rate of 0.3 implies with "
            "people who differ, found none printed",
        ),
        (
            lambda: bound_published_time(
                PublishedStudy("toy", "only", "nowhere", make_study(0.2, 0.3).measures[:1])
            ),
            InputError,
            "study: expected the time_among_reoffenders of both arms, found none printed",
        ),
        (lambda: WeibullShape(0.0), InputError, "k: expected a number above 0, found 0"),
        (
            lambda: bound_published_time(make_study(0.2, 0.3, days=(0.1, 0.1))),
            InputError,
            "mean: expected a mean that a Weibull shape of 1 can have in 365 days, found 0.1",
        ),
    ],
)
def test_what_cannot_be_bounded_is_refused(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("column", "bad"),
    [
        ("reoffended", [1, 2, 1, 2]),
        ("reoffended", ["yes", "no", "yes", "yes"]),
        ("reoffended", [1, np.nan, 1, 1]),
        ("treated", [1, 2, 1, 2]),
        ("treated", [0.5, 0, 1, 0]),
        ("days", [3, -1, 4, 5]),
        ("days", ["3", "1", "4", "5"]),
        ("days", [3, 1, 4]),
        ("weights", [1, 1, -1, 1]),
        ("weights", "all"),
    ],
)
def test_columns_of_bounds_are_read_as_those_of_the_checks(column, bad):
    given = {"days": [3, 1, 4, 5], "reoffended": [1, 1, 1, 1], "treated": [1, 0, 1, 0]}
    with pytest.raises(InputError, match=column):
        bound_time(**(given | {column: bad}))


def test_days_of_people_who_did_not_reoffend_are_not_looked_at():
    plain = bound_time([9, 1, 2, 3, 4], [0, 1, 1, 1, 1], [1, 1, 0, 0, 0])
    assert plain == bound_time([np.nan, 1, 2, 3, 4], [0, 1, 1, 1, 1], [1, 1, 0, 0, 0])


@pytest.mark.parametrize(
    "wrong", [{"follow_up": "365"}, {"follow_up": -1}, {"shape": WeibullShape}, {"shape": "any"}]
)
def test_settings_of_published_bounds_are_checked(wrong):
    with pytest.raises(InputError, match=f"{next(iter(wrong))}: expected"):
        bound_published_time(making_connections(), **wrong)
