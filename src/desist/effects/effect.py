"""Effects: predict for the same people with and without the programme, within each draw.

Averages over people are taken within a draw, summaries across draws; the ends of
intervals are never averaged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from desist.cohort.cohort import Cohort
from desist.design.design import Design
from desist.effects.corrected import (
    CorrectedFit,
    Correction,
    correct_fit,
    name_uncorrected,
    pool_corrections,
    size_arms,
)
from desist.errors import Fault, InputError
from desist.estimands import Estimand, Interval, Measure, Scale
from desist.inference.diagnostics import Diagnostics, worst_of
from desist.inference.engines import Engine
from desist.models.fit import Fit, Model, fit_model

type Averages = Mapping[str, NDArray[np.float64]]


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
    correction : Correction or None
        What the model alone says, and what each arm is worth; None where the effect is that of
        the model alone, and for the groups of `estimate_effects_by_group`.
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
    correction: Correction | None = None

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
            If the margin is negative.
        """
        if not margin >= 0:
            raise InputError("margin", [Fault("margin", "0 or more", f"{margin:g}")])
        sign = -1.0 if self.measure.benefit_is_lower else 1.0
        benefit = sign * (self.draws - self.scale.null)
        return float((benefit > margin).mean())

    def __repr__(self) -> str:
        """Return the effect in one line, with its unit."""
        low, high = self.interval.lower, self.interval.upper
        what = "Effect on" if self.measure.is_causal else "Description of"
        return (
            f"<{what} {self.measure.label}: {self.scale} {self.estimate:.3g} "
            f"({low:.3g} to {high:.3g}), {self.estimand}>"
        )


def estimate_effects(
    fit: Fit, *, probability: float = 0.95, calibrated: bool = True
) -> tuple[Effect, ...]:
    r"""Estimate every effect that a fit gives.

    For each draw, the expected outcome of every person in the target is averaged once with
    and once without the programme (g-computation, :math:`\frac1n\sum_i E(Y \mid T=t, x_i)`).
    Both averages are corrected by what was observed of their arm, so that they are right where
    the weights are, whatever the form of the model, and where the model is, whatever the
    weights: see :mod:`desist.effects.augmented`. Then they are contrasted. With average
    survival :math:`\bar S` and horizon :math:`h`, the mean days among reoffenders are
    :math:`(\overline{RMST} - h\bar S)/(1 - \bar S)` and the hazard ratio is the ratio of
    cumulative hazards at the horizon :math:`\log\bar S_1 / \log\bar S_0`. It is marginal, and
    the Weibull model's own hazard ratio where hazards are proportional: without covariates and
    with ``log_shape_ratio=None``. Where they are not, it says how much of the hazard has built
    up by the horizon, and nothing of when.

    Parameters
    ----------
    fit : Fit
        A rate, frequency, survival or means model.
    probability : float
        Of the equal-tailed posterior intervals.
    calibrated : bool
        Whether the averages are corrected; False for those of the model alone.

    Returns
    -------
    tuple of Effect
        One for each measure that the model informs.

    References
    ----------
    Hernan, M. A. and Robins, J. M. (2020). Causal Inference: What If, chapter 13.
    """
    people = _count_people(fit)
    corrected = correct_fit(fit) if calibrated else None
    if corrected is None:
        return _contrast_all(fit, fit.predict(1), fit.predict(0), people, probability)
    without, with_programme = corrected.alone
    alone = _contrast_all(fit, with_programme, without, people, probability)
    reported = _contrast_all(fit, corrected.predict(1), corrected.predict(0), people, probability)
    return tuple(
        replace(effect, correction=_describe_correction(corrected, before))
        for effect, before in zip(reported, alone, strict=True)
    )


def estimate_effects_by_group(
    fit: Fit, grouping: str, *, probability: float = 0.95, calibrated: bool = True
) -> dict[str, tuple[Effect, ...]]:
    """Estimate the effects in each group, partially pooled by the model's hierarchy.

    Averaged over the groups' shares of the target, outcomes with and without the programme are
    those of `estimate_effects`: the correction moves all groups alike.

    Parameters
    ----------
    fit : Fit
        Of a model with groups.
    grouping : str
        Which of its groupings, such as "prison".
    probability : float
        Of the equal-tailed posterior intervals.
    calibrated : bool
        Whether the averages are corrected; False for those of the model alone.

    Returns
    -------
    dict of str to tuple of Effect
        By level; a level in which nobody belongs to the target of the estimand (no
        participant, for the ATT) has no such effect and is not among them.

    Raises
    ------
    InputError
        If the model has no such grouping.
    """
    if grouping not in fit.group_sizes:
        known = ", ".join(fit.group_sizes) or "none: the model has no groups"
        raise InputError("effects by group", [Fault("grouping", known, repr(grouping))])
    position = list(fit.levels).index(grouping)
    members = {
        level: fit.target.groups[:, position] == code
        for code, level in enumerate(fit.levels[grouping])
    }
    members = {level: rows for level, rows in members.items() if rows.any()}
    parts = [fit.target.restrict(rows) for rows in members.values()]
    shares = [float(fit.target.weights[rows].sum()) for rows in members.values()]
    corrected = correct_fit(fit) if calibrated else None
    with_programme, without = (
        [fit.predict(arm, part) for part in parts]
        if corrected is None
        else corrected.predict_parts(arm, parts, shares)
        for arm in (1, 0)
    )
    return {
        level: _contrast_all(
            fit,
            with_programme[number],
            without[number],
            _count_members(fit, grouping, level),
            probability,
        )
        for number, level in enumerate(members)
    }


def estimate_effects_over_designs(
    model: Model,
    cohorts: Cohort | Sequence[Cohort],
    designs: Iterable[Design],
    *,
    inference: str | Engine = "auto",
    horizon: float | None = None,
    seed: int = 0,
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
    seed : int
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
    designs = tuple(designs)
    each = [cohorts] * len(designs) if isinstance(cohorts, Cohort) else list(cohorts)
    if not designs or len(each) != len(designs):
        found = f"{len(each)} cohorts and {len(designs)} designs"
        fault = Fault("designs", "at least one, and a cohort for each", found)
        raise InputError("effects over designs", [fault])
    streams = np.random.default_rng(seed).spawn(len(designs))
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


def _derive(
    averages: Mapping[str, NDArray[np.float64]], horizon: float
) -> dict[Measure, NDArray[np.float64]]:
    derived = {measure: averages[measure] for measure in Measure if measure in averages}
    if "survival" in averages:
        survival = averages["survival"]
        log_survival = averages["log_survival"] if "log_survival" in averages else np.log(survival)
        reoffending = -np.expm1(log_survival)
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
        correction=pool_corrections([effect.correction for effect in effects]),
    )


def _count_people(fit: Fit) -> dict[Measure, tuple[int, int]]:
    people = dict.fromkeys(Measure, (fit.n_treated, fit.n_comparison))
    if fit.reoffenders is not None:
        people[Measure.TIME_AMONG_REOFFENDERS] = fit.reoffenders
    return people


def _count_members(fit: Fit, grouping: str, level: str) -> dict[Measure, tuple[int, int]]:
    people = dict.fromkeys(Measure, fit.group_sizes[grouping][level])
    if fit.group_reoffenders:
        people[Measure.TIME_AMONG_REOFFENDERS] = fit.group_reoffenders[grouping][level]
    return people


def _describe_correction(corrected: CorrectedFit, alone: Effect) -> Correction:
    interval = alone.interval
    sizes, kish = size_arms(corrected, alone.measure)
    return Correction(
        treated=None if alone.treated is None else float(alone.treated.mean()),
        comparison=None if alone.comparison is None else float(alone.comparison.mean()),
        contrast=alone.estimate,
        lower=interval.lower,
        upper=interval.upper,
        sizes=sizes,
        kish=kish,
        not_corrected=name_uncorrected(corrected, alone.measure),
    )


def _contrast_all(
    fit: Fit,
    with_programme: Averages,
    without: Averages,
    people: Mapping[Measure, tuple[int, int]],
    probability: float,
) -> tuple[Effect, ...]:
    of_treated, of_comparison = (_derive(arm, fit.horizon) for arm in (with_programme, without))
    effects = []
    for measure in Measure:
        if measure in of_treated:
            treated, comparison = of_treated[measure], of_comparison[measure]
            on_difference = measure is not Measure.HAZARD_RATIO
            effects.append(
                Effect(
                    measure=measure,
                    estimand=fit.estimand,
                    n_treated=people[measure][0],
                    n_comparison=people[measure][1],
                    treated=_label(treated) if on_difference else None,
                    comparison=_label(comparison) if on_difference else None,
                    difference=_label(treated - comparison) if on_difference else None,
                    ratio=_label(treated / comparison),
                    diagnostics=fit.diagnostics,
                    probability=probability,
                )
            )
    return tuple(effects)


def _label(values: NDArray[np.float64]) -> xr.DataArray:
    return xr.DataArray(values, dims=("chain", "draw"))
