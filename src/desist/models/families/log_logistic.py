"""A hazard that may rise and then falls: log-odds that are linear in log time."""

from dataclasses import dataclass
from typing import Any, ClassVar, override

import numpy as np

from desist._types import Data, Draws, Floats
from desist.inference.survival_likelihood import log_logistic
from desist.models.families._shape import declare_shape, keep_log, move_level, read_shape
from desist.models.families.protocol import SurvivalFamily, Terms, require_priors
from desist.models.priors import Normal
from desist.models.restricted_means import restrict_log_logistic


@dataclass(frozen=True)
class LogLogistic(SurvivalFamily):
    r"""The log-logistic distribution: survival :math:`1 / (1 + e^\eta t^k)`.

    Its shape :math:`k` is that of each arm.

    Attributes
    ----------
    log_shape : Normal
        Prior of :math:`\log k` in the comparison group.
    log_shape_ratio : Normal or None
        Prior of the log ratio of the treated arm's :math:`k` to the comparison group's; None for
        one shape.

    Raises
    ------
    InputError
        If a setting is no prior; every fault is listed.

    References
    ----------
    Kalbfleisch, J. D. and Prentice, R. L. (2002). The Statistical Analysis of Failure Time Data,
    2nd ed., section 2.2.6.

    Examples
    --------
    >>> LogLogistic(log_shape=Normal(0, 0.2)).log_shape.scale
    0.2
    """

    log_shape: Normal = Normal(0.0, 0.5)
    log_shape_ratio: Normal | None = Normal(0.0, 0.5)
    name: ClassVar[str] = "log_logistic"
    signature: ClassVar[tuple[str, ...]] = ("(n)",)

    def __post_init__(self) -> None:
        """Check the priors."""
        require_priors(self, optional=("log_shape_ratio",))

    @override
    def declare(self, eta: Any, data: Data) -> tuple[Any, ...]:
        """Return the log shape of each row."""
        return (declare_shape(self, eta, data),)

    @override
    def terms(self, time: Any, data: Data, eta: Any, parameters: tuple[Any, ...]) -> Terms:
        """Return log hazard and log survival."""
        return log_logistic(time, eta, *parameters)

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int, horizon: float) -> dict[str, Floats]:
        """Return survival and the restricted mean."""
        restricted = restrict_log_logistic(eta, read_shape(self, draws, arm))
        return keep_log(-np.logaddexp(0.0, eta)) | {"rmst": restricted}

    @override
    def find_time(
        self, eta: Floats, draws: Draws, arm: int, horizon: float, *, survival: Floats
    ) -> Floats:
        """Return when survival is so much."""
        from scipy.special import logit

        level: Floats = -logit(survival)
        return np.exp((level - eta) / read_shape(self, draws, arm))

    @override
    def survive(
        self, eta: Floats, draws: Draws, arm: int, horizon: float, *, share: float
    ) -> Floats:
        """Return survival after a share of the horizon."""
        from scipy.special import expit

        level = move_level(eta, read_shape(self, draws, arm), share)
        survival: Floats = expit(-level)
        return survival
