"""The time to the first reoffence, for everybody: a Weibull model with censoring."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from desist.cohort.outcomes import Outcomes
from desist.inference.likelihood import weibull
from desist.models.priors import Normal, Priors

HALF_A_DAY = 0.5


@dataclass(frozen=True)
class SurvivalModel:
    r"""Weibull model of the time to the first proven reoffence, censored at follow-up.

    .. math:: S_i(t) = \exp\{-e^{\eta_i} (t/h)^{k_{T_i}}\}

    with horizon :math:`h`, so that :math:`e^{\eta}` is the cumulative hazard at the horizon.
    Each arm has its own shape, and the prior of their ratio pools them: with one shape for
    both, the days of the few who reoffended would follow from how many they are.
    Days are counted whole: a reoffence on the day of release (0 days) is one that fell into
    the first half day, and enters as :math:`1 - S(0.5)`.

    Attributes
    ----------
    covariates : str or None
        Right-hand side of a formula; None leaves adjustment to the design.
    groups : tuple of str or None
        Groupings with varying intercepts and programme effects; None takes the cohort's.
    priors : Priors
        On the log hazard scale.
    log_shape : Normal
        Prior of :math:`\log k` in the comparison group; 0 is a constant hazard.
    log_shape_ratio : Normal or None
        Prior of the log ratio of the treated arm's :math:`k` to the comparison group's; None
        for one shape, which makes hazards proportional.
    """

    covariates: str | None = None
    groups: tuple[str, ...] | None = None
    priors: Priors = Priors()
    log_shape: Normal = Normal(0.0, 0.5)
    log_shape_ratio: Normal | None = Normal(0.0, 0.5)
    name: ClassVar[str] = "survival"
    needs: ClassVar[str] = "days"

    def read_columns(self, outcomes: Outcomes, horizon: float) -> dict[str, NDArray[Any]] | None:
        """Return the outcome columns, or None when the cohort lacks them."""
        if outcomes.days is None or outcomes.reoffended is None:
            return None
        on_release_day = outcomes.reoffended & (outcomes.days == 0)
        days = np.where(on_release_day, HALF_A_DAY, outcomes.days)
        return {
            "time": days / horizon,
            "reoffended": outcomes.reoffended.astype(float),
            "on_release_day": on_release_day.astype(float),
        }

    def complete_rows(self, rows: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return the collapsed rows as they are."""
        return rows

    def add_outcome(self, eta: Any, data: dict[str, Any]) -> None:
        """Add the observed outcome to the PyMC model that is open."""
        import pymc as pm
        import pytensor.tensor as pt

        shape = self.log_shape.variable("log_shape") * pt.ones_like(eta)
        if self.log_shape_ratio is not None:
            shape = shape + self.log_shape_ratio.variable("log_shape_ratio") * data["treated"]

        def weighted(value: Any, log_hazard: Any, log_shape: Any) -> Any:
            return data["weight"] * weibull(
                value, data["reoffended"], log_hazard, log_shape, data["on_release_day"]
            )

        pm.CustomDist(
            "outcome", eta, shape, logp=weighted, observed=data["time"], signature="(n),(n)->(n)"
        )

    def predict(
        self,
        eta: NDArray[np.float64],
        draws: dict[str, NDArray[np.float64]],
        arm: int,
        horizon: float,
    ) -> dict[str, NDArray[np.float64]]:
        r"""Return survival and restricted mean days at the horizon, each of the shape of `eta`.

        .. math:: \int_0^h S(t)\,dt = h\,e^{-\eta/k}\,\Gamma(1 + 1/k)\,P(1/k, e^{\eta})

        with the regularised lower incomplete gamma function :math:`P`.
        """
        from scipy.special import gamma, gammainc

        log_shape = draws["log_shape"]
        if self.log_shape_ratio is not None:
            log_shape = log_shape + arm * draws["log_shape_ratio"]
        shape = np.exp(log_shape)[..., np.newaxis]
        restricted = np.exp(-eta / shape) * gamma(1 + 1 / shape) * gammainc(1 / shape, np.exp(eta))
        return {"survival": np.exp(-np.exp(eta)), "rmst": horizon * restricted}
