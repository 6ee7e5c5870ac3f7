"""Times to a first reoffence of one arm, validated and counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.arms import Arms, join_arms
from desist.checks.columns import Columns
from desist.errors import CannotAnswerError, Fault, name_rows
from desist.privacy import FEWEST_SHARING


@dataclass(frozen=True, eq=False)
class SurvivalArm:
    """Times, reoffences and weights of the people of one arm."""

    times: NDArray[np.float64]  # (n_people,) days to the first reoffence or to the end of follow-up
    events: NDArray[np.bool_]  # (n_people,) whether the time ends with a reoffence
    weights: NDArray[np.float64]  # (n_people,) positive

    def __repr__(self) -> str:
        """Say how many people there are, and nothing of any of them."""
        return f"SurvivalArm({self.times.size} people, {int(self.events.sum())} reoffended)"

    def counts(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return distinct times, the weight at risk at each and the weight that reoffends."""
        grid, place = np.unique(self.times, return_inverse=True)
        leaving = np.bincount(place, self.weights, grid.size)
        at_risk = np.cumsum(leaving[::-1])[::-1]
        died = np.bincount(place, np.where(self.events, self.weights, 0.0), grid.size)
        return grid, at_risk, died


def read_survival(
    times: ArrayLike,
    events: ArrayLike,
    weights: ArrayLike | None = None,
    faults: Iterable[Fault] = (),
) -> SurvivalArm:
    """Validate times, reoffences and weights; leave out people of weight 0."""
    columns = Columns()
    days, happened = columns.days("times", times), columns.truths("events", events)
    masses = columns.weights(weights)
    used = columns.require(faults)
    if not used.size:
        raise CannotAnswerError("everybody has weight 0")
    return SurvivalArm(days[used], happened[used], masses[used])


def read_two_arms(
    times: ArrayLike,
    events: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    faults: Iterable[Fault] = (),
    *,
    fewest: int = 1,
) -> tuple[Arms, NDArray[np.bool_]]:
    """Read times, arms and weights as `Arms`, and who of them reoffended."""
    columns = Columns()
    days, happened = columns.days("times", times), columns.truths("events", events)
    arms = join_arms(columns, days, treated, weights, faults, fewest=fewest)
    return arms, happened[arms.positions]


def find_reach_faults(arms: Mapping[str, SurvivalArm], horizon: float) -> list[Fault]:
    """Find the arms whose curve is not known up to the horizon: all had left before it."""
    faults = []
    for name, arm in arms.items():
        last = arm.times.max()
        at_last = arm.times == last
        if horizon <= last or arm.events[at_last].all():
            continue
        seen = "nobody was followed for so long"
        if at_last.sum() >= FEWEST_SHARING:  # the day of a single person is not shown
            seen = f"everybody was last seen by day {last:g}"
        expected = f"a day up to which somebody in {name} was followed"
        found = f"{horizon:g}, where {seen}"
        faults.append(Fault("horizon", expected, found, "choose a shorter one"))
    return faults


def find_start_faults(
    entered: NDArray[np.float64],
    days: NDArray[np.float64],
    weights: NDArray[np.float64],
    given: object,
) -> list[Fault]:
    """Find the rows that come under observation when they end, or later."""
    if given is None or not entered.shape == days.shape == weights.shape:
        return []
    late = np.flatnonzero((entered >= days) & (weights != 0))
    if not late.size:
        return []
    found = f"{late.size} other, {name_rows(late.tolist())}"
    return [Fault("starts", "days before the time of the same row", found)]
