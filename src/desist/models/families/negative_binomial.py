"""Counts of people who differ in how much they offend."""

from dataclasses import dataclass
from typing import Any, ClassVar, override

import numpy as np

from desist._types import Data, Draws, Floats, Integers
from desist.models.families._dispersion import (
    declare_dispersions,
    draw_counts,
    likelihood_of_counts,
    read_dispersion,
    vary_counts,
)
from desist.models.families.protocol import FrequencyFamily, require_priors
from desist.models.priors import Normal
from desist.models.restricted_means import raise_e


@dataclass(frozen=True)
class NegativeBinomial(FrequencyFamily):
    r"""The negative binomial distribution (NB2), :math:`y_i \sim \mathrm{NB}(m_i, a_{T_i})`.

    :math:`\mathrm{Var}\,y_i = m_i + m_i^2 / a_{T_i}`, with the dispersion :math:`a` of each arm.

    Attributes
    ----------
    log_dispersion : Normal
        Prior of :math:`\log a` in the comparison group.
    log_dispersion_ratio : Normal
        Prior of the log ratio of the treated arm's :math:`a` to the comparison group's. It pools
        them, so that a small treated arm borrows strength.

    Raises
    ------
    InputError
        If a setting is no prior; every fault is listed.

    References
    ----------
    Hilbe, J. M. (2011). Negative Binomial Regression, 2nd ed., section 8.2.

    Examples
    --------
    >>> NegativeBinomial().log_dispersion
    Normal(mean=0.0, scale=1.5)
    """

    log_dispersion: Normal = Normal(0.0, 1.5)
    log_dispersion_ratio: Normal = Normal(0.0, 0.5)
    name: ClassVar[str] = "negative_binomial"
    signature: ClassVar[tuple[str, ...]] = ("(d)",)
    has_dispersion: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the priors."""
        require_priors(self)

    @override
    def declare(self, data: Data) -> tuple[Any, ...]:
        """Return the parameters as variables of the model that is open."""
        return (declare_dispersions(self),)

    @override
    def log_likelihood(self, counts: Any, data: Data, eta: Any, parameters: tuple[Any, ...]) -> Any:
        """Return one term a row."""
        return likelihood_of_counts(counts, data, eta, parameters[0])

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int) -> dict[str, Floats]:
        """Return the offences per person, and the dispersion."""
        return {"frequency": raise_e(eta), "dispersion": read_dispersion(draws, arm, eta)}

    @override
    def draw(self, eta: Floats, draws: Draws, arm: int, rng: np.random.Generator) -> Integers:
        """Draw counts."""
        return draw_counts(eta, draws, arm, rng)

    @override
    def vary(self, eta: Floats, draws: Draws, arm: int) -> Floats:
        """Return the variance of a count."""
        return vary_counts(raise_e(eta), draws, arm)
