"""Effects: predict for the same people with and without the programme, within each draw.

Averages over people are taken within a draw, summaries across draws; the ends of
intervals are never averaged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypedDict

import numpy as np
import xarray as xr

from desist._types import Floats
from desist.arguments import (
    describe,
    find_kind_faults,
    find_number_faults,
    find_probability_faults,
)
from desist.cohort.cohort import Cohort
from desist.design.design import Design
from desist.errors import Fault, InputError, NotConvergedError, raise_faults
from desist.estimands import Estimand, Interval, Measure, Scale
from desist.inference.diagnostics import Diagnostics, worst_of
from desist.inference.engines import Engine
from desist.inference.seeds import make_generator
from desist.models.fit import Fit, Model, fit_model
from desist.models.predictors import Target

LARGEST_BENEFITS = {
    Measure.RATE: "a difference of proportions",
    Measure.HAZARD_RATIO: "a distance of a ratio below 1",
}
NOT_FINITE = (
    "not a finite number: everybody or nobody of an arm reoffends under it, too surely for this "
    "measure; give tighter priors, or leave the measure out"
)


@dataclass(frozen=True, eq=False, repr=False)
class Effect:
    """Posterior of one measure with and without the programme, for the same people.

    Attributes
    ----------
    measure : Measure
        What is compared; its unit is that of every difference.
    estimand : Estimand
        For whom.
    n_treated, n_comparison : int
        People behind the figures: for the time among reoffenders, those who reoffended.
    treated, comparison : xarray.DataArray or None, dims (chain, draw)
        Average outcome with and without the programme; None for the hazard ratio.
    difference : xarray.DataArray or None, dims (chain, draw)
        With minus without.
    ratio : xarray.DataArray, dims (chain, draw)
        With over without.
    diagnostics : Diagnostics
        Of the fit that the draws come from.
    probability : float
        Of the intervals.
    """

    measure: Measure
    estimand: Estimand
    n_treated: int
    n_comparison: int
    treated: xr.DataArray | None
    comparison: xr.DataArray | None
    difference: xr.DataArray | None
    ratio: xr.DataArray
    diagnostics: Diagnostics
    probability: float = 0.95

    def __post_init__(self) -> None:
        """Let no draw pass that is not a number."""
        raise_faults("effect", find_probability_faults(self.probability))
        if reason := _doubt_draws(self):
            raise NotConvergedError(f"{self.measure}: {reason}")

    @property
    def scale(self) -> Scale:
        """The scale that is reported first: differences, but for the hazard ratio."""
        return Scale.RATIO if self.difference is None else Scale.DIFFERENCE

    @property
    def draws(self) -> xr.DataArray:
        """Draws of the contrast on the scale that is reported first."""
        return self.ratio if self.difference is None else self.difference

    @property
    def estimate(self) -> float:
        """Posterior mean of a difference; posterior median of a ratio, which leans."""
        values = self.draws.to_numpy()
        return float(values.mean() if self.scale is Scale.DIFFERENCE else np.median(values))

    @cached_property
    def interval(self) -> Interval:
        """Equal-tailed posterior interval of `draws`."""
        return summarise_interval(self.draws, self.probability)

    @property
    def odds_ratio(self) -> xr.DataArray | None:
        """Ratio of the odds of reoffending, dims (chain, draw); None but for the rate."""
        if self.measure is not Measure.RATE or self.treated is None or self.comparison is None:
            return None
        return (self.treated / (1 - self.treated)) / (self.comparison / (1 - self.comparison))

    @property
    def probability_of_benefit(self) -> float:
        """Posterior probability that the programme does good on this measure."""
        return self.probability_beyond(0.0)

    def probability_beyond(self, margin: float) -> float:
        """Return the posterior probability of a benefit larger than a margin.

        Parameters
        ----------
        margin : float
            Smallest benefit that matters, not negative, in the unit of the measure; for the
            hazard ratio the distance of the ratio below 1.

        Returns
        -------
        float
            Between 0 and 1.

        Raises
        ------
        InputError
            If the margin is negative, or so large that no benefit can be.
        """
        raise_faults("margin", self._find_margin_faults(margin))
        sign = -1.0 if self.measure.benefit_is_lower else 1.0
        benefit = sign * (self.draws - self.scale.null)
        return float((benefit > margin).mean())

    def _find_margin_faults(self, margin: float) -> list[Fault]:
        faults = find_number_faults("margin", margin, least=0.0)
        if faults or self.measure not in LARGEST_BENEFITS or margin < 1:
            return faults
        what = LARGEST_BENEFITS[self.measure]
        is_percentage = self.measure is Measure.RATE and margin <= 100
        advice = f"for {margin:g} per 100 people write {margin / 100:g}" if is_percentage else ""
        return [Fault("margin", f"{what}, from 0 and below 1", f"{margin:g}", advice)]

    def __repr__(self) -> str:
        """Return the effect in one line, with its unit."""
        low, high = self.interval.lower, self.interval.upper
        what = "Effect on" if self.measure.is_causal else "Description of"
        return (
            f"<{what} {self.measure.label}: {self.scale} {self.estimate:.3g} "
            f"({low:.3g} to {high:.3g}), {self.estimand}>"
        )


def estimate_effects(fit: Fit, *, probability: float = 0.95) -> tuple[Effect, ...]:
    r"""Estimate every effect that a fit gives.

    For each draw, the expected outcome of every person in the target is averaged once with
    and once without the programme (g-computation, :math:`\frac1n\sum_i E(Y \mid T=t, x_i)`),
    and the two averages are contrasted. With average survival :math:`\bar S` and horizon
    :math:`h`, the mean days among reoffenders are
    :math:`(\overline{RMST} - h\bar S)/(1 - \bar S)` and the hazard ratio is the ratio of
    cumulative hazards at the horizon :math:`\log\bar S_1 / \log\bar S_0`. It is marginal, and
    the Weibull model's own hazard ratio where hazards are proportional: without covariates and
    with ``family=Weibull(log_shape_ratio=None)``. Where they are not, it says how much of the
    hazard has built up by the horizon, and nothing of when.

    Parameters
    ----------
    fit : Fit
        A rate, frequency, survival or means model.
    probability : float
        Of the equal-tailed posterior intervals.

    Returns
    -------
    tuple of Effect
        One for each measure that the model informs.

    Raises
    ------
    InputError
        If the probability is none.
    NotConvergedError
        If a draw of a measure is not a finite number; every such measure is named.

    References
    ----------
    Hernan, M. A. and Robins, J. M. (2020). Causal Inference: What If, chapter 13.
    """
    effects, reasons = contrast_measures(fit, probability=probability)
    if reasons:
        listed = "; ".join(f"{measure}: {reason}" for measure, reason in reasons.items())
        raise NotConvergedError(f"{fit.model.name} model: {listed}")
    return effects


def contrast_measures(
    fit: Fit, *, probability: float = 0.95
) -> tuple[tuple[Effect, ...], dict[Measure, str]]:
    """Estimate every effect of a fit that has one, and say why others have none.

    Parameters
    ----------
    fit : Fit
        A rate, frequency, survival or means model.
    probability : float
        Of the equal-tailed posterior intervals.

    Returns
    -------
    tuple of Effect
        As `estimate_effects` gives them.
    dict of Measure to str
        The measures of which a draw is not a finite number, with the reason.

    Raises
    ------
    InputError
        If the probability is none, or the fit is not one.
    """
    faults = find_kind_faults("fit", fit, Fit, "a fit of fit_model")
    raise_faults("effects", [*faults, *find_probability_faults(probability)])
    return _contrast_all(fit, fit.target, _count_people(fit), probability)


def estimate_effects_by_group(
    fit: Fit, grouping: str, *, probability: float = 0.95
) -> dict[str, tuple[Effect, ...]]:
    """Estimate the effects in each group, partially pooled by the model's hierarchy.

    Parameters
    ----------
    fit : Fit
        Of a model with groups.
    grouping : str
        Which of its groupings, such as "prison".
    probability : float
        Of the equal-tailed posterior intervals.

    Returns
    -------
    dict of str to tuple of Effect
        By level; a level in which nobody belongs to the target of the estimand (no
        participant, for the ATT) has no such effect and is not among them.

    Raises
    ------
    InputError
        If the model has no such grouping, or the probability is none.
    NotConvergedError
        If a draw of a measure is not a finite number.
    """
    raise_faults("effects by group", find_probability_faults(probability))
    if grouping not in fit.group_sizes:
        known = ", ".join(fit.group_sizes) or "none: the model has no groups"
        raise InputError("effects by group", [Fault("grouping", known, describe(grouping))])
    position = list(fit.levels).index(grouping)
    effects = {}
    for code, level in enumerate(fit.levels[grouping]):
        members = fit.target.groups[:, position] == code
        if members.any():
            people = dict.fromkeys(Measure, fit.group_sizes[grouping][level])
            if fit.group_reoffenders:
                reoffenders = fit.group_reoffenders[grouping][level]
                people[Measure.TIME_AMONG_REOFFENDERS] = reoffenders
            target = fit.target.restrict(members)
            effects[level], reasons = _contrast_all(fit, target, people, probability)
            if reasons:
                listed = ", ".join(reasons)
                raise NotConvergedError(f"{grouping}, one of its levels: {listed}: {NOT_FINITE}")
    return effects


def estimate_effects_over_designs(
    model: Model,
    cohorts: Cohort | Sequence[Cohort],
    designs: Iterable[Design],
    *,
    inference: str | Engine = "auto",
    horizon: float | None = None,
    seed: int | np.random.Generator = 0,
    probability: float = 0.95,
) -> tuple[Effect, ...]:
    r"""Carry the uncertainty of the score, or of imputed covariates, into the effects.

    The outcome model is fitted under each design, and the posteriors are pooled with equal
    shares: :math:`p(\Delta \mid y) = \frac1K \sum_k p(\Delta \mid y, \nu_k)` with designs
    :math:`\nu_k` from draws of the score model.

    Parameters
    ----------
    model : Model
        What is assumed of the outcome.
    cohorts : Cohort or sequence of Cohort
        The people; one cohort for all designs, or one each (imputed covariates).
    designs : iterable of Design
        Such as those of `desist.design.design.draw_designs`.
    inference : {"auto", "nuts", "laplace"}, Nuts or Laplace
        How each posterior is obtained.
    horizon : float, optional
        Days.
    seed : int or numpy.random.Generator
        Of all randomness.
    probability : float
        Of the equal-tailed posterior intervals.

    Returns
    -------
    tuple of Effect
        As many draws as one fit has, or a few less; the diagnostics are the worst of all fits.

    Raises
    ------
    InputError
        If there is no design, or not one cohort for each.

    References
    ----------
    Liao, S. X. and Zigler, C. M. (2020). Uncertainty in the design stage of two-stage Bayesian
    propensity score analysis. Statistics in Medicine 39(17), 2265-2290.
    """
    raise_faults("effects over designs", find_probability_faults(probability))
    if isinstance(designs, Design):
        fault = Fault("designs", "a list of designs", "one design", "write [design]")
        raise InputError("effects over designs", [fault])
    designs = tuple(designs)
    each = [cohorts] * len(designs) if isinstance(cohorts, Cohort) else list(cohorts)
    if not designs or len(each) != len(designs):
        found = f"{len(each)} cohorts and {len(designs)} designs"
        fault = Fault("designs", "at least one, and a cohort for each", found)
        raise InputError("effects over designs", [fault])
    streams = make_generator(seed).spawn(len(designs))
    fitted = [
        estimate_effects(
            fit_model(model, cohort, design, inference=inference, horizon=horizon, seed=stream),
            probability=probability,
        )
        for cohort, design, stream in zip(each, designs, streams, strict=True)
    ]
    return tuple(_pool(effects) for effects in zip(*fitted, strict=True))


def summarise_interval(draws: xr.DataArray, probability: float) -> Interval:
    """Return the equal-tailed interval of a posterior.

    Parameters
    ----------
    draws : xarray.DataArray
        Any shape.
    probability : float
        Between the limits.

    Returns
    -------
    Interval
        In the unit of the draws.
    """
    tail = (1 - probability) / 2
    lower, upper = np.quantile(draws.to_numpy(), [tail, 1 - tail])
    return Interval(float(lower), float(upper), probability)


def _derive(averages: Mapping[str, Floats], horizon: float) -> dict[Measure, Floats]:
    derived = {measure: averages[measure] for measure in Measure if measure in averages}
    if "survival" in averages:
        survival, log_survival = averages["survival"], averages["log_survival"]
        reoffending = -np.expm1(log_survival)
        with np.errstate(divide="ignore", invalid="ignore"):  # the gate of `Effect` sees these
            derived[Measure.TIME_AMONG_REOFFENDERS] = (
                averages[Measure.RMST] - horizon * survival
            ) / reoffending
        derived[Measure.HAZARD_RATIO] = -log_survival
    return derived


def _pool(effects: Sequence[Effect]) -> Effect:
    kept = max(1, effects[0].ratio.sizes["draw"] // len(effects))

    def join(part: str) -> xr.DataArray | None:
        arrays = [getattr(effect, part) for effect in effects]
        if any(array is None for array in arrays):
            return None
        joined: xr.DataArray = xr.concat(
            [array.isel(draw=slice(kept)) for array in arrays], dim="draw"
        )
        return joined

    return replace(
        effects[0],
        treated=join("treated"),
        comparison=join("comparison"),
        difference=join("difference"),
        ratio=xr.concat([effect.ratio.isel(draw=slice(kept)) for effect in effects], dim="draw"),
        diagnostics=worst_of([effect.diagnostics for effect in effects]),
    )


def _count_people(fit: Fit) -> dict[Measure, tuple[int, int]]:
    people = dict.fromkeys(Measure, (fit.n_treated, fit.n_comparison))
    if fit.reoffenders is not None:
        people[Measure.TIME_AMONG_REOFFENDERS] = fit.reoffenders
    return people


def _contrast_all(
    fit: Fit, target: Target, people: Mapping[Measure, tuple[int, int]], probability: float
) -> tuple[tuple[Effect, ...], dict[Measure, str]]:
    with_programme, without = (_derive(fit.predict(arm, target), fit.horizon) for arm in (1, 0))
    effects, reasons = [], {}
    for measure in Measure:
        if measure not in with_programme:
            continue
        parts = _contrast(measure, with_programme[measure], without[measure])
        if n_bad := _count_not_finite(parts.values()):
            reasons[measure] = _say_not_finite(n_bad)
            continue
        effects.append(
            Effect(
                measure,
                fit.estimand,
                *people[measure],
                **parts,
                diagnostics=fit.diagnostics,
                probability=probability,
            )
        )
    return tuple(effects), reasons


class _Parts(TypedDict):
    treated: xr.DataArray | None
    comparison: xr.DataArray | None
    difference: xr.DataArray | None
    ratio: xr.DataArray


def _contrast(measure: Measure, treated: Floats, comparison: Floats) -> _Parts:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # the gate sees these
        ratio, difference = treated / comparison, treated - comparison
    if measure is Measure.HAZARD_RATIO:
        return {"treated": None, "comparison": None, "difference": None, "ratio": _label(ratio)}
    return {
        "treated": _label(treated),
        "comparison": _label(comparison),
        "difference": _label(difference),
        "ratio": _label(ratio),
    }


def _doubt_draws(effect: Effect) -> str:
    parts = (effect.treated, effect.comparison, effect.difference, effect.ratio)
    n_bad = _count_not_finite(parts)
    return _say_not_finite(n_bad) if n_bad else ""


def _count_not_finite(parts: Iterable[object]) -> int:
    """Count the draws of which some part is missing or infinite."""
    bad = [~np.isfinite(part.to_numpy()) for part in parts if isinstance(part, xr.DataArray)]
    return int(np.any(np.broadcast_arrays(*bad), axis=0).sum())


def _say_not_finite(n_bad: int) -> str:
    return f"{n_bad} of its posterior draws {'is' if n_bad == 1 else 'are'} {NOT_FINITE}"


def _label(values: Floats) -> xr.DataArray:
    return xr.DataArray(values, dims=("chain", "draw"))
