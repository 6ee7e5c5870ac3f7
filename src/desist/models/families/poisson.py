"""Counts that differ by chance alone."""

from dataclasses import dataclass
from typing import Any, ClassVar, override

import numpy as np

from desist._types import Data, Draws, Floats, Integers
from desist.inference.likelihood import poisson
from desist.models.families.protocol import FrequencyFamily
from desist.models.restricted_means import raise_e


@dataclass(frozen=True)
class Poisson(FrequencyFamily):
    r"""The Poisson distribution, :math:`y_i \sim \mathrm{Poisson}(m_i)`, to compare with only.

    Offences differ between people by far more than a Poisson count, and its intervals are much
    too narrow.

    Examples
    --------
    >>> Poisson().has_dispersion
    False
    """

    name: ClassVar[str] = "poisson"
    signature: ClassVar[tuple[str, ...]] = ()
    has_dispersion: ClassVar[bool] = False

    @override
    def declare(self, data: Data) -> tuple[Any, ...]:
        """Return no parameters."""
        return ()

    @override
    def log_likelihood(self, counts: Any, data: Data, eta: Any, parameters: tuple[Any, ...]) -> Any:
        """Return one term a row."""
        return poisson(counts, eta)

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int) -> dict[str, Floats]:
        """Return the offences per person."""
        return {"frequency": raise_e(eta)}

    @override
    def draw(self, eta: Floats, draws: Draws, arm: int, rng: np.random.Generator) -> Integers:
        """Draw counts."""
        return rng.poisson(np.exp(eta))

    @override
    def vary(self, eta: Floats, draws: Draws, arm: int) -> Floats:
        """Return the variance of a count: its mean."""
        return raise_e(eta)
