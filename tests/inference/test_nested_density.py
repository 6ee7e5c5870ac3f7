import numpy as np
import pytensor.tensor as pt
import pytest
from scipy.stats import norm

from desist.inference.nested_density import _split
from desist.inference.straight import compile_straight

from .toy_hierarchy import COUNTS, TREATED, WEIGHT, make_density, make_shaped_density

POINT = np.array([0.3, -0.2, np.log(0.5), 0.0, 0.0])  # intercept, treatment, log scale, effects


@pytest.fixture(scope="module")
def density():
    return make_density()


def test_the_linear_predictor_is_that_without_groups(density):
    np.testing.assert_allclose(density.base(POINT[np.newaxis]), [[0.3, 0.1, 0.1]])


def test_rows_are_the_weighted_terms_at_any_linear_predictor(density):
    at = np.array([[0.0, 0.5, -1.0], [1.0, 1.0, 1.0]])
    rows = density.rows(at, density.know(np.tile(POINT, (2, 1))))
    np.testing.assert_allclose(rows, WEIGHT * (COUNTS * at - np.exp(at)))


def test_what_is_known_of_some_points_is_picked_and_repeated_in_their_order():
    density = make_shaped_density()
    points = np.zeros((3, len(density.start)))
    shape = next(n for n in density.plain_places if n >= 2)
    points[:, shape] = [-1.0, 0.0, 1.0]
    at = np.tile([0.5, -0.2, 0.1], (4, 1))
    rows = density.rows(at, density.pick(density.know(points), slice(1, 3), 2))
    of_shapes = [WEIGHT * (COUNTS * at[0] - np.exp(one + at[0])) for one in (0.0, 1.0)]
    np.testing.assert_allclose(rows, [*of_shapes, *of_shapes])


def test_slopes_are_those_of_rows_and_plain_prior(density):
    found = density.slopes(POINT, np.array([0.1, 0.0, -0.4]))
    at = np.array([0.4, 0.1, -0.3])
    of_rows = WEIGHT * (COUNTS - np.exp(at))
    np.testing.assert_allclose(found.rows, of_rows)
    plain = [of_rows.sum() - 0.3 / 2.0**2, of_rows @ TREATED + 0.2 / 0.5**2]
    np.testing.assert_allclose(found.plain, plain)
    height = norm.logpdf(0.3, scale=2.0) + norm.logpdf(-0.2, scale=0.5)
    assert found.value == pytest.approx((WEIGHT * (COUNTS * at - np.exp(at))).sum() + height)


def test_the_prior_of_plain_parameters_bends_as_their_precisions(density):
    expected = np.diag([1 / 2.0**2, 1 / 0.5**2])
    np.testing.assert_allclose(density.bend_of_plain(POINT), expected, atol=1e-7)


def test_the_prior_of_scales_is_that_of_themselves_not_of_their_logs(density):
    found = density.prior(np.tile(POINT, (2, 1)), np.array([[0.5], [1.5]]))
    plain = norm.logpdf(0.3, scale=2.0) + norm.logpdf(-0.2, scale=0.5)
    scale = np.log(2) + norm.logpdf([0.5, 1.5])
    np.testing.assert_allclose(found, plain + scale)


def test_what_does_not_hang_on_the_linear_predictor_is_found_once():
    ats, points = pt.matrix("ats"), pt.matrix("points")
    product = points @ np.ones((2, 3))
    shape = pt.exp(points[:, :1])
    rows = shape * (product - pt.exp(ats + product))
    known, unknown, rest = _split(rows, ats)
    assert set(known) == {shape, product}
    at, some = np.arange(6.0).reshape(2, 3), np.array([[0.1, 0.2], [-0.3, 0.4]])
    found = compile_straight([ats, *unknown], rest)(at, *compile_straight([points], known)(some))
    whole = some.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, np.exp(some[:, :1]) * (whole - np.exp(at + whole)))


def test_rows_that_hang_on_the_linear_predictor_alone_are_left_as_they_are():
    ats = pt.matrix("ats")
    known, unknown, rest = _split(pt.exp(ats), ats)
    assert not known
    assert not unknown
    at = np.zeros((1, 2))
    np.testing.assert_array_equal(compile_straight([ats], rest)(at), np.ones((1, 2)))


def test_numbers_stay_where_they_are_written():
    ats, points = pt.matrix("ats"), pt.matrix("points")
    limit = pt.as_tensor(np.array(40.0))[np.newaxis, np.newaxis]
    rows = pt.switch(pt.gt(ats, limit), ats, pt.exp(points[:, :1]) * ats)
    known, unknown, rest = _split(rows, ats)
    assert len(known) == len(unknown) == 1
    run = compile_straight([ats, *unknown], rest)
    found = run(np.array([[50.0, 2.0]]), np.array([[3.0]]))
    np.testing.assert_allclose(found, [[50.0, 6.0]])
