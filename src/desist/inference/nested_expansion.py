"""A hierarchical posterior given its scales: its mode and curvature, arrow-shaped."""

from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.errors import NotConvergedError
from desist.inference.laplace import FARTHEST_MODE, NO_MODE
from desist.inference.nested_density import Slopes
from desist.inference.nested_layout import Layout

# The common parameters (the plain ones, and the effects of all groupings but the largest) are few;
# the effects of the largest grouping are many, and those of one group meet those of another only
# through the common ones. So cost grows linearly with groups.

MOST_STEPS = 40
CLOSE_ENOUGH = 1e-4  # of a posterior standard deviation, squared: a proposal needs no more
SLOW = 0.3  # a step that is not this much shorter than the last wants a new curvature
MOST_HALVINGS = 12
STEP = 1e-5
LEAST_PRECISION = 0.1  # of a group's own standard effects, whose prior alone gives 1


@dataclass(frozen=True)
class Arrow:
    """Curvature of the log-likelihood (and the plain prior) at a point, in effects themselves."""

    common: Floats  # (n_common, n_common)
    across: Floats  # (n_groups, n_common, n_effects)
    groups: Floats  # (n_groups, n_effects, n_effects)


@dataclass(frozen=True)
class Expansion:
    """The mode of a posterior given its scales, and the log-likelihood about it."""

    common: Floats
    groups: Floats
    standard: tuple[Floats, Floats]  # the same in standard effects
    linear: tuple[Floats, Floats]  # what the curvature's solution answers to: gradient + H x
    arrow: Arrow
    inverse: Floats  # (n_groups, n_effects, n_effects), of the groups given the common parameters
    half_log_volume: float  # half the log determinant of the common parameters' curvature


@dataclass(frozen=True)
class Factored:
    """An arrow with the prior of the standard effects, groups eliminated, at some scales."""

    schur: Floats  # (..., n_common, n_common)
    inverse: Floats  # (..., n_groups, n_effects, n_effects), of the groups' own blocks
    across: Floats  # (..., n_groups, n_common, n_effects)

    def eliminate(self, common: Floats, groups: Floats) -> Floats:
        """Return the common right-hand side that is left of one of common and groups."""
        solved = self.inverse @ groups[..., np.newaxis]
        left: Floats = common - (self.across @ solved)[..., 0].sum(axis=-2)
        return left

    def follow(self, common: Floats, groups: Floats) -> Floats:
        """Return the groups' part of a solution whose common part is known."""
        known = np.swapaxes(self.across, -1, -2) @ common[..., np.newaxis, :, np.newaxis]
        solution: Floats = (self.inverse @ (groups[..., np.newaxis] - known))[..., 0]
        return solution


def factorise(arrow: Arrow, layout: Layout, scales: Floats) -> Factored:
    """Eliminate the groups from the curvature in standard effects, scales (..., n_scales)."""
    of_common, of_groups = layout.stretch(scales)
    of_groups = of_groups[..., np.newaxis, :]
    own = arrow.groups * of_groups[..., :, np.newaxis] * of_groups[..., np.newaxis, :]
    inverse = _invert_small(own + np.eye(own.shape[-1]))
    across = arrow.across * of_common[..., np.newaxis, :, np.newaxis]
    across = across * of_groups[..., np.newaxis, :]
    common = arrow.common * of_common[..., :, np.newaxis] * of_common[..., np.newaxis, :]
    common = common + np.diag((layout.scale_of_common >= 0).astype(float))
    wide, other = (
        np.moveaxis(blocks, -3, -2).reshape(*common.shape[:-1], -1)
        for blocks in (across @ inverse, across)
    )
    return Factored(common - wide @ np.swapaxes(other, -1, -2), inverse, across)


def measure_arrow(
    layout: Layout, common: Floats, groups: Floats, here: Slopes, known: Arrow | None = None
) -> Arrow:
    """Measure the curvature by differences of slopes: one for all that is linear, one a rest."""
    n_plain = int(np.sum(~layout.is_outer))
    nudged = layout.look(common, groups, nudge=STEP)
    bend = (here.rows - nudged.rows) / STEP
    bent = bend[:, np.newaxis] * layout.design
    whole = layout.design.T @ bent
    across = layout.collect_groups(bent.T)  # (n_common, n_groups, n_effects)
    whole[:n_plain, :n_plain] += layout.density.bend_of_plain(layout.fill(common))
    for number in np.flatnonzero(~layout.is_linear[:n_plain]):
        if known is not None:  # of what is not linear, the curvature of a near point will do
            whole[number] = whole[:, number] = known.common[number]
            across[number] = known.across[:, number]
            continue
        shifted = common.copy()
        shifted[number] += STEP
        there = layout.look(shifted, groups)
        change = (here.rows - there.rows) / STEP
        column = np.concatenate(
            [(here.plain - there.plain) / STEP, change @ layout.design[:, layout.is_outer]]
        )
        whole[number], whole[:, number] = column, column
        across[number] = layout.collect_groups(change)
    own = layout.collect_groups(bend)
    blocks = np.empty((*own.shape, own.shape[-1]))
    blocks[...] = own[:, np.newaxis, :]
    blocks[:, -1, :] = own[:, -1:]  # what the effect shares with the intercept is the treated arm
    return Arrow((whole + whole.T) / 2, across.transpose(1, 0, 2), blocks)


def expand(
    layout: Layout, scales: Floats, start: tuple[Floats, Floats], arrow: Arrow | None = None
) -> Expansion:
    """Find the mode given the scales, keeping a curvature while it still brings it nearer."""
    here = _look(layout, _standardise(layout, start, scales), scales)
    last, is_new = np.inf, False
    for _ in range(MOST_STEPS):
        if arrow is None:
            arrow, is_new = _measure(layout, here), True
        step, size = _find_step(factorise(arrow, layout, scales), here.score)
        if size < CLOSE_ENOUGH:
            break
        there = _go(layout, scales, here, step)
        if there is None and is_new:
            raise NotConvergedError(NO_MODE)
        if there is None or size > SLOW * last:
            arrow, is_new = None, False
        here, last = here if there is None else there, size
        if np.max(np.abs(here.common), initial=0.0) > FARTHEST_MODE:
            raise NotConvergedError(NO_MODE)
    else:
        raise NotConvergedError(NO_MODE)
    return _describe(layout, scales, here, _measure(layout, here, arrow))


@dataclass(frozen=True)
class _Place:
    standard: tuple[Floats, Floats]  # common (n_common,), groups (n_groups, n_effects)
    common: Floats
    groups: Floats
    slopes: Slopes
    gradient: tuple[Floats, Floats]
    value: float  # with the prior of the standard effects
    score: tuple[Floats, Floats]  # in standard effects


def _standardise(
    layout: Layout, effects: tuple[Floats, Floats], scales: Floats
) -> tuple[Floats, Floats]:
    common, groups = (
        np.divide(values, unit, where=unit > 0, out=np.zeros_like(values))
        for values, unit in zip(effects, layout.stretch(scales), strict=True)
    )
    return common, groups


def _look(layout: Layout, standard: tuple[Floats, Floats], scales: Floats) -> _Place:
    of_common, of_groups = layout.stretch(scales)
    common, groups = of_common * standard[0], of_groups * standard[1]
    slopes = layout.look(common, groups)
    gradient = layout.collect(slopes)
    outer = np.where(layout.is_outer, standard[0], 0.0)
    score = (of_common * gradient[0] - outer, of_groups * gradient[1] - standard[1])
    penalty = (np.square(outer).sum() + np.square(standard[1]).sum()) / 2
    return _Place(standard, common, groups, slopes, gradient, slopes.value - penalty, score)


def _measure(layout: Layout, here: _Place, known: Arrow | None = None) -> Arrow:
    return measure_arrow(layout, here.common, here.groups, here.slopes, known)


def _find_step(
    factored: Factored, score: tuple[Floats, Floats]
) -> tuple[tuple[Floats, Floats], float]:
    """Return Newton's step, uphill wherever the curvature is not, and how much it promises."""
    values, vectors = np.linalg.eigh(factored.schur)
    values = np.maximum(np.abs(values), 1e-8)
    common = vectors @ (vectors.T @ factored.eliminate(*score) / values)
    groups = factored.follow(common, score[1])
    return (common, groups), float(abs(common @ score[0] + (groups * score[1]).sum()))


def _go(layout: Layout, scales: Floats, here: _Place, step: tuple[Floats, Floats]) -> _Place | None:
    """Take a step, halved until it leads up; None where it never does."""
    for halving in range(MOST_HALVINGS):
        share = 0.5**halving
        standard = (here.standard[0] + share * step[0], here.standard[1] + share * step[1])
        there = _look(layout, standard, scales)
        if np.isfinite(there.value) and there.value > here.value - 1e-9:
            return there
    return None


def _describe(layout: Layout, scales: Floats, here: _Place, arrow: Arrow) -> Expansion:
    factored = factorise(arrow, layout, scales)
    sign, log_volume = np.linalg.slogdet(factored.schur)
    if not sign > 0:
        raise NotConvergedError(NO_MODE)
    linear = (
        here.gradient[0]
        + arrow.common @ here.common
        + np.einsum("gce,ge->c", arrow.across, here.groups),
        here.gradient[1]
        + np.einsum("gce,c->ge", arrow.across, here.common)
        + np.einsum("gef,gf->ge", arrow.groups, here.groups),
    )
    return Expansion(
        here.common,
        here.groups,
        here.standard,
        linear,
        arrow,
        factored.inverse,
        float(log_volume) / 2,
    )


def _invert_small(blocks: Floats) -> Floats:
    """Invert symmetric blocks of one row or two."""
    if blocks.shape[-1] == 1:
        return np.asarray(1 / np.maximum(blocks, LEAST_PRECISION))
    middle = (blocks[..., 0, 0] + blocks[..., 1, 1]) / 2
    half = (blocks[..., 0, 0] - blocks[..., 1, 1]) / 2
    radius = np.hypot(half, blocks[..., 0, 1])
    # a likelihood that is not concave may leave less than the prior gives: raised evenly
    lift = np.maximum(LEAST_PRECISION - (middle - radius), 0.0)
    first, second = blocks[..., 0, 0] + lift, blocks[..., 1, 1] + lift
    determinant = first * second - np.square(blocks[..., 0, 1])
    inverse = np.empty_like(blocks)
    inverse[..., 0, 0], inverse[..., 1, 1] = second / determinant, first / determinant
    inverse[..., 0, 1] = inverse[..., 1, 0] = -blocks[..., 0, 1] / determinant
    return inverse
