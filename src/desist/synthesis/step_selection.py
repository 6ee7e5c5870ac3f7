"""Selection by steps of the p-value, by maximum likelihood, beside the naive estimate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from desist._types import Floats, Integers
from desist.arguments import describe, find_choice_faults, find_kind_faults, find_number_faults
from desist.errors import CannotAnswerError, Fault, raise_faults
from desist.synthesis.pooling import PooledEffects, pool_effects, read_effects
from desist.synthesis.small_studies import require_enough

SUBJECT = "step selection"
SIDES = {"less": -1.0, "greater": 1.0}
LOWEST = 1e-10  # of a probability, so that its logarithm is a number


@dataclass(frozen=True, eq=False, repr=False)
class SelectedEffects:
    """A random-effects meta-analysis in which small p-values are likelier to be published.

    Attributes
    ----------
    naive : PooledEffects
        Without selection, by maximum likelihood.
    estimate, tau_squared : float
        Adjusted mean effect and variance of the true effects.
    steps : tuple of float
        Upper ends of the intervals of the one-sided p-value, 1 the last.
    weights : tuple of float
        Relative probability of publication in each; 1 the first.
    counts : tuple of int
        Studies in each.
    statistic, p_value : float
        Likelihood ratio test against no selection, and its p-value.

    Examples
    --------
    >>> from desist.synthesis import adjust_for_selection
    >>> errors = [0.1, 0.12, 0.15, 0.2, 0.22, 0.25, 0.3, 0.35, 0.4, 0.5]
    >>> effects = [-0.3, -0.2, -0.31, -0.41, -0.5, -0.3, -0.7, -0.5, -0.9, -1.1]
    >>> found = adjust_for_selection(effects, errors, steps=[0.025])
    >>> found.counts, round(found.naive.estimate, 2), round(found.estimate, 2)
    ((7, 3), -0.34, -0.2)
    """

    naive: PooledEffects
    estimate: float
    tau_squared: float
    steps: tuple[float, ...]
    weights: tuple[float, ...]
    counts: tuple[int, ...]
    statistic: float
    p_value: float

    def __repr__(self) -> str:
        """Return the naive and the adjusted estimate side by side."""
        return (
            f"<Step selection of {self.naive.n_studies} studies: {self.naive.estimate:.3g} as "
            f"published, {self.estimate:.3g} adjusted; test of no selection p = "
            f"{self.p_value:.2g}>"
        )


def adjust_for_selection(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    *,
    steps: Sequence[float] = (0.025, 0.5),
    alternative: str = "less",
    decreasing: bool = False,
) -> SelectedEffects:
    r"""Estimate mean and heterogeneity where publication depends on the p-value.

    .. math:: L = \prod_i \frac{\omega(p_i)\, N(y_i; \mu, s_i^2 + \tau^2)}
        {\sum_j \omega_j P(p \in \text{interval } j \mid \mu, \tau, s_i)}

    Parameters
    ----------
    estimates, standard_errors : array_like, shape (n_studies,)
        As in `pool_effects`; ten or more.
    steps : sequence of float
        Upper ends of the intervals of the one-sided p-value; 1 is added.
    alternative : {"less", "greater"}
        Which side the small p-values are on.
    decreasing : bool
        Whether weights may only fall from one interval to the next.

    Returns
    -------
    SelectedEffects
        Naive and adjusted.

    Raises
    ------
    InputError
        If the columns or the settings are wrong; every fault is listed.
    CannotAnswerError
        If there are fewer than ten studies or an interval without any.

    References
    ----------
    Vevea, J. L. and Hedges, L. V. (1995). A general linear model for estimating effect size in
    the presence of publication bias. Psychometrika 60, 419-435.

    Examples
    --------
    >>> errors = [0.1, 0.12, 0.15, 0.2, 0.22, 0.25, 0.3, 0.35, 0.4, 0.5]
    >>> effects = [-0.3, -0.2, -0.31, -0.41, -0.5, -0.3, -0.7, -0.5, -0.9, -1.1]
    >>> found = adjust_for_selection(effects, errors, steps=[0.025])
    >>> found.estimate > found.naive.estimate
    True
    """
    from scipy.stats import chi2

    values, errors, faults = read_effects(estimates, standard_errors)
    faults += find_choice_faults("alternative", alternative, SIDES)
    faults += find_kind_faults("decreasing", decreasing, bool, "True or False")
    raise_faults(SUBJECT, faults + _find_step_faults(steps))
    require_enough(len(values), "A selection model by maximum likelihood")
    ends = tuple(float(step) for step in steps if step < 1)
    places = _place(values, errors, ends, SIDES[alternative])
    counts = np.bincount(places, minlength=len(ends) + 1)
    _require_studies(counts, ends)
    lower = _make_lower(values, errors, places, ends, SIDES[alternative], decreasing=decreasing)
    naive = pool_effects(values, errors, estimator="ml", interval="normal")
    start = np.r_[naive.estimate, max(naive.tau_squared, 1e-4) ** 0.5, np.zeros(len(ends))]
    found, height = _minimise(lower, start)
    statistic = max(0.0, 2 * (_find_height(lower, start, naive) - height))
    return SelectedEffects(
        naive,
        float(found[0]),
        float(found[1] ** 2),
        (*ends, 1.0),
        tuple(_list_weights(found[2:], decreasing=decreasing).tolist()),
        tuple(counts.tolist()),
        statistic,
        float(chi2.sf(statistic, len(ends))),
    )


def _minimise(lower: Callable[[Floats], float], start: Floats) -> tuple[Floats, float]:
    """Find the lowest point from two starts, the second without heterogeneity."""
    from scipy.optimize import minimize

    reached = []
    for tau in (start[1], 1e-3):
        point = start.copy()
        point[1] = tau
        found = minimize(lower, point, method="Nelder-Mead", options={"maxiter": 8000})
        reached.append(minimize(lower, found.x, method="BFGS", options={"gtol": 1e-8}))
    best = min(reached, key=lambda found: float(found.fun))
    return np.asarray(best.x), float(best.fun)


def _make_lower(
    values: Floats,
    errors: Floats,
    places: Integers,
    ends: Sequence[float],
    side: float,
    *,
    decreasing: bool,
) -> Callable[[Floats], float]:
    from scipy.special import ndtr, ndtri

    cuts = np.r_[np.inf, -ndtri(np.array(ends)), -np.inf] * errors[:, None]

    def lower(point: Floats) -> float:
        mean, tau = point[:2]
        weights = _list_weights(point[2:], decreasing=decreasing)
        spread = np.hypot(errors, tau)
        below = ndtr((cuts - side * mean) / spread[:, None])
        seen = (below[:, :-1] - below[:, 1:]) @ weights
        heights = -(((values - mean) / spread) ** 2) / 2 - np.log(spread)
        chosen = np.log(np.maximum(weights[places], LOWEST))
        return -float((heights + chosen - np.log(np.maximum(seen, LOWEST))).sum())

    return lower


def _list_weights(parameters: Floats, *, decreasing: bool) -> Floats:
    """Return the weights, the first 1; falling ones as products of factors up to 1."""
    logs = -np.cumsum(parameters**2) if decreasing else parameters
    return np.asarray(np.exp(np.clip(np.r_[0.0, logs], -30, 30)))


def _find_height(lower: Callable[[Floats], float], start: Floats, naive: PooledEffects) -> float:
    """Return minus the log-likelihood without selection, at its own highest point."""
    point = np.zeros_like(start)
    point[:2] = naive.estimate, naive.tau_squared**0.5
    return lower(point)


def _place(values: Floats, errors: Floats, ends: Sequence[float], side: float) -> Integers:
    from scipy.special import ndtr

    p_values = ndtr(-side * values / errors)
    return np.asarray(np.searchsorted(np.array(ends), p_values, side="left"))


def _require_studies(counts: Integers, ends: Sequence[float]) -> None:
    if not (counts == 0).any():
        return
    shown = ", ".join(str(count) for count in counts)
    message = (
        f"An interval of p has no study (counts {shown} up to {', '.join(map(str, ends))}, 1): "
        "its weight has no estimate. Join intervals, or put a prior on the weight: "
        "synthesise(..., selection=StepSelection())."
    )
    raise CannotAnswerError(message)


def _find_step_faults(steps: object) -> list[Fault]:
    expected = "rising numbers between 0 and 1"
    if not isinstance(steps, list | tuple) or not steps:
        return [Fault("steps", expected, describe(steps))]
    faults = [
        fault for step in steps for fault in find_number_faults("steps", step, above=0, most=1)
    ]
    if not faults and (list(steps) != sorted(set(steps)) or steps[0] == 1):
        faults.append(Fault("steps", expected, str(list(steps))))
    return faults
