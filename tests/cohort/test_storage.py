"""The same people in any storage, and values that are no covariate."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from desist.cohort.cohort import Cohort
from desist.cohort.columns import read_column
from desist.cohort.outcomes import count_outcomes, read_outcomes
from desist.design.design import build_design
from desist.design.matching.radius import RadiusMatching
from desist.errors import InputError

N = 120
ROLES: dict[str, Any] = {
    "treatment": "t",
    "person": "id",
    "reoffended": "y",
    "offences": "k",
    "days": "d",
    "groups": ["prison"],
}
NUMBERS = ["Int64", "Float64", "int64[pyarrow]", "double[pyarrow]", "float16", "uint8", "int8"]
NUMBERS += ["uint64", ">f8", ">i4", "object", "Sparse[int]", "Sparse[float]"]
TEXTS = ["object", "string", "string[pyarrow]", "category"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    again = rng.integers(0, 2, N)
    return pd.DataFrame(
        {
            "id": [f"SECRET-{i}" for i in range(N)],
            "t": (np.arange(N) < 40).astype(int),
            "age": rng.integers(18, 60, N),
            "sex": rng.choice(["f", "m"], N),
            "prison": rng.choice(["Send", "Downview"], N),
            "y": again,
            "k": np.where(again == 1, 1 + rng.integers(0, 3, N), 0),
            "d": np.where(again == 1, rng.integers(0, 365, N).astype(float), np.nan),
        }
    )


def weigh(people: pd.DataFrame, formula: str = "age + sex"):
    cohort = Cohort(people, **ROLES)
    return build_design(cohort, formula, method=RadiusMatching(caliper=0.5)).weights


def complain(work, *arguments, **settings) -> str:
    with pytest.raises(InputError) as caught:
        work(*arguments, **settings)
    assert "SECRET" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("storage", [*NUMBERS, "decimal", "decimal128", "fraction"])
@pytest.mark.parametrize("column", ["t", "age", "y", "k"])
def test_numbers_of_any_storage_are_the_same_people(column, storage, table):
    boxes = {"decimal": lambda v: Decimal(int(v)), "fraction": lambda v: Fraction(int(v))}
    if storage == "decimal128":
        numbers = pa.array([Decimal(int(v)) for v in table[column]], pa.decimal128(10, 2))
        cells = pd.Series(pd.array(numbers, dtype=pd.ArrowDtype(numbers.type)))
    elif storage in boxes:
        cells = table[column].map(boxes[storage])
    else:
        cells = table[column].astype(storage)
    people = table.assign(**{column: cells})
    assert np.array_equal(weigh(people), weigh(table))
    pd.testing.assert_frame_equal(
        count_outcomes(Cohort(people, **ROLES)), count_outcomes(Cohort(table, **ROLES))
    )


@pytest.mark.parametrize("storage", TEXTS)
@pytest.mark.parametrize("column", ["sex", "prison"])
def test_text_of_any_storage_gives_the_same_weights(column, storage, table):
    formula, wanted = f"age + {column}", weigh(table, f"age + {column}")
    cells = table[column].astype(storage)
    assert np.array_equal(weigh(table.assign(**{column: cells}), formula), wanted)
    labels = table.assign(**{column: cells.astype("category")})
    assert np.array_equal(weigh(labels, formula), wanted)


def test_labels_that_nobody_has_change_no_weight(table):
    labels = pd.Categorical(table["sex"], categories=["f", "m", "x"])
    assert np.array_equal(weigh(table.assign(sex=labels)), weigh(table))


def test_small_whole_numbers_do_not_overflow_in_a_formula(table):
    small = table.assign(age=table["age"].astype("int8"))  # 60 squared is not an int8
    assert np.array_equal(weigh(small, "age + I(age**2)"), weigh(table, "age + I(age**2)"))
    assert {str(dtype) for dtype in Cohort(small, **ROLES).people[["age"]].dtypes} == {"int64"}


@pytest.mark.parametrize("storage", ["numpy", "python", "arrow"])
def test_durations_are_days(storage, table):
    stay = pd.to_timedelta(table["age"] * 36, unit="h")
    if storage == "python":
        stay = pd.Series([dt.timedelta(hours=36 * int(age)) for age in table["age"]], dtype=object)
    elif storage == "arrow":
        stay = stay.astype(pd.ArrowDtype(pa.duration("us")))
    cohort = Cohort(table.assign(age=stay, d=pd.to_timedelta(table["d"], unit="D")), **ROLES)
    assert cohort.covariates["age"].tolist() == (table["age"] * 1.5).tolist()
    assert np.array_equal(read_outcomes(cohort).days, read_outcomes(Cohort(table, **ROLES)).days)


@pytest.mark.parametrize(
    "follow_up",
    [dt.timedelta(days=365), pd.Timedelta(days=365), np.timedelta64(365, "D"), Decimal(365)],
)
def test_a_follow_up_may_be_a_duration(follow_up, table):
    cohort = Cohort(table, **ROLES, follow_up=follow_up)
    assert cohort.settings()["follow_up"] == 365.0
    assert cohort.time_at_risk.tolist() == [365.0] * N


@pytest.mark.parametrize(
    "follow_up",
    [np.timedelta64(1, "Y"), pd.NaT, True, [365], np.array(365), 1j, 10**400, None, -1, 0.0],
)
def test_a_follow_up_of_no_fixed_length_is_refused(follow_up, table):
    message = complain(Cohort, table, **ROLES, follow_up=follow_up)
    assert "follow_up: expected a positive number of days" in message


@pytest.mark.parametrize("column", ["t", "y", "k"])
def test_durations_are_neither_counts_nor_truth_values(column, table):
    people = table.assign(**{column: pd.to_timedelta(table[column], unit="D")})
    assert f"{column}: expected" in complain(Cohort, people, **ROLES)


DAY = pd.Timestamp("1980-01-01")
ODD: dict[str, tuple[Any, str]] = {
    "dates": (lambda age: DAY + pd.to_timedelta(age, unit="D"), "found dates"),
    "zone": (
        lambda age: DAY.tz_localize("Europe/London") + pd.to_timedelta(age, unit="D"),
        "found dates",
    ),
    "days of a calendar": (
        lambda _: pd.Series([dt.date(1980, 1, 1)] * N, dtype=object),
        "found dates",
    ),
    "dates as text": (lambda age: age.map("{}/12/1980".format), "found dates"),
    "periods": (
        lambda age: (DAY + pd.to_timedelta(age, unit="D")).dt.to_period("M"),
        "found dates",
    ),
    "lists": (lambda _: [[1, 2]] * N, "found a list"),
    "dictionaries": (lambda _: [{"a": 1}] * N, "found a dict"),
    "arrays": (lambda _: pd.Series([np.array([1, 2])] * N), "found a ndarray"),
    "bytes": (lambda _: [b"x"] * N, "found bytes"),
    "complex": (lambda age: age.astype(complex), "found a complex number"),
    "months": (
        lambda age: pd.Series([np.timedelta64(int(a), "M") for a in age], dtype=object),
        "found a duration",
    ),
    "mixed": (
        lambda age: pd.Series(["x"] * 100 + list(age[100:]), dtype=object),
        "found text and a number",
    ),
    "numbers as text": (lambda age: age.astype(str), "numbers written as text"),
    "too large": (
        lambda age: pd.Series([10**400, *age[1:]], dtype=object),
        "1 person with an infinite number (row 1)",
    ),
    "Decimal infinity": (
        lambda age: pd.Series([Decimal("Infinity"), *age[1:]], dtype=object),
        "1 person with an infinite number (row 1)",
    ),
    "Decimal not a number": (
        lambda age: pd.Series([Decimal("sNaN"), *map(Decimal, map(int, age[1:]))], dtype=object),
        "1 missing (row 1)",
    ),
    "zero by zero": (
        lambda age: (
            (age * (age.index > 0)).astype("Float64") / pd.Series(age.index > 0).astype("Float64")
        ),
        "1 missing (row 1)",
    ),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_neither_number_nor_label_is_refused_by_name(kind, table):
    change, found = ODD[kind]
    message = complain(weigh, table.assign(age=change(table["age"])))
    assert "age: expected" in message
    assert found in message


@pytest.mark.parametrize("kind", ["dates", "lists", "bytes", "arrays", "periods"])
def test_a_column_that_no_formula_names_may_hold_anything(kind, table):
    people = table.assign(other=ODD[kind][0](table["age"]))
    assert np.array_equal(weigh(people), weigh(table))


def test_labels_that_are_numbers_as_text_may_be_declared_in_the_formula(table):
    people = table.assign(sex=table["sex"].map({"f": "1", "m": "2"}))
    assert np.array_equal(weigh(people, "age + C(sex)"), weigh(table))


@pytest.mark.parametrize(
    "written", ["{},5", "{},500", "£{}", "{}%", "{} 500", "\u2212{}", "({})", "{}'000", "1,234.{}"]
)
def test_numbers_written_for_people_are_refused_by_name(written, table):
    message = complain(Cohort, table.assign(age=table["age"].map(written.format)), **ROLES)
    assert message.startswith("cohort: 1 fault\n  - age: expected numbers without commas")
    assert f"found {N} people with a number written otherwise" in message


@pytest.mark.parametrize("count", [2**53, 2**63, 1e19, Decimal(2**70), 10**400])
def test_counts_that_are_not_exact_are_refused(count, table):
    counts = pd.Series(list(table["k"]), dtype=object)
    counts[int(np.flatnonzero(table["y"])[0])] = count
    assert "k: expected" in complain(Cohort, table.assign(k=counts), **ROLES)


def test_the_largest_count_that_is_exact_is_kept(table):
    row = int(np.flatnonzero(table["y"])[0])
    people = table.assign(k=table["k"].mask(table.index == row, 2**53 - 1))
    assert read_outcomes(Cohort(people, **ROLES)).offences[row] == 2**53 - 1


NAMES = ["1", "group", "weight", "treatment", "time", "chain", "covariate", "prison/wing", "", " "]
NAMES += ["Intercept", "sex[T.m]", "people", "index", "a\nb", 'say "so"', "à", "level_0", "__len__"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", ["treatment", "person", "reoffended", "offences", "days"])
def test_a_role_may_be_a_column_of_any_name(role, name, table):
    people = table.rename(columns={ROLES[role]: name})
    cohort = Cohort(people, **ROLES | {role: name})
    pd.testing.assert_frame_equal(count_outcomes(cohort), count_outcomes(Cohort(table, **ROLES)))


@pytest.mark.parametrize("name", NAMES)
def test_groups_and_follow_up_may_be_columns_of_any_name(name, table):
    grouped = Cohort(table.rename(columns={"prison": name}), **ROLES | {"groups": [name]})
    assert name in grouped.covariates
    followed = Cohort(table.assign(**{name: 365}), **ROLES, follow_up=name)
    assert name not in followed.covariates
    assert followed.time_at_risk.tolist() == [365.0] * N


@pytest.mark.parametrize(
    "columns",
    [
        pd.MultiIndex.from_product([["x"], list("abcdefgh")]),
        range(8),
        [None, *"bcdefgh"],
        [("a", "b"), *"bcdefgh"],
        [np.nan, *"bcdefgh"],
    ],
)
def test_names_of_columns_that_are_no_text_are_refused(columns, table):
    assert "columns whose names are text" in complain(
        Cohort, table.set_axis(columns, axis=1), **ROLES
    )


@pytest.mark.parametrize("role", ["treatment", "person", "reoffended", "offences", "days"])
@pytest.mark.parametrize("value", [["t"], pd.Series(["SECRET"] * N), 5, b"t", {}, len])
def test_a_role_that_is_no_name_is_refused_by_its_kind(role, value, table):
    message = complain(Cohort, table, **ROLES | {role: value})
    assert f"{role}: expected the name of a column, found" in message


def test_a_cohort_without_a_treatment_is_refused(table):
    message = complain(Cohort, table, **ROLES | {"treatment": None})
    assert message == "cohort: 1 fault\n  - treatment: expected the name of a column, found None"


@pytest.mark.parametrize(
    "ids", [[[i] for i in range(N)], [{"SECRET": i} for i in range(N)], [None] * N]
)
def test_identifiers_that_cannot_be_compared_are_refused(ids, table):
    assert "id: expected" in complain(Cohort, table.assign(id=ids), **ROLES)


def test_groups_of_blanks_or_dates_are_refused(table):
    blank = table.assign(prison=table["prison"].mask(table.index == 2, "  "))
    assert "prison: expected a group for everybody, found 1 person with blanks only (row 3)" in (
        complain(Cohort, blank, **ROLES)
    )
    dated = table.assign(prison=DAY)
    assert "prison: expected numbers or labels, found dates" in complain(Cohort, dated, **ROLES)


def test_no_repr_shows_a_value(table):
    column = read_column(table, "age")
    shown = repr(column) + repr(Cohort(table, **ROLES)) + repr(Cohort(table, **ROLES).roles)
    assert "SECRET" not in shown
    assert "dtype" not in shown


def test_a_value_is_shown_where_ten_people_share_it_and_counted_where_fewer_do(table):
    words = ["yes"] * 40 + ["no"] * 70 + ["SECRET-A"] * 9 + ["SECRET-B"]
    message = complain(Cohort, table.assign(t=words), **ROLES)
    assert "found 120 people with text: 'no', 'yes' and 2 rarer values (rows 1, 2" in message


def test_a_few_words_that_make_text_of_the_treatment_are_what_is_named(table):
    words = table["t"].astype(str).mask(table.index == N - 1, "Total")
    message = complain(Cohort, table.assign(t=words), **ROLES)
    assert f"found 1 person with text (row {N})" in message
    assert message.endswith("a line of totals or a note under the table is no person")


def test_the_first_person_taken_for_the_header_is_not_shown(table):
    headless = table.set_axis(["SECRET-0", "1", "31", "f", "Send", "0", "0.5", "365"], axis=1)
    message = complain(Cohort, headless, **ROLES)
    assert "are the names of the columns in the first line?" in message
