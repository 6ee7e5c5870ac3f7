"""Averages of a model, corrected within each draw by what was observed of each arm."""

# With weights that carry an arm to the people whom the effect is about, the model's averages over
# these people, m_bar(theta), and over the weighted arm itself, m_bar_w(theta), and the weighted
# mean y_bar_w that was observed, the corrected average of draw s is
#     g(mu_s) = g{m_bar(theta_s)} - g{m_bar_w(theta_s)} + g(y_bar_w) + e_s.
# With weights that balance, the first two terms cancel whatever the form of the model; with a right
# model the second and the third do, whatever the weights (Robins, Rotnitzky and Zhao 1994, JASA 89,
# 846-866; within draws of a posterior Yiu, Fong, Holmes and Rousseau, arXiv 2306.06059). On the
# scale g no average leaves its range. The error e_s is normal on it, with the variance of the
# weighted mean residual.

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desist._types import Draws, Floats
from desist.effects._residuals import Assumed, Scatter, bound_covariance, scatter_residuals
from desist.inference.blocks import cut_slices
from desist.inference.calibration import WeightedPeople
from desist.models._observed import Link, Observed
from desist.models.fitted import MOST_ROWS, Fit, cut_draws
from desist.models.predictors import Target

DRAWS_FOR_AN_ARM = 150  # of which an arm is predicted person by person, and
PREDICTED_IN_FULL = 400_000  # persons times draws up to which all draws are
AT_ONCE = 2_000_000  # persons times draws times outcomes that fit in memory
NEWTON_STEPS = 12
FEW = 2  # outcomes, of which products one by one are quicker than a sum over all at once
STEP = 1e-5  # of a numerical derivative
FARTHEST = 30.0  # log odds of a share that differs from none or all by rounding alone


@dataclass(frozen=True, eq=False, repr=False)
class ObservedArm:
    """What was observed of one weighted arm, beside what the fit predicts of it."""

    # (chains, draws, k) the model's averages over the weighted arm itself, on the scale of the link
    own: Floats
    level: Floats  # (k,) the observed averages on that scale
    covariance: Floats  # (k, k) of `level`
    # (k,) what the arm is worth in people of equal weight: for this outcome, and by its weights
    # alone
    sizes: Floats
    kish: Floats
    # (k,) false where nobody or everybody has the outcome, so that there is no level
    freedom: Floats  # (k,) people with equal parts who would know the variance as well
    is_usable: NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class _Rows:
    """Some rows of an arm, as they are predicted for."""

    target: Target
    log_exposure: Floats | None  # (n_rows,)


def read_arm(
    fit: Fit, people: WeightedPeople, observed: Observed, arm: int, alone: Floats
) -> ObservedArm:
    """Read what was observed of one arm, and what the fit predicts of it and of the target."""
    shares = np.where(fit.data["treated"] == arm, fit.data["weight"], 0.0)
    carried = (shares / shares.sum())[:, np.newaxis] * observed.known
    carried /= carried.sum(axis=0)
    averages = (carried * observed.values).sum(axis=0)
    own, expected = _predict_own(fit, observed, arm, carried, alone)
    with np.errstate(divide="ignore", invalid="ignore"):
        level = observed.link.apply(averages)
        slope = observed.link.differentiate(averages)
    is_usable = (np.abs(level) < FARTHEST) & np.isfinite(own).all(axis=(0, 1))
    level[~is_usable] = 0.0
    slope[~is_usable] = 0.0
    seen = scatter_residuals(
        fit,
        people,
        observed,
        arm,
        residuals=observed.values - expected,
        carried=carried,
        slope=slope,
    )
    assumed = _scatter_by_model(fit, observed, arm, seen, carried=carried, slope=slope)
    covariance = bound_covariance(seen, assumed)
    return ObservedArm(own, level, covariance, seen.sizes, seen.kish, assumed.freedom, is_usable)


def correct_averages(
    averages: Floats, link: Link, arm: ObservedArm, entropy: Sequence[int]
) -> Floats:
    """Correct the model's averages over the people whom the effect is about."""
    alone, usable = link.apply(averages), arm.is_usable
    if not usable.any():
        return alone
    own = np.where(usable, arm.own, 0.0)
    without = np.where(usable, alone, 0.0) - own + arm.level
    centre = link.invert(np.where(usable, without, alone).mean(axis=(0, 1)))
    corrected = without + draw_errors(arm.covariance, alone.shape[:2], entropy)
    if link.ascends:
        return _spread_over_days(corrected, link, centre, arm, entropy)
    return np.where(usable, move_to_mean(corrected, link, centre), alone)


def draw_errors(covariance: Floats, shape: tuple[int, ...], entropy: Sequence[int]) -> Floats:
    """Draw normal errors whose quantiles are those of the distribution, in random order."""
    from scipy.special import ndtri

    rng = np.random.default_rng(entropy)
    n_draws, k = int(np.prod(shape)), len(covariance)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))  # rounding may leave one just below 0
    quantiles = ndtri((np.arange(n_draws) + 0.5) / n_draws)
    standard = np.column_stack([rng.permutation(quantiles) for _ in range(k)])
    errors: Floats = (standard @ root.T).reshape(*shape, k)
    return errors


def move_to_mean(scaled: Floats, link: Link, centre: Floats) -> Floats:
    """Move draws on the scale of the link so that they have a given mean off it."""
    moved = scaled
    for _ in range(NEWTON_STEPS):
        at, above = (link.invert(moved + step).mean(axis=(0, 1)) for step in (0.0, STEP))
        moved = moved + _find_move(link, at, above, centre)
    return moved


def share_correction(
    parts: Sequence[Floats], shares: Sequence[float], link: Link, wanted: Floats
) -> list[Floats]:
    """Move the averages of parts of the people so that together they have the corrected one."""
    moved = np.stack(parts)  # part first
    share = np.asarray(shares).reshape(-1, 1, 1)
    goal = link.invert(wanted)
    counts = np.ones_like(moved) * share[..., np.newaxis]
    for column in range(moved.shape[-1]):
        if link.counts_by_first and column:
            counts[..., column] = share * link.invert(moved)[..., 0]
        weight = counts[..., column] / counts[..., column].sum(axis=0)
        for _ in range(NEWTON_STEPS):
            at, above = (
                (weight * link.invert(moved[..., column] + step)).sum(axis=0)
                for step in (0.0, STEP)
            )
            moved[..., column] += _find_move(link, at, above, goal[..., column])
    return list(moved)


def _spread_over_days(
    corrected: Floats, link: Link, centre: Floats, arm: ObservedArm, entropy: Sequence[int]
) -> Floats:
    """Spread those who reoffend by the last day over the days, so that no curve ever falls."""
    # Their shares by day have a Dirichlet distribution about the corrected ones, with as many
    # people as tell of the last day's share.
    last = link.invert(move_to_mean(corrected[..., -1:], link, centre[-1:]))
    # before the first reoffence there is only the model, which may not say more than is seen later
    rising = np.minimum.accumulate(centre[::-1])[::-1]
    reached = rising / centre[-1]
    n_people = 1 / (arm.covariance[-1, -1] * centre[-1] * (1 - centre[-1]))
    rng = np.random.default_rng([*entropy, len(centre)])
    parts = rng.gamma(n_people * centre[-1] * np.diff(reached, prepend=0.0), size=corrected.shape)
    by_then = np.cumsum(parts, axis=-1)
    return link.apply(last * by_then / by_then[..., -1:])


def _find_move(link: Link, at: Floats, above: Floats, goal: Floats) -> Floats:
    """Return Newton's step on the scale of the link, where averages are close to linear."""
    level = link.level(at)
    with np.errstate(invalid="ignore", divide="ignore"):
        move: Floats = STEP * (link.level(goal) - level) / (link.level(above) - level)
    return np.where(np.isfinite(move), move, 0.0)  # a share of exactly none or all stays


def _predict_own(
    fit: Fit, observed: Observed, arm: int, carried: Floats, alone: Floats
) -> tuple[Floats, Floats]:
    """Average the predictions over the weighted arm, and those of each row over draws."""
    rows = np.flatnonzero(carried.any(axis=1))
    shape = fit.draws["intercept"].shape
    every = _choose_every(shape, len(rows), _count_parameters(fit.draws))
    thinned = {name: values[:, ::every] for name, values in fit.draws.items()}
    expected = np.zeros_like(observed.values)
    averages = np.zeros((*thinned["intercept"].shape, carried.shape[1]))
    for part in cut_slices(len(rows), MOST_ROWS):
        of_rows, parts = _predict_rows(fit, observed, arm, thinned, (rows[part], carried))
        expected[rows[part]] = of_rows
        averages += parts
    with np.errstate(divide="ignore", invalid="ignore"):
        own = observed.link.apply(averages)
    if every == 1:
        return own, expected
    # as a distance from the averages over the target, which are known of every draw: none for an
    # arm that is the target itself, and small where the weights balance
    with np.errstate(invalid="ignore"):
        distance = own - alone[:, ::every]
        return alone + _extend(distance, thinned, fit.draws), expected


def _predict_rows(
    fit: Fit,
    observed: Observed,
    arm: int,
    draws: Draws,
    some: tuple[NDArray[np.int64], Floats],
) -> tuple[Floats, Floats]:
    """Average predictions of some rows over draws, and add up their parts of the arm's averages."""
    rows, carried = some
    weights, listed = carried[rows], _list_rows(fit, observed, rows)
    added, parts = np.zeros_like(weights), []
    for block in cut_draws(draws, max(1, weights.size)):
        eta = _evaluate_rows(fit, block, arm, listed)
        predicted = observed.expect(eta, block, arm)
        added += predicted.sum(axis=(0, 1))
        parts.append(_average(predicted, weights))
    return added / draws["intercept"].size, np.concatenate(parts, axis=1)


def _choose_every(shape: tuple[int, ...], n_rows: int, n_parameters: int) -> int:
    n_draws = shape[0] * shape[1]
    wanted = max(DRAWS_FOR_AN_ARM, 3 * n_parameters, PREDICTED_IN_FULL // max(1, n_rows))
    return max(1, n_draws // wanted)


def _count_parameters(draws: Draws) -> int:
    return sum(int(np.prod(values.shape[2:])) for values in draws.values())


def _extend(values: Floats, thinned: Draws, draws: Draws) -> Floats:
    """Extend values from some draws to all: they are close to linear in parameters."""
    some, every = _tabulate(thinned), _tabulate(draws)
    centre, unit = some.mean(axis=0), some.std(axis=0)
    keep = unit > 0
    some, every = ((part - centre)[:, keep] / unit[keep] for part in (some, every))
    flat = values.reshape(-1, values.shape[-1])
    finite = np.isfinite(flat).all(axis=0)
    bases = [np.column_stack([np.ones(len(part)), part, np.square(part)]) for part in (some, every)]
    solved, *_ = np.linalg.lstsq(bases[0], flat[:, finite], rcond=None)
    extended = np.full((len(every), flat.shape[1]), np.nan)
    extended[:, finite] = bases[1] @ solved
    return extended.reshape(*draws["intercept"].shape, -1)


def _tabulate(draws: Draws) -> Floats:
    return np.column_stack(
        [values.reshape(values.shape[0] * values.shape[1], -1) for values in draws.values()]
    )


def _average(predicted: Floats, weights: Floats) -> Floats:
    """Average outcomes, (chains, draws, n_rows, k), by the weights of each, (n_rows, k)."""
    if weights.shape[1] > FEW:
        return np.asarray(np.einsum("cdrk,rk->cdk", predicted, weights))
    each = [predicted[..., k] @ weights[:, k] for k in range(weights.shape[1])]
    return np.stack(each, axis=-1)


def _list_rows(fit: Fit, observed: Observed, rows: NDArray[np.int64]) -> _Rows:
    n_rows = len(fit.data["treated"])
    covariates = fit.data.get("x", np.zeros((n_rows, 0)))[rows]
    groups = fit.data.get("group", np.zeros((n_rows, 0), dtype=np.int64))[rows]
    exposure = None if observed.log_exposure is None else observed.log_exposure[rows]
    return _Rows(Target(covariates, groups, np.ones(len(rows))), exposure)


def _evaluate_rows(fit: Fit, draws: Draws, arm: int, listed: _Rows) -> Floats:
    eta = fit.predict_linear(draws, listed.target, arm)
    return eta if listed.log_exposure is None else eta + listed.log_exposure


def _scatter_by_model(
    fit: Fit, observed: Observed, arm: int, seen: Scatter, *, carried: Floats, slope: Floats
) -> Assumed:
    """Return how the averages scatter if the model is right, and how many people carry it."""
    # at the middle of the posterior: over its draws a variance that is a square of exponentials
    # averages to several times what it is at any likely value
    middle = {
        name: np.median(values, axis=(0, 1), keepdims=True) for name, values in fit.draws.items()
    }
    rows = np.flatnonzero(seen.squares)
    k = observed.values.shape[1]
    total, fourths, own = np.zeros((k, k)), np.zeros(k), np.zeros(k)
    at_once = max(1, AT_ONCE // k)
    for part in cut_slices(len(rows), at_once):
        block = rows[part]
        eta = _evaluate_rows(fit, middle, arm, _list_rows(fit, observed, block))
        added, of_row = observed.scatter(eta, middle, arm, seen.squares[block])
        total += added
        fourths += seen.fourths[block] @ np.square(_vary_on_scale(of_row, slope))
        own += (carried[block] * observed.expect(eta, middle, arm)[0, 0]).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        own_slope = observed.link.differentiate(own)
    own_slope = np.where(slope.any(axis=1, keepdims=True), own_slope, 0.0)
    at_observed, at_own = (each @ total @ each.T for each in (slope, own_slope))
    squared = np.square(np.diag(at_observed))
    freedom = np.divide(squared, fourths, out=np.full(k, float(len(rows))), where=fourths > 0)
    return Assumed(at_observed, at_own, freedom)


def _vary_on_scale(of_row: Floats, slope: Floats) -> Floats:
    """Return the variance of each row's outcomes on the scale of the link, (n_rows, k)."""
    if of_row.ndim == 2:  # the slope is diagonal
        return of_row * np.square(np.diag(slope))
    varied: Floats = np.einsum("ij,rjl,il->ri", slope, of_row, slope)
    return varied
