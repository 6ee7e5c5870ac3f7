"""Every public check reads its columns and settings in one way, and refuses what is not meant."""

import inspect

import numpy as np
import pandas as pd
import pytest

from desist import checks
from desist.checks.columns import Columns
from desist.design.weighting.equations import WeightEquations
from desist.errors import CannotAnswerError, InputError

N = 24
RNG = np.random.default_rng(8)
ARM = np.arange(N) % 2
EVENT = (np.arange(N) % 3 > 0).astype(int)
DAYS = np.where(EVENT == 1, np.arange(N) + 2.0, 60.0)
PLAIN = {
    "outcome": RNG.normal(size=N),
    "offences": np.arange(N) % 4,
    "reoffended": EVENT,
    "events": EVENT,
    "days": DAYS,
    "times": DAYS,
    "treated": ARM,
    "weights": RNG.exponential(size=N) + 0.2,
    "covariates": np.column_stack([ARM, RNG.normal(size=N)]),
    "clusters": np.arange(N) // 2,
    "second_clusters": np.arange(N) % 12,
    "strata": np.arange(N) % 3 // 2,
    "sets": np.arange(N) // 2,
    "set_weights": np.ones(N),
    "starts": np.zeros(N),
    "time_at_risk": np.full(N, 60.0),
    "values": np.linspace(0.1, 0.9, N),
    "probabilities": np.linspace(0.2, 0.8, N),
}
SETTINGS = {"horizon": 50.0, "radius": 0.2, "estimand": "ATT"}
OPTIONAL = ("weights", "clusters", "strata", "sets", "time_at_risk", "starts", "second_clusters")
CODES = ("reoffended", "events", "treated")
ONE_COVARIATE = ("standardised_difference", "rmst_regression")


def find_functions():
    """Every public function that takes columns, with columns that it can read."""
    found = {}
    for name in checks.__all__:
        function = getattr(checks, name)
        if not inspect.isfunction(function):
            continue
        parameters = inspect.signature(function).parameters
        if not {"treated", "events"} & parameters.keys():
            continue
        given = {key: value for key, value in (PLAIN | SETTINGS).items() if key in parameters}
        if name in ONE_COVARIATE:
            given["covariates"] = PLAIN["covariates"][:, 1]
        if "rng" in parameters:
            given["rng"] = 1
        for count in ("n_draws", "n_resamples"):
            if count in parameters:
                given[count] = 49
        found[name] = given
    return found


FUNCTIONS = find_functions()
COLUMNS = [(name, key) for name, given in FUNCTIONS.items() for key in given if key in PLAIN]
BAD_CODES = {
    "1 and 2": lambda v: v + 1,
    "2 for a death": lambda v: np.where(v == 1, np.where(np.arange(N) < 9, 2, 1), 0),
    "yes and no": lambda v: np.where(v == 1, "yes", "no"),
    "'0' and '1'": lambda v: v.astype(str),
    "missing": lambda v: np.where(np.arange(N) == 3, np.nan, v),
    "missing among objects": lambda v: pd.Series(v, dtype="Int64").mask(np.arange(N) == 3),
    "None": lambda v: np.where(np.arange(N) == 3, None, v),
    "a half": lambda v: np.where(np.arange(N) == 3, 0.5, v),
    "minus 1": lambda v: np.where(np.arange(N) == 3, -1, v),
    "dates": lambda v: np.array(v, dtype="datetime64[D]"),
    "complex": lambda v: v + 0j,
    "masked": lambda v: np.ma.masked_array(v, np.arange(N) == 3),
}
BAD_NUMBERS = {
    "text": lambda v: np.asarray(v).astype(str),
    "missing": lambda v: np.where(np.arange(N) == 3, np.nan, np.asarray(v, dtype=float)),
    "infinite": lambda v: np.where(np.arange(N) == 3, np.inf, np.asarray(v, dtype=float)),
    "one text among numbers": lambda v: [*list(v)[:-1], "40"],
    "dates": lambda _: np.array(np.arange(N), dtype="datetime64[D]"),
}
NOT_NEGATIVE = ("days", "times", "weights", "offences", "time_at_risk", "set_weights")
NUMBERS = ("outcome", "values", "probabilities", *NOT_NEGATIVE)
BAD_SHAPES = {
    "shorter": lambda v: np.asarray(v)[:-1],
    "empty": lambda v: np.asarray(v)[:0],
    "one number": lambda _: 1.0,
    "text": lambda _: "treated",
    "three axes": lambda v: np.asarray(v).reshape(len(v), -1, 1) * np.ones((1, 1, 2)),
    "ragged": lambda v: [[1], [1, 2], *([[1]] * (len(v) - 2))],
}


def call(name, **changed):
    return getattr(checks, name)(**(FUNCTIONS[name] | changed))


def test_most_public_functions_take_columns():
    assert len(FUNCTIONS) >= 30


@pytest.mark.parametrize("name", FUNCTIONS)
def test_columns_that_are_in_order_are_read(name):
    assert call(name) is not None


@pytest.mark.parametrize(("name", "key"), [pair for pair in COLUMNS if pair[1] in CODES])
def test_codes_other_than_0_and_1_are_refused(name, key):
    for spoil in BAD_CODES.values():
        with pytest.raises(InputError, match=f"{key}: expected 0 or 1, found"):
            call(name, **{key: spoil(PLAIN[key])})


@pytest.mark.parametrize(("name", "key"), [pair for pair in COLUMNS if pair[1] in NUMBERS])
def test_numbers_that_are_none_are_refused(name, key):
    for spoil in BAD_NUMBERS.values():
        with pytest.raises(InputError, match=f"- {key}: expected"):
            call(name, **{key: spoil(PLAIN[key])})


@pytest.mark.parametrize(("name", "key"), [pair for pair in COLUMNS if pair[1] in NOT_NEGATIVE])
def test_negative_days_weights_and_counts_are_refused(name, key):
    with pytest.raises(InputError, match=rf"{key}: expected .* row 4"):
        call(name, **{key: np.where(np.arange(N) == 3, -1.0, PLAIN[key])})


@pytest.mark.parametrize(("name", "key"), COLUMNS)
def test_columns_of_another_length_or_shape_are_refused(name, key):
    for kind, spoil in BAD_SHAPES.items():
        if key == "covariates" and kind == "text":
            continue
        with pytest.raises(InputError, match=key):
            call(name, **{key: spoil(PLAIN[key])})


@pytest.mark.parametrize(
    ("name", "key"),
    [pair for pair in COLUMNS if pair[1] in ("clusters", "strata", "sets", "second_clusters")],
)
def test_a_missing_label_is_refused(name, key):
    with pytest.raises(InputError, match=f"{key}: expected a label of each person's group"):
        call(name, **{key: np.where(np.arange(N) == 3, np.nan, PLAIN[key].astype(float))})


@pytest.mark.parametrize(
    "name", [n for n in FUNCTIONS if "weights" in FUNCTIONS[n] and n != "fit_weighted"]
)
def test_what_stands_in_a_row_without_weight_is_not_looked_at(name):
    weights = np.where(np.arange(N) >= N - 2, 0.0, PLAIN["weights"])
    spoilt = {
        key: np.where(weights > 0, value.astype(float), np.nan)
        for key, value in FUNCTIONS[name].items()
        if key in (*CODES, "outcome", "offences", "days", "times")
    }
    assert repr(call(name, weights=weights)) == repr(call(name, weights=weights, **spoilt))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_wrong_settings_are_refused_with_the_columns_faults(name):
    parameters = inspect.signature(getattr(checks, name)).parameters
    wrong = {
        "probability": [0, 1, 95, "0.95", np.nan, True, None],
        "horizon": [0, -1, "365", np.nan, np.inf, True],
        "rng": [-1, "seed", 1.5],
        "n_draws": [0, 1.5, "many", True],
        "n_resamples": [0, 1.5, "many", True],
        "kind": ["HC9", None, 3],
        "ties": ["exact", None],
        "family": ["gamma", None],
        "contrast": ["odds", None],
        "transform": ["log", None],
        "rho": [-1, "1", np.nan],
        "radius": [-1, "1", np.nan],
        "estimand": ["everybody", None],
        "target": ["nobody", None],
    }
    for key, values in wrong.items():
        for value in values if key in parameters else []:
            with pytest.raises(InputError, match=f"{key}: expected"):
                call(name, **{key: value})


@pytest.mark.parametrize(
    "name", [n for n in FUNCTIONS if not n.startswith("check_") and n != "read_arms"]
)
def test_an_arm_without_people_is_no_raw_error(name):
    if "treated" not in FUNCTIONS[name]:
        pytest.skip("takes one arm")
    for arm in (np.zeros(N), np.ones(N)):
        with pytest.raises(CannotAnswerError):
            call(name, treated=arm)


def test_all_faults_are_listed_together():
    with pytest.raises(InputError) as caught:
        checks.rmst_difference(
            [-1, 2, 3, "x"], [1, 2, 0, 1], [0, 1, 1], [1, np.nan, 1, 1], horizon=-5, probability=2
        )
    named = {fault.where for fault in caught.value.faults}
    assert named >= {"times", "events", "weights", "horizon", "probability"}
    assert any("one value for each person" in fault.expected for fault in caught.value.faults)


def test_a_code_is_shown_only_where_ten_people_share_it():
    many = [2] * 12 + [1] * 3
    with pytest.raises(InputError, match=r"found 12 other \(2\), rows 1, 2, 3, 4, 5 and 7 more"):
        checks.kaplan_meier(np.arange(15), many)
    few = np.r_[np.full(3, 53), np.ones(12)]
    with pytest.raises(InputError) as caught:
        checks.kaplan_meier(np.arange(15), few)
    assert "53" not in str(caught.value)


@pytest.mark.parametrize(
    "right",
    [
        EVENT.astype(bool),
        EVENT.astype(float),
        EVENT.astype(np.int8),
        list(EVENT),
        pd.Series(EVENT, index=np.arange(N) + 100),
        pd.Series(EVENT, dtype="Int64"),
        pd.Series(EVENT, dtype="boolean"),
        pd.Series(EVENT.astype(bool), dtype=object),
    ],
)
def test_every_way_to_write_0_and_1_means_the_same(right):
    expected = checks.kaplan_meier(DAYS, EVENT).survival
    np.testing.assert_array_equal(checks.kaplan_meier(DAYS, right).survival, expected)


def test_labels_may_be_words():
    words = np.array(["north", "south", "east"])[np.arange(N) % 3]
    codes = np.arange(N) % 3
    one = checks.clustered_difference(PLAIN["outcome"], ARM, clusters=words)
    assert one == checks.clustered_difference(PLAIN["outcome"], ARM, clusters=codes)


def test_truth_values_are_no_days():
    with pytest.raises(InputError, match="times: expected finite numbers"):
        checks.kaplan_meier(EVENT.astype(bool), DAYS > 30)


def test_nobody_is_a_fault_unless_a_reason_is_given():
    with pytest.raises(InputError, match="expected at least one person, found none"):
        checks.welch([], [])
    assert all(not check.applicable for check in checks.check_rate([], []))


def test_sets_of_minus_one_are_none():
    columns = Columns()
    assert columns.sets("sets", [7, -1, 7, 3]).tolist() == [0, -1, 0, 2]


@pytest.mark.parametrize(
    "record",
    [
        checks.kaplan_meier(DAYS + 0.125, EVENT),
        checks.read_arms(DAYS + 0.125, ARM),
        WeightEquations(DAYS[:, None] + 0.125, np.eye(1), DAYS[:, None] + 0.125),
    ],
)
def test_no_record_shows_a_day_of_a_person(record):
    assert ".125" not in repr(record)
    assert "array" not in repr(record)
