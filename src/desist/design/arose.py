"""How the weights of a design arose, and so what may be asked of it."""

# A method says it once, with its weights. What asks later, a randomisation test or a standard error
# that knows the weights were estimated, asks the design and not which method it was.

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from desist.design.formula import ModelMatrix
from desist.design.reweighing import Reweighing
from desist.design.weighting.equations import WeightEquations

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
WriteEquations = Callable[[ModelMatrix, Bools, Floats], WeightEquations]

NOT_FROM_SCORES = "the weights do not follow from a propensity score or from sets"
SAMPLED = (
    "the people were sampled with unequal chances, so the score, which is that of the population, "
    "does not say who of them might have taken part"
)
CHOSEN_TO_BALANCE = (
    "the weights were chosen to balance the arms, and do not follow from a propensity score or "
    "from sets"
)


@dataclass(frozen=True, eq=False, repr=False)
class FromScores:
    """The weights follow from the scores and from who takes part.

    Attributes
    ----------
    probabilities : ndarray of float, shape (n_people,)
        Propensity scores, from which participation can be drawn again.
    again : Reweighing
        How the weights are made again for other participants.
    equations : callable or None
        Writes the estimating equations of the weights from the formula as numbers, whether each
        person took part, and the weights.
    no_equations : str
        Why there are none, where the reader would look for them.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> design.arose
    FromScores(360 people)
    """

    stacked: ClassVar[None] = None
    obstacle: ClassVar[str] = ""

    probabilities: Floats
    again: Reweighing
    equations: WriteEquations | None = None
    no_equations: str = ""

    def __repr__(self) -> str:
        """Return the number of people; nobody's own score is shown."""
        return f"FromScores({len(self.probabilities):,} people)"


@dataclass(frozen=True)
class FromSets:
    """The weights follow from the matched sets, within which participants can be drawn again.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.FullMatching())
    >>> design.arose
    FromSets()
    """

    equations: ClassVar[None] = None
    stacked: ClassVar[None] = None
    no_equations: ClassVar[str] = ""
    obstacle: ClassVar[str] = ""


@dataclass(frozen=True, eq=False, repr=False)
class Balanced:
    """The weights solve equations that balance the arms.

    Attributes
    ----------
    equations : callable
        Writes them from the formula as numbers, whether each person took part, and the weights.
    stacked : callable or None
        Where `equations` takes the means that are met as known: writes those in which they are
        estimated too.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    >>> design.arose
    Balanced()
    """

    no_equations: ClassVar[str] = ""
    obstacle: ClassVar[str] = CHOSEN_TO_BALANCE

    equations: WriteEquations
    stacked: WriteEquations | None = None

    def __repr__(self) -> str:
        """Return its name; the equations may hold people."""
        return "Balanced()"


@dataclass(frozen=True)
class Given:
    """Nothing says what the weights would be, had others taken part.

    Attributes
    ----------
    obstacle : str
        Why participation cannot be drawn again.

    Examples
    --------
    >>> from desist.design import Given
    >>> Given("the weights were made elsewhere").obstacle
    'the weights were made elsewhere'
    """

    equations: ClassVar[None] = None
    stacked: ClassVar[None] = None
    no_equations: ClassVar[str] = ""

    obstacle: str = NOT_FROM_SCORES


@dataclass(frozen=True, eq=False, repr=False)
class Sampled:
    """The weights are those of a method times sampling weights."""

    obstacle: ClassVar[str] = SAMPLED

    # as of `FromScores` and `Balanced`; they know the sampling weights
    equations: WriteEquations | None = None
    stacked: WriteEquations | None = None
    no_equations: str = ""  # why there are none, where the reader would look for them

    def __repr__(self) -> str:
        """Return its name; the equations may hold people."""
        return "Sampled()"


Arose = FromScores | FromSets | Balanced | Given | Sampled
