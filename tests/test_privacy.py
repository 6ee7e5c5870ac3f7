"""What a message may say about the values that people have."""

import numpy as np
import pytest

from desist.arguments import describe, find_number_faults
from desist.privacy import find_shared, show_shared


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (["Y"] * 10 + ["N"] * 9, "'Y' and 1 rarer value"),
        (["Y"] * 9, "1 value"),
        ([[1]] * 30, "30 different values"),  # cannot be compared, so they are not shared
        (["x" * 41] * 30, "1 value"),
        (["a\nb"] * 30, "'a\\nb'"),
        (list(range(30)), "30 different values"),
    ],
)
def test_a_value_is_shown_where_ten_share_it(values, shown):
    assert show_shared(values) == shown


def test_shared_values_come_with_the_commonest_first():
    assert find_shared([2] * 11 + [1] * 12 + [0] * 3) == ["1", "2"]


def test_a_duration_is_no_number_whatever_its_unit():
    assert find_number_faults("days", np.timedelta64(3, "Y"))
    assert describe(np.timedelta64(3, "Y")) == "a timedelta64"


def test_an_array_without_a_shape_is_named_by_its_kind():
    assert describe(np.array(5)) == "a ndarray"
