"""The dispersion of counts, one for each arm, and what all counts share."""

from typing import Any, Protocol

import numpy as np

from desist._types import Data, Draws, Floats, Integers
from desist.inference.likelihood import negative_binomial
from desist.models.priors import Normal
from desist.models.restricted_means import raise_e


class WithDispersion(Protocol):
    """A family whose counts differ between people more than Poisson counts."""

    @property
    def log_dispersion(self) -> Normal:
        """Prior of its log in the comparison group."""

    @property
    def log_dispersion_ratio(self) -> Normal:
        """Prior of the log of the arms' ratio."""


def declare_dispersions(family: WithDispersion) -> Any:
    """Return the log dispersions, comparison first, as variables of the model that is open."""
    import pytensor.tensor as pt

    base = family.log_dispersion.variable("log_dispersion")
    ratio = family.log_dispersion_ratio.variable("log_dispersion_ratio")
    return pt.stack([base, base + ratio])


def read_dispersion(draws: Draws, arm: int, eta: Floats) -> Floats:
    """Return the drawn dispersions of an arm, in the shape of eta."""
    return np.broadcast_to(_read_of_draw(draws, arm), eta.shape)


def _read_of_draw(draws: Draws, arm: int) -> Floats:
    """Return the drawn dispersions of an arm, (..., 1)."""
    dispersion = np.exp(draws["log_dispersion"] + arm * draws["log_dispersion_ratio"])
    return np.asarray(dispersion)[..., np.newaxis]


def add_effect(log_scale: str, draws: Draws, arm: int) -> Floats:
    """Return a drawn parameter of an arm, the programme's effect on it added, (..., 1)."""
    return np.asarray(draws[log_scale] + arm * draws[f"{log_scale}_treatment"])[..., np.newaxis]


def likelihood_of_counts(counts: Any, data: Data, log_mean: Any, log_dispersions: Any) -> Any:
    """Return the negative binomial term of each row, its gamma functions at distinct counts."""
    distinct = (data["distinct_count"], data["distinct_arm"])
    return negative_binomial(counts, log_mean, log_dispersions, distinct, data["distinct_position"])


def draw_counts(log_mean: Floats, draws: Draws, arm: int, rng: np.random.Generator) -> Integers:
    """Draw negative binomial counts: Poisson at a personal rate."""
    dispersion = _read_of_draw(draws, arm)
    # what is one number for everybody is handed on as one, and not read anew for each person
    shape = dispersion.item() if dispersion.size == 1 else dispersion
    personal = rng.standard_gamma(shape, log_mean.shape) * (1 / dispersion)
    return rng.poisson(raise_e(log_mean) * personal)


def vary_counts(mean: Floats, draws: Draws, arm: int) -> Floats:
    """Return the variance of negative binomial counts."""
    return mean + np.square(mean) / read_dispersion(draws, arm, mean)


def happened(counts: Any) -> Any:
    """Return 1 for a count of one or more."""
    import pytensor.tensor as pt

    return pt.cast(pt.gt(counts, 0), "float64")
