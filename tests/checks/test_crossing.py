"""Where falling statistics cross zero."""

import math

import pytest

from desist.checks.crossing import cross_log_ratio, find_crossing


def test_a_line_crosses_where_it_is_zero():
    assert find_crossing(lambda x: 3 - 2 * x, 0, 10) == pytest.approx(1.5)
    assert cross_log_ratio(lambda x: 3 - 2 * x) == pytest.approx(1.5)
    assert cross_log_ratio(lambda x: -20 - x) == pytest.approx(-20)


def test_a_statistic_may_be_infinite_on_either_side():
    assert find_crossing(lambda x: math.inf if x < 2 else -math.inf, 0, 5) == pytest.approx(2)


def test_what_never_crosses_does_so_at_infinity():
    assert cross_log_ratio(lambda x: 1 + math.exp(-x)) == math.inf
    assert cross_log_ratio(lambda x: -1 - math.exp(x)) == -math.inf
