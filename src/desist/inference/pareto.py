"""Pareto smoothing of importance weights, and k-hat, which says whether they can be trusted."""

# ArviZ has the same; importing it takes longer than a fit, and it raises where a tail is flat. The
# tests hold the two against each other.

import math

import numpy as np

from desist._types import Floats

FEWEST_IN_TAIL = 5
PRIOR_SHAPE = 0.5
PRIOR_DRAWS = 10


def smooth_weights(log_ratios: Floats) -> tuple[Floats, float]:
    r"""Smooth the largest importance weights, and estimate the shape of their tail.

    The :math:`M = \min(S/5, 3\sqrt S)` largest of `S` weights are replaced by the quantiles
    :math:`(j - 1/2)/M` of the generalised Pareto distribution that is fitted to them, none
    above the largest weight that was drawn.

    Parameters
    ----------
    log_ratios : ndarray of float, shape (n_draws,)
        Log density of the target less that of the proposal, up to a constant; minus infinity
        for a weight of zero.

    Returns
    -------
    ndarray of float, shape (n_draws,)
        Weights that sum to 1.
    float
        k-hat; infinite, and nothing smoothed, where the largest weights are no tail: fewer than
        five, or a quarter of them at the cutoff.

    References
    ----------
    Vehtari, A. et al. (2024). Pareto smoothed importance sampling. JMLR 25(72), algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> drawn = np.random.default_rng(1).standard_normal(2000)
    >>> weights, khat = smooth_weights(-0.5 * (drawn - 0.2) ** 2 + 0.5 * drawn**2)
    >>> float(weights.sum().round(6)), khat < 0.7
    (1.0, True)
    """
    weights = np.exp(log_ratios - np.max(log_ratios))
    n_draws = len(weights)
    n_tail = int(min(n_draws / 5, 3 * math.sqrt(n_draws)))
    if n_tail < FEWEST_IN_TAIL:
        return weights / weights.sum(), math.inf
    order = np.argsort(weights)
    tail, cutoff = order[-n_tail:], weights[order[-n_tail - 1]]
    shape, scale = fit_generalised_pareto(weights[tail] - cutoff)
    if math.isfinite(shape) and scale > 0:
        log_beyond = np.log1p(-(np.arange(n_tail) + 0.5) / n_tail)
        excess = -log_beyond if shape == 0 else np.expm1(-shape * log_beyond) / shape
        weights[tail] = np.minimum(cutoff + scale * excess, weights[tail[-1]])
    return weights / weights.sum(), shape


def fit_generalised_pareto(excesses: Floats) -> tuple[float, float]:
    r"""Fit the generalised Pareto distribution to what lies above a cutoff.

    With :math:`\theta = -k/\sigma` the likelihood depends on one number, which is averaged
    over a grid with the profile likelihood times a weak prior; :math:`k` is then drawn towards
    1/2 as by ten further draws.

    Parameters
    ----------
    excesses : ndarray of float, shape (n,)
        In ascending order, 0 or more.

    Returns
    -------
    float
        Shape :math:`k`; infinite where the first quartile is the smallest value.
    float
        Scale :math:`\sigma`, not a number in that case.

    References
    ----------
    Zhang, J. and Stephens, M. A. (2009). Technometrics 51(3), 316-325. Vehtari et al. (2024),
    appendix G, for the prior.

    Examples
    --------
    >>> import numpy as np
    >>> quantiles = (np.arange(1, 1001) - 0.5) / 1000
    >>> shape, scale = fit_generalised_pareto(-np.log1p(-quantiles))  # exponential: a shape of 0
    >>> round(shape, 1), round(scale, 1)
    (0.0, 1.0)
    """
    n = len(excesses)
    quartile = excesses[max(int(n / 4 + 0.5) - 1, 0)]
    if not quartile > excesses[0]:
        return math.inf, math.nan
    n_grid = 30 + int(math.sqrt(n))
    steps = 1 - np.sqrt(n_grid / (np.arange(n_grid) + 0.5))
    grid = 1 / excesses[-1] + steps / (3 * quartile)
    shapes = np.log1p(-np.outer(grid, excesses)).mean(axis=1)
    log_likelihood = n * (np.log(-grid / shapes) - shapes - 1)
    likelihood = np.exp(log_likelihood - np.max(log_likelihood))
    theta = float(grid @ likelihood / likelihood.sum())
    shape = float(np.log1p(-theta * excesses).mean())
    drawn_in = (n * shape + PRIOR_DRAWS * PRIOR_SHAPE) / (n + PRIOR_DRAWS)
    return drawn_in, -shape / theta
