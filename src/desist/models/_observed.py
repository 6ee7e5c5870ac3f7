"""What was observed of each row, beside what a model expects of it."""

# The effects correct a model's averages by what was observed. For that a model says which averages
# of its outcomes are compared, how far a single outcome scatters about its expectation, and on
# which scale an average may be moved without leaving its range.

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from desist._types import Draws, Floats

type Rows = Mapping[str, NDArray[np.float64]]
type Averages = Mapping[str, Floats]
type Predict = Callable[[Floats, Draws, int], Floats]
type Scatter = Callable[[Floats, Draws, int, Floats], tuple[Floats, Floats]]

N_NODES = 24  # of the quadrature over time


@dataclass(frozen=True)
class Link:
    """A scale on which averages are moved, so that none leaves its range."""

    apply: Callable[[Floats], Floats]  # averages of k outcomes, shape (..., k), to the scale
    # back to the values that are read: for "times", the share who reoffended and the mean days of
    # those, as a fraction of the horizon
    invert: Callable[[Floats], Floats]
    level: Callable[[Floats], Floats]
    # at averages of shape (k,), the derivatives of the scale, shape (k, k)
    differentiate: Callable[[Floats], Floats]
    # whether the other values are averages over those who have the first outcome
    counts_by_first: bool = False
    # whether the values are known to ascend, as shares who reoffended by some days do
    ascends: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Observed:
    """Outcomes of the rows of one fit, k of them, and what the model expects."""

    values: Floats  # (n_rows, k) what was observed; of people of whom it is not known, anything
    # (n_rows, k) 1 where everybody is followed to the end. Under censoring 0 for those whose
    # outcome is not known, and for the others the inverse of the probability that it is
    known: Floats
    # (n_rows, k) 1 where a row's people tell of the k-th value on the scale of the link, else 0
    carriers: Floats
    link: Link  # the scale of the averages
    expect: Predict  # (eta, draws, arm) to expectations of shape (chains, draws, n_rows, k)
    # (eta, draws, arm, squares) to the covariance of the outcomes given the predictors, added up
    # over rows with these squared weights and averaged over draws, shape (k, k); and of each row,
    # shape (n_rows, k, k), or (n_rows, k) where the link takes each outcome by itself
    scatter: Scatter
    # from the averages of `Fit.predict` to those of the k outcomes, shape (chains, draws, k)
    gather: Callable[[Averages], Floats]
    # from the scale of the link back to averages as `Fit.predict` has them
    release: Callable[[Floats], Averages]
    # (n_rows,) an offset of eta: log of the time that the outcome was counted over, as a fraction
    # of the horizon
    log_exposure: Floats | None = None


def observe_one(
    values: Floats,
    name: str,
    expect: Predict,
    *,
    vary: Predict,
    link: Link,
    log_exposure: Floats | None = None,
) -> Observed:
    """Observe one outcome that is known of everybody."""

    def scatter(eta: Floats, draws: Draws, arm: int, squares: Floats) -> tuple[Floats, Floats]:
        of_row = vary(eta, draws, arm).mean(axis=(0, 1))
        return np.full((1, 1), float(of_row @ squares)), of_row[:, np.newaxis]

    column = values[:, np.newaxis].astype(float)
    return Observed(
        column,
        np.ones_like(column),
        np.ones_like(column),
        link,
        lambda eta, draws, arm: expect(eta, draws, arm)[..., np.newaxis],
        scatter,
        lambda averages: averages[name][..., np.newaxis],
        lambda scaled: {name: link.invert(scaled)[..., 0]},
        log_exposure,
    )


def observe_times(
    rows: Rows,
    horizon: float,
    survive: Callable[[Floats, Draws, int, float], Floats],
    predict: Callable[[Floats, Draws, int], Averages],
) -> Observed:
    """Observe who reoffended within the horizon, and after which share of it."""
    failed = rows["reoffended"] * (rows["time"] <= 1)
    known = invert_censoring(rows, 1.0)

    def scatter(eta: Floats, draws: Draws, arm: int, squares: Floats) -> tuple[Floats, Floats]:
        of_row = scatter_times(lambda share: survive(eta, draws, arm, share))
        return np.tensordot(squares, of_row, axes=1), of_row

    return Observed(
        np.column_stack([failed, failed * read_shares(rows)]),
        np.column_stack([known, known]),
        np.column_stack([np.ones_like(failed), failed]),
        TIMES,
        lambda eta, draws, arm: gather_times(predict(eta, draws, arm), horizon),
        scatter,
        lambda averages: gather_times(averages, horizon),
        lambda scaled: release_times(scaled, horizon),
    )


def observe_days(
    rows: Rows, survive: Callable[[Floats, Draws, int, float], Floats], shares: Floats
) -> Observed:
    """Observe who reoffended by some days."""
    by_then = [rows["reoffended"] * (rows["time"] <= share) for share in shares]
    earlier = np.minimum.outer(np.arange(len(shares)), np.arange(len(shares)))

    def expect(eta: Floats, draws: Draws, arm: int) -> Floats:
        return np.stack([1 - survive(eta, draws, arm, float(s)) for s in shares], axis=-1)

    def scatter(eta: Floats, draws: Draws, arm: int, squares: Floats) -> tuple[Floats, Floats]:
        failed = expect(eta, draws, arm).reshape(-1, len(squares), len(shares))
        both = np.einsum("drk,r->k", failed, squares)[earlier]
        weighted = failed * squares[:, np.newaxis]
        products = np.tensordot(weighted, failed, axes=([0, 1], [0, 1]))
        scattered: Floats = (both - products) / len(failed)
        return scattered, (failed - np.square(failed)).mean(axis=0)

    return Observed(
        np.column_stack(by_then),
        np.column_stack([invert_censoring(rows, float(share)) for share in shares]),
        np.ones((len(rows["time"]), len(shares))),
        CURVE,
        expect,
        scatter,
        lambda averages: 1 - averages["curve"],
        lambda scaled: {"curve": 1 - CURVE.invert(scaled)},
    )


def gather_times(averages: Averages, horizon: float) -> Floats:
    """Return the share who reoffend, and the share of the horizon that passes for them before."""
    survival = averages["survival"]
    logs = averages.get("log_survival")
    failed = 1 - survival if logs is None else -np.expm1(logs)
    return np.stack([failed, averages["rmst"] / horizon - survival], axis=-1)


def release_times(scaled: Floats, horizon: float) -> Averages:
    """Return survival and restricted mean from the scale of `TIMES`."""
    log_survival = -np.logaddexp(0.0, scaled[..., 0])
    survival, among = np.exp(log_survival), TIMES.invert(scaled[..., 1])
    restricted = survival + TIMES.invert(scaled[..., 0]) * among
    return {"survival": survival, "log_survival": log_survival, "rmst": horizon * restricted}


def scatter_times(survive: Callable[[float], Floats]) -> Floats:
    """Return each row's covariance of having reoffended and of its time, shape (n_rows, 2, 2)."""
    # With F = 1 - S(1) and U = integral_0^1 S ds - S(1) it needs the second moment 2 integral_0^1 s
    # S ds - S(1); by Gauss-Legendre quadrature in the square root of time, because hazards are
    # steepest at its start.
    nodes, weights = np.polynomial.legendre.leggauss(N_NODES)
    roots, weights = (nodes + 1) / 2, weights / 2
    last = survive(1.0)
    first_moment, second_moment = -last, -last
    for root, weight in zip(roots, weights, strict=True):
        by_then = survive(float(root**2)) * (weight * 2 * root)
        first_moment, second_moment = first_moment + by_then, second_moment + 2 * root**2 * by_then
    failed = 1 - last
    entries = (
        failed - np.square(failed),
        first_moment - failed * first_moment,
        second_moment - np.square(first_moment),
    )
    one, both, two = (entry.mean(axis=(0, 1)) for entry in entries)
    return np.stack([np.stack([one, both], -1), np.stack([both, two], -1)], axis=-2)


def read_shares(rows: Rows) -> Floats:
    """Return the times of first reoffences as they were recorded, as shares of the horizon."""
    if "interval_start" in rows:
        return (rows["interval_start"] + rows["time"]) / 2
    return rows["time"] * (1 - rows["on_release_day"])


def invert_censoring(rows: Rows, share: float) -> Floats:
    """Weigh the people of whom it is known what had happened by a time."""
    # By the inverse of the probability of not being censored before, of each arm by Kaplan and
    # Meier's estimate with the times of censoring as events, reoffences before censoring at ties.
    # Robins, J. M. and Finkelstein, D. M. (2000). Correcting for noncompliance and dependent
    # censoring in an AIDS clinical trial with inverse probability of censoring weighted log-rank
    # tests. Biometrics 56(3), 779-788.
    time, happened = rows["time"], rows["reoffended"] > 0
    known = (happened & (time <= share)) | (time >= share)
    inverse = known.astype(float)
    if known.all():
        return inverse
    for arm in (rows["treated"] > 0, rows["treated"] == 0):
        kept = _stay_followed(time[arm], happened[arm], rows["weight"][arm])
        inverse[arm] /= np.where(known[arm], kept(np.minimum(time[arm], share)), 1.0)
    return inverse


def _stay_followed(
    time: Floats, happened: NDArray[np.bool_], weight: Floats
) -> Callable[[Floats], Floats]:
    """Return the probability of not being censored before a time, as a step function."""
    times, place = np.unique(time, return_inverse=True)
    leave = np.bincount(place, weight, len(times))
    reoffend = np.bincount(place, weight * happened, len(times))
    at_risk = np.cumsum(leave[::-1])[::-1] - reoffend  # reoffences come first
    lost = np.divide(leave - reoffend, at_risk, out=np.zeros(len(times)), where=at_risk > 0)
    before = np.concatenate([[1.0], np.cumprod(1 - lost)])
    return lambda at: before[np.searchsorted(times, at, side="left")]


def _logit(shares: Floats) -> Floats:
    from scipy.special import logit

    scaled: Floats = logit(shares)
    return scaled


def _expit(scaled: Floats) -> Floats:
    from scipy.special import expit

    shares: Floats = expit(scaled)
    return shares


def _log(averages: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(averages)


def _apply_times(averages: Floats) -> Floats:
    failed, spent = averages[..., 0], averages[..., 1]
    among = np.divide(spent, failed, out=np.zeros_like(spent), where=failed > 0)
    return np.stack([_logit(failed), _logit(among)], axis=-1)


def _differentiate_times(averages: Floats) -> Floats:
    failed, spent = averages
    among = spent / failed
    slope = 1 / (among * (1 - among)) / failed
    return np.array([[1 / (failed * (1 - failed)), 0.0], [-among * slope, slope]])


LOG = Link(_log, np.exp, _log, lambda averages: np.diag(1 / averages))
LOGIT = Link(_logit, _expit, _logit, lambda averages: np.diag(1 / (averages * (1 - averages))))
TIMES = Link(_apply_times, _expit, _logit, _differentiate_times, counts_by_first=True)
CURVE = replace(LOGIT, ascends=True)
