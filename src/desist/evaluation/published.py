"""Evaluate a programme of which only a report's printed figures are known."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.special import expit, logit

from desist._types import Floats
from desist.arguments import find_kind_faults, find_number_faults, find_probability_faults
from desist.checks.published import checks_from_published, reconstruct_deviation
from desist.cohort._possible import ROUNDING, is_of_no_count
from desist.cohort.published import PublishedMeasure, PublishedStudy
from desist.effects.effect import Effect, estimate_effects
from desist.errors import CannotAnswerError, Fault, NoEventsError, raise_faults
from desist.estimands import Estimand, Measure
from desist.evaluation.evaluate import list_cautions
from desist.evaluation.record import Evaluation, compare_check
from desist.inference.engines import Engine, find_engine_faults
from desist.inference.seeds import require_seed
from desist.inference.two_arms import Link
from desist.models._integrated import EVERYBODY, QUADRATURE, integrate_rows
from desist.models.fit import Fit, fit_rows
from desist.models.means import MeansModel
from desist.models.rate import RateModel

YEAR = 365.0


def evaluate_published(
    study: PublishedStudy,
    *,
    comparison_size: float | None = None,
    inference: str | Engine = QUADRATURE,
    probability: float = 0.95,
    seed: int = 0,
) -> Evaluation:
    r"""Estimate the effect of a programme from the figures that its report prints.

    Rate: the treated count is exact; the comparison rate is a weighted mean that is worth
    :math:`n_e` equally weighted people, so that

    .. math:: x_1 \sim \mathrm{Binomial}(n_1, p_1), \quad
        n_e \hat p_0 \log p_0 + n_e (1 - \hat p_0) \log(1 - p_0)

    are its two terms. A report does not print :math:`n_e`. The default is the least that is
    possible, which gives the widest interval; the evaluation's warnings say what the most that
    is possible would change. Frequency and time: the printed means with the standard errors
    that the printed intervals imply (`MeansModel`).

    Parameters
    ----------
    study : PublishedStudy
        What the report prints.
    comparison_size : float, optional
        Effective number of comparison people; by default the lower end of the study's range,
        or the number of records where it has none.
    inference : {"quadrature", "auto", "nuts", "laplace", "nested"}, Nuts, Laplace or Nested
        How the posterior is obtained. Each measure has two parameters, so that by default it is
        integrated on a grid: 20,000 points stand where draws would, the differences among them
        at the exact quantiles of its posterior.
    probability : float
        Of the equal-tailed posterior intervals; the checks keep that of the printed ones.
    seed : int
        Of the draws of another engine. An integral has none, and is the same for every seed.

    Returns
    -------
    Evaluation
        The same record as for people, without a design.

    Raises
    ------
    InputError
        If an argument is of the wrong kind, or `comparison_size` is not above 0 and at most
        the number of comparison people; every fault is listed.
    CannotAnswerError
        If no measure can be evaluated; one that cannot is named as unavailable, with the
        reason, and leaves the others as they are.

    Examples
    --------
    >>> import desist as ds
    >>> evaluation = ds.evaluate_published(ds.datasets.making_connections(), seed=1)
    >>> evaluation["rate"].checks[0].check
    'welch'
    """
    faults = _find_argument_faults(study, comparison_size, inference, seed)
    raise_faults("published figures", faults + find_probability_faults(probability))
    streams = np.random.default_rng(require_seed(seed)).spawn(len(study.measures))
    effects: list[Effect] = []
    fits: list[Fit] = []
    warnings = _list_doubts(study, comparison_size)
    reasons: dict[Measure, str] = {}
    for printed, stream in zip(study.measures, streams, strict=True):
        try:
            fit, said = _fit_measure(study, printed, comparison_size, inference, stream)
            found_here = estimate_effects(fit, probability=probability)
            effects += [replace(effect, centre="median") for effect in found_here]
            fits.append(fit)
            warnings += said
        except CannotAnswerError as error:
            reasons[printed.measure] = str(error)
    if not effects:
        raise NoEventsError(f"{study.name}: no measure can be evaluated: {_join(reasons)}")
    found = {effect.measure: effect for effect in effects}
    return Evaluation(
        title=f"{study.name} ({study.analysis} analysis)",
        estimand=Estimand.MATCHED_ATT,
        effects=tuple(found[measure] for measure in Measure if measure in found),
        checks=tuple(
            compare_check(check, found.get(check.measure))
            for check in checks_from_published(_with_size(study, comparison_size))
        ),
        unavailable={
            measure: reasons.get(measure, "the report prints no figure for it")
            for measure in Measure
            if measure not in found
        },
        design=None,
        flow=study.flow,
        settings={
            "study": study.name,
            "analysis": study.analysis,
            "source": study.source,
            "comparison_size": comparison_size,
            "horizon": YEAR,
            "inference": inference if isinstance(inference, str) else repr(inference),
        },
        seed=seed,
        horizon=YEAR,
        fits=tuple(fits),
        warnings=(*warnings, *list_cautions(effects)),
        published=study,
    )


def _find_argument_faults(
    study: object, comparison_size: object, inference: object, seed: object
) -> list[Fault]:
    faults = find_kind_faults("study", study, PublishedStudy, "a PublishedStudy")
    most = math.inf
    if isinstance(study, PublishedStudy):
        most = max(line.n_comparison for line in study.measures)
    faults += find_number_faults(
        "comparison_size", comparison_size, above=0, most=most, optional=True
    )
    if inference != QUADRATURE:
        faults += find_engine_faults(inference)
    return [*faults, *find_number_faults("seed", seed, least=0, whole=True)]


def _list_doubts(study: PublishedStudy, comparison_size: float | None) -> list[str]:
    """List what the printed figures leave open, whatever the posterior."""
    doubts = []
    if study.ess_range is None and comparison_size is None:
        doubts.append(
            "The effective size of the weighted comparison group is not known; every record counts "
            "as one person, which gives the narrowest interval. Give comparison_size to do better."
        )
    for line in study.measures:
        if is_of_no_count(line, line.treated * line.n_treated):
            doubts.append(_doubt_mean(line))
        if _contradicts_p(line):
            doubts.append(
                f"{line.measure}: the printed interval and p-value {line.p_printed} do not say the "
                "same of no difference, so that they are of two methods or one is a slip; the "
                "interval is taken as printed."
            )
    return doubts


def _doubt_mean(line: PublishedMeasure) -> str:
    if line.measure is Measure.RATE:
        return (
            f"No count of reoffenders among {line.n_treated:,} participants gives the printed "
            f"percentage of {100 * line.treated:.10g}: the posterior and every check take it as "
            f"it is printed, as {line.treated_total:.4g} people, and no exact test is made. Give "
            "treated_count where it is known."
        )
    what = "offences" if line.measure is Measure.FREQUENCY else "days"
    return (
        f"{line.measure}: no whole number of {what} of {line.n_treated:,} participants gives the "
        f"printed mean of {line.treated:.10g}; it is taken as it is printed."
    )


def _contradicts_p(line: PublishedMeasure) -> bool:
    """Say whether a printed p-value contradicts the printed interval by more than rounding."""
    if line.p_printed is None:
        return False
    value = float(line.p_printed.lstrip("<"))
    slack = 0.0 if line.p_printed.startswith("<") else 0.5 * 10.0 ** -_count_decimals(line)
    rounding = ROUNDING[line.measure]
    if line.lower > rounding or line.upper < -rounding:
        return not line.p_printed.startswith("<") and value - slack > 0.05
    return line.lower < -rounding and line.upper > rounding and value + slack < 0.05


def _count_decimals(line: PublishedMeasure) -> int:
    return len((line.p_printed or "").partition(".")[2])


def _fit_measure(
    study: PublishedStudy,
    printed: PublishedMeasure,
    comparison_size: float | None,
    inference: str | Engine,
    stream: np.random.Generator,
) -> tuple[Fit, list[str]]:
    """Fit one line of the table; say what the unknown size of the comparison group changes."""
    if printed.measure is not Measure.RATE:
        return _fit_means(study, printed, comparison_size, inference, stream), []
    smallest, largest = _sizes(study, printed, comparison_size)
    fit = _fit_rate(printed, smallest, inference, stream)
    if not largest > smallest:
        return fit, []
    other = _fit_rate(printed, largest, inference, stream)
    return fit, [_say_what_size_matters(fit, other, smallest, largest)]


def _join(reasons: Mapping[Measure, str]) -> str:
    return "; ".join(
        reason if reason.startswith(f"{measure}: ") else f"{measure}: {reason}"
        for measure, reason in reasons.items()
    )


def _with_size(study: PublishedStudy, asked: float | None) -> PublishedStudy:
    return study if asked is None else replace(study, ess_range=(asked, asked))


def _sizes(
    study: PublishedStudy, printed: PublishedMeasure, asked: float | None
) -> tuple[float, float]:
    if asked is not None:
        return asked, asked
    return study.ess_range or (float(printed.n_comparison), float(printed.n_comparison))


def _fit_rate(
    printed: PublishedMeasure, size: float, inference: str | Engine, stream: np.random.Generator
) -> Fit:
    reoffended = printed.treated_total
    rows = _rows(
        treated=[1, 1, 0, 0],
        reoffended=[1, 0, 1, 0],
        weight=[
            reoffended,
            printed.n_treated - reoffended,
            size * printed.comparison,
            size * (1 - printed.comparison),
        ],
    )
    return _fit(RateModel(groups=()), rows, printed, inference, stream)


def _fit_means(
    study: PublishedStudy,
    printed: PublishedMeasure,
    comparison_size: float | None,
    inference: str | Engine,
    stream: np.random.Generator,
) -> Fit:
    sizes = np.array([printed.n_treated, printed.n_comparison], dtype=float)
    deviation = reconstruct_deviation(
        printed.lower, printed.upper, printed.n_treated, printed.n_comparison
    )
    means = np.array([printed.treated_mean, printed.comparison])
    if not (means > 0).all():
        raise NoEventsError(
            "a mean of 0 is printed, and its ratio to the other cannot be estimated from a report; "
            "only the people's own records can tell more"
        )
    # reoffenders are a part of the records, and keep the same share of their precision
    n_records = max(line.n_comparison for line in study.measures)
    worth = sizes.copy()
    worth[1] *= min(1.0, _sizes(study, printed, comparison_size)[0] / n_records)
    unit = 1.0 if printed.measure is Measure.FREQUENCY else YEAR
    rows = _rows(
        treated=[1, 0],
        log_mean=list(np.log(means / unit)),
        relative_error=list(deviation / np.sqrt(worth) / means),
        degrees_of_freedom=list(np.maximum(worth - 1, 1)),
    )
    return _fit(MeansModel(printed.measure, unit), rows, printed, inference, stream)


def _rows(**columns: list[float] | list[int]) -> dict[str, Floats]:
    return {name: np.array(values, dtype=float) for name, values in columns.items()}


def _fit(
    model: RateModel | MeansModel,
    rows: dict[str, Floats],
    printed: PublishedMeasure,
    inference: str | Engine,
    stream: np.random.Generator,
) -> Fit:
    if inference == QUADRATURE:
        people = (printed.n_treated, printed.n_comparison)
        link = _log(model.unit) if isinstance(model, MeansModel) else _LOGIT
        return integrate_rows(
            model, rows, link, estimand=Estimand.MATCHED_ATT, horizon=YEAR, people=people
        )
    return fit_rows(
        model,
        rows,
        EVERYBODY,
        estimand=Estimand.MATCHED_ATT,
        horizon=YEAR,
        people=(printed.n_treated, printed.n_comparison),
        inference=inference,
        seed=stream,
    )


def _log(unit: float) -> Link:
    """Return the link of a mean that is modelled by its logarithm, in a unit."""

    def value(linear: Floats) -> Floats:
        return unit * np.exp(linear)

    return Link(value, lambda mean: np.log(mean / unit), value)


def _vary(log_odds: Floats) -> Floats:
    rate: Floats = expit(log_odds)
    return rate * (1 - rate)


_LOGIT = Link(expit, logit, _vary)


def _say_what_size_matters(fit: Fit, other: Fit, smallest: float, largest: float) -> str:
    limits = []
    for one in (fit, other):
        interval = estimate_effects(one)[0].interval
        limits.append(f"{100 * interval.lower:.1f} to {100 * interval.upper:.1f}")
    return (
        "The comparison rate is a weighted mean whose effective sample size is not printed and "
        f"lies between about {smallest:,.0f} and {largest:,.0f}. It is taken to be "
        f"{smallest:,.0f} (difference {limits[0]} per 100 people); {largest:,.0f} would give "
        f"{limits[1]}."
    )
