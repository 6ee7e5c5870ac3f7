"""A first offence has a probability of its own; some have more."""

from dataclasses import dataclass
from typing import Any, ClassVar, override

import numpy as np

from desist._types import Data, Draws, Floats, Integers
from desist.inference.likelihood import hurdle, log_probability_of_none
from desist.models.families._dispersion import (
    add_effect,
    declare_dispersions,
    happened,
    likelihood_of_counts,
    read_dispersion,
)
from desist.models.families.protocol import FrequencyFamily, require_priors
from desist.models.priors import Normal
from desist.models.restricted_means import raise_e

REPEATS = "log_repeats"


@dataclass(frozen=True)
class Hurdle(FrequencyFamily):
    r"""Whether anybody offends, and how often those who do.

    :math:`P(y_i > 0) = 1 - e^{-m_i}`, so that :math:`\eta` is the log of the cumulative hazard of a
    first offence, as in `SurvivalModel`; those who offend have counts from
    :math:`\mathrm{NB}(m_i r_T, a_{T_i})` truncated at zero. Covariates, groups and time at risk act
    on both parts; the programme on each by itself. Predictions add the probability of
    "offending" at all.

    Attributes
    ----------
    log_dispersion : Normal
        Prior of :math:`\log a` in the comparison group.
    log_dispersion_ratio : Normal
        Prior of the log ratio of the treated arm's :math:`a` to the comparison group's. It pools
        them, so that a small treated arm borrows strength.
    log_repeats : Normal
        Prior of :math:`\log r` in the comparison group.
    log_repeats_treatment : Normal
        Prior of the programme's effect on :math:`\log r`.

    Raises
    ------
    InputError
        If a setting is no prior; every fault is listed.

    References
    ----------
    Mullahy, J. (1986). Journal of Econometrics 33(3), 341-365, section 2.

    Examples
    --------
    >>> Hurdle().log_repeats
    Normal(mean=0.0, scale=1.5)
    """

    log_dispersion: Normal = Normal(0.0, 1.5)
    log_dispersion_ratio: Normal = Normal(0.0, 0.5)
    log_repeats: Normal = Normal(0.0, 1.5)
    log_repeats_treatment: Normal = Normal(0.0, 1.0)
    name: ClassVar[str] = "hurdle"
    signature: ClassVar[tuple[str, ...]] = ("(d)", "(n)")
    has_dispersion: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the priors."""
        require_priors(self)

    @override
    def declare(self, data: Data) -> tuple[Any, ...]:
        """Return the parameters as variables of the model that is open."""
        base = self.log_repeats.variable(REPEATS)
        effect = self.log_repeats_treatment.variable(f"{REPEATS}_treatment")
        return declare_dispersions(self), base + effect * data["treated"]

    @override
    def log_likelihood(self, counts: Any, data: Data, eta: Any, parameters: tuple[Any, ...]) -> Any:
        """Return one term a row."""
        log_dispersions, log_repeats = parameters
        log_mean = eta + log_repeats
        of_row = log_dispersions[data["distinct_arm"]][data["distinct_position"]]
        positive = likelihood_of_counts(counts, data, log_mean, log_dispersions)
        none = log_probability_of_none(log_mean, of_row)
        return hurdle(positive, happened(counts), none, eta)

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int) -> dict[str, Floats]:
        """Return the offences per person, the dispersion, and the probability of any offence."""
        mean = raise_e(eta + add_effect(REPEATS, draws, arm))
        dispersion = read_dispersion(draws, arm, eta)
        offending = -np.expm1(-np.exp(eta))
        some = _find_some(mean, dispersion)
        # where the mean is too small to be told from none, those who offend do so once
        each = np.divide(mean, some, out=np.ones_like(mean), where=some > 0)
        return {"frequency": offending * each, "dispersion": dispersion, "offending": offending}

    @override
    def draw(self, eta: Floats, draws: Draws, arm: int, rng: np.random.Generator) -> Integers:
        """Draw counts."""
        from scipy.stats import nbinom

        expected = self.predict(eta, draws, arm)
        offending = rng.random(eta.shape) < expected["offending"]
        mean = np.exp(eta + add_effect(REPEATS, draws, arm))[offending]
        dispersion = expected["dispersion"][offending]
        # a tail below that of a first offence is one of the truncated distribution, never 0;
        # where the mean is too small to be told from none, the quantile is missing and the count 1
        tail = rng.random(len(mean)) * _find_some(mean, dispersion)
        repeated = nbinom.isf(tail, dispersion, dispersion / (dispersion + mean))
        counts = np.zeros(eta.shape, dtype=np.int64)
        counts[offending] = np.fmax(repeated, 1)
        return counts

    @override
    def vary(self, eta: Floats, draws: Draws, arm: int) -> Floats:
        """Return the variance of a count."""
        mean = raise_e(eta + add_effect(REPEATS, draws, arm))
        expected = self.predict(eta, draws, arm)["frequency"]
        # truncation leaves the ratio of mean square to mean as it was
        ratio = 1 + mean * (1 + 1 / read_dispersion(draws, arm, eta))
        return expected * ratio - np.square(expected)


def _find_some(mean: Floats, dispersion: Floats) -> Floats:
    """Return the probability of any offence under the distribution that is not truncated."""
    return np.asarray(-np.expm1(-dispersion * np.log1p(mean / dispersion)))
