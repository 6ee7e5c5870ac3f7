"""The audit: limits within which a reader can find a withheld number."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desist.errors import CannotAnswerError
from desist.suppression.bounds import bound_numbers, find_breached
from desist.suppression.system import System

SUMS = (("all", ("a", "b", "c")),)


def test_limits_of_parts_of_a_total_by_hand():
    release = System({"all": (83, 83), "a": (70, 70)}, ["b", "c"], SUMS)
    assert bound_numbers(release, ["b"])["b"] == pytest.approx((0, 13))


def test_limits_of_a_rounded_total_reach_as_far_as_its_rounding():
    release = System({"all": (82.5, 83.5), "a": (70, 70), "b": (5, 5)}, ["c"], SUMS)
    assert bound_numbers(release, ["c"])["c"] == pytest.approx((7.5, 8.5))
    assert find_breached(release, 1.0) == ()
    assert find_breached(release, 1.1) == ("c",)


def test_a_category_of_six_among_83_is_found_from_whole_percentages():
    # three groups of 40, 37 and 6 people are printed as 48% and 45%, and the third is left out
    near = {"all": (83, 83), "a": (0.475 * 83, 0.485 * 83), "b": (0.445 * 83, 0.455 * 83)}
    least, most = bound_numbers(System(near, ["c"], SUMS), ["c"])["c"]
    assert least == pytest.approx(83 * 0.06)
    assert most == pytest.approx(83 * 0.08)
    assert find_breached(System(near, ["c"], SUMS)) == ("c",)


def test_numbers_that_cannot_be_are_refused():
    wrong = System({"all": (10, 10), "a": (20, 20)}, ["b", "c"], SUMS)
    with pytest.raises(CannotAnswerError, match="contradict each other"):
        bound_numbers(wrong, ["b"])
    with pytest.raises(CannotAnswerError, match="contradict each other"):
        find_breached(wrong)


def test_a_number_in_no_sum_can_be_anything():
    assert find_breached(System({"all": (10, 10)}, ["b"], ())) == ()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=4, max_size=4), st.sets(st.integers(0, 3)))
def test_limits_are_those_of_all_tables_counted_out(sizes, hidden):
    names = ["a", "b", "c", "d"]
    pairs = {"ab": (0, 1), "cd": (2, 3), "ac": (0, 2), "bd": (1, 3)}
    shown = {name: (sum(sizes[at] for at in of),) * 2 for name, of in pairs.items()}
    shown |= {names[at]: (sizes[at],) * 2 for at in range(4) if at not in hidden}
    sums = tuple((name, tuple(names[at] for at in of)) for name, of in pairs.items())
    withheld = [names[at] for at in sorted(hidden)]
    found = bound_numbers(System(shown, withheld, sums), withheld)
    tables = [
        table
        for table in itertools.product(range(25), repeat=4)
        if table[0] + table[1] == sizes[0] + sizes[1]
        and table[2] + table[3] == sizes[2] + sizes[3]
        and table[0] + table[2] == sizes[0] + sizes[2]
        and all(table[at] == sizes[at] for at in range(4) if at not in hidden)
    ] if hidden else []  # fmt: skip
    for at in hidden:
        values = [table[at] for table in tables]
        assert found[names[at]] == pytest.approx((min(values), max(values)))
