"""Compiled functions run step by step, without what PyTensor does about each step."""

# PyTensor's Python linker asks before every step whether shapes may be broadcast, and afterwards
# whether the result is a view: five microseconds a step, which for a few thousand rows is as much
# as the step itself. The steps and their numbers are the same here.

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desist.inference.softplus import Softplus, fuse_softplus

WORTH_IT = 2_048  # numbers in an array, from which on it is quicker to write over it

# Rewrites that find nothing in graphs of likelihoods, or next to nothing, and take more than half
# of the time: searches for diagonal and selecting matrices, for sparse ones, and for densities, and
# the cancelling of sums and products, which the graph that a gradient is taken of has behind it.
NOT_SEARCHED_FOR = (
    "dot_diag_to_elemwise",
    "inline_ofg_expansion",
    "local_IncSubtensor_serialize",
    "local_add_of_sparse_write",
    "local_expm1",
    "local_greedy_distributor",
    "local_lift_DiracDelta",
    "local_merge_switch_same_cond",
    "local_subtensor_of_batch_dims",
    "local_upcast_elemwise_constant_inputs",
    "local_useless_elemwise_comparison",
    "local_view_op",
    "selection_dot_to_indexing",
    "symbolic_op_recognition",  # which hides again what was opened
    "ShapeOpt",
)
NOT_CANCELLED_AGAIN = ("local_add_canonizer", "local_mul_canonizer")

type Step = Callable[..., Any]


def simplify(outputs: list[Any]) -> list[Any]:
    """Simplify the graph of a likelihood, before anything is made of it."""
    from pytensor.graph.rewriting.utils import rewrite_graph

    _register_rewrites()
    # parameters of priors were checked when the priors were made
    wanted = ("canonicalize", "local_remove_check_parameter")
    opened = rewrite_graph(outputs, include=(), custom_rewrite=_open_inner_graphs())
    found: list[Any] = rewrite_graph(opened, include=wanted, exclude=NOT_SEARCHED_FOR)
    return found


def compile_straight(arguments: list[Any], outputs: Any) -> "StraightFunction":
    """Compile a function of a simplified graph for the Python linker."""
    import pytensor

    # what some models do not read, others do
    function = pytensor.function(arguments, outputs, mode=_choose_mode(), on_unused_input="ignore")
    return StraightFunction(function)


@cache
def _choose_mode() -> Any:
    from pytensor.compile.mode import Mode
    from pytensor.graph.rewriting.db import RewriteDatabaseQuery

    _register_rewrites()
    left_out = (*NOT_SEARCHED_FOR, *NOT_CANCELLED_AGAIN)
    query = RewriteDatabaseQuery(include=("fast_compile",), exclude=left_out)
    return Mode(linker="py", optimizer=query)


def _register_rewrites() -> None:
    """Have PyMC register its rewrites before any of them is left out by its name."""
    import_module("pymc")


@cache
def _open_inner_graphs() -> Any:
    """Put the graph that a step such as a log-sum-exp hides in the place of the step."""
    # Such a step PyTensor compiles by the compiler of C, a second for each node that it hides, and
    # takes one draw after the other.
    from pytensor.compile.builders import OpFromGraph
    from pytensor.compile.rewriting import inline_ofg_node
    from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter

    def open_one(_graph: Any, node: Any) -> Any:
        return inline_ofg_node(node)

    return dfs_rewriter(node_rewriter([OpFromGraph])(open_one))


@dataclass(frozen=True)
class _Planned:
    run: Step
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    frees: tuple[int, ...]  # what no later step reads


class StraightFunction:
    """A function of PyTensor whose steps are called one after another."""

    def __init__(self, function: Any) -> None:
        graph = function.maker.fgraph
        self._held = function.input_storage
        place = {variable: number for number, variable in enumerate(graph.inputs)}
        nodes = fuse_softplus(graph.toposort(), graph.outputs)
        for node in nodes:
            for variable in (*node.inputs, *node.outputs):
                place.setdefault(variable, len(place))
        self._known = [
            (number, np.asarray(variable.data) if _is_array(variable.data) else variable.data)
            for variable, number in place.items()
            if hasattr(variable, "data")
        ]
        for variable in graph.outputs:
            place.setdefault(variable, len(place))
        self._n_places = len(place)
        self._outputs = tuple(place[variable] for variable in graph.outputs)
        kept = {*self._outputs, *range(len(graph.inputs)), *(number for number, _ in self._known)}
        self._steps = _plan(nodes, place, kept)
        self._is_single = bool(function.unpack_single)

    def __call__(self, *values: NDArray[Any]) -> Any:
        """Return the outputs at some values of the arguments that are not held."""
        slots: list[Any] = [None] * self._n_places
        for number, known in self._known:
            slots[number] = known
        for number, container in enumerate(self._held):
            slots[number] = values[number] if number < len(values) else container.storage[0]
        with np.errstate(all="ignore"):
            for step in self._steps:
                written = step.run(*[slots[number] for number in step.reads])
                if len(step.writes) == 1:
                    slots[step.writes[0]] = written
                else:
                    for number, value in zip(step.writes, written, strict=True):
                        slots[number] = value
                for number in step.frees:
                    slots[number] = None
        found = [slots[number] for number in self._outputs]
        return found[0] if self._is_single else found


def _plan(nodes: list[Any], place: dict[Any, int], kept: set[int]) -> tuple[_Planned, ...]:
    last = {place[variable]: node for node in nodes for variable in node.inputs}
    alone = _find_unshared(nodes)
    planned = []
    for node in nodes:
        frees = tuple(n for n, reader in last.items() if reader is node and n not in kept)
        spare = tuple(
            position
            for position, variable in enumerate(node.inputs)
            if variable in alone
            and place[variable] in frees
            and variable.dtype == node.outputs[0].dtype
        )
        reads, writes = (tuple(place[one] for one in some) for some in (node.inputs, node.outputs))
        step = node.run if isinstance(node, Softplus) else _make_step(node, spare)
        planned.append(_Planned(step, reads, writes, frees))
    return tuple(planned)


def _find_unshared(nodes: list[Any]) -> set[Any]:
    """Find the results whose memory nothing else can see."""
    made = {node.outputs[0] for node in nodes if _is_elementwise(node)}
    seen = {one for node in nodes if not _is_elementwise(node) for one in node.inputs}
    return made - seen


def _is_elementwise(node: Any) -> bool:
    from pytensor.tensor.elemwise import Elemwise

    if isinstance(node, Softplus):
        return True
    return isinstance(node.op, Elemwise) and len(node.outputs) == 1


def _make_step(node: Any, spare: tuple[int, ...]) -> Step:
    kind = type(node.op.scalar_op).__name__ if _is_elementwise(node) else None
    if kind is None or kind == "Second":
        return _make_other_step(node)
    op, dtype = node.op, np.dtype(node.outputs[0].dtype)
    op.prepare_node(node, None, None, "py")
    is_folded = kind in {"Add", "Mul"} and len(node.inputs) > 2
    is_known = op.nfunc is not None and (is_folded or len(node.inputs) == op.nfunc_spec[1])
    if not is_known:
        return partial(_apply, op.ufunc or node.tag.ufunc, dtype)
    if op.nfunc is np.where and 2 in spare:
        return partial(_switch, dtype)
    if hasattr(node.tag, "sig") and not is_folded:
        return partial(_apply, partial(op.nfunc, sig=node.tag.sig), dtype)
    if isinstance(op.nfunc, np.ufunc):
        return partial(_fold if len(node.inputs) > 1 else _turn, op.nfunc, dtype, spare)
    return partial(_apply, op.nfunc, dtype)


def _make_other_step(node: Any) -> Step:
    from pytensor.compile.ops import DeepCopyOp
    from pytensor.tensor.subtensor import AdvancedSubtensor

    if _is_elementwise(node):
        return partial(_fill, np.dtype(node.outputs[0].dtype))
    if isinstance(node.op, DeepCopyOp):
        return _hand_on  # nobody writes over what goes in or comes out
    if isinstance(node.op, AdvancedSubtensor):
        is_index = [one != slice(None) for one in node.op.idx_list]
        index = node.inputs[-1]
        if sum(is_index) == 1 and index.dtype.startswith("int") and index.type.ndim == 1:
            return partial(_take, is_index.index(True))
    return partial(_perform, node, len(node.outputs))


def _hand_on(value: Any) -> Any:
    return value


def _take(axis: int, values: Any, index: Any) -> NDArray[Any]:
    return np.asarray(np.take(values, index, axis=axis))


def _apply(function: Step, dtype: np.dtype[Any], *values: Any) -> NDArray[Any]:
    return np.asarray(function(*values), dtype=dtype)


def _fill(dtype: np.dtype[Any], like: Any, value: Any) -> NDArray[Any]:
    filled = np.empty(np.broadcast_shapes(like.shape, value.shape), dtype)
    filled[...] = value
    return filled


def _turn(function: Step, dtype: np.dtype[Any], spare: tuple[int, ...], value: Any) -> NDArray[Any]:
    room = value if spare and _holds(value, ()) else None
    return np.asarray(function(value, out=room), dtype=dtype)


def _fold(
    function: Step, dtype: np.dtype[Any], spare: tuple[int, ...], *values: Any
) -> NDArray[Any]:
    room = next((values[one] for one in spare if _holds(values[one], values)), None)
    total = values[0]
    for position, value in enumerate(values[1:], start=1):
        # what is still to be read may not be written over
        is_free = room is not None and not any(room is later for later in values[position + 1 :])
        total = function(total, value, out=room if is_free else None)
    return np.asarray(total, dtype=dtype)


def _switch(dtype: np.dtype[Any], condition: Any, value: Any, other: Any) -> NDArray[Any]:
    if condition.dtype != bool or not _holds(other, (condition, value, other)):
        return np.asarray(np.where(condition, value, other), dtype=dtype)
    np.copyto(other, value, where=condition)
    return np.asarray(other)


def _holds(room: Any, values: tuple[Any, ...]) -> bool:
    """Say whether a result of these values has the shape of one that is worth writing over."""
    return room.size >= WORTH_IT and all(
        value.shape == room.shape
        or (
            value.ndim == room.ndim
            and all(n in (1, m) for n, m in zip(value.shape, room.shape, strict=True))
        )
        for value in values
    )


def _perform(node: Any, n_outputs: int, *values: Any) -> Any:
    cells: list[list[Any]] = [[None] for _ in range(n_outputs)]
    node.op.perform(node, list(values), cells)
    return cells[0][0] if n_outputs == 1 else [cell[0] for cell in cells]


def _is_array(value: object) -> bool:
    return isinstance(value, np.ndarray | np.generic)
