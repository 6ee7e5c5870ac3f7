"""Scores that are chosen to balance: the covariate balancing score, probability tilting."""

# Both find inverse probability weights whose weighted means agree exactly, and are maximisers of a
# concave function. For the ATT and ATC both give the weights of entropy balancing.

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from desist.design.arose import Balanced
from desist.design.columns import ScaledColumns
from desist.design.formula import ModelMatrix
from desist.design.protocol import Material, UsualAnswers, Weighting
from desist.design.weighting.entropy import EntropyBalancing, find_independent
from desist.design.weighting.equations import (
    WeightEquations,
    balance_equations,
    join_equations,
    tilting_equations,
)
from desist.design.weighting.newton import Value, minimise
from desist.errors import NoOverlapError
from desist.estimands import Estimand

BALANCED = 1e-9
CANNOT = (
    "no score makes the weighted means of the covariates equal; leave out the covariates that "
    "differ most, or merge rare levels"
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BalancingScore(UsualAnswers):
    """The covariate balancing propensity score, just identified.

    Imai and Ratkovic (2014), Journal of the Royal Statistical Society B 76, equations 9
    to 11: a logistic score whose inverse probability weights balance the means.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.design.BalancingScore())
    >>> float(design.balance.table["smd_after"].abs().max()) < 1e-6
    True
    """

    name: ClassVar[str] = "cbps"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT, Estimand.ATE, Estimand.ATC)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = False
    no_sampling: ClassVar[str] = ""
    no_bootstrap: ClassVar[str] = ""

    def weigh(self, material: Material) -> Weighting:
        """Find the score and its weights.

        Parameters
        ----------
        material : Material
            With the model matrix.

        Returns
        -------
        Weighting
            Inverse probability weights at the score found.

        Raises
        ------
        NoOverlapError
            If no score balances the covariates.
        """
        if material.estimand is not Estimand.ATE:
            return _balance_other_arm(material)
        columns = _columns(material)
        sign, masses = np.where(material.treated, 1.0, -1.0), material.masses

        # sum of -sign * eta + exp(-sign * eta): its gradient is the difference of weighted sums
        def evaluate(coefficients: Floats) -> Value:
            return _sum_tilts(columns, coefficients, sign, masses, -sign * masses)

        weights = 1.0 + np.exp(-sign * _predict(columns, evaluate))
        write = partial(write_equations, estimand=Estimand.ATE, sampling=material.sampling)
        return Weighting(weights, Balanced(write))


@dataclass(frozen=True)
class ProbabilityTilting(UsualAnswers):
    """Inverse probability tilting: one score for each arm.

    Graham, Campos de Xavier Pinto and Egel (2012), Review of Economic Studies 79,
    equation 6: the weights of each arm give it the means of everybody.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.design.ProbabilityTilting())
    >>> float(design.balance.table["smd_after"].abs().max()) < 1e-6
    True
    """

    name: ClassVar[str] = "ipt"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT, Estimand.ATE, Estimand.ATC)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = False
    no_sampling: ClassVar[str] = ""
    no_bootstrap: ClassVar[str] = ""

    def weigh(self, material: Material) -> Weighting:
        """Find the two scores and their weights.

        Parameters
        ----------
        material : Material
            With the model matrix.

        Returns
        -------
        Weighting
            Inverse probability weights at the scores found.

        Raises
        ------
        NoOverlapError
            If no score balances the covariates.
        """
        if material.estimand is not Estimand.ATE:
            return _balance_other_arm(material)
        columns = _columns(material)
        weights, masses = np.empty(len(material.treated)), material.masses
        for arm in (material.treated, ~material.treated):
            inside, rest = np.where(arm, masses, 0.0), np.where(arm, 0.0, masses)

            def evaluate(
                coefficients: Floats, inside: Floats = inside, rest: Floats = rest
            ) -> Value:
                # sum over the arm of -eta + exp(-eta), plus the sum over everybody of eta
                return _sum_tilts(columns, coefficients, np.ones_like(inside), inside, rest)

            weights[arm] = 1.0 + np.exp(-_predict(columns, evaluate)[arm])
        write = partial(write_two_scores, sampling=material.sampling)
        return Weighting(weights, Balanced(write))


def write_equations(
    matrix: ModelMatrix,
    treated: NDArray[np.bool_],
    weights: Floats,
    *,
    estimand: Estimand,
    sampling: Floats | None = None,
) -> WeightEquations:
    """Write down the equations of weights from one score that balances the arms."""
    # a score enters only where a weight is a function of it; elsewhere any will do
    own = weights if sampling is None else weights / sampling
    odds = {Estimand.ATE: own - 1.0}.get(estimand, own)
    scores = np.where(treated, 1.0 / (1.0 + odds), odds / (1.0 + odds))
    scaled = _scaled(matrix)
    return balance_equations(scaled, treated, scores, estimand=estimand, sampling=sampling)


def write_two_scores(
    matrix: ModelMatrix,
    treated: NDArray[np.bool_],
    weights: Floats,
    *,
    sampling: Floats | None = None,
) -> WeightEquations:
    """Write down the equations of weights from one score for each arm."""
    scaled = _scaled(matrix)
    scores = (1.0 if sampling is None else sampling) / weights
    arms = (treated, ~treated)
    return join_equations(
        *(tilting_equations(scaled, arm, scores, sampling=sampling) for arm in arms)
    )


def _balance_other_arm(material: Material) -> Weighting:
    """Return the weights of entropy balancing, which both are for the ATT and the ATC."""
    made = EntropyBalancing().weigh(material)
    write = partial(write_equations, estimand=material.estimand, sampling=material.sampling)
    return replace(made, arose=Balanced(write))


def _scaled(matrix: ModelMatrix) -> Floats:
    columns = _independent_columns(matrix)
    return np.concatenate([block for _, block in columns.blocks()])


def _columns(material: Material) -> ScaledColumns:
    if material.matrix is None:
        raise ValueError("balancing needs the formula as numbers")
    return _independent_columns(material.matrix)


def _independent_columns(matrix: ModelMatrix) -> ScaledColumns:
    kept = find_independent(matrix.without_intercept)
    return ScaledColumns(matrix.values[:, np.append(0, 1 + kept)])


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
    """Mean over people of linear * eta + share * exp(-sign * eta), and its derivatives."""
    # The share is how much a person counts, or 0.
    size, n_people = len(coefficients), len(sign)
    value, gradient, hessian = 0.0, np.zeros(size), np.zeros((size, size))
    for rows, block in columns.blocks():
        predictor = block @ coefficients
        with np.errstate(over="ignore"):  # too long a step; the search halves it
            odds = np.exp(np.where(share[rows] > 0, -sign[rows] * predictor, -np.inf))
        odds *= share[rows]
        value += float(linear[rows] @ predictor + odds.sum())
        gradient += block.T @ (linear[rows] - sign[rows] * odds)
        hessian += block.T @ (block * odds[:, None])
    return value / n_people, gradient / n_people, hessian / n_people
