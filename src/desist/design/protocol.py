"""What every method of design is given, and what it hands back."""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.formula import ModelMatrix
from desist.design.propensity import PropensityScore
from desist.errors import Fault
from desist.estimands import Estimand


@dataclass(frozen=True, eq=False, repr=False)
class Material:
    """All that a method may look at. No outcome is here.

    Attributes
    ----------
    treated : ndarray of bool, shape (n_people,)
        Whether each person took part.
    covariates : DataFrame, n_people rows
        Columns that are neither outcome, treatment nor identifier.
    variables : tuple of str
        The columns that the formula names, in its order.
    categorical : frozenset of str
        Those of them that are read as categories.
    matrix : ModelMatrix or None
        The formula as numbers; None where no formula is needed.
    scores : PropensityScore or None
        None where the method needs none.
    estimand : Estimand
        What was asked for.
    """

    treated: NDArray[np.bool_]
    covariates: pd.DataFrame
    variables: tuple[str, ...]
    categorical: frozenset[str]
    matrix: ModelMatrix | None
    scores: PropensityScore | None
    estimand: Estimand


@dataclass(frozen=True, eq=False, repr=False)
class Assignment:
    """What a method decided.

    Attributes
    ----------
    weights : ndarray of float, shape (n_people,)
        0 for people who are not used.
    sets : ndarray of int, shape (n_people,), or None
        Matched set or subclass, -1 for none.
    matches : ndarray of int, shape (n_matches, 2), or None
        Positions of a treated person and of a person matched to them, one row a match.
    notes : tuple of str
        What the reader has to know: people trimmed, weights truncated.
    scores : PropensityScore or None
        The scores that were used, where the method estimated them again.
    """

    weights: NDArray[np.float64]
    sets: NDArray[np.int64] | None = None
    matches: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = field(default=())
    scores: PropensityScore | None = None


class NoSettings:
    """A method whose settings cannot be wrong."""

    def find_faults(self, covariates: pd.DataFrame, treated: NDArray[np.bool_]) -> list[Fault]:
        """Return what is wrong with the settings: nothing can be.

        Parameters
        ----------
        covariates : DataFrame
            Not looked at.
        treated : ndarray of bool
            Not looked at.

        Returns
        -------
        list of Fault
            Empty.
        """
        del covariates, treated
        return []


class Method(Protocol):
    """A method of design: a frozen settings record that can be carried out.

    Attributes
    ----------
    name : str
        The word for it in a settings file.
    estimands : tuple of Estimand
        Those it can serve; the first is its own choice.
    """

    name: ClassVar[str]
    estimands: ClassVar[tuple[Estimand, ...]]

    @property
    def needs_formula(self) -> bool:
        """Whether the covariates have to be named."""

    @property
    def needs_matrix(self) -> bool:
        """Whether the formula is needed as numbers."""

    @property
    def needs_scores(self) -> bool:
        """Whether a propensity score is estimated first."""

    def find_faults(self, covariates: pd.DataFrame, treated: NDArray[np.bool_]) -> list[Fault]:
        """Return what is wrong with the settings for these people.

        Parameters
        ----------
        covariates : DataFrame
            The people.
        treated : ndarray of bool, shape (n_people,)
            Whether each person took part.

        Returns
        -------
        list of Fault
            Empty when all is well.
        """

    def assign(self, material: Material) -> Assignment:
        """Carry the method out.

        Parameters
        ----------
        material : Material
            What the method needs of covariates, matrix and scores.

        Returns
        -------
        Assignment
            Weights, and sets and matches where the method makes them.
        """
