"""The frequency of reoffending: a model of offences per person."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from desist.cohort.outcomes import Outcomes
from desist.errors import Fault, InputError
from desist.models.frequency_families import FAMILIES
from desist.models.observed import LOG, Observed, observe_one
from desist.models.priors import Normal, Priors


@dataclass(frozen=True)
class FrequencyModel:
    r"""Model of the number of proven reoffences of everybody, on the log scale.

    With time at risk :math:`t_i`, horizon :math:`h` and :math:`\log m_i = \eta_i +
    \log(t_i / h)`,

    ``negative_binomial``
        :math:`y_i \sim \mathrm{NB}(m_i, a_{T_i})`, :math:`\mathrm{Var}\,y_i = m_i +
        m_i^2 / a_{T_i}`.
    ``zero_inflated``
        A fraction :math:`\pi_T` never offends, however long the follow-up; the others are
        :math:`\mathrm{NB}(m_i/(1 - \pi_T), a_{T_i})`, so that :math:`m_i` stays the mean of
        everybody and the programme effect the log of its ratio (the marginalised form).
    ``hurdle``
        :math:`P(y_i > 0) = 1 - e^{-m_i}`, so that :math:`\eta` is the log of the cumulative
        hazard of a first offence, as in `SurvivalModel`; those who offend have counts from
        :math:`\mathrm{NB}(m_i r_T, a_{T_i})` truncated at zero. Covariates, groups and time at
        risk act on both parts; the programme on each by itself.
    ``poisson``
        :math:`y_i \sim \mathrm{Poisson}(m_i)`. To compare with only: offences differ between
        people by far more than a Poisson count, and its intervals are much too narrow.

    Each arm has its own dispersion; the prior of their ratio pools them, so that a small
    treated arm borrows strength.

    Attributes
    ----------
    covariates : str or None
        Right-hand side of a formula, or "design" for that of the design; None leaves
        adjustment to the weights alone.
    groups : tuple of str or None
        Groupings with varying intercepts and programme effects; None takes the cohort's.
        "matched_set" stands for the sets of the design, which have intercepts alone.
    priors : Priors
        On the log scale.
    log_dispersion : Normal
        Prior of :math:`\log a` in the comparison group.
    log_dispersion_ratio : Normal
        Prior of the log ratio of the treated arm's :math:`a` to the comparison group's.
    family : str
        One of the families above.
    log_odds_inflated : Normal
        Prior of the log-odds of :math:`\pi` in the comparison group (zero-inflated). Counts
        alone hardly tell those who never offend from those who seldom do.
    log_odds_inflated_treatment : Normal
        Prior of the programme's effect on these log-odds; up is better.
    log_repeats : Normal
        Prior of :math:`\log r` in the comparison group (hurdle).
    log_repeats_treatment : Normal
        Prior of the programme's effect on :math:`\log r`.

    Raises
    ------
    InputError
        If the family is not known.

    References
    ----------
    Hilbe, J. M. (2011). Negative Binomial Regression, 2nd ed., chapters 8 and 11. Mullahy, J.
    (1986). Journal of Econometrics 33(3), 341-365. Preisser, J. S. et al. (2016). Statistics in
    Medicine 35(10), 1722-1735.

    Examples
    --------
    >>> FrequencyModel(family="hurdle").log_repeats
    Normal(mean=0.0, scale=1.5)
    """

    covariates: str | None = None
    groups: tuple[str, ...] | None = None
    priors: Priors = Priors()
    log_dispersion: Normal = Normal(0.0, 1.5)
    log_dispersion_ratio: Normal = Normal(0.0, 0.5)
    family: str = "negative_binomial"
    log_odds_inflated: Normal = Normal(0.0, 1.5)
    log_odds_inflated_treatment: Normal = Normal(0.0, 1.0)
    log_repeats: Normal = Normal(0.0, 1.5)
    log_repeats_treatment: Normal = Normal(0.0, 1.0)
    name: ClassVar[str] = "frequency"
    needs: ClassVar[str] = "offences"

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            fault = Fault("family", f"one of {', '.join(FAMILIES)}", repr(self.family))
            raise InputError("frequency model", [fault])

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
        if not FAMILIES[self.family].has_dispersion:
            return rows
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

        family = FAMILIES[self.family]

        def weighted(value: Any, level: Any, *parameters: Any) -> Any:
            return data["weight"] * family.log_likelihood(value, data, level, parameters)

        pm.CustomDist(
            "outcome",
            eta + data["log_time_at_risk"],
            *family.declare(self, data),
            logp=weighted,
            observed=data["offences"],
            signature=f"{','.join(('(n)', *family.signature))}->(n)",
        )

    def predict(
        self,
        eta: NDArray[np.float64],
        draws: dict[str, NDArray[np.float64]],
        arm: int,
        horizon: float,  # noqa: ARG002 - the models share one protocol
    ) -> dict[str, NDArray[np.float64]]:
        """Return expectations over the horizon, each of the shape of `eta`.

        The offences per person ("frequency"); where there is one the "dispersion"; the
        fraction "inflated" that never offends; the probability of "offending" at all under
        the hurdle model.
        """
        return FAMILIES[self.family].predict(eta, draws, arm)

    def observe(self, rows: dict[str, NDArray[Any]], horizon: float) -> Observed:
        """Return the offences of the fit's rows, beside what is expected."""
        return observe_one(
            rows["offences"],
            "frequency",
            lambda eta, draws, arm: self.predict(eta, draws, arm, horizon),
            vary=FAMILIES[self.family].vary,
            link=LOG,
            log_exposure=rows["log_time_at_risk"],
        )
