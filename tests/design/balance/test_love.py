import numpy as np
import pandas as pd
import pytest

from desist.design.balance import measure_balance
from desist.design.balance.love import draw_love_plot
from desist.design.design import build_design
from desist.design.weighting.by_score import OverlapWeights
from desist.errors import InputError


def test_the_love_plot_shows_before_and_after():
    people = pd.DataFrame({"age": [0.0, 2.0, 1.0, 1.0, 4.0], "flag": [1, 0, 1, 0, 0]})
    treated = np.array([True, True, False, False, False])
    balance = measure_balance(
        people, ("age", "flag"), frozenset(), treated, np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    )
    # age: (1 - 2) / sqrt(2) before, 0 after; flag: (1/2 - 1/3) / (1/2) before, 0 after
    assert draw_love_plot(balance, width=11).splitlines() == [
        "absolute standardised difference: o before, * after, | 0.1",
        "age   *|        o  0.707 -> 0.000",
        "flag  *|   o       0.333 -> 0.000",
        "      0         0.71",
    ]


def test_the_worst_covariate_comes_first(cohort, formula):
    design = build_design(cohort, formula, method=OverlapWeights())
    lines = draw_love_plot(design.balance).splitlines()
    assert lines[1].startswith("race[black]")
    assert len(lines) == 1 + 9 + 1
    assert len({line.index("->") for line in lines[1:-1]}) == 1


def test_unchanged_balance_is_one_mark():
    people = pd.DataFrame({"age": [0.0, 2.0, 1.0, 1.0, 4.0]})
    treated = np.array([True, True, False, False, False])
    balance = measure_balance(people, ("age",), frozenset(), treated, np.ones(5))
    assert draw_love_plot(balance).count("@") == 1


def test_no_covariates_make_no_plot():
    people = pd.DataFrame({"age": [0.0, 2.0, 1.0]})
    balance = measure_balance(people, (), frozenset(), np.array([True, False, False]), np.ones(3))
    assert draw_love_plot(balance) == "no covariates were named"


def test_an_infinite_difference_stands_at_the_right_end():
    people = pd.DataFrame({"prison": [1.0, 1.0, 0.0, 0.0], "age": [20.0, 40.0, 20.0, 45.0]})
    treated = np.array([True, True, False, False])
    balance = measure_balance(people, ("prison", "age"), frozenset(), treated, np.ones(4))
    first, second = draw_love_plot(balance, width=11).splitlines()[1:3]
    assert first.startswith("prison")
    assert first.endswith("infinite -> infinite")
    assert first.index("@") == second.index("  0.") - 1
    assert second.startswith("age")


@pytest.mark.parametrize("width", [0, 5, "40", None, 20.0, True, 10**9])
def test_the_width_of_a_love_plot_is_a_number_of_characters(width):
    people = pd.DataFrame({"age": [0.0, 2.0, 1.0]})
    treated = np.array([True, False, False])
    balance = measure_balance(people, ("age",), frozenset(), treated, np.ones(3))
    with pytest.raises(InputError) as caught:
        draw_love_plot(balance, width=width)
    assert [fault.where for fault in caught.value.faults] == ["width"]
