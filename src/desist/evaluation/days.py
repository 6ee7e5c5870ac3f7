"""The share without a reoffence on a few days, without those that tell of few people."""

from collections.abc import Sequence

from desist.effects.days import DayRow, count_reoffenders, tabulate_days
from desist.errors import NotConvergedError
from desist.models.families import SettlingFamily
from desist.models.fit import Fit, Model
from desist.models.protocol import ObservedTimes, TimedModel
from desist.models.survival import SurvivalModel
from desist.privacy import FEWEST_SHARING

DAYS = (91.0, 182.0)  # beside the horizon: when an effect begins, and whether it lasts
FEW = f"fewer than {FEWEST_SHARING} people of an arm reoffended before it or after it"


def evaluate_days(
    fits: Sequence[Fit], *, probability: float, calibrated: bool
) -> tuple[tuple[DayRow, ...], tuple[str, ...]]:
    """Tabulate the share without a reoffence on a few days, and say which are not told."""
    # a process ties days to offences: its curve is told where there is no other
    timed = [fit for fit in fits if isinstance(fit.model, TimedModel)]
    timed.sort(key=lambda fit: not isinstance(fit.model, ObservedTimes))
    if not timed or timed[0].people is None:
        return (), ()
    fit = timed[0]
    asked = (*(day for day in DAYS if day < fit.horizon), fit.horizon)
    days = _choose_days(fit, asked)
    hidden = ", ".join(f"{day:g}" for day in asked if day not in days)
    told = (f"Share without a reoffence on day {hidden}: not told, because {FEW}.",) * bool(hidden)
    try:
        rows = tabulate_days(fit, days, probability=probability, calibrated=calibrated)
    except NotConvergedError as error:
        return (), (f"Share without a reoffence by day: not available, {error}.",)
    return rows, told


def explain_hazards(
    chosen: Sequence[Model], fits: Sequence[Fit]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Say what hazard models took that leave it to the data, and warn of those without a shape."""
    asked = {model.name: getattr(model, "family", None) for model in chosen}
    taken, told = {}, []
    for fit in fits:
        family = asked.get(fit.model.name)
        if isinstance(family, SettlingFamily) and isinstance(fit.model, SurvivalModel):
            taken[fit.model.name] = family.explain(fit.model.law)
            if not fit.model.law.find_changes():
                told.append(f"The hazard of the times is {taken[fit.model.name]}.")
    return taken, tuple(told)


def _choose_days(fit: Fit, days: Sequence[float]) -> tuple[float, ...]:
    """Choose the days between which enough people of either arm reoffended."""
    counts = count_reoffenders(fit, days)
    if counts is None:
        return tuple(days)
    # the last day stays: what it tells is the rate
    chosen, last = [], 0
    for day, by_then in zip(days[:-1], counts.T[:-1], strict=True):
        steps = (*(by_then - last), *(counts[:, -1] - by_then))
        if min(steps) >= FEWEST_SHARING:
            chosen.append(day)
            last = by_then
    return (*chosen, days[-1])
