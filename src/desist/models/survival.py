"""The time to the first reoffence, for everybody: a model with censoring."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from desist.cohort.outcomes import Outcomes
from desist.errors import Fault, raise_faults
from desist.inference.likelihood import add_never
from desist.inference.survival_likelihood import first_reoffence, first_reoffence_within
from desist.models.flexible import TOWARDS_PROPORTIONAL, choose_cuts, walk
from desist.models.observed import Observed, observe_days, observe_times
from desist.models.priors import Normal, Priors
from desist.models.survival_families import FAMILIES

HALF_A_DAY = 0.5
FLEXIBLE = "flexible"  # a family once it has seen the days of reoffences
# Time 0 has no logarithm. At this fraction of the horizon nobody has reoffended under any
# shape above 0.05.
FIRST_INSTANT = 1e-300


@dataclass(frozen=True)
class SurvivalModel:
    r"""Model of the time to the first proven reoffence, censored at the end of follow-up.

    With time :math:`t` as a fraction of the horizon, so that 1 is the horizon, and the shape
    :math:`k_T` of each arm, the survival of a person is

    =========================  ============================================================
    ``weibull``                :math:`\exp(-e^\eta t^{k})`
    ``exponential``            :math:`\exp(-e^\eta t)`
    ``piecewise_exponential``  :math:`\exp(-e^\eta \Lambda_T(t))`, :math:`\Lambda_T` linear
                               between `cuts` and :math:`\Lambda_T(1) = 1`
    ``mixture_cure``           :math:`\pi + (1 - \pi)\exp(-\Lambda t^{k})`, :math:`\pi` and
                               :math:`\Lambda` from :math:`\eta` and the share :math:`q_T` of
                               those free at the horizon who are cured
    ``log_logistic``           :math:`1 / (1 + e^\eta t^{k})`
    ``log_normal``             :math:`\Phi\{-(\eta + k\log t)/c\}`, :math:`c = \pi/\sqrt3`
    ``flexible``               pieces that end at quantiles of the days of reoffences, up to ten;
                               the Weibull where fewer than sixteen people reoffended
    =========================  ============================================================

    Survival at the horizon depends on :math:`\eta` alone, and a larger :math:`\eta` is more
    hazard in all. In the first four it is the log of the cumulative hazard at the horizon, in
    the fifth the log-odds of a reoffence by then, in the last a probit that is scaled to be
    near log-odds: so the priors of the programme effect, a log hazard ratio or a log odds
    ratio, mean much the same in each. In the language of accelerated failure times
    :math:`-\eta/k` is the log of the time scale, and the effect on it is :math:`-\tau/k`.
    For the mixture, :math:`\pi = q_T\exp(-e^\eta)`, and :math:`\Lambda` gives
    :math:`S(1) = \exp(-e^\eta)`: the programme may cure and delay apart, while what is known
    well, how many reoffend in time, is a parameter of its own.
    Each arm has its own shape, and the prior of their ratio pools them: with one shape for
    both, the days of the few who reoffended would follow from how many they are.
    Days are counted whole: a reoffence on the day of release (0 days) is one that fell into
    the first half day, and enters as :math:`1 - S(0.5)`.

    Attributes
    ----------
    covariates : str or None
        Right-hand side of a formula, or "design" for that of the design; None leaves
        adjustment to the weights alone.
    groups : tuple of str or None
        Groupings with varying intercepts and programme effects; None takes the cohort's.
        "matched_set" stands for the sets of the design, which have intercepts alone.
    priors : Priors
        On the scale of :math:`\eta`.
    log_shape : Normal
        Prior of :math:`\log k` in the comparison group; for pieces, of the step of the log
        hazard from one piece to the next. 0 is a constant hazard in the families that have
        one.
    log_shape_ratio : Normal or None
        Prior of the log ratio of the treated arm's :math:`k` to the comparison group's (for
        pieces, of the difference of their steps); None for one shape.
    family : str
        One of the families above.
    cuts : tuple of float
        Days at which the piecewise hazard changes; empty for the other families.
    recorded_in : float or None
        Width in days of the interval that the days are recorded in: 7 for weeks, 30.4 for
        months. A recorded `d` is the end of its interval, so that the reoffence fell between
        `d - recorded_in` and `d` and enters as :math:`S(l) - S(u)`: the first week is 7, not
        0. None when days are known.
    log_odds_cured : Normal
        Prior of the log-odds that a comparison person who has not reoffended by the horizon
        never will (mixture cure). A short follow-up tells the cured from the slow only by
        the shape: read the posterior with this prior beside it.
    log_odds_cured_treatment : Normal
        Prior of the programme's effect on these log-odds; up is better.

    Raises
    ------
    InputError
        If the family is not known, or `cuts` or `recorded_in` do not fit.

    References
    ----------
    Kalbfleisch, J. D. and Prentice, R. L. (2002). The Statistical Analysis of Failure Time
    Data, 2nd ed., chapter 2. Maller, R. and Zhou, X. (1996). Survival Analysis with Long-Term
    Survivors.

    Examples
    --------
    >>> SurvivalModel(family="piecewise_exponential", cuts=(30, 91, 182)).cuts
    (30.0, 91.0, 182.0)
    """

    covariates: str | None = None
    groups: tuple[str, ...] | None = None
    priors: Priors = Priors()
    log_shape: Normal = Normal(0.0, 0.5)
    log_shape_ratio: Normal | None = Normal(0.0, 0.5)
    family: str = "weibull"
    cuts: tuple[float, ...] = ()
    recorded_in: float | None = None
    log_odds_cured: Normal = Normal(0.0, 1.5)
    log_odds_cured_treatment: Normal = Normal(0.0, 1.0)
    name: ClassVar[str] = "survival"
    needs: ClassVar[str] = "days"

    def __post_init__(self) -> None:
        object.__setattr__(self, "cuts", tuple(float(cut) for cut in self.cuts))
        raise_faults("survival model", [*self._find_faults()])

    def read_columns(self, outcomes: Outcomes, horizon: float) -> dict[str, NDArray[Any]] | None:
        """Return the outcome columns, or None when the cohort lacks them.

        Parameters
        ----------
        outcomes : Outcomes
            Of everybody.
        horizon : float
            Days that count as 1.

        Returns
        -------
        dict of str to ndarray, each with one row a person
            Times as fractions of the horizon.

        Raises
        ------
        InputError
            If a cut point lies beyond the horizon, or days that are recorded in intervals
            are 0.
        """
        if outcomes.days is None or outcomes.reoffended is None:
            return None
        reoffended, days = outcomes.reoffended, outcomes.days
        raise_faults("survival model", self._compare(days[reoffended], horizon))
        on_release_day = reoffended & (days == 0)
        columns = {
            "time": np.where(on_release_day, HALF_A_DAY, days) / horizon,
            "reoffended": reoffended.astype(float),
        }
        if self.recorded_in is None:
            columns["on_release_day"] = on_release_day.astype(float)
        else:
            start = np.where(reoffended, days - self.recorded_in, 0.0) / horizon
            columns["interval_start"] = np.maximum(start, FIRST_INSTANT)
        constants = FAMILIES[self.family].constants(self, horizon)
        return columns | {name: np.tile(c, (len(days), 1)) for name, c in constants.items()}

    def complete_rows(self, rows: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Keep what is the same in all rows once, and say which are of the day of release."""
        once = {name: rows[name][0] for name in ("starts",) if name in rows}
        if "on_release_day" not in rows:
            return rows | once
        found = np.flatnonzero(rows["on_release_day"])
        # the first row stands in where there are none: an array of the model is never empty
        return rows | once | {"on_release_day_rows": found if found.size else np.zeros(1, int)}

    def add_outcome(self, eta: Any, data: dict[str, Any]) -> None:
        """Add the observed outcome to the PyMC model that is open."""
        import pymc as pm

        family = FAMILIES[self.family]

        def weighted(value: Any, level: Any, *parameters: Any) -> Any:
            return data["weight"] * self._log_likelihood(value, data, level, parameters)

        pm.CustomDist(
            "outcome",
            eta,
            *family.declare(self, eta, data),
            logp=weighted,
            observed=data["time"],
            signature=f"{','.join(('(n)', *family.signature))}->(n)",
        )

    def predict(
        self,
        eta: NDArray[np.float64],
        draws: dict[str, NDArray[np.float64]],
        arm: int,
        horizon: float,
    ) -> dict[str, NDArray[np.float64]]:
        r"""Return survival and restricted mean days at the horizon, each of the shape of `eta`.

        The restricted mean :math:`h\int_0^1 S(t)\,dt` has a closed form in every family, for
        the Weibull :math:`h\,e^{-\eta/k}\,\Gamma(1 + 1/k)\,P(1/k, e^{\eta})` with the
        regularised lower incomplete gamma function :math:`P`, for the log-logistic
        :math:`h\,{}_2F_1(1, 1/k; 1 + 1/k; -e^{\eta})`. The mixture cure model adds the
        fraction "cured" of everybody.
        """
        predicted = FAMILIES[self.family].predict(self, eta, draws, arm, horizon)
        return predicted | {"rmst": horizon * predicted["rmst"]}

    def predict_survival(
        self,
        eta: NDArray[np.float64],
        draws: dict[str, NDArray[np.float64]],
        arm: int,
        horizon: float,
        *,
        share: float,
    ) -> NDArray[np.float64]:
        """Return survival after a share of the horizon, of the shape of `eta`."""
        return FAMILIES[self.family].survive(self, eta, draws, arm, horizon, share)

    def settle(
        self, outcomes: Outcomes, weights: NDArray[np.float64], horizon: float
    ) -> "SurvivalModel":
        """Return the model that is fitted: of the flexible family, one with cut points."""
        if self.family != FLEXIBLE or outcomes.days is None or outcomes.reoffended is None:
            return self
        counts = (weights > 0) & outcomes.reoffended & (outcomes.days <= horizon)
        cuts = choose_cuts(outcomes.days[counts], weights[counts], horizon)
        if not cuts:
            return replace(self, family="weibull")
        ratio = self.log_shape_ratio
        if ratio is not None:
            ratio = walk(Normal(ratio.mean, TOWARDS_PROPORTIONAL * ratio.scale), len(cuts))
        return replace(
            self,
            family="piecewise_exponential",
            cuts=cuts,
            log_shape=walk(self.log_shape, len(cuts)),
            log_shape_ratio=ratio,
        )

    @property
    def structure(self) -> "SurvivalModel":
        """The model without what is data to it: where the cut points lie."""
        return replace(self, cuts=tuple(range(1, len(self.cuts) + 1)))

    def observe(self, rows: dict[str, NDArray[Any]], horizon: float) -> Observed:
        """Return who of the fit's rows reoffended, and when, beside what is expected."""
        return observe_times(
            rows,
            horizon,
            lambda eta, draws, arm, share: self.predict_survival(
                eta, draws, arm, horizon, share=share
            ),
            lambda eta, draws, arm: self.predict(eta, draws, arm, horizon),
        )

    def observe_days(
        self, rows: dict[str, NDArray[Any]], horizon: float, shares: NDArray[np.float64]
    ) -> Observed:
        """Return who of the fit's rows reoffended by some shares of the horizon."""
        return observe_days(
            rows,
            lambda eta, draws, arm, share: self.predict_survival(
                eta, draws, arm, horizon, share=share
            ),
            shares,
        )

    def _find_faults(self) -> list[Fault]:
        faults = []
        if self.family not in (*FAMILIES, FLEXIBLE):
            known = ", ".join((*FAMILIES, FLEXIBLE))
            faults.append(Fault("family", f"one of {known}", repr(self.family)))
        elif self.family == "piecewise_exponential":
            if not self.cuts or not np.all(np.diff([0.0, *self.cuts, math.inf]) > 0):
                expected = "days above 0 in ascending order"
                faults.append(Fault("cuts", expected, repr(self.cuts), "such as (30, 91, 182)"))
        elif self.cuts:
            expected = f"none for the {self.family} family"
            faults.append(
                Fault("cuts", expected, repr(self.cuts), 'ask for "piecewise_exponential"')
            )
        if self.recorded_in is not None and not 0 < self.recorded_in < math.inf:
            faults.append(Fault("recorded_in", "days above 0, or None", repr(self.recorded_in)))
        return faults

    def _compare(self, days: NDArray[np.float64], horizon: float) -> list[Fault]:
        faults = []
        if self.cuts and self.cuts[-1] >= horizon:
            expected = f"cut points before the horizon of {horizon:g} days"
            faults.append(Fault("cuts", expected, f"{self.cuts[-1]:g}"))
        if self.recorded_in is not None and (n_zero := int((days == 0).sum())):
            expected = "the end of the interval that each reoffence fell in"
            advice = f"intervals that are counted from 0 end {self.recorded_in:g} days later"
            faults.append(Fault("recorded_in", expected, f"0 days for {n_zero} people", advice))
        return faults

    def _log_likelihood(
        self, time: Any, data: dict[str, Any], eta: Any, parameters: tuple[Any, ...]
    ) -> Any:
        family, event = FAMILIES[self.family], data["reoffended"]
        terms = family.terms(time, data, eta, parameters)
        if self.recorded_in is None:
            term = first_reoffence(
                terms, event, data["on_release_day"], data["on_release_day_rows"]
            )
        else:
            before = family.terms(data["interval_start"], data, eta, parameters)
            term = first_reoffence_within(before[1], terms[1], event)
        if family.log_odds_never is None:
            return term
        return add_never(term, event, family.log_odds_never(eta, parameters))
