"""Over how many days a study is answered."""

import numpy as np
from numpy.typing import NDArray

from desist.cohort.outcomes import Outcomes
from desist.design.design import Design
from desist.errors import Fault, InputError


def common_horizon(outcomes: Outcomes, design: Design, horizon: float | None) -> float:
    """Return the horizon in days: the one asked for, or the follow-up that all share.

    Parameters
    ----------
    outcomes : Outcomes
        Of everybody.
    design : Design
        Only people with weight count.
    horizon : float or None
        What was asked for.

    Returns
    -------
    float
        Days.

    Raises
    ------
    InputError
        If it is not positive, lies beyond what an arm was followed for, or is missing while
        people's follow-up differs.
    """
    used = design.weights > 0
    followed = outcomes.time_at_risk[used]
    # beyond the shorter of the arms' longest follow-ups there is nothing to compare
    longest = min(
        float(outcomes.time_at_risk[used & arm].max()) for arm in (design.treated, ~design.treated)
    )
    if horizon is None:
        if float(np.ptp(followed)) == 0.0:
            return longest
        found = "follow-up that differs between people"
        raise InputError("horizon", [Fault("horizon", "a number of days", found, "give horizon=")])
    if not 0 < horizon <= longest:
        expected = f"days above 0 and up to {longest:g}, which some of each arm were followed for"
        raise InputError("horizon", [Fault("horizon", expected, f"{horizon:g}")])
    return float(horizon)


def counts_reach_beyond(outcomes: Outcomes, used: NDArray[np.bool_], horizon: float) -> bool:
    """Say whether everybody's offences are counted over more time than the horizon.

    Parameters
    ----------
    outcomes : Outcomes
        Of everybody.
    used : ndarray of bool, shape (n_people,)
        The people who matter.
    horizon : float
        Days.

    Returns
    -------
    bool
        True when the counts would have to be cut and cannot be. Follow-up that differs
        between people is another matter: there, time at risk is an offset.
    """
    followed = outcomes.time_at_risk[used]
    return bool(followed.min() > horizon)
