"""People drawn anew from a fitted model, an arm at a time, and held against those observed."""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist._types import Draws, Floats
from desist.inference.seeds import make_generator
from desist.models.fit import Fit
from desist.models.fitted import cut_draws
from desist.models.predictive.looks import PredictiveLook, SimulatedArm
from desist.models.predictive.record import PredictiveCheck
from desist.models.predictors import Predictors, Target
from desist.sample import Sample

ARMS = {"treated": 1, "comparison": 0}
TIE_DECIMALS = 9


def simulate_people(
    fit: Fit,
    look: PredictiveLook,
    predictors: Predictors,
    sample: Sample,
    *,
    n_draws: int,
    probability: float,
    seed: int | np.random.Generator,
) -> PredictiveCheck:
    """Draw the outcomes of both arms anew, and compare their statistics with those observed."""
    rng = make_generator(seed)
    chosen = choose_draws(fit.draws, n_draws, rng)
    found: dict[str, tuple[Floats, Floats]] = {}
    for name, code in ARMS.items():
        arm = select_arm(code, predictors, sample)
        observed = _summarise(look, look.observed[arm.people], arm)
        found[name] = observed, _draw_anew(fit, look, chosen, arm, rng)
    # both arms of one draw together, so that what they share cancels
    seen, drawn = (with_it - without for with_it, without in zip(*found.values(), strict=True))
    rows = [
        {"arm": name} | row
        for name, both in found.items()
        for row in _compare_all(look, *both, probability)
    ]
    contrasts = pd.DataFrame(_compare_all(look, seen, drawn, probability))
    return PredictiveCheck(pd.DataFrame(rows), look.label, n_draws, probability, contrasts)


def _compare_all(
    look: PredictiveLook, observed: Floats, drawn: Floats, probability: float
) -> list[dict[str, Any]]:
    return [
        {"statistic": statistic, "unit": unit}
        | compare_prediction(float(observed[column]), drawn[:, column], probability)
        for column, (statistic, unit) in enumerate(look.statistics)
    ]


def compare_prediction(observed: float, drawn: Floats, probability: float) -> dict[str, float]:
    """Compare one figure with its predictive distribution."""
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


def choose_draws(draws: Draws, n_draws: int, rng: np.random.Generator) -> Draws:
    """Choose posterior draws as those of one chain, without replacement while they last."""
    flat = {name: values.reshape(1, -1, *values.shape[2:]) for name, values in draws.items()}
    n_known = flat["intercept"].size
    chosen = rng.choice(n_known, n_draws, replace=n_draws > n_known)
    return {name: values[:, chosen] for name, values in flat.items()}


def select_arm(code: int, predictors: Predictors, sample: Sample) -> SimulatedArm:
    """Select the people of one arm who have weight."""
    people = sample.used & (sample.treated == bool(code))
    shares = sample.weights[people] / sample.weights[people].sum()
    target = Target(predictors.covariates[people], predictors.groups[people], shares)
    return SimulatedArm(code, people, target, sample.recorded.time_at_risk[people])


def _draw_anew(
    fit: Fit, look: PredictiveLook, chosen: Draws, arm: SimulatedArm, rng: np.random.Generator
) -> Floats:
    """Return the statistics of people drawn anew for each draw, (n_draws, n_statistics)."""
    found = []
    for block in cut_draws(chosen, len(arm.target.weights)):
        eta = fit.predict_linear(block, arm.target, arm.code)
        # a time beyond any follow-up may be too large for a number, and is censored all the same
        with np.errstate(over="ignore", divide="ignore"):
            outcomes = look.draw(eta, block, arm, rng)[0]
        found.append(_summarise(look, outcomes, arm))
    return np.concatenate(found)


def _summarise(look: PredictiveLook, outcomes: NDArray[Any], arm: SimulatedArm) -> Floats:
    # as many people must be the same share, whoever they are: ties count on either side
    return np.round(look.summarise(outcomes, arm.target), TIE_DECIMALS)
