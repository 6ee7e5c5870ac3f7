"""A design does not know in which unit a covariate is given, within what numbers can hold."""

from contextlib import suppress

import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.errors import CannotAnswerError, InputError

RNG = np.random.default_rng(0)
PEOPLE = pd.DataFrame(
    {
        "programme": [1] * 20 + [0] * 40,
        "age": RNG.normal(35, 9, 60).round(1),
        "sex": RNG.choice(["m", "f"], 60),
        "again": RNG.integers(0, 2, 60),
    }
)
METHODS = [
    ds.RadiusMatching(0.2),
    ds.OptimalMatching(),
    ds.design.Subclassification(),
    ds.design.InverseProbability(),
    ds.design.OverlapWeights(),
    ds.EntropyBalancing(),
    ds.design.BalancingScore(),
    ds.design.ProbabilityTilting(),
]


def build(people, method, formula="age + sex"):
    return ds.build_design(
        ds.Cohort(people, treatment="programme", reoffended="again"), formula, method=method
    )


@pytest.mark.parametrize("method", METHODS, ids=lambda method: type(method).__name__)
@pytest.mark.parametrize("factor", [1e-12, 12.0, 1e12])
def test_weights_are_the_same_in_any_unit(method, factor):
    once = build(PEOPLE, method)
    other = build(PEOPLE.assign(age=PEOPLE["age"] * factor), method)
    np.testing.assert_allclose(other.weights, once.weights, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: type(method).__name__)
def test_weights_are_the_same_from_any_zero(method):
    once = build(PEOPLE, method)
    other = build(PEOPLE.assign(age=PEOPLE["age"] - 18), method)
    np.testing.assert_allclose(other.weights, once.weights, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: type(method).__name__)
def test_weights_are_the_same_for_other_names_of_levels(method):
    once = build(PEOPLE, method)
    other = build(PEOPLE.assign(sex=PEOPLE["sex"].map({"m": "a man", "f": "zz"})), method)
    np.testing.assert_allclose(other.weights, once.weights, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("factor", [1e150, 1e300, 1e-150, 1e-300])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: type(method).__name__)
def test_numbers_whose_squares_are_none_are_refused_and_not_called_balanced(method, factor):
    with pytest.raises(InputError) as caught:
        build(PEOPLE.assign(age=PEOPLE["age"] * factor), method)
    assert "formula, column age: expected numbers whose largest is from 1e-100 to 1e+100" in str(
        caught.value
    )
    assert "give them in another unit" in str(caught.value)


def test_a_power_beyond_numbers_is_refused_by_the_column_it_makes():
    people = PEOPLE.assign(age=PEOPLE["age"] * 1e60)
    with pytest.raises(
        InputError, match=r"formula, column I\(age \*\* 2\): expected numbers whose"
    ):
        build(people, ds.RadiusMatching(0.2), "age + I(age**2)")


@pytest.mark.parametrize("n_treated", [1, 19])
def test_an_arm_of_one_person_is_matched_or_said_to_be_too_small(n_treated):
    people = PEOPLE.iloc[19:] if n_treated == 1 else PEOPLE.iloc[:21]
    for method in (*METHODS, ds.ExactMatching()):
        with suppress(CannotAnswerError, InputError):  # too small for this method
            weights = build(people.reset_index(drop=True), method, "age").weights
            assert np.isfinite(weights).all()
            assert (weights >= 0).all()
