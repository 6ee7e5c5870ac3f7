"""Values as JSON knows them."""

import math
from enum import StrEnum
from pathlib import Path

import numpy as np
import pytest

from desist.errors import InputError
from desist.estimands import Measure
from desist.report._plain import encode_plain


class Colour(StrEnum):
    BLUE = "blue"


def test_values_are_stored_plainly():
    given = {
        Measure.RATE: np.float64(0.5),
        "nan": math.nan,
        "infinite": [math.inf, np.inf],
        "counts": np.array([1, 2]),
        "flag": np.bool_(True),
        "path": Path("a") / "b.csv",
        "enumeration": (Colour.BLUE, None),
    }
    stored = encode_plain(given)
    assert stored == {
        "rate": 0.5,
        "nan": None,
        "infinite": [None, None],
        "counts": [1, 2],
        "flag": True,
        "path": "a/b.csv",
        "enumeration": ["blue", None],
    }
    assert type(stored["enumeration"][0]) is str


def test_a_value_without_a_plain_form_is_an_error_that_does_not_show_it():
    with pytest.raises(InputError, match="1 fault") as error:
        encode_plain({"secret": object()})
    assert "expected a number, text, list or mapping, found object" in str(error.value)
