"""The cells of the coverage benchmark: kinds of studies whose true effects are known.

Everybody offends by a Poisson process whose intensity is a personal gamma variable, times a mean
that depends on the covariates, times the programme's effect, times a course over the follow-up. So
the mean of each outcome is a closed form (or one quadrature over time), given the covariates of
the people whom the effect is about: with the mean m, the cumulated course H and the dispersion a,

    offences m H(1),   P(free up to t) = (1 + m H(t) / a)^-a

(Greenwood, M. and Yule, G. U. 1920, JRSS 83, 255-279; as times to a first event the Lomax
distribution).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import desist as ds
from desist.estimands import Estimand, Measure

type Floats = NDArray[np.float64]
type Columns = dict[str, Floats]

FOLLOW_UP = 365.0
FORMULA = "age + copas + black"
GRID = np.linspace(0.0, 1.0, 366)
PEOPLE_AT_ONCE = 2_000
EVERY = (Measure.RATE, Measure.FREQUENCY, Measure.RMST, Measure.TIME_AMONG_REOFFENDERS)
ABOUT_TIMES = (Measure.RMST, Measure.TIME_AMONG_REOFFENDERS, Measure.HAZARD_RATIO)

# log odds of taking part and log mean of offences, by covariates of mean 0 and variance 1
PARTICIPATION: dict[str, Callable[[Columns], Floats]] = {
    "linear": lambda x: 0.45 * x["age"] - 0.9 * x["copas"] - 0.1 * x["black"],
    "mild": lambda x: 0.15 * x["age"] - 0.3 * x["copas"] - 0.1 * x["black"],
    "curved": lambda x: 0.4 * (np.square(x["age"]) - 1) - 0.6 * x["copas"] * x["age"],
    "lot": lambda x: 0.0 * x["age"],
}
OFFENDING: dict[str, Callable[[Columns], Floats]] = {
    "linear": lambda x: -0.3 * x["age"] + 0.75 * x["copas"] - 0.1 * x["black"],
    "curved": lambda x: (  # bends and products that no log linear model has, and no endless tail
        0.8 * np.abs(x["age"]) + 0.6 * np.tanh(x["copas"] * x["age"]) - 0.5 * x["age"]
    ),
}
# log ratio of means by the standardised log mean of the people who took part
EFFECTS: dict[str, Callable[[Floats], Floats]] = {
    "none": lambda z: 0.0 * z,
    "as reported": lambda z: np.full_like(z, np.log(0.3)),
    "half": lambda z: np.full_like(z, np.log(0.5)),
    "more for high risk": lambda z: -0.5 - 0.5 * z,
    "more for low risk": lambda z: -0.5 + 0.5 * z,
    "harm for high risk": lambda z: np.where(z > 0.8, np.log(2.5), 0.0),
}
# intensity over the follow-up, without the programme and with it
COURSES: dict[str, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]] = {
    "even": (np.ones_like, np.ones_like),
    "hump": (lambda t: 0.3 + 2.4 * np.exp(-np.square((t - 0.28) / 0.12)),) * 2,
    "early effect": (np.ones_like, lambda t: np.where(t < 0.25, 0.3, 1.0)),
    "late effect": (np.ones_like, lambda t: np.where(t < 0.5, 1.0, 0.3)),
    "crossing": (np.ones_like, lambda t: np.where(t < 0.5, 0.4, 1.6)),
    "falling": (lambda t: 0.4 + 3.0 * np.exp(-t / 0.1),) * 2,
}

RADIUS = ds.RadiusMatching()
IPW = ds.InverseProbability()


@dataclass(frozen=True)
class Cell:
    """A kind of study.

    Attributes
    ----------
    n_treated, n_comparison : int
        People by arm.
    participation, offending, effect, course : str
        Names of the functions above.
    is_null : bool
        Whether the programme does nothing on average: for effects that differ between people the
        mean offences of the participants are what they are without it.
    frequency, dispersion : float
        Offences of a participant without the programme; shape of the personal intensities.
    method : Method or None
        Of the design; None compares everybody with weight 1.
    estimand : Estimand
        Asked for.
    covariates : str
        Of the outcome models.
    prisons_with : int
        Of twelve prisons those that have the programme; 0 for no prisons.
    is_censored : bool
        Whether half of the people are followed for between a half and the whole of the time.
    is_discrete : bool
        Whether covariates have five values, so that many people are alike.
    replicates : int
        By default: 400 where a default is decided, 150 elsewhere, 100 with hierarchies.
    """

    n_treated: int = 83
    n_comparison: int = 600
    participation: str = "linear"
    offending: str = "linear"
    effect: str = "half"
    course: str = "even"
    is_null: bool = False
    frequency: float = 1.06
    dispersion: float = 0.25
    method: Any = RADIUS
    estimand: Estimand = Estimand.ATT
    covariates: str = "design"
    prisons_with: int = 0
    is_censored: bool = False
    is_discrete: bool = False
    replicates: int = 150


FEW_TOOK_PART = Cell(  # 1.5 % of all
    n_treated=45, n_comparison=2955, participation="mild", method=IPW, estimand=Estimand.ATE
)
CELLS = {
    "like_the_report": Cell(n_comparison=5514, effect="as reported", replicates=400),
    "like_the_report_null": Cell(n_comparison=5514, effect="none", is_null=True),
    "one_frailty": Cell(replicates=400),
    "one_frailty_null": Cell(effect="none", is_null=True, replicates=400),
    "more_for_high_risk": Cell(effect="more for high risk", replicates=400),
    "more_for_high_risk_null": Cell(effect="more for high risk", is_null=True),
    "more_for_low_risk": Cell(effect="more for low risk", replicates=400),
    "more_for_low_risk_null": Cell(effect="more for low risk", is_null=True),
    "harm_for_high_risk": Cell(effect="harm for high risk", replicates=400),
    "hump": Cell(course="hump"),
    "hump_null": Cell(course="hump", effect="none", is_null=True),
    "falling_null": Cell(course="falling", effect="none", is_null=True),
    "early_effect": Cell(course="early effect", effect="none"),
    "late_effect": Cell(course="late effect", effect="none"),
    "crossing": Cell(course="crossing", effect="none"),
    "wrong_form": Cell(offending="curved", replicates=400),
    "wrong_form_null": Cell(offending="curved", effect="none", is_null=True),
    "wrong_weights": Cell(participation="curved", dispersion=1.0),
    "wrong_weights_null": Cell(participation="curved", dispersion=1.0, effect="none", is_null=True),
    "rate_of_5_size_40": Cell(
        n_treated=40,
        n_comparison=40,
        participation="lot",
        frequency=0.06,
        effect="none",
        is_null=True,
        method=None,
        replicates=400,
    ),
    "thirteen_reoffenders": Cell(n_treated=45, frequency=1.1),
    "thirteen_reoffenders_null": Cell(n_treated=45, effect="none", is_null=True),
    "effective_size_30": Cell(n_comparison=120),
    "effective_size_30_null": Cell(n_comparison=120, effect="none", is_null=True),
    "ipw_ate": FEW_TOOK_PART,
    "ipw_ate_null": replace(FEW_TOOK_PART, effect="none", is_null=True),
    "ipw_ate_more_for_low_risk": replace(FEW_TOOK_PART, effect="more for low risk"),
    "censored": Cell(is_censored=True),
    "censored_null": Cell(is_censored=True, effect="none", is_null=True),
} | {
    f"prisons_{n}_of_12{'_null' if is_null else ''}": Cell(
        n_treated=60,
        n_comparison=120,
        participation="lot",
        effect="none" if is_null else "half",
        is_null=is_null,
        method=None,
        prisons_with=n,
        replicates=100,
    )
    for n in (1, 2, 5, 12)
    for is_null in (False, True)
}


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """A simulated cohort and what its outcomes were drawn from.

    Attributes
    ----------
    cohort : Cohort
        The people.
    means : ndarray of float, shape (2, n_people)
        Mean of the offences of each person over the follow-up, before the course of time,
        without the programme and with it.
    cell : Cell
        Its kind.
    """

    cohort: ds.Cohort
    means: Floats
    cell: Cell

    def tell(self, weights: Floats, *, with_times: bool) -> dict[Measure, float]:
        """Tell the true effects on people with these weights, the hazard ratio as its log."""
        used = weights > 0
        shares = weights[used] / weights.sum()
        arms = [self._average(arm, shares, used, with_times=with_times) for arm in (0, 1)]
        effects = {measure: arms[1][measure] - arms[0][measure] for measure in arms[0]}
        effects[Measure.HAZARD_RATIO] = float(
            np.log(np.log1p(-arms[1][Measure.RATE]) / np.log1p(-arms[0][Measure.RATE]))
        )
        return effects

    def _average(
        self, arm: int, shares: Floats, used: NDArray[np.bool_], *, with_times: bool
    ) -> dict[Measure, float]:
        course, means = cumulate(self.cell.course)[arm], self.means[arm, used]
        a = self.cell.dispersion
        free = float(shares @ (1 + means * course[-1] / a) ** -a)
        known = {
            Measure.RATE: 1 - free,
            Measure.FREQUENCY: float(shares @ means) * course[-1],
        }
        if not with_times:
            return known
        curve = np.zeros(len(GRID))
        for first in range(0, len(means), PEOPLE_AT_ONCE):
            block = slice(first, first + PEOPLE_AT_ONCE)
            curve += shares[block] @ (1 + np.outer(means[block], course) / a) ** -a
        restricted = FOLLOW_UP * float(np.trapezoid(curve, GRID))
        among = (restricted - FOLLOW_UP * free) / (1 - free)
        return known | {Measure.RMST: restricted, Measure.TIME_AMONG_REOFFENDERS: among}


def cumulate(course: str) -> tuple[Floats, Floats]:
    """Cumulate the intensity of each arm over the grid, that of the comparison arm up to 1."""
    steps = [(intensity(GRID[1:]) + intensity(GRID[:-1])) / 2 for intensity in COURSES[course]]
    without, with_programme = (np.concatenate([[0.0], np.cumsum(step)]) for step in steps)
    return without / without[-1], with_programme / without[-1]


def draw_study(cell: Cell, rng: np.random.Generator) -> Study:
    """Draw the people of a study, who takes part, and what happens to them."""
    n_people = cell.n_treated + cell.n_comparison
    people: Columns = {
        "age": rng.standard_normal(n_people),
        "copas": rng.standard_normal(n_people),
        "black": (rng.random(n_people) < 0.2).astype(float),
    }
    if cell.is_discrete:
        people = {name: np.clip(np.round(values), -2, 2) for name, values in people.items()}
    liability = PARTICIPATION[cell.participation](people) + rng.logistic(size=n_people)
    treated = np.zeros(n_people, dtype=bool)
    treated[np.argsort(-liability)[: cell.n_treated]] = True
    log_mean = OFFENDING[cell.offending](people)
    prison = _place(treated, cell.prisons_with, rng)
    if cell.prisons_with:
        log_mean = log_mean + 0.5 * rng.standard_normal(12)[prison]
    means = _make_means(cell, log_mean, treated)
    followed = np.ones(n_people)
    if cell.is_censored:
        followed = np.where(rng.random(n_people) < 0.5, rng.uniform(0.5, 1, n_people), 1.0)
    table = pd.DataFrame(people | _draw_outcomes(cell, means, treated, followed, rng))
    table = table.assign(programme=treated, followed=FOLLOW_UP * followed)
    if cell.prisons_with:
        table = table.assign(prison=[f"prison {number}" for number in prison])
    cohort = ds.Cohort(
        table,
        treatment="programme",
        reoffended="reoffended",
        offences="offences",
        days="days",
        follow_up="followed" if cell.is_censored else FOLLOW_UP,
        groups=["prison"] if cell.prisons_with else [],
    )
    return Study(cohort, means, cell)


def _place(
    treated: NDArray[np.bool_], prisons_with: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Place the people in prisons: without the programme in those that lack it, if any do."""
    if prisons_with in {0, 12}:
        return rng.integers(12, size=len(treated))
    others = rng.integers(prisons_with, 12, size=len(treated))
    return np.where(treated, rng.integers(prisons_with, size=len(treated)), others)


def _make_means(cell: Cell, log_mean: Floats, treated: NDArray[np.bool_]) -> Floats:
    of_treated = log_mean[treated]
    without = cell.frequency * np.exp(log_mean) / np.exp(of_treated).mean()
    z = np.clip((log_mean - of_treated.mean()) / of_treated.std(), -3, 3)
    ratio = np.exp(EFFECTS[cell.effect](z))
    if cell.is_null:
        ratio *= without[treated].sum() / (without * ratio)[treated].sum()
    return np.stack([without, without * ratio])


def _draw_outcomes(
    cell: Cell,
    means: Floats,
    treated: NDArray[np.bool_],
    followed: Floats,
    rng: np.random.Generator,
) -> dict[str, Any]:
    personal = rng.gamma(cell.dispersion, 1 / cell.dispersion, len(treated))
    arm, courses = treated.astype(int), cumulate(cell.course)
    until = np.where(treated, *(np.interp(followed, GRID, courses[a]) for a in (1, 0)))
    offences = rng.poisson(means[arm, np.arange(len(arm))] * personal * until)
    # given their number, times are even on the scale of the course: the first is the least
    first = until * (1 - rng.random(len(arm)) ** (1 / np.maximum(offences, 1)))
    days = FOLLOW_UP * np.where(treated, *(np.interp(first, courses[a], GRID) for a in (1, 0)))
    reoffended = offences > 0
    days = np.clip(days, 1e-3, FOLLOW_UP * followed)
    return {
        "reoffended": reoffended,
        "offences": offences,
        "days": np.where(reoffended, days, np.nan),
    }
