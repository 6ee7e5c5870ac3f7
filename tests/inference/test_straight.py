"""Compiled functions run step by step give the numbers of PyTensor's own runs."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.builders import OpFromGraph
from pytensor.compile.mode import Mode
from pytensor.graph.replace import vectorize_graph
from pytensor.graph.traversal import toposort
from pytensor.tensor.blockwise import Blockwise
from scipy.optimize import approx_fprime
from scipy.special import logsumexp
from scipy.stats import norm

from desist.inference.straight import (
    StraightFunction,
    _choose_mode,
    compile_straight,
    simplify,
)

PLAIN = Mode(linker="py", optimizer="fast_compile")
MANY_ROWS = 3000  # as many as are written over


def compare(arguments, outputs, *values):
    """Run both ways, twice, and hold the inputs against what they were."""
    expected = pytensor.function(arguments, outputs, mode=_choose_mode())
    straight = compile_straight(arguments, outputs)
    kept = [value.copy() for value in values]
    for _ in range(2):
        for ours, theirs in zip(straight(*values), expected(*values), strict=True):
            np.testing.assert_array_equal(ours, theirs)
            assert np.asarray(ours).dtype == np.asarray(theirs).dtype
    for value, was in zip(values, kept, strict=True):
        np.testing.assert_array_equal(value, was)


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(1).normal(size=(4, MANY_ROWS))


def test_a_softplus_and_its_slope_are_the_same_to_the_last_bit(rows):
    at = pt.matrix("at")
    value = pt.switch(pt.gt(at, 40), at, pt.log1p(pt.exp(pt.minimum(at, 40.0))))
    compare([at], [value, pytensor.grad(value.sum(), at)], 30 * rows)


def test_a_result_that_is_read_twice_is_not_written_over(rows):
    at = pt.matrix("at")
    once = pt.exp(at)
    compare([at], [once * 2.0, once + at, once], rows)


def test_a_result_that_is_seen_through_another_is_not_written_over(rows):
    at = pt.matrix("at")
    once = pt.exp(at)
    seen = once[:, :10]
    compare([at], [once * 3.0 + seen.sum(), seen * 1.0], rows)


def test_sums_of_many_terms_keep_what_is_still_to_be_added(rows):
    at, wide = pt.matrix("at"), pt.row("wide")
    one, two = pt.exp(at), pt.sin(at)
    compare([at, wide], [one + wide + two + one, two * at * two], rows, rows[:1])


def test_a_number_becomes_as_wide_as_what_it_is_added_to(rows):
    at, wide = pt.col("at"), pt.row("wide")
    compare([at, wide], [pt.exp(at) + pt.exp(wide)], rows[:, :1], rows[:1])


def test_whole_numbers_are_divided_as_numbers():
    count = pt.lvector("count")
    compare([count], [pt.exp(count), count / 2], np.arange(3000))


def test_whole_numbers_are_multiplied_with_others_as_numbers():
    count, at = pt.lvector("count"), pt.vector("at")
    compare([count, at], [count * at * 0.5], np.arange(3000), np.linspace(0, 1, 3000))


def test_what_is_held_is_read_anew_at_every_run():
    held = pytensor.shared(np.ones(3))
    at = pt.vector("at")
    run = compile_straight([at], at + held)
    np.testing.assert_array_equal(run(np.zeros(3)), np.ones(3))
    held.set_value(np.full(3, 5.0))
    np.testing.assert_array_equal(run(np.zeros(3)), np.full(3, 5.0))


def test_one_output_stands_alone_and_several_in_a_list():
    at = pt.vector("at")
    assert isinstance(compile_straight([at], at * 2)(np.ones(2)), np.ndarray)
    assert isinstance(compile_straight([at], [at * 2])(np.ones(2)), list)


def test_an_argument_that_nothing_reads_may_be_given():
    at, other = pt.vector("at"), pt.vector("other")
    run = StraightFunction(
        pytensor.function([at, other], at * 2, mode=PLAIN, on_unused_input="ignore")
    )
    np.testing.assert_array_equal(run(np.ones(2), np.zeros(5)), np.full(2, 2.0))


def test_a_number_fills_the_shape_of_what_it_stands_for(rows):
    at, wide = pt.matrix("at"), pt.row("wide")
    compare(
        [at, wide], [pt.second(at, wide), pt.second(at, 2.0), pt.second(wide, at)], rows, rows[:1]
    )


@pytest.mark.parametrize("axis", [0, 1])
def test_numbers_taken_by_place_are_the_same_along_either_axis(rows, axis):
    at, place = pt.matrix("at"), pt.lvector("place")
    taken = at[place] if axis == 0 else at[:, place]
    compare([at, place], [taken * 2.0, taken], rows, np.array([0, -1, 2, 2]))


def test_places_in_two_dimensions_at_once_are_taken_as_pytensor_does(rows):
    at, place = pt.matrix("at"), pt.lvector("place")
    compare([at, place], [at[place, place] * 2.0], rows, np.array([0, 3, 1]))


def test_a_mask_takes_what_it_marks(rows):
    at, mask = pt.matrix("at"), pt.vector("mask", dtype="bool")
    compare([at, mask], [at[mask] * 2.0], rows, np.array([True, False, True, True]))


def test_what_is_handed_on_unchanged_is_not_written_over(rows):
    held = pytensor.shared(rows)
    at = pt.matrix("at")
    run = compile_straight([at], [held, at + held])
    for _ in range(2):
        np.testing.assert_array_equal(run(rows)[0], rows)
        np.testing.assert_array_equal(held.get_value(), rows)


def test_a_simplified_graph_checks_no_parameter_again():
    import pymc as pm

    at = pt.vector("at")
    scale = pt.exp(at[0])
    (term,) = simplify([pm.logp(pm.Normal.dist(0.0, scale), at).sum()])
    names = {type(node.op).__name__ for node in toposort([term])}
    assert "CheckParameterValue" not in names
    found = compile_straight([at], term)(np.array([0.3, -0.2]))
    np.testing.assert_allclose(found, norm.logpdf([0.3, -0.2], scale=np.exp(0.3)).sum())


def test_steps_that_hide_a_graph_are_opened_with_their_slopes_and_for_many_points():
    at, many = pt.vector("at", shape=(3,)), pt.matrix("many", shape=(None, 3))
    hidden = pt.logsumexp(2 * at) + pt.special.xlogy(at[0], at[1]) + pt.special.log_softmax(at)[2]
    (value,) = simplify([hidden])
    both = [at], [value, pytensor.grad(value, at)]
    several = [many], vectorize_graph(value, {at: many})
    for graph in (both, several):
        nodes = pytensor.function(*graph, mode=_choose_mode()).maker.fgraph.apply_nodes
        assert not any(isinstance(node.op, OpFromGraph | Blockwise) for node in nodes)

    def by_hand(x):
        return logsumexp(2 * x) + x[0] * np.log(x[1]) + x[2] - logsumexp(x)

    place = np.array([0.3, 1.2, -0.7])
    found, slopes = compile_straight(*both)(place)
    assert found == pytest.approx(by_hand(place), rel=1e-14)
    np.testing.assert_allclose(slopes, approx_fprime(place, by_hand, 1e-7), atol=1e-6)
    rows = compile_straight(*several)(np.array([place, place + 0.1]))
    np.testing.assert_allclose(rows, [by_hand(place), by_hand(place + 0.1)])
