import numpy as np
import pandas as pd
import pytest

from desist.design.balance import Balance, choose_standardiser, measure_balance
from desist.errors import InputError
from desist.estimands import Estimand


@pytest.fixture
def toy():
    """Two participants, three comparison people."""
    people = pd.DataFrame(
        {
            "age": [20.0, 30.0, 24.0, 26.0, 40.0],
            "flag": [1, 0, 1, 1, 0],
            "town": ["a", "b", "c", "a", "b"],
            "sex": ["f", "m", "m", "m", "f"],
            "code": [1, 2, 2, 2, 1],
        }
    )
    return people, np.array([True, True, False, False, False])


def row(balance, name):
    return balance.table.set_index("covariate").loc[name]


def test_balance_of_a_number_by_hand(toy):
    people, treated = toy
    weights = np.array([1.0, 1.0, 1.0, 2.0, 1.0])
    found = row(measure_balance(people, ("age",), frozenset(), treated, weights), "age")
    # treated: mean 25, variance 50; comparison before: mean 30, after (24 + 52 + 40) / 4 = 29
    assert found["mean_treated"] == 25
    assert found["mean_comparison_before"] == pytest.approx(30)
    assert found["mean_comparison"] == pytest.approx(29)
    assert found["smd_before"] == pytest.approx(-5 / np.sqrt(50))
    assert found["smd_after"] == pytest.approx(-4 / np.sqrt(50))
    # sum w (x-m)^2 = 25 + 18 + 121 = 164; sum w - sum w^2 / sum w = 4 - 6/4 = 2.5
    assert found["variance_ratio"] == pytest.approx(50 / (164 / 2.5))
    # after 26: treated 1/2, comparison 3/4
    assert found["ks"] == pytest.approx(0.5)
    assert found["ks_before"] == pytest.approx(0.5)
    assert found["word"] == "poorly matched"


def test_balance_of_a_binary_has_no_variance_ratio(toy):
    people, treated = toy
    found = row(measure_balance(people, ("flag",), frozenset(), treated, np.ones(5)), "flag")
    assert np.isnan(found["variance_ratio"])
    # sqrt(p(1-p)) = 1/2
    assert found["smd_after"] == pytest.approx((1 / 2 - 2 / 3) / 0.5)
    assert found["ks"] == pytest.approx(1 / 6)


def test_each_level_of_a_category_is_a_row_and_two_levels_are_one(toy):
    people, treated = toy
    balance = measure_balance(people, ("town", "sex", "code"), frozenset(), treated, np.ones(5))
    assert list(balance.table["covariate"]) == [
        "town[a]",
        "town[b]",
        "town[c]",
        "sex[m]",
        "code[2]",
    ]


def test_the_columns_of_the_table_are_fixed(toy):
    people, treated = toy
    columns = measure_balance(people, (), frozenset(), treated, np.ones(5)).table.columns
    assert list(columns[:9]) == [
        "covariate",
        "mean_treated",
        "mean_comparison_before",
        "mean_comparison",
        "smd_before",
        "smd_after",
        "variance_ratio",
        "ks",
        "word",
    ]


def test_the_standardiser_is_the_same_before_and_after_and_can_be_pooled(toy):
    people, treated = toy
    weights = np.array([1.0, 1.0, 1.0, 2.0, 1.0])
    pooled = np.sqrt((50 + 76) / 2)
    found = row(
        measure_balance(people, ("age",), frozenset(), treated, weights, standardiser="pooled"),
        "age",
    )
    assert found["smd_before"] == pytest.approx(-5 / pooled)
    assert found["smd_after"] == pytest.approx(-4 / pooled)


def test_multiplying_all_weights_by_ten_changes_nothing(toy):
    people, treated = toy
    weights = np.array([1.0, 1.0, 1.0, 2.0, 1.0])
    names = ("age", "flag", "town")
    first = measure_balance(people, names, frozenset(), treated, weights).table
    second = measure_balance(people, names, frozenset(), treated, 10 * weights).table
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize(
    ("difference", "word"),
    [
        (0.05, "well matched"),
        (0.0501, "reasonably matched"),
        (0.1, "reasonably matched"),
        (0.1001, "poorly matched"),
    ],
)
def test_words_have_their_limits_included(difference, word):
    # treated 0 and 2 (SD sqrt 2), comparison shifted by a share of it
    shift = difference * np.sqrt(2) * (1 - 1e-12)
    people = pd.DataFrame({"x": [0.0, 2.0, 1.0 - shift, 1.0 - shift - 1, 1.0 - shift + 1]})
    treated = np.array([True, True, False, False, False])
    balance = measure_balance(people, ("x",), frozenset(), treated, np.ones(5))
    assert balance.table["word"].tolist() == [word]
    assert balance.n_out_of_tolerance == (word == "poorly matched")


def test_balance_is_printed_in_words(toy):
    people, treated = toy
    balance = measure_balance(people, ("age", "flag"), frozenset(), treated, np.ones(5))
    assert repr(balance) == "Balance: 2 poorly matched; worst age (-0.707)"
    assert balance.worst == "age"
    assert balance.worst_difference == pytest.approx(-5 / np.sqrt(50))


def test_balance_without_covariates_says_so(toy):
    people, treated = toy
    balance = measure_balance(people, (), frozenset(), treated, np.ones(5))
    assert isinstance(balance, Balance)
    assert balance.worst is None
    assert np.isnan(balance.worst_difference)
    assert repr(balance) == "Balance: no covariates were named"


@pytest.mark.parametrize(
    ("estimand", "standardiser"),
    [
        (Estimand.ATT, "treated"),
        (Estimand.MATCHED_ATT, "treated"),
        (Estimand.ATC, "comparison"),
        (Estimand.ATE, "pooled"),
        (Estimand.ATO, "pooled"),
    ],
)
def test_the_people_asked_about_standardise(estimand, standardiser):
    assert choose_standardiser(estimand) == standardiser


def test_a_covariate_that_tells_the_arms_apart_completely_is_poorly_matched():
    people = pd.DataFrame({"female": [1.0, 1.0, 0.0, 0.0], "age": [30.0, 40.0, 30.0, 40.0]})
    treated = np.array([True, True, False, False])
    found = measure_balance(people, ("female", "age"), frozenset(), treated, np.ones(4))
    row = found.table.set_index("covariate").loc["female"]
    assert row["smd_after"] == np.inf
    assert row["word"] == "poorly matched"
    assert (found.worst, found.n_out_of_tolerance) == ("female", 1)


def measure_one(values, treated, weights=None, standardiser="treated"):
    people = pd.DataFrame({"x": values})
    weights = np.ones(len(values)) if weights is None else np.array(weights, float)
    treated = np.array(treated, bool)
    table = measure_balance(
        people, ("x",), frozenset(), treated, weights, standardiser=standardiser
    ).table
    return table.iloc[0]


@pytest.mark.parametrize("low", [0.1, 0.3, 1e-9, 1e9 + 0.1])
def test_a_covariate_that_varies_in_neither_arm_differs_infinitely(low):
    # the variance of ten times 0.1 is 2e-34 as computed
    row = measure_one([low + 1] * 10 + [low] * 7, [1] * 10 + [0] * 7)
    assert row["smd_before"] == row["smd_after"] == np.inf
    assert row["word"] == "poorly matched"
    assert measure_one([low] * 10 + [low + 1] * 7, [1] * 10 + [0] * 7)["smd_after"] == -np.inf


def test_participants_who_do_not_vary_are_standardised_by_both_arms():
    row = measure_one([0.1] * 10 + [0.2, 0.3, 0.4], [1] * 10 + [0] * 3)
    assert row["smd_before"] == pytest.approx((0.1 - 0.3) / np.sqrt((0 + 0.01) / 2))
    assert row["variance_ratio"] == 0
    other = measure_one([0.2, 0.3, 0.4] + [0.1] * 10, [1] * 3 + [0] * 10)
    assert other["variance_ratio"] == other["variance_ratio_before"] == np.inf


def test_means_that_differ_by_rounding_alone_are_balanced():
    # as within a prison where everybody has the same sentence
    weights = [0.1, 0.7, 0.3, 1 / 3, 1 / 7, 1 / 11]
    row = measure_one([0.1] * 6, [1] * 3 + [0] * 3, weights)
    assert row["smd_before"] == row["smd_after"] == 0.0


def test_an_unknown_standardiser_is_not_the_pooled_one():
    with pytest.raises(InputError, match="standardiser: expected one of treated, comparison, po"):
        measure_one([1.0, 2.0, 3.0], [1, 0, 0], standardiser="control")
