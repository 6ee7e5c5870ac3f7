"""The share without a reoffence on a few days, as rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desist._types import Integers
from desist.effects.curves import estimate_survival
from desist.models.fit import Fit
from desist.models.protocol import ObservedTimes

UNITS = ("treated", "comparison", "difference", "lower", "upper", "probability_of_benefit")
LIMITS = ("treated_lower", "treated_upper", "comparison_lower", "comparison_upper")


@dataclass(frozen=True)
class DayRow:
    """The share of people without a reoffence by one day, from 0 to 1."""

    day: float
    treated: float  # posterior means with the programme and without it
    comparison: float
    difference: float  # above 0 is less reoffending
    lower: float
    upper: float
    probability_of_benefit: float
    probability: float  # of the intervals
    treated_lower: float = math.nan  # limits of either share; nan in records of earlier versions
    treated_upper: float = math.nan
    comparison_lower: float = math.nan
    comparison_upper: float = math.nan


def tabulate_days(
    fit: Fit, days: Sequence[float], *, probability: float = 0.95, calibrated: bool = True
) -> tuple[DayRow, ...]:
    """Tabulate the share without a reoffence on some days, one row a day."""
    effect = estimate_survival(fit, days, probability=probability, calibrated=calibrated)
    table = effect.table.rename(columns={"difference_lower": "lower", "difference_upper": "upper"})
    names = ["day", *UNITS, *LIMITS]
    rows = table[names].to_numpy(dtype=float)
    return tuple(
        DayRow(**dict(zip(names, map(float, row), strict=True)), probability=probability)
        for row in rows
    )


def count_reoffenders(fit: Fit, days: Sequence[float]) -> Integers | None:
    """Count who of the people reoffended by some days, comparison people first, (2, n_days)."""
    if fit.people is None or not isinstance(fit.model, ObservedTimes):
        return None
    shares = np.asarray(days, dtype=float) / fit.horizon
    by_then = fit.model.observe_days(fit.data, fit.horizon, shares).values[fit.people.row]
    treated = fit.data["treated"][fit.people.row]
    counts: Integers = np.stack([by_then[treated == arm].sum(axis=0) for arm in (0, 1)]).astype(
        np.int64
    )
    return counts
