import numpy as np
import pytest

import desist as ds
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Measure
from desist.sensitivity.placebo import (
    Placebo,
    _choose,
    _Pipeline,
    apply_bias,
    estimate_bias,
    placebo_programmes,
)

from .effects import draw_rates, make_effect


@pytest.fixture(scope="module")
def cohort():
    return ds.simulate_cohort(60, 400, rng=2, frequency=1.5, n_groups=8, rate_ratio=0.4).cohort


@pytest.fixture(scope="module")
def design(cohort):
    return ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))


@pytest.fixture(scope="module")
def found(cohort, design):
    return placebo_programmes(cohort, design, n_programmes=60, seed=3)


def test_nobody_who_took_part_is_in_a_placebo_programme(cohort, design):
    pipeline = _Pipeline(ds.build_sample(cohort, design), Measure.RATE, None, 60, None)
    chosen = _choose(pipeline, ~cohort.treated, np.random.default_rng(1))
    assert chosen.sum() == 60
    assert not (chosen & cohort.treated).any()


def test_a_placebo_by_group_stays_in_as_many_groups(cohort, design):
    from dataclasses import replace

    treated = cohort.covariates["prison"].isin(["prison 1", "prison 2"]).to_numpy() & cohort.treated
    people = cohort.people.assign(programme=treated)
    two = ds.Cohort(people, **vars(cohort.roles))
    made = replace(design, treated=treated, people_mark=None)  # as if made of them
    pipeline = _Pipeline(ds.build_sample(two, made), Measure.RATE, "prison", 30, None)
    chosen = _choose(pipeline, ~treated, np.random.default_rng(1))
    assert cohort.covariates["prison"][chosen].nunique() == 2


def test_where_nothing_is_to_find_few_intervals_exclude_nothing(found):
    assert found.false_positives < 0.15
    assert found.size == 60
    assert "5 would be expected" in found.sentence
    assert found.bias_interval[0] <= found.bias[1] <= found.bias_interval[1]


def test_a_model_can_be_fitted_each_time(cohort, design):
    model = ds.RateModel(covariates=None, groups=())
    found = placebo_programmes(cohort, design, n_programmes=10, seed=3, model=model)
    plain = placebo_programmes(cohort, design, n_programmes=10, seed=3)
    gap = found.table["estimate"] - plain.table["estimate"]
    assert gap.abs().max() < 0.01


def test_a_bias_that_is_known_is_found():
    rng = np.random.default_rng(4)
    errors = np.full(300, 0.04)
    estimates = rng.normal(0.02, np.hypot(0.04, 0.06), 300)
    means, spreads, biases = estimate_bias(estimates, errors, rng)
    assert np.mean(means) == pytest.approx(0.02, abs=0.012)
    assert np.median(spreads) == pytest.approx(0.06, abs=0.01)
    assert np.std(biases) == pytest.approx(0.06, abs=0.01)


def test_a_bias_widens_and_moves_an_effect(found):
    effect = draw_rates(83, 13, 1000, 278)
    table = apply_bias(effect, found).table
    widths = table["upper"] - table["lower"]
    assert widths.iloc[1] > widths.iloc[0]
    assert table["estimate"].iloc[1] == pytest.approx(
        table["estimate"].iloc[0] - found.draws.mean(), abs=0.003
    )
    with pytest.raises(InputError, match="placebo: expected one of the frequency"):
        apply_bias(make_effect(1.0, 2.0, Measure.FREQUENCY), found)


def test_too_few_people_are_refused(cohort, design):
    with pytest.raises(CannotAnswerError, match="of 400 comparison people 300 cannot stand"):
        placebo_programmes(cohort, design, n_programmes=10, size=300)


def test_what_can_hardly_be_made_is_refused_with_the_reason(cohort, design):
    with pytest.raises(CannotAnswerError, match=r"most often because .*too few groups"):
        placebo_programmes(cohort, design, n_programmes=10, by="prison")


def test_faults_are_listed(cohort, design):
    with pytest.raises(InputError) as error:
        placebo_programmes(cohort, design, n_programmes=1, by="wing", size=0, seed=-1)
    assert len(error.value.faults) == 4
    assert repr(Placebo(1, 2)) == "Placebo(seed=1, number=2)"
