"""The target density of scales and common parameters, groups integrated row by row."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from desist._types import Floats
from desist.inference.blocks import cut_slices
from desist.inference.nested_groups import (
    ArmLikelihoods,
    GroupPosterior,
    draw_groups,
    find_group_modes,
    integrate_groups,
    interpolate,
    multiply_seen,
    place_nodes,
    see_effects,
)
from desist.inference.nested_layout import Layout

REACH = 4.0  # of the nodes, in standard deviations of what an arm sees
FORETOLD = 2.5  # standard deviations from where a group was foretold; beyond, it is read again
LEAST_WIDTH = 1e-3
LEAST_SCALE = 1e-12  # of which there is a logarithm
ROWS_TIMES_DRAWS = 80_000  # what fits in a core's cache
FEWEST_AT_ONCE = 8  # draws: a product of matrices is quicker than eight with a vector


@dataclass(frozen=True)
class Nodes:
    """At how many points groups are read, and at how many each effect is integrated."""

    read: int
    integrated: int


# from the cheapest on; a group without an event is far from normal, and wants the last
CHOICES = (Nodes(4, 5), Nodes(5, 5), Nodes(5, 7), Nodes(7, 7), Nodes(9, 9), Nodes(11, 9))
BEST = Nodes(13, 11)


def integrate(
    layout: Layout,
    scales: Floats,
    common: Floats,
    groups: tuple[Floats, Floats],
    nodes: Nodes = CHOICES[-1],
) -> tuple[Floats, ArmLikelihoods, GroupPosterior]:
    """Return the log target, (n_draws,), of standard parameters, and what was read of groups."""
    # of the groups it is foretold where they are, and their covariances
    of_common, of_groups = layout.stretch(scales)
    seen = np.stack([of_groups, of_groups], axis=1)
    seen[:, 0, 1:] = 0.0  # the comparison people of a group see its intercept alone
    arms, found = _read_groups(layout, of_common * common, seen, groups, nodes.read)
    log_target: Floats = (
        integrate_groups(arms, found, nodes.integrated)
        + layout.density.prior(layout.fill(common), np.maximum(scales, LEAST_SCALE))
        - np.square(common[:, layout.is_outer]).sum(axis=1) / 2
    )
    return log_target, arms, found


def complete(
    layout: Layout,
    scales: Floats,
    common: Floats,
    groups: tuple[ArmLikelihoods, GroupPosterior],
    rng: np.random.Generator,
) -> Floats:
    """Return points of all parameters, the effects of the groups drawn given all else."""
    points = layout.fill(common)
    points[:, layout.common] = common
    points[:, layout.groups] = np.swapaxes(draw_groups(*groups, rng), 1, 2)
    points[:, layout.density.scale_places] = np.log(scales)
    return points


def _read_groups(
    layout: Layout, common: Floats, seen: Floats, groups: tuple[Floats, Floats], n_nodes: int
) -> tuple[ArmLikelihoods, GroupPosterior]:
    """Read each group's arms where it was foretold, and again where it was foretold wrongly."""
    arms = _read_arms(layout, common, seen, groups, n_nodes)
    found = find_group_modes(arms, seen, groups[0])
    at = arms.scale(see_effects(seen, found.mode))
    wrong = np.flatnonzero(np.abs(at).max(axis=(1, 2)) > FORETOLD)
    if wrong.size:
        root = found.root[wrong]
        own = root @ np.swapaxes(root, -1, -2)
        again = _read_arms(layout, common[wrong], seen[wrong], (found.mode[wrong], own), n_nodes)
        arms.centre[wrong], arms.width[wrong] = again.centre, again.width
        arms.coefficients[:, wrong] = again.coefficients
        found = find_group_modes(arms, seen, found.mode)
    return arms, found


def _read_arms(
    layout: Layout, common: Floats, seen: Floats, groups: tuple[Floats, Floats], n_nodes: int
) -> ArmLikelihoods:
    """Read the likelihood of each group's arms at nodes about where the groups are foretold."""
    nodes = place_nodes(n_nodes, REACH)
    centre = see_effects(seen, groups[0])
    covariances = groups[1].reshape(*groups[1].shape[:2], -1)
    variance = multiply_seen(seen) @ np.swapaxes(covariances, -1, -2)
    width = np.maximum(np.sqrt(variance), LEAST_WIDTH)
    values = np.empty((len(nodes), *centre.shape))
    at_once = max(1, ROWS_TIMES_DRAWS // len(layout.design))
    points = layout.fill(common)
    for some in cut_slices(len(points), max(at_once, FEWEST_AT_ONCE)):
        base, known = layout.density.base(points[some]), layout.density.know(points[some])
        if layout.is_outer.any():
            base = base + layout.shift(common[some])
        for part in cut_slices(len(base), at_once):
            own = slice(some.start + part.start, some.start + part.stop)
            here = (centre[own], width[own])
            values[:, own] = _read_rows(layout, (base, known), part, here, nodes)
    return interpolate(values, nodes, centre, width)


def _read_rows(
    layout: Layout,
    drawn: tuple[Floats, list[Any]],
    part: slice,
    here: tuple[Floats, Floats],
    nodes: Floats,
) -> Floats:
    """Read some of the draws at all nodes, shape (n_nodes, n_draws, 2, n_groups)."""
    centre, width = here
    base, known = drawn[0][part], drawn[1]
    values = np.empty((len(nodes), *centre.shape))
    n_at_once = min(len(nodes), max(1, ROWS_TIMES_DRAWS // base.size))
    for some in cut_slices(len(nodes), n_at_once):
        at = layout.cells.spread(centre + nodes[some, np.newaxis, np.newaxis, np.newaxis] * width)
        at += base
        if some.start == 0 or len(at) < n_at_once:  # the last nodes are fewer
            repeated = layout.density.pick(known, part, len(at))
        rows = layout.density.rows(at.reshape(len(at) * len(base), -1), repeated)
        values[some] = layout.cells.add_up(rows.reshape(at.shape))
    return values
