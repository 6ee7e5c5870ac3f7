"""People who died, were deported or left early take nothing away but what cannot be had."""

import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.checks import kaplan_meier, run_checks
from desist.cohort.outcomes import read_outcomes
from desist.errors import InputError
from desist.estimands import Measure

pytestmark = pytest.mark.usefixtures("few_draws")

ROLES = {"treatment": "t", "person": "id", "reoffended": "y", "offences": "k", "days": "d"}
TIMES = {Measure.RMST, Measure.TIME_AMONG_REOFFENDERS, Measure.HAZARD_RATIO}


@pytest.fixture
def people() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    offences = rng.poisson(0.9, 240)
    days = np.where(offences > 0, np.ceil(rng.uniform(0, 365, 240)), np.nan)
    return pd.DataFrame(
        {
            "id": [f"SECRET-{i}" for i in range(240)],
            "t": np.r_[np.ones(60, int), np.zeros(180, int)],
            "age": rng.normal(35, 8, 240),
            "y": (offences > 0).astype(int),
            "k": offences,
            "d": days,
            "w": 1.0,
            "followed": 365.0,
        }
    )


def evaluate(people: pd.DataFrame, **settings):
    cohort = ds.Cohort(people, **ROLES, follow_up="followed")
    design = ds.build_design(cohort, "age", method=ds.GivenWeights("w"))
    return ds.evaluate(cohort, design, covariates=None, inference="laplace", **settings)


def free_people(people: pd.DataFrame, n: int) -> pd.Index:
    return people.index[(people["y"] == 0) & (people["t"] == 0)][:n]


def test_one_person_followed_for_less_takes_away_the_rate_alone(people):
    people.loc[free_people(people, 1), "followed"] = 201.0
    found = evaluate(people, horizon=365.0)
    assert {effect.measure for effect in found.effects} == TIMES | {Measure.FREQUENCY}
    assert found.unavailable == {
        Measure.RATE: "1 person was followed for less than 365 days without a reoffence, "
        "and what they did later is not known"
    }
    assert "201" not in repr(found) + "".join(found.warnings)


def test_the_checks_of_a_rate_say_why_they_cannot_be_made(people):
    people.loc[free_people(people, 3), "followed"] = 201.0
    cohort = ds.Cohort(people, **ROLES, follow_up="followed")
    design = ds.build_design(cohort, "age", method=ds.GivenWeights("w"))
    made = run_checks(cohort, design, horizon=365.0, rng=1, n_draws=49)
    rates = [check for check in made if check.measure is Measure.RATE]
    assert rates
    assert not any(check.applicable for check in rates)
    assert {check.reason for check in rates} == {
        "3 people were followed for less than 365 days without a reoffence, "
        "and what they did later is not known"
    }
    assert any(check.applicable for check in made if check.measure is Measure.RMST)


def test_whoever_reoffended_is_known_to_have_however_short_the_follow_up(people):
    again = people.index[people["d"] < 100][:5]
    people.loc[again, "followed"] = 200.0
    found, whole = evaluate(people, horizon=365.0), evaluate(people.assign(followed=365.0))
    rates = [each.effects[0] for each in (found, whole)]
    assert {rate.measure for rate in rates} == {Measure.RATE}
    assert rates[0].estimate == pytest.approx(rates[1].estimate, abs=1e-12)


def test_days_are_censored_where_follow_up_ends(people):
    early = free_people(people, 30)
    people.loc[early, "followed"] = 50.0
    outcomes = read_outcomes(ds.Cohort(people, **ROLES, follow_up="followed"))
    assert (outcomes.days[early] == 50).all()
    assert not outcomes.reoffended[early].any()
    arm = people["t"].to_numpy() == 0
    cut, free = (
        kaplan_meier(days[arm], outcomes.reoffended[arm])
        for days in (outcomes.days, np.where(outcomes.reoffended, outcomes.days, 365.0))
    )
    assert cut.survival[-1] < free.survival[-1]  # 315 free days each are not given away


def test_the_day_of_censoring_may_stand_among_the_days_too(people):
    early = free_people(people, 2)
    people.loc[early, "followed"] = 50.0
    given = people.assign(d=people["d"].mask(people.index.isin(early), 50.0))
    plain, stated = (ds.Cohort(p, **ROLES, follow_up="followed") for p in (people, given))
    assert np.array_equal(read_outcomes(plain).days, read_outcomes(stated).days)


def test_censored_days_without_a_follow_up_are_refused_with_the_way_out(people):
    people.loc[free_people(people, 1), "d"] = 201.0
    with pytest.raises(InputError, match=r"give each person's days .* \(follow_up=\)") as caught:
        ds.Cohort(people, **ROLES)
    assert "201" not in str(caught.value)


def test_without_a_horizon_the_number_of_people_followed_for_less_is_told(people):
    people.loc[free_people(people, 3), "followed"] = 201.0
    with pytest.raises(InputError, match="3 followed for less than others") as caught:
        evaluate(people)
    assert "201" not in str(caught.value)


@pytest.mark.parametrize("horizon", ["365", True, np.nan, [365], np.timedelta64(365, "D"), -1])
def test_a_horizon_of_the_wrong_kind_is_refused(people, horizon):
    with pytest.raises(InputError, match="horizon: expected a number above 0 or None"):
        evaluate(people, horizon=horizon)


def test_the_longest_follow_up_of_a_single_person_is_not_shown(people):
    people["followed"] = 365.0 + np.arange(240) / 7
    with pytest.raises(InputError, match="up to that which some of each arm") as caught:
        evaluate(people, horizon=1000)
    assert "373" not in str(caught.value)
