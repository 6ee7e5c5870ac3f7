"""The reoffending rate: a logistic model of who reoffended."""

from dataclasses import dataclass
from typing import Any, ClassVar, override

import numpy as np

from desist._types import Data, Draws, Floats
from desist.cohort.outcomes import Outcomes, find_lost
from desist.errors import Fault, raise_faults
from desist.inference.likelihood import bernoulli_logit
from desist.models._observed import LOGIT, Observed, observe_one
from desist.models.predictors import FROM_DESIGN
from desist.models.priors import Priors
from desist.models.protocol import Columns, Model, ObservedModel
from desist.models.settings import find_predictor_faults, settle_groups


@dataclass(frozen=True)
class RateModel(Model, ObservedModel):
    r"""Bernoulli model of a proven reoffence within the follow-up, on the log-odds scale.

    .. math:: y_i \sim \mathrm{Bernoulli}(p_i), \quad \mathrm{logit}\,p_i = \eta_i

    Each person's log-likelihood is multiplied by the scaled weight. The programme effect is
    read off predictions, never off the coefficient: see `estimate_effects`.

    Attributes
    ----------
    covariates : str or None
        Right-hand side of a formula; "design" for that of the design, or none where it has
        none; None leaves adjustment to the weights alone.
    groups : tuple of str or None
        Groupings with varying intercepts and programme effects; None takes the cohort's.
        "matched_set" stands for the sets of the design, which have intercepts alone.
    priors : Priors
        On the log-odds scale.

    Raises
    ------
    InputError
        If a setting is of the wrong kind; every fault is listed.

    Examples
    --------
    >>> import desist as ds
    >>> model = ds.RateModel(covariates="age")
    >>> model.covariates
    'age'
    """

    covariates: str | None = FROM_DESIGN
    groups: tuple[str, ...] | None = None
    priors: Priors = Priors()
    name: ClassVar[str] = "rate"
    needs: ClassVar[str] = "reoffended"

    def __post_init__(self) -> None:
        """Check the settings."""
        settle_groups(self)
        raise_faults("rate model", find_predictor_faults(self))

    @override
    def read_columns(self, outcomes: Outcomes, horizon: float) -> Columns | None:
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
        lost = find_lost(outcomes, horizon)
        if lost.any():
            found = f"{int(lost.sum())} followed for less"
            advice = "give a horizon that everybody reached"
            faults.append(Fault("horizon", f"{horizon:g} days for everybody", found, advice))
        if followed.max() > horizon and outcomes.days is None:
            found = "longer follow-up and no days of first reoffences"
            advice = "give days= to Cohort, or a horizon that equals the follow-up"
            faults.append(Fault("horizon", f"reoffences within {horizon:g} days", found, advice))
        raise_faults("rate model", faults)
        within = outcomes.reoffended
        if outcomes.days is not None:
            within = within & (outcomes.days <= horizon)
        return {"reoffended": within.astype(float)}

    @override
    def complete_rows(self, rows: Columns) -> Columns:
        """Return the collapsed rows as they are."""
        return rows

    @override
    def add_outcome(self, eta: Any, data: Data) -> None:
        """Add the observed outcome to the PyMC model that is open."""
        import pymc as pm

        def weighted(value: Any, log_odds: Any) -> Any:
            return data["weight"] * bernoulli_logit(value, log_odds)

        pm.CustomDist("outcome", eta, logp=weighted, random=_draw_anew, observed=data["reoffended"])

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int, horizon: float) -> dict[str, Floats]:
        """Return the probability of a reoffence, shape of `eta`."""
        from scipy.special import expit

        return {"rate": expit(eta)}

    @override
    def observe(self, rows: Columns, horizon: float) -> Observed:
        """Return who of the rows reoffended, beside what is expected."""

        def expect(eta: Floats, draws: Draws, arm: int) -> Floats:
            return self.predict(eta, draws, arm, horizon)["rate"]

        def vary(eta: Floats, draws: Draws, arm: int) -> Floats:
            rate = expect(eta, draws, arm)
            return rate * (1 - rate)

        return observe_one(rows["reoffended"], "rate", expect, vary=vary, link=LOGIT)


def _draw_anew(log_odds: Floats, rng: np.random.Generator, size: Any) -> Floats:
    """Draw who reoffends, whatever the weights."""
    from scipy.special import expit

    drawn: Floats = (rng.random(size) < expit(log_odds)).astype(float)
    return drawn
