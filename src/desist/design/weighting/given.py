"""Weights from elsewhere, in a column of the cohort."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.arose import Given
from desist.design.formula import find_bad_values, is_text
from desist.design.matching.distance import find_column_faults
from desist.design.protocol import Material, UsualAnswers, Weighting
from desist.errors import Fault, name_rows
from desist.estimands import Estimand

LARGEST_POWER = 300

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GivenWeights(UsualAnswers):
    """Probability weights that stand in a column of the cohort.

    Attributes
    ----------
    column : str
        Non-negative weights; 0 for people who are not used. Only their ratios within an
        arm mean anything.

    Examples
    --------
    >>> import pandas as pd
    >>> import desist as ds
    >>> people = pd.DataFrame({"programme": [1, 0, 0], "w": [1.0, 0.5, 0.5]})
    >>> cohort = ds.Cohort(people, treatment="programme")
    >>> ds.build_design(cohort, None, method=ds.GivenWeights("w")).n_comparison
    2
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
    no_bootstrap: ClassVar[str] = (
        "weights from elsewhere cannot be made again; use the weighted difference"
    )
    no_sampling: ClassVar[str] = (
        "whether weights from elsewhere hold them already cannot be told; give the column of their "
        "product, and no sampling_weight"
    )

    column: str

    def hidden_columns(self) -> Mapping[str, str]:
        """Return the column of weights, which a formula may not use.

        Returns
        -------
        mapping of str to str
            One entry; none where the setting is no name.
        """
        return {self.column: "the weight"} if isinstance(self.column, str) else {}

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
        unknown = find_column_faults("weights", self.column, covariates)
        if unknown:
            return unknown
        column = covariates[self.column]
        if is_text(column):
            return [Fault(self.column, "numbers", "text", "give non-negative weights")]
        faults = [
            f for f in find_bad_values(covariates, [self.column]) if "everybody" not in f.found
        ]
        weights = column.to_numpy(dtype=np.float64, na_value=np.nan)
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

    def weigh(self, material: Material) -> Weighting:
        """Take the weights over.

        Parameters
        ----------
        material : Material
            With the column.

        Returns
        -------
        Weighting
            The weights as they were given; where their sums could not be computed with, an arm
            times a power of two, with a note.
        """
        column = material.covariates[self.column]
        weights = np.array(column.to_numpy(dtype=np.float64), copy=True)
        return Weighting(weights, Given(), notes=_rescale(weights, material.treated))


def _rescale(weights: Floats, treated: NDArray[np.bool_]) -> tuple[str, ...]:
    """Bring the largest weight of an arm near 1 where sums would overflow or vanish, in place."""
    notes = []
    for arm, words in ((treated, "participants"), (~treated, "comparison people")):
        _, power = np.frexp(weights[arm].max())
        if abs(int(power)) > LARGEST_POWER:
            weights[arm] = np.ldexp(weights[arm], -power)  # exact: only the exponent changes
            notes.append(
                f"the weights of the {words} were multiplied by 2 to the power {-int(power)}, "
                "because sums of them cannot be computed; only their ratios mean anything"
            )
    return tuple(notes)
