"""Other answers to the same question, for the coverage benchmark.

Each yields a measure, a name, and an estimate with its 95 % limits. What is known of a formula is
said where it stands; where its authors give it for another estimand only, what was done is said.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from coverage_cells import FOLLOW_UP
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import t as student

from desist.checks.counts.two_proportions import newcombe
from desist.checks.people.weighted import weighted_difference
from desist.checks.people.welch import welch
from desist.checks.times.kaplan_meier import rmst_difference
from desist.effects._augmented import (  # the predictions that effects are made of
    _evaluate_rows,
    _list_rows,
)
from desist.errors import CannotAnswerError
from desist.estimands import Estimand, Measure
from desist.models.fit import Fit
from desist.models.predictors import target_weights
from desist.sample import Sample
from desist.weights import effective_sample_size

type Floats = NDArray[np.float64]
type Found = tuple[Measure, str, tuple[float, float, float]]

DRAWS = 200
MODEL_ALONE = "model alone"
POSTERIOR = "posterior"


def list_outcomes(sample: Sample) -> Iterator[tuple[Measure, Floats, NDArray[np.bool_]]]:
    """List each measure of which everybody's outcome is known, and whom it is about."""
    within, used = sample.within, sample.used
    if not sample.followed_alike:
        return
    yield Measure.RATE, within.reoffended.astype(float), used
    yield Measure.FREQUENCY, within.offences.astype(float), used
    yield Measure.RMST, np.where(within.reoffended, within.days, FOLLOW_UP), used
    yield Measure.TIME_AMONG_REOFFENDERS, within.days, used & within.reoffended


def compare(
    sample: Sample, matrix: Floats, measures: frozenset[Measure], rng: np.random.Generator
) -> Iterator[Found]:
    """Give the answers that need no fit of ours."""
    design = sample.design
    for measure, outcome, who in list_outcomes(sample):
        if measure not in measures:
            continue
        data = (outcome[who], design.treated[who], design.weights[who])
        yield from _find(measure, "Welch", welch, *data)
        yield from _find(measure, "weights alone, HC3", weighted_difference, *data)
        if measure is not Measure.TIME_AMONG_REOFFENDERS:
            yield measure, "regression, HC3", regress(outcome, matrix, sample)
            if design.scores is not None:
                drawn = draw_scores(outcome, matrix, sample, rng)
                yield measure, "CausalPy: scores drawn, outcomes fixed", drawn
                yield measure, "weighted, bootstrap", bootstrap(outcome, sample, rng)
    if Measure.RATE in measures and sample.followed_alike:
        yield from _find(Measure.RATE, "Newcombe", newcombe, *count_effective(sample))
    if Measure.RMST in measures:
        recorded, used = sample.recorded, sample.used
        times = np.where(recorded.reoffended, recorded.days, recorded.time_at_risk)[used]
        arms = (recorded.reoffended[used], design.treated[used], design.weights[used])
        yield from _find(
            Measure.RMST, "weighted Kaplan-Meier", rmst_difference, times, *arms, horizon=FOLLOW_UP
        )


def _find(
    measure: Measure, name: str, formula: Any, *data: Any, **settings: Any
) -> Iterator[Found]:
    try:
        found = formula(*data, **settings)
    except CannotAnswerError:
        return
    if np.isfinite([found.lower, found.upper]).all():
        yield measure, name, (found.estimate, found.lower, found.upper)


def count_effective(sample: Sample) -> tuple[float, float, float, float]:
    """Count reoffenders and people of each arm as if its effective number had equal weights."""
    counts = []
    for arm in (sample.treated, ~sample.treated):
        weights, outcome = sample.weights[arm], sample.within.reoffended[arm]
        size = effective_sample_size(weights)
        counts += [float(weights @ outcome) / float(weights.sum()) * size, size]
    return tuple(counts)


def regress(outcome: Floats, matrix: Floats, sample: Sample) -> tuple[float, float, float]:
    """Compare means adjusted by weighted regression on the arm, the covariates and their products.

    Covariates are centred at the people whom the effect is about, so that the coefficient of the
    arm is the effect on them (Lin, W. 2013, Annals of Applied Statistics 7, 295-318); its error is
    HC3 (MacKinnon and White 1985) with n - k degrees of freedom from effective sizes.
    """
    used, treated = sample.used, sample.treated[sample.used].astype(float)
    centred = matrix[used] - target_weights(sample.design) @ matrix
    columns = np.column_stack(
        [np.ones(len(treated)), treated, centred, centred * treated[:, np.newaxis]]
    )
    weights = sample.weights[used].copy()
    for arm in (treated > 0, treated == 0):
        weights[arm] *= effective_sample_size(weights[arm]) / weights[arm].sum()
    inverse = np.linalg.pinv(columns.T @ (weights[:, np.newaxis] * columns))
    beta = inverse @ (columns.T @ (weights * outcome[used]))
    leverage = weights * np.einsum("ij,jk,ik->i", columns, inverse, columns)
    residuals = (outcome[used] - columns @ beta) / np.maximum(1 - leverage, 1e-6)
    influence = (columns @ inverse[:, 1]) * weights * residuals
    freedom = max(weights.sum() - columns.shape[1], 1.0)
    half = float(student.ppf(0.975, freedom) * np.sqrt(np.square(influence).sum()))
    return float(beta[1]), float(beta[1]) - half, float(beta[1]) + half


def draw_scores(
    outcome: Floats, matrix: Floats, sample: Sample, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Draw the coefficients of the score and hold the outcomes fixed, as CausalPy does.

    Its inverse-propensity experiment draws the scores by a Bayesian logistic model and reports the
    spread over these draws of the weighted difference (scheme "robust", which divides by the sum of
    the weights). It gives the ATE alone; for the ATT the weights are the odds of the score.
    """
    columns = np.column_stack([np.ones(len(matrix)), matrix])
    coefficients, covariance = fit_logistic(columns, sample.treated.astype(float))
    drawn = rng.multivariate_normal(coefficients, covariance, DRAWS)
    e = expit(columns @ drawn.T)
    is_ate = sample.design.estimand is Estimand.ATE
    treated = sample.treated
    with_programme = 1 / e[treated] if is_ate else np.ones_like(e[treated])
    without = 1 / (1 - e[~treated]) if is_ate else e[~treated] / (1 - e[~treated])
    first = outcome[treated] @ with_programme / with_programme.sum(axis=0)
    return spread(first - outcome[~treated] @ without / without.sum(axis=0))


def fit_logistic(columns: Floats, outcome: Floats) -> tuple[Floats, Floats]:
    """Fit a logistic regression by Newton's method, with its inverse information."""
    beta = np.zeros(columns.shape[1])
    for _ in range(25):
        p = expit(columns @ beta)
        information = columns.T @ ((p * (1 - p))[:, np.newaxis] * columns)
        beta = beta + np.linalg.solve(information, columns.T @ (outcome - p))
    return beta, np.linalg.inv(information)


def bootstrap(
    outcome: Floats, sample: Sample, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Draw people anew within their arms, their weights kept, and take percentiles."""
    means = []
    for arm in (sample.used & sample.treated, sample.used & ~sample.treated):
        weights, values = sample.weights[arm], outcome[arm]
        times = rng.multinomial(len(weights), np.full(len(weights), 1 / len(weights)), DRAWS)
        with np.errstate(invalid="ignore", divide="ignore"):
            means.append((times * weights) @ values / (times @ weights))
    difference = means[0] - means[1]
    return spread(difference[np.isfinite(difference)])


def correct_in_one_step(
    fit: Fit, measure: Measure, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Correct each draw by residuals with Dirichlet weights (Yiu et al., arXiv 2306.06059).

    The weights of an arm are exponential variables times its probability weights, divided by their
    sum: a Bayesian bootstrap of the arm.
    """
    observed = fit.model.observe(fit.data, fit.horizon)
    every = max(1, fit.draws["intercept"].size // DRAWS)
    few = {name: values[:, ::every] for name, values in fit.draws.items()}
    alone = [fit.predict(arm)[str(measure)][:, ::every].ravel() for arm in (0, 1)]
    means = []
    for arm in (0, 1):
        rows = np.flatnonzero((fit.data["treated"] == arm) & (fit.data["weight"] > 0))
        eta = _evaluate_rows(fit, few, arm, _list_rows(fit, observed, rows))
        expected = observed.expect(eta, few, arm)
        residuals = observed.values[rows, 0] - expected[..., 0].reshape(-1, len(rows))
        # of a row of n people of equal weight the exponentials add up to a gamma variable
        n_people = np.bincount(fit.people.row, minlength=len(fit.data["treated"]))[rows]
        shares = rng.gamma(n_people, size=residuals.shape) * fit.data["weight"][rows] / n_people
        means.append(alone[arm] + (shares * residuals).sum(axis=1) / shares.sum(axis=1))
    return spread(means[1] - means[0])


def spread(draws: Floats) -> tuple[float, float, float]:
    """Return the mean and the 95 % limits of draws."""
    lower, upper = np.quantile(draws, [0.025, 0.975])
    return float(draws.mean()), float(lower), float(upper)
