"""Sums over weighted rows, written so that they take one pass over the rows."""

from typing import Any


def multiply_by_weights(total: Any) -> Any:
    """Write a sum over rows of what has weights as a product with these, the same for all draws."""
    import pytensor.tensor as pt

    # a matrix times a vector: numbers are neither multiplied one by one before nor kept
    addends = _find_operands(total, pt.math.Sum)
    factors = _find_operands(addends[0], pt.elemwise.Elemwise) if len(addends) == 1 else []
    weights = [one for one in factors if one.type.broadcastable == (True, False)]
    others = [one for one in factors if one not in weights]
    is_weighted = factors and type(addends[0].owner.op.scalar_op).__name__ == "Mul"
    if not is_weighted or len(weights) != 1 or total.owner.op.axis != (1,):
        return total
    return pt.dot(others[0] if len(others) == 1 else pt.mul(*others), weights[0][0])


def _find_operands(variable: Any, kind: type[Any]) -> list[Any]:
    made = variable.owner is not None and isinstance(variable.owner.op, kind)
    return list(variable.owner.inputs) if made else []
