"""The frequency of reoffending: a negative binomial model of offences per person."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from desist.cohort.outcomes import Outcomes
from desist.inference.likelihood import negative_binomial
from desist.models.priors import Normal, Priors


@dataclass(frozen=True)
class FrequencyModel:
    r"""Negative binomial model of the proven reoffences of everybody, on the log scale.

    .. math:: y_i \sim \mathrm{NB}(m_i, a_{T_i}), \quad
        \log m_i = \eta_i + \log(t_i / h), \quad \mathrm{Var}\,y_i = m_i + m_i^2 / a_{T_i}

    with time at risk :math:`t_i` and horizon :math:`h`. Each arm has its own dispersion;
    the prior of their ratio pools them, so that a small treated arm borrows strength.

    Attributes
    ----------
    covariates : str or None
        Right-hand side of a formula; None leaves adjustment to the design.
    groups : tuple of str or None
        Groupings with varying intercepts and programme effects; None takes the cohort's.
    priors : Priors
        On the log scale.
    log_dispersion : Normal
        Prior of :math:`\log a` in the comparison group.
    log_dispersion_ratio : Normal
        Prior of the log ratio of the treated arm's :math:`a` to the comparison group's.
    """

    covariates: str | None = None
    groups: tuple[str, ...] | None = None
    priors: Priors = Priors()
    log_dispersion: Normal = Normal(0.0, 1.5)
    log_dispersion_ratio: Normal = Normal(0.0, 0.5)
    name: ClassVar[str] = "frequency"
    needs: ClassVar[str] = "offences"

    def read_columns(self, outcomes: Outcomes, horizon: float) -> dict[str, NDArray[Any]] | None:
        """Return the outcome columns, or None when the cohort lacks them."""
        if outcomes.offences is None:
            return None
        return {
            "offences": outcomes.offences.astype(float),
            "log_time_at_risk": np.log(outcomes.time_at_risk / horizon),
        }

    def complete_rows(self, rows: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Add the distinct counts of each arm, where the gamma functions are evaluated."""
        pairs = np.column_stack([rows["offences"], rows["treated"]])
        distinct, position = np.unique(pairs, axis=0, return_inverse=True)
        return rows | {
            "distinct_count": distinct[:, 0],
            "distinct_arm": distinct[:, 1].astype(np.int64),
            "distinct_position": position.ravel().astype(np.int64),
        }

    def add_outcome(self, eta: Any, data: dict[str, Any]) -> None:
        """Add the observed outcome to the PyMC model that is open."""
        import pymc as pm
        import pytensor.tensor as pt

        base = self.log_dispersion.variable("log_dispersion")
        ratio = self.log_dispersion_ratio.variable("log_dispersion_ratio")
        distinct = (data["distinct_count"], data["distinct_arm"])

        def weighted(value: Any, log_mean: Any, dispersions: Any) -> Any:
            return data["weight"] * negative_binomial(
                value, log_mean, dispersions, distinct, data["distinct_position"]
            )

        pm.CustomDist(
            "outcome",
            eta + data["log_time_at_risk"],
            pt.stack([base, base + ratio]),
            logp=weighted,
            observed=data["offences"],
            signature="(n),(d)->(n)",
        )

    def predict(
        self,
        eta: NDArray[np.float64],
        draws: dict[str, NDArray[np.float64]],  # noqa: ARG002 - the models share one protocol
        arm: int,  # noqa: ARG002
        horizon: float,  # noqa: ARG002
    ) -> dict[str, NDArray[np.float64]]:
        """Return the expected offences per person over the horizon, shape of `eta`."""
        return {"frequency": np.exp(eta)}
