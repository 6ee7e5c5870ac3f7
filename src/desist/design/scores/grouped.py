"""A logistic score with shrunken intercepts for groups."""

# Penalised quasi-likelihood: Breslow and Clayton (1993), Journal of the American Statistical
# Association 88; the variance of the intercepts by Schall (1991), Biometrika 78.

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.columns import ScaledColumns
from desist.design.formula import ModelMatrix
from desist.design.scores.propensity import PropensityScore, describe_separation, find_aliased
from desist.errors import SeparationError, raise_faults

STEPS = 500
SMALLEST_STEP = 1e-9
SMALLEST_VARIANCE = 1e-8

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def fit_grouped_score(
    matrix: ModelMatrix,
    treated: NDArray[np.bool_],
    codes: Integers,
    groups: tuple[str, ...],
    *,
    formula: str = "",
) -> PropensityScore:
    """Fit a logistic regression with a normal intercept for each group."""
    # logit e = X b + u[group], u ~ Normal(0, variance). Given the variance, b and u maximise the
    # penalised likelihood; the variance is sum u^2 / (n_groups - sum var(u) / variance), and both
    # are repeated until nothing moves. The groups cost no columns: their part of the information is
    # diagonal.
    columns = ScaledColumns(matrix.values)
    raise_faults("design", find_aliased(columns, matrix.shown))
    fixed, random = np.zeros(len(matrix.names)), np.zeros(len(groups))
    variance, moved = 1.0, np.ones(len(matrix.names))
    for _ in range(STEPS):
        system = _sum_over_people(
            columns, treated, codes, fixed=fixed, random=random, variance=variance
        )
        try:
            moved, random_step = system.solve()
        except np.linalg.LinAlgError:
            break  # separated people have no weight left
        fixed, random = fixed + moved, random + random_step
        spent = float(system.variances().sum()) / variance
        new = max(float(random @ random) / max(len(groups) - spent, 1e-12), SMALLEST_VARIANCE)
        change, variance = abs(new - variance) / (new + SMALLEST_VARIANCE), new
        largest = max(np.abs(moved).max(), np.abs(random_step).max())
        if largest < SMALLEST_STEP and (change < 1e-7 or variance <= SMALLEST_VARIANCE):
            break
    if not np.abs(moved).max() < 1e-6:
        raise SeparationError(describe_separation(matrix, treated, moved))
    system = _sum_over_people(
        columns, treated, codes, fixed=fixed, random=random, variance=variance
    )
    return _finish(matrix, columns, fixed, random, system, codes=codes, groups=groups, text=formula)


@dataclass(frozen=True, eq=False, repr=False)
class _System:
    """Newton equations: A fixed + B random = a; B' fixed + diag(C) random = c."""

    a: Floats
    c: Floats
    A: Floats
    B: Floats
    C: Floats

    def solve(self) -> tuple[Floats, Floats]:
        fixed: Floats = np.linalg.solve(self._left(), self.a - self.B @ (self.c / self.C))
        return fixed, (self.c - self.B.T @ fixed) / self.C

    def variances(self) -> Floats:
        """Of the random intercepts."""
        across = self.B / self.C
        both: Floats = 1 / self.C + (across * np.linalg.solve(self._left(), across)).sum(axis=0)
        return both

    def covariance(self) -> Floats:
        inverse, across = np.linalg.inv(self._left()), self.B / self.C
        corner = -inverse @ across
        return np.block([[inverse, corner], [corner.T, np.diag(1 / self.C) - across.T @ corner]])

    def _left(self) -> Floats:
        left: Floats = self.A - (self.B / self.C) @ self.B.T
        return left


def _sum_over_people(
    columns: ScaledColumns,
    treated: NDArray[np.bool_],
    codes: Integers,
    *,
    fixed: Floats,
    random: Floats,
    variance: float,
) -> _System:
    from scipy import special

    size, n_groups = len(fixed), len(random)
    a, A, B = np.zeros(size), np.zeros((size, size)), np.zeros((size, n_groups))
    c, C = -random / variance, np.full(n_groups, 1 / variance)
    for rows, block in columns.blocks():
        predictor = block @ fixed + random[codes[rows]]
        scores = special.expit(predictor)
        residual, weight = treated[rows] - scores, scores * special.expit(-predictor)
        weighted = block * weight[:, None]
        a += block.T @ residual
        A += block.T @ weighted
        c += np.bincount(codes[rows], residual, n_groups)
        C += np.bincount(codes[rows], weight, n_groups)
        B += np.array([np.bincount(codes[rows], column, n_groups) for column in weighted.T])
    return _System(a, c, A, B, C)


def _finish(
    matrix: ModelMatrix,
    columns: ScaledColumns,
    fixed: Floats,
    random: Floats,
    system: _System,
    *,
    codes: Integers,
    groups: tuple[str, ...],
    text: str,
) -> PropensityScore:
    """Return from centred and scaled columns to the user's own."""
    from scipy import special

    size = len(fixed) + len(random)
    back = np.eye(size)
    back[: len(fixed), : len(fixed)] = np.diag(1 / columns.scale)
    back[0, : len(fixed)] -= columns.centre / columns.scale
    own = back @ np.concatenate([fixed, random])
    logit = matrix.values @ own[: len(fixed)] + random[codes]
    names = [*matrix.names, *groups]
    covariance = pd.DataFrame(back @ system.covariance() @ back.T, index=names, columns=names)
    return PropensityScore(
        special.expit(logit),
        logit,
        pd.Series(own, index=names),
        covariance,
        text,
        n_groups=len(groups),
    )
