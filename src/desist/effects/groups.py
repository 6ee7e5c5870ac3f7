"""Effects by group as rows: what each group shows alone, and what the hierarchy makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.effects.effect import Effect, derive_measures, estimate_effects_by_group
from desist.estimands import Measure
from desist.models.fit import Fit
from desist.models.protocol import ObservedModel

UNKNOWN = float("nan")


@dataclass(frozen=True)
class GroupRow:
    """The effect in one group, in the unit of the measure."""

    level: str
    n_treated: int  # people of it who are used
    n_comparison: int
    fewest: int  # of either arm: the fewest people, of all, who reoffended or who did not
    share: float  # of the people whom the effect is about
    raw: float  # difference of the group's own weighted means; nan where an arm has nobody
    # posterior, drawn towards that of the other groups by as much as the data ask for
    estimate: float
    lower: float
    upper: float
    probability_of_benefit: float


@dataclass(frozen=True)
class GroupTable:
    """The effects on one measure in all groups of a grouping, and how much they differ."""

    grouping: str
    measure: Measure
    probability: float  # of the intervals
    rows: tuple[GroupRow, ...]  # that may be told of, the most favourable effect first
    n_groups: int  # those without a row too
    # standard deviation of the effects between groups, each counting by its share: median and
    # equal-tailed interval; it is never below zero, whatever the groups
    spread: float
    spread_lower: float
    spread_upper: float
    # that the effect is more favourable in the group with the most favourable estimate than in the
    # one with the least
    probability_differs: float

    @property
    def n_withheld(self) -> int:
        """Groups that have no row."""
        return self.n_groups - len(self.rows)


def tabulate_groups(
    fit: Fit, grouping: str, *, probability: float = 0.95, calibrated: bool = True
) -> tuple[GroupTable, ...]:
    """Tabulate the effects in each group of people, one table a measure with differences."""
    by_level = estimate_effects_by_group(
        fit, grouping, probability=probability, calibrated=calibrated
    )
    shares = _share_target(fit, grouping)
    raw = _contrast_raw(fit, grouping)
    measures = [
        effect.measure
        for effect in next(iter(by_level.values()), ())
        if effect.difference is not None and effect.measure.is_causal
    ]
    return tuple(
        _tabulate(
            fit,
            grouping,
            {level: _pick(effects, measure) for level, effects in by_level.items()},
            shares,
            {level: found.get(measure, UNKNOWN) for level, found in raw.items()},
        )
        for measure in measures
    )


def _pick(effects: Sequence[Effect], measure: Measure) -> Effect:
    return next(effect for effect in effects if effect.measure is measure)


def _tabulate(
    fit: Fit,
    grouping: str,
    effects: Mapping[str, Effect],
    shares: Mapping[str, float],
    raw: Mapping[str, float],
) -> GroupTable:
    rows = [
        GroupRow(
            level,
            *fit.group_sizes[grouping][level],
            fewest=_count_fewest(fit, grouping, level),
            share=shares[level],
            raw=raw.get(level, UNKNOWN),
            estimate=effect.estimate,
            lower=effect.interval.lower,
            upper=effect.interval.upper,
            probability_of_benefit=effect.probability_of_benefit,
        )
        for level, effect in effects.items()
    ]
    one = next(iter(effects.values()))
    sign = -1.0 if one.measure.benefit_is_lower else 1.0
    draws = np.stack([sign * effect.draws.to_numpy().ravel() for effect in effects.values()])
    weight = np.array([shares[level] for level in effects])
    order = np.argsort(-draws.mean(axis=1), kind="stable")
    tail = (1 - one.probability) / 2
    lower, middle, upper = np.quantile(_spread(draws, weight), [tail, 0.5, 1 - tail])
    return GroupTable(
        grouping,
        one.measure,
        one.probability,
        tuple(rows[position] for position in order),
        len(rows),
        float(middle),
        float(lower),
        float(upper),
        float((draws[order[0]] > draws[order[-1]]).mean()),
    )


def _spread(draws: Floats, shares: Floats) -> Floats:
    """Return the standard deviation between groups within each draw."""
    weight = shares / shares.sum()
    spread: Floats = np.sqrt(weight @ np.square(draws - weight @ draws))
    return spread


def _share_target(fit: Fit, grouping: str) -> dict[str, float]:
    """Return the share of each group in the people whom the effect is about."""
    codes = fit.target.groups[:, list(fit.levels).index(grouping)]
    totals = np.bincount(codes, fit.target.weights, len(fit.levels[grouping]))
    return dict(zip(fit.levels[grouping], (totals / totals.sum()).tolist(), strict=True))


def _count_fewest(fit: Fit, grouping: str, level: str) -> int:
    sizes = fit.group_sizes[grouping][level]
    if not fit.group_reoffenders:
        return min(sizes)
    happened = fit.group_reoffenders[grouping][level]
    return min(*sizes, *happened, *(n - k for n, k in zip(sizes, happened, strict=True)))


def _contrast_raw(fit: Fit, grouping: str) -> dict[str, dict[Measure, float]]:
    """Contrast the weighted means of each group by itself, where the model says what they are."""
    if fit.people is None or not isinstance(fit.model, ObservedModel):
        return {}
    observed = fit.model.observe(fit.data, fit.horizon)
    codes = fit.data["group"][:, list(fit.levels).index(grouping)]
    found: dict[str, dict[Measure, float]] = {}
    for code, level in enumerate(fit.levels[grouping]):
        if 0 in fit.group_sizes[grouping][level]:
            continue
        means = []
        for arm in (1, 0):
            mine = (codes == code) & (fit.data["treated"] == arm)
            carried = np.where(mine, fit.data["weight"], 0.0)[:, np.newaxis] * observed.known
            with np.errstate(divide="ignore", invalid="ignore"):  # nobody or everybody reoffended
                averages = (carried * observed.values).sum(axis=0) / carried.sum(axis=0)
                released = observed.release(observed.link.apply(averages[np.newaxis, np.newaxis]))
                means.append(derive_measures(released, fit.horizon))
        found[level] = {
            measure: float((means[0][measure] - means[1][measure]).item()) for measure in means[0]
        }
    return found
