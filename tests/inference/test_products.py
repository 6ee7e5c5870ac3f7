"""Many rows: products of matrices for several draws at once, what follows for few."""

import numpy as np
import pytensor.tensor as pt
import pytest

from desist.inference.laplace import LogDensity
from desist.inference.products import SEVERAL, ManyRows, split_products
from desist.inference.straight import compile_straight

N_ROWS = 2_500


@pytest.fixture(scope="module")
def matrix():
    return np.random.default_rng(3).normal(size=(N_ROWS, 4))


@pytest.fixture(scope="module")
def draws():
    return np.random.default_rng(4).normal(size=(3 * SEVERAL - 2, 4))


def write_total(matrix, points):
    """Write a logistic sum as `vectorize_graph` does: a stack of one matrix times vectors."""
    eta = pt.matmul(pt.as_tensor(matrix)[np.newaxis], points[:, :, np.newaxis])[:, :, 0]
    return pt.log1p(pt.exp(eta + points[:, :1])).sum(axis=1)


@pytest.mark.parametrize("at_once", [1, 3, SEVERAL - 1])
def test_many_rows_are_added_up_as_they_would_be_at_once(matrix, draws, at_once):
    points = pt.matrix("points")
    run = ManyRows(write_total(matrix, points), points)
    expected = np.log1p(np.exp(draws @ matrix.T + draws[:, :1])).sum(axis=1)
    np.testing.assert_allclose(run.evaluate(draws, at_once), expected, rtol=1e-13)


def test_the_last_products_are_cut_and_nothing_before_them(matrix):
    points = pt.matrix("points")
    inner = points @ np.eye(4)
    products, stand_ins, _ = split_products(pt.exp(inner @ matrix.T).sum(axis=1), points)
    assert len(products) == len(stand_ins) == 1


def test_a_product_of_data_alone_stays_where_it_is(matrix):
    points = pt.matrix("points")
    held = pt.matrix("held") @ np.ones((4, 1))
    products, stand_ins, rest = split_products(held.sum() * points[:, 0], points)
    assert products == stand_ins == []
    assert rest.owner is not None


def test_a_likelihood_without_products_is_evaluated_as_well(draws):
    points = pt.matrix("points")
    run = ManyRows(pt.exp(points).sum(axis=1), points)
    np.testing.assert_allclose(run.evaluate(draws, 2), np.exp(draws).sum(axis=1))


def test_numbers_of_a_point_lie_together_behind_the_products(matrix, draws):
    points = pt.matrix("points")
    products, *_ = split_products(write_total(matrix, points), points)
    (found,) = compile_straight([points], products)(draws)
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found[:, :, 0], draws @ matrix.T)


def test_the_log_density_is_the_same_with_and_without_the_cut(matrix):
    import pymc as pm

    with pm.Model() as model:
        eta = pm.Normal("intercept") + pm.Data("x", matrix) @ pm.Normal("covariates", shape=4)
        pm.Poisson("outcome", pm.math.exp(eta), observed=np.arange(N_ROWS) % 3)
    density = LogDensity(model)
    points = np.random.default_rng(5).normal(scale=0.3, size=(20, len(density.start)))
    whole = density.values(points, 3)
    density.compile_many_rows()
    np.testing.assert_allclose(density.values(points, 3), whole, rtol=1e-13)
