"""Cohorts whose effect is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.cohort.cohort import Cohort
from desist.errors import Fault, raise_faults
from desist.estimands import Measure

Vector = NDArray[np.float64]

# Log odds of taking part and log intensity of offending: age per ten years, the Copas rate
# per unit, the others against white women. Tuned so that the default cohort prints like the
# report: see simulate_cohort.
_PARTICIPATION = {"age": 0.50, "copas": -1.55, "black": -0.1, "asian": 0.1, "male": -0.4}
_OFFENDING = {"age": -0.30, "copas": 1.25, "black": -0.1, "asian": -0.3, "male": 0.3}
_ETHNICITY = {"white": 0.72, "black": 0.20, "asian": 0.05, "other": 0.03}
_FEMALE = 0.5
_AGE_MIDDLE = 35.0
_LARGEST_BLOCK = 1_000_000
_LEAST = 1e-6  # of a rate: below, the mean days of reoffenders are lost in rounding
_MOST_PEOPLE = 10_000_000


@dataclass(frozen=True)
class TrueMeans:
    """Expected outcome of the same people with and without the programme.

    Attributes
    ----------
    treated, comparison : float
        With and without the programme, in the unit of the measure.

    Examples
    --------
    >>> import desist as ds
    >>> simulated = ds.simulate_cohort(60, 300, rng=1, rate_ratio=0.5)
    >>> means = simulated.means_of(simulated.cohort.treated)[ds.Measure.FREQUENCY]
    >>> round(means.treated / means.comparison, 3)
    0.5
    """

    treated: float
    comparison: float

    @property
    def difference(self) -> float:
        """Treated minus comparison."""
        return self.treated - self.comparison


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedCohort:
    """A cohort, and the process that its outcomes were drawn from.

    Attributes
    ----------
    cohort : Cohort
        The people and their outcomes.
    mean_offences : ndarray of float, shape (n_people,)
        Expected offences of each person during follow-up without the programme, given
        covariates and group.
    participation : ndarray of float, shape (n_people,)
        Log odds of taking part, up to a constant.
    rate_ratio : float
        What the programme multiplies everybody's intensity of offending by.
    dispersion : float
        Shape of the gamma distribution of the personal intensities.
    whole_days : bool
        Whether days are counted in whole days from 0.

    Examples
    --------
    >>> import desist as ds
    >>> simulated = ds.simulate_cohort(60, 300, rng=1, rate_ratio=0.5)
    >>> simulated
    SimulatedCohort(Cohort(n_people=360, n_treated=60, n_comparison=300), rate_ratio=0.5)
    >>> round(simulated.truth[ds.Measure.RATE], 3)
    -0.08
    """

    cohort: Cohort
    mean_offences: Vector
    participation: Vector
    rate_ratio: float
    dispersion: float
    whole_days: bool

    @property
    def truth(self) -> dict[Measure, float]:
        """The effect on the treated of this cohort: what an interval should cover.

        It is the mean of their expected outcomes with the programme minus the same without
        it, given their covariates and groups; neither what happened to them by chance nor
        an average over other cohorts.
        """
        means = self.means_of(self.cohort.treated)
        return {measure: mean.difference for measure, mean in means.items()}

    def means_of(self, weights: ArrayLike) -> dict[Measure, TrueMeans]:
        """Return the expected outcomes of some of the people with and without the programme.

        Parameters
        ----------
        weights : array_like of float or bool, shape (n_people,)
            Share of each person: the treated for the ATT, the treated who were matched for
            the matched ATT, everybody for the ATE.

        Returns
        -------
        dict from Measure to TrueMeans
            Rate, frequency, restricted mean time without a reoffence, and time among
            reoffenders: the expected days of one reoffender drawn from such people, with
            those who reoffend drawn anew under either condition.

        Raises
        ------
        InputError
            If there is not one weight from 0 upwards for each person.
        """
        raise_faults("simulation", _find_weight_faults(weights, self.cohort.n_people))
        shares = np.asarray(weights, dtype=np.float64)
        used = shares > 0
        shares = shares[used] / shares.sum()
        comparison = self._average(self.mean_offences[used], shares)
        treated = self._average(self.mean_offences[used] * self.rate_ratio, shares)
        return {name: TrueMeans(treated[name], comparison[name]) for name in comparison}

    def _average(self, mean_offences: Vector, shares: Vector) -> dict[Measure, float]:
        follow_up = float(self.cohort.time_at_risk[0])
        scaled = mean_offences / self.dispersion
        none = float(shares @ (1 + scaled) ** -self.dispersion)
        if self.whole_days:
            free = _sum_whole_days(scaled, shares, self.dispersion, int(follow_up))
        else:
            free = follow_up * float(shares @ _average_survival(scaled, self.dispersion))
        return {
            Measure.RATE: 1 - none,
            Measure.FREQUENCY: float(shares @ mean_offences),
            Measure.RMST: free,
            Measure.TIME_AMONG_REOFFENDERS: (free - follow_up * none) / (1 - none),
        }

    def __repr__(self) -> str:
        """Return the counts and the effect."""
        return f"SimulatedCohort({self.cohort!r}, rate_ratio={self.rate_ratio:g})"


def simulate_cohort(
    n_treated: int = 83,
    n_comparison: int = 5514,
    *,
    rng: np.random.Generator | int,
    rate_ratio: float = 0.3,
    frequency: float = 1.06,
    dispersion: float = 0.25,
    confounding: float = 1.0,
    n_groups: int = 8,
    group_sd: float = 0.2,
    with_sex: bool = False,
    whole_days: bool = True,
    follow_up: float = 365,
) -> SimulatedCohort:
    r"""Simulate a cohort with a known effect.

    Everybody offends by a Poisson process of constant intensity
    :math:`\mu_i g_i r^{t_i}` per follow-up. :math:`\log \mu_i` is linear in age, Copas rate,
    ethnicity (and sex) plus a normal intercept of the prison; the personal
    :math:`g_i` is gamma with mean 1 and shape `dispersion`; :math:`r` is `rate_ratio`. So
    offences are negative binomial with mean :math:`m`, the probability of any is
    :math:`1 - (1 + m/a)^{-a}`, the time to the first is Lomax, and the three measures of a
    person come from the same offences.

    Participants are drawn from all the people by a logistic model in the same covariates.
    The design formula "age + C(ethnicity) + copas" (and "+ C(sex)") holds for both models:
    prisons do not affect participation.

    By default the cohort prints like the report: 83 participants against 5,514, an expected
    rate of 28 % and 1.06 offences per person without the programme, 15 % and 0.32 with it; a
    raw comparison rate near 43 %; comparison weights with an effective sample size near
    1,300. The dispersion is that of people alike in their covariates; with the spread of the
    covariates the offences of the participants have one near 0.16, as in the report.

    Parameters
    ----------
    n_treated, n_comparison : int
        Sizes of the arms.
    rng : Generator or int
        Source of chance, or its seed. The same seed gives the same cohort.
    rate_ratio : float
        What the programme multiplies the intensity of offending by; 1 for no effect.
    frequency : float
        Expected offences per participant without the programme, exact in every cohort.
    dispersion : float
        Shape of the gamma distribution; smaller is more unequal.
    confounding : float
        Factor of the log odds of participation; 0 for participation by lot.
    n_groups : int
        Number of prisons; 0 for no such column.
    group_sd : float
        Standard deviation of the intercepts of the prisons.
    with_sex : bool
        Whether half of the people are men, who offend more and take part less.
    whole_days : bool
        Whether days are counted as whole days from 0, the day of release, as in a database,
        rather than measured. The truth is about days as they are counted.
    follow_up : float
        Days of follow-up of everybody; a whole number with `whole_days`.

    Returns
    -------
    SimulatedCohort
        Its `truth` is the effect on the treated of this cohort, given their covariates.

    Raises
    ------
    InputError
        If an argument is out of its range; every fault is listed.

    Examples
    --------
    >>> simulated = simulate_cohort(rng=2017)
    >>> simulated
    SimulatedCohort(Cohort(n_people=5597, n_treated=83, n_comparison=5514), rate_ratio=0.3)
    >>> round(simulated.truth[Measure.FREQUENCY], 3)
    -0.742
    """
    raise_faults("simulation", [*_find_number_faults(locals()), *_find_other_faults(locals())])
    rng = np.random.default_rng(rng)
    people = _draw_people(n_treated + n_comparison, with_sex, rng)
    participation = confounding * _add_up(people, _PARTICIPATION)
    treated = _choose(participation, n_treated, rng)
    offending = _add_up(people, _OFFENDING)
    if n_groups:
        prison = rng.integers(n_groups, size=len(people))
        people["prison"] = _name([f"prison {i + 1}" for i in range(n_groups)], prison)
        offending += group_sd * rng.standard_normal(n_groups)[prison]
    mean_offences = frequency * _scale_to_one(np.exp(offending), treated)
    outcomes = _draw_outcomes(
        mean_offences * np.where(treated, rate_ratio, 1.0), dispersion, follow_up, rng
    )
    if whole_days:
        outcomes["days"] = np.floor(outcomes["days"])
    cohort = Cohort(
        people.assign(programme=treated, **outcomes),
        treatment="programme",
        person="id",
        reoffended="reoffended",
        offences="offences",
        days="days",
        follow_up=follow_up,
        groups=["prison"] if n_groups else [],
    )
    return SimulatedCohort(cohort, mean_offences, participation, rate_ratio, dispersion, whole_days)


def _find_number_faults(given: Mapping[str, Any]) -> list[Fault]:
    """Find numbers out of their range, which ends where draws would leave that of floats."""
    positive = {"rate_ratio": 1e3, "frequency": 1e3, "dispersion": 1e6, "follow_up": 1e6}
    sizes = {"n_treated": 1, "n_comparison": 1, "n_groups": 0}
    return [
        *(
            fault
            for name, most in positive.items()
            for fault in find_number_faults(name, given[name], least=_LEAST, most=most)
        ),
        *(
            fault
            for name, least in sizes.items()
            for fault in find_number_faults(
                name, given[name], least=least, most=_MOST_PEOPLE, whole=True
            )
        ),
        *find_number_faults("confounding", given["confounding"], least=-100, most=100),
        *find_number_faults("group_sd", given["group_sd"], least=0, most=10),
    ]


def _find_other_faults(given: Mapping[str, Any]) -> list[Fault]:
    rng, follow_up, whole_days = given["rng"], given["follow_up"], given["whole_days"]
    faults = [
        fault
        for name in ("with_sex", "whole_days")
        for fault in find_kind_faults(name, given[name], (bool, np.bool_), "True or False")
    ]
    if not isinstance(rng, np.random.Generator) and find_number_faults(
        "rng", rng, least=0, whole=True
    ):
        expected = "a NumPy generator, or a whole number of at least 0"
        faults.append(Fault("rng", expected, describe(rng)))
    days = find_number_faults("follow_up", follow_up, above=0)
    if whole_days is True and not days and follow_up % 1:
        expected = "a whole number, as days are counted whole"
        faults.append(Fault("follow_up", expected, describe(follow_up)))
    return faults


def _find_weight_faults(weights: ArrayLike, n_people: int) -> list[Fault]:
    try:
        shares = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        shares = np.empty(())
    if shares.shape != (n_people,):
        return [Fault("weights", f"one number for each of {n_people} people", describe(weights))]
    if not (np.isfinite(shares) & (shares >= 0)).all() or not shares.any():
        return [Fault("weights", "numbers from 0 upwards, some above 0", "something else")]
    return []


def _draw_people(n_people: int, with_sex: bool, rng: np.random.Generator) -> pd.DataFrame:
    """Draw people with a criminal history; shapes chosen to look like adult prisoners."""
    age = np.floor(18 + 47 * rng.beta(1.4, 3.6, n_people))
    age_first = np.floor(10 + (age - 9) * rng.beta(1.6, 2.6, n_people))
    career = age - age_first
    prior_offences = 1 + rng.poisson(0.5 * rng.gamma(1.1, size=n_people) * (career + 3))
    ethnicity = rng.choice(len(_ETHNICITY), n_people, p=list(_ETHNICITY.values()))
    people: dict[str, Any] = {
        "id": np.arange(1, n_people + 1),
        "age": age.astype(np.int64),
        "ethnicity": _name(list(_ETHNICITY), ethnicity),
        "age_first_sanction": age_first.astype(np.int64),
        "prior_offences": prior_offences,
        "copas": np.log((1 + prior_offences) / (10 + career)),
    }
    if with_sex:
        people["sex"] = _name(["male", "female"], (rng.random(n_people) < _FEMALE).astype(np.intp))
    return pd.DataFrame(people)


def _name(labels: list[str], codes: NDArray[np.int64]) -> pd.Series:
    """Write out the label of each person."""
    return pd.Series(labels).take(codes).reset_index(drop=True)


def _add_up(people: pd.DataFrame, effects: Mapping[str, float]) -> Vector:
    """Return the linear predictor, without an intercept."""
    total = effects["age"] * (people["age"].to_numpy() - _AGE_MIDDLE) / 10
    total += effects["copas"] * people["copas"].to_numpy()
    for column in ("ethnicity", "sex"):
        if column in people:
            codes, labels = pd.factorize(people[column])
            total += np.array([effects.get(label, 0.0) for label in labels])[codes]
    return np.asarray(total, dtype=np.float64)


def _choose(log_odds: Vector, n_treated: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose participants by a logistic model whose intercept gives exactly so many."""
    liability = log_odds + rng.logistic(size=len(log_odds))
    treated = np.zeros(len(log_odds), dtype=bool)
    treated[np.argpartition(-liability, n_treated - 1)[:n_treated]] = True
    return treated


def _scale_to_one(intensity: Vector, treated: NDArray[np.bool_]) -> Vector:
    return np.asarray(intensity / intensity[treated].mean())


def _draw_outcomes(
    mean_offences: Vector, dispersion: float, follow_up: float, rng: np.random.Generator
) -> dict[str, NDArray[Any]]:
    n_people = len(mean_offences)
    personal = rng.gamma(dispersion, 1 / dispersion, n_people)
    offences = rng.poisson(mean_offences * personal)
    reoffended = offences > 0
    # given their number, the times are uniform: the first is the least of so many
    first = 1 - rng.random(n_people) ** (1 / np.maximum(offences, 1))
    days = np.where(reoffended, follow_up * first, np.nan)
    return {"reoffended": reoffended, "offences": offences, "days": days}


def _average_survival(scaled: Vector, dispersion: float) -> Vector:
    """Return the mean over follow-up of (1 + x s)^-a for s from 0 to 1, x the scaled mean."""
    logarithm, power = np.log1p(scaled), 1 - dispersion
    if power == 0:
        return np.asarray(logarithm / scaled)
    return np.asarray(np.expm1(power * logarithm) / (power * scaled))


def _sum_whole_days(scaled: Vector, shares: Vector, dispersion: float, follow_up: int) -> float:
    """Return the mean of whole days: the sum over days d of P(no offence before day d)."""
    n_blocks = 1 + follow_up * len(scaled) // _LARGEST_BLOCK
    total = 0.0
    for days in np.array_split(np.arange(1, follow_up + 1) / follow_up, n_blocks):
        total += float(((1 + np.outer(days, scaled)) ** -dispersion @ shares).sum())
    return total
