"""The truth of a simulated cohort is what its formulas say, at their edges too."""

import math

import numpy as np
import pytest

from desist.cohort.outcomes import cut_outcomes, find_lost, read_outcomes
from desist.cohort.simulate import simulate_cohort
from desist.errors import InputError
from desist.estimands import Measure


def simulate(n_treated=20, n_comparison=60, **settings):
    return simulate_cohort(n_treated, n_comparison, rng=1, **settings)


@pytest.mark.parametrize("follow_up", [1, 30, 365])
@pytest.mark.parametrize("whole_days", [True, False])
def test_offences_reoffending_and_days_are_of_the_same_follow_up(follow_up, whole_days):
    outcomes = read_outcomes(simulate(400, 400, follow_up=follow_up, whole_days=whole_days).cohort)
    np.testing.assert_array_equal(outcomes.reoffended, outcomes.offences > 0)
    assert (outcomes.days[outcomes.reoffended] < follow_up).all()
    assert (outcomes.days[~outcomes.reoffended] == follow_up).all()
    assert (outcomes.days >= 0).all()
    if whole_days:
        assert (outcomes.days == np.floor(outcomes.days)).all()


def test_who_has_more_offences_has_the_first_one_sooner():
    outcomes = read_outcomes(simulate(2000, 2000, frequency=3.0).cohort)
    mean = {
        few: outcomes.days[outcomes.reoffended & ((outcomes.offences < 3) == few)].mean()
        for few in (True, False)
    }
    assert mean[False] < mean[True]


def test_no_effect_is_no_truth():
    for value in simulate(rate_ratio=1.0).truth.values():
        assert value == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("frequency", [1e-6, 0.5, 100.0])
@pytest.mark.parametrize("dispersion", [1e-6, 0.25, 1.0, 1e6])
def test_the_truth_is_possible_whatever_people_are_like(frequency, dispersion):
    simulated = simulate(frequency=frequency, dispersion=dispersion)
    for mean in simulated.means_of(simulated.cohort.treated).values():
        assert math.isfinite(mean.treated)
        assert math.isfinite(mean.comparison)
    means = simulated.means_of(simulated.cohort.treated)
    assert 0 < means[Measure.RATE].treated < means[Measure.RATE].comparison < 1
    assert means[Measure.FREQUENCY].comparison == pytest.approx(frequency)
    assert means[Measure.RMST].comparison < means[Measure.RMST].treated <= 365
    assert 0 < means[Measure.TIME_AMONG_REOFFENDERS].comparison < 365


def test_rare_offending_is_even_over_the_follow_up():
    means = simulate(frequency=1e-4, whole_days=False).means_of([1] * 80)
    assert means[Measure.TIME_AMONG_REOFFENDERS].comparison == pytest.approx(182.5, abs=0.1)


def test_people_who_are_alike_offend_by_the_negative_binomial_by_hand():
    simulated = simulate(1, 1, n_groups=0, dispersion=0.5, frequency=2.0, rate_ratio=0.25)
    means = simulated.means_of(simulated.cohort.treated)
    # one participant with mean 2: 1 - (1 + 2 / 0.5) ** -0.5, and with a quarter of it
    assert means[Measure.RATE].comparison == pytest.approx(1 - 5**-0.5)
    assert means[Measure.RATE].treated == pytest.approx(1 - 2**-0.5)
    assert means[Measure.FREQUENCY].difference == pytest.approx(-1.5)


def test_a_dispersion_of_1_is_the_limit_of_those_about_it():
    at, near = (simulate(dispersion=value, whole_days=False).truth for value in (1.0, 1.0 + 1e-9))
    for measure, value in at.items():
        assert near[measure] == pytest.approx(value, rel=1e-6)


def test_weights_times_ten_change_no_truth():
    simulated = simulate()
    weights = np.linspace(0, 1, 80)
    once, tenfold = (simulated.means_of(scale * weights) for scale in (1, 10))
    for measure, mean in once.items():
        assert tenfold[measure].treated == pytest.approx(mean.treated)
        assert tenfold[measure].comparison == pytest.approx(mean.comparison)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (["a"] * 80, "weights: expected one number for each of 80 people, found a list of 80"),
        ([1.0] * 79, "weights: expected one number for each of 80 people, found a list of 79"),
        (3, "weights: expected one number for each of 80 people, found 3"),
        ([0.0] * 80, "weights: expected numbers from 0 upwards, some above 0"),
        ([-1.0] + [1.0] * 79, "weights: expected numbers from 0 upwards"),
        ([math.nan] + [1.0] * 79, "weights: expected numbers from 0 upwards"),
    ],
)
def test_what_are_no_weights_is_refused(weights, message):
    with pytest.raises(InputError) as caught:
        simulate().means_of(weights)
    assert message in str(caught.value)


def test_all_settings_out_of_range_are_refused_together():
    with pytest.raises(InputError) as caught:
        simulate_cohort(
            0, 0, rng="x", rate_ratio=0, frequency=1e-300, dispersion=-1, confounding=math.nan
        )
    assert [fault.where for fault in caught.value.faults] == [
        "rate_ratio",
        "frequency",
        "dispersion",
        "n_treated",
        "n_comparison",
        "confounding",
        "rng",
    ]


def test_a_horizon_counts_what_happened_until_then_and_no_offences():
    outcomes = read_outcomes(simulate(400, 400).cohort)
    everybody = np.ones(800, dtype=bool)
    cut, reasons = cut_outcomes(outcomes, 100, everybody)
    assert list(reasons) == ["offences"]
    np.testing.assert_array_equal(cut.reoffended, outcomes.reoffended & (outcomes.days <= 100))
    assert cut.days.max() == 100
    whole, none = cut_outcomes(outcomes, 365, everybody)
    assert none == {}
    np.testing.assert_array_equal(whole.days, outcomes.days)


def test_who_was_followed_for_less_is_lost_unless_they_reoffended():
    outcomes = read_outcomes(simulate(400, 400).cohort)
    lost = find_lost(outcomes, 400)
    np.testing.assert_array_equal(lost, ~outcomes.reoffended)
    _, reasons = cut_outcomes(outcomes, 400, np.ones(800, dtype=bool))
    assert (
        f"{int(lost.sum()):,} people were followed for less than 400 days"
        in (reasons["reoffended"])
    )
