import numpy as np
import pandas as pd
import pytest

from desist.cohort.cohort import Cohort
from desist.design.design import build_design
from desist.design.matching.radius import RadiusMatching
from desist.design.missing import mark_missing
from desist.errors import InputError


def test_text_gets_a_level_and_numbers_an_indicator():
    people = pd.DataFrame(
        {
            "needs": ["high", None, "low"],
            "kind": pd.Categorical(["a", "b", None]),
            "age": [20.0, np.nan, 40.0],
            "prior": pd.array([1, 2, None], dtype="Int64"),
            "known": [1, 2, 3],
        }
    )
    marked = mark_missing(people, ["needs", "kind", "age", "prior", "known"])
    assert marked["needs"].tolist() == ["high", "not known", "low"]
    assert marked["kind"].tolist() == ["a", "b", "not known"]
    assert marked["age"].tolist() == [20, 30, 40]
    assert marked["age_missing"].tolist() == [0, 1, 0]
    assert marked["prior"].tolist() == [1, 2, 1.5]
    assert "known_missing" not in marked
    assert people["age"].isna().sum() == 1


def test_the_value_filled_in_does_not_change_the_score():
    rng = np.random.default_rng(0)
    people = pd.DataFrame(
        {
            "programme": rng.integers(0, 2, 200),
            "age": np.where(rng.random(200) < 0.2, np.nan, rng.normal(30, 5, 200)),
        }
    )
    marked = mark_missing(people, ["age"])
    other = marked.assign(age=marked["age"].where(marked["age_missing"] == 0, 99.0))
    scores = [
        build_design(
            Cohort(frame, treatment="programme"), "age + age_missing", method=RadiusMatching()
        ).scores.scores
        for frame in (marked, other)
    ]
    np.testing.assert_allclose(*scores, rtol=1e-9)


def test_bad_columns_are_named():
    people = pd.DataFrame({"age": [np.nan, np.nan], "n": [1, np.nan], "n_missing": [0, 1]})
    with pytest.raises(InputError) as caught:
        mark_missing(people, ["agee", "age", "n"])
    assert str(caught.value) == (
        "missing covariates: 3 faults\n"
        "  - columns: expected columns of the people, found 'agee'; did you mean 'age'?\n"
        "  - age: expected values for some people, found none; leave it out\n"
        "  - n: expected no companion yet, found a column n_missing; rename it"
    )
