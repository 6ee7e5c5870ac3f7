"""A weighted linear regression, and how much of what is left each column explains."""

from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.errors import CannotAnswerError


@dataclass(frozen=True)
class Coefficient:
    """One coefficient of a regression: estimate, classical error, residual degrees of freedom."""

    estimate: float
    standard_error: float
    df: float

    @property
    def partial_r2(self) -> float:
        """Share of the variance left by the other columns that this one explains."""
        t = self.estimate / self.standard_error
        return t * t / (t * t + self.df)


def regress(outcome: Floats, columns: Floats, weights: Floats, n_people: float) -> Floats:
    """Regress an outcome on columns; return (coefficient, standard error) of each."""
    # weights are probability weights: they shape the estimate, and n_people the freedom
    root = np.sqrt(weights / weights.sum() * n_people)[:, np.newaxis]
    q, r = np.linalg.qr(columns * root)
    if np.abs(np.diag(r)).min() < 1e-9 * np.abs(np.diag(r)).max():
        raise CannotAnswerError("robustness value: a covariate is a sum of others; leave one out")
    inverse = np.linalg.inv(r)
    coefficients = inverse @ (q.T @ (outcome * root[:, 0]))
    residual = outcome * root[:, 0] - (columns * root) @ coefficients
    df = n_people - columns.shape[1]
    if df < 1:
        raise CannotAnswerError(
            "robustness value: fewer effective people than covariates; leave some out"
        )
    variance = float(residual @ residual) / df
    errors = np.sqrt(variance * np.square(inverse).sum(axis=1))
    return np.column_stack([coefficients, errors])
