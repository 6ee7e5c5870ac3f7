"""What is looked at of each model's outcome, and how that outcome is drawn anew."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desist._types import Draws, Floats, Integers, Mask
from desist.cohort.outcomes import Outcomes
from desist.models.fit import Fit
from desist.models.frequency import FrequencyModel
from desist.models.predictors import MATCHED_SET, Target
from desist.models.process import ProcessModel, draw_first
from desist.models.survival import HALF_A_DAY, SurvivalModel

PROPORTION, OFFENCES, SQUARES, DAYS = "proportion", "offences", "offences squared", "days"
MANY_OFFENCES = 5
QUARTERS = (0.25, 0.5, 0.75, 1.0)
FEWEST_DAYS = 4  # of which each quarter has a whole one


@dataclass(frozen=True, eq=False)
class SimulatedArm:
    """The people of one arm who have weight, for whom outcomes are drawn anew."""

    code: int  # 1 for the treated
    people: Mask  # (n_people,) who they are, among everybody in the cohort
    target: Target  # their covariates and groups, one row a person, and shares of the weight
    time_at_risk: Floats  # (n_rows,) days of follow-up


# (linear predictor, draws of the parameters, arm, randomness) to outcomes of its shape, one draw
# after the other, so that random numbers are the same however many draws are taken at once
type DrawAnew = Callable[[Floats, Draws, SimulatedArm, np.random.Generator], NDArray[Any]]


@dataclass(frozen=True, eq=False)
class PredictiveLook:
    """One model's outcome: as it was, drawn anew, and summarised."""

    label: str  # the model and its family
    statistics: tuple[tuple[str, str], ...]  # name and unit of each
    observed: NDArray[Any]  # (n_people,); days are infinite where no reoffence was seen
    draw: DrawAnew
    # (outcomes of an arm (..., n_rows), its target) to the weighted statistics (..., n_statistics)
    summarise: Callable[[NDArray[Any], Target], Floats]


def look_at(fit: Fit, outcomes: Outcomes) -> PredictiveLook:
    """Say what is looked at of a fit."""
    if isinstance(fit.model, FrequencyModel):
        return _look_at_frequency(fit.model, fit, outcomes)
    if isinstance(fit.model, SurvivalModel):
        return _look_at_survival(fit.model, fit, outcomes)
    if isinstance(fit.model, ProcessModel):
        return _look_at_process(fit.model, fit, outcomes)
    return _look_at_rate(fit, outcomes)


def _look_at_rate(fit: Fit, outcomes: Outcomes) -> PredictiveLook:
    from scipy.special import expit

    columns = fit.model.read_columns(outcomes, fit.horizon) or {}
    groups = [
        (f"rate, {grouping} {level}", PROPORTION)
        for grouping, levels in fit.levels.items()
        if grouping != MATCHED_SET  # the outcomes of a set are those of a person or two
        for level in levels
    ]

    def draw(
        eta: Floats, _draws: Draws, _arm: SimulatedArm, rng: np.random.Generator
    ) -> NDArray[Any]:
        probability: Floats = expit(eta)
        return rng.random(eta.shape) < probability

    def summarise(reoffended: NDArray[Any], target: Target) -> Floats:
        rate = reoffended @ target.weights
        by_group = [
            _average_by_level(reoffended, target.weights, target.groups[:, position], len(levels))
            for position, (grouping, levels) in enumerate(fit.levels.items())
            if grouping != MATCHED_SET
        ]
        return np.concatenate([rate[..., np.newaxis], *by_group], axis=-1)

    statistics = (("rate", PROPORTION), *groups)
    return PredictiveLook("rate", statistics, columns["reoffended"], draw, summarise)


def _average_by_level(
    values: NDArray[Any], weights: Floats, codes: Integers, n_levels: int
) -> Floats:
    """Return the weighted mean in each level, missing where there is nobody: (..., n_levels)."""
    from scipy.sparse import csr_array

    shares = csr_array((weights, (np.arange(len(codes)), codes)), shape=(len(codes), n_levels))
    totals = shares.sum(axis=0)
    sums = np.asarray(values, dtype=float) @ shares
    means: Floats = np.divide(sums, totals, out=np.full(sums.shape, np.nan), where=totals > 0)
    return means


def _draw_in_turn(draw: DrawAnew) -> DrawAnew:
    """Draw the outcomes of one draw of the parameters after the other's."""

    def draw_all(
        eta: Floats, draws: Draws, arm: SimulatedArm, rng: np.random.Generator
    ) -> NDArray[Any]:
        each = [
            draw(
                eta[:, [one]], {name: values[:, [one]] for name, values in draws.items()}, arm, rng
            )
            for one in range(eta.shape[1])
        ]
        return np.concatenate(each, axis=1)

    return draw_all


def _look_at_frequency(model: FrequencyModel, fit: Fit, outcomes: Outcomes) -> PredictiveLook:
    family = model.law

    def draw(
        eta: Floats, draws: Draws, arm: SimulatedArm, rng: np.random.Generator
    ) -> NDArray[Any]:
        return family.draw(eta + np.log(arm.time_at_risk / fit.horizon), draws, arm.code, rng)

    def summarise(offences: NDArray[Any], target: Target) -> Floats:
        shares = target.weights
        mean = offences @ shares
        none, many = (offences == 0) @ shares, (offences >= MANY_OFFENCES) @ shares
        variance = np.square(offences - mean[..., np.newaxis]) @ shares
        return np.stack([mean, none, many, variance], axis=-1)

    statistics = (
        ("mean", OFFENCES),
        ("share with none", PROPORTION),
        (f"share with {MANY_OFFENCES} or more", PROPORTION),
        ("variance", SQUARES),
    )
    label = f"frequency ({model.law.name.replace('_', ' ')})"
    observed = np.asarray(outcomes.offences)
    return PredictiveLook(label, statistics, observed, _draw_in_turn(draw), summarise)


def _look_at_survival(model: SurvivalModel, fit: Fit, outcomes: Outcomes) -> PredictiveLook:
    family = model.law
    quarters = _end_quarters(fit.horizon)
    # the last bit of a recorded day must not decide on which side of a quarter it falls
    ends = quarters * (1 + 1e-9)

    def draw(
        eta: Floats, draws: Draws, arm: SimulatedArm, rng: np.random.Generator
    ) -> NDArray[Any]:
        survival = 1 - rng.random(eta.shape)
        times = family.find_time(eta, draws, arm.code, fit.horizon, survival=survival)
        days = fit.horizon * times
        return np.where(days <= arm.time_at_risk, _record(days, arm.time_at_risk, model), np.inf)

    def summarise(days: NDArray[Any], target: Target) -> Floats:
        by_then = [(days <= end) @ target.weights for end in ends]
        mean_days = _average_of_some(days, days <= ends[-1], target.weights)
        return np.stack([*by_then, mean_days], axis=-1)

    statistics = [(f"share by {end:g} days", PROPORTION) for end in quarters]
    label = f"survival ({model.law.name.replace('_', ' ')})"
    observed = np.where(np.asarray(outcomes.reoffended), np.asarray(outcomes.days), np.inf)
    among = ("mean days among reoffenders", DAYS)
    return PredictiveLook(label, (*statistics, among), observed, draw, summarise)


def _average_of_some(values: Floats, of_some: Mask, weights: Floats) -> Floats:
    """Return the weighted mean of the values of some, missing where there is nobody."""
    share, total = of_some @ weights, np.where(of_some, values, 0.0) @ weights
    missing = np.full(np.shape(share), np.nan)
    mean: Floats = np.divide(total, share, out=missing, where=of_some.any(axis=-1))
    return mean


def _end_quarters(horizon: float) -> Floats:
    """Return the last whole day of each quarter: 91, 182, 273 and 365 of a year."""
    ends: Floats = np.array(QUARTERS) * horizon
    return np.array([*np.floor(ends[:-1]), horizon]) if horizon >= FEWEST_DAYS else ends


def _record(days: Floats, time_at_risk: Floats, model: SurvivalModel) -> Floats:
    """Record times as the model takes those of the people to have been."""
    if model.recorded_in is None:
        return np.where(days < HALF_A_DAY, 0.0, days)
    ends = np.ceil(days / model.recorded_in) * model.recorded_in
    return np.minimum(ends, time_at_risk)


def _look_at_process(model: ProcessModel, fit: Fit, outcomes: Outcomes) -> PredictiveLook:
    offences = np.asarray(outcomes.offences)
    days = np.full(len(offences), np.nan) if outcomes.days is None else outcomes.days

    def draw(
        eta: Floats, draws: Draws, arm: SimulatedArm, rng: np.random.Generator
    ) -> NDArray[Any]:
        dispersion, shape = (float(part.item()) for part in model.read_arm(draws, arm.code))
        mean = np.exp(eta[0, 0]) * (arm.time_at_risk / fit.horizon) ** shape
        counts = rng.poisson(mean * rng.gamma(dispersion, 1 / dispersion, len(mean)))
        first = arm.time_at_risk * draw_first(np.maximum(counts, 1), shape, rng)
        recorded = np.floor(first / model.recorded_to) * model.recorded_to
        return np.column_stack([counts, recorded])[np.newaxis, np.newaxis]

    def summarise(outcome: NDArray[Any], target: Target) -> Floats:
        counts, first, shares = outcome[..., 0], outcome[..., 1], target.weights
        again = counts > 0
        mean_days = _average_of_some(first, again, shares)
        return np.stack([again @ shares, counts @ shares, mean_days], axis=-1)

    statistics = (
        ("rate", PROPORTION),
        ("frequency", OFFENCES),
        ("mean days among reoffenders", DAYS),
    )
    observed = np.column_stack([offences, days])
    return PredictiveLook("process", statistics, observed, _draw_in_turn(draw), summarise)
