"""The target density of scales and common parameters, groups integrated row by row."""

import numpy as np

from desist._types import Floats
from desist.inference.nested_layout import Layout
from desist.inference.quadrature import (
    ArmLikelihoods,
    GroupPosterior,
    draw_groups,
    find_group_modes,
    integrate_groups,
    interpolate,
    place_nodes,
)

N_NODES = 11
N_NODES_OF_MANY_ROWS = 7
MANY_ROWS = 3_000
REACH = 4.0  # of the nodes, in standard deviations of what an arm sees
FORETOLD = 2.5  # standard deviations from where a group was foretold; beyond, it is read again
LEAST_WIDTH = 1e-3
LEAST_SCALE = 1e-12  # of which there is a logarithm
ROWS_TIMES_DRAWS = 80_000


def integrate(
    layout: Layout, scales: Floats, common: Floats, groups: Floats, inverse: Floats
) -> tuple[Floats, ArmLikelihoods, GroupPosterior]:
    """Return the log target, (n_draws,), of standard parameters, and what was read of groups."""
    of_common, of_groups = layout.stretch(scales)
    seen = np.stack([of_groups, of_groups], axis=1)
    seen[:, 0, 1:] = 0.0  # the comparison people of a group see its intercept alone
    arms, found = _read_groups(layout, of_common * common, seen, groups, inverse)
    log_target: Floats = (
        integrate_groups(arms, found)
        + layout.density.plain_prior(layout.fill(common))
        + layout.density.scale_prior(np.maximum(scales, LEAST_SCALE))
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
    layout: Layout, common: Floats, seen: Floats, groups: Floats, inverse: Floats
) -> tuple[ArmLikelihoods, GroupPosterior]:
    """Read each group's arms where it was foretold, and again where it was foretold wrongly."""
    arms = _read_arms(layout, common, seen, groups, inverse)
    found = find_group_modes(arms, seen, groups)
    at = arms.scale(np.einsum("sae,sge->sag", seen, found.mode))
    wrong = np.flatnonzero(np.abs(at).max(axis=(1, 2)) > FORETOLD)
    if wrong.size:
        root = found.root[wrong]
        own = root @ np.swapaxes(root, -1, -2)
        again = _read_arms(layout, common[wrong], seen[wrong], found.mode[wrong], own)
        arms.centre[wrong], arms.width[wrong] = again.centre, again.width
        arms.coefficients[:, wrong] = again.coefficients
        found = find_group_modes(arms, seen, found.mode)
    return arms, found


def _read_arms(
    layout: Layout, common: Floats, seen: Floats, groups: Floats, inverse: Floats
) -> ArmLikelihoods:
    """Read the likelihood of each group's arms at nodes about where the groups are foretold."""
    is_large = len(layout.design) > MANY_ROWS
    nodes = place_nodes(N_NODES_OF_MANY_ROWS if is_large else N_NODES, REACH)
    centre = np.einsum("sae,sge->sag", seen, groups)
    variance = np.einsum("sae,sgef,saf->sag", seen, inverse, seen)
    width = np.maximum(np.sqrt(variance), LEAST_WIDTH)
    values = np.empty((len(nodes), *centre.shape))
    at_once = max(1, ROWS_TIMES_DRAWS // len(layout.design))
    points = layout.fill(common)
    for first in range(0, len(points), at_once):
        part = slice(first, first + at_once)
        base = layout.density.base(points[part]) + layout.shift(common[part])
        for number, node in enumerate(nodes):
            at = base + layout.cells.spread(centre[part] + node * width[part])
            values[number, part] = layout.cells.add_up(layout.density.rows(at, points[part]))
    return interpolate(values, nodes, centre, width)
