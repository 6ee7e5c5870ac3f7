"""People and their design are joined once, and whoever takes both lets them be joined."""

from dataclasses import replace

import numpy as np
import pytest

import desist as ds
from desist.checks.designs.prognostic import check_prognostic
from desist.checks.people.bootstrap import redo_design
from desist.design.design import Design
from desist.effects.over_designs import estimate_effects_over_designs
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Estimand, Measure
from desist.models.court import count_court_outcomes
from desist.models.predictive.check import check_predictions
from desist.models.predictive.process import check_one_process
from desist.sample import build_sample, of_a_sample, read_sample
from desist.sensitivity.placebo import placebo_programmes
from desist.sensitivity.selection import bound_time_of_cohort

RATE = ds.RateModel(covariates=None, groups=())
DOORS = {
    "evaluate": ds.evaluate,
    "fit_model": lambda *given: ds.fit_model(RATE, *given, inference="laplace"),
    "run_checks": ds.checks.run_checks,
    "over_designs": lambda people, design: estimate_effects_over_designs(RATE, people, [design]),
    "prognostic": check_prognostic,
    "redo_design": redo_design,
    "court": count_court_outcomes,
    "time": bound_time_of_cohort,
    "placebo": placebo_programmes,
}


@pytest.fixture(scope="module")
def cohort():
    return ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort


@pytest.fixture(scope="module")
def design(cohort):
    return ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))


@pytest.fixture(scope="module")
def fit(cohort, design):
    return ds.fit_model(RATE, cohort, design, inference="laplace", seed=1)


def in_another_order(cohort):
    turned = cohort.people.iloc[::-1].reset_index(drop=True)
    return ds.Cohort(turned, **cohort.settings())


def followed_for(cohort, days):
    people = cohort.people.assign(followed=days)
    return ds.Cohort(people, **cohort.settings() | {"follow_up": "followed"})


@of_a_sample
def describe(sample, word="none", *, loud=False):
    return sample, word, loud


@of_a_sample
def describe_beside(fit, sample, word="none"):
    return fit, sample, word


@pytest.mark.parametrize("door", DOORS)
def test_every_door_refuses_the_same_people_in_another_order(door, cohort, design):
    with pytest.raises(InputError, match="design: expected one of this cohort") as error:
        DOORS[door](in_another_order(cohort), design)
    assert "build the design again from the cohort" in str(error.value)


@pytest.mark.parametrize("check", [check_predictions, check_one_process])
def test_predictive_checks_refuse_people_in_another_order(check, cohort, design, fit):
    with pytest.raises(InputError, match="design: expected one of this cohort"):
        check(fit, in_another_order(cohort), design)


def test_a_cohort_and_its_design_stand_for_their_sample(cohort, design):
    sample, word, loud = describe(cohort, design, "one", loud=True)
    assert (sample.cohort, sample.design) == (cohort, design)
    assert (word, loud) == ("one", True)


def test_they_may_be_named(cohort, design):
    for named in (
        describe(cohort=cohort, design=design, word="one"),
        describe(sample=cohort, design=design, word="one"),
        describe(cohort, design=design, word="one"),
    ):
        assert (named[0].design, named[1]) == (design, "one")


def test_a_sample_is_taken_as_it_is(cohort, design):
    sample = build_sample(cohort, design)
    assert describe(sample) == (sample, "none", False)
    assert describe(sample, "one") == (sample, "one", False)
    assert describe(sample=sample, word="one") == (sample, "one", False)
    assert describe(sample, design, "one") == (sample, "one", False)


def test_a_horizon_beside_a_cohort_is_that_of_the_sample(cohort, design):
    assert describe(cohort, design, horizon=180)[0].horizon == 180.0
    with pytest.raises(InputError, match="horizon: expected 365 or none, found 180"):
        describe(build_sample(cohort, design), horizon=180)


def test_what_stands_before_the_people_gives_its_horizon(cohort, design, fit):
    shorter = replace(fit, horizon=200.0)
    assert describe_beside(shorter, cohort, design)[1].horizon == 200.0
    assert describe_beside(fit=shorter, sample=cohort, design=design)[1].horizon == 200.0
    assert describe_beside("no fit", cohort, design, "one")[::2] == ("no fit", "one")


def test_a_sample_beside_another_design_is_refused(cohort, design):
    other = ds.build_design(cohort, "age", method=ds.RadiusMatching(0.2))
    with pytest.raises(InputError, match="design: expected none beside a sample"):
        read_sample(build_sample(cohort, design), other)
    with pytest.raises(InputError, match="design: expected none beside a sample"):
        describe(build_sample(cohort, design), other)


@pytest.mark.parametrize("given", [(), ("people",), (None, None), ([1, 2], "design")])
def test_what_is_neither_is_named(given):
    with pytest.raises(InputError) as error:
        describe(*given)
    said = str(error.value)
    assert "cohort: expected a Cohort" in said
    assert "design: expected a Design" in said


def test_the_follow_up_of_people_who_are_not_used_decides_nothing(cohort, design):
    days = np.where(design.weights > 0, 365.0, 20.0)
    people = cohort.people.assign(days=np.minimum(cohort.people["days"], days))
    same = ds.Cohort(people, **cohort.settings())
    shorter = followed_for(same, days)
    made = ds.build_design(shorter, "age + copas", method=ds.RadiusMatching(0.2))
    sample = build_sample(shorter, made)
    assert sample.horizon == 365.0
    assert sample.uncut == {}
    assert sample.followed_alike


def test_people_of_one_set_are_one_cluster_and_others_stand_alone(cohort):
    weights = np.ones(cohort.n_people)
    sets = np.full(cohort.n_people, -1)
    sets[:3] = (0, 0, 1)
    design = Design(weights, cohort.treated, Estimand.ATT, sets=sets)
    clusters = build_sample(cohort, design).clusters
    assert clusters[0] == clusters[1] != clusters[2]
    assert len(set(clusters.tolist())) == cohort.n_people - 1


def test_counts_are_of_those_with_weight(cohort):
    weights = np.zeros(cohort.n_people)
    treated, others = np.flatnonzero(cohort.treated), np.flatnonzero(~cohort.treated)
    weights[treated[:12]], weights[others[:30]] = 2.0, 0.5
    sample = build_sample(cohort, Design(weights, cohort.treated, Estimand.ATT))
    assert sample.count() == (12, 30)
    some = np.zeros(cohort.n_people, dtype=bool)
    some[[treated[0], treated[40], others[0], others[1]]] = True
    assert sample.count(some) == (1, 2)
    assert repr(sample) == "<Sample: 12 participants and 30 comparison people, 365 days, ATT>"


def test_a_bootstrap_is_of_the_horizon(cohort, design):
    short = build_sample(cohort, design, 180)
    found = redo_design(short, n_resamples=4, rng=1)
    assert set(found) == {Measure.RATE}  # offences are not dated
    happened = np.asarray(short.within.reoffended, dtype=float)
    weights, treated = design.weights, design.treated
    rates = [np.average(happened[arm], weights=weights[arm]) for arm in (treated, ~treated)]
    assert found[Measure.RATE].estimate == pytest.approx(rates[0] - rates[1])


def test_a_design_made_by_hand_cannot_be_made_again(cohort):
    by_hand = Design(np.ones(cohort.n_people), cohort.treated, Estimand.ATT)
    with pytest.raises((CannotAnswerError, InputError), match="made by a method"):
        redo_design(cohort, by_hand, n_resamples=4)
    with pytest.raises(InputError, match="one made by a method"):
        placebo_programmes(cohort, by_hand)
