"""The design: who is compared with whom, decided before any outcome is seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desist.estimands import Estimand


@dataclass(frozen=True, eq=False, repr=False)
class Design:
    """Weights, matched sets and the estimand they serve.

    Attributes
    ----------
    weights : ndarray of float, shape (n_people,)
        Probability weight of each person; 0 for those who are not used. Only their
        ratios within an arm mean anything.
    treated : ndarray of bool, shape (n_people,)
        Whether each person took part.
    estimand : Estimand
        Whom the weighted comparison is about, after people were dropped.
    sets : ndarray of int, shape (n_people,), or None
        Matched set or subclass of each person, -1 for those in none; None where the
        method makes no sets.
    """

    weights: NDArray[np.float64]
    treated: NDArray[np.bool_]
    estimand: Estimand
    sets: NDArray[np.int64] | None = None
