"""What a cohort tells of its people, and what it keeps to itself."""

import json
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from desist.cohort.cohort import Cohort
from desist.errors import InputError


@pytest.fixture
def cohort(people, roles) -> Cohort:
    return Cohort(people, **roles)


def test_the_arms_are_counted(cohort):
    assert (cohort.n_people, cohort.n_treated, cohort.n_comparison) == (8, 3, 5)
    assert cohort.treated.tolist() == [True] * 3 + [False] * 5


def test_the_repr_shows_counts_only(cohort):
    assert repr(cohort) == "Cohort(n_people=8, n_treated=3, n_comparison=5)"


def test_covariates_are_the_columns_without_a_role_and_the_groups(cohort):
    assert list(cohort.covariates) == ["age", "ethnicity", "prison", "followed"]


def test_a_follow_up_column_is_no_covariate(people, roles):
    people["followed"] = [365, 365, 365, 365, 180, 365, 365, 365]
    cohort = Cohort(people, **roles | {"follow_up": "followed"})
    assert list(cohort.covariates) == ["age", "ethnicity", "prison"]
    assert cohort.time_at_risk.tolist() == [365, 365, 365, 365, 180, 365, 365, 365]


def test_one_follow_up_holds_for_everybody(cohort):
    assert cohort.time_at_risk.tolist() == [365.0] * 8


def test_people_are_numbered_without_their_identifiers(cohort):
    assert cohort.person_ids.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]


def test_settings_can_be_stored_and_make_the_same_cohort(cohort, people):
    settings = json.loads(json.dumps(cohort.settings()))
    assert settings == {
        "treatment": "programme",
        "person": "id",
        "reoffended": "reoffended",
        "offences": "offences",
        "days": "days",
        "follow_up": 365.0,
        "groups": ["prison"],
    }
    assert_frame_equal(Cohort(people, **settings).people, cohort.people)


def test_the_table_of_the_caller_is_never_changed(people, roles):
    before = people.copy(deep=True)
    cohort = Cohort(people, **roles)
    cohort.people.loc[0, "age"] = 99
    covariates = cohort.covariates
    covariates.loc[1, "age"] = 99
    cohort.treated[:] = False
    cohort.time_at_risk[:] = 0
    assert_frame_equal(people, before)
    assert cohort.people["age"].tolist()[:2] == [99, 41]
    assert cohort.n_treated == 3


def test_a_change_to_the_callers_table_does_not_reach_the_cohort(people, roles):
    cohort = Cohort(people, **roles)
    people.loc[0, "age"] = 99
    assert cohort.people["age"].iloc[0] == 23


def test_the_row_index_is_ignored(people, roles):
    shuffled = people.set_index(pd.Index([5, 5, 5, 1, 2, 3, "x", None]))
    assert_frame_equal(Cohort(shuffled, **roles).people, Cohort(people, **roles).people)


def test_columns_come_out_with_plain_types(people, roles):
    people["programme"] = people["programme"].astype("boolean")
    people["offences"] = people["offences"].astype("Int16")
    people["age"] = people["age"].astype("Int64")
    people["score"] = pd.array([1.5, None, 2, 2, 2, 2, 2, 2], dtype="Float32")
    people["asked"] = pd.array([True] * 8, dtype="boolean")
    people["boxed"] = pd.Series([1, 2, 3, 4, 5, 6, 7, None], dtype=object)
    types = Cohort(people, **roles).people.dtypes
    assert {str(types[name]) for name in ("programme", "reoffended", "asked")} == {"bool"}
    assert {str(types[name]) for name in ("offences", "age")} == {"int64"}
    assert {str(types[name]) for name in ("days", "score", "boxed")} == {"float64"}


def test_days_of_those_who_did_not_reoffend_are_blank_whether_given_or_not(cohort):
    blank = cohort.people["days"].isna().tolist()
    assert blank == [True, False, True, False, True, True, False, True]


def test_one_group_may_be_named_without_a_list(people, roles):
    assert Cohort(people, **roles | {"groups": "prison"}).groups == ("prison",)


def test_a_cohort_cannot_be_altered(cohort):
    with pytest.raises(FrozenInstanceError):
        cohort.treatment = "other"


def test_outcomes_are_optional(people):
    cohort = Cohort(people[["programme", "age"]], treatment="programme")
    assert cohort.settings()["reoffended"] is None
    assert list(cohort.covariates) == ["age"]


def test_a_thing_that_is_no_table_is_refused():
    with pytest.raises(InputError) as caught:
        Cohort({"programme": [1, 0]}, treatment="programme")
    assert str(caught.value) == (
        "cohort: 1 fault\n  - people: expected a pandas DataFrame, "
        "or the path of a CSV or Parquet file, found a dict of 1; make a pandas.DataFrame of it"
    )


def test_checking_a_person_takes_as_many_steps_whatever_the_number_of_people(
    people, roles, count_calls
):
    few, many = (
        pd.concat([people] * copies, ignore_index=True).assign(id=np.arange(8 * copies))
        for copies in (10, 700)
    )
    calls = [count_calls(lambda table=table: Cohort(table, **roles)) for table in (few, many)]
    assert (calls[1] - calls[0]) / (8 * 690) < 30
