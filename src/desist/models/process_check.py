"""Does one process suffice? Rate, frequency and time held against what it predicts."""

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
from desist.errors import Fault, InputError, raise_faults
from desist.estimands import Measure
from desist.inference.seeds import find_seed_faults, make_generator
from desist.models.fit import Fit
from desist.models.predictive_check import (
    ARMS,
    choose_draws,
    compare_prediction,
    select_arm,
    write_probability,
)
from desist.models.predictive_statistics import SimulatedArm
from desist.models.predictors import make_predictors
from desist.models.process import ProcessModel, draw_first
from desist.sample import Sample, read_sample

# the last two are of every predictive check, and are asked for here as well
__all__ = ["ProcessCheck", "check_one_process", "compare_prediction", "write_probability"]

type Floats = NDArray[np.float64]

MEASURES = (Measure.RATE, Measure.FREQUENCY, Measure.TIME_AMONG_REOFFENDERS)
_NOUNS = dict(zip(MEASURES, ("rate", "frequency", "mean days among reoffenders"), strict=True))
_DECIMALS = dict(zip(MEASURES, (3, 2, 1), strict=True))


@dataclass(frozen=True, eq=False, repr=False)
class ProcessCheck:
    """What was observed of each arm, beside what one process predicts of such people.

    Attributes
    ----------
    table : DataFrame
        One row an arm and measure. Columns: arm, measure, observed (weighted mean),
        predicted (median), lower, upper (central interval of the predictions),
        probability (two-sided posterior predictive). Missing where an arm has no
        reoffenders, or the days are not known.
    n_draws : int
        Simulated cohorts, one a posterior draw.
    probability : float
        Of the intervals; a figure outside its own is not explained.
    """

    table: pd.DataFrame
    n_draws: int
    probability: float = 0.95

    @property
    def unexplained(self) -> pd.DataFrame:
        """The rows whose two-sided probability is too small, the least likely first."""
        few = self.table[self.table["probability"] < 1 - self.probability]
        return few.sort_values("probability", kind="stable")

    @property
    def suffices(self) -> bool:
        """Whether every figure is within what one process predicts."""
        return self.unexplained.empty

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        compared = self.table.dropna(subset="probability")
        if self.suffices:
            least = compared["probability"].min()
            return (
                "One process is enough for what was observed: each of the "
                f"{len(compared)} figures is within what it predicts (smallest two-sided "
                f"posterior predictive probability {write_probability(least)})."
            )
        parts = [_describe(row) for row in self.unexplained.to_dict(orient="records")]
        return (
            f"One process is not enough: of {len(compared)} figures it does not explain "
            f"{len(parts)}: {'; '.join(parts)}."
        )

    def __repr__(self) -> str:
        """Return the sentence."""
        return f"<ProcessCheck: {self.sentence}>"


def check_one_process(
    fit: Fit,
    sample: Sample | Cohort,
    design: Design | None = None,
    *,
    n_draws: int = 500,
    probability: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> ProcessCheck:
    r"""Check by posterior prediction whether one process explains rate, frequency and time.

    For each of some posterior draws the offences of all people with weight are drawn anew,
    with their covariates, groups and time at risk, and the weighted rate, frequency and mean
    days among reoffenders of each arm are taken as they were from the people. The probability
    is two-sided, :math:`2 \min\{P(T^* \le T), P(T^* \ge T)\}` and at most 1. The
    figures were fitted, so that the probabilities are larger than those of new data would be:
    it errs towards "enough".

    Parameters
    ----------
    fit : Fit
        Of a `ProcessModel`.
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
    ProcessCheck
        A table and one sentence.

    Raises
    ------
    InputError
        If the fit is of another model.

    References
    ----------
    Gelman, A., Meng, X.-L. and Stern, H. (1996). Posterior predictive assessment of model
    fitness via realized discrepancies. Statistica Sinica 6, 733-807.
    """
    faults = find_kind_faults("fit", fit, Fit, "a fit of fit_model")
    faults += find_seed_faults(seed)
    faults += find_number_faults("n_draws", n_draws, least=1, whole=True)
    raise_faults("check of one process", faults + find_probability_faults(probability))
    model = fit.model
    if not isinstance(model, ProcessModel):
        fault = Fault("fit", "a fit of ProcessModel", f"one of the {model.name} model")
        raise InputError("check of one process", [fault])
    rng = make_generator(seed)
    people = read_sample(sample, design, fit.horizon)
    groups = people.cohort.groups if model.groups is None else model.groups
    predictors = make_predictors(people, model.covariates, groups)
    chosen = choose_draws(fit.draws, n_draws, rng)
    rows = []
    for name, code in ARMS.items():
        arm = select_arm(code, predictors, people)
        observed = _observe(arm, people.recorded)
        drawn = np.array([_simulate(fit, model, one, arm, rng) for one in chosen])
        rows += [
            {"arm": name, "measure": measure}
            | compare_prediction(observed[column], drawn[:, column], probability)
            for column, measure in enumerate(MEASURES)
        ]
    return ProcessCheck(pd.DataFrame(rows), n_draws, probability)


def _observe(arm: SimulatedArm, outcomes: Outcomes) -> Floats:
    offences = np.asarray(outcomes.offences)[arm.people]
    days = np.full(len(offences), np.nan) if outcomes.days is None else outcomes.days[arm.people]
    return _summarise(offences, days, arm.target.weights)


def _simulate(
    fit: Fit,
    model: ProcessModel,
    draw: dict[str, Floats],
    arm: SimulatedArm,
    rng: np.random.Generator,
) -> Floats:
    """Draw the offences of an arm's people anew, and summarise them."""
    dispersion, shape = (float(part.item()) for part in model.read_arm(draw, arm.code))
    mean = np.exp(fit.predict_linear(draw, arm.target, arm.code)[0, 0])
    mean = mean * (arm.time_at_risk / fit.horizon) ** shape
    offences = rng.poisson(mean * rng.gamma(dispersion, 1 / dispersion, len(mean)))
    first = arm.time_at_risk * draw_first(np.maximum(offences, 1), shape, rng)
    days = np.floor(first / model.recorded_to) * model.recorded_to
    return _summarise(offences, days, arm.target.weights)


def _summarise(offences: NDArray[np.int64], days: Floats, shares: Floats) -> Floats:
    again = offences > 0
    rate = shares @ again
    mean_days = shares[again] @ days[again] / rate if again.any() else np.nan
    return np.array([rate, shares @ offences, mean_days])


def _describe(row: dict[Hashable, Any]) -> str:
    measure = row["measure"]
    observed, lower, upper = (
        f"{row[name]:.{_DECIMALS[measure]}f}" for name in ("observed", "lower", "upper")
    )
    return (
        f"{_NOUNS[measure]}, {row['arm']}, {observed} where it predicts {lower} to {upper} "
        f"(probability {write_probability(row['probability'])})"
    )
