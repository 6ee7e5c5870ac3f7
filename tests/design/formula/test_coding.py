"""Categories are coded by contrasts, and numbers are left as they are."""

import numpy as np
import pytest

from desist.design.formula.coding import Category, Numbers

CODES = np.array([0, 1, 2, 1])


def code(kind="treatment", base=None, *, reduced=True, n_levels=3):
    made = Category(CODES, n_levels, kind, base).code(reduced=reduced)
    return {label: values.tolist() for label, values in made.items()}


def test_numbers_are_the_same_beside_the_intercept():
    numbers = Numbers({"[1]": np.array([1.5, 2.5]), "[2]": np.array([0.0, 1.0])})
    assert numbers.width == 2
    assert numbers.code(reduced=True) is numbers.code(reduced=False)


def test_without_the_intercept_each_level_has_a_column():
    indicators = {"[0]": [1, 0, 0, 0], "[1]": [0, 1, 0, 1], "[2]": [0, 0, 1, 0]}
    for kind in ("treatment", "sum", "helmert", "poly", "diff"):
        assert code(kind, reduced=False) == indicators


def test_levels_are_compared_with_the_first_or_the_one_named():
    assert code() == {"[T.1]": [0, 1, 0, 1], "[T.2]": [0, 0, 1, 0]}
    assert code(base=1) == {"[T.0]": [1, 0, 0, 0], "[T.2]": [0, 0, 1, 0]}


def test_sums_compare_each_level_but_the_last_with_the_mean():
    assert code("sum") == {"[S.0]": [1, 0, -1, 0], "[S.1]": [0, 1, -1, 1]}


def test_helmert_compares_each_level_with_those_before():
    assert code("helmert") == {"[H.1]": [-1, 1, 0, 1], "[H.2]": [-1, -1, 2, -1]}


def test_differences_compare_each_level_with_the_one_before():
    made = code("diff")
    assert made["[D.1]"] == pytest.approx([-2 / 3, 1 / 3, 1 / 3, 1 / 3])
    assert made["[D.2]"] == pytest.approx([-1 / 3, -1 / 3, 2 / 3, -1 / 3])


def test_polynomials_are_orthonormal_over_the_levels():
    made = code("poly")
    assert list(made) == ["[.L]", "[.Q]"]
    levels = np.array([made["[.L]"][:3], made["[.Q]"][:3]])
    assert levels @ levels.T == pytest.approx(np.eye(2), abs=1e-12)
    assert levels[0] == pytest.approx([-(0.5**0.5), 0, 0.5**0.5], abs=1e-12)


@pytest.mark.parametrize("kind", ["treatment", "sum", "helmert", "poly", "diff"])
def test_a_category_of_one_level_is_the_intercept(kind):
    one = Category(np.zeros(4, dtype=np.intp), 1, kind)
    assert one.code(reduced=True) == {}
    assert [values.tolist() for values in one.code(reduced=False).values()] == [[1.0] * 4]


def test_no_zero_has_a_sign():
    for kind in ("treatment", "sum", "helmert", "poly", "diff"):
        for values in Category(CODES, 3, kind).code(reduced=True).values():
            assert not np.signbit(values[values == 0]).any()


def test_a_coded_column_may_be_changed_without_changing_the_next():
    first = Category(CODES, 3).code(reduced=True)
    first["[T.1]"][:] = 9.0
    assert code()["[T.1]"] == [0, 1, 0, 1]
