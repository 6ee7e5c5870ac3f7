"""What is no study is refused in words: every fault, and nothing raw."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from desist.errors import InputError
from desist.inference.engines import Nuts
from desist.models.priors import Normal
from desist.synthesis import PoolingPriors, leave_one_out, pool_effects, pool_rates

ESTIMATES, ERRORS = [0.1, 0.2, 0.4], [0.1, 0.2, 0.1]
COUNTS = ([1, 2], [10, 10], [3, 4], [10, 10])
NO_COLUMNS = [
    None,
    "0.1, 0.2, 0.4",
    b"123",
    0.3,
    np.array(0.3),
    [],
    [["0.1"], ["0.2"], ["0.4"]],
    [[0.1, 0.2], [0.3]],
    np.ones((3, 1)),
    pd.DataFrame({"a": [0.1, 0.2, 0.3]}),
    {0.1, 0.2, 0.4},
    {"a": 0.1, "b": 0.2, "c": 0.4},
    (value for value in (0.1, 0.2, 0.4)),
    ["0.1", "0.2", "0.4"],
    [0.1, "0.2", 0.4],
    [0.1, None, 0.4],
    [0.1, np.nan, 0.4],
    [0.1, np.inf, 0.4],
    [True, False, True],
    np.array([True, False, True]),
    [0.1, 0.2j, 0.4],
    [0.1, Decimal("0.2"), 0.4],
    [0.1, 10**400, 0.4],
    [0.1, 1e200, 0.4],
    pd.Series([0.1, None, 0.4], dtype="Float64"),
    pd.to_datetime(["2020-01-01"] * 3),
    [0.1, 0.2],
    list(range(1, 2000)),
    Ellipsis,
    float,
]


def refuse(call, *arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    assert caught.value.faults
    return str(caught.value)


@pytest.mark.parametrize("column", NO_COLUMNS, ids=lambda value: type(value).__name__)
def test_what_is_no_column_of_estimates_is_refused(column):
    assert "estimates: " in refuse(pool_effects, column, ERRORS).replace(", standard_errors", ": ")
    refuse(leave_one_out, column, ERRORS)


@pytest.mark.parametrize(
    "column",
    [*NO_COLUMNS[:12], *NO_COLUMNS[13:], [0.1, 0.0, 0.1], [0.1, -0.2, 0.1], [0.1, 1e-200, 0.1]],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_column_of_errors_is_refused(column):
    assert "standard_errors" in refuse(pool_effects, ESTIMATES, column)


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize(
    "column",
    [None, "12", 3, [1], [1, "2"], [1, None], [1, 2.5], [1, -1], [1, True], [1, 1e300], [1, 11]],
)
def test_what_is_no_column_of_counts_is_refused(position, column):
    columns = [*COUNTS[:position], column, *COUNTS[position + 1 :]]
    if position in (1, 3) and column == [1, 11]:
        columns[position] = [1, 1]  # people fewer than their reoffenders
    refuse(pool_rates, *columns)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("estimator", None),
        ("estimator", ["reml"]),
        ("estimator", 1),
        ("interval", "Normal"),
        ("interval", {}),
        ("probability", "0.95"),
        ("probability", 1),
        ("probability", 0),
        ("probability", np.nan),
        ("probability", True),
        ("probability", None),
        ("probability", [0.95, 0.9]),
        ("labels", "abc"),
        ("labels", 3),
        ("labels", ["a", "b"]),
        ("labels", ["a", None, "c"]),
        ("labels", {"a": 1, "b": 2, "c": 3}),
    ],
)
def test_an_option_of_the_wrong_kind_is_refused_by_name(option, value):
    for call in (pool_effects, leave_one_out):
        assert option in refuse(call, ESTIMATES, ERRORS, **{option: value})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("priors", PoolingPriors),
        ("priors", None),
        ("priors", {"effect": 1}),
        ("engine", "nuts"),
        ("engine", Nuts),
        ("probability", 95),
        ("probability", "high"),
        ("labels", "ab"),
        ("labels", [1.5, 2.5]),
        ("seed", "2017"),
        ("seed", -1),
        ("seed", 1.0),
        ("seed", None),
    ],
)
def test_an_option_of_the_meta_analysis_of_rates_is_refused_by_name(option, value):
    assert f"{option}: " in refuse(pool_rates, *COUNTS, **{option: value})


def test_columns_and_options_are_refused_together():
    said = refuse(pool_effects, [0.1, None], "x", estimator="ML", interval=1, probability=2)
    assert said.splitlines() == [
        "meta-analysis: 5 faults",
        "  - standard_errors: expected a list of numbers, one for each study, found 'x'",
        "  - estimates: expected finite numbers, found 1 other, row 2",
        "  - estimator: expected one of reml, ml, dl, pm, eb, sj, he, hs, equal, found 'ML'",
        "  - interval: expected one of knapp_hartung, knapp_hartung_truncated, normal, found 1",
        "  - probability: expected a number above 0 and below 1, found 2",
    ]


@pytest.mark.parametrize(
    "column",
    [
        tuple(ESTIMATES),
        np.array(ESTIMATES),
        np.array(ESTIMATES, dtype=np.float32),
        pd.Series(ESTIMATES, index=[7, 3, 5]),
        pd.Series(ESTIMATES, dtype="Float64"),
        [np.float64(value) for value in ESTIMATES],
        np.array(ESTIMATES, dtype=object),
        range(3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_numbers_in_any_list_are_taken(column):
    assert pool_effects(column, ERRORS).n_studies == 3


def test_a_prior_of_the_wrong_kind_is_refused():
    said = refuse(PoolingPriors, effect=1.5, heterogeneity=Normal(0, 1), baseline=Normal)
    assert "effect: expected a prior such as Normal(0, 1.5), found 1.5" in said
    assert "heterogeneity: expected a prior such as HalfNormal(0.5), found a Normal" in said
    assert "baseline: expected a prior such as Normal(0, 10), found the class Normal" in said
