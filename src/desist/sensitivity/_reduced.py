"""A fit as it would be without some of its people: rows, weights, target, effect."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desist._types import Draws, Floats, Mask
from desist.effects.effect import contrast_measures
from desist.errors import CannotAnswerError
from desist.estimands import Estimand, Measure
from desist.inference.calibration import WeightedPeople
from desist.models.fit import Fit
from desist.models.predictors import Target
from desist.sample import Sample
from desist.weights import scale_weights

OFFSET = 0.5  # of the systematic draws: no randomness is needed


@dataclass(frozen=True, eq=False, repr=False)
class Reduced:
    """A fit without some people, its draws still those of all, and what a new fit needs."""

    fit: Fit
    people: WeightedPeople
    rows: Mapping[str, NDArray[Any]]
    totals: Floats

    def __repr__(self) -> str:
        """Say how many rows there are."""
        return f"<Reduced fit of {len(self.totals)} rows>"


def reduce_fit(sample: Sample, fit: Fit, left: Mask) -> Reduced:
    """Take people out of a fit; the scale of its covariates stays."""
    people = fit.people
    if people is None:
        raise CannotAnswerError("the fit is not one of people")
    used = np.flatnonzero(sample.used)
    kept = left[used]
    raw = np.where(left, sample.weights, 0.0)
    for arm in (sample.treated, ~sample.treated):
        if not raw[arm].any():
            raise CannotAnswerError("nobody of an arm is left")
    scaled = scale_weights(raw, sample.treated)[used]
    totals = np.bincount(people.row, scaled, len(fit.data["weight"]))
    rows = {name: values for name, values in fit.rows.items() if name != "weight"}
    rows["weight"] = totals
    rest = WeightedPeople(people.row[kept], scaled[kept], people.cluster[kept])
    happened = sample.within.reoffended
    remaining = sample.used & left
    reduced = replace(
        fit,
        data={**fit.data, "weight": totals},
        rows=rows,
        people=rest,
        target=_target(fit, rows),
        n_treated=int((remaining & sample.treated).sum()),
        n_comparison=int((remaining & ~sample.treated).sum()),
        reoffenders=None if happened is None else sample.count(happened & left),
    )
    return Reduced(reduced, rest, rows, totals)


def resample(draws: Draws, weights: Floats) -> Draws:
    """Draw systematically by importance weights, so that all draws count alike again."""
    positions = (np.arange(len(weights)) + OFFSET) / len(weights)
    chosen = np.searchsorted(np.cumsum(weights), positions).clip(max=len(weights) - 1)
    # spread over the batches, as the draws of a fit are
    chosen = np.random.default_rng(0).permutation(chosen)
    return {
        name: values.reshape(-1, *values.shape[2:])[chosen].reshape(values.shape)
        for name, values in draws.items()
    }


def estimate_one(fit: Fit, measure: Measure) -> dict[str, Any]:
    """Return the effect of a fit on one measure, and its posterior standard deviation."""
    effects, reasons = contrast_measures(fit)
    for effect in effects:
        if effect.measure is measure:
            return {
                "estimate": effect.estimate,
                "lower": effect.interval.lower,
                "upper": effect.interval.upper,
                "spread": float(effect.draws.std()),
            }
    raise CannotAnswerError(f"no {measure}: {reasons.get(measure, 'the model has none')}")


def _target(fit: Fit, rows: Mapping[str, NDArray[Any]]) -> Target:
    """Take the people whom the effect is about from the rows that are left."""
    weight = np.asarray(rows["weight"], dtype=float)
    treated = np.asarray(rows["treated"]) > 0
    asked = fit.estimand.asked  # cut weights are those of the people who are compared with
    if asked is Estimand.ATT:
        share = np.where(treated, weight, 0.0)
    elif asked is Estimand.ATC:
        share = np.where(treated, 0.0, weight)
    elif asked is Estimand.ATO:
        share = weight / np.where(treated, weight[treated].sum(), weight[~treated].sum())
    else:
        raise CannotAnswerError("for everybody (ATE) nobody is left out; choose the ATT")
    n_rows = len(weight)
    covariates = np.asarray(rows.get("x", np.zeros((n_rows, 0))), dtype=float)
    groups = np.asarray(rows.get("group", np.zeros((n_rows, 0))), dtype=np.int64)
    chosen = share > 0
    return Target(covariates[chosen], groups[chosen], share[chosen] / share.sum())
