"""What happened to the people: the one door to the outcomes.

The design floor may not import this module.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desist.cohort.cohort import Cohort


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Outcomes of everybody in a cohort, in the order of its rows.

    Attributes
    ----------
    reoffended : ndarray of bool, shape (n_people,), or None
        A proven reoffence within the follow-up.
    offences : ndarray of int, shape (n_people,), or None
        Proven reoffences within the follow-up.
    days : ndarray of float, shape (n_people,), or None
        Days to the first reoffence; for those without one, the end of follow-up, where
        they are censored.
    time_at_risk : ndarray of float, shape (n_people,)
        Days of follow-up.
    """

    reoffended: NDArray[np.bool_] | None
    offences: NDArray[np.int64] | None
    days: NDArray[np.float64] | None
    time_at_risk: NDArray[np.float64]


def read_outcomes(cohort: Cohort) -> Outcomes:
    """Read the outcomes of a cohort (None where the cohort has no such column)."""
    frame = cohort._frame  # the cohort floor shares its table with itself alone
    reoffended = offences = days = None
    if cohort.reoffended is not None:
        reoffended = frame[cohort.reoffended].to_numpy() == 1
    if cohort.offences is not None:
        offences = frame[cohort.offences].to_numpy(dtype=np.int64)
    if cohort.days is not None and reoffended is not None:
        days = np.where(reoffended, frame[cohort.days].to_numpy(dtype=float), cohort.time_at_risk)
    return Outcomes(reoffended, offences, days, cohort.time_at_risk)
