"""Some never offend, however long they are followed."""

from dataclasses import dataclass
from typing import Any, ClassVar, override

import numpy as np

from desist._types import Data, Draws, Floats, Integers
from desist.inference.likelihood import add_never, log_one_plus_exp
from desist.models.families._dispersion import (
    add_effect,
    declare_dispersions,
    draw_counts,
    happened,
    likelihood_of_counts,
    read_dispersion,
    vary_counts,
)
from desist.models.families.protocol import FrequencyFamily, require_priors
from desist.models.priors import Normal
from desist.models.restricted_means import raise_e

INFLATED = "log_odds_inflated"


@dataclass(frozen=True)
class ZeroInflated(FrequencyFamily):
    r"""A fraction that never offends, and negative binomial counts of the rest.

    The fraction is :math:`\pi_T`, and the others are :math:`\mathrm{NB}(m_i/(1 - \pi_T), a_{T_i})`,
    so that :math:`m_i` stays the mean of everybody and the programme effect the log of its ratio
    (the marginalised form). Predictions add the fraction "inflated".

    Attributes
    ----------
    log_dispersion : Normal
        Prior of :math:`\log a` in the comparison group.
    log_dispersion_ratio : Normal
        Prior of the log ratio of the treated arm's :math:`a` to the comparison group's. It pools
        them, so that a small treated arm borrows strength.
    log_odds_inflated : Normal
        Prior of the log-odds of :math:`\pi` in the comparison group. Counts alone hardly tell
        those who never offend from those who seldom do.
    log_odds_inflated_treatment : Normal
        Prior of the programme's effect on these log-odds; up is better.

    Raises
    ------
    InputError
        If a setting is no prior; every fault is listed.

    References
    ----------
    Preisser, J. S. et al. (2016). Statistics in Medicine 35(10), 1722-1735.

    Examples
    --------
    >>> ZeroInflated().log_odds_inflated_treatment
    Normal(mean=0.0, scale=1.0)
    """

    log_dispersion: Normal = Normal(0.0, 1.5)
    log_dispersion_ratio: Normal = Normal(0.0, 0.5)
    log_odds_inflated: Normal = Normal(0.0, 1.5)
    log_odds_inflated_treatment: Normal = Normal(0.0, 1.0)
    name: ClassVar[str] = "zero_inflated"
    signature: ClassVar[tuple[str, ...]] = ("(d)", "(n)")
    has_dispersion: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the priors."""
        require_priors(self)

    @override
    def declare(self, data: Data) -> tuple[Any, ...]:
        """Return the parameters as variables of the model that is open."""
        base = self.log_odds_inflated.variable(INFLATED)
        effect = self.log_odds_inflated_treatment.variable(f"{INFLATED}_treatment")
        return declare_dispersions(self), base + effect * data["treated"]

    @override
    def log_likelihood(self, counts: Any, data: Data, eta: Any, parameters: tuple[Any, ...]) -> Any:
        """Return one term a row."""
        log_dispersions, log_odds = parameters
        # the mean of everybody is that of those who may offend times one minus the fraction
        of_the_rest = eta + log_one_plus_exp(log_odds)
        term = likelihood_of_counts(counts, data, of_the_rest, log_dispersions)
        return add_never(term, happened(counts), log_odds)

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int) -> dict[str, Floats]:
        """Return the offences per person, the dispersion, and the fraction that never offends."""
        return {
            "frequency": raise_e(eta),
            "dispersion": read_dispersion(draws, arm, eta),
            "inflated": _read_inflated(eta, draws, arm),
        }

    @override
    def draw(self, eta: Floats, draws: Draws, arm: int, rng: np.random.Generator) -> Integers:
        """Draw counts."""
        inflated = _read_inflated(eta, draws, arm)
        counts = draw_counts(eta - np.log1p(-inflated), draws, arm, rng)
        return np.where(rng.random(eta.shape) < inflated, 0, counts)

    @override
    def vary(self, eta: Floats, draws: Draws, arm: int) -> Floats:
        """Return the variance of a count: within those who may offend, and between all."""
        some = 1 - _read_inflated(eta, draws, arm)
        mean = raise_e(eta) / some  # of those who may offend
        return some * vary_counts(mean, draws, arm) + some * (1 - some) * np.square(mean)


def _read_inflated(eta: Floats, draws: Draws, arm: int) -> Floats:
    from scipy.special import expit

    return np.broadcast_to(expit(add_effect(INFLATED, draws, arm)), eta.shape)
