"""Cox regression with probability weights, tied times and robust errors."""

# Efron's approximation: at a time with d tied reoffences of weights w the k-th of them, k = 0 to d
# - 1, is compared with the risk set less the share k/d of the tied people, with the mean of their
# weights as its weight. Breslow's keeps the whole risk set. The robust covariance is H^(-1) J
# H^(-1) with J the sum over people (or clusters) of the squared weighted score residuals. All
# weights times ten change neither the estimate nor the robust error; the scale of one arm against
# the other does matter, so the checks of this package scale each arm to its effective sample size
# first.
# Efron, B. (1977). JASA 72, 557-565. Lin, D. Y. and Wei, L. J. (1989). JASA 84, 1074-1078.
# Therneau, T. M. and Grambsch, P. M. (2000). Modeling Survival Data, section 7.2.

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.arguments import find_choice_faults
from desist.checks.columns import Columns
from desist.checks.times.survival_data import find_start_faults
from desist.errors import NoEventsError, NotConvergedError

TIES = ("efron", "breslow")
MOST_STEPS = 50
GRADIENT_TOLERANCE = 1e-9  # of the gradient in units of its standard deviation
SMALLEST_SHARE = 1e-5  # of the information at the start that is left at an estimate


@dataclass(frozen=True, eq=False)
class CoxFit:
    """Log hazard ratios with model-based and robust errors.

    Attributes
    ----------
    coefficients : ndarray of float, shape (n_covariates,)
        Log hazard ratios.
    covariance : ndarray of float, shape (n_covariates, n_covariates)
        Inverse information; right for unweighted people only.
    robust_covariance : ndarray of float, shape (n_covariates, n_covariates)
        Sandwich, by person or cluster.
    log_likelihood : float
        Partial, at the estimate.
    n_events : int
        Reoffences.

    Examples
    --------
    >>> import desist as ds
    >>> days, events = [10, 40, 50, 60, 20, 90, 30, 80], [1, 1, 0, 1, 1, 0, 1, 1]
    >>> treated = [[1], [1], [1], [1], [0], [0], [0], [0]]
    >>> fit = ds.checks.cox(days, events, treated)
    >>> round(float(fit.coefficients[0]), 2), fit.n_events
    (0.53, 6)
    """

    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    robust_covariance: NDArray[np.float64]
    log_likelihood: float
    n_events: int

    @property
    def standard_errors(self) -> NDArray[np.float64]:
        """Model-based, shape (n_covariates,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def robust_errors(self) -> NDArray[np.float64]:
        """From the sandwich, shape (n_covariates,)."""
        return np.sqrt(np.diag(self.robust_covariance))


def cox(
    times: ArrayLike,
    events: ArrayLike,
    covariates: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    starts: ArrayLike | None = None,
    ties: str = "efron",
    strata: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> CoxFit:
    """Fit a weighted Cox regression.

    Parameters
    ----------
    times : array_like, shape (n_people,)
        Days to the first reoffence or to the end of follow-up.
    events : array_like, shape (n_people,)
        True for a reoffence.
    covariates : array_like, shape (n_people,) or (n_people, n_covariates)
        The arm as 0/1, alone or with covariates.
    weights : array_like, shape (n_people,), optional
        Probability weights, used as they are.
    starts : array_like, shape (n_people,), optional
        Days at which each row came under observation, before its time; 0 for everybody when
        left out. A person whose covariates change has several rows, one after the other.
    ties : str
        "efron" or "breslow".
    strata : array_like, shape (n_people,), optional
        Groups with a baseline hazard of their own.
    clusters : array_like, shape (n_people,), optional
        Groups over which score residuals are summed for the robust error.

    Returns
    -------
    CoxFit
        The fit.

    Raises
    ------
    InputError
        If an input is not usable or `ties` is unknown.
    NoEventsError
        If nobody reoffends.
    NotConvergedError
        If there is no finite maximum, as when no participant reoffends.

    Examples
    --------
    >>> fit = cox([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], [0, 1, 0, 1, 0, 1])
    >>> round(float(fit.coefficients[0]), 4)
    -0.6321
    """
    options = {"starts": starts, "strata": strata, "clusters": clusters}
    risk = read_risk(times, events, covariates, weights, ties=ties, **options)
    beta = np.zeros(risk.x.shape[1])
    value, gradient, information = risk.derivatives(beta)
    at_start = information
    events_weight = float(risk.weights[risk.events].sum())
    for _ in range(MOST_STEPS):
        step = _solve(information, gradient)
        if float(gradient @ step) < GRADIENT_TOLERANCE**2 * events_weight:
            break
        value, beta, gradient, information = _uphill(risk, beta, step, value)
        if has_run_away(information, at_start):
            raise _no_maximum()
    else:
        raise _no_maximum()
    covariance = np.linalg.inv(information)
    scores = risk.score_residuals(beta) * risk.weights[:, None]
    if clusters is not None:
        scores = np.stack([np.bincount(risk.clusters, column) for column in scores.T], axis=1)
    robust = covariance @ (scores.T @ scores) @ covariance
    return CoxFit(beta, covariance, robust, value, int(risk.events.sum()))


def baseline_hazard(
    times: ArrayLike,
    events: ArrayLike,
    covariates: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    ties: str = "efron",
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Estimate the cumulative hazard of somebody whose covariates are all 0.

    .. math:: \hat H_0(t) = \sum_{t_k \le t} \frac{d_k}{\sum_{i: T_i \ge t_k} w_i e^{x_i'\hat\beta}}

    with Efron's denominators for ties.

    Parameters
    ----------
    times, events, covariates, weights : array_like
        As for `cox`.
    ties : str
        "efron" or "breslow".

    Returns
    -------
    tuple of ndarray of float, each of shape (n_times,)
        Distinct times of a reoffence, and the hazard up to each.

    Raises
    ------
    InputError
        If an input is not usable or `ties` is unknown.
    NoEventsError
        If nobody reoffends.
    NotConvergedError
        If there is no finite maximum.

    References
    ----------
    Breslow, N. (1972). JRSS B 34, 216-217 (discussion of Cox).

    Examples
    --------
    >>> days, hazard = baseline_hazard([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], [0, 1, 0, 1, 0, 1])
    >>> days.tolist(), bool((hazard[1:] > hazard[:-1]).all())
    ([1.0, 2.0, 3.0, 4.0, 5.0], True)
    """
    beta = cox(times, events, covariates, weights, ties=ties).coefficients
    risk = read_risk(times, events, covariates, weights, ties=ties)
    (rows,) = [_TieRows.of(risk, members, risk.x @ beta) for members in risk.strata]
    jumps = np.bincount(rows.place, rows.weight / rows.total, rows.grid.size)
    # the regression centres its covariates
    matrix = np.asarray(covariates, dtype=float).reshape(np.size(times), -1)
    centre = matrix[risk.positions].mean(axis=0)
    return rows.grid, np.cumsum(jumps) * math.exp(-float(centre @ beta))


def has_run_away(information: NDArray[np.float64], at_start: NDArray[np.float64]) -> bool:
    """Tell whether a likelihood has gone flat on the way to an infinite coefficient."""
    shares = np.linalg.eigvals(np.linalg.solve(at_start, information))
    return bool(shares.real.min() < SMALLEST_SHARE)


@dataclass(frozen=True, eq=False)
class Moments:
    """The reoffences of a stratum, ascending in time, and the risk set of each."""

    times: NDArray[np.float64]  # (n_reoffences,) their times
    outcome: NDArray[np.float64]  # (n_reoffences, n_covariates) covariates of who reoffended
    mean: NDArray[np.float64]  # (n_reoffences, n_covariates) mean covariates of the risk set
    covariance: NDArray[np.float64]  # (n_reoffences, n_covariates, n_covariates) theirs

    def __repr__(self) -> str:
        """Say how many reoffences there are, and nothing of any of them."""
        return f"Moments({self.times.size} reoffences)"


@dataclass(frozen=True, eq=False)
class RiskSets:
    """People sorted for a partial likelihood, one stratum after the other."""

    # (n_used,) as handed in, without people of weight 0; those observed from the first day start
    # before all times
    times: NDArray[np.float64]
    events: NDArray[np.bool_]
    weights: NDArray[np.float64]
    x: NDArray[np.float64]  # (n_used, n_covariates) covariates, centred
    positions: NDArray[np.int64]  # (n_used,) place of each person among those who were handed in
    strata: tuple[NDArray[np.int64], ...]  # members of each stratum, ascending in time
    ties: str  # "efron" or "breslow"
    starts: NDArray[np.float64]
    # (n_used,) group of each person for robust errors; all 0 where there are none
    clusters: NDArray[np.int64]

    def __repr__(self) -> str:
        """Say how many people there are, and nothing of any of them."""
        return f"RiskSets({self.times.size} people, {len(self.strata)} strata)"

    @property
    def spread(self) -> NDArray[np.float64]:
        """Standard deviation of each covariate, shape (n_covariates,)."""
        return np.asarray(self.x.std(axis=0))

    def derivatives(
        self, beta: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """Return log partial likelihood, gradient and information."""
        eta = self.x @ beta
        value, gradient = 0.0, np.zeros(beta.size)
        information = np.zeros((beta.size, beta.size))
        for members in self.strata:
            rows = _TieRows.of(self, members, eta)
            died = members[self.events[members]]
            w = self.weights[died]
            value += float(w @ eta[died] - rows.weight @ np.log(rows.total))
            gradient += w @ self.x[died] - rows.weight @ rows.mean
            centred = np.einsum("r,rp,rq->pq", rows.weight, rows.mean, rows.mean)
            information += np.einsum("r,rpq->pq", rows.weight / rows.total, rows.square) - centred
        return value, gradient, information

    def moments(self, beta: NDArray[np.float64]) -> list["Moments"]:
        """Return who reoffended and who could have, one record a stratum."""
        eta = self.x @ beta
        found = []
        for members in self.strata:
            rows = _TieRows.of(self, members, eta)
            outer = rows.mean[:, :, None] * rows.mean[:, None, :]
            found.append(
                Moments(
                    rows.grid[rows.place],
                    self.x[members[self.events[members]]],
                    rows.mean,
                    rows.square / rows.total[:, None, None] - outer,
                )
            )
        return found

    def score_residuals(self, beta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the unweighted score residual of each person, shape (n_used, n_covariates)."""
        eta = self.x @ beta
        residuals = np.zeros_like(self.x)
        for members in self.strata:
            residuals[members] = self._stratum_residuals(members, eta)
        return residuals

    def _stratum_residuals(
        self, members: NDArray[np.int64], eta: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        rows = _TieRows.of(self, members, eta)
        hazard = rows.weight / rows.total
        n_times = rows.grid.size
        jump = np.bincount(rows.place, hazard, n_times)
        own_jump = np.bincount(rows.place, hazard * (1 - rows.share), n_times)
        pull = rows.sum_by_time(hazard[:, None] * rows.mean)
        own_pull = rows.sum_by_time((hazard * (1 - rows.share))[:, None] * rows.mean)
        middle = rows.sum_by_time(rows.mean) / np.bincount(rows.place, minlength=n_times)[:, None]
        x, t, died = self.x[members], self.times[members], self.events[members]
        relative = np.exp(eta[members])[:, None]
        passed, missed = (
            np.searchsorted(rows.grid, ends, side="right") for ends in (t, self.starts[members])
        )
        sums = np.concatenate([[0.0], np.cumsum(jump)])
        pulls = np.vstack([np.zeros(x.shape[1]), np.cumsum(pull, axis=0)])
        sums, pulls = sums[passed] - sums[missed], pulls[passed] - pulls[missed]
        result = -relative * (x * sums[:, None] - pulls)
        at = np.searchsorted(rows.grid, t[died])
        gap = x[died] * (jump - own_jump)[at][:, None] - (pull - own_pull)[at]
        result[died] += x[died] - middle[at] + relative[died] * gap
        return np.asarray(result)


def read_risk(
    times: ArrayLike,
    events: ArrayLike,
    covariates: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    starts: ArrayLike | None = None,
    ties: str = "efron",
    strata: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> RiskSets:
    """Validate the input of a partial likelihood and sort it."""
    columns = Columns()
    days, happened = columns.days("times", times), columns.truths("events", events)
    matrix = columns.matrix("covariates", covariates)
    entries = columns.numbers("starts", starts, default=0.0)
    blocks, codes = columns.labels("strata", strata), columns.labels("clusters", clusters)
    masses = columns.weights(weights)
    choice = find_choice_faults("ties", ties, TIES)
    used = columns.require([*choice, *find_start_faults(entries, days, masses, given=starts)])
    reoffended = happened[used]
    if not reoffended.any():
        message = "nobody reoffended, so hazards cannot be compared; use the rate instead"
        raise NoEventsError(message)
    x, labels = matrix[used], blocks[used]
    entered = np.full(used.size, -np.inf) if starts is None else entries[used]
    groups = np.unique(labels, return_inverse=True)[1]
    order = np.lexsort((days[used], groups))
    members = tuple(
        part
        for part in np.split(order, np.cumsum(np.bincount(groups))[:-1])
        if reoffended[part].any()
    )
    return RiskSets(
        days[used],
        reoffended,
        masses[used],
        x - x.mean(axis=0),
        used,
        members,
        ties,
        entered,
        codes[used],
    )


@dataclass(frozen=True, eq=False)
class _TieRows:
    """One row for each reoffence of a stratum: what it is compared with."""

    grid: NDArray[np.float64]  # distinct times of reoffence
    place: NDArray[np.int64]  # time of each row
    share: NDArray[np.float64]  # k / d
    weight: NDArray[np.float64]  # mean weight of the tied people
    total: NDArray[np.float64]  # weighted relative hazards of the risk set
    mean: NDArray[np.float64]  # their mean covariates
    square: NDArray[np.float64]  # their summed products of covariates

    @classmethod
    def of(cls, risk: RiskSets, members: NDArray[np.int64], eta: NDArray[np.float64]) -> "_TieRows":
        t, died = risk.times[members], risk.events[members]
        x, w = risk.x[members], risk.weights[members]
        relative = w * np.exp(eta[members])
        parts = (
            relative,
            relative[:, None] * x,
            relative[:, None, None] * x[:, :, None] * x[:, None, :],
        )
        grid, place, counts = np.unique(t[died], return_inverse=True, return_counts=True)
        start = np.searchsorted(t, grid)
        by_start = np.argsort(risk.starts[members])
        entered = np.searchsorted(risk.starts[members][by_start], grid)
        first = np.concatenate([[0], np.cumsum(counts)[:-1]])
        rank = np.arange(place.size) - first[place]  # members ascend in time, so ties are adjacent
        share = rank / counts[place] if risk.ties == "efron" else np.zeros(place.size)
        sums = []
        for part in parts:
            at_risk = np.cumsum(part[::-1], axis=0)[::-1][start]
            if entered.min() < part.shape[0]:
                not_yet = np.cumsum(part[by_start][::-1], axis=0)[::-1]
                at_risk = at_risk - np.concatenate([not_yet, 0 * part[:1]])[entered]
            tied = np.add.reduceat(part[died], first, axis=0)
            shape = (-1,) + (1,) * (part.ndim - 1)
            sums.append(at_risk[place] - share.reshape(shape) * tied[place])
        weight = (np.add.reduceat(w[died], first) / counts)[place]
        total, first_moment, square = sums
        return cls(grid, place, share, weight, total, first_moment / total[:, None], square)

    def sum_by_time(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        starts = np.searchsorted(self.place, np.arange(self.grid.size))
        return np.asarray(np.add.reduceat(values, starts, axis=0))


def _uphill(
    risk: RiskSets, beta: NDArray[np.float64], step: NDArray[np.float64], value: float
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Take a Newton step, halved until the likelihood does not fall."""
    for halving in range(30):
        moved = beta + step / 2**halving
        new_value, gradient, information = risk.derivatives(moved)
        if new_value >= value - 1e-10 * (1 + abs(value)):
            return new_value, moved, gradient, information
    raise _no_maximum()


def _solve(information: NDArray[np.float64], gradient: NDArray[np.float64]) -> NDArray[np.float64]:
    try:
        return np.asarray(np.linalg.solve(information, gradient))
    except np.linalg.LinAlgError as error:
        raise _no_maximum() from error


def _no_maximum() -> NotConvergedError:
    return NotConvergedError(
        "the Cox partial likelihood has no finite maximum: one group has no reoffences, or a "
        "covariate does not vary; use the restricted mean or an exact test of the rate instead"
    )
