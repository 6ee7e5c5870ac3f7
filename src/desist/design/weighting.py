"""Weights from elsewhere: a sample that was matched or weighted before it came here."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.formula import find_bad_values, is_text, suggest
from desist.design.protocol import Assignment, Material
from desist.errors import Fault, name_rows
from desist.estimands import Estimand


@dataclass(frozen=True)
class GivenWeights:
    """Probability weights that stand in a column of the cohort.

    Attributes
    ----------
    column : str
        Non-negative weights; 0 for people who are not used. Only their ratios within an
        arm mean anything.
    """

    name: ClassVar[str] = "given"
    estimands: ClassVar[tuple[Estimand, ...]] = (
        Estimand.ATT,
        Estimand.MATCHED_ATT,
        Estimand.ATE,
        Estimand.ATC,
        Estimand.ATO,
    )
    needs_formula: ClassVar[bool] = False
    needs_matrix: ClassVar[bool] = False
    needs_scores: ClassVar[bool] = False

    column: str

    def find_faults(self, covariates: pd.DataFrame, treated: NDArray[np.bool_]) -> list[Fault]:
        """Return what is wrong with the column of weights.

        Parameters
        ----------
        covariates : DataFrame
            Where the column is.
        treated : ndarray of bool, shape (n_people,)
            Whether each person took part.

        Returns
        -------
        list of Fault
            Unknown column; text; missing, infinite, negative weights; an arm without weight.
        """
        if self.column not in covariates.columns:
            advice = suggest(self.column, covariates.columns)
            return [Fault("weights", "a column of the cohort", repr(self.column), advice)]
        column = covariates[self.column]
        if is_text(column):
            return [Fault(self.column, "numbers", "text", "give non-negative weights")]
        faults = [
            f for f in find_bad_values(covariates, [self.column]) if "everybody" not in f.found
        ]
        weights = column.to_numpy(dtype=np.float64)
        negative = np.flatnonzero(weights < 0)
        if negative.size:
            found = f"{negative.size} negative ({name_rows(negative)})"
            advice = "give 0 to people who are not used"
            faults.append(Fault(self.column, "weights of at least 0", found, advice))
        for arm, words in ((treated, "participants"), (~treated, "comparison people")):
            if not (weights[arm] > 0).any():
                expected = f"a positive weight among the {words}"
                faults.append(Fault(self.column, expected, "none", "check the column of weights"))
        return faults

    def assign(self, material: Material) -> Assignment:
        """Take the weights over.

        Parameters
        ----------
        material : Material
            With the column.

        Returns
        -------
        Assignment
            The weights as they were given.
        """
        weights = material.covariates[self.column].to_numpy(dtype=np.float64)
        return Assignment(weights.copy())
