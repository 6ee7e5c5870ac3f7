r"""How offences may be distributed over people: the families of `FrequencyModel`.

A family is a record of small functions. In all of them a larger :math:`\eta` is more offences,
and the time at risk enters as an offset of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from desist.inference.likelihood import (
    add_never,
    hurdle,
    log_one_plus_exp,
    log_probability_of_none,
    negative_binomial,
    poisson,
)
from desist.models.priors import Normal

type Floats = NDArray[np.float64]
type Counts = NDArray[np.int64]
type Draws = dict[str, Floats]
type Data = Mapping[str, Any]

INFLATED = "log_odds_inflated"
REPEATS = "log_repeats"


class Settings(Protocol):
    """What a family reads of the model's settings."""

    @property
    def log_dispersion(self) -> Normal:
        """Prior of the dispersion."""

    @property
    def log_dispersion_ratio(self) -> Normal:
        """Prior of the arms' ratio of dispersions."""

    @property
    def log_odds_inflated(self) -> Normal:
        """Prior of the fraction of structural zeros."""

    @property
    def log_odds_inflated_treatment(self) -> Normal:
        """Prior of the programme's effect on that fraction."""

    @property
    def log_repeats(self) -> Normal:
        """Prior of the counts above the hurdle."""

    @property
    def log_repeats_treatment(self) -> Normal:
        """Prior of the programme's effect on these counts."""


@dataclass(frozen=True)
class FrequencyFamily:
    """One family of distributions of the number of offences.

    Attributes
    ----------
    declare : callable
        (settings, data) to the parameters beside eta, as variables of the open model.
    signature : str
        Core dimensions of those parameters.
    log_likelihood : callable
        (counts, data, eta with its offset, parameters) to one term a row.
    predict : callable
        (eta, draws, arm) to predictions of the shape of eta.
    draw : callable
        (eta with its offset, draws, arm, source of randomness) to counts of the shape of eta.
    vary : callable
        Predictions to the variance of a count.
    has_dispersion : bool
        Whether the gamma functions of the negative binomial are needed.
    """

    declare: Callable[[Settings, Data], tuple[Any, ...]]
    signature: tuple[str, ...]
    log_likelihood: Callable[[Any, Data, Any, tuple[Any, ...]], Any]
    predict: Callable[[Floats, Draws, int], dict[str, Floats]]
    draw: Callable[[Floats, Draws, int, np.random.Generator], Counts]
    vary: Callable[[Mapping[str, Floats]], Floats]
    has_dispersion: bool = True


def _declare_nothing(settings: Settings, data: Data) -> tuple[Any, ...]:  # noqa: ARG001
    return ()


def _declare_dispersions(settings: Settings, data: Data) -> tuple[Any, ...]:  # noqa: ARG001
    import pytensor.tensor as pt

    base = settings.log_dispersion.variable("log_dispersion")
    ratio = settings.log_dispersion_ratio.variable("log_dispersion_ratio")
    return (pt.stack([base, base + ratio]),)


def _declare_inflated(settings: Settings, data: Data) -> tuple[Any, ...]:
    base = settings.log_odds_inflated.variable(INFLATED)
    effect = settings.log_odds_inflated_treatment.variable(f"{INFLATED}_treatment")
    return (*_declare_dispersions(settings, data), base + effect * data["treated"])


def _declare_repeats(settings: Settings, data: Data) -> tuple[Any, ...]:
    base = settings.log_repeats.variable(REPEATS)
    effect = settings.log_repeats_treatment.variable(f"{REPEATS}_treatment")
    return (*_declare_dispersions(settings, data), base + effect * data["treated"])


def _negative_binomial(counts: Any, data: Data, log_mean: Any, parameters: tuple[Any, ...]) -> Any:
    distinct = (data["distinct_count"], data["distinct_arm"])
    return negative_binomial(counts, log_mean, parameters[0], distinct, data["distinct_position"])


def _zero_inflated(counts: Any, data: Data, log_mean: Any, parameters: tuple[Any, ...]) -> Any:
    # the mean of everybody is that of those who may offend times one minus the fraction
    log_odds = parameters[1]
    of_the_rest = log_mean + log_one_plus_exp(log_odds)
    term = _negative_binomial(counts, data, of_the_rest, parameters)
    return add_never(term, _happened(counts), log_odds)


def _hurdle(counts: Any, data: Data, log_hazard: Any, parameters: tuple[Any, ...]) -> Any:
    log_mean = log_hazard + parameters[1]
    of_row = parameters[0][data["distinct_arm"]][data["distinct_position"]]
    positive = _negative_binomial(counts, data, log_mean, parameters)
    none = log_probability_of_none(log_mean, of_row)
    return hurdle(positive, _happened(counts), none, log_hazard)


def _poisson(counts: Any, data: Data, log_mean: Any, parameters: tuple[Any, ...]) -> Any:  # noqa: ARG001
    return poisson(counts, log_mean)


def _happened(counts: Any) -> Any:
    import pytensor.tensor as pt

    return pt.cast(pt.gt(counts, 0), "float64")


def _predict_poisson(eta: Floats, draws: Draws, arm: int) -> dict[str, Floats]:  # noqa: ARG001
    return {"frequency": np.exp(eta)}


def _predict_negative_binomial(eta: Floats, draws: Draws, arm: int) -> dict[str, Floats]:
    dispersion = np.exp(draws["log_dispersion"] + arm * draws["log_dispersion_ratio"])
    everybody = np.broadcast_to(dispersion[..., np.newaxis], eta.shape)
    return {"frequency": np.exp(eta), "dispersion": everybody}


def _predict_zero_inflated(eta: Floats, draws: Draws, arm: int) -> dict[str, Floats]:
    from scipy.special import expit

    log_odds = draws[INFLATED] + arm * draws[f"{INFLATED}_treatment"]
    inflated = np.broadcast_to(expit(log_odds)[..., np.newaxis], eta.shape)
    return _predict_negative_binomial(eta, draws, arm) | {"inflated": inflated}


def _predict_hurdle(eta: Floats, draws: Draws, arm: int) -> dict[str, Floats]:
    repeats = draws[REPEATS] + arm * draws[f"{REPEATS}_treatment"]
    not_truncated = _predict_negative_binomial(eta + repeats[..., np.newaxis], draws, arm)
    mean, dispersion = not_truncated["frequency"], not_truncated["dispersion"]
    offending = -np.expm1(-np.exp(eta))
    some = -np.expm1(-dispersion * np.log1p(mean / dispersion))
    return {
        "frequency": offending * mean / some,
        "dispersion": dispersion,
        "offending": offending,
        "not_truncated": mean,
    }


def _draw_poisson(
    eta: Floats,
    draws: Draws,  # noqa: ARG001
    arm: int,  # noqa: ARG001
    rng: np.random.Generator,
) -> Counts:
    return rng.poisson(np.exp(eta))


def _draw_negative_binomial(
    eta: Floats, draws: Draws, arm: int, rng: np.random.Generator
) -> Counts:
    expected = _predict_negative_binomial(eta, draws, arm)
    dispersion = expected["dispersion"]
    return rng.poisson(expected["frequency"] * rng.gamma(dispersion, 1 / dispersion))


def _draw_zero_inflated(eta: Floats, draws: Draws, arm: int, rng: np.random.Generator) -> Counts:
    inflated = _predict_zero_inflated(eta, draws, arm)["inflated"]
    counts = _draw_negative_binomial(eta - np.log1p(-inflated), draws, arm, rng)
    return np.where(rng.random(eta.shape) < inflated, 0, counts)


def _draw_hurdle(eta: Floats, draws: Draws, arm: int, rng: np.random.Generator) -> Counts:
    from scipy.stats import nbinom

    expected = _predict_hurdle(eta, draws, arm)
    offending = rng.random(eta.shape) < expected["offending"]
    repeats = draws[REPEATS] + arm * draws[f"{REPEATS}_treatment"]
    mean = np.exp(eta + repeats[..., np.newaxis])[offending]
    dispersion = expected["dispersion"][offending]
    some = -np.expm1(-dispersion * np.log1p(mean / dispersion))
    # a tail below that of a first offence is one of the truncated distribution, never 0;
    # where the mean is too small to be told from none, the quantile is missing and the count 1
    tail = rng.random(len(mean)) * some
    counts = np.zeros(eta.shape, dtype=np.int64)
    counts[offending] = np.fmax(nbinom.isf(tail, dispersion, dispersion / (dispersion + mean)), 1)
    return counts


def _vary_poisson(predicted: Mapping[str, Floats]) -> Floats:
    return predicted["frequency"]


def _vary_negative_binomial(predicted: Mapping[str, Floats]) -> Floats:
    mean = predicted["frequency"]
    return mean + np.square(mean) / predicted["dispersion"]


def _vary_zero_inflated(predicted: Mapping[str, Floats]) -> Floats:
    some = 1 - predicted["inflated"]
    mean = predicted["frequency"] / some  # of those who may offend
    within = mean + np.square(mean) / predicted["dispersion"]
    return some * within + some * (1 - some) * np.square(mean)


def _vary_hurdle(predicted: Mapping[str, Floats]) -> Floats:
    mean, dispersion = predicted["not_truncated"], predicted["dispersion"]
    # without zeros, mean and mean square are both larger by the inverse of the share of others
    square = mean + np.square(mean) * (1 + 1 / dispersion)
    per_mean = predicted["frequency"] / mean
    return per_mean * square - np.square(predicted["frequency"])


FAMILIES: Mapping[str, FrequencyFamily] = {
    "negative_binomial": FrequencyFamily(
        _declare_dispersions,
        ("(d)",),
        _negative_binomial,
        _predict_negative_binomial,
        _draw_negative_binomial,
        _vary_negative_binomial,
    ),
    "zero_inflated": FrequencyFamily(
        _declare_inflated,
        ("(d)", "(n)"),
        _zero_inflated,
        _predict_zero_inflated,
        _draw_zero_inflated,
        _vary_zero_inflated,
    ),
    "hurdle": FrequencyFamily(
        _declare_repeats,
        ("(d)", "(n)"),
        _hurdle,
        _predict_hurdle,
        _draw_hurdle,
        _vary_hurdle,
    ),
    "poisson": FrequencyFamily(
        _declare_nothing,
        (),
        _poisson,
        _predict_poisson,
        _draw_poisson,
        _vary_poisson,
        has_dispersion=False,
    ),
}
