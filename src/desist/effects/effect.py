"""Effects: predict for the same people with and without the programme, within each draw."""

# Averages over people are taken within a draw, summaries across draws; the ends of intervals are
# never averaged.

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr

from desist._types import Floats, Mask
from desist.arguments import (
    describe,
    find_choice_faults,
    find_kind_faults,
    find_number_faults,
    find_probability_faults,
)
from desist.effects._contrast import contrast
from desist.effects._corrected import (
    Averages,
    CorrectedFit,
    correct_fit,
    name_uncorrected,
    size_arms,
)
from desist.effects._error import find_errors
from desist.effects._finite import NOT_FINITE, doubt_draws
from desist.effects.correction import Correction
from desist.errors import Fault, InputError, NotConvergedError, raise_faults
from desist.estimands import Estimand, Interval, Measure, Scale
from desist.inference.diagnostics import Diagnostics
from desist.models.fit import Fit
from desist.notebook import show_record

LARGEST_BENEFITS = {
    Measure.RATE: "a difference of proportions",
    Measure.HAZARD_RATIO: "a distance of a ratio below 1",
}
CENTRES = ("mean", "median")


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
    centre : {"mean", "median"}
        Which of its posterior stands for a mean or a difference. The mean for people, because
        the average of an arm is then what was observed of it; the median for printed figures,
        where the mean of a leaning posterior is not what was printed.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> round(rate.estimate, 2), round(rate.interval.lower, 2), round(rate.interval.upper, 2)
    (-0.29, -0.41, -0.15)
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
    centre: str = "mean"

    def __post_init__(self) -> None:
        """Let no draw pass that is not a number."""
        faults = find_probability_faults(self.probability)
        raise_faults("effect", [*faults, *find_choice_faults("centre", self.centre, CENTRES)])
        if reason := doubt_draws((self.treated, self.comparison, self.difference, self.ratio)):
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
        """The centre of a difference; posterior median of a ratio, which leans."""
        if self.scale is Scale.RATIO:
            return float(np.median(self.draws.to_numpy()))
        return self.find_centre(self.draws)

    def find_centre(self, draws: xr.DataArray | None) -> float:
        """Return what stands for a mean or a difference, as `centre` says.

        Parameters
        ----------
        draws : xarray.DataArray or None
            Such as `treated`.

        Returns
        -------
        float
            Their mean or median; NaN without any.
        """
        if draws is None:
            return math.nan
        values = draws.to_numpy()
        return float(np.median(values) if self.centre == "median" else values.mean())

    @cached_property
    def interval(self) -> Interval:
        """Equal-tailed posterior interval of `draws`."""
        return summarise_interval(self.draws, self.probability)

    @cached_property
    def errors(self) -> tuple[float, float]:
        """Monte Carlo standard errors of both ends of `interval`; 0 for an integral."""
        return find_errors(self.draws.to_numpy(), self.probability, self.diagnostics)

    @property
    def excludes_null(self) -> bool:
        """Whether the interval excludes no difference, by twice the error of its end at least.

        Nearer than that other draws of the same posterior might not.
        """
        (below, above), null = self.errors, self.scale.null
        limits = self.interval
        return limits.lower - 2 * below > null or limits.upper + 2 * above < null

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

    _repr_html_ = show_record

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
    weights. Then they are contrasted. With average survival :math:`\bar S` and horizon
    :math:`h`, the mean days among reoffenders are
    :math:`(\overline{RMST} - h\bar S)/(1 - \bar S)` and the hazard ratio is the ratio of
    cumulative hazards at the horizon :math:`\log\bar S_1 / \log\bar S_0`: an average of the ratio
    of the hazards over the follow-up, in which each day counts by its hazard without the
    programme. It is marginal, and the model's own hazard ratio where hazards are proportional and
    there are no covariates. Where they are not, it says how much of the hazard has built up by
    the horizon, and nothing of when: see `estimate_survival`.

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

    Raises
    ------
    InputError
        If the probability is none.
    NotConvergedError
        If a draw of a measure is not a finite number; every such measure is named.

    References
    ----------
    Hernan, M. A. and Robins, J. M. (2020). Causal Inference: What If, chapter 13. Robins, J. M.,
    Rotnitzky, A. and Zhao, L. P. (1994). JASA 89, 846-866.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> fit = ds.fit_model(ds.RateModel(), cohort, design, inference="laplace", seed=1)
    >>> [rate] = ds.estimate_effects(fit)
    >>> rate.measure.value, rate.draws.dims
    ('rate', ('chain', 'draw'))
    """
    effects, reasons = contrast_measures(fit, probability=probability, calibrated=calibrated)
    if reasons:
        listed = "; ".join(f"{measure}: {reason}" for measure, reason in reasons.items())
        raise NotConvergedError(f"{fit.model.name} model: {listed}")
    return effects


def contrast_measures(
    fit: Fit, *, probability: float = 0.95, calibrated: bool = True
) -> tuple[tuple[Effect, ...], dict[Measure, str]]:
    """Estimate every effect of a fit that has one, and say why others have none."""
    faults = find_kind_faults("fit", fit, Fit, "a fit of fit_model")
    raise_faults("effects", [*faults, *find_probability_faults(probability)])
    people = _count_people(fit)
    corrected = correct_fit(fit) if calibrated else None
    if corrected is None:
        return _contrast_all(fit, fit.predict(1), fit.predict(0), people, probability)
    without, with_programme = corrected.alone
    before, _ = _contrast_all(fit, with_programme, without, people, probability)
    alone = {effect.measure: effect for effect in before}
    reported, reasons = _contrast_all(
        fit, corrected.predict(1), corrected.predict(0), people, probability
    )
    described = tuple(
        replace(effect, correction=_describe_correction(corrected, alone.get(effect.measure)))
        for effect in reported
    )
    return described, reasons


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
        If the model has no such grouping, or the probability is none.
    NotConvergedError
        If a draw of a measure is not a finite number.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(150, 600, rng=1, n_groups=3).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    >>> fit = ds.fit_model(ds.RateModel(), cohort, design, inference="nested", seed=1)
    >>> groups = ds.estimate_effects_by_group(fit, "prison")
    >>> {name: round(effects[0].estimate, 2) for name, effects in groups.items()}
    {'prison 1': -0.06, 'prison 2': -0.05, 'prison 3': -0.06}
    """
    raise_faults("effects by group", find_probability_faults(probability))
    if grouping not in fit.group_sizes:
        known = ", ".join(fit.group_sizes) or "none: the model has no groups"
        raise InputError("effects by group", [Fault("grouping", known, describe(grouping))])
    position = list(fit.levels).index(grouping)
    members = {
        level: fit.target.groups[:, position] == code
        for code, level in enumerate(fit.levels[grouping])
    }
    members = {level: rows for level, rows in members.items() if rows.any()}
    predicted = _predict_parts(fit, list(members.values()), calibrated=calibrated)
    effects = {}
    for level, (with_programme, without) in zip(members, predicted, strict=True):
        people = _count_members(fit, grouping, level)
        effects[level], reasons = _contrast_all(fit, with_programme, without, people, probability)
        if reasons:
            listed = ", ".join(reasons)
            raise NotConvergedError(f"{grouping}, one of its levels: {listed}: {NOT_FINITE}")
    return effects


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

    Examples
    --------
    >>> import xarray as xr
    >>> draws = xr.DataArray([[-0.30, -0.20, -0.10, 0.00]], dims=("chain", "draw"))
    >>> summarise_interval(draws, 0.5)
    Interval(lower=-0.25, upper=-0.05, probability=0.5, kind='equal-tailed posterior')
    """
    tail = (1 - probability) / 2
    # Hazen's: the point in the middle of each share, as the points of an integral stand
    lower, upper = np.quantile(draws.to_numpy(), [tail, 1 - tail], method="hazen")
    return Interval(float(lower), float(upper), probability)


def derive_measures(averages: Mapping[str, Floats], horizon: float) -> dict[Measure, Floats]:
    """Derive every measure from the averages of a model."""
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


def _predict_parts(
    fit: Fit, members: Sequence[Mask], *, calibrated: bool
) -> list[tuple[Averages, Averages]]:
    """Average outcomes over parts of the target, with the programme and without."""
    parts = [fit.target.restrict(rows) for rows in members]
    corrected = correct_fit(fit) if calibrated else None
    if corrected is None:
        return [(fit.predict(1, part), fit.predict(0, part)) for part in parts]
    shares = [float(fit.target.weights[rows].sum()) for rows in members]
    with_programme, without = (corrected.predict_parts(arm, parts, shares) for arm in (1, 0))
    return list(zip(with_programme, without, strict=True))


def _describe_correction(corrected: CorrectedFit, alone: Effect | None) -> Correction | None:
    if alone is None:  # it is no number, so that nothing can be said beside the corrected one
        return None
    worth = size_arms(corrected, alone.measure)
    return Correction(
        treated=None if alone.treated is None else float(alone.treated.mean()),
        comparison=None if alone.comparison is None else float(alone.comparison.mean()),
        contrast=alone.estimate,
        lower=alone.interval.lower,
        upper=alone.interval.upper,
        sizes=worth.sizes,
        kish=worth.kish,
        freedom=worth.freedom,
        not_corrected=name_uncorrected(corrected, alone.measure),
    )


def _contrast_all(
    fit: Fit,
    with_programme: Averages,
    without: Averages,
    people: Mapping[Measure, tuple[int, int]],
    probability: float,
) -> tuple[tuple[Effect, ...], dict[Measure, str]]:
    of_treated, of_comparison = (
        derive_measures(arm, fit.horizon) for arm in (with_programme, without)
    )
    effects, reasons = [], {}
    for measure in Measure:
        if measure not in of_treated:
            continue
        parts = contrast(measure, of_treated[measure], of_comparison[measure])
        if doubt := doubt_draws(parts.values()):
            reasons[measure] = doubt
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
