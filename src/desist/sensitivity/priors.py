"""What the priors do to the result: power scaling, a grid, sceptics, past programmes."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from desist._types import Floats
from desist.arguments import describe, find_choice_faults, find_kind_faults, find_number_faults
from desist.effects.effect import Effect, contrast_measures
from desist.errors import CannotAnswerError, Fault, InputError, raise_faults
from desist.estimands import Measure
from desist.inference.engines import Laplace
from desist.inference.pareto import smooth_weights
from desist.models.fit import Fit, Model, fit_model
from desist.models.priors import Normal
from desist.models.settings import find_model_faults
from desist.sample import Sample
from desist.sensitivity._flat import choose_model
from desist.sensitivity._points import read_points
from desist.sensitivity.result import SensitivityResult, say_difference, unit_of

SUBJECT = "power scaling"
DOUBT = "The result comes from the prior and not from the data."
POWERS = (0.8, 1.25)
STEP = 1.01  # of the power by which the sensitivity is measured
NOTABLE = 0.05  # Kallioinen et al. (2024), section 3.3
UNTRUSTED = 0.7
SCALES = ("difference", "ratio", "odds ratio")


def scale_powers(
    fit: Fit, *, powers: Sequence[float] = POWERS, calibrated: bool = True
) -> SensitivityResult:
    r"""Raise prior and likelihood to powers, and see how far the effects move.

    Draws are weighted by :math:`p(\theta)^{\alpha - 1}` or
    :math:`p(y \mid \theta)^{\alpha - 1}`, smoothed by Pareto's tail, whose k-hat says whether
    they can be trusted. The sensitivity is the square root of the cumulative Jensen-Shannon
    distance between the posteriors for powers 1.01 and 1/1.01, per doubling of the power.

    Parameters
    ----------
    fit : Fit
        Of people.
    powers : sequence of float
        Of the table.
    calibrated : bool
        Whether the effects are those that are reported, corrected by what was observed; the
        correction leaves little to the prior. False for those of the model alone.

    Returns
    -------
    SensitivityResult
        One row a measure, part and power: "estimate", "lower", "upper", "khat",
        "sensitivity", "is_reliable".

    Raises
    ------
    InputError
        If an argument is wrong.

    References
    ----------
    Kallioinen, N., Paananen, T., Burkner, P.-C. and Vehtari, A. (2024). Detecting and diagnosing
    prior and likelihood sensitivity with power-scaling. Statistics and Computing 34, 57. Nguyen,
    H.-V. and Vreeken, J. (2015). ECML PKDD, 173-189 (the distance).

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> fit = ds.fit_model(ds.RateModel(), cohort, design, seed=1)
    >>> ds.sensitivity.scale_powers(fit).table["part"].tolist()
    ['prior', 'prior', 'likelihood', 'likelihood']
    """
    faults = find_kind_faults("fit", fit, Fit, "a fit of fit_model")
    faults += find_kind_faults("calibrated", calibrated, bool, "True or False")
    faults += _find_list_faults("powers", powers)
    raise_faults(SUBJECT, faults)
    points = read_points(fit)
    logs = {"prior": points.log_prior, "likelihood": points.log_rows @ fit.data["weight"]}
    effects, _ = contrast_measures(fit, calibrated=calibrated)
    rows = []
    for effect in effects:
        draws = np.ravel(effect.draws.to_numpy())
        for part, log_density in logs.items():
            sensitivity, khat_near = measure_sensitivity(draws, log_density)
            for power in powers:
                weights, khat = smooth_weights((power - 1) * log_density)
                found = _summarise_weighted(draws, weights, effect.probability)
                sure = max(khat, khat_near) < UNTRUSTED
                rows.append((effect.measure.value, part, power, *found, khat, sensitivity, sure))
    names = ["measure", "part", "power", "estimate", "lower", "upper"]
    table = pd.DataFrame(rows, columns=[*names, "khat", "sensitivity", "is_reliable"])
    title = "How far prior and data move the result"
    return SensitivityResult("scale_powers", title, DOUBT, _say_powers(table), table)


def measure_sensitivity(draws: Floats, log_density: Floats) -> tuple[float, float]:
    """Measure how far draws move, per doubling of the power of a density."""
    distances, khats = [], []
    for power in (STEP, 1 / STEP):
        weights, khat = smooth_weights((power - 1) * log_density)
        distances.append(measure_distance(draws, weights))
        khats.append(khat)
    return sum(distances) / (2 * math.log2(STEP)), max(khats)


def measure_distance(draws: Floats, weights: Floats) -> float:
    """Measure the distance between equally weighted and weighted draws."""
    # cumulative Jensen-Shannon distance (Nguyen and Vreeken 2015): symmetrised, divided by its
    # bound, the integral of P + Q, and its root taken; the larger for draws and their negatives
    return max(_distance_of_sorted(draws, weights), _distance_of_sorted(-draws, weights))


def grid_priors(
    sample: Sample,
    measure: Measure | str = Measure.RATE,
    *,
    scales: Sequence[float] = (0.25, 0.5, 1.0, 1.5, 2.5),
    model: Model | None = None,
    seed: int = 0,
) -> SensitivityResult:
    """Fit the model again with priors of the programme effect of several scales.

    Parameters
    ----------
    sample : Sample
        The people compared.
    measure : Measure or str
        What is compared.
    scales : sequence of float
        Standard deviations of the normal prior about no effect, on the scale of the model.
    model : Model, optional
        By default the usual model of the measure, without groups.
    seed : int
        Of the draws.

    Returns
    -------
    SensitivityResult
        One row a scale: the effect as it is reported, and of the model alone.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> sample = ds.build_sample(cohort, design)
    >>> found = ds.sensitivity.grid_priors(sample, scales=[0.25, 1.0], seed=1)
    >>> found.table[["label", "estimate"]].round(2)
                 label  estimate
    0  Normal(0, 0.25)     -0.29
    1     Normal(0, 1)     -0.29
    """
    faults = find_kind_faults("sample", sample, Sample, "a Sample", "see desist.sample")
    faults += _find_list_faults("scales", scales)
    faults += [] if model is None else find_model_faults(model)
    raise_faults("priors", faults + find_number_faults("seed", seed, least=0, whole=True))
    measure = Measure(measure)
    chosen = choose_model(measure) if model is None else model
    rows = []
    for scale in scales:
        priors = replace(chosen.priors, treatment=Normal(0.0, float(scale)))
        scaled: Model = replace(chosen, priors=priors)  # type: ignore[type-var]
        fit = fit_model(scaled, sample, inference=Laplace(), seed=seed)
        reported, alone = (
            next(one for one in contrast_measures(fit, calibrated=how)[0] if one.measure is measure)
            for how in (True, False)
        )
        limits = [
            (one.estimate, one.interval.lower, one.interval.upper) for one in (reported, alone)
        ]
        rows.append((f"Normal(0, {scale:g})", scale, *limits[0], *limits[1]))
    numbers = ("estimate", "lower", "upper")
    names = ["label", "scale", *numbers, *(f"{name}_of_model" for name in numbers)]
    table = pd.DataFrame(rows, columns=names)
    moved = float(np.ptp(table["estimate"]))
    alone_moved = float(np.ptp(table["estimate_of_model"]))
    sentence = (
        f"Priors of the programme effect from {rows[0][0]} to {rows[-1][0]} move the estimate by "
        f"{say_difference(moved, measure)}, that of the model alone by "
        f"{say_difference(alone_moved, measure)}."
    )
    units = dict.fromkeys(names[2:], unit_of(measure))
    return SensitivityResult("grid_priors", "Other priors", DOUBT, sentence, table, units)


def find_sceptical_prior(effect: Effect, *, scale: str = "ratio") -> SensitivityResult:
    r"""Find the sceptical prior that would just make the result inconclusive.

    For the log of a ratio with interval from L to U, both on one side of 1, a normal prior
    about no effect whose own interval ends at
    :math:`\exp\{(\log U - \log L)^2 / (4\sqrt{\log U \log L})\}` takes the posterior's interval
    to 1. Somebody who holds a larger effect for implausible need not be convinced.

    Parameters
    ----------
    effect : Effect
        Of one measure.
    scale : {"ratio", "odds ratio"}
        The ratio that the prior is about.

    Returns
    -------
    SensitivityResult
        One row: "scale" (of the prior, on the log), "limit" (its end, as a ratio).

    Raises
    ------
    InputError
        If the scale is not known.
    CannotAnswerError
        If the interval includes no difference as it is.

    References
    ----------
    Matthews, R. A. J. (2001). Methods for assessing the credibility of clinical trial outcomes.
    Drug Information Journal 35, 1469-1478.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> found = ds.sensitivity.find_sceptical_prior(rate)
    >>> round(float(found.table.loc[0, "limit"]), 1)
    0.6
    """
    from scipy.special import ndtri

    logs, probability = _log_ratios(effect, scale)
    tail = (1 - probability) / 2
    lower, upper = (float(end) for end in np.quantile(logs, [tail, 1 - tail]))
    if lower <= 0 <= upper:
        raise CannotAnswerError(
            "sceptical prior: the interval includes no difference without a sceptic"
        )
    limit = find_sceptical_limit(lower, upper)
    spread = limit / float(ndtri(1 - tail))
    away = math.exp(-limit if upper < 0 else limit)
    table = pd.DataFrame(
        [(f"Normal(0, {spread:.3g})", spread, away)], columns=["label", "scale", "limit"]
    )
    sentence = (
        f"Somebody who before the study held {scale}s beyond {away:.2f} for implausible, either "
        "way round, need not be convinced by it; whoever allowed for more would be."
    )
    title = "The sceptic whom the result does not convince"
    return SensitivityResult("sceptical_prior", title, DOUBT, sentence, table, {"limit": scale})


def find_sceptical_limit(lower: float, upper: float) -> float:
    """Return the end of the sceptical prior's interval, on the log scale."""
    # Matthews (2001): (u - l)^2 / (4 root(u l))
    return (upper - lower) ** 2 / (4 * math.sqrt(upper * lower))


def apply_prior(effect: Effect, prior: Normal, *, scale: str = "ratio") -> SensitivityResult:
    """Give the result under a prior, such as that of past programmes.

    The posterior of the log of the ratio is multiplied by the prior: its draws are weighted by
    the prior's density and k-hat says whether they can be. The prior that they had of the
    programme effect, which is wide, stays beneath.

    Parameters
    ----------
    effect : Effect
        Of one measure.
    prior : Normal
        Of the log of the ratio.
    scale : {"ratio", "odds ratio"}
        The ratio that the prior is about.

    Returns
    -------
    SensitivityResult
        The effect without and with the prior.

    Raises
    ------
    InputError
        If an argument is wrong.
    CannotAnswerError
        If prior and result lie so far apart that the draws cannot tell.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.models import Normal
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> found = ds.sensitivity.apply_prior(rate, Normal(-0.3, 0.3))
    >>> found.table[["label", "estimate"]].round(2)
                                         label  estimate
    0                             as estimated     -0.29
    1  with Normal(-0.3, 0.3) on the log ratio     -0.17
    """
    raise_faults("prior", find_kind_faults("prior", prior, Normal, "Normal(-0.2, 0.3)"))
    logs, probability = _log_ratios(effect, scale)
    weights, khat = smooth_weights(-0.5 * np.square((logs - prior.mean) / prior.scale))
    if khat >= UNTRUSTED:
        raise CannotAnswerError(
            f"prior: it lies too far from the result for its draws (k-hat {khat:.2f}); give it to "
            "the model, Priors(treatment=...)"
        )
    draws = np.ravel(effect.draws.to_numpy())
    plain = np.full(len(draws), 1 / len(draws))
    found = _summarise_weighted(draws, weights, probability)
    rows = [
        ("as estimated", *_summarise_weighted(draws, plain, probability)),
        (f"with {prior} on the log {scale}", *found),
    ]
    names = ["label", "estimate", "lower", "upper"]
    estimate, low, high = (say_difference(value, effect.measure) for value in found)
    sentence = (
        f"Under a prior of {prior} on the log {scale} the effect is {estimate} ({low} to {high})."
    )
    units = dict.fromkeys(names[1:], unit_of(effect.measure))
    table = pd.DataFrame(rows, columns=names)
    title = "The result under another prior"
    return SensitivityResult("apply_prior", title, DOUBT, sentence, table, units)


def _log_ratios(effect: object, scale: object) -> tuple[Floats, float]:
    faults = find_kind_faults("effect", effect, Effect, 'such as evaluation["rate"]')
    faults += find_choice_faults("scale", scale, SCALES[1:])
    if faults or not isinstance(effect, Effect):
        raise InputError("prior", faults)
    ratios = effect.ratio if scale == "ratio" else effect.odds_ratio
    if ratios is None:
        raise CannotAnswerError(f"prior: the {effect.measure} has no odds ratio")
    draws = np.ravel(ratios.to_numpy())
    if not (np.isfinite(draws) & (draws > 0)).all():
        raise CannotAnswerError(
            f"prior: nobody or everybody of an arm has the outcome in some draws of the "
            f"{effect.measure}, so that its {scale} has no logarithm"
        )
    return np.log(draws), effect.probability


def _find_list_faults(name: str, values: object) -> list[Fault]:
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        return [Fault(name, "a list of numbers above 0", describe(values))]
    return [
        fault
        for place, value in enumerate(values)
        for fault in find_number_faults(f"{name}[{place}]", value, above=0)
    ]


def _summarise_weighted(
    draws: Floats, weights: Floats, probability: float
) -> tuple[float, float, float]:
    order = np.argsort(draws)
    reached = np.cumsum(weights[order]) - weights[order] / 2
    tail = (1 - probability) / 2
    lower, upper = np.interp([tail, 1 - tail], reached, draws[order])
    return float(draws @ weights), float(lower), float(upper)


def _distance_of_sorted(draws: Floats, weights: Floats) -> float:
    order = np.argsort(draws, kind="stable")
    gaps = np.diff(draws[order])
    p = np.arange(1, len(draws)) / len(draws)
    q = np.cumsum(weights[order])[:-1]
    bound = float((p + q) @ gaps)
    if bound <= 0:
        return 0.0
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        from_p = np.where(p > 0, p * np.log2(p / middle), 0.0) @ gaps
        from_q = np.where(q > 0, q * np.log2(q / middle), 0.0) @ gaps
    less = float((q - p) @ gaps) / (2 * math.log(2))
    total = (float(from_p) + less) + (float(from_q) - less)
    return math.sqrt(max(total, 0.0) / bound)


def _say_powers(table: pd.DataFrame) -> str:
    prior = table[table["part"] == "prior"].groupby("measure", sort=False)["sensitivity"].first()
    notable = [name for name, value in prior.items() if value >= NOTABLE]
    doubtful = "" if table["is_reliable"].all() else " Some weights cannot be trusted (k-hat)."
    if not notable:
        return f"The prior hardly matters: no measure moves notably with its power.{doubtful}"
    return f"The prior matters notably for: {', '.join(map(str, notable))}.{doubtful}"
