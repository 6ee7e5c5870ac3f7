"""Difference of two weighted means with errors that few clusters do not spoil: CR2."""

# Each cluster's residuals are multiplied by the inverse square root of what the regression leaves
# of them, so that the variance has no bias were everybody's outcome equally variable and
# independent: with H = X (X'WX)^(-1) X'W and a cluster's rows (I - H)_g,
#     A_g = [(I - H)_g (I - H)_g']^(-1/2), V = M sum_g X_g' W_g A_g e_g e_g' A_g W_g X_g M, M =
#         (X'WX)^(-1).
# The degrees of freedom are Satterthwaite's under the same assumption. With nobody clustered and
# equal weights both are those of Welch with equal spreads (HC2). Every matrix is the identity plus
# one of rank four at most, so that large clusters cost no more than small ones.
# Bell, R. M. and McCaffrey, D. F. (2002). Survey Methodology 28, 169-181. Pustejovsky, J. E. and
# Tipton, E. (2018). JBES 36, 672-683 (weights).

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.arms import Arms, join_arms
from desist.checks.columns import Columns, find_probability_faults
from desist.checks.finding import Finding, from_standard_error
from desist.checks.people.weighted import number_clusters, weighted_contrast
from desist.weights import residuals_about

Floats = NDArray[np.float64]
NOTHING_LEFT = 1e-9  # share of a direction that a cluster decides by itself


def cr2_difference(
    outcome: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    clusters: ArrayLike,
    probability: float = 0.95,
) -> Finding:
    """Compare two weighted means with bias-reduced cluster errors (CR2).

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        In the unit of the measure.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    clusters : array_like, shape (n_people,)
        Matched set, prison or other group of each person.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference of the weighted means; t with Satterthwaite degrees of freedom, which fall
        far below the number of clusters where the arms are unevenly spread over them. Limits
        are nan when nothing varies.

    Raises
    ------
    InputError
        If a column cannot be read.
    CannotAnswerError
        If an arm has nobody, or there is a single cluster.

    References
    ----------
    Bell, R. M. and McCaffrey, D. F. (2002). Survey Methodology 28, 169-181.

    Examples
    --------
    >>> found = cr2_difference([2, 4, 1, 5, 6], [1, 1, 0, 0, 0], clusters=[0, 1, 2, 3, 4])
    >>> found.estimate, round(found.standard_error, 4), round(found.df, 2)
    (-1.0, 1.8257, 2.27)
    """
    columns = Columns()
    values = columns.numbers("outcome", outcome)
    labels = columns.labels("clusters", clusters)
    arms = join_arms(columns, values, treated, weights, find_probability_faults(probability))
    codes = number_clusters(labels[arms.positions])
    residuals, shares = _residuals(arms)
    regression = _Regression.of(arms, shares)
    order = np.argsort(codes, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    parts = [regression.adjust(members) for members in groups]
    variance = sum(
        float(adjusted @ residuals[members]) ** 2
        for (adjusted, _), members in zip(parts, groups, strict=True)
    )
    df = regression.degrees_of_freedom(parts)
    return from_standard_error(weighted_contrast(arms), math.sqrt(variance), df, probability)


def _residuals(arms: Arms) -> tuple[Floats, Floats]:
    """Residuals about the weighted mean of each arm, and weights that sum to 1 in each."""
    residuals, shares = np.empty_like(arms.outcome), np.empty_like(arms.outcome)
    for members in (arms.treated, ~arms.treated):
        shares[members] = arms.weights[members] / arms.weights[members].sum()
        values = arms.outcome[members]
        residuals[members] = residuals_about(values, shares[members] @ values)
    return residuals, shares


class _Regression:
    """The regression on two indicators: shares are weights for which X'WX is the identity."""

    def __init__(self, matrix: Floats, shares: Floats) -> None:
        self.x, self.w = matrix, shares
        self.squares = matrix.T @ (matrix * shares[:, None] ** 2)  # X'W^2X
        self.contrast = np.array([1.0, -1.0])

    @classmethod
    def of(cls, arms: Arms, shares: Floats) -> "_Regression":
        arm = arms.treated.astype(float)
        return cls(np.column_stack([arm, 1 - arm]), shares)

    def adjust(self, members: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return a cluster's adjusted coefficients, and what the degrees of freedom need."""
        x, w = self.x[members], self.w[members]
        plain = w * (x @ self.contrast)
        spanned = np.column_stack([x, w[:, None] * x])
        basis, triangle = np.linalg.qr(spanned)
        # B = I - X X'W - W X X' + X X'W^2X X', written in the span of X and WX
        zero, one = np.zeros((2, 2)), np.eye(2)
        core = np.block([[self.squares, -one], [-one, zero]])
        kept = np.eye(basis.shape[1]) + triangle @ core @ triangle.T
        values, vectors = np.linalg.eigh((kept + kept.T) / 2)
        # a direction that the cluster decides by itself leaves no residual to adjust
        roots = np.where(values > NOTHING_LEFT, 1 / np.sqrt(np.maximum(values, NOTHING_LEFT)), 0.0)
        change = vectors @ np.diag(roots) @ vectors.T - np.eye(basis.shape[1])
        adjusted = plain + basis @ (change @ (basis.T @ plain))
        sums = np.concatenate([[adjusted @ adjusted], x.T @ adjusted, x.T @ (w * adjusted)])
        return adjusted, sums

    def degrees_of_freedom(self, parts: list[tuple[Floats, Floats]]) -> float:
        """Satterthwaite: squared trace over the sum of squares of the clusters' Gram matrix."""
        sums = np.array([part[1] for part in parts])
        own, rows = sums[:, 0], sums[:, 1:]
        one = np.eye(2)
        core = np.block([[self.squares, -one], [-one, np.zeros((2, 2))]])
        diagonal = own + np.einsum("gi,ij,gj->g", rows, core, rows)
        inner = core @ (rows.T @ rows)
        mixed = diagonal - own
        squares = float(own @ own + 2 * own @ mixed + np.trace(inner @ inner))
        return float(diagonal.sum()) ** 2 / squares if squares > 0 else 1.0
