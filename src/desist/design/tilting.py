"""Scores that are chosen to balance: the covariate balancing score, probability tilting.

Both find inverse probability weights whose weighted means agree exactly, and are
maximisers of a concave function. For the ATT and ATC both give the weights of entropy
balancing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from desist.design.columns import ScaledColumns
from desist.design.entropy import EntropyBalancing, find_independent
from desist.design.newton import Value, minimise
from desist.design.protocol import Assignment, Material, NoSettings
from desist.errors import NoOverlapError
from desist.estimands import Estimand

BALANCED = 1e-9
CANNOT = (
    "no score makes the weighted means of the covariates equal; leave out the covariates that "
    "differ most, or merge rare levels"
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BalancingScore(NoSettings):
    """The covariate balancing propensity score, just identified.

    Imai and Ratkovic (2014), Journal of the Royal Statistical Society B 76, equations 9
    to 11: a logistic score whose inverse probability weights balance the means.
    """

    name: ClassVar[str] = "cbps"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT, Estimand.ATE, Estimand.ATC)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = False

    def assign(self, material: Material) -> Assignment:
        """Find the score and its weights.

        Parameters
        ----------
        material : Material
            With the model matrix.

        Returns
        -------
        Assignment
            Inverse probability weights at the score found.

        Raises
        ------
        NoOverlapError
            If no score balances the covariates.
        """
        if material.estimand is not Estimand.ATE:
            return EntropyBalancing().assign(material)
        columns = _columns(material)
        sign = np.where(material.treated, 1.0, -1.0)

        # sum of -sign * eta + exp(-sign * eta): its gradient is the difference of weighted sums
        def evaluate(coefficients: Floats) -> Value:
            return _sum_tilts(columns, coefficients, sign, np.ones_like(sign), -sign)

        return Assignment(1.0 + np.exp(-sign * _predict(columns, evaluate)))


@dataclass(frozen=True)
class ProbabilityTilting(NoSettings):
    """Inverse probability tilting: one score for each arm.

    Graham, Campos de Xavier Pinto and Egel (2012), Review of Economic Studies 79,
    equation 6: the weights of each arm give it the means of everybody.
    """

    name: ClassVar[str] = "ipt"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT, Estimand.ATE, Estimand.ATC)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = False

    def assign(self, material: Material) -> Assignment:
        """Find the two scores and their weights.

        Parameters
        ----------
        material : Material
            With the model matrix.

        Returns
        -------
        Assignment
            Inverse probability weights at the scores found.

        Raises
        ------
        NoOverlapError
            If no score balances the covariates.
        """
        if material.estimand is not Estimand.ATE:
            return EntropyBalancing().assign(material)
        columns = _columns(material)
        weights = np.empty(len(material.treated))
        for arm in (material.treated, ~material.treated):
            inside = arm.astype(np.float64)

            def evaluate(coefficients: Floats, inside: Floats = inside) -> Value:
                # sum over the arm of -eta + exp(-eta), plus the sum over everybody of eta
                return _sum_tilts(columns, coefficients, np.ones_like(inside), inside, 1 - inside)

            weights[arm] = 1.0 + np.exp(-_predict(columns, evaluate)[arm])
        return Assignment(weights)


def _columns(material: Material) -> ScaledColumns:
    if material.matrix is None:
        raise ValueError("balancing needs the formula as numbers")
    kept = find_independent(material.matrix.without_intercept)
    return ScaledColumns(material.matrix.values[:, np.append(0, 1 + kept)])


def _predict(columns: ScaledColumns, evaluate: Callable[[Floats], Value]) -> Floats:
    coefficients = minimise(evaluate, columns.values.shape[1], BALANCED)
    if coefficients is None:
        raise NoOverlapError(CANNOT)
    predictor = np.empty(len(columns.values))
    for rows, block in columns.blocks():
        predictor[rows] = block @ coefficients
    return predictor


def _sum_tilts(
    columns: ScaledColumns, coefficients: Floats, sign: Floats, share: Floats, linear: Floats
) -> Value:
    """Mean over people of linear * eta + share * exp(-sign * eta), and its derivatives.

    The share is 0 or 1.
    """
    size, n_people = len(coefficients), len(sign)
    value, gradient, hessian = 0.0, np.zeros(size), np.zeros((size, size))
    for rows, block in columns.blocks():
        predictor = block @ coefficients
        with np.errstate(over="ignore"):  # too long a step; the search halves it
            odds = np.exp(np.where(share[rows] > 0, -sign[rows] * predictor, -np.inf))
        value += float(linear[rows] @ predictor + odds.sum())
        gradient += block.T @ (linear[rows] - sign[rows] * odds)
        hessian += block.T @ (block * odds[:, None])
    return value / n_people, gradient / n_people, hessian / n_people
