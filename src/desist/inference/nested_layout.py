"""Where the parameters of a hierarchical model stand, and how they move each row."""

from dataclasses import dataclass

import numpy as np

from desist._types import Data, Floats, Integers, Mask
from desist.inference.nested_density import Cells, GroupedDensity, Grouping, Slopes, find_cells

REPEATED = 1e-9  # relative: what a straight line may be off by rounding


@dataclass(frozen=True)
class Layout:
    """One model with its data: common parameters, effects of the largest grouping, rows."""

    # the common parameters are the plain ones, then the effects of all other groupings

    density: GroupedDensity
    common: Integers  # their places, (n_common,)
    scale_of_common: Integers  # which scale multiplies it; -1 for a plain parameter
    groups: Integers  # places of the effects of the largest grouping, (n_effects, n_groups)
    scale_of_groups: Integers  # (n_effects,)
    cells: Cells  # of the largest grouping
    design: Floats  # (n_rows, n_common): what each linear parameter adds to each row
    is_linear: Mask  # (n_common,): whether rows know it through their linear predictor alone

    @property
    def is_outer(self) -> Mask:
        """Which common parameters are effects of a grouping."""
        return self.scale_of_common >= 0

    def stretch(self, scales: Floats) -> tuple[Floats, Floats]:
        """Return what standard values are multiplied by: (..., n_common) and (..., n_effects)."""
        known = np.concatenate([scales, np.ones((*scales.shape[:-1], 1))], axis=-1)
        return known[..., self.scale_of_common], scales[..., self.scale_of_groups]

    def see(self, groups: Floats) -> Floats:
        """Turn effects (..., n_groups, n_effects) into what arms see of them (..., 2, n_groups)."""
        return np.stack([groups[..., 0], groups.sum(axis=-1)], axis=-2)

    def fill(self, common: Floats) -> Floats:
        """Return points (..., n_parameters) with these plain parameters and no effects."""
        points = np.tile(self.density.start, (*common.shape[:-1], 1))
        points = points.reshape(*common.shape[:-1], -1)
        points[..., self.common[~self.is_outer]] = common[..., ~self.is_outer]
        return points

    def shift(self, common: Floats) -> Floats:
        """Return what the effects of the other groupings add to each row, (..., n_rows)."""
        added: Floats = common[..., self.is_outer] @ self.design[:, self.is_outer].T
        return added

    def look(self, common: Floats, groups: Floats, nudge: float = 0.0) -> Slopes:
        """Differentiate the rows at unscaled effects, all linear predictors nudged."""
        shift = self.shift(common) + self.cells.spread(self.see(groups)) + nudge
        return self.density.slopes(self.fill(common), shift)

    def collect(self, slopes: Slopes) -> tuple[Floats, Floats]:
        """Return the gradient in the common parameters and in the groups' effects."""
        outer = slopes.rows @ self.design[:, self.is_outer]
        return np.concatenate([slopes.plain, outer]), self.collect_groups(slopes.rows)

    def collect_groups(self, rows: Floats) -> Floats:
        """Add rows (..., n_rows) up to the effects of each group, (..., n_groups, n_effects)."""
        of_arms = self.cells.add_up(rows)
        both, treated = of_arms.sum(axis=-2), of_arms[..., 1, :]
        return np.stack([both, treated], axis=-1)[..., : len(self.groups)]


def lay_out(density: GroupedDensity, data: Data) -> Layout:
    """Tell the common parameters from the effects of the grouping with the most levels."""
    sizes = [grouping.n_levels for grouping in density.groupings]
    largest = density.groupings[int(np.argmax(sizes))]
    inner = [density.effects.index(effect) for effect in largest.effects]
    outer = [number for number in range(len(density.effects)) if number not in inner]
    plain = density.plain_places
    of_plain, is_linear = _find_linear(density, len(data["weight"]))
    of_outer = [_mark_levels(data, density, number) for number in outer]
    which = [np.full(len(density.effect_places[number]), number) for number in outer]
    return Layout(
        density,
        np.concatenate([plain, *(density.effect_places[number] for number in outer)]),
        np.concatenate([np.full(len(plain), -1), *which]).astype(np.int64),
        np.array([density.effect_places[number] for number in inner]),
        np.array(inner),
        find_cells(data, largest),
        np.hstack([of_plain, *of_outer]),
        np.concatenate([is_linear, *(np.ones(len(one), dtype=bool) for one in which)]),
    )


def _find_linear(density: GroupedDensity, n_rows: int) -> tuple[Floats, Mask]:
    """Find what each plain parameter adds to each row, where it does that and nothing else."""
    start, plain = density.start, density.plain_places
    steps = np.zeros((len(plain), len(start)))
    steps[np.arange(len(plain)), plain] = 1.0
    origin = density.base(start[np.newaxis])
    added = np.array([density.base((start + step)[np.newaxis])[0] for step in steps]) - origin
    is_linear = np.empty(len(plain), dtype=bool)
    rows = density.rows(origin, density.know(start[np.newaxis]))
    for number, step in enumerate(steps):
        twice = density.base((start + 2 * step)[np.newaxis])[0] - origin[0]
        is_straight = np.allclose(twice, 2 * added[number], rtol=REPEATED, atol=REPEATED)
        is_linear[number] = is_straight and np.array_equal(
            density.rows(origin, density.know((start + step)[np.newaxis])), rows
        )
    design = np.where(is_linear, np.broadcast_to(added.T, (n_rows, len(plain))), 0.0)
    return design, is_linear


def _mark_levels(data: Data, density: GroupedDensity, number: int) -> Floats:
    """Return which rows an effect of each level of a grouping adds to, (n_rows, n_levels)."""
    effect = density.effects[number]
    grouping: Grouping = next(one for one in density.groupings if effect in one.effects)
    marks = np.eye(grouping.n_levels)[np.asarray(data["group"])[:, grouping.column]]
    if effect == grouping.effects[0]:
        return np.asarray(marks)
    return np.asarray(marks * np.asarray(data["treated"])[:, np.newaxis])
