"""How few further numbers have to be withheld: against an exact optimum, and against tau-argus."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp

from desist.suppression.bounds import find_breached
from desist.suppression.choose import choose_withheld
from desist.suppression.system import System, write_sums

LEAST = 10
REFERENCE = Path(__file__).parents[1] / "reference" / "suppression" / "tau_argus.json"
TABLES = json.loads(REFERENCE.read_text())


def choose(numbers, sums, **settings):
    primary = {name for name, n in numbers.items() if n < LEAST}
    return choose_withheld(
        numbers,
        sums,
        primary,
        wanted=lambda name: (name.startswith("|") + name.endswith("|"), numbers[name]),
        **settings,
    )


def release(numbers, sums, hidden):
    shown = {name: (n, n) for name, n in numbers.items() if name not in hidden}
    return System(shown, sorted(hidden), tuple(sums))


def find_optimum(numbers, sums, protection=5.0):
    """Count the fewest numbers to hide so that the small ones lie apart: every choice weighed."""
    names = list(numbers)
    primary = [name for name in names if numbers[name] < LEAST]
    rows = write_sums(sums, {name: at for at, name in enumerate(names)})
    n, k = len(names), 2 * len(primary)
    counts = np.array([numbers[name] for name in names], dtype=float)
    # unknowns: hidden or not, then an upper and a lower table for every small number
    size = n * (1 + k)
    constraints = []
    for table in range(k):
        block = np.zeros((len(sums), size))
        block[:, n * (1 + table) : n * (2 + table)] = rows
        constraints.append(LinearConstraint(block, 0, 0))
        moves = np.zeros((n, size))
        moves[:, n * (1 + table) : n * (2 + table)] = np.eye(n)
        for sign, bound in ((1.0, np.full(n, 300.0)), (-1.0, counts)):
            limit = sign * moves
            limit[:, :n] = -np.diag(bound)
            constraints.append(LinearConstraint(limit, -np.inf, 0))
    for at, name in enumerate(primary):
        apart = np.zeros(size)
        apart[n * (1 + 2 * at) + names.index(name)] = 1.0
        apart[n * (2 + 2 * at) + names.index(name)] = -1.0
        constraints.append(LinearConstraint(apart, protection, np.inf))
    cost = np.concatenate([np.ones(n), np.zeros(n * k)])
    lower = np.concatenate([np.zeros(n), np.full(n * k, -300.0)])
    lower[[names.index(name) for name in primary]] = 1.0
    upper = np.concatenate([np.ones(n), np.full(n * k, 300.0)])
    whole = np.concatenate([np.ones(n), np.zeros(n * k)])
    found = milp(cost, constraints=constraints, bounds=(lower, upper), integrality=whole)
    return None if found.x is None else round(found.fun)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(2, 40), min_size=6, max_size=6))
def test_hardly_more_is_withheld_than_by_the_best_of_all_choices(with_margins, sizes):
    cells = itertools.product("ab", "xyz")
    numbers, sums = with_margins(dict(zip(cells, sizes, strict=True)))
    hidden = choose(numbers, sums)
    optimum = find_optimum(numbers, sums)
    assert optimum is not None
    assert optimum <= len(hidden) <= max(1.2 * optimum, optimum + 1)


@pytest.mark.parametrize("at", range(2, len(TABLES), 5))
def test_hardly_more_is_withheld_than_by_tau_argus(at, with_margins):
    counts = {(row, column): n for row, column, n in TABLES[at]["counts"]}
    numbers, sums = with_margins(counts)
    hidden = choose(numbers, sums)
    theirs = len(TABLES[at]["FREQ(10,30)"])
    assert len(hidden) <= 1.2 * theirs
    assert find_breached(release(numbers, sums, hidden)) == ()


def test_with_sums_of_withheld_numbers_protected_no_more_is_withheld_than_by_tau_argus(
    with_margins,
):
    ours = theirs = 0
    for table in TABLES[1::3]:
        numbers, sums = with_margins({(row, column): n for row, column, n in table["counts"]})
        hidden = choose(numbers, sums, fewest=LEAST)
        ours, theirs = ours + len(hidden), theirs + len(table["FREQ(10,30)"])
        for total, parts in sums:
            rest = [numbers[name] for name in parts if name in hidden]
            assert total in hidden or not rest or sum(rest) >= LEAST
    assert ours <= theirs


def test_tau_argus_lets_some_numbers_be_found_within_five(with_margins):
    breached = 0
    for table in TABLES:
        numbers, sums = with_margins({(row, column): n for row, column, n in table["counts"]})
        hidden = {f"{row}|{column}" for row, column in table["FREQ(10,30)"]}
        breached += bool(find_breached(release(numbers, sums, hidden)))
    assert breached == 4


def test_nothing_is_withheld_where_nothing_is_small(with_margins):
    numbers, sums = with_margins({("a", "x"): 30, ("a", "y"): 40, ("b", "x"): 20, ("b", "y"): 10})
    assert choose(numbers, sums, fewest=LEAST) == frozenset()


def test_what_stands_elsewhere_is_never_withheld(with_margins):
    numbers, sums = with_margins({("a", "x"): 3, ("a", "y"): 40, ("b", "x"): 30, ("b", "y"): 20})
    fixed = {"|", "|x", "|y"}
    hidden = choose(numbers, sums, fewest=LEAST, fixed=fixed)
    assert not hidden & fixed
    assert find_breached(release(numbers, sums, hidden)) == ()


def test_everything_that_can_be_is_withheld_where_nothing_hides_a_number():
    numbers, sums = {"all": 43, "a": 3, "b": 40}, [("all", ("a", "b"))]
    hidden = choose_withheld(
        numbers, sums, {"a"}, wanted=lambda name: (numbers[name],), fixed={"all", "b"}
    )
    assert hidden == {"a"}


def test_several_small_numbers_that_are_few_together_take_another_with_them():
    numbers, sums = {"all": 47, "a": 2, "b": 5, "c": 40}, [("all", ("a", "b", "c"))]
    wanted = {"all": 2, "c": 1, "a": 0, "b": 0}
    primary = {"a", "b"}
    alone = choose_withheld(numbers, sums, primary, wanted=lambda name: (wanted[name],))
    assert alone == primary  # each lies between 0 and 7
    together = choose_withheld(numbers, sums, primary, wanted=lambda n: (wanted[n],), fewest=10)
    assert together == {"a", "b", "c"}
