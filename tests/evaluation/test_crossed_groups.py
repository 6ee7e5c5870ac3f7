"""Groups within groups: small ones do not follow from those of another grouping."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from desist.evaluation.crossed_groups import CrossedCounts, cross_groups, hide_crossed

A, B, C, D = (("prison", name) for name in "ABCD")
NORTH, SOUTH = ("region", "North"), ("region", "South")
CELLS = {"a": [A, NORTH], "b": [B, NORTH], "c": [C, SOUTH], "d": [D, SOUTH]}


def count(**numbers):
    return CrossedCounts(CELLS, [numbers])


def test_a_prison_is_not_what_its_region_leaves():
    counts = count(a=5, b=30, c=20, d=40)
    # A and C hide each other among prisons, but North less B is A
    hidden = hide_crossed(counts, frozenset({A}), frozenset({A, C}))
    assert hidden == {A, B}


def test_a_region_goes_where_its_prisons_are_few_together():
    hidden = hide_crossed(count(a=3, b=4, c=30, d=40), frozenset({A, B, NORTH}), frozenset({A, B}))
    assert {A, B, NORTH} <= hidden
    assert SOUTH in hidden  # all less South is North


def test_nothing_more_is_hidden_where_prisons_of_a_region_hide_each_other():
    counts = count(a=5, b=30, c=20, d=40)
    assert hide_crossed(counts, frozenset({A, B}), frozenset({A, B})) == {A, B}


def test_the_numbers_of_every_outcome_are_protected():
    # 35 people of North are many, but only 6 of them reoffended
    people = {"a": 15, "b": 20, "c": 20, "d": 40}
    reoffenders = {"a": 2, "b": 4, "c": 12, "d": 20}
    counts = CrossedCounts(CELLS, [people, reoffenders])
    hidden = hide_crossed(counts, frozenset({A, B}), frozenset({A, B}))
    assert hidden > {A, B}


@pytest.mark.parametrize("is_known", [True, False])
def test_people_who_are_not_used_are_in_no_cell(is_known):
    people = pd.DataFrame({"prison": ["A", "A", "B", "C"], "region": ["N", "N", "N", "S"]})
    happened = np.array([True, False, True, True])
    sample = SimpleNamespace(
        cohort=SimpleNamespace(people=people),
        used=np.array([True, True, True, False]),
        treated=np.array([True, False, False, False]),
        within=SimpleNamespace(reoffended=happened if is_known else None),
    )
    counts = cross_groups(sample, ["prison", "region"])
    assert list(counts.cells.values()) == [
        [("prison", "A"), ("region", "N")], [("prison", "B"), ("region", "N")],
    ]  # fmt: skip
    numbers = [list(one.values()) for one in counts.numbers]
    assert numbers == (
        [[1, 0], [1, 0], [0, 0], [1, 1], [0, 1], [1, 0]] if is_known else [[1, 0], [1, 1]]
    )
