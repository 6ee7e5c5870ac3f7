"""The logarithm of one plus the exponential as one step, with the numbers of five."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from desist.inference.likelihood import log_one_plus_exp
from desist.inference.softplus import Softplus, fuse_softplus
from desist.inference.straight import _choose_mode, compile_straight


def fuse(outputs, *arguments):
    graph = pytensor.function(list(arguments), outputs, mode=_choose_mode()).maker.fgraph
    return fuse_softplus(graph.toposort(), graph.outputs)


def count(nodes):
    return sum(isinstance(node, Softplus) for node in nodes)


@pytest.mark.parametrize(
    "values",
    [[-800.0, -1.0, 0.0, 39.9, 40.0], [-3.0, 40.1, 900.0], [np.nan, 1.0], [np.inf, -np.inf], []],
)
def test_one_step_gives_the_numbers_of_five_to_the_last_bit(values):
    at = pt.matrix("at")
    five = pytensor.function([at], log_one_plus_exp(at), mode=_choose_mode())
    given = np.array([values])
    kept = given.copy()
    np.testing.assert_array_equal(compile_straight([at], log_one_plus_exp(at))(given), five(given))
    np.testing.assert_array_equal(given, kept)


def test_the_five_steps_become_one():
    at = pt.matrix("at")
    assert [type(node) for node in fuse(log_one_plus_exp(at), at)] == [Softplus]


def test_a_step_that_something_else_reads_stays():
    at = pt.matrix("at")
    value = log_one_plus_exp(at)
    slope = pytensor.grad(value.sum(), at)
    assert count(fuse([value, slope], at)) == 0


def test_another_limit_above_than_within_is_left_as_it_is():
    at = pt.matrix("at")
    other = pt.switch(pt.gt(at, 30), at, pt.log1p(pt.exp(pt.minimum(at, 40.0))))
    assert count(fuse(other, at)) == 0


def test_a_switch_the_other_way_round_is_left_as_it_is():
    at, limit = pt.matrix("at"), pt.matrix("limit")
    turned = pt.switch(pt.gt(40, at), at, pt.log1p(pt.exp(pt.minimum(at, 40.0))))
    moving = pt.switch(pt.gt(at, limit), at, pt.log1p(pt.exp(pt.minimum(at, limit))))
    assert count(fuse([turned, moving], at, limit)) == 0


def test_what_is_read_on_is_not_written_over():
    at = pt.matrix("at")
    twice = at * 2.0
    run = compile_straight([at], [log_one_plus_exp(twice) - twice, twice])
    given = np.linspace(-5, 5, 6000).reshape(2, -1)
    found, doubled = run(given)
    np.testing.assert_array_equal(doubled, 2 * given)
    np.testing.assert_allclose(found, np.log1p(np.exp(2 * given)) - 2 * given)
