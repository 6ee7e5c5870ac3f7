"""Whether people drawn from a fitted model look like those who were observed."""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import find_kind_faults, find_number_faults, find_probability_faults
from desist.cohort.cohort import Cohort
from desist.cohort.outcomes import Outcomes
from desist.design.design import Design
from desist.errors import Fault, raise_faults
from desist.inference.seeds import find_seed_faults, make_generator
from desist.models.fit import Fit
from desist.models.frequency import FrequencyModel
from desist.models.predictive_statistics import PredictiveLook, SimulatedArm, look_at
from desist.models.predictors import Predictors, Target, make_predictors
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel
from desist.sample import Sample, read_sample

type Floats = NDArray[np.float64]
type Draws = dict[str, Floats]

SUBJECT = "posterior predictive check"
ARMS = {"treated": 1, "comparison": 0}
TIE_DECIMALS = 9
MOST_NAMED = 5  # in a sentence; the table names all


@dataclass(frozen=True, eq=False, repr=False)
class PredictiveCheck:
    """What was observed of each arm, beside what the fitted model predicts of such people.

    Attributes
    ----------
    table : DataFrame
        One row an arm and statistic. Columns: arm, statistic, unit ("proportion",
        "offences", "offences squared" or "days"), observed (weighted), predicted (median),
        lower, upper (central interval of the predictions), probability (two-sided posterior
        predictive). Missing where there is nobody to take the statistic of.
    model : str
        Which model, and its family.
    n_draws : int
        Simulated cohorts, one a posterior draw.
    probability : float
        Of the intervals; a statistic outside its own is not explained.
    """

    table: pd.DataFrame
    model: str
    n_draws: int
    probability: float = 0.95

    @property
    def unexplained(self) -> pd.DataFrame:
        """The rows whose two-sided probability is too small, the least likely first."""
        few = self.table[self.table["probability"] < 1 - self.probability]
        return few.sort_values("probability", kind="stable")

    @property
    def n_compared(self) -> int:
        """How many statistics were looked at."""
        return int(self.table["probability"].notna().sum())

    @property
    def explains(self) -> bool:
        """Whether every statistic is within what the model predicts."""
        return self.unexplained.empty

    @property
    def sentence(self) -> str:
        """The answer in one sentence, with how many statistics were looked at."""
        n_outside = len(self.unexplained)
        if not n_outside:
            least = self._write(self.table["probability"].min())
            return (
                f"The {self.model} model explains what was observed: each of the "
                f"{self.n_compared} statistics looked at is within what it predicts (smallest "
                f"two-sided posterior predictive probability {least})."
            )
        rows = self.unexplained.to_dict(orient="records")
        parts = [self._describe(row) for row in rows[:MOST_NAMED]]
        if n_outside > MOST_NAMED:
            parts.append(f"and {n_outside - MOST_NAMED} more")
        by_chance = self.n_compared * (1 - self.probability)
        return (
            f"The {self.model} model does not explain {n_outside} of the {self.n_compared} "
            f"statistics looked at (at most about {by_chance:.1f} would be outside by chance): "
            f"{'; '.join(parts)}."
        )

    def _describe(self, row: dict[Hashable, Any]) -> str:
        observed, lower, upper = (f"{row[name]:.3g}" for name in ("observed", "lower", "upper"))
        return (
            f"{row['statistic']}, {row['arm']}, {observed} where it predicts {lower} to {upper} "
            f"(probability {self._write(row['probability'])})"
        )

    def _write(self, probability: float) -> str:
        return write_probability(probability, 2 / self.n_draws)

    def __repr__(self) -> str:
        """Say how many statistics are not explained, and no statistic."""
        return (
            f"<PredictiveCheck of the {self.model} model: {len(self.unexplained)} of "
            f"{self.n_compared} statistics not explained, {self.n_draws} draws>"
        )


def check_predictions(
    fit: Fit,
    sample: Sample | Cohort,
    design: Design | None = None,
    *,
    n_draws: int = 300,
    probability: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> PredictiveCheck:
    r"""Check a fitted model by posterior prediction of the people it was fitted to.

    For each of some posterior draws the outcomes of all people with weight are drawn anew,
    with their covariates, groups, time at risk and weights, and weighted statistics of each
    arm are taken as they were from the people:

    rate
        The rate; with groups also that of each group.
    frequency
        Mean, share with none, share with 5 or more, variance.
    survival
        Shares reoffending within a quarter, a half, three quarters and the whole of the
        horizon; mean days among those who reoffend within it. People followed for less are
        censored where they were.

    The weights are the people's own: a weighted statistic of simulated people scatters as one
    of so few effective people does. The probability is two-sided, :math:`2 \min\{P(T^* \le T),
    P(T^* \ge T)\}` and at most 1. The people were fitted, so that the probabilities are
    larger than those of new people would be: the check errs towards "explained", and says
    least of what a model has a parameter for, such as the rate itself.

    Parameters
    ----------
    fit : Fit
        Of a `RateModel`, `FrequencyModel` or `SurvivalModel`.
    sample : Sample or Cohort
        The people that it was fitted to; or a cohort, beside its design.
    design : Design, optional
        Beside a cohort: their weights.
    n_draws : int
        Posterior draws, and cohorts simulated.
    probability : float
        Of the predictive intervals.
    seed : int or numpy.random.Generator
        Source of randomness.

    Returns
    -------
    PredictiveCheck
        A table and one sentence.

    Raises
    ------
    InputError
        If the fit is of another model or of other people, or a number is out of range.

    References
    ----------
    Gelman, A., Meng, X.-L. and Stern, H. (1996). Posterior predictive assessment of model
    fitness via realized discrepancies. Statistica Sinica 6, 733-807.
    """
    kinds = find_kind_faults("fit", fit, Fit, "a fit of fit_model")
    faults = find_number_faults("n_draws", n_draws, least=1, whole=True)
    faults += find_probability_faults(probability) + find_seed_faults(seed)
    raise_faults(SUBJECT, kinds + faults if kinds else [])
    people = read_sample(sample, design, fit.horizon)
    raise_faults(SUBJECT, _find_faults(fit, people.recorded) + faults)
    look = look_at(fit, people.recorded)
    groups = people.cohort.groups if fit.model.groups is None else fit.model.groups
    predictors = make_predictors(people, fit.model.covariates, groups)
    raise_faults(SUBJECT, _compare_people(fit, predictors, people))
    rng = make_generator(seed)
    chosen = choose_draws(fit.draws, n_draws, rng)
    rows = []
    for name, code in ARMS.items():
        arm = select_arm(code, predictors, people)
        observed = _summarise(look, look.observed[arm.people], arm)
        drawn = np.array([_simulate(fit, look, one, arm, rng) for one in chosen])
        rows += [
            {"arm": name, "statistic": statistic, "unit": unit}
            | compare_prediction(float(observed[column]), drawn[:, column], probability)
            for column, (statistic, unit) in enumerate(look.statistics)
        ]
    return PredictiveCheck(pd.DataFrame(rows), look.label, n_draws, probability)


def compare_prediction(observed: float, drawn: Floats, probability: float) -> dict[str, float]:
    """Compare one figure with its predictive distribution.

    Parameters
    ----------
    observed : float
        The figure; NaN where there is none.
    drawn : ndarray of float, shape (n_draws,)
        Its predictions; NaN where a simulated arm has no reoffenders.
    probability : float
        Of the interval.

    Returns
    -------
    dict of str to float
        observed, predicted (median), lower, upper, probability (two-sided).

    Examples
    --------
    >>> compare_prediction(3.0, np.arange(10.0), 0.8)["probability"]
    0.8
    """
    found = drawn[~np.isnan(drawn)]
    if math.isnan(observed) or not found.size:
        missing = dict.fromkeys(("predicted", "lower", "upper", "probability"), math.nan)
        return {"observed": observed} | missing
    tail = (1 - probability) / 2
    lower, predicted, upper = np.quantile(found, [tail, 0.5, 1 - tail])
    one_sided = min(float((found <= observed).mean()), float((found >= observed).mean()))
    return {
        "observed": observed,
        "predicted": float(predicted),
        "lower": float(lower),
        "upper": float(upper),
        "probability": min(1.0, 2 * one_sided),
    }


def write_probability(probability: float, smallest: float = 0.001) -> str:
    """Write a predictive probability to three decimals, as far as simulation can tell.

    Parameters
    ----------
    probability : float
        Between 0 and 1.
    smallest : float
        What the simulation can tell from 0: two over the number of draws.

    Returns
    -------
    str
        "below 0.001", or below the smallest, for anything less.

    Examples
    --------
    >>> write_probability(0.0104), write_probability(0.0), write_probability(0.0, 2 / 300)
    ('0.010', 'below 0.001', 'below 0.007')
    """
    smallest = max(smallest, 0.001)
    return f"{probability:.3f}" if probability >= smallest else f"below {smallest:.3f}"


def choose_draws(draws: Draws, n_draws: int, rng: np.random.Generator) -> list[Draws]:
    """Choose posterior draws, without replacement while they last.

    Parameters
    ----------
    draws : dict of str to ndarray, each of shape (chains, draws, ...)
        Of every parameter.
    n_draws : int
        How many.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of dict of str to ndarray, each of shape (1, 1, ...)
        One draw each.
    """
    flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in draws.items()}
    n_known = len(flat["intercept"])
    chosen = rng.choice(n_known, n_draws, replace=n_draws > n_known)
    return [
        {name: values[np.newaxis, np.newaxis, one] for name, values in flat.items()}
        for one in chosen
    ]


def select_arm(code: int, predictors: Predictors, sample: Sample) -> SimulatedArm:
    """Select the people of one arm who have weight.

    Parameters
    ----------
    code : {0, 1}
        1 for the treated.
    predictors : Predictors
        Of everybody.
    sample : Sample
        Their weights and time at risk.

    Returns
    -------
    SimulatedArm
        One row a person.
    """
    people = sample.used & (sample.treated == bool(code))
    shares = sample.weights[people] / sample.weights[people].sum()
    target = Target(predictors.covariates[people], predictors.groups[people], shares)
    return SimulatedArm(code, people, target, sample.recorded.time_at_risk[people])


def _find_faults(fit: Fit, outcomes: Outcomes) -> list[Fault]:
    faults = []
    if not isinstance(fit.model, RateModel | FrequencyModel | SurvivalModel):
        expected = "a fit of RateModel, FrequencyModel or SurvivalModel"
        advice = "see check_one_process" if fit.model.name == "process" else ""
        faults.append(Fault("fit", expected, f"one of the {fit.model.name} model", advice))
    elif fit.model.read_columns(outcomes, fit.horizon) is None:
        faults.append(Fault("cohort", f"a column of {fit.model.needs}", "none"))
    return faults


def _compare_people(fit: Fit, predictors: Predictors, sample: Sample) -> list[Fault]:
    found, faults = sample.count(), []
    if found != (fit.n_treated, fit.n_comparison):
        expected = f"the {fit.n_treated} treated and {fit.n_comparison} comparison people fitted"
        faults.append(Fault("design", expected, f"{found[0]} and {found[1]} with weight"))
    if predictors.levels != fit.levels:
        faults.append(Fault("groups", "those of the fit", "others"))
    return faults


def _simulate(
    fit: Fit, look: PredictiveLook, draw: Draws, arm: SimulatedArm, rng: np.random.Generator
) -> Floats:
    eta = fit.predict_linear(draw, arm.target, arm.code)
    # a time beyond any follow-up may be too large for a number, and is censored all the same
    with np.errstate(over="ignore", divide="ignore"):
        outcome = look.draw(eta, draw, arm, rng)[0, 0]
    return _summarise(look, outcome, arm)


def _summarise(look: PredictiveLook, outcome: NDArray[Any], arm: SimulatedArm) -> Floats:
    # as many people must be the same share, whoever they are: ties count on either side
    return np.round(look.summarise(outcome, arm.target), TIE_DECIMALS)
