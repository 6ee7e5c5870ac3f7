"""A checksum of people tells others, and another order, from those it was made of."""

import numpy as np
import pandas as pd
import pytest

from desist.design.marks import mark_people

TREATED = np.array([True, False, True, False])
PEOPLE = pd.DataFrame(
    {"age": [20, 31, 44, 52], "place": ["Send", "Élan", None, "Send"], "score": [0.5, np.nan, 1, 2]}
)


def test_the_same_people_have_the_same_mark():
    assert mark_people(TREATED, PEOPLE) == mark_people(TREATED, PEOPLE.copy())


def test_the_mark_of_these_people_stays():
    assert mark_people(TREATED, PEOPLE.drop(columns="score").fillna("none")) == 3_472_938_306


@pytest.mark.parametrize("column", ["age", "place", "score"])
def test_another_value_gives_another_mark(column):
    other = PEOPLE.copy()
    other.loc[3, column] = other.loc[0, column] if column != "place" else "Élan"
    assert mark_people(TREATED, other) != mark_people(TREATED, PEOPLE)


def test_another_order_gives_another_mark():
    order = [2, 1, 0, 3]
    assert mark_people(TREATED[order], PEOPLE.iloc[order]) != mark_people(TREATED, PEOPLE)


def test_a_gap_is_no_level():
    filled = PEOPLE.assign(place=PEOPLE["place"].fillna("Send"))
    assert mark_people(TREATED, filled) != mark_people(TREATED, PEOPLE)


@pytest.mark.parametrize("dtype", ["Int64", "float64", "int32"])
def test_a_number_is_the_same_in_any_storage(dtype):
    stored = PEOPLE.astype({"age": dtype})
    assert mark_people(TREATED, stored) == mark_people(TREATED, PEOPLE)


@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_text_is_the_same_in_any_storage(dtype):
    people = PEOPLE.drop(index=2)
    treated = TREATED[[0, 1, 3]]
    stored = people.astype({"place": dtype})
    assert mark_people(treated, stored) == mark_people(treated, people)


def test_sampling_weights_are_part_of_the_mark():
    weighted = mark_people(TREATED, PEOPLE, np.array([1.0, 2.0, 0.5, 0.5]))
    assert weighted != mark_people(TREATED, PEOPLE)
    assert weighted == mark_people(TREATED, PEOPLE, np.array([1.0, 2.0, 0.5, 0.5 + 1e-12]))
