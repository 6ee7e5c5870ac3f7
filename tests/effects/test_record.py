"""What an effect says of its own draws, by draws that are known."""

import math

import numpy as np
import pytest
import xarray as xr

from desist.effects._contrast import contrast
from desist.effects._error import find_errors
from desist.effects.effect import Effect, derive_measures, summarise_interval
from desist.errors import InputError, NotConvergedError
from desist.estimands import Estimand, Measure, Scale
from desist.inference.diagnostics import Diagnostics


def make(treated, comparison, measure=Measure.RATE, **more):
    arms = [np.atleast_2d(np.asarray(one, dtype=float)) for one in (treated, comparison)]
    parts = contrast(measure, *arms)
    diagnostics = Diagnostics("laplace", khat=0.1)
    return Effect(measure, Estimand.ATT, 83, 1000, **parts, diagnostics=diagnostics, **more)


DRAWS = np.linspace(0, 1, 101)


def test_a_difference_is_reported_but_for_the_hazard_ratio():
    rate = make([0.2, 0.4], [0.5, 0.5])
    assert rate.scale is Scale.DIFFERENCE
    assert rate.estimate == pytest.approx(-0.2)
    hazard = make([1.0, 2.0, 9.0], [2.0, 2.0, 3.0], Measure.HAZARD_RATIO)
    assert hazard.scale is Scale.RATIO
    assert hazard.treated is None
    assert hazard.estimate == pytest.approx(1.0)  # the median of 0.5, 1 and 3
    assert math.isnan(hazard.find_centre(hazard.treated))


def test_the_centre_of_a_leaning_posterior_is_what_it_is_said_to_be():
    treated, comparison = [0.1, 0.1, 0.7], [0.5, 0.5, 0.5]
    assert make(treated, comparison).estimate == pytest.approx(-0.2)
    assert make(treated, comparison, centre="median").estimate == pytest.approx(-0.4)
    with pytest.raises(InputError) as caught:
        make(treated, comparison, centre="mode", probability=95)
    assert [fault.where for fault in caught.value.faults] == ["probability", "centre"]


@pytest.mark.parametrize(
    ("measure", "treated", "comparison", "benefit"),
    [
        (Measure.RATE, [0.2, 0.6], [0.5, 0.5], 0.5),
        (Measure.FREQUENCY, [1.0, 2.0], [3.0, 3.0], 1.0),
        (Measure.RMST, [200.0, 300.0], [250.0, 250.0], 0.5),
        (Measure.TIME_AMONG_REOFFENDERS, [100.0, 90.0], [80.0, 80.0], 1.0),
        (Measure.HAZARD_RATIO, [1.0, 3.0], [2.0, 2.0], 0.5),
    ],
)
def test_the_benefit_of_a_measure_is_on_its_own_side(measure, treated, comparison, benefit):
    effect = make(treated, comparison, measure)
    assert effect.probability_of_benefit == benefit
    turned = make(comparison, treated, measure)
    assert turned.probability_of_benefit == pytest.approx(1 - benefit)


def test_a_margin_is_a_distance_from_no_difference():
    effect = make(0.5 - DRAWS / 2, np.full(101, 0.5))
    chances = [effect.probability_beyond(margin) for margin in (0.0, 0.1, 0.25, 0.5)]
    assert chances == [
        pytest.approx(100 / 101),
        pytest.approx(80 / 101),
        pytest.approx(50 / 101),
        0.0,
    ]
    hazard = make(DRAWS[1:], np.ones(100), Measure.HAZARD_RATIO)
    assert hazard.probability_beyond(0.5) == pytest.approx(0.49)


@pytest.mark.parametrize(
    ("measure", "margin", "message"),
    [
        (Measure.RATE, -0.1, "margin: expected a number of at least 0, found -0.1"),
        (Measure.RATE, 5, "from 0 and below 1, found 5; for 5 per 100 people write 0.05"),
        (Measure.RATE, 1, "a difference of proportions, from 0 and below 1, found 1"),
        (Measure.HAZARD_RATIO, 2, "a distance of a ratio below 1, from 0 and below 1, found 2"),
        (Measure.RMST, "5", "margin: expected a number of at least 0, found '5'"),
    ],
)
def test_a_margin_that_no_benefit_can_reach_is_refused(measure, margin, message):
    with pytest.raises(InputError) as caught:
        make([0.2, 0.3], [0.5, 0.5], measure).probability_beyond(margin)
    assert message in str(caught.value)


def test_a_margin_of_days_may_be_large():
    assert make([300.0, 310.0], [200.0, 200.0], Measure.RMST).probability_beyond(50) == 1.0


def test_odds_are_of_the_rate_alone_and_by_hand():
    assert make([0.2], [0.5]).odds_ratio.item() == pytest.approx(0.25)
    assert make([0.2], [0.5], Measure.FREQUENCY).odds_ratio is None


@pytest.mark.parametrize(
    ("treated", "comparison"),
    [([0.2, math.nan], [0.5, 0.5]), ([0.2, 0.2], [0.5, 0.0]), ([math.inf, 0.2], [0.5, 0.5])],
)
def test_no_draw_passes_that_is_not_a_number(treated, comparison):
    with pytest.raises(NotConvergedError, match="rate: 1 of its posterior draws is not a finite"):
        make(treated, comparison)


def test_the_interval_is_equal_tailed_and_wider_ones_hold_narrower():
    effect = make(DRAWS, np.full(101, 0.5))
    half = make(DRAWS, np.full(101, 0.5), probability=0.5)
    assert (half.interval.lower, half.interval.upper) == pytest.approx((-0.25, 0.25), abs=0.01)
    assert effect.interval.lower < half.interval.lower
    assert effect.interval.lower == pytest.approx(-effect.interval.upper)


def test_an_interval_that_ends_within_its_error_of_no_difference_excludes_nothing():
    near = make(0.5 - np.linspace(-0.001, 1, 101), np.full(101, 0.5), probability=0.9)
    assert near.interval.upper < 0
    assert not near.excludes_null
    far = make(np.linspace(0.1, 0.2, 101), np.full(101, 0.5))
    assert far.excludes_null


def test_the_error_of_an_interval_grows_as_draws_get_fewer():
    diagnostics = Diagnostics("laplace", khat=0.1)
    errors = [
        sum(find_errors(np.linspace(-1, 1, size)[None], 0.9, diagnostics))
        for size in (100, 1000, 10_000)
    ]
    assert errors[0] > errors[1] > errors[2] > 0


def test_a_constant_posterior_has_a_point_and_no_error():
    effect = make(np.full(50, 0.2), np.full(50, 0.5))
    assert (effect.interval.lower, effect.interval.upper) == pytest.approx((-0.3, -0.3))
    assert effect.errors == (0, 0)
    assert effect.excludes_null


def test_one_line_says_the_effect_its_scale_and_for_whom():
    assert repr(make(np.full(50, 0.2), np.full(50, 0.5))).startswith("<Effect on ")
    days = make(np.full(9, 100.0), np.full(9, 80.0), Measure.TIME_AMONG_REOFFENDERS)
    assert repr(days).startswith("<Description of ")
    assert repr(days).endswith("difference 20 (20 to 20), ATT>")


def test_the_measures_of_a_survival_curve_are_those_by_hand():
    # half reoffended by day 100, and on average they were free for 80 of 100 days
    averages = {
        "survival": np.array([[0.5]]),
        "log_survival": np.log([[0.5]]),
        Measure.RMST: np.array([[80.0]]),
    }
    found = derive_measures(averages, 100.0)
    assert found[Measure.RMST].item() == 80.0
    # of 80 days the other half had 50: 30 days for half of the people, 60 for a reoffender
    assert found[Measure.TIME_AMONG_REOFFENDERS].item() == pytest.approx(60.0)
    assert found[Measure.HAZARD_RATIO].item() == pytest.approx(-math.log(0.5))


@pytest.mark.parametrize("probability", [0.5, 0.95])
def test_the_interval_of_draws_does_not_know_their_chains(probability):
    flat = xr.DataArray(DRAWS[None], dims=("chain", "draw"))
    chains = xr.DataArray(DRAWS[:100].reshape(4, 25), dims=("chain", "draw"))
    one, four = (summarise_interval(draws, probability) for draws in (flat, chains))
    assert four.lower == pytest.approx(one.lower, abs=0.02)
    assert four.upper == pytest.approx(one.upper, abs=0.02)
