"""Weighted Kaplan-Meier curves and restricted mean times with the right errors."""

# The variance is the infinitesimal jackknife: the square of each person's weight times the
# derivative of the estimate with respect to it, summed,
#     sum_i w_i^2 ((d S_hat(t)) / (d w_i))^2, (d log S_hat(t)) / (d w_i) = sum_(s <= min(T_i,
#         t)) d_s / (Y_s (Y_s - d_s)) - (1[T_i <= t, event]) / (Y_T_i - d_T_i)
# with Y_s the weight at risk and d_s the weight of events. Weights times ten change nothing, and
# equal weights give Greenwood's formula exactly.

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from desist.arguments import find_choice_faults
from desist.checks.columns import find_horizon_faults, find_probability_faults
from desist.checks.finding import Finding, exponentiate, from_standard_error, satterthwaite
from desist.checks.times.survival_data import (
    SurvivalArm,
    find_reach_faults,
    read_survival,
    read_two_arms,
)
from desist.errors import raise_faults
from desist.weights import effective_sample_size

INTERVAL_KINDS = ("plain", "log", "log-log")


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """Share without a reoffence, step by step, with its standard error.

    Attributes
    ----------
    times : ndarray of float, shape (n_times,)
        Distinct times, of reoffences and of censoring, ascending.
    at_risk, events : ndarray of float, shape (n_times,)
        Weight of the people at risk just before, and of those who reoffend then.
    survival : ndarray of float, shape (n_times,)
        Share without a reoffence from that time on.
    standard_error : ndarray of float, shape (n_times,)
        Of the share.

    Examples
    --------
    >>> import desist as ds
    >>> curve = ds.checks.kaplan_meier([10, 40, 50, 60], [1, 1, 0, 1])
    >>> curve.times, curve.survival.round(2)
    (array([10., 40., 50., 60.]), array([0.75, 0.5 , 0.5 , 0.  ]))
    """

    times: NDArray[np.float64]
    at_risk: NDArray[np.float64]
    events: NDArray[np.float64]
    survival: NDArray[np.float64]
    standard_error: NDArray[np.float64]

    def __repr__(self) -> str:
        """Say how long the curve is; its single steps may be single people."""
        return f"SurvivalCurve({self.times.size} times)"

    def interval(
        self, kind: str = "log-log", probability: float = 0.95
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return pointwise limits, between 0 and 1.

        Parameters
        ----------
        kind : str
            Scale on which they are symmetric: "plain", "log" or "log-log".
        probability : float
            Coverage at each time.

        Returns
        -------
        tuple of ndarray
            Lower and upper limits, shape (n_times,); nan where nobody or everybody has
            reoffended and the scale has no value.

        Raises
        ------
        InputError
            If the kind is unknown or the coverage is not between 0 and 1.
        """
        raise_faults(
            "check",
            find_choice_faults("kind", kind, INTERVAL_KINDS) + find_probability_faults(probability),
        )
        z = float(ndtri((1 + probability) / 2))
        s, e = self.survival, self.standard_error
        with np.errstate(divide="ignore", invalid="ignore"):
            if kind == "plain":
                lower, upper = s - z * e, s + z * e
            elif kind == "log":
                lower, upper = s * np.exp(-z * e / s), s * np.exp(z * e / s)
            else:
                spread = z * e / (s * np.abs(np.log(s)))
                lower, upper = s ** np.exp(spread), s ** np.exp(-spread)
        return np.clip(lower, 0.0, 1.0), np.clip(upper, 0.0, 1.0)


def kaplan_meier(
    times: ArrayLike, events: ArrayLike, weights: ArrayLike | None = None
) -> SurvivalCurve:
    """Estimate a weighted Kaplan-Meier curve of one arm.

    Parameters
    ----------
    times : array_like, shape (n_people,)
        Days to the first reoffence or to the end of follow-up; 0 is allowed.
    events : array_like, shape (n_people,)
        True for a reoffence, false for the end of follow-up.
    weights : array_like, shape (n_people,), optional
        Probability weights.

    Returns
    -------
    SurvivalCurve
        The curve with standard errors that do not depend on the scale of the weights.

    Raises
    ------
    InputError
        If a time or a weight is negative or not finite, or an event is neither 0 nor 1.
    CannotAnswerError
        If everybody has weight 0.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958). JASA 53, 457-481. Therneau, T. M. (2023). The
    survival package, vignette "Methods", infinitesimal jackknife.

    Examples
    --------
    >>> curve = kaplan_meier([1, 2, 2, 3], [True, True, False, True])
    >>> curve.survival.tolist()
    [0.75, 0.5, 0.0]
    """
    return _curve(read_survival(times, events, weights))


def restricted_mean(
    times: ArrayLike,
    events: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    horizon: float,
) -> tuple[float, float]:
    """Estimate the restricted mean time without a reoffence of one arm.

    Parameters
    ----------
    times : array_like, shape (n_people,)
        Days to the first reoffence or to the end of follow-up.
    events : array_like, shape (n_people,)
        True for a reoffence.
    weights : array_like, shape (n_people,), optional
        Probability weights.
    horizon : float
        Days up to which time counts.

    Returns
    -------
    tuple of float
        Area under the curve up to the horizon and its standard error, in days: the
        error of the estimator, not the spread of people's times.

    Raises
    ------
    InputError
        If a column cannot be read, or somebody of the arm was still followed on its last day,
        before the horizon: then the curve is not known so far.
    CannotAnswerError
        If everybody has weight 0.

    Examples
    --------
    >>> restricted_mean([1, 2, 2, 3], [True, True, False, True], horizon=3)[0]
    2.25
    """
    arm = read_survival(times, events, weights, find_horizon_faults(horizon))
    raise_faults("check", find_reach_faults({"the arm": arm}, horizon))
    return _restricted_mean(arm, horizon)


def rmst_difference(
    times: ArrayLike,
    events: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    horizon: float,
    small_sample: bool = False,
    probability: float = 0.95,
) -> Finding:
    """Compare the restricted mean times without a reoffence of two weighted arms.

    Parameters
    ----------
    times : array_like, shape (n_people,)
        Days to the first reoffence or to the end of follow-up.
    events : array_like, shape (n_people,)
        True for a reoffence.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    horizon : float
        Days up to which time counts.
    small_sample : bool
        Student's t with Satterthwaite degrees of freedom and n/(n - 1) from effective
        sample sizes, in place of the normal.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Participants minus comparison, in days.

    Raises
    ------
    InputError
        If a column cannot be read, or somebody of an arm was still followed on its last day,
        before the horizon: then the curve is not known so far.
    CannotAnswerError
        If an arm has fewer than two people.

    References
    ----------
    Royston, P. and Parmar, M. K. B. (2013). BMC Medical Research Methodology 13, 152.

    Examples
    --------
    >>> found = rmst_difference([1, 2, 2, 3], [1, 1, 0, 1], [1, 1, 0, 0], horizon=3)
    >>> found.estimate
    -1.5
    """
    means, errors, sizes = _means_by_arm(
        times, events, treated, weights, horizon=horizon, probability=probability
    )
    variances = [error**2 for error in errors]
    if small_sample:
        pairs = zip(variances, sizes, strict=True)
        variances = [v * n / (n - 1) if n > 1 else v for v, n in pairs]
    df = satterthwaite(variances, sizes) if small_sample else math.inf
    return from_standard_error(means[0] - means[1], math.sqrt(sum(variances)), df, probability)


def rmst_ratio(
    times: ArrayLike,
    events: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    horizon: float,
    lost: bool = False,
    probability: float = 0.95,
) -> Finding:
    """Compare the restricted mean times of two weighted arms by their ratio.

    Parameters
    ----------
    times : array_like, shape (n_people,)
        Days to the first reoffence or to the end of follow-up.
    events : array_like, shape (n_people,)
        True for a reoffence.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    horizon : float
        Days up to which time counts.
    lost : bool
        Compare the time lost (horizon less restricted mean) in place of the time kept.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Participants over comparison, normal on the log scale; nan when no time is lost.

    Raises
    ------
    InputError
        If a column cannot be read, or somebody of an arm was still followed on its last day,
        before the horizon: then the curve is not known so far.
    CannotAnswerError
        If an arm has fewer than two people.

    Examples
    --------
    >>> found = rmst_ratio([1, 2, 2, 3], [1, 1, 0, 1], [1, 1, 0, 0], horizon=3)
    >>> found.estimate
    0.5
    """
    means, errors, _ = _means_by_arm(
        times, events, treated, weights, horizon=horizon, probability=probability
    )
    if lost:
        means = [horizon - mean for mean in means]
    if min(means) <= 0:
        return Finding(math.nan, probability=probability)
    error = math.hypot(errors[0] / means[0], errors[1] / means[1])
    estimate = math.log(means[0] / means[1])
    return exponentiate(from_standard_error(estimate, error, math.inf, probability))


def log_derivatives(
    at_risk: NDArray[np.float64], died: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Differentiate each log step of a curve: by those at risk, and by those who leave."""
    left = at_risk - died
    gone = left <= 1e-12 * at_risk  # the curve has reached 0 and stays there
    safe = np.where(gone, 1.0, left)
    growth = np.where(gone, 0.0, died / (at_risk * safe))
    drop = np.where(gone, 0.0, 1 / safe)
    return growth, drop


def _means_by_arm(
    times: ArrayLike,
    events: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None,
    *,
    horizon: float,
    probability: float,
) -> tuple[list[float], list[float], list[float]]:
    """Restricted mean, its error and the effective size, participants first."""
    faults = find_horizon_faults(horizon) + find_probability_faults(probability)
    arms, reoffended = read_two_arms(times, events, treated, weights, faults, fewest=2)
    by_arm = {
        name: SurvivalArm(arms.outcome[members], reoffended[members], arms.weights[members])
        for name, members in (
            ("the treated arm", arms.treated),
            ("the comparison arm", ~arms.treated),
        )
    }
    raise_faults("check", find_reach_faults(by_arm, horizon))
    means, errors, sizes = [], [], []
    for arm in by_arm.values():
        mean, error = _restricted_mean(arm, horizon)
        means.append(mean)
        errors.append(error)
        sizes.append(effective_sample_size(arm.weights))
    return means, errors, sizes


def _curve(arm: SurvivalArm) -> SurvivalCurve:
    grid, at_risk, died = arm.counts()
    survival = np.cumprod(1 - died / at_risk)
    growth, drop = log_derivatives(at_risk, died)
    place = np.searchsorted(grid, arm.times)
    # a person's derivative is constant after their own time, so only its square sums are kept
    before = np.cumsum(growth)
    own = before[place] - np.where(arm.events, drop[place], 0.0)
    squared = arm.weights**2
    ended = np.cumsum(np.bincount(place, squared * own**2, grid.size))
    still = squared.sum() - np.cumsum(np.bincount(place, squared, grid.size))
    variance = ended + still * before**2
    return SurvivalCurve(grid, at_risk, died, survival, survival * np.sqrt(variance))


def _restricted_mean(arm: SurvivalArm, horizon: float) -> tuple[float, float]:
    grid, at_risk, died = arm.counts()
    survival = np.cumprod(1 - died / at_risk)
    growth, drop = log_derivatives(at_risk, died)
    before = np.cumsum(growth)
    widths = np.diff(np.minimum(np.append(grid, max(horizon, grid[-1])), horizon))
    area = np.append(0.0, np.cumsum(survival * widths))
    slope = np.append(0.0, np.cumsum(survival * before * widths))
    mean = float(min(grid[0], horizon) + area[-1])
    place = np.searchsorted(grid, arm.times)
    own = before[place] - np.where(arm.events, drop[place], 0.0)
    derivative = slope[place] + own * (area[-1] - area[place])
    return mean, math.sqrt(float((arm.weights**2 * derivative**2).sum()))
