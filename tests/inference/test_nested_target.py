import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from desist.inference import nested_target
from desist.inference.nested_layout import lay_out
from desist.inference.nested_target import BEST, integrate

from .toy_hierarchy import (
    COUNTS,
    DATA,
    PRISON,
    TREATED,
    WEIGHT,
    make_density,
    make_shaped_density,
)

SCALES = np.array([[0.5], [0.9], [0.2]])
COMMON = np.array([[0.3, -0.2], [0.0, 0.4], [-0.5, 0.1]])  # intercept, treatment


@pytest.fixture(scope="module")
def layout():
    return lay_out(make_density(), DATA)


@pytest.fixture(scope="module")
def shaped():
    return lay_out(make_shaped_density(), DATA)


def read(layout, nodes=BEST):
    foretold = np.zeros((3, 2, 1)), np.ones((3, 2, 1, 1))  # as before any people
    shapes = np.array([[0.4], [-0.3], [0.1]])[:, : len(layout.common) - COMMON.shape[1]]
    common = np.hstack([COMMON, shapes])
    return integrate(layout, SCALES, common, foretold, nodes)[0]


def integrate_by_hand(scale, intercept, treatment):
    def density(standard, prison):
        own = prison == PRISON
        eta = intercept + treatment * TREATED[own] + scale * standard
        rows = WEIGHT[own] * (COUNTS[own] * eta - np.exp(eta))
        return np.exp(rows.sum() - standard**2 / 2)

    groups = [quad(density, -12, 12, args=(prison,))[0] for prison in (0, 1)]
    prior = norm.logpdf(intercept, scale=2.0) + norm.logpdf(treatment, scale=0.5)
    return np.log(groups).sum() + prior + np.log(2) + norm.logpdf(scale)


def test_groups_are_integrated_as_by_hand(layout):
    expected = [integrate_by_hand(*scale, *one) for scale, one in zip(SCALES, COMMON, strict=True)]
    found = read(layout)
    # up to one constant: the standard normal density of each group leaves out its own
    np.testing.assert_allclose(found - found[0], np.subtract(expected, expected[0]), atol=1e-4)


@pytest.mark.parametrize(("rows", "fewest"), [(1, 1), (3, 2), (6, 2), (7, 8), (30, 1)])
@pytest.mark.parametrize("kind", ["layout", "shaped"])
def test_how_much_is_read_at_once_changes_nothing(request, monkeypatch, kind, rows, fewest):
    layout = request.getfixturevalue(kind)
    whole = read(layout)
    monkeypatch.setattr(nested_target, "ROWS_TIMES_DRAWS", rows)
    monkeypatch.setattr(nested_target, "FEWEST_AT_ONCE", fewest)
    np.testing.assert_allclose(read(layout), whole, rtol=1e-12)


def test_the_parameters_that_rows_know_as_straight_lines_are_found(layout):
    assert layout.is_linear.all()
    np.testing.assert_allclose(layout.design, np.column_stack([np.ones(3), TREATED]))
