"""What happened to the people: the one door to the outcomes."""

# The design floor may not import this module.

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.cohort.cohort import Cohort


@dataclass(frozen=True, eq=False, repr=False)
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

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"t": [1, 0, 0], "y": [0, 1, 1], "d": [None, 0, 90]})
    >>> read_outcomes(Cohort(people, treatment="t", reoffended="y", days="d"))
    Outcomes(n_people=3, known: reoffended, days)
    """

    reoffended: NDArray[np.bool_] | None
    offences: NDArray[np.int64] | None
    days: NDArray[np.float64] | None
    time_at_risk: NDArray[np.float64]

    def __repr__(self) -> str:
        """Return which outcomes there are, and of how many people."""
        names = ("reoffended", "offences", "days")
        known = ", ".join(name for name in names if getattr(self, name) is not None)
        return f"Outcomes(n_people={len(self.time_at_risk)}, known: {known or 'none'})"


def read_outcomes(cohort: Cohort) -> Outcomes:
    """Read the outcomes of a cohort.

    Parameters
    ----------
    cohort : Cohort
        The people, checked.

    Returns
    -------
    Outcomes
        None where the cohort has no such column.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"t": [1, 0, 0], "y": [0, 1, 1], "d": [None, 0, 90]})
    >>> read_outcomes(Cohort(people, treatment="t", reoffended="y", days="d")).days
    array([365.,   0.,  90.])
    """
    people, time_at_risk = cohort.people, cohort.time_at_risk
    reoffended = offences = days = None
    if cohort.reoffended is not None:
        reoffended = people[cohort.reoffended].to_numpy(dtype=bool, copy=True)
    if cohort.offences is not None:
        offences = people[cohort.offences].to_numpy(dtype=np.int64, copy=True)
    if cohort.days is not None and reoffended is not None:
        days = np.where(reoffended, people[cohort.days].to_numpy(dtype=float), time_at_risk)
    return Outcomes(reoffended, offences, days, time_at_risk)


def count_outcomes(cohort: Cohort) -> pd.DataFrame:
    """Count people, reoffenders and offences in each arm, as they are, without weights.

    Parameters
    ----------
    cohort : Cohort
        The people, checked.

    Returns
    -------
    DataFrame
        One row an arm ("treated", "comparison"); columns n_people, n_reoffended,
        n_offences and mean_days_among_reoffenders, NaN where the cohort does not know.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"t": [1, 0, 0], "y": [0, 1, 1], "k": [0, 1, 4]})
    >>> cohort = Cohort(people, treatment="t", reoffended="y", offences="k")
    >>> count_outcomes(cohort)["n_offences"].to_dict()
    {'treated': 0.0, 'comparison': 5.0}
    """
    outcomes = read_outcomes(cohort)
    arms = {"treated": cohort.treated, "comparison": ~cohort.treated}
    rows = {name: _count_arm(outcomes, arm) for name, arm in arms.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def _count_arm(outcomes: Outcomes, arm: NDArray[np.bool_]) -> dict[str, float]:
    reoffended, offences, days = outcomes.reoffended, outcomes.offences, outcomes.days
    reoffenders = np.zeros_like(arm) if reoffended is None else arm & reoffended
    mean_days = np.nan if days is None or not reoffenders.any() else days[reoffenders].mean()
    return {
        "n_people": int(arm.sum()),
        "n_reoffended": np.nan if reoffended is None else int(reoffenders.sum()),
        "n_offences": np.nan if offences is None else float(offences[arm].sum()),
        "mean_days_among_reoffenders": float(mean_days),
    }


def find_lost(outcomes: Outcomes, horizon: float) -> NDArray[np.bool_]:
    """Find those of whom it is not known whether they reoffended within a horizon."""
    short = outcomes.time_at_risk < horizon
    return short if outcomes.reoffended is None else short & ~outcomes.reoffended


def cut_outcomes(
    outcomes: Outcomes, horizon: float, used: NDArray[np.bool_]
) -> tuple[Outcomes, dict[str, str]]:
    """Count only what happened within a horizon, where that can be told.

    Parameters
    ----------
    outcomes : Outcomes
        Of everybody.
    horizon : float
        Days.
    used : ndarray of bool, shape (n_people,)
        The people who matter; the follow-up of others is not looked at.

    Returns
    -------
    Outcomes
        Reoffences and days up to the horizon; as they were where they cannot be cut.
    dict of str to str
        Why "reoffended" or "offences" could not be cut; without them where they could.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> people = pd.DataFrame({"t": [1, 0, 0], "y": [0, 1, 1], "d": [None, 10, 90]})
    >>> outcomes = read_outcomes(Cohort(people, treatment="t", reoffended="y", days="d"))
    >>> cut, reasons = cut_outcomes(outcomes, 30, np.ones(3, dtype=bool))
    >>> cut.reoffended.tolist(), cut.days.tolist()
    ([False, True, False], [30.0, 10.0, 30.0])
    >>> list(reasons)
    ['offences']
    """
    followed = outcomes.time_at_risk[used]
    n_lost = int((find_lost(outcomes, horizon) & used).sum())
    reasons = {}
    if n_lost:
        were = "1 person was" if n_lost == 1 else f"{n_lost:,} people were"
        reasons["reoffended"] = (
            f"{were} followed for less than {horizon:g} days without a reoffence, and what "
            "they did later is not known"
        )
    elif followed.max() > horizon and outcomes.days is None:
        reasons["reoffended"] = (
            f"the days of reoffences are not known, to count those in {horizon:g}"
        )
    if np.any(followed != horizon):
        reasons["offences"] = (
            f"offences are counted over the whole follow-up, which is not {horizon:g} days for "
            "everybody"
        )
    if "reoffended" in reasons or outcomes.days is None or outcomes.reoffended is None:
        return outcomes, reasons
    within = outcomes.reoffended & (outcomes.days <= horizon)
    return replace(outcomes, reoffended=within, days=np.minimum(outcomes.days, horizon)), reasons
