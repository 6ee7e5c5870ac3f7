"""The likelihood of many rows, cut behind its products of matrices."""

# A row takes a few numbers of each matrix that is multiplied, so a product is bound by how fast the
# matrix is read: for one draw it takes as long as for five. All that follows goes number by number
# and is quickest where it fits in a cache. So the products are made for several draws at once, and
# what follows for few.

from typing import Any

import numpy as np

from desist._types import Floats
from desist.inference.straight import compile_straight

SEVERAL = 8  # draws: a product of matrices is quicker than eight with a vector


class ManyRows:
    """A sum over rows at many points, compiled in two parts."""

    def __init__(self, total: Any, points: Any) -> None:
        products, stand_ins, rest = split_products(total, points)
        self._products = compile_straight([points], products)
        self._rest = compile_straight([points, *stand_ins], rest)

    def evaluate(self, points: Floats, at_once: int) -> Floats:
        """Evaluate at points (n_points, n_parameters), the products for more at once."""
        totals = []
        for first in range(0, len(points), SEVERAL):
            some = points[first : first + SEVERAL]
            products = self._products(some)
            for start in range(0, len(some), at_once):
                part = slice(start, start + at_once)
                totals.append(self._rest(some[part], *(one[part] for one in products)))
        return np.concatenate(totals)


def split_products(total: Any, points: Any) -> tuple[list[Any], list[Any], Any]:
    """Return the last products that points reach, stand-ins, and the total made of these."""
    from pytensor.graph.replace import graph_replace
    from pytensor.graph.traversal import ancestors

    products = [one for one in _find_last_products(total) if points in ancestors([one])]
    stand_ins = [one.type() for one in products]
    replaced = dict(zip(products, stand_ins, strict=True))
    (rest,) = graph_replace([total], replaced, strict=False)
    return [_put_points_first(one) for one in products], stand_ins, rest


def _find_last_products(total: Any) -> list[Any]:
    found, seen, waiting = list[Any](), set[Any](), [total]
    while waiting:
        one = waiting.pop()
        if one in seen or one.owner is None:
            continue
        seen.add(one)
        if _is_product(one.owner.op):
            found.append(one)
        else:
            waiting += one.owner.inputs
    return found


def _put_points_first(product: Any) -> Any:
    """Write one matrix times a vector of each point so that a point's numbers lie together."""
    import pytensor.tensor as pt

    matrix, vectors = product.owner.inputs
    is_so = matrix.type.broadcastable[:1] == (True,) and vectors.type.broadcastable[2:] == (True,)
    if not is_so or matrix.type.ndim != 3:
        return product
    return pt.dot(vectors[:, :, 0], matrix[0].T)[:, :, np.newaxis]


def _is_product(op: Any) -> bool:
    from pytensor.tensor.blockwise import Blockwise
    from pytensor.tensor.math import Dot

    return isinstance(op.core_op if isinstance(op, Blockwise) else op, Dot)
