"""Two binomials with random effects: the unconditional mixed logistic models, by likelihood."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from desist._types import Floats
from desist.arguments import find_choice_faults, find_number_faults
from desist.errors import NotConvergedError, raise_faults
from desist.synthesis.likelihood import invert_bends
from desist.synthesis.rates import read_counts

SUBJECT = "mixed logistic model"
INTERCEPTS = ("fixed", "random")
NEWTON = 60
ENOUGH = 1e-12
LEAP = 2.0  # of a log-odds, the most that a step may take
STEP = 1e-3
SMALLEST = 1e-4  # of a standard deviation that is told from 0
FARTHEST = 3.0  # of an intercept from the log-odds of its study, arms together
FLATTEST = 1e-6  # bend that a step is taken by
NEAR = 1e-8
WIDEST = 30.0  # of a log-odds: a study without events, or with nothing else, has its own there


@dataclass(frozen=True)
class MixedLogistic:
    """A mixed logistic model of the counts of several programmes.

    Attributes
    ----------
    estimate, standard_error : float
        Mean log odds ratio and its error, with tau estimated.
    tau : float
        Standard deviation of true effects.
    spread : float
        Standard deviation of the intercepts of the studies; NaN where each has its own.
    log_likelihood : float
        At the highest point, without binomial coefficients.
    intercepts : str
        What was asked for.

    Examples
    --------
    >>> from desist.synthesis import fit_mixed_logistic
    >>> found = fit_mixed_logistic([4, 8, 9], [40, 50, 60], [12, 15, 14], [40, 50, 60])
    >>> found.tau, found.intercepts
    (0.0, 'fixed')
    """

    estimate: float
    standard_error: float
    tau: float
    spread: float
    log_likelihood: float
    intercepts: str


@dataclass(frozen=True, eq=False)
class _Cells:
    """Counts of each study, and where a log-odds would put them."""

    events: Floats  # (n_studies, 2), participants first
    people: Floats

    def log_likelihood(self, level: Floats, effect: Floats) -> Floats:
        total = np.zeros(np.broadcast(level, effect).shape)
        for arm, sign in enumerate((0.5, -0.5)):
            odds = level + sign * effect
            events, people = self._shape(arm, total.ndim)
            total = total + events * odds - people * np.logaddexp(0.0, odds)
        return total

    def _shape(self, arm: int, ndim: int) -> tuple[Floats, Floats]:
        shape = (-1, *(1,) * (ndim - 1))
        return self.events[:, arm].reshape(shape), self.people[:, arm].reshape(shape)

    def slopes(self, level: Floats, effect: Floats) -> tuple[Floats, Floats]:
        """Return gradient (n, 2) and negative second derivatives (n, 2, 2) in level and effect."""
        from scipy.special import expit

        gradient, bend = np.zeros((len(level), 2)), np.zeros((len(level), 2, 2))
        for arm, sign in enumerate((0.5, -0.5)):
            rate = expit(level + sign * effect)
            direction = np.array([1.0, sign])
            gradient += (self.events[:, arm] - self.people[:, arm] * rate)[:, None] * direction
            weight = self.people[:, arm] * rate * (1 - rate)
            bend += weight[:, None, None] * np.outer(direction, direction)
        return gradient, bend

    def slopes_in_level(self, level: Floats, effect: Floats) -> tuple[Floats, Floats]:
        """Return slope and negative second derivative in the level, each (n, ...)."""
        from scipy.special import expit

        slope, bend = np.zeros_like(effect), np.zeros_like(effect)
        for arm, sign in enumerate((0.5, -0.5)):
            rate = expit(level + sign * effect)
            events, people = self._shape(arm, effect.ndim)
            slope += events - people * rate
            bend += people * rate * (1 - rate)
        return slope, bend


def fit_mixed_logistic(
    treated_events: ArrayLike,
    n_treated: ArrayLike,
    comparison_events: ArrayLike,
    n_comparison: ArrayLike,
    *,
    intercepts: str = "fixed",
    nodes: int = 7,
) -> MixedLogistic:
    r"""Fit the unconditional mixed logistic model of counts, with fixed or random intercepts.

    .. math:: \text{logit}\, p_{i1} = \alpha_i + \theta_i / 2, \quad
       \text{logit}\, p_{i0} = \alpha_i - \theta_i / 2, \quad \theta_i \sim N(\mu, \tau^2)

    With random intercepts :math:`\alpha_i` is normal too, apart from :math:`\theta_i`. Beside the
    conditional model (`maximise_likelihood`) these are metafor's "UM.FS" and "UM.RS".

    Parameters
    ----------
    treated_events, n_treated : array_like of int, shape (n_studies,)
        Reoffenders and people among those who took part; two studies or more.
    comparison_events, n_comparison : array_like of int, shape (n_studies,)
        Reoffenders and people in the comparison group.
    intercepts : {"fixed", "random"}
        Of the studies. Fixed ones are as many parameters as studies; random ones borrow between
        the comparison groups of studies, so that a comparison is no longer within studies alone.
    nodes : int
        Of Gauss and Hermite's rule around the highest point of each study, for each random
        effect; 1 is Laplace's approximation.

    Returns
    -------
    MixedLogistic
        Mean log odds ratio, its error and tau.

    Raises
    ------
    InputError
        If the counts or the settings are wrong; every fault is listed.
    NotConvergedError
        If the likelihood has no highest point.

    References
    ----------
    Jackson, D., Law, M., Stijnen, T., Viechtbauer, W. and White, I. R. (2018). A comparison of
    seven random-effects models for meta-analyses that estimate the summary odds ratio. Statistics
    in Medicine 37, 1059-1085, models 4 and 5.

    Examples
    --------
    >>> found = fit_mixed_logistic([4, 8, 9], [40, 50, 60], [12, 15, 14], [40, 50, 60])
    >>> round(found.estimate, 2)
    -0.84
    """
    from scipy.optimize import minimize

    counts, faults = read_counts(treated_events, n_treated, comparison_events, n_comparison)
    faults += find_choice_faults("intercepts", intercepts, INTERCEPTS)
    raise_faults(SUBJECT, [*faults, *find_number_faults("nodes", nodes, least=1, whole=True)])
    table = counts.to_numpy(dtype=float)
    cells = _Cells(table[:, [0, 2]], table[:, [1, 3]])
    lower = _lower_fixed(cells, nodes) if intercepts == "fixed" else _lower_random(cells, nodes)
    level = float(_smooth_logits(cells).mean())
    start = [-0.1, 0.3] if intercepts == "fixed" else [-0.1, 0.3, level, 1.0]
    rough = minimize(lower, start, method="Nelder-Mead", options={"maxiter": 2000})
    fine = {"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000}
    best = minimize(lower, rough.x, method="Nelder-Mead", options=fine)
    if not best.success or not np.isfinite(best.x).all() or abs(best.x[0]) > WIDEST:
        message = "the likelihood of mean and tau has no highest point: use synthesise(...)"
        raise NotConvergedError(message)
    point = np.r_[best.x[0], np.abs(best.x[1:2]), best.x[2:]]
    return MixedLogistic(
        float(point[0]),
        _find_error(lower, point),
        float(point[1]) if point[1] > SMALLEST else 0.0,
        abs(float(point[3])) if intercepts == "random" else float("nan"),
        -float(best.fun),
        intercepts,
    )


def _smooth_logits(cells: _Cells) -> Floats:
    """Return log-odds near those of each arm, to start from."""
    rates = (cells.events + 0.5) / (cells.people + 1)
    return np.asarray(np.log(rates / (1 - rates)))


def _lower_fixed(cells: _Cells, nodes: int) -> Callable[[Floats], float]:
    """Return minus the likelihood of mean and tau, each intercept at its own highest point."""
    places, weights = np.polynomial.hermite_e.hermegauss(nodes)
    logs = np.log(weights / np.sqrt(2 * np.pi)) + places**2 / 2

    def integrate(level: Floats, mean: float, tau: float) -> _Integral:
        effect = np.full(len(level), mean)
        for _ in range(NEWTON):
            gradient, bend = cells.slopes(level, effect)
            slope = gradient[:, 1] - (effect - mean) / tau**2
            move = np.clip(slope / (bend[:, 1, 1] + tau**-2), -LEAP, LEAP)
            effect = effect + move
            if np.abs(move).max() < ENOUGH:
                break
        width = (cells.slopes(level, effect)[1][:, 1, 1] + tau**-2) ** -0.5
        at = effect[:, None] + width[:, None] * places
        terms = cells.log_likelihood(level[:, None], at) - ((at - mean) / tau) ** 2 / 2 + logs
        value = np.logaddexp.reduce(terms, axis=1)
        slopes, bends = cells.slopes_in_level(level[:, None], at)
        shares = np.exp(terms - value[:, None])
        slope = (shares * slopes).sum(axis=1)
        # of the log of an average: the average bend less the variance of the slopes
        bend = (shares * (bends - (slopes - slope[:, None]) ** 2)).sum(axis=1)
        return _Integral(np.asarray(value + np.log(width / tau)), slope, bend)

    def lower(point: Floats) -> float:
        mean, tau = float(point[0]), max(abs(float(point[1])), SMALLEST)
        return -float(_climb(lambda level: integrate(level, mean, tau), cells).sum())

    return lower


@dataclass(frozen=True, eq=False)
class _Integral:
    """The log-likelihood of each study, and how it goes on in the study's intercept."""

    value: Floats
    slope: Floats
    bend: Floats  # minus the second derivative


def _climb(integrate: Callable[[Floats], _Integral], cells: _Cells) -> Floats:
    """Return the highest value in the intercept of every study at once, by Newton's steps."""
    events, people = cells.events.sum(axis=1), cells.people.sum(axis=1)
    rate = (events + 0.25) / (people + 0.5)
    centre = np.log(rate / (1 - rate))
    low, high = centre - FARTHEST, centre + FARTHEST  # without events there is no highest
    level, found = centre, integrate(centre)
    for _ in range(NEWTON):
        step = np.clip(found.slope / np.maximum(found.bend, FLATTEST), -LEAP, LEAP)
        step = np.clip(level + step, low, high) - level
        tried = integrate(level + step)
        while np.abs(step).max() > NEAR and (is_down := tried.value < found.value).any():
            step = np.where(is_down, step / 2, step)
            tried = integrate(level + step)
        if np.abs(step).max() <= NEAR:
            break
        level, found = level + step, tried
    return found.value


def _lower_random(cells: _Cells, nodes: int) -> Callable[[Floats], float]:
    """Return minus the likelihood with random intercepts and effects, apart from each other."""
    places, weights = np.polynomial.hermite_e.hermegauss(nodes)
    logits = _smooth_logits(cells)
    first, second = (grid.ravel() for grid in np.meshgrid(places, places))
    logs = np.log(np.outer(weights, weights).ravel() / (2 * np.pi)) + (first**2 + second**2) / 2

    def lower(point: Floats) -> float:
        centre = np.array([point[2], point[0]])
        spreads = np.maximum(np.abs([point[3], point[1]]), SMALLEST)
        prior = np.diag(spreads**-2)
        place = np.stack([logits.mean(axis=1), logits[:, 0] - logits[:, 1]], axis=1)
        for _ in range(NEWTON):
            gradient, bend = cells.slopes(place[:, 0], place[:, 1])
            slope = gradient - (place - centre) @ prior
            move = np.clip(np.linalg.solve(bend + prior, slope[..., None])[..., 0], -LEAP, LEAP)
            place = place + move
            if np.abs(move).max() < ENOUGH:
                break
        root = np.linalg.cholesky(np.linalg.inv(cells.slopes(place[:, 0], place[:, 1])[1] + prior))
        at = place[:, :, None] + root @ np.stack([first, second])
        away = (at - centre[:, None]) / spreads[:, None]
        terms = cells.log_likelihood(at[:, 0], at[:, 1]) - (away**2).sum(axis=1) / 2 + logs
        scale = np.log(np.linalg.det(root)) - np.log(spreads).sum()
        return -float((np.logaddexp.reduce(terms, axis=1) + scale).sum())

    return lower


def _find_error(lower: Callable[[Floats], float], point: Floats) -> float:
    """Return the error of the mean from second differences; what is 0 is held there."""
    free = [place for place in range(len(point)) if place != 1 or point[1] > 10 * SMALLEST]
    steps = STEP * np.where(np.arange(len(point)) == 1, max(point[1], SMALLEST), 1.0)

    def second(one: int, other: int) -> float:
        total: float = 0.0
        for sign in (1, -1):
            for turn in (1, -1):
                moved = point.copy()
                moved[one] += sign * steps[one]
                moved[other] += turn * steps[other]
                total += sign * turn * lower(moved)
        return float(total / (4 * steps[one] * steps[other]))

    return invert_bends(np.array([[second(one, other) for other in free] for one in free]))
