"""The log density of a hierarchical model, seen as rows that are added up within groups."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from desist._types import Data, Draws, Floats, Integers
from desist.inference.laplace import find_start
from desist.inference.log_terms import write_log_terms
from desist.inference.straight import StraightFunction, compile_straight, simplify

# Every outcome model hands its outcome the linear predictor first, and a row's likelihood depends
# on the groups through that number alone. So three compiled functions do for all of them: the
# linear predictor without groups, the rows at any linear predictor, and each row's slope in it.

PRIOR_STEP = 1e-3
CORNERS = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))  # of a second difference


@dataclass(frozen=True)
class Grouping:
    """A grouping of the rows: its column among the groups, its levels, the effects that vary."""

    column: int
    n_levels: int
    effects: tuple[str, ...]  # intercepts first; "prison_intercept" stands for its scale as well


@dataclass(frozen=True)
class Slopes:
    """The rows at a point: their sum with the plain prior, and its first derivatives."""

    value: float
    plain: Floats  # (n_plain,), in the plain parameters
    rows: Floats  # (n_rows,), of each row in its linear predictor


class GroupedDensity:
    """Rows, priors and slopes of a hierarchical PyMC model, compiled once."""

    def __init__(self, model: Any, groupings: tuple[Grouping, ...]) -> None:
        import pytensor
        import pytensor.tensor as pt
        from pymc.pytensorf import join_nonshared_inputs
        from pytensor.compile.mode import Mode
        from pytensor.graph.replace import vectorize_graph
        from pytensor.graph.traversal import ancestors

        as_written = Mode(linker="py", optimizer=None)
        start = find_start(model, as_written)
        self.groupings = groupings
        self.effects = tuple(effect for grouping in groupings for effect in grouping.effects)
        self._place_parameters(model, start)
        none = {name: start[f"{name}_standard"] for name in self.effects}
        eta, rows, at = _open_outcome(model, none)
        scales = [model[f"{name}_sd"] for name in self.effects]
        hidden = {*scales, *(model[f"{name}_standard"] for name in self.effects)}
        plain = [variable for variable in model.free_RVs if variable not in hidden]
        wanted = {variable.name for variable in [*model.free_RVs, *model.deterministics]}
        named = [node for node in model.unobserved_value_vars if node.name in wanted]
        self._names = [node.name for node in named]
        terms = write_log_terms(model, [*plain, *scales])
        terms = [pt.add(*terms[: len(plain)]), *terms[len(plain) :]]
        outputs, point = join_nonshared_inputs(start, [eta, rows, *terms, *named], model.value_vars)
        # simplified before anything is made of it: once, and while it is small
        n_first = 2 + len(terms)
        eta, rows, *terms = simplify(outputs[:n_first])
        # the length is said, so that a last parameter is known to be one number
        points = pt.matrix("points", shape=(None, len(self.start)))
        ats = pt.matrix("ats")
        many = vectorize_graph([eta, rows, *terms, *outputs[n_first:]], {point: points, at: ats})
        shift = pt.vector("shift")
        moved = pytensor.graph.replace.graph_replace([rows], {at: eta + shift}, strict=False)[0]
        value = moved.sum() + terms[0]
        self._slopes = compile_straight(
            [point, shift], [value, *pytensor.grad(value, [point, shift])]
        )
        self._base = compile_straight([points], many[0])
        known, unknown, rest = _split(many[1], ats)
        self._is_drawn = tuple(points in ancestors([one]) for one in known)
        self._known = compile_straight([points], known)
        self._rows = compile_straight([ats, *unknown], rest)
        self._priors = StraightFunction(
            pytensor.function([points], many[2:n_first], mode=as_written, on_unused_input="ignore")
        )
        self._parameters = pytensor.function([points], many[n_first:], mode=as_written)

    def slopes(self, point: Floats, shift: Floats) -> Slopes:
        """Differentiate at plain parameters and what groups add to each row, (n_rows,)."""
        value, gradient, of_rows = self._slopes(point, shift)
        return Slopes(float(value), gradient[self.plain_places], of_rows)

    def bend_of_plain(self, point: Floats) -> Floats:
        """Return the negative curvature of the plain parameters' log prior, (n_plain, n_plain)."""
        n_plain = len(self.plain_places)
        steps = np.zeros((n_plain, len(point)))
        steps[np.arange(n_plain), self.plain_places] = PRIOR_STEP
        near = [point + one * steps[:, np.newaxis] + two * steps for one, two, _ in CORNERS]
        heights = self._priors(np.reshape(near, (-1, len(point))))[0]
        heights = np.broadcast_to(heights, len(CORNERS) * n_plain**2)
        signs = np.array([sign for *_, sign in CORNERS])
        across: Floats = signs @ heights.reshape(len(CORNERS), -1)
        return -across.reshape(n_plain, n_plain) / (2 * PRIOR_STEP) ** 2

    def base(self, points: Floats) -> Floats:
        """Return the linear predictor without groups, shape (n_points, n_rows)."""
        return np.asarray(self._base(points))

    def know(self, points: Floats) -> list[Any]:
        """Return what rows have of parameters (n_points, n_parameters), linear predictor aside."""
        return list(self._known(points))

    def pick(self, known: list[Any], draws: slice, times: int = 1) -> list[Any]:
        """Return what is known of some of the points, so many times over."""
        picked = [
            one[draws] if is_drawn else one
            for one, is_drawn in zip(known, self._is_drawn, strict=True)
        ]
        if times == 1:
            return picked
        return [
            np.concatenate([one] * times) if is_drawn else one
            for one, is_drawn in zip(picked, self._is_drawn, strict=True)
        ]

    def rows(self, at: Floats, known: list[Any]) -> Floats:
        """Return the weighted log-likelihood of rows at linear predictors, (n_points, n_rows)."""
        return np.asarray(self._rows(at, *known))

    def prior(self, points: Floats, scales: Floats) -> Floats:
        """Return the log prior density of plain parameters and of scales, (n_points,)."""
        points = points.copy()
        points[:, self.scale_places] = np.log(scales)
        terms = [np.broadcast_to(term, len(points)) for term in self._priors(points)]
        # the model's density is that of the logs of its scales
        total: Floats = np.sum(terms, axis=0) - np.log(scales).sum(axis=1)
        return total

    def parameters(self, points: Floats, n_batches: int) -> Draws:
        """Return the model's named parameters, each of shape (n_batches, n_draws, ...)."""
        named = zip(self._names, self._parameters(points), strict=True)
        return {name: array.reshape(n_batches, -1, *array.shape[1:]) for name, array in named}

    def _place_parameters(self, model: Any, start: dict[str, Floats]) -> None:
        """Tell scales, standard effects and plain parameters apart in the vector of all."""
        names = {model.rvs_to_values[variable].name: variable.name for variable in model.free_RVs}
        places, first = {}, 0
        for value_name, value in start.items():
            places[names[value_name]] = np.arange(first, first + np.size(value))
            first += np.size(value)
        self.start = np.concatenate([np.ravel(value) for value in start.values()]).astype(float)
        self.scale_places = np.concatenate([places[f"{name}_sd"] for name in self.effects])
        self.effect_places = [places[f"{name}_standard"] for name in self.effects]
        of_groups = np.concatenate([self.scale_places, *self.effect_places])
        self.plain_places = np.setdiff1d(np.arange(first), of_groups)
        self.start[of_groups] = 0.0


def _open_outcome(model: Any, none: dict[str, Floats]) -> tuple[Any, Any, Any]:
    """Return the linear predictor without groups, the rows at any, and what holds that one."""
    import pymc as pm
    import pytensor.tensor as pt
    from pytensor.graph.replace import clone_replace

    outcome = model["outcome"]
    eta, *_ = outcome.owner.op.dist_params(outcome.owner)
    at = eta.type("at")
    # nothing but the node itself is made anew: the parameters stay those of the model
    inputs = [at if one is eta else one for one in outcome.owner.inputs]
    elsewhere = outcome.owner.op.make_node(*inputs).outputs[outcome.owner.outputs.index(outcome)]
    rows = pm.logp(elsewhere, model.rvs_to_values[outcome])
    eta, rows = model.replace_rvs_by_values([eta, rows])
    absent = {
        model.rvs_to_values[model[f"{name}_standard"]]: pt.zeros(values.shape)
        for name, values in none.items()
    }
    return clone_replace(eta, absent), rows, at


def _split(rows: Any, ats: Any) -> tuple[list[Any], list[Any], Any]:
    """Return what of rows does not hang on linear predictors, stand-ins, and rows made of these."""
    # the same at all nodes that a group is read at, and so found once for all of them
    from pytensor.graph.replace import graph_replace
    from pytensor.graph.traversal import toposort
    from pytensor.tensor.variable import TensorVariable

    moving, known = {ats}, list[Any]()
    for node in toposort([rows]):
        if moving.isdisjoint(node.inputs):
            continue
        moving.update(node.outputs)
        known += [one for one in node.inputs if one not in {*moving, *known}]
    known = [one for one in known if isinstance(one, TensorVariable) and not _is_constant(one)]
    unknown = [one.type() for one in known]
    (rest,) = graph_replace([rows], dict(zip(known, unknown, strict=True)), strict=False)
    return known, unknown, rest


def _is_constant(variable: Any) -> bool:
    """Say whether a variable is a leaf, or made of numbers alone, which compiling folds."""
    from pytensor.graph.basic import Constant
    from pytensor.graph.traversal import ancestors

    leaves = [one for one in ancestors([variable]) if one.owner is None]
    return variable.owner is None or all(isinstance(one, Constant) for one in leaves)


@dataclass(frozen=True)
class Cells:
    """The rows of each group and arm, in an order in which a cell's rows follow each other."""

    of_row: Integers  # the cell: comparison people of a group before its participants
    order: Integers | None  # None where the rows are in that order as they are
    first: Integers
    found: Integers
    n_groups: int

    def add_up(self, rows: Floats) -> Floats:
        """Add up rows, shape (..., n_rows), within arms and groups: (..., 2, n_groups)."""
        sums = np.zeros((*rows.shape[:-1], 2 * self.n_groups))
        ordered = rows if self.order is None else rows[..., self.order]
        sums[..., self.found] = np.add.reduceat(ordered, self.first, axis=-1)
        return np.swapaxes(sums.reshape(*rows.shape[:-1], self.n_groups, 2), -1, -2)

    def spread(self, values: Floats) -> Floats:
        """Give every row its cell's value, (..., 2, n_groups) to (..., n_rows)."""
        of_cells = np.swapaxes(values, -1, -2).reshape(*values.shape[:-2], -1)
        if self.order is not None:
            return np.asarray(of_cells[..., self.of_row])
        n_rows = np.diff(self.first, append=len(self.of_row))
        return np.repeat(of_cells[..., self.found], n_rows, axis=-1)


def find_cells(data: Data, grouping: Grouping) -> Cells:
    """Find the rows of each group and arm, group by group, comparison first."""
    of_row = np.asarray(data["group"])[:, grouping.column]
    cell = 2 * of_row + np.asarray(data["treated"]).astype(np.int64)
    order = np.argsort(cell, kind="stable")
    found, first = np.unique(cell[order], return_index=True)
    is_sorted = bool(np.all(np.diff(cell) >= 0))
    return Cells(cell, None if is_sorted else order, first, found, grouping.n_levels)
