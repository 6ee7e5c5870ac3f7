"""Priors of a synthesis: of the mean effect, of the heterogeneity, of moderators."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from desist._types import Floats
from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.errors import Fault, raise_faults
from desist.models.priors import FLAT, HalfNormal, HalfStudentT, Normal, find_normal_faults


@dataclass(frozen=True)
class Uniform:
    """A uniform prior of a standard deviation between programmes.

    Attributes
    ----------
    upper : float
        Its upper limit; infinite for the improper prior, which wants four studies or more.

    Raises
    ------
    InputError
        If the limit is not above 0.

    Examples
    --------
    >>> from desist.synthesis import SynthesisPriors, Uniform
    >>> SynthesisPriors(heterogeneity=Uniform(1.0)).heterogeneity.upper
    1.0
    """

    upper: float = 2.0

    def __post_init__(self) -> None:
        """Check the limit."""
        is_infinite = isinstance(self.upper, float) and self.upper == math.inf
        raise_faults(
            "Uniform", [] if is_infinite else find_number_faults("upper", self.upper, above=0.0)
        )

    def variable(self, name: str, **shape: Any) -> Any:
        """Create the random variable in the PyMC model that is open."""
        import pymc as pm

        if math.isinf(self.upper):
            return pm.HalfFlat(name, **shape)
        return pm.Uniform(name, lower=0.0, upper=self.upper, **shape)

    def __str__(self) -> str:
        """Return the prior as it is written in a table."""
        return f"Uniform(0, {self.upper:g})"


@dataclass(frozen=True)
class Jeffreys:
    r"""Jeffreys' prior of a standard deviation between programmes, improper.

    .. math:: p(\tau) \propto \sqrt{\sum_i \left(\frac{\tau}{s_i^2 + \tau^2}\right)^2}

    It depends on how large the studies are, wants two of them or more, and is here to compare
    with: a half-normal prior says what is thought of programmes, this one what is convenient.

    Attributes
    ----------
    standard_errors : tuple of float
        Of the estimates of the studies.

    Raises
    ------
    InputError
        If they are not two numbers or more above 0.

    References
    ----------
    Bodnar, O., Link, A., Arendacka, B., Possolo, A. and Elster, C. (2017). Bayesian estimation in
    random effects meta-analysis using a non-informative prior. Statistics in Medicine 36, 378-399.

    Examples
    --------
    >>> from desist.synthesis import Jeffreys, SynthesisPriors
    >>> str(SynthesisPriors(heterogeneity=Jeffreys((0.1, 0.2, 0.3))).heterogeneity)
    'Jeffreys(3 studies)'
    """

    standard_errors: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check the errors."""
        given = self.standard_errors
        if not isinstance(given, tuple) or len(given) < 2:
            expected = "a tuple of two standard errors or more"
            raise_faults("Jeffreys", [Fault("standard_errors", expected, describe(given))])
        faults = [find_number_faults("standard_errors", one, above=0.0) for one in given]
        raise_faults("Jeffreys", [fault for some in faults for fault in some])

    def log_density(self, tau: float) -> float:
        """Return the log of the height at one tau, up to a constant."""
        variances = np.square(self.standard_errors) + tau**2
        return math.log(tau) + math.log((variances**-2.0).sum()) / 2 if tau > 0 else -math.inf

    def variable(self, name: str, **shape: Any) -> Any:
        """Create the random variable in the PyMC model that is open."""
        import pymc as pm

        tau = pm.HalfFlat(name, **shape)
        parts = sum((error**2 + tau**2) ** -2.0 for error in self.standard_errors)
        pm.Potential(f"{name}_prior", pm.math.log(tau) + pm.math.log(parts) / 2)
        return tau

    def __str__(self) -> str:
        """Return the prior as it is written in a table."""
        return f"Jeffreys({len(self.standard_errors)} studies)"


type Heterogeneity = HalfNormal | HalfStudentT | Uniform | Jeffreys


@dataclass(frozen=True)
class SynthesisPriors:
    """Priors of a synthesis, on its scale.

    Attributes
    ----------
    mean : Normal
        Mean effect over the population of programmes; ``Normal(0, inf)`` is flat.
    heterogeneity : HalfNormal, HalfStudentT, Uniform or Jeffreys
        Standard deviation of true effects between programmes; half-Cauchy is
        ``HalfStudentT(scale, degrees_of_freedom=1)``.
    moderator : Normal
        Effect of one standard deviation of a moderator.

    Raises
    ------
    InputError
        If one of them is no such prior; every fault is listed.

    Examples
    --------
    >>> from desist.models import Normal
    >>> from desist.synthesis import SynthesisPriors
    >>> SynthesisPriors(mean=Normal(0.0, 0.5)).heterogeneity
    HalfNormal(scale=0.5)
    """

    mean: Normal = Normal(0.0, 1.5)
    heterogeneity: Heterogeneity = HalfNormal(0.5)
    moderator: Normal = Normal(0.0, 0.5)

    def __post_init__(self) -> None:
        """Check that each is a prior of its kind."""
        expected = "a prior such as HalfNormal(0.5), HalfStudentT(0.5) or Uniform(2)"
        kinds = (HalfNormal, HalfStudentT, Uniform, Jeffreys)
        faults: list[Fault] = [
            *find_normal_faults("mean", self.mean),
            *find_kind_faults("heterogeneity", self.heterogeneity, kinds, expected),
            *find_normal_faults("moderator", self.moderator),
        ]
        raise_faults("priors of the synthesis", faults)


# Logarithms of ratios share one; a difference of risks is bounded and smaller.
PRIORS: Mapping[str, SynthesisPriors] = {
    "log_odds": SynthesisPriors(),
    "log_risk": SynthesisPriors(),
    "log_rate": SynthesisPriors(),
    "risk_difference": SynthesisPriors(Normal(0.0, 0.3), HalfNormal(0.1), Normal(0.0, 0.1)),
}


def log_density_of_spread(prior: Heterogeneity, tau: float) -> float:
    """Return the log prior density of the heterogeneity; of improper ones up to a constant."""
    if isinstance(prior, HalfNormal):
        return math.log(math.sqrt(2 / math.pi) / prior.scale) - (tau / prior.scale) ** 2 / 2
    if isinstance(prior, HalfStudentT):
        freedom = prior.degrees_of_freedom
        height = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
        height += math.log(2 / prior.scale) - math.log(freedom * math.pi) / 2
        return height - (freedom + 1) / 2 * math.log1p((tau / prior.scale) ** 2 / freedom)
    if isinstance(prior, Jeffreys):
        return prior.log_density(tau)
    if tau > prior.upper:
        return -math.inf
    return 0.0 if math.isinf(prior.upper) else -math.log(prior.upper)


def log_density_of_mean(prior: Normal, means: Floats) -> Floats:
    """Return the log prior density of means; flat has height 1."""
    if math.isinf(prior.scale):
        return np.zeros_like(means)
    away = (means - prior.mean) / prior.scale
    return np.asarray(-(away**2) / 2 - math.log(prior.scale * math.sqrt(2 * math.pi)))


def precision_of(prior: Normal) -> float:
    """Return the precision of a normal prior; 0 where it is flat."""
    return 0.0 if prior == FLAT or math.isinf(prior.scale) else prior.scale**-2
