"""Which groups may be told of: small ones may not, nor what would give them away."""

import pytest

from desist.effects.groups import GroupRow, GroupTable
from desist.estimands import Measure
from desist.evaluation.groups import withhold_groups


def make_table(sizes, n_groups=None):
    rows = tuple(
        GroupRow(level, *of, share=0.1, raw=0.0, estimate=0.0, lower=-0.1, upper=0.1,
                 probability_of_benefit=0.5)
        for level, of in sizes.items()
    )  # fmt: skip
    n_groups = len(rows) if n_groups is None else n_groups
    return GroupTable("prison", Measure.RATE, 0.95, rows, n_groups, 0.1, 0.0, 0.2, 0.6)


def levels(table):
    return [row.level for row in table.rows]


def test_groups_with_enough_people_and_reoffenders_are_all_shown():
    table = make_table({"Ash": (30, 50, 12), "Bay": (40, 60, 10)})
    assert withhold_groups(table) == table


@pytest.mark.parametrize("small", [(9, 90, 9), (30, 9, 9), (30, 50, 9)])
def test_a_small_group_takes_the_next_smallest_with_it(small):
    sizes = {"Ash": (30, 80, 12), "Bay": small, "Cole": (25, 60, 11), "Dee": (50, 90, 20)}
    found = withhold_groups(make_table(sizes))
    assert levels(found) == ["Ash", "Dee"]
    assert (found.n_groups, found.n_withheld) == (4, 2)


def test_withheld_groups_are_together_at_least_ten_people_of_either_arm():
    sizes = {"Ash": (3, 80, 2), "Bay": (4, 70, 2), "Cole": (25, 60, 11), "Dee": (50, 90, 20)}
    assert levels(withhold_groups(make_table(sizes))) == ["Dee"]


def test_no_group_is_shown_where_two_cannot_hide_each_other():
    assert levels(withhold_groups(make_table({"Ash": (5, 80, 2), "Bay": (50, 70, 12)}))) == []


def test_stricter_rules_need_no_second_group_where_others_were_withheld_before():
    table = make_table({"Ash": (30, 80, 12), "Cole": (25, 60, 11)}, n_groups=4)
    assert levels(withhold_groups(table, people=28)) == ["Ash"]


def test_withheld_groups_are_together_at_least_ten_reoffenders():
    # 60 people of either arm, of whom at least 2 + 3 reoffended
    sizes = {"Ash": (30, 80, 2), "Bay": (30, 70, 3), "Cole": (35, 90, 11), "Dee": (50, 90, 20)}
    assert levels(withhold_groups(make_table(sizes))) == ["Dee"]
