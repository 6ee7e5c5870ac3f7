"""Some are cured and never reoffend; the time of the others is Weibull."""

from dataclasses import dataclass
from typing import Any, ClassVar, override

import numpy as np

from desist._types import Data, Draws, Floats
from desist.inference.survival_likelihood import split_cured, weibull
from desist.models.families._shape import declare_shape, keep_log, move_level, read_shape
from desist.models.families.protocol import SurvivalFamily, Terms, WithCured, require_priors
from desist.models.priors import Normal
from desist.models.restricted_means import raise_e, restrict_weibull

CURED = "log_odds_cured"


@dataclass(frozen=True)
class MixtureCure(SurvivalFamily, WithCured):
    r"""A mixture of the cured and of the rest: survival :math:`\pi + (1 - \pi)\exp(-\Lambda t^k)`.

    :math:`\pi` and :math:`\Lambda` follow from :math:`\eta` and the share :math:`q_T` of those free
    at the horizon who are cured: :math:`\pi = q_T\exp(-e^\eta)`, and :math:`\Lambda` gives
    :math:`S(1) = \exp(-e^\eta)`. So the programme may cure and delay apart, while what is known
    well, how many reoffend in time, is a parameter of its own. Predictions add the fraction
    "cured" of everybody.

    Attributes
    ----------
    log_shape : Normal
        Prior of :math:`\log k` of the rest in the comparison group; 0 is a constant hazard.
    log_shape_ratio : Normal or None
        Prior of the log ratio of the treated arm's :math:`k` to the comparison group's; None for
        one shape.
    log_odds_cured : Normal
        Prior of the log-odds that a comparison person who has not reoffended by the horizon
        never will. A short follow-up tells the cured from the slow only by the shape: read the
        posterior with this prior beside it.
    log_odds_cured_treatment : Normal
        Prior of the programme's effect on these log-odds; up is better.

    Raises
    ------
    InputError
        If a setting is no prior; every fault is listed.

    References
    ----------
    Maller, R. and Zhou, X. (1996). Survival Analysis with Long-Term Survivors.

    Examples
    --------
    >>> MixtureCure().log_odds_cured
    Normal(mean=0.0, scale=1.5)
    """

    log_shape: Normal = Normal(0.0, 0.5)
    log_shape_ratio: Normal | None = Normal(0.0, 0.5)
    log_odds_cured: Normal = Normal(0.0, 1.5)
    log_odds_cured_treatment: Normal = Normal(0.0, 1.0)
    name: ClassVar[str] = "mixture_cure"
    signature: ClassVar[tuple[str, ...]] = ("(n)", "(n)")

    def __post_init__(self) -> None:
        """Check the priors."""
        require_priors(self, optional=("log_shape_ratio",))

    @override
    def declare(self, eta: Any, data: Data) -> tuple[Any, ...]:
        """Return log shape and log-odds of the cured, of each row."""
        import pytensor.tensor as pt

        cured = self.log_odds_cured.variable(CURED) * pt.ones_like(eta)
        effect = self.log_odds_cured_treatment.variable(f"{CURED}_treatment")
        return declare_shape(self, eta, data), cured + effect * data["treated"]

    @override
    def terms(self, time: Any, data: Data, eta: Any, parameters: tuple[Any, ...]) -> Terms:
        """Return log hazard and log survival of those who are not cured."""
        log_shape, log_odds = parameters
        return weibull(time, split_cured(eta, log_odds)[0], log_shape)

    @override
    def log_odds_never(self, eta: Any, parameters: tuple[Any, ...]) -> Any:
        """Return the log-odds of the cured among everybody."""
        return split_cured(eta, parameters[1])[1]

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int, horizon: float) -> dict[str, Floats]:
        """Return survival, the restricted mean and the fraction of cured."""
        log_hazard, cured = _split(eta, draws, arm)
        of_the_rest = restrict_weibull(log_hazard, read_shape(self, draws, arm))
        restricted = cured + (1 - cured) * of_the_rest
        return keep_log(-raise_e(eta)) | {"rmst": restricted, "cured": cured}

    @override
    def find_time(
        self, eta: Floats, draws: Draws, arm: int, horizon: float, *, survival: Floats
    ) -> Floats:
        """Return when survival is so much, infinite for the cured."""
        log_hazard, cured = _split(eta, draws, arm)
        of_the_rest = np.maximum((survival - cured) / (1 - cured), np.finfo(float).tiny)
        level = np.log(-np.log(of_the_rest))
        times = np.exp((level - log_hazard) / read_shape(self, draws, arm))
        return np.where(survival > cured, times, np.inf)

    @override
    def survive(
        self, eta: Floats, draws: Draws, arm: int, horizon: float, *, share: float
    ) -> Floats:
        """Return survival after a share of the horizon."""
        log_hazard, cured = _split(eta, draws, arm)
        level = move_level(log_hazard, read_shape(self, draws, arm), share)
        return cured + (1 - cured) * np.exp(-raise_e(level))


def _split(eta: Floats, draws: Draws, arm: int) -> tuple[Floats, Floats]:
    """Return the log cumulative hazard of those who are not cured, and the share who are."""
    from scipy.special import expit

    log_odds = (draws[CURED] + arm * draws[f"{CURED}_treatment"])[..., np.newaxis]
    hazard = raise_e(eta)
    # everybody fails before a number can say how many do not: the log of no hazard is -infinity
    with np.errstate(divide="ignore"):
        of_the_rest = hazard + np.logaddexp(0.0, log_odds + np.log(-np.expm1(-hazard)))
        return np.log(of_the_rest), expit(log_odds - of_the_rest)
