"""Entropy balancing: the least uneven weights that make the means equal."""

# Hainmueller (2012), Political Analysis 20, equations 4 to 9.

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import find_number_faults
from desist.design.arose import Balanced
from desist.design.balance import is_binary
from desist.design.columns import ScaledColumns
from desist.design.formula import ModelMatrix
from desist.design.protocol import Material, UsualAnswers, Weighting
from desist.design.weighting.equations import (
    WeightEquations,
    entropy_equations,
    join_equations,
    stack_entropy,
)
from desist.design.weighting.newton import Value, minimise
from desist.errors import Fault, NoOverlapError
from desist.estimands import Estimand

BALANCED = 1e-9
REACHED = 1e-6
REDUNDANT = 1e-12

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class EntropyBalancing(UsualAnswers):
    """Weights that balance the columns of the formula exactly, as even as can be.

    For the ATT the weighted means of the comparison people equal those of the
    participants; for the ATC the reverse; for the ATE both arms equal everybody. A column that
    is a combination of others is balanced with them.

    Attributes
    ----------
    moments : int
        1 for means; 2 for means and variances of the columns that are not 0/1.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    >>> float(design.balance.table["smd_after"].abs().max()) < 1e-6
    True
    """

    name: ClassVar[str] = "entropy"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT, Estimand.ATE, Estimand.ATC)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = False
    no_sampling: ClassVar[str] = ""
    no_bootstrap: ClassVar[str] = ""

    moments: int = 1

    def find_faults(self, covariates: pd.DataFrame, treated: NDArray[np.bool_]) -> list[Fault]:
        """Return what is wrong with the settings.

        Parameters
        ----------
        covariates : DataFrame
            Not looked at.
        treated : ndarray of bool
            Not looked at.

        Returns
        -------
        list of Fault
            A number of moments other than 1 and 2.
        """
        del covariates, treated
        faults = find_number_faults("moments", self.moments, least=1, most=2, whole=True)
        advice = "1 balances means, 2 variances as well"
        return [replace(fault, expected="1 or 2", advice=advice) for fault in faults]

    def weigh(self, material: Material) -> Weighting:
        """Find the weights.

        Parameters
        ----------
        material : Material
            With the model matrix.

        Returns
        -------
        Weighting
            Weight 1 for the people asked about.

        Raises
        ------
        NoOverlapError
            If no weights make the means equal.
        """
        values = balanced_columns(material.matrix, self.moments)
        treated = material.treated
        weights, sampling = np.ones(len(treated)), material.sampling
        for arm, target, words in _arms_to_balance(treated, material.estimand):
            base = None if sampling is None else sampling[arm]
            found = balance_to_target(values, arm, _mean(values, target, sampling), base)
            if found is None:
                raise NoOverlapError(
                    f"no weights give the {words} the means that are asked for: they lie "
                    "outside what the covariates of the arm can reach; leave out the covariates "
                    "that differ most, merge rare levels, or balance one moment"
                )
            weights[arm] = found * target.sum()
            if sampling is not None:
                weights[arm] = found / sampling[arm] * sampling[target].sum()
        known = partial(
            write_equations,
            moments=self.moments,
            estimand=material.estimand,
            sampling=sampling,
        )
        return Weighting(weights, Balanced(known, partial(known, known=False)))


def write_equations(
    matrix: ModelMatrix,
    treated: NDArray[np.bool_],
    weights: Floats,
    *,
    moments: int,
    estimand: Estimand,
    known: bool = True,
    sampling: Floats | None = None,
) -> WeightEquations:
    """Write down the equations of entropy-balancing weights."""
    columns = balanced_columns(matrix, moments)
    spread = columns.std(axis=0)
    scaled = columns[:, spread > 0] / spread[spread > 0]
    return join_equations(
        *(
            entropy_equations(scaled, weights, arm, _mean(scaled, target, sampling))
            if known
            else stack_entropy(scaled, weights, arm, target, sampling=sampling)
            for arm, target, _ in _arms_to_balance(treated, estimand)
        )
    )


def balanced_columns(matrix: ModelMatrix | None, moments: int) -> Floats:
    """Return the columns whose means are to be balanced."""
    if matrix is None:
        raise ValueError("balancing needs the formula as numbers")
    values = matrix.without_intercept
    if moments == 1:
        return values
    squares = [(column - column.mean()) ** 2 for column in values.T if not is_binary(column)]
    return np.asfortranarray(np.column_stack([values, *squares]))


def balance_to_target(
    values: Floats, arm: NDArray[np.bool_], target: Floats, base: Floats | None = None
) -> Floats | None:
    """Find the weights of one arm that give it certain means."""
    # Minimises log sum q exp(lambda'(x - target)), the dual of the entropy problem; the weights are
    # proportional to q exp(lambda' x), with base weights q (equation 8).
    inside = values[arm]
    kept = find_independent(inside)
    columns = ScaledColumns(inside[:, kept], centre=target[kept])
    start = np.zeros(len(inside)) if base is None else np.log(base)

    def evaluate(tilt: Floats) -> Value:
        return _dual(columns, tilt, start)

    tilt = minimise(evaluate, len(kept), BALANCED) if len(kept) else np.empty(0)
    if tilt is None:
        return None
    exponent = start + _exponents(columns, tilt)
    weights = np.exp(exponent - exponent.max())
    total: Floats = weights / weights.sum()
    spread = np.maximum(values.std(axis=0), np.finfo(np.float64).tiny)
    gaps = np.abs(total @ inside - target) / spread
    # columns left out as combinations of others have to reach their targets as well
    return total if bool((gaps < REACHED).all()) else None


def find_independent(values: Floats) -> Integers:
    """Find the columns that are no combination of the intercept and the columns before them."""
    # Elimination in the order of the columns (Golub and Van Loan 2013, Matrix Computations, section
    # 4.2), on columns with mean 0 and variance 1.
    columns = ScaledColumns(values)
    varies = [bool((column != column[0]).any()) for column in values.T]
    left = np.sum([block.T @ block for _, block in columns.blocks()], axis=0) / len(values)
    kept = []
    for number in np.flatnonzero(varies):
        pivot = left[number, number]
        if pivot > REDUNDANT:
            kept.append(int(number))
            left = left - np.outer(left[:, number], left[number]) / pivot
    return np.array(kept, dtype=np.int64)


def _arms_to_balance(
    treated: NDArray[np.bool_], estimand: Estimand
) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_], str]]:
    everybody = np.ones_like(treated)
    participants, comparison = "participants", "comparison people"
    if estimand is Estimand.ATT:
        return [(~treated, treated, comparison)]
    if estimand is Estimand.ATC:
        return [(treated, ~treated, participants)]
    return [(treated, everybody, participants), (~treated, everybody, comparison)]


def _mean(values: Floats, people: NDArray[np.bool_], sampling: Floats | None) -> Floats:
    """Return the means of some people's columns, weighted where there are sampling weights."""
    if sampling is None:
        return np.asarray(values[people].mean(axis=0))
    return np.asarray(sampling[people] @ values[people] / sampling[people].sum())


def _exponents(columns: ScaledColumns, tilt: Floats) -> Floats:
    exponent = np.empty(len(columns.values))
    for rows, block in columns.blocks():
        exponent[rows] = block @ tilt
    return exponent


def _dual(columns: ScaledColumns, tilt: Floats, start: Floats) -> Value:
    exponent = start + _exponents(columns, tilt)
    top = exponent.max()
    weights = np.exp(exponent - top)
    total = weights.sum()
    weights /= total
    mean, square = np.zeros(len(tilt)), np.zeros((len(tilt), len(tilt)))
    for rows, block in columns.blocks():
        mean += weights[rows] @ block
        square += block.T @ (block * weights[rows, None])
    return float(top + np.log(total)), mean, square - np.outer(mean, mean)
