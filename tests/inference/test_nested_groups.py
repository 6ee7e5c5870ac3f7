import numpy as np
import pytest

from desist.inference.nested_groups import (
    draw_groups,
    find_group_modes,
    integrate_groups,
    interpolate,
    place_nodes,
)

N_NODES = 9
SEEN = np.array([[[0.8, 0.0], [0.8, 0.5]]])  # comparison people see 0.8 of the first effect


def read_counts(events, exposures, unit=0.5):
    """Two arms of one group with Poisson counts, read about 0 in a unit."""
    nodes = place_nodes(9, 4.0)
    centre, width = np.zeros((1, 2, 1)), np.full((1, 2, 1), unit)
    at = centre + nodes[:, np.newaxis, np.newaxis, np.newaxis] * width
    events, exposures = (np.array(part)[np.newaxis, :, np.newaxis] for part in (events, exposures))
    return interpolate(events * at - exposures * np.exp(at), nodes, centre, width)


def integrate_densely(events, exposures):
    """The same integral as a plain sum over a fine grid, with the moments of both effects."""
    axis = np.linspace(-8, 8, 801)
    first, second = np.meshgrid(axis, axis, indexing="ij")
    eta = [0.8 * first, 0.8 * first + 0.5 * second]
    log_density = -(first**2 + second**2) / 2
    for y, e, at in zip(events, exposures, eta, strict=True):
        log_density = log_density + y * at - e * np.exp(at)
    density = np.exp(log_density)
    total = density.sum()
    means = [(density * part).sum() / total for part in (first, second)]
    return np.log(total * (axis[1] - axis[0]) ** 2), means


@pytest.mark.parametrize(("events", "exposures"), [((3, 1), (5.0, 2.0)), ((0, 2), (0.5, 0.3))])
def test_a_group_is_integrated_as_by_a_fine_grid(events, exposures):
    arms = read_counts(events, exposures)
    found = find_group_modes(arms, SEEN, np.zeros((1, 1, 2)))
    exact, _ = integrate_densely(events, exposures)
    assert integrate_groups(arms, found, N_NODES)[0] == pytest.approx(exact, abs=0.01)


def test_a_group_without_people_keeps_its_prior():
    arms = read_counts((0, 0), (0.0, 0.0))
    found = find_group_modes(arms, SEEN, np.ones((1, 1, 2)))
    np.testing.assert_allclose(found.mode, 0.0, atol=1e-12)
    assert integrate_groups(arms, found, N_NODES)[0] == pytest.approx(np.log(2 * np.pi))


def test_effects_are_drawn_from_their_own_distribution():
    events, exposures = (0, 4), (1.0, 1.0)
    arms = read_counts(events, exposures, unit=0.8)
    found = find_group_modes(arms, SEEN, np.zeros((1, 1, 2)))
    rng = np.random.default_rng(1)
    drawn = np.array([draw_groups(arms, found, rng)[0, 0] for _ in range(4000)])
    _, means = integrate_densely(events, exposures)
    np.testing.assert_allclose(drawn.mean(axis=0), means, atol=0.05)


def test_few_nodes_do_for_a_group_that_is_close_to_normal():
    arms = read_counts((40, 30), (42.0, 33.0), unit=0.2)
    found = find_group_modes(arms, SEEN, np.zeros((1, 1, 2)))
    few, many = (integrate_groups(arms, found, n_nodes)[0] for n_nodes in (5, 11))
    assert few == pytest.approx(many, abs=1e-3)


def test_one_effect_is_integrated_as_by_a_fine_grid():
    events, exposures = (2, 1), (3.0, 2.0)
    arms = read_counts(events, exposures)
    seen = np.array([[[0.8], [0.8]]])
    found = find_group_modes(arms, seen, np.zeros((1, 1, 1)))
    axis = np.linspace(-8, 8, 4001)
    log_density = -(axis**2) / 2
    for y, e in zip(events, exposures, strict=True):
        log_density = log_density + y * 0.8 * axis - e * np.exp(0.8 * axis)
    exact = np.log(np.exp(log_density).sum() * (axis[1] - axis[0]))
    assert integrate_groups(arms, found, N_NODES)[0] == pytest.approx(exact, abs=0.01)


def test_an_arm_is_read_where_it_was_read_and_no_farther():
    arms = read_counts((3, 1), (5.0, 2.0))
    at = np.array([[[0.3, 2.0, 50.0]]])
    expected = 3 * at - 5 * np.exp(at)
    found = arms.evaluate(0, at)
    np.testing.assert_allclose(found[0, 0, :1], expected[0, 0, :1], atol=0.01)
    assert found[0, 0, 1] == found[0, 0, 2]  # four units of 0.5 are as far as the nodes reach
