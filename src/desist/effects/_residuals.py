"""How much a weighted mean of residuals scatters, and what the arm is worth for it."""

from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.inference.calibration import WeightedPeople
from desist.models._observed import Observed
from desist.models.fitted import Fit

# The model's variance counts as much as so many people: residuals of few people alone know too
# little of how skewed outcomes scatter (benchmarks/coverage.py).
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
    squares = np.bincount(row, np.square(weights[:, -1]), len(residuals))
    return Scatter(covariance * np.outer(ratio, ratio), kish, np.minimum(sizes, n_people), squares)


def mix_covariances(seen: Scatter, assumed: Floats) -> Floats:
    """Mix the covariance that was seen with that of the model, by the people behind the former."""
    share = seen.kish / (seen.kish + PEOPLE_OF_THE_MODEL)
    by_people, by_model = np.sqrt(share), np.sqrt(1 - share)
    mixed: Floats = seen.covariance * np.outer(by_people, by_people) + assumed * np.outer(
        by_model, by_model
    )
    return mixed
