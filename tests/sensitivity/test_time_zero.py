import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.errors import InputError
from desist.sample import build_sample
from desist.sensitivity.time_zero import align_starts


def make_sample(starts, days, treated, follow_up=365.0):
    days = np.asarray(days, dtype=float)
    people = pd.DataFrame(
        {
            "programme": treated,
            "start": starts,
            "days": np.where(days < follow_up, days, np.nan),
            "reoffended": days < follow_up,
            "weight": 1.0,
        }
    )
    cohort = ds.Cohort(
        people, treatment="programme", reoffended="reoffended", days="days", follow_up=follow_up
    )
    design = ds.build_design(cohort, None, method=ds.GivenWeights("weight"))
    return build_sample(cohort, design)


def test_by_hand():
    # starts on days 10 and 100; a reoffence on day 50 counts for the first of them
    sample = make_sample(
        [10, 100, np.nan, np.nan, np.nan, np.nan],
        [200, 400, 50, 5, 300, 400],
        [1, 1, 0, 0, 0, 0],
    )
    found = align_starts(sample, "start").table["estimate"]
    assert found.tolist() == pytest.approx([0.5 - 0.75, 0.5 - 1.5 / 2.5])


def test_starts_at_once_change_nothing():
    rng = np.random.default_rng(1)
    treated = np.arange(200) < 60
    sample = make_sample(np.where(treated, 0.0, np.nan), rng.uniform(1, 700, 200), treated)
    first, second = align_starts(sample, "start").table[["estimate", "lower", "upper"]].to_numpy()
    assert first == pytest.approx(second)


def test_aligned_starts_take_the_bias_of_immune_days_away():
    rng = np.random.default_rng(2)
    covered = naive = 0
    for _ in range(200):
        days = rng.exponential(300, 1200)
        starts = rng.uniform(0, 150, 1200)
        # whoever is free when a place comes up takes it: no effect at all
        treated = (rng.random(1200) < 0.3) & (days > starts)
        table = align_starts(make_sample(np.where(treated, starts, np.nan), days, treated), "start")
        first, second = table.table[["lower", "upper"]].to_numpy()
        naive += first[0] <= 0 <= first[1]
        covered += second[0] <= 0 <= second[1]
    assert covered > naive
    assert naive < 100


def test_starts_have_to_be_there_and_before_a_reoffence():
    sample = make_sample([10, np.nan, 300, np.nan], [200, 400, 100, 400], [1, 1, 1, 0])
    with pytest.raises(InputError) as error:
        align_starts(sample, "start")
    said = [str(fault) for fault in error.value.faults]
    assert (
        "expected days from 0 and below 365 for every participant, found 1 other, row 2" in said[0]
    )
    assert "no reoffence before the programme began, found 1 other, row 3" in said[1]
    with pytest.raises(InputError, match="start: expected a column of the cohort"):
        align_starts(sample, "begin")
