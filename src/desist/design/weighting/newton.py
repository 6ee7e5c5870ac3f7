"""Minimise a smooth convex function of a few parameters by Newton steps."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

STEPS = 200
HALVINGS = 40

Floats = NDArray[np.float64]
Value = tuple[float, Floats, Floats]


def minimise(evaluate: Callable[[Floats], Value], size: int, tolerance: float) -> Floats | None:
    """Find where the gradient of a convex function is zero."""
    # Newton steps, halved until the value falls enough (Boyd and Vandenberghe 2004, Convex
    # Optimization, algorithm 9.5).
    parameters = np.zeros(size)
    value, gradient, hessian = evaluate(parameters)
    for _ in range(STEPS):
        step = _newton_step(gradient, hessian)
        if step is None:
            return None
        slope = float(gradient @ step)
        near = np.abs(gradient).max() < tolerance
        share = 1.0
        for _ in range(HALVINGS):
            tried = evaluate(parameters + share * step)
            if tried[0] <= value + 1e-4 * share * slope + 1e-12 * abs(value):
                break
            share /= 2
        else:
            return parameters if near else None
        if near and np.abs(tried[1]).max() >= np.abs(gradient).max():
            return parameters  # one more step after the tolerance, while it still helps
        parameters = parameters + share * step
        value, gradient, hessian = tried
    return parameters if np.abs(gradient).max() < tolerance else None


def _newton_step(gradient: Floats, hessian: Floats) -> Floats | None:
    if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
        return None
    try:
        step: Floats = -np.linalg.solve(hessian, gradient)
    except np.linalg.LinAlgError:
        return None
    return step if float(gradient @ step) <= 0 else None
