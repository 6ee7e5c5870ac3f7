from dataclasses import replace

import numpy as np
import pytest

import desist as ds
from desist.datasets import making_connections
from desist.errors import CannotAnswerError, InputError
from desist.models.priors import Normal
from desist.sample import build_sample
from desist.sensitivity._days import cover_bounds
from desist.sensitivity._trimming import Reoffending
from desist.sensitivity.published_bounds import bound_published_effect
from desist.sensitivity.selection import bound_time_of_cohort
from desist.sensitivity.stratum import model_principal_stratum
from desist.sensitivity.time_bounds import (
    bound_people,
    bound_time_effect,
)

# Four of ten participants reoffend, and eight of ten comparison people.
DAYS = np.array([10.0, 20, 30, 40, *[0] * 6, 10, 20, 30, 40, 50, 60, 70, 80, 0, 0])
REOFFENDED = np.array([1] * 4 + [0] * 6 + [1] * 8 + [0] * 2, dtype=bool)
TREATED = np.arange(20) < 10


def people(cells=None, treated=TREATED):
    cells = np.zeros(20, dtype=int) if cells is None else np.asarray(cells)
    return Reoffending(DAYS, REOFFENDED, treated, np.full(20, 0.1), cells)


@pytest.fixture(scope="module")
def sample():
    cohort = ds.simulate_cohort(200, 1000, rng=3, frequency=1.5, rate_ratio=0.5).cohort
    return build_sample(cohort, ds.build_design(cohort, "age + copas", method=ds.RadiusMatching()))


def test_bounds_by_hand():
    found = bound_people(people())
    assert (found.lower, found.upper) == pytest.approx((25 - 65, 25 - 25))
    assert found.descriptive == pytest.approx(25 - 45)
    assert (found.direction, found.share) == ("prevents", 0.5)


def test_half_of_the_reoffenders_caused_by_hand():
    # two treated and two comparison reoffenders would either way
    row = bound_people(people(), caused=[0.0, 0.5]).table.iloc[1]
    assert (row["lower"], row["upper"]) == pytest.approx((15 - 75, 35 - 15))


def test_cells_by_hand():
    # the early ones of either arm are one cell, with half the comparison reoffenders each
    cells = [0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1]
    found = bound_people(people(cells))
    # in each cell two of four would either way: 15 to 35 days, and 55 to 75
    assert (found.lower, found.upper) == pytest.approx((25 - 55, 25 - 35))


def test_exchanging_the_arms_turns_the_bounds_round():
    found, turned = bound_people(people()), bound_people(people(treated=~TREATED))
    assert turned.direction == "causes"
    assert (turned.lower, turned.upper) == pytest.approx((-found.upper, -found.lower))
    assert turned.interval == pytest.approx((-found.interval[1], -found.interval[0]))


def test_the_bounds_are_those_without_error(sample):
    found, plain = bound_time_effect(sample), bound_time_of_cohort(sample)
    assert (found.lower, found.upper) == pytest.approx(plain.difference)
    assert found.interval[0] < found.lower
    assert found.upper < found.interval[1]


def test_errors_are_those_of_the_bootstrap(sample):
    found = bound_time_effect(sample)
    rng = np.random.default_rng(5)
    drawn = []
    for _ in range(300):
        weights = sample.weights * rng.exponential(size=len(sample.weights))
        again = build_sample(sample.cohort, replace(sample.design, weights=weights))
        drawn.append(bound_time_of_cohort(again).difference)
    ratios = np.array(found.errors) / np.std(drawn, axis=0)
    assert ratios.max() < 1.25, ratios  # HC3 errors are the larger ones
    assert ratios.min() > 0.95, ratios


def test_the_scale_of_the_weights_changes_nothing(sample):
    design = replace(sample.design, weights=10 * sample.design.weights)
    again = bound_time_effect(build_sample(sample.cohort, design))
    assert again.interval == pytest.approx(bound_time_effect(sample).interval)


def test_cells_are_never_wider_and_those_that_matter_tighten(sample):
    risk = np.asarray(sample.cohort.covariates["copas"])
    cells = np.digitize(risk, np.quantile(risk[sample.treated], [0.5]))
    plain, tight = bound_time_effect(sample), bound_time_effect(sample, cells=cells)
    assert tight.upper - tight.lower <= plain.upper - plain.lower + 1e-9


def test_bounds_widen_with_the_share_that_was_caused(sample):
    table = bound_time_effect(sample).table
    assert table["lower"].is_monotonic_decreasing
    assert table["upper"].is_monotonic_increasing


def test_rates_against_the_direction_are_capped_and_said():
    found = bound_people(people(treated=~TREATED), "prevents")
    assert found.share == 1
    assert "everybody is taken to reoffend either way" in found.notes[0]


def test_the_interval_of_bounds_has_its_two_limits():
    wide = cover_bounds(-100.0, 100.0, (1.0, 2.0), 1e9, 0.95)
    assert wide == pytest.approx((-100 - 1.644854, 100 + 2 * 1.644854), abs=1e-5)
    point = cover_bounds(3.0, 3.0, (1.0, 1.0), 1e9, 0.95)
    assert point == pytest.approx((3 - 1.959964, 3 + 1.959964), abs=1e-5)
    assert cover_bounds(1.0, 2.0, (0.0, 0.0), 9, 0.95) == (1.0, 2.0)


def test_the_report_may_be_selection_alone():
    found = bound_published_effect(making_connections())
    assert (found.table["lower"] < 0).all()
    assert (found.table["interval_lower"] < found.table["lower"]).all()
    assert (found.table["interval_upper"] > 0).all()
    assert "68 days sooner; under 3 of 3 shapes of the days" in found.sentence


def test_a_tilt_without_a_limit_reaches_the_bounds(sample):
    plain = bound_time_effect(sample)
    for tilt, edge in ((-200.0, plain.upper), (200.0, plain.lower)):
        prior = Normal(tilt, 0.01)
        found = model_principal_stratum(sample, prior=prior, n_draws=300, seed=1)
        assert found.table["estimate"].iloc[0] == pytest.approx(edge, abs=8)


def test_without_a_tilt_it_is_the_descriptive_difference(sample):
    found = model_principal_stratum(sample, prior=Normal(0, 1e-6), n_draws=400, seed=1)
    plain = bound_time_effect(sample)
    assert found.table["estimate"].iloc[0] == pytest.approx(plain.descriptive, abs=8)
    wide = model_principal_stratum(sample, prior=Normal(0, 3), n_draws=400, seed=1)
    assert np.ptp(wide.table[["lower", "upper"]]) > np.ptp(found.table[["lower", "upper"]])


def test_faults_are_named(sample):
    with pytest.raises(InputError) as error:
        bound_time_effect(sample, direction="both", caused=[0.5], probability=2)
    assert len(error.value.faults) == 3
    with pytest.raises(InputError, match="cells: expected a whole number for each of"):
        bound_time_effect(sample, cells=[1, 2])
    with pytest.raises(CannotAnswerError, match="make fewer cells"):
        bound_time_effect(sample, cells=np.arange(len(sample.weights)))
