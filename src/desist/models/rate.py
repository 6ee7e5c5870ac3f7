"""The reoffending rate: a logistic model of who reoffended."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from desist.cohort.outcomes import Outcomes
from desist.errors import Fault, raise_faults
from desist.inference.likelihood import bernoulli_logit
from desist.models.observed import LOGIT, Observed, observe_one
from desist.models.priors import Priors


@dataclass(frozen=True)
class RateModel:
    r"""Bernoulli model of a proven reoffence within the follow-up, on the log-odds scale.

    .. math:: y_i \sim \mathrm{Bernoulli}(p_i), \quad \mathrm{logit}\,p_i = \eta_i

    Each person's log-likelihood is multiplied by the scaled weight. The programme effect is
    read off predictions, never off the coefficient: see `estimate_effects`.

    Attributes
    ----------
    covariates : str or None
        Right-hand side of a formula, or "design" for that of the design; None leaves
        adjustment to the weights alone.
    groups : tuple of str or None
        Groupings with varying intercepts and programme effects; None takes the cohort's.
        "matched_set" stands for the sets of the design, which have intercepts alone.
    priors : Priors
        On the log-odds scale.
    """

    covariates: str | None = None
    groups: tuple[str, ...] | None = None
    priors: Priors = Priors()
    name: ClassVar[str] = "rate"
    needs: ClassVar[str] = "reoffended"

    def read_columns(self, outcomes: Outcomes, horizon: float) -> dict[str, NDArray[Any]] | None:
        """Return who reoffended within the horizon, or None when the cohort lacks it.

        Parameters
        ----------
        outcomes : Outcomes
            Of everybody.
        horizon : float
            Days. Shorter than the follow-up, it needs the days of first reoffences.

        Returns
        -------
        dict of str to ndarray, or None
            "reoffended", 0 or 1, shape (n_people,).

        Raises
        ------
        InputError
            If somebody was followed for less than the horizon, or for longer while the days
            are not known: a rate is about the same time for everybody.
        """
        if outcomes.reoffended is None:
            return None
        followed = outcomes.time_at_risk
        faults = []
        if followed.min() < horizon:
            found = f"{int((followed < horizon).sum())} followed for less"
            advice = "give a horizon that everybody reached"
            faults.append(Fault("horizon", f"{horizon:g} days for everybody", found, advice))
        if followed.max() > horizon and outcomes.days is None:
            found = f"follow-up of up to {followed.max():g} days and no days of first reoffences"
            advice = "give days= to Cohort, or a horizon that equals the follow-up"
            faults.append(Fault("horizon", f"reoffences within {horizon:g} days", found, advice))
        raise_faults("rate model", faults)
        within = outcomes.reoffended
        if outcomes.days is not None:
            within = within & (outcomes.days <= horizon)
        return {"reoffended": within.astype(float)}

    def complete_rows(self, rows: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return the collapsed rows as they are."""
        return rows

    def add_outcome(self, eta: Any, data: dict[str, Any]) -> None:
        """Add the observed outcome to the PyMC model that is open."""
        import pymc as pm

        def weighted(value: Any, log_odds: Any) -> Any:
            return data["weight"] * bernoulli_logit(value, log_odds)

        pm.CustomDist("outcome", eta, logp=weighted, observed=data["reoffended"])

    def predict(
        self,
        eta: NDArray[np.float64],
        draws: dict[str, NDArray[np.float64]],  # noqa: ARG002
        arm: int,  # noqa: ARG002
        horizon: float,  # noqa: ARG002
    ) -> dict[str, NDArray[np.float64]]:
        """Return the probability of a reoffence, shape of `eta`."""
        from scipy.special import expit

        return {"rate": expit(eta)}

    def observe(self, rows: dict[str, NDArray[Any]], horizon: float) -> Observed:
        """Return who of the fit's rows reoffended, beside what is expected."""
        return observe_one(
            rows["reoffended"],
            "rate",
            lambda eta, draws, arm: self.predict(eta, draws, arm, horizon),
            vary=lambda predicted: predicted["rate"] * (1 - predicted["rate"]),
            link=LOGIT,
        )
