r"""How the hazard of a first reoffence may run over time: the families of `SurvivalModel`.

A family is a record of small functions. All agree on two things: :math:`\eta` alone says how
many reoffend by the horizon, and a larger :math:`\eta` is more of them. So priors of the
programme effect mean much the same in each, and an arm's shape is only about when.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from desist.inference.survival_likelihood import (
    LOGISTIC_DEVIATION,
    Terms,
    exponential,
    log_logistic,
    log_normal,
    piecewise_exponential,
    split_cured,
    weibull,
)
from desist.models.priors import Normal
from desist.models.restricted_means import (
    raise_e,
    restrict_exponential,
    restrict_log_logistic,
    restrict_log_normal,
    restrict_weibull,
)

type Floats = NDArray[np.float64]
type Draws = dict[str, Floats]

NEVER = "log_odds_cured"


class Settings(Protocol):
    """What a family reads of the model's settings."""

    @property
    def cuts(self) -> tuple[float, ...]:
        """Days at which the hazard may change."""

    @property
    def log_shape(self) -> Normal:
        """Prior of the shape."""

    @property
    def log_shape_ratio(self) -> Normal | None:
        """Prior of the arms' ratio of shapes."""

    @property
    def log_odds_cured(self) -> Normal:
        """Prior of the cured fraction."""

    @property
    def log_odds_cured_treatment(self) -> Normal:
        """Prior of the programme's effect on the cured fraction."""


class FindTime(Protocol):
    """How a family turns survival into time."""

    def __call__(
        self,
        settings: Settings,
        eta: Floats,
        draws: Draws,
        arm: int,
        *,
        horizon: float,
        survival: Floats,
    ) -> Floats:
        """Return fractions of the horizon, infinite for never, of the shape of eta."""


@dataclass(frozen=True)
class SurvivalFamily:
    """One family of distributions of the time to a first reoffence.

    Attributes
    ----------
    constants : callable
        (settings, horizon) to vectors that the terms need beside the rows.
    declare : callable
        (settings, eta, data) to the parameters beside eta, as variables of the open model.
    signature : str
        Core dimensions of those parameters.
    terms : callable
        (time, data, eta, parameters) to log hazard and log survival.
    predict : callable
        (settings, eta, draws, arm, horizon) to predictions of the shape of eta, the
        restricted mean as a fraction of the horizon.
    find_time : callable
        When survival is so much. Of uniform random survival, random times.
    survive : callable
        (settings, eta, draws, arm, horizon, share) to survival of the shape of eta after that
        share of the horizon, above 0 and up to 1.
    log_odds_never : callable, optional
        (eta, parameters) to the log-odds of those who never reoffend, where there are such.
    """

    constants: Callable[[Settings, float], dict[str, Floats]]
    declare: Callable[[Settings, Any, dict[str, Any]], tuple[Any, ...]]
    signature: tuple[str, ...]
    terms: Callable[[Any, Mapping[str, Any], Any, tuple[Any, ...]], Terms]
    predict: Callable[[Settings, Floats, Draws, int, float], dict[str, Floats]]
    find_time: FindTime
    survive: Callable[[Settings, Floats, Draws, int, float, float], Floats]
    log_odds_never: Callable[[Any, tuple[Any, ...]], Any] | None = None


def _no_constants(settings: Settings, horizon: float) -> dict[str, Floats]:  # noqa: ARG001
    return {}


def _no_parameters(settings: Settings, eta: Any, data: dict[str, Any]) -> tuple[Any, ...]:  # noqa: ARG001
    return ()


def _declare_shape(settings: Settings, eta: Any, data: dict[str, Any]) -> tuple[Any, ...]:
    import pytensor.tensor as pt

    shape = settings.log_shape.variable("log_shape") * pt.ones_like(eta)
    if settings.log_shape_ratio is not None:
        shape = shape + settings.log_shape_ratio.variable("log_shape_ratio") * data["treated"]
    return (shape,)


def _declare_shape_and_cured(settings: Settings, eta: Any, data: dict[str, Any]) -> tuple[Any, ...]:
    import pytensor.tensor as pt

    cured = settings.log_odds_cured.variable(NEVER) * pt.ones_like(eta)
    effect = settings.log_odds_cured_treatment.variable(f"{NEVER}_treatment")
    return (*_declare_shape(settings, eta, data), cured + effect * data["treated"])


def _read_shape(settings: Settings, draws: Draws, arm: int) -> Floats:
    log_shape = draws["log_shape"]
    if settings.log_shape_ratio is not None:
        log_shape = log_shape + arm * draws["log_shape_ratio"]
    shape: Floats = np.exp(log_shape)[..., np.newaxis]
    return shape


def _keep_log(log_survival: Floats) -> dict[str, Floats]:
    # where nearly everybody reoffends, survival is too small for a number and its log is not
    return {"survival": np.exp(log_survival), "log_survival": log_survival}


def _predict_exponential(
    settings: Settings,  # noqa: ARG001 - the families share one protocol
    eta: Floats,
    draws: Draws,  # noqa: ARG001
    arm: int,  # noqa: ARG001
    horizon: float,  # noqa: ARG001
) -> dict[str, Floats]:
    return _keep_log(-raise_e(eta)) | {"rmst": restrict_exponential(eta)}


def _predict_weibull(
    settings: Settings,
    eta: Floats,
    draws: Draws,
    arm: int,
    horizon: float,  # noqa: ARG001
) -> dict[str, Floats]:
    restricted = restrict_weibull(eta, _read_shape(settings, draws, arm))
    return _keep_log(-raise_e(eta)) | {"rmst": restricted}


def _predict_log_logistic(
    settings: Settings,
    eta: Floats,
    draws: Draws,
    arm: int,
    horizon: float,  # noqa: ARG001
) -> dict[str, Floats]:
    restricted = restrict_log_logistic(eta, _read_shape(settings, draws, arm))
    return _keep_log(-np.logaddexp(0.0, eta)) | {"rmst": restricted}


def _predict_log_normal(
    settings: Settings,
    eta: Floats,
    draws: Draws,
    arm: int,
    horizon: float,  # noqa: ARG001
) -> dict[str, Floats]:
    from scipy.special import log_ndtr

    level, spread = (
        eta / LOGISTIC_DEVIATION,
        LOGISTIC_DEVIATION / _read_shape(settings, draws, arm),
    )
    return _keep_log(log_ndtr(-level)) | {"rmst": restrict_log_normal(level, spread)}


def _predict_mixture_cure(
    settings: Settings, eta: Floats, draws: Draws, arm: int, horizon: float
) -> dict[str, Floats]:
    log_hazard, cured = _split_cured(eta, draws, arm)
    rest = _predict_weibull(settings, log_hazard, draws, arm, horizon)
    restricted = cured + (1 - cured) * rest["rmst"]
    return _keep_log(-raise_e(eta)) | {"rmst": restricted, "cured": cured}


def _split_cured(eta: Floats, draws: Draws, arm: int) -> tuple[Floats, Floats]:
    """Return the log cumulative hazard of those who are not cured, and the share who are."""
    from scipy.special import expit

    log_odds = (draws[NEVER] + arm * draws[f"{NEVER}_treatment"])[..., np.newaxis]
    hazard = raise_e(eta)
    # everybody fails before a number can say how many do not: the log of no hazard is -infinity
    with np.errstate(divide="ignore"):
        of_the_rest = hazard + np.logaddexp(0.0, log_odds + np.log(-np.expm1(-hazard)))
        return np.log(of_the_rest), expit(log_odds - of_the_rest)


def _start_pieces(settings: Settings, horizon: float) -> dict[str, Floats]:
    return {"starts": np.array([0.0, *settings.cuts]) / horizon}


def _declare_pieces(settings: Settings, eta: Any, data: dict[str, Any]) -> tuple[Any, ...]:  # noqa: ARG001
    import pytensor.tensor as pt

    n_steps = len(settings.cuts)
    steps = settings.log_shape.variable("log_hazard_steps", shape=n_steps)
    arms = [steps, steps]
    if settings.log_shape_ratio is not None:
        ratio = settings.log_shape_ratio.variable("log_hazard_steps_ratio", shape=n_steps)
        arms[1] = steps + ratio
    ends = pt.concatenate([data["starts"][1:], pt.ones(1)])
    log_widths = pt.log(ends - data["starts"])
    relative = []
    for arm in arms:
        log_hazard = pt.concatenate([pt.zeros(1), pt.cumsum(arm)])
        relative.append(log_hazard - pt.logsumexp(log_hazard + log_widths))
    return (pt.stack(relative),)


def _predict_pieces(
    settings: Settings, eta: Floats, draws: Draws, arm: int, horizon: float
) -> dict[str, Floats]:
    widths, log_shares = _read_pieces(settings, draws, arm, horizon)
    before, restricted = np.zeros_like(eta), np.zeros_like(eta)
    for piece, width in enumerate(widths):
        log_within = eta + log_shares[..., [piece]]
        restricted += np.exp(-before) * width * restrict_exponential(log_within)
        before = before + raise_e(log_within)
    return _keep_log(-raise_e(eta)) | {"rmst": restricted}


def _read_pieces(
    settings: Settings, draws: Draws, arm: int, horizon: float
) -> tuple[Floats, Floats]:
    """Return the width of each piece, and the log of its share of the hazard up to the horizon."""
    steps = draws["log_hazard_steps"]
    if settings.log_shape_ratio is not None:
        steps = steps + arm * draws["log_hazard_steps_ratio"]
    widths = np.diff(_start_pieces(settings, horizon)["starts"], append=1.0)
    first = np.zeros((*steps.shape[:2], 1))
    log_hazards = np.concatenate([first, np.cumsum(steps, axis=-1)], axis=-1)
    log_shares = np.log(widths) + log_hazards
    return widths, log_shares - np.logaddexp.reduce(log_shares, axis=-1, keepdims=True)


def _find_exponential(
    settings: Settings,  # noqa: ARG001
    eta: Floats,
    draws: Draws,  # noqa: ARG001
    arm: int,  # noqa: ARG001
    *,
    horizon: float,  # noqa: ARG001
    survival: Floats,
) -> Floats:
    return -np.log(survival) * np.exp(-eta)


def _find_weibull(
    settings: Settings,
    eta: Floats,
    draws: Draws,
    arm: int,
    *,
    horizon: float,  # noqa: ARG001
    survival: Floats,
) -> Floats:
    log_hazard = np.log(-np.log(survival))
    return np.exp((log_hazard - eta) / _read_shape(settings, draws, arm))


def _find_log_logistic(
    settings: Settings,
    eta: Floats,
    draws: Draws,
    arm: int,
    *,
    horizon: float,  # noqa: ARG001
    survival: Floats,
) -> Floats:
    from scipy.special import logit

    level: Floats = -logit(survival)
    return np.exp((level - eta) / _read_shape(settings, draws, arm))


def _find_log_normal(
    settings: Settings,
    eta: Floats,
    draws: Draws,
    arm: int,
    *,
    horizon: float,  # noqa: ARG001
    survival: Floats,
) -> Floats:
    from scipy.special import ndtri

    level: Floats = -LOGISTIC_DEVIATION * ndtri(survival)
    return np.exp((level - eta) / _read_shape(settings, draws, arm))


def _find_mixture_cure(
    settings: Settings, eta: Floats, draws: Draws, arm: int, *, horizon: float, survival: Floats
) -> Floats:
    log_hazard, cured = _split_cured(eta, draws, arm)
    of_the_rest = np.maximum((survival - cured) / (1 - cured), np.finfo(float).tiny)
    times = _find_weibull(settings, log_hazard, draws, arm, horizon=horizon, survival=of_the_rest)
    return np.where(survival > cured, times, np.inf)


def _find_pieces(
    settings: Settings, eta: Floats, draws: Draws, arm: int, *, horizon: float, survival: Floats
) -> Floats:
    widths, log_shares = _read_pieces(settings, draws, arm, horizon)
    shares = np.exp(log_shares)
    left = -np.log(survival) * np.exp(-eta)
    times = np.zeros_like(left)
    for piece, width in enumerate(widths):
        share = shares[..., [piece]]
        is_last = piece == len(widths) - 1  # beyond the horizon the last hazard goes on
        spent = left if is_last else np.minimum(left, share)
        times, left = times + width * spent / share, left - spent
    return times


def _survive_exponential(  # noqa: PLR0917 - the families share one protocol
    settings: Settings,  # noqa: ARG001
    eta: Floats,
    draws: Draws,  # noqa: ARG001
    arm: int,  # noqa: ARG001
    horizon: float,  # noqa: ARG001
    share: float,
) -> Floats:
    return np.exp(-raise_e(eta) * share)


def _survive_weibull(  # noqa: PLR0917
    settings: Settings,
    eta: Floats,
    draws: Draws,
    arm: int,
    horizon: float,  # noqa: ARG001
    share: float,
) -> Floats:
    return np.exp(-raise_e(_move_level(settings, eta, draws, arm, share)))


def _survive_log_logistic(  # noqa: PLR0917
    settings: Settings,
    eta: Floats,
    draws: Draws,
    arm: int,
    horizon: float,  # noqa: ARG001
    share: float,
) -> Floats:
    from scipy.special import expit

    survival: Floats = expit(-_move_level(settings, eta, draws, arm, share))
    return survival


def _survive_log_normal(  # noqa: PLR0917
    settings: Settings,
    eta: Floats,
    draws: Draws,
    arm: int,
    horizon: float,  # noqa: ARG001
    share: float,
) -> Floats:
    from scipy.special import ndtr

    level = _move_level(settings, eta, draws, arm, share)
    survival: Floats = ndtr(-level / LOGISTIC_DEVIATION)
    return survival


def _survive_mixture_cure(  # noqa: PLR0917
    settings: Settings, eta: Floats, draws: Draws, arm: int, horizon: float, share: float
) -> Floats:
    log_hazard, cured = _split_cured(eta, draws, arm)
    rest = _survive_weibull(settings, log_hazard, draws, arm, horizon, share)
    return cured + (1 - cured) * rest


def _survive_pieces(  # noqa: PLR0917
    settings: Settings, eta: Floats, draws: Draws, arm: int, horizon: float, share: float
) -> Floats:
    widths, log_shares = _read_pieces(settings, draws, arm, horizon)
    starts = np.cumsum(widths) - widths
    passed = np.clip((share - starts) / widths, 0.0, 1.0)
    with np.errstate(divide="ignore"):  # of a piece that is not reached, the log of nothing
        log_spent = np.logaddexp.reduce(log_shares + np.log(passed), axis=-1)
    return np.exp(-raise_e(eta + log_spent[..., np.newaxis]))


def _move_level(settings: Settings, eta: Floats, draws: Draws, arm: int, share: float) -> Floats:
    """Return the linear predictor of a distribution whose unit of time is shorter."""
    return eta + _read_shape(settings, draws, arm) * math.log(share)


FAMILIES: Mapping[str, SurvivalFamily] = {
    "weibull": SurvivalFamily(
        _no_constants,
        _declare_shape,
        ("(n)",),
        lambda time, data, eta, parameters: weibull(time, eta, *parameters),  # noqa: ARG005
        _predict_weibull,
        _find_weibull,
        _survive_weibull,
    ),
    "exponential": SurvivalFamily(
        _no_constants,
        _no_parameters,
        (),
        lambda time, data, eta, parameters: exponential(time, eta),  # noqa: ARG005
        _predict_exponential,
        _find_exponential,
        _survive_exponential,
    ),
    "log_normal": SurvivalFamily(
        _no_constants,
        _declare_shape,
        ("(n)",),
        lambda time, data, eta, parameters: log_normal(time, eta, *parameters),  # noqa: ARG005
        _predict_log_normal,
        _find_log_normal,
        _survive_log_normal,
    ),
    "log_logistic": SurvivalFamily(
        _no_constants,
        _declare_shape,
        ("(n)",),
        lambda time, data, eta, parameters: log_logistic(time, eta, *parameters),  # noqa: ARG005
        _predict_log_logistic,
        _find_log_logistic,
        _survive_log_logistic,
    ),
    "piecewise_exponential": SurvivalFamily(
        _start_pieces,
        _declare_pieces,
        ("(a,j)",),
        lambda time, data, eta, parameters: piecewise_exponential(
            time, data["starts"], data["treated"], eta, *parameters
        ),
        _predict_pieces,
        _find_pieces,
        _survive_pieces,
    ),
    "mixture_cure": SurvivalFamily(
        _no_constants,
        _declare_shape_and_cured,
        ("(n)", "(n)"),
        lambda time, data, eta, parameters: weibull(  # noqa: ARG005
            time, split_cured(eta, parameters[1])[0], parameters[0]
        ),
        _predict_mixture_cure,
        _find_mixture_cure,
        _survive_mixture_cure,
        lambda eta, parameters: split_cured(eta, parameters[1])[1],
    ),
}
