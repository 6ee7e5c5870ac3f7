"""What every method of design is given, and what it hands back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.arose import Arose
from desist.design.formula import ModelMatrix
from desist.design.scores.propensity import PropensityScore
from desist.errors import Fault
from desist.estimands import Estimand

UNKNOWN = "it does not say what it would do with them; choose another method"


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
    sampling : ndarray of float, shape (n_people,), or None
        Sampling weights with mean 1; None where all people count alike.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design.protocol import Material
    >>> people = ds.datasets.lalonde()
    >>> material = Material(
    ...     treated=people["treat"].to_numpy() == 1,
    ...     covariates=people[["age"]],
    ...     variables=("age",),
    ...     categorical=frozenset(),
    ...     matrix=None,
    ...     scores=None,
    ...     estimand=ds.Estimand.ATT,
    ... )
    >>> float(material.masses.sum())
    614.0
    """

    treated: NDArray[np.bool_]
    covariates: pd.DataFrame
    variables: tuple[str, ...]
    categorical: frozenset[str]
    matrix: ModelMatrix | None
    scores: PropensityScore | None
    estimand: Estimand
    sampling: NDArray[np.float64] | None = None

    @property
    def masses(self) -> NDArray[np.float64]:
        """How much each person counts: the sampling weight, or 1."""
        return np.ones(len(self.treated)) if self.sampling is None else self.sampling


@dataclass(frozen=True, eq=False, repr=False)
class Weighting:
    """What a method decided.

    Attributes
    ----------
    weights : ndarray of float, shape (n_people,)
        0 for people who are not used. Without the sampling weights, by which they are multiplied
        afterwards.
    arose : FromScores, FromSets, Balanced or Given
        How they arose.
    sets : ndarray of int, shape (n_people,), or None
        Matched set or subclass, -1 for none.
    matches : ndarray of int, shape (n_matches, 2), or None
        Positions of a treated person and of a person matched to them, one row a match.
    notes : tuple of str
        What the reader has to know: people trimmed, weights truncated.
    scores : PropensityScore or None
        The scores that were used, where the method estimated them again.
    is_truncated : bool
        Whether weights were cut, so that they no longer carry an arm to those asked about.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.design import Given, Weighting
    >>> decided = Weighting(np.array([1.0, 0.5, 0.5]), arose=Given())
    >>> decided.sets is None, decided.arose.obstacle
    (True, 'the weights do not follow from a propensity score or from sets')
    """

    weights: NDArray[np.float64]
    arose: Arose
    sets: NDArray[np.int64] | None = None
    matches: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = field(default=())
    scores: PropensityScore | None = None
    is_truncated: bool = False


class UsualAnswers:
    """What most methods answer; one that knows better gives its own answer.

    Examples
    --------
    >>> import desist as ds
    >>> people = ds.datasets.lalonde()
    >>> ds.OverlapWeights().hidden_columns()  # most methods hide nothing from a formula
    {}
    """

    no_sampling: ClassVar[str] = UNKNOWN

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

    def hidden_columns(self) -> Mapping[str, str]:
        """Return the columns that a formula may not use: none.

        Returns
        -------
        mapping of str to str
            Empty.
        """
        return {}

    def pairs(
        self,
        treated: NDArray[np.bool_],
        scores: PropensityScore | None,
        matches: NDArray[np.int64] | None,
    ) -> Iterator[NDArray[np.int64]]:
        """Yield the matches that were listed, if there are any.

        Parameters
        ----------
        treated : ndarray of bool, shape (n_people,)
            Not looked at.
        scores : PropensityScore or None
            Not looked at.
        matches : ndarray of int, shape (n_matches, 2), or None
            As listed.

        Yields
        ------
        ndarray of int, shape (n_pairs, 2)
            At most one block.
        """
        del treated, scores
        if matches is not None:
            yield matches


class Method(Protocol):
    """A method of design: a frozen settings record that can be carried out.

    Attributes
    ----------
    name : str
        The word for it in a settings file.
    estimands : tuple of Estimand
        Those it can serve; the first is its own choice.
    no_bootstrap : str
        Why a bootstrap that makes the design again is not valid; empty where it is.
    no_sampling : str
        Why it cannot be used with sampling weights, and what to do; empty where it can.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from typing import ClassVar
    >>> import numpy as np
    >>> import desist as ds
    >>> from desist.design import Given, UsualAnswers, Weighting
    >>> @dataclass(frozen=True)
    ... class EqualWeights(UsualAnswers):
    ...     name: ClassVar[str] = "equal"
    ...     estimands: ClassVar = (ds.Estimand.ATT,)
    ...     no_bootstrap: ClassVar[str] = ""
    ...     needs_formula: ClassVar[bool] = False
    ...     needs_matrix: ClassVar[bool] = False
    ...     needs_scores: ClassVar[bool] = False
    ...     def weigh(self, material):
    ...         return Weighting(np.ones(len(material.treated)), arose=Given())
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> ds.build_design(cohort, "age", method=EqualWeights()).n_comparison
    300
    """

    name: ClassVar[str]
    estimands: ClassVar[tuple[Estimand, ...]]
    no_bootstrap: ClassVar[str]
    no_sampling: ClassVar[str]

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

    def hidden_columns(self) -> Mapping[str, str]:
        """Return the columns that a formula may not use, each with the reason.

        Returns
        -------
        mapping of str to str
            What each of them is, such as "the weight".
        """

    def weigh(self, material: Material) -> Weighting:
        """Carry the method out.

        Parameters
        ----------
        material : Material
            What the method needs of covariates, matrix and scores.

        Returns
        -------
        Weighting
            Weights and how they arose, and sets and matches where the method makes them.
        """

    def pairs(
        self,
        treated: NDArray[np.bool_],
        scores: PropensityScore | None,
        matches: NDArray[np.int64] | None,
    ) -> Iterator[NDArray[np.int64]]:
        """Yield the pairs that were made, in blocks.

        Parameters
        ----------
        treated : ndarray of bool, shape (n_people,)
            Whether each person took part.
        scores : PropensityScore or None
            Those that were used.
        matches : ndarray of int, shape (n_matches, 2), or None
            As the method listed them, if it did.

        Yields
        ------
        ndarray of int, shape (n_pairs, 2)
            Positions of a participant and of a comparison person.
        """
