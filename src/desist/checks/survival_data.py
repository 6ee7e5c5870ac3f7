"""Times to a first reoffence of one arm, validated and counted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.arms import read_arms
from desist.errors import Fault, name_rows, raise_faults


@dataclass(frozen=True, eq=False)
class SurvivalArm:
    """Times, reoffences and weights of the people of one arm.

    Attributes
    ----------
    times : ndarray of float, shape (n_people,)
        Days to the first reoffence or to the end of follow-up.
    events : ndarray of bool, shape (n_people,)
        Whether the time ends with a reoffence.
    weights : ndarray of float, shape (n_people,)
        Positive.
    """

    times: NDArray[np.float64]
    events: NDArray[np.bool_]
    weights: NDArray[np.float64]

    def counts(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return distinct times, the weight at risk at each and the weight that reoffends."""
        grid, place = np.unique(self.times, return_inverse=True)
        leaving = np.bincount(place, self.weights, grid.size)
        at_risk = np.cumsum(leaving[::-1])[::-1]
        died = np.bincount(place, np.where(self.events, self.weights, 0.0), grid.size)
        return grid, at_risk, died


def read_survival(
    times: ArrayLike, events: ArrayLike, weights: ArrayLike | None = None
) -> SurvivalArm:
    """Validate times, reoffences and weights; leave out people of weight 0.

    Parameters
    ----------
    times : array_like, shape (n_people,)
        Finite, 0 or more.
    events : array_like, shape (n_people,)
        True for a reoffence.
    weights : array_like, shape (n_people,), optional
        Finite, 0 or more; all equal when left out.

    Returns
    -------
    SurvivalArm
        The people with a positive weight.

    Raises
    ------
    InputError
        If a time or a weight is negative or not finite.
    """
    arms = read_arms(times, np.zeros(np.shape(times), dtype=bool), weights)
    negative = np.flatnonzero(arms.outcome < 0)
    if negative.size:
        rows = arms.positions[negative].tolist()
        fault = Fault("times", "0 or more", f"{negative.size} negative, {name_rows(rows)}")
        raise_faults("check", [fault])
    return SurvivalArm(arms.outcome, np.asarray(events).astype(bool)[arms.positions], arms.weights)
