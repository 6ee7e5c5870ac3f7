"""The draws of a fit as points of its density, and the log-likelihood of its rows at them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from desist._types import Floats
from desist.execution import on_one_thread
from desist.inference.engines import compile_alone
from desist.inference.laplace import LogDensity
from desist.models.fit import Fit

POINTS_TIMES_ROWS = 2_000_000


@dataclass(frozen=True, eq=False, repr=False)
class Points:
    """Log prior of each draw, and log-likelihood of one person of each row at it."""

    log_prior: Floats
    log_rows: Floats

    def __repr__(self) -> str:
        """Say how many there are."""
        return f"<Points: {len(self.log_prior)} draws, {self.log_rows.shape[1]} rows>"


def read_points(fit: Fit) -> Points:
    """Evaluate prior and likelihood at the draws of a fit."""
    with compile_alone(), on_one_thread():
        model = fit.collapsed_model
        density = LogDensity(model)
        points = _list_points(model, fit.draws)
        weight = fit.data["weight"]
        at_once = max(1, POINTS_TIMES_ROWS // len(weight))
        rows = [
            density.row_values(points[first : first + at_once]) / weight
            for first in range(0, len(points), at_once)
        ]
        return Points(density.priors(points), np.concatenate(rows))


def _list_points(model: Any, draws: Mapping[str, Floats]) -> Floats:
    """Carry the draws to the unconstrained scale of the model, parameter by parameter."""
    columns = []
    for variable in model.free_RVs:
        values = draws[variable.name]
        flat = values.reshape(values.shape[0] * values.shape[1], -1)
        transform = model.rvs_to_transforms[variable]
        if transform is not None:
            flat = np.asarray(transform.forward(flat, *variable.owner.inputs).eval(), dtype=float)
        columns.append(flat.reshape(len(flat), -1))
    return np.hstack(columns)
