"""Gaussian elimination: which hidden numbers follow exactly from the shown ones."""

import numpy as np
import pytest

from desist.suppression.span import eliminate, find_determined, hide_by_elimination

COUNTS = {("a", "x"): 3, ("a", "y"): 40, ("b", "x"): 30, ("b", "y"): 20}


def test_a_hidden_part_of_a_shown_total_follows():
    sums = [("all", ("a", "b"))]
    assert find_determined({"a"}, sums, ["all", "a", "b"]) == {"a"}
    assert find_determined({"a", "b"}, sums, ["all", "a", "b"]) == frozenset()


def test_nothing_follows_where_nothing_is_hidden():
    assert find_determined(set(), [("all", ("a", "b"))], ["all", "a", "b"]) == frozenset()


def test_four_corners_of_a_table_hide_each_other_and_three_do_not(with_margins):
    numbers, sums = with_margins(COUNTS)
    corners = {"a|x", "a|y", "b|x", "b|y"}
    assert find_determined(corners, sums, list(numbers)) == frozenset()
    for one in corners:
        assert find_determined(corners - {one}, sums, list(numbers)) == corners - {one}


def test_a_number_that_follows_over_two_sums_is_found():
    # a + b is shown, a + c is shown, and so is b + c: three equations in three unknowns
    sums = [("ab", ("a", "b")), ("ac", ("a", "c")), ("bc", ("b", "c"))]
    names = ["ab", "ac", "bc", "a", "b", "c"]
    assert find_determined({"a", "b", "c"}, sums, names) == {"a", "b", "c"}
    assert find_determined({"a", "b", "c", "bc"}, sums, names) == frozenset()


def test_elimination_keeps_the_solutions():
    rows = np.array([[1.0, 1.0, 0.0, -1.0], [1.0, 0.0, 1.0, -1.0], [2.0, 1.0, 1.0, -2.0]])
    reduced = eliminate(rows)
    assert reduced == pytest.approx(np.array([[1.0, 0.0, 1.0, -1.0], [0.0, 1.0, -1.0, 0.0]]))


def test_what_is_wanted_most_is_shown_first(with_margins):
    numbers, sums = with_margins(COUNTS)
    ordered = sorted(numbers, key=lambda name: (name.count("|"), numbers[name]), reverse=True)
    totals_first = sorted(ordered, key=lambda name: -(name[0] == "|") - (name[-1] == "|"))
    assert hide_by_elimination({"a|x"}, sums, totals_first) == {"a|x", "a|y", "b|x", "b|y"}


def test_what_stands_elsewhere_is_not_hidden(with_margins):
    numbers, sums = with_margins(COUNTS)
    fixed = ["|", "a|", "b|", "|x", "|y", "b|y"]
    ordered = [*fixed, *(name for name in numbers if name not in fixed)]
    hidden = hide_by_elimination({"a|x"}, sums, ordered, len(fixed))
    assert not hidden & set(fixed)
