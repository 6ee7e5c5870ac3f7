"""Errors of a meta-regression that are robust to dependent estimates of one programme."""

import numpy as np

from desist._types import Floats, Integers, Mask
from desist.errors import CannotAnswerError
from desist.synthesis._moments import Weighted

ROBUST = ("CR2", "CR1")


def correct_for_clusters(
    columns: Floats, found: Weighted, groups: Integers, kind: str
) -> tuple[Floats, Floats]:
    """Return the robust covariance of the coefficients and their degrees of freedom."""
    n_groups, n_coefficients = int(groups.max()) + 1, columns.shape[1]
    if n_groups <= n_coefficients:
        message = f"{n_groups} clusters are too few for {n_coefficients} coefficients"
        raise CannotAnswerError(message)
    adjusted = [_adjust(columns, found, groups == group, kind) for group in range(n_groups)]
    scores = np.array(
        [part @ found.residuals[groups == group] for group, part in enumerate(adjusted)]
    )
    covariance = found.covariance @ (scores.T @ scores) @ found.covariance
    if kind == "CR1":
        freedom = n_groups - n_coefficients
        return covariance * n_groups / freedom, np.full(n_coefficients, float(freedom))
    return covariance, _find_freedom(columns, found, groups, adjusted)


def _adjust(columns: Floats, found: Weighted, rows: Mask, kind: str) -> Floats:
    """Return X'W A of one cluster; A makes its residuals as wide as its errors."""
    weighted = columns[rows].T * found.weights[rows]
    if kind == "CR1":
        return np.asarray(weighted)
    # Pustejovsky and Tipton (2018), eq. 5, with the model's own variances as the working ones.
    root = np.diag(found.weights[rows] ** -0.5)
    variance = np.diag(1 / found.weights[rows])
    left = variance - columns[rows] @ found.covariance @ columns[rows].T
    values, vectors = np.linalg.eigh(root @ left @ root)
    inverse = np.where(values > 1e-12, np.maximum(values, 1e-12) ** -0.5, 0.0)
    return np.asarray(weighted @ root @ (vectors * inverse @ vectors.T) @ root)


def _find_freedom(
    columns: Floats, found: Weighted, groups: Integers, adjusted: list[Floats]
) -> Floats:
    """Return Satterthwaite's degrees of freedom of each coefficient."""
    # Pustejovsky and Tipton (2018), eq. 11.
    n_studies = len(found.weights)
    left = np.eye(n_studies) - columns @ found.covariance @ (columns.T * found.weights)
    freedom = []
    for place in range(columns.shape[1]):
        parts = np.array(
            [
                left[groups == group].T @ (part.T @ found.covariance[:, place])
                for group, part in enumerate(adjusted)
            ]
        )
        inner = (parts / found.weights) @ parts.T
        freedom.append(np.trace(inner) ** 2 / (inner**2).sum())
    return np.array(freedom)
