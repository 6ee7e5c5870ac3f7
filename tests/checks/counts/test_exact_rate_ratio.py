import numpy as np
import pytest

from desist.checks.counts.exact_rate_ratio import exact_rate_ratio
from desist.errors import InputError


def test_exact_rate_ratio_equals_r(rossi_tests):
    expected = rossi_tests["poisson_test"]
    counts = [
        value
        for pair in zip(expected["events"], expected["persontime"], strict=True)
        for value in pair
    ]
    found = exact_rate_ratio(*counts)
    assert found.estimate == pytest.approx(expected["ratio"], abs=1e-12)
    assert (found.lower, found.upper) == pytest.approx(expected["ci"], abs=1e-10)
    assert found.p_value == pytest.approx(expected["p"], abs=1e-10)


def test_exact_rate_ratio_without_events():
    assert np.isnan(exact_rate_ratio(0, 10, 0, 20).estimate)
    assert exact_rate_ratio(0, 10, 5, 20).lower == 0
    assert exact_rate_ratio(3, 10, 0, 20).upper == np.inf


def test_exact_rate_ratio_refuses_weighted_counts():
    with pytest.raises(InputError, match="x2: expected a whole number"):
        exact_rate_ratio(3, 10, 4.5, 20)
