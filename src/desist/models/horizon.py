"""Over how many days a study is answered."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from desist.arguments import find_number_faults
from desist.cohort.outcomes import Outcomes, cut_outcomes
from desist.design.design import Design
from desist.errors import Fault, InputError
from desist.privacy import find_shared


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
        n_less = int((followed < followed.max()).sum())
        found = f"follow-up that differs between people ({n_less} followed for less than others)"
        advice = "give horizon=; whoever was followed for less counts for as long as that"
        raise InputError("horizon", [Fault("horizon", "a number of days", found, advice)])
    faults = find_number_faults("horizon", horizon, above=0, most=longest)
    if faults:
        # the longest follow-up is shown where it is no single person's
        shown = f"{longest:g}, " if find_shared(followed[followed == longest].tolist()) else "that "
        expected = f"days above 0 and up to {shown}which some of each arm were followed for"
        raise InputError("horizon", [replace(faults[0], expected=expected)])
    return float(horizon)


def find_obstacles(
    outcomes: Outcomes, used: NDArray[np.bool_], horizon: float
) -> Mapping[str, str]:
    """Find which outcomes a horizon makes unusable, and say why.

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
    mapping of str to str
        Reasons of "reoffended", which a rate needs of everybody, and of "offences", which a
        frequency needs. Days that end before the horizon are censored, and never an obstacle.
    """
    obstacles = {}
    if outcomes.reoffended is not None:
        _, reasons = cut_outcomes(outcomes, horizon, used)
        obstacles = {role: why for role, why in reasons.items() if role == "reoffended"}
    if counts_reach_beyond(outcomes, used, horizon):
        reason = "offences are counted over the whole follow-up and cannot be cut to the horizon"
        obstacles["offences"] = reason
    return obstacles


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
