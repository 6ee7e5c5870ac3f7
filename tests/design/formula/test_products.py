"""Terms become columns as formulaic makes them, to the last bit."""

import formulaic
import numpy as np
import pandas as pd
import pytest

from desist.design.formula import make_matrix, read_formula
from desist.design.formula.coding import Category, Numbers
from desist.design.formula.products import multiply_out, plan_products

TWO = Numbers({"": np.array([2.0, 3.0, 5.0])})
SEVEN = Numbers({"": np.array([7.0, 11.0, 13.0])})
SIDES = Category(np.array([0, 1, 1]), 2)
THIRDS = Category(np.array([2, 0, 1]), 3)


def multiply(terms, *factors):
    values, names = multiply_out(terms, factors, 3)
    return dict(zip(names, values.T.tolist(), strict=True))


def test_no_term_is_the_intercept_alone():
    assert multiply([]) == {"Intercept": [1.0, 1.0, 1.0]}


def test_numbers_are_multiplied_person_by_person():
    made = multiply([[0], [0, 1]], TWO, SEVEN)
    assert made["v0"] == [2.0, 3.0, 5.0]
    assert made["v0:v1"] == [14.0, 33.0, 65.0]


def test_products_stand_behind_what_they_are_of():
    assert list(multiply([[0, 1], [1]], TWO, SEVEN)) == ["Intercept", "v1", "v0:v1"]


def test_a_category_leaves_out_its_first_level_beside_the_intercept():
    made = multiply([[0], [1]], SIDES, THIRDS)
    assert list(made) == ["Intercept", "v0[T.1]", "v1[T.1]", "v1[T.2]"]
    assert made["v0[T.1]"] == [0.0, 1.0, 1.0]
    assert made["v1[T.2]"] == [1.0, 0.0, 0.0]


def test_a_slope_for_each_level_needs_all_levels_where_the_number_is_not_alone():
    assert list(multiply([[0, 1]], SIDES, TWO)) == ["Intercept", "v0[0]:v1", "v0[1]:v1"]
    assert list(multiply([[1], [0, 1]], SIDES, TWO)) == ["Intercept", "v1", "v0[T.1]:v1"]


def test_the_first_of_two_categories_varies_fastest():
    made = multiply([[0], [1], [0, 1]], SIDES, THIRDS)
    assert list(made)[4:] == ["v0[T.1]:v1[T.1]", "v0[T.1]:v1[T.2]"]
    assert made["v0[T.1]:v1[T.1]"] == [0.0, 0.0, 1.0]
    alone = multiply([[0, 1]], SIDES, THIRDS)
    assert list(alone)[-3:] == ["v0[T.1]:v1[0]", "v0[T.1]:v1[1]", "v0[T.1]:v1[2]"]


def test_each_column_is_stored_in_one_piece():
    values, _ = multiply_out([[0], [1]], [TWO, SIDES], 3)
    assert values.flags.f_contiguous
    assert values.shape == (3, 3)


def test_a_factor_without_columns_adds_none():
    assert list(multiply([[0], [1]], Numbers({}), TWO)) == ["Intercept", "v1"]


def test_a_plan_knows_places_and_nothing_of_anybody():
    assert plan_products(((0,), (0, 1)), (False, True)) == (
        ((0, False),),
        ((0, False), (1, True)),
    )
    assert plan_products(((0, 1),), (True, True)) == (((1, True),), ((0, True), (1, False)))


def test_a_plan_is_made_once_for_all_people():
    other = Numbers({"": np.array([0.5, 0.25, 0.125])})
    multiply([[0], [0, 1]], TWO, SIDES)
    asked = plan_products.cache_info()
    multiply([[0], [0, 1]], other, Category(np.array([1, 0, 1]), 2, "sum"))
    now = plan_products.cache_info()
    assert (now.hits, now.misses) == (asked.hits + 1, asked.misses)


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = 60
    return pd.DataFrame(
        {
            "age": rng.integers(18, 60, n),
            "x": rng.normal(size=n),
            "y": rng.normal(size=n),
            "z": rng.normal(size=n),
            "sex": rng.choice(["f", "m"], n),
            "race": rng.choice(["a", "b", "c", "d"], n),
            "k": rng.choice(["p", "q", "r"], n),
            "prison": pd.Categorical(rng.choice(["z", "y", "x"], n), categories=["z", "y", "x"]),
            "gang": rng.random(n) < 0.4,
        }
    )


@pytest.mark.parametrize(
    "formula",
    [
        "age + x",
        "sex",
        "sex + race + prison",
        "age * sex",
        "age : sex",
        "sex : race",
        "sex * race * prison",
        "sex : race : x",
        "race / sex",
        "x : y : z",
        "x : sex : y : z",
        "age : x + x : sex + sex : race",
        "(age + sex + race)**3",
        "prison + gang + gang : prison",
        "C(k) + C(k) : x",
        "C(k, contr.sum) * sex",
        "C(race, contr.helmert) + C(race, contr.helmert) : C(k)",
        "C(race, contr.poly) * x",
        "C(race, contr.diff) : sex",
        "C(race, contr.treatment(base='c')) * C(sex)",
        "C(race, contr.treatment(base='c')) : x",
        "C(race, contr.sum) : C(sex, contr.sum) : C(k, contr.poly)",
        "bs(age, df=4) * sex",
        "bs(age, df=3) : bs(x, df=3) : race",
        "poly(x, degree=2) + poly(x, degree=2) : race",
        "bs(age, df=3) : y : sex : z",
    ],
)
def test_columns_are_those_of_formulaic_to_the_last_bit(people, formula):
    read, faults = read_formula(formula, people, {})
    assert not faults
    made, faults = make_matrix(read, people)
    assert not faults
    expected = formulaic.model_matrix(formula, people.assign(gang=people["gang"] * 1.0))
    assert made.names == tuple(expected.columns)
    assert np.array_equal(made.values, np.asarray(expected, dtype=np.float64))
