"""Sums over weighted rows: the same number as a product, and only where it is one."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.traversal import ancestors
from pytensor.tensor.math import Dot

from desist.inference.weighted_sums import multiply_by_weights

WEIGHTS = np.array([0.5, 2.0, 0.0, 1.5])
ROWS = np.arange(12.0).reshape(3, 4) / 7


def is_product(variable):
    return any(one.owner and isinstance(one.owner.op, Dot) for one in ancestors([variable]))


@pytest.fixture
def parts():
    return pt.matrix("rows"), pt.vector("weights")[None, :]


def test_a_weighted_sum_is_a_product_with_the_weights(parts):
    rows, weights = parts
    found = multiply_by_weights((weights * pt.exp(rows)).sum(axis=1))
    assert is_product(found)
    given = [rows, weights.owner.inputs[0]]
    np.testing.assert_allclose(
        pytensor.function(given, found, mode="FAST_COMPILE")(ROWS, WEIGHTS),
        [sum(w * np.exp(x) for w, x in zip(WEIGHTS, row, strict=True)) for row in ROWS],
    )


def test_several_factors_of_the_rows_are_multiplied_first(parts):
    rows, weights = parts
    found = multiply_by_weights(pt.mul(rows, weights, rows + 1).sum(axis=1))
    given = [rows, weights.owner.inputs[0]]
    np.testing.assert_allclose(
        pytensor.function(given, found, mode="FAST_COMPILE")(ROWS, WEIGHTS),
        (WEIGHTS * ROWS * (ROWS + 1)).sum(axis=1),
    )


@pytest.mark.parametrize(
    "write",
    [
        lambda rows, _: rows.sum(axis=1),  # without weights
        lambda rows, weights: (rows + weights).sum(axis=1),  # they are added
        lambda rows, weights: (rows * weights).sum(axis=0),  # over draws
        lambda rows, weights: (rows * weights).sum(axis=1) + 1.0,  # no sum at last
        lambda rows, weights: pt.mul(rows, weights, weights + 1).sum(axis=1),  # weighted twice
        lambda rows, _: rows[:, 0],
    ],
)
def test_any_other_expression_stays_as_it_is(parts, write):
    total = write(*parts)
    assert multiply_by_weights(total) is total
