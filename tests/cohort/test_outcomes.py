"""The one door to the outcomes."""

from pathlib import Path

import numpy as np

from desist.cohort import cohort as cohort_module
from desist.cohort.cohort import Cohort
from desist.cohort.outcomes import count_outcomes, read_outcomes


def test_outcomes_are_read_in_the_order_of_the_rows(people, roles):
    outcomes = read_outcomes(Cohort(people, **roles))
    assert outcomes.reoffended.tolist() == [False, True, False, True, False, False, True, False]
    assert outcomes.offences.tolist() == [0, 1, 0, 3, 0, 0, 2, 0]
    assert outcomes.offences.dtype == np.int64


def test_those_without_a_reoffence_are_censored_at_the_end_of_their_follow_up(people, roles):
    people["followed"] = [300.0, 365, 365, 365, 200, 365, 365, 365]
    people.loc[2, "days"] = np.nan
    outcomes = read_outcomes(Cohort(people, **roles | {"follow_up": "followed"}))
    assert outcomes.days.tolist() == [300, 0, 365, 120, 200, 365, 365, 365]
    assert outcomes.time_at_risk.tolist() == people["followed"].tolist()


def test_outcomes_that_a_cohort_does_not_have_are_none(people):
    outcomes = read_outcomes(Cohort(people, treatment="programme"))
    assert (outcomes.reoffended, outcomes.offences, outcomes.days) == (None, None, None)
    assert repr(outcomes) == "Outcomes(n_people=8, known: none)"


def test_the_repr_of_outcomes_shows_nobody(people, roles):
    outcomes = read_outcomes(Cohort(people, **roles))
    assert repr(outcomes) == "Outcomes(n_people=8, known: reoffended, offences, days)"


def test_outcomes_are_counted_by_arm(people, roles):
    table = count_outcomes(Cohort(people, **roles))
    assert table.loc["treated"].tolist() == [3, 1, 1, 0]
    assert table.loc["comparison"].tolist() == [5, 2, 5, 242.5]


def test_counts_are_missing_where_the_cohort_does_not_know(people):
    table = count_outcomes(Cohort(people, treatment="programme"))
    assert table["n_people"].tolist() == [3, 5]
    assert table.drop(columns="n_people").isna().all(axis=None)


def test_no_module_that_a_design_needs_imports_the_outcomes():
    folder = Path(cohort_module.__file__).parent
    lines = "from desist.cohort.outcomes import"
    assert not [path.stem for path in folder.glob("*.py") if lines in path.read_text()]
