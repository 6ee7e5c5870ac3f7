"""Weights made again for people who might have taken part instead."""

# A randomisation test draws participation again and asks what the difference would have been. A
# method that knows a way to do all draws at once gives it; any other is carried out once a draw.

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Contrast = Callable[[Integers], Floats]


class Reweighing(Protocol):
    """Weights made again for people who might have taken part instead.

    Examples
    --------
    >>> import numpy as np
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> compare = design.arose.again.prepare(cohort.people[["age"]].to_numpy(float).T)
    >>> compare(np.flatnonzero(design.treated)[None, :]).round(1)
    array([[0.1]])
    """

    def prepare(self, columns: Floats) -> Contrast:
        """Return what compares the arms of a redrawn participation.

        Parameters
        ----------
        columns : ndarray of float, shape (n_columns, n_people)
            What is compared.

        Returns
        -------
        callable
            Takes the positions of the participants of each draw, shape (n_draws, n_treated);
            returns differences of weighted means, shape (n_columns, n_draws), nan where a draw
            has none.
        """


@dataclass(frozen=True, eq=False, repr=False)
class EachDraw:
    """Weights made again one draw after another, by the function that made them.

    Attributes
    ----------
    weigh : callable
        Takes whether each person takes part, shape (n_people,); returns weights of that shape.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.design import EachDraw
    >>> equal = EachDraw(lambda treated: np.ones(len(treated)))
    >>> compare = equal.prepare(np.array([[1.0, 0.0, 0.0, 1.0]]))
    >>> compare(np.array([[0, 1], [0, 3]]))  # two draws of two participants
    array([[0., 1.]])
    """

    weigh: Callable[[Bools], Floats]

    def prepare(self, columns: Floats) -> Contrast:
        """Return what compares the arms of a redrawn participation.

        Parameters
        ----------
        columns : ndarray of float, shape (n_columns, n_people)
            What is compared.

        Returns
        -------
        callable
            As `Reweighing` says.
        """

        def contrast(chosen: Integers) -> Floats:
            return np.column_stack([self._compare(columns, people) for people in chosen])

        return contrast

    def _compare(self, columns: Floats, people: Integers) -> Floats:
        treated = np.zeros(columns.shape[1], dtype=np.bool_)
        treated[people] = True
        weights = self.weigh(treated)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside, outside = (
                columns[:, arm] @ weights[arm] / weights[arm].sum() for arm in (treated, ~treated)
            )
        difference: Floats = inside - outside
        return difference
