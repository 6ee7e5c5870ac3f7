"""The logarithm of one plus the exponential, five steps of a graph that are taken as one."""

# `log_one_plus_exp` writes it as switch(x > c, x, log1p(exp(minimum(x, c)))), so that neither it
# nor its gradient overflows. Where no number is above c, two of these steps do nothing and one
# decides nothing.

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Softplus:
    """Stands in a list of nodes for those that it is made of."""

    inputs: list[Any]
    outputs: list[Any]
    limit: float
    parts: tuple[Any, ...]  # the nodes that nothing else reads

    def run(self, value: Any) -> NDArray[Any]:
        """Evaluate the five steps."""
        if np.max(value, initial=-np.inf) <= self.limit:  # not so where a number is nan
            found = np.exp(value)
            return np.asarray(np.log1p(found, out=found if found.ndim else None))
        found = np.log1p(np.exp(np.minimum(value, self.limit)))
        return np.asarray(np.where(value > self.limit, value, found))


def fuse_softplus(nodes: list[Any], outputs: list[Any]) -> list[Any]:
    """Put a stand-in where these steps are, and leave out those that it does."""
    clients: dict[Any, int] = dict.fromkeys(outputs, 2)
    for node in nodes:
        for one in node.inputs:
            clients[one] = clients.get(one, 0) + 1
    found = {node: _match(node) for node in nodes}
    fused = {
        node: one
        for node, one in found.items()
        if one is not None and all(clients[part.outputs[0]] == 1 for part in one.parts)
    }
    done = {part for one in fused.values() for part in one.parts}
    return [fused.get(node, node) for node in nodes if node not in done]


def _match(node: Any) -> Softplus | None:
    if _name(node) != "Switch":
        return None
    condition, value, other = node.inputs
    parts = (condition.owner, *_follow(other, ("Log1p", "Exp", "Minimum")))
    if [_name(one) for one in parts] != ["GT", "Log1p", "Exp", "Minimum"]:
        return None
    above, least = (_read_limit(one, value) for one in (parts[0], parts[-1]))
    is_so = condition.owner.inputs[0] is value and above == least
    if above is None or not is_so or not node.outputs[0].dtype == value.dtype == "float64":
        return None
    return Softplus([value], node.outputs, above, parts)


def _follow(variable: Any, names: tuple[str, ...]) -> Iterator[Any]:
    for _ in names:
        yield variable.owner
        if variable.owner is None:
            return
        variable = variable.owner.inputs[0]


def _name(node: Any) -> str:
    return type(getattr(getattr(node, "op", None), "scalar_op", None)).__name__


def _read_limit(node: Any, value: Any) -> float | None:
    """Return the one number that values are held against, None where there is none."""
    others = [one for one in node.inputs if one is not value]
    if len(others) != 1 or not hasattr(others[0], "data") or np.size(others[0].data) != 1:
        return None
    return float(np.asarray(others[0].data).item())
