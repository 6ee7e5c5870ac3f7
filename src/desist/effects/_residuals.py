"""How much a weighted mean of residuals scatters, and what the arm is worth for it."""

from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.inference.calibration import WeightedPeople
from desist.models._observed import Observed
from desist.models.fitted import Fit

# To the correlation between outcomes the model's own counts as much as so many people.
PEOPLE_OF_THE_MODEL = 40.0


@dataclass(frozen=True, eq=False, repr=False)
class Scatter:
    """How the weighted mean residuals of an arm scatter on the scale of a link."""

    covariance: Floats  # (k, k) from residuals, each divided by one minus its leverage (HC3)
    # (k,) effective number, by the weights alone, of the people who tell of each value
    kish: Floats
    # (k,) effective number for the outcome: as many people of equal weight and the same spread of
    # residuals have a mean that scatters as much. Never above the number of people
    sizes: Floats
    squares: Floats  # (n_rows,) squared weights of the people of each row
    fourths: Floats  # (n_rows,) their fourth powers


@dataclass(frozen=True, eq=False, repr=False)
class Assumed:
    """How the averages of an arm scatter if the model is right, on the scale of a link."""

    observed: Floats  # (k, k) covariance, taken to the scale at the averages that were observed
    own: Floats  # (k, k) the same at the averages that the model has
    # (k,) as many people with equal parts in the variance know it as well (Satterthwaite 1946,
    # Biometrics Bulletin 2, 110-114)
    freedom: Floats


def scatter_residuals(
    fit: Fit,
    people: WeightedPeople,
    observed: Observed,
    arm: int,
    *,
    residuals: Floats,
    carried: Floats,
    slope: Floats,
) -> Scatter:
    """Measure how the weighted mean residuals of an arm scatter."""
    # By sum_i a_i a_i' with the influence a_i = w_i G r_i / (1 - h_i) of each person, h_i the
    # person's share of the weight of those who tell of the value.
    # MacKinnon, J. G. and White, H. (1985). Some heteroskedasticity-consistent covariance matrix
    # estimators with improved finite sample properties. Journal of Econometrics 29(3), 305-325.
    of_arm = fit.data["treated"][people.row] == arm
    row, weight = people.row[of_arm], people.weight[of_arm]
    part = (weight / fit.data["weight"][row])[:, np.newaxis]
    weights = carried[row] * part  # of each person, for each outcome
    centred = residuals - (carried * residuals).sum(axis=0)
    # residuals about their mean, which is what the averages are moved by
    influence = (weights * centred[row]) @ slope.T
    telling = weights * observed.carriers[row]
    total = telling.sum(axis=0)
    leverage = np.divide(telling, total, out=np.zeros_like(telling), where=total > 0)
    sure = leverage < 1
    inflated = np.divide(influence, 1 - leverage, out=np.zeros_like(influence), where=sure)
    covariance = inflated.T @ inflated
    kish = 1 / np.maximum(np.square(leverage).sum(axis=0), np.finfo(float).tiny)
    kish = np.where(total > 0, kish, 0.0)
    within = np.divide(
        np.square(influence), leverage, out=np.zeros_like(influence), where=leverage > 0
    ).sum(axis=0)
    n_people = (leverage > 0).sum(axis=0)
    plain = np.square(influence).sum(axis=0)
    # as many people of equal weight have a mean that scatters as much, but no more than there are
    sizes = np.divide(within, plain, out=kish.copy(), where=plain > 0)
    ratio = np.sqrt(np.maximum(1.0, sizes / np.maximum(n_people, 1)))
    squares, fourths = (
        np.bincount(row, weights[:, -1] ** power, len(residuals)) for power in (2, 4)
    )
    return Scatter(
        covariance * np.outer(ratio, ratio), kish, np.minimum(sizes, n_people), squares, fourths
    )


def bound_covariance(seen: Scatter, assumed: Assumed) -> Floats:
    """Return the covariance of an arm's averages: the larger of what was seen and is expected."""
    # Residuals of few people tell too little of how skewed outcomes scatter, and a model that is
    # wrong in form expects too little. At the model's own level too, because a sample that lacks
    # the tail has a low mean as well as a low variance. Which of several such rules is right was
    # decided by benchmarks/spread.py and benchmarks/coverage.py.
    candidates = [np.diag(part) for part in (seen.covariance, assumed.observed, assumed.own)]
    variances = np.max(candidates, axis=0)
    share = seen.kish / (seen.kish + PEOPLE_OF_THE_MODEL)
    by_people, by_model = np.sqrt(share), np.sqrt(1 - share)
    mixed = seen.covariance * np.outer(by_people, by_people)
    mixed += assumed.observed * np.outer(by_model, by_model)
    scale = np.sqrt(
        np.divide(variances, np.diag(mixed), out=np.ones(len(mixed)), where=np.diag(mixed) > 0)
    )
    covariance: Floats = mixed * np.outer(scale, scale)
    return covariance
