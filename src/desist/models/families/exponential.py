"""A constant hazard."""

from dataclasses import dataclass
from typing import Any, ClassVar, override

import numpy as np

from desist._types import Data, Draws, Floats
from desist.inference.survival_likelihood import exponential
from desist.models.families._shape import keep_log
from desist.models.families.protocol import SurvivalFamily, Terms
from desist.models.restricted_means import raise_e, restrict_exponential


@dataclass(frozen=True)
class Exponential(SurvivalFamily):
    r"""A hazard that is the same on every day: survival :math:`\exp(-e^\eta t)`.

    Examples
    --------
    >>> Exponential()
    Exponential()
    """

    name: ClassVar[str] = "exponential"
    signature: ClassVar[tuple[str, ...]] = ()

    @override
    def declare(self, eta: Any, data: Data) -> tuple[Any, ...]:
        """Return no parameters."""
        return ()

    @override
    def terms(self, time: Any, data: Data, eta: Any, parameters: tuple[Any, ...]) -> Terms:
        """Return log hazard and log survival."""
        return exponential(time, eta)

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int, horizon: float) -> dict[str, Floats]:
        """Return survival and the restricted mean."""
        return keep_log(-raise_e(eta)) | {"rmst": restrict_exponential(eta)}

    @override
    def find_time(
        self, eta: Floats, draws: Draws, arm: int, horizon: float, *, survival: Floats
    ) -> Floats:
        """Return when survival is so much."""
        return -np.log(survival) * np.exp(-eta)

    @override
    def survive(
        self, eta: Floats, draws: Draws, arm: int, horizon: float, *, share: float
    ) -> Floats:
        """Return survival after a share of the horizon."""
        return np.exp(-raise_e(eta) * share)
