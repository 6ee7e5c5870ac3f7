"""The time to the first reoffence, for everybody: a model with censoring."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, override

import numpy as np

from desist._types import Data, Draws, Floats
from desist.arguments import find_number_faults
from desist.cohort.outcomes import Outcomes
from desist.errors import Fault, raise_faults
from desist.inference.likelihood import add_never
from desist.inference.survival_likelihood import first_reoffence, first_reoffence_within
from desist.models._observed import Observed, observe_days, observe_times
from desist.models.families import (
    SETTLING_FAMILIES,
    SURVIVAL_FAMILIES,
    Flexible,
    SettlingFamily,
    SurvivalFamily,
    WithCured,
)
from desist.models.predictors import FROM_DESIGN
from desist.models.priors import Priors
from desist.models.protocol import (
    Columns,
    Model,
    ObservedModel,
    ObservedTimes,
    SettlingModel,
    TimedModel,
)
from desist.models.settings import find_predictor_faults, settle_family, settle_groups

HALF_A_DAY = 0.5
# Time 0 has no logarithm. At this fraction of the horizon nobody has reoffended under any
# shape above 0.05.
FIRST_INSTANT = 1e-300
BEFORE = "_before"  # of what belongs to the beginning of an interval


@dataclass(frozen=True)
class SurvivalModel(Model, TimedModel, ObservedModel, ObservedTimes, SettlingModel):
    r"""Model of the time to the first proven reoffence, censored at the end of follow-up.

    With time :math:`t` as a fraction of the horizon, so that 1 is the horizon, and the shape
    :math:`k_T` of each arm, the survival of a person is

    ===============  ============================================================
    `Weibull`        :math:`\exp(-e^\eta t^{k})`
    `Exponential`    :math:`\exp(-e^\eta t)`
    `Pieces`         :math:`\exp(-e^\eta \Lambda_T(t))`, :math:`\Lambda_T` linear
                     between its cuts and :math:`\Lambda_T(1) = 1`
    `MixtureCure`    :math:`\pi + (1 - \pi)\exp(-\Lambda t^{k})`, :math:`\pi` and
                     :math:`\Lambda` from :math:`\eta` and the share :math:`q_T` of
                     those free at the horizon who are cured
    `LogLogistic`    :math:`1 / (1 + e^\eta t^{k})`
    `LogNormal`      :math:`\Phi\{-(\eta + k\log t)/c\}`, :math:`c = \pi/\sqrt3`
    `Flexible`       the default: eight pieces that end at quantiles of the days
                     of reoffences; the Weibull where fewer than ten reoffended
    ===============  ============================================================

    Survival at the horizon depends on :math:`\eta` alone, and a larger :math:`\eta` is more
    hazard in all. In the first four it is the log of the cumulative hazard at the horizon, in
    the fifth the log-odds of a reoffence by then, in the last a probit that is scaled to be
    near log-odds: so the priors of the programme effect, a log hazard ratio or a log odds
    ratio, mean much the same in each. In the language of accelerated failure times
    :math:`-\eta/k` is the log of the time scale, and the effect on it is :math:`-\tau/k`.
    Each arm has its own shape, and the prior of their ratio pools them: with one shape for
    both, the days of the few who reoffended would follow from how many they are.
    Days are counted whole: a reoffence on the day of release (0 days) is one that fell into
    the first half day, and enters as :math:`1 - S(0.5)`.

    Attributes
    ----------
    covariates : str or None
        Right-hand side of a formula; "design" for that of the design, or none where it has
        none; None leaves adjustment to the weights alone.
    groups : tuple of str or None
        Groupings with varying intercepts and programme effects; None takes the cohort's.
        "matched_set" stands for the sets of the design, which have intercepts alone.
    priors : Priors
        On the scale of :math:`\eta`.
    family : SurvivalFamily, SettlingFamily or str
        A record of `desist.models.families` with its own priors, or the word for one with its
        defaults: "weibull", "exponential", "log_normal", "log_logistic", "mixture_cure",
        "flexible". The pieces of "piecewise_exponential" need cut points:
        `Pieces(cuts=(30, 91, 182))`.
    recorded_in : float or None
        Width in days of the interval that the days are recorded in: 7 for weeks, 30.4 for
        months. A recorded `d` is the end of its interval, so that the reoffence fell between
        `d - recorded_in` and `d` and enters as :math:`S(l) - S(u)`: the first week is 7, not
        0. None when days are known.

    Raises
    ------
    InputError
        If the family is not known, or a setting is of the wrong kind; every fault is listed.

    References
    ----------
    Kalbfleisch, J. D. and Prentice, R. L. (2002). The Statistical Analysis of Failure Time
    Data, 2nd ed., chapter 2.

    Examples
    --------
    >>> SurvivalModel(family="exponential").family
    Exponential()
    >>> from desist.models.families import Pieces
    >>> SurvivalModel(family=Pieces(cuts=(30, 91, 182))).law.cuts
    (30.0, 91.0, 182.0)
    """

    covariates: str | None = FROM_DESIGN
    groups: tuple[str, ...] | None = None
    priors: Priors = Priors()
    family: SurvivalFamily | SettlingFamily | str = Flexible()
    recorded_in: float | None = None
    name: ClassVar[str] = "survival"
    needs: ClassVar[str] = "days"

    def __post_init__(self) -> None:
        """Check the settings."""
        settle_groups(self)
        known = {**SURVIVAL_FAMILIES, **SETTLING_FAMILIES}
        faults = settle_family(self, SurvivalFamily | SettlingFamily, known)
        faults += find_predictor_faults(self)
        recorded_in = self.recorded_in
        faults += find_number_faults("recorded_in", recorded_in, above=0.0, optional=True)
        raise_faults("survival model", faults)

    @property
    def law(self) -> SurvivalFamily:
        """The family as a record, also where it was given as a word.

        One that takes settings from the data has to be settled first, as `fit_model` does.
        """
        if isinstance(self.family, str):
            raise TypeError("a family is a record once the model is made")
        if isinstance(self.family, SettlingFamily):
            raise TypeError(f"the {self.family.name} family is settled when it is fitted")
        return self.family

    @property
    @override
    def structure(self) -> "SurvivalModel":
        """The model but for what is data to the compiled one, such as where hazards change."""
        return replace(self, family=self.law.structure)

    @override
    def settle(self, outcomes: Outcomes, weights: Floats, horizon: float) -> "SurvivalModel":
        """Return the model that is fitted: with a family that has seen the reoffences.

        Parameters
        ----------
        outcomes : Outcomes
            Of everybody.
        weights : ndarray of float, shape (n_people,)
            On the scale of the likelihood; people of weight 0 have no say.
        horizon : float
            Days.

        Returns
        -------
        SurvivalModel
            Most often the same.
        """
        days, reoffended = outcomes.days, outcomes.reoffended
        if not isinstance(self.family, SettlingFamily) or days is None or reoffended is None:
            return self
        counts = (weights > 0) & reoffended & (days <= horizon)
        return replace(self, family=self.family.settle(days[counts], weights[counts], horizon))

    @override
    def read_columns(self, outcomes: Outcomes, horizon: float) -> Columns | None:
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
        changes = self.law.find_changes()
        if not changes:
            return columns
        starts = np.array([0.0, *changes]) / horizon
        return columns | {"starts": np.tile(starts, (len(days), 1))}

    @override
    def complete_rows(self, rows: Columns) -> Columns:
        """Keep what is the same in all rows once, and say which are of the day of release."""
        rows = rows | {name: rows[name][0] for name in ("starts",) if name in rows}
        shared = self.law.share_out(rows["time"], rows)
        if "on_release_day" not in rows:
            before = self.law.share_out(rows["interval_start"], rows)
            return rows | shared | {f"{name}{BEFORE}": part for name, part in before.items()}
        found = np.flatnonzero(rows["on_release_day"])
        # the first row stands in where there are none: an array of the model is never empty
        on_the_day = found if found.size else np.zeros(1, int)
        return rows | shared | {"on_release_day_rows": on_the_day}

    @override
    def add_outcome(self, eta: Any, data: Data) -> None:
        """Add the observed outcome to the PyMC model that is open."""
        import pymc as pm

        family = self.law
        known = set(pm.modelcontext(None).free_RVs)
        declared = family.declare(eta, data)
        own = [one for one in pm.modelcontext(None).free_RVs if one not in known]

        def weighted(value: Any, level: Any, *parameters: Any) -> Any:
            mine = parameters[: len(declared)]
            return data["weight"] * self._log_likelihood(value, data, level, mine)

        def draw_anew(level: Floats, *given: Any, rng: np.random.Generator, **_: Any) -> Floats:
            drawn = {one.name: part for one, part in zip(own, given[len(declared) :], strict=True)}
            return self._draw_times(level, drawn, data, rng)

        # the family's own parameters follow for the sake of drawing anew, as in `FrequencyModel`
        sizes = [f"({','.join(f'{one.name}_{i}' for i in range(one.ndim))})" for one in own]
        pm.CustomDist(
            "outcome",
            eta,
            *declared,
            *own,
            logp=weighted,
            random=draw_anew,
            observed=data["time"],
            signature=f"{','.join(('(n)', *family.signature, *sizes))}->(n)",
        )

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int, horizon: float) -> dict[str, Floats]:
        r"""Return survival and restricted mean days at the horizon, each of the shape of `eta`.

        The restricted mean :math:`h\int_0^1 S(t)\,dt` has a closed form in every family, for
        the Weibull :math:`h\,e^{-\eta/k}\,\Gamma(1 + 1/k)\,P(1/k, e^{\eta})` with the
        regularised lower incomplete gamma function :math:`P`, for the log-logistic
        :math:`h\,{}_2F_1(1, 1/k; 1 + 1/k; -e^{\eta})`. The mixture cure model adds the
        fraction "cured" of everybody.
        """
        predicted = self.law.predict(eta, draws, arm, horizon)
        return predicted | {"rmst": horizon * predicted["rmst"]}

    @override
    def predict_survival(
        self, eta: Floats, draws: Draws, arm: int, horizon: float, *, share: float
    ) -> Floats:
        """Return survival after a share of the horizon, of the shape of `eta`."""
        return self.law.survive(eta, draws, arm, horizon, share=share)

    @override
    def observe(self, rows: Columns, horizon: float) -> Observed:
        """Return who of the rows reoffended, and when, beside what is expected."""
        return observe_times(
            rows,
            horizon,
            lambda eta, draws, arm, share: self.law.survive(eta, draws, arm, horizon, share=share),
            lambda eta, draws, arm: self.predict(eta, draws, arm, horizon),
        )

    @override
    def observe_days(self, rows: Columns, horizon: float, shares: Floats) -> Observed:
        """Return who of the rows reoffended by some shares of the horizon."""
        return observe_days(
            rows,
            lambda eta, draws, arm, share: self.law.survive(eta, draws, arm, horizon, share=share),
            shares,
        )

    def _draw_times(
        self, level: Floats, drawn: Draws, data: Data, rng: np.random.Generator
    ) -> Floats:
        """Draw times as shares of the horizon, beyond 1 or infinite without a reoffence in it."""
        # batches of draws stand one after another, as in a fit of one chain
        n_rows, n_draws = level.shape[-1], int(np.prod(level.shape[:-1]))
        eta = np.reshape(level, (1, n_draws, n_rows))
        draws = {
            name: np.reshape(part, (1, n_draws, *part.shape[level.ndim - 1 :]))
            for name, part in drawn.items()
        }
        family = self.law
        if "starts" in data:
            family = family.move_changes(tuple(data["starts"].get_value()[1:].tolist()))
        survival = 1 - rng.random(eta.shape)
        arms = [family.find_time(eta, draws, arm, 1.0, survival=survival) for arm in (0, 1)]
        times: Floats = np.where(data["treated"].get_value() == 1, arms[1], arms[0])
        return times.reshape(level.shape)

    def _compare(self, days: Floats, horizon: float) -> list[Fault]:
        faults = []
        last = max(self.law.find_changes(), default=0.0)
        if last >= horizon:
            expected = f"cut points before the horizon of {horizon:g} days"
            faults.append(Fault("cuts", expected, f"{last:g}"))
        if self.recorded_in is not None and (n_zero := int((days == 0).sum())):
            expected = "the end of the interval that each reoffence fell in"
            advice = f"intervals that are counted from 0 end {self.recorded_in:g} days later"
            faults.append(Fault("recorded_in", expected, f"0 days for {n_zero} people", advice))
        return faults

    def _log_likelihood(self, time: Any, data: Data, eta: Any, parameters: tuple[Any, ...]) -> Any:
        family, event = self.law, data["reoffended"]
        terms = family.terms(time, data, eta, parameters)
        if self.recorded_in is None:
            term = first_reoffence(
                terms, event, data["on_release_day"], data["on_release_day_rows"]
            )
        else:
            earlier = {name: data[f"{name}{BEFORE}"] for name in data if f"{name}{BEFORE}" in data}
            before = family.terms(data["interval_start"], {**data, **earlier}, eta, parameters)
            term = first_reoffence_within(before[1], terms[1], event)
        if not isinstance(family, WithCured):
            return term
        return add_never(term, event, family.log_odds_never(eta, parameters))
