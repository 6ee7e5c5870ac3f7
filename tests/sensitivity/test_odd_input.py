"""What is no number, study or cohort is refused in words by every sensitivity analysis."""

import numpy as np
import pytest

from desist.datasets import making_connections
from desist.errors import InputError
from desist.sensitivity import (
    AnyShape,
    ProcessShape,
    WeibullShape,
    bound_published_time,
    bound_time,
    bound_time_of_cohort,
    e_value,
    e_value_of_difference,
    e_value_of_ratio,
    find_e_value,
    find_e_values,
    risk_ratio_from,
)

NO_NUMBERS = ["0.5", "", None, np.nan, np.inf, True, [0.5], (), {}, 1j, 10**400, Ellipsis, float]
BOUND = {"mean": 100.0, "follow_up": 365.0, "rate": 0.3, "frequency": 0.6}


def refuse(call, *arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, -1, 1e-310, 1e200], ids=str)
def test_what_is_no_ratio_is_refused_by_name(value):
    assert "ratio: expected a number" in refuse(e_value, value)
    assert "ratio: expected a number" in refuse(risk_ratio_from, value, "odds ratio")
    assert "lower: expected a number" in refuse(e_value_of_ratio, 1, value, 2)


def test_the_numbers_of_numpy_and_whole_ones_are_taken():
    assert e_value(np.float32(2)) == e_value(2) == e_value(np.int64(2)) == e_value(2.0)


def test_very_large_ratios_have_finite_e_values():
    assert e_value(1e99) == pytest.approx(2e99)
    assert e_value(1e-99) == pytest.approx(2e99)


@pytest.mark.parametrize("value", NO_NUMBERS, ids=str)
@pytest.mark.parametrize("name", ["difference", "lower", "upper", "comparison"])
def test_what_is_no_difference_is_refused_by_name(name, value):
    numbers = {"difference": -0.1, "lower": -0.2, "upper": -0.05, "comparison": 0.3}
    assert f"{name}: expected a number" in refuse(e_value_of_difference, **numbers | {name: value})


def test_percentages_are_no_differences_of_proportions():
    assert "give proportions" in refuse(e_value_of_difference, 12, 4, 20, comparison=0.3)


@pytest.mark.parametrize("kind", [None, "odds", 3, [], "Odds ratio"])
@pytest.mark.parametrize("common", [True, "yes"])
def test_what_is_no_kind_of_ratio_is_refused(kind, common):
    said = refuse(e_value_of_ratio, "2", 1, 3, kind=kind, common_outcome=common)
    assert "ratio: expected a number above 0, found '2'" in said
    assert "kind: expected one of risk ratio" in said
    assert ("common_outcome: expected True or False" in said) == (common is not True)


@pytest.mark.parametrize("value", [None, "rate", 0.5, [], find_e_value])
def test_what_has_no_e_value_is_refused(value):
    assert "effect: expected an Effect" in refuse(find_e_value, value)
    assert "evaluation: expected an Evaluation" in refuse(find_e_values, value)


@pytest.mark.parametrize("value", NO_NUMBERS, ids=str)
@pytest.mark.parametrize("name", ["share", "mean", "follow_up"])
@pytest.mark.parametrize("shape", [AnyShape(), WeibullShape()], ids=str)
def test_a_shape_takes_numbers_alone(shape, name, value):
    share, rest = (value, BOUND) if name == "share" else (0.5, BOUND | {name: value})
    assert f"{name}: expected a number" in refuse(shape.bound, share, **rest)


@pytest.mark.parametrize("value", ["0.3", None, True, [0.3], 0.0, 1.0, -1, 2])
def test_a_process_takes_proportions_and_means_alone(value):
    assert "rate: expected" in refuse(ProcessShape().bound, 0.5, **BOUND | {"rate": value})
    if value not in (1.0, 2):
        said = refuse(ProcessShape().bound, 0.5, **BOUND | {"frequency": value})
        assert "frequency: expected" in said
    refuse(WeibullShape, "1" if value in (1.0, 2) else (value if value != 0.3 else [value]))


@pytest.mark.parametrize("value", ["a study", None, making_connections])
def test_what_is_no_published_study_is_not_bounded(value):
    assert "study: expected a PublishedStudy" in refuse(bound_published_time, value)


@pytest.mark.parametrize("value", ["exponential", WeibullShape, 1.0])
def test_what_is_no_shape_is_refused(value):
    assert "shape: expected AnyShape(), WeibullShape() or ProcessShape()" in refuse(
        bound_published_time, making_connections(), shape=value
    )


@pytest.mark.parametrize("value", NO_NUMBERS, ids=str)
def test_a_follow_up_is_a_number_of_days(value):
    assert "follow_up: expected a number above 0" in refuse(
        bound_published_time, making_connections(), follow_up=value
    )


def test_what_is_no_cohort_or_design_is_refused_together():
    said = refuse(bound_time_of_cohort, "people.csv", None)
    assert "cohort: expected a Cohort" in said
    assert "design: expected a Design" in said


@pytest.mark.parametrize(
    ("days", "reoffended", "name"),
    [
        (None, [1, 1], "days"),
        ("12", [1, 1], "days"),
        (["1", "2"], [1, 1], "days"),
        ([1, "soon"], [1, 1], "days"),
        ([1, -2], [1, 1], "days"),
        ([1, np.nan], [1, 1], "days"),
        ([1, None], [1, 1], "days"),
        ([1, np.inf], [1, 1], "days"),
        ([[1, 2]], [1, 1], "days"),
        ([1, 2], None, "reoffended"),
        ([1, 2], "yes", "reoffended"),
        ([1, 2], ["Y", "N"], "reoffended"),
        ([1, 2], ["1", "1"], "reoffended"),
        ([1, 2], [1, 2], "reoffended"),
        ([1, 2], [1, None], "reoffended"),
        ([1, 2], [1, 1, 1], "reoffended"),
    ],
)
def test_columns_of_people_that_cannot_be_read_are_refused_without_a_value(days, reoffended, name):
    said = refuse(bound_time, days, reoffended, [1, 0])
    assert f"  - {name}: expected" in said
    assert "soon" not in said
