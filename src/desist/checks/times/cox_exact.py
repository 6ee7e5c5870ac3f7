"""Cox regression with tied times taken as truly tied: the exact discrete likelihood."""

# At a time with d reoffences the likelihood is that of these d people among all sets of d from the
# risk set,
#     (exp(sum_(i in D) x_i beta)) / (e_d({exp(x_j beta) : j in R}))
# with e_d the elementary symmetric polynomial. Risk sets are nested, so one pass over the people
# from the last time to the first gives every e_d with its derivatives. For equal weights: a
# weighted person has no place in a count of sets.
# Cox, D. R. (1972). JRSS B 34, 187-220, section 6. Gail, M. H., Lubin, J. H. and Rubinstein, L. V.
# (1981). Biometrika 68, 703-707 (the recursion).

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.times.cox import (
    GRADIENT_TOLERANCE,
    MOST_STEPS,
    CoxFit,
    RiskSets,
    has_run_away,
    read_risk,
)
from desist.errors import NotConvergedError

Floats = NDArray[np.float64]
NO_MAXIMUM = (
    "the exact Cox likelihood has no finite maximum: one group has no reoffences, or a covariate "
    "does not vary; use the restricted mean or an exact test of the rate instead"
)


def cox_exact(
    times: ArrayLike,
    events: ArrayLike,
    covariates: ArrayLike,
    *,
    strata: ArrayLike | None = None,
) -> CoxFit:
    """Fit an unweighted Cox regression with the exact discrete likelihood of ties.

    Parameters
    ----------
    times : array_like, shape (n_people,)
        Days to the first reoffence or to the end of follow-up.
    events : array_like, shape (n_people,)
        True for a reoffence.
    covariates : array_like, shape (n_people,) or (n_people, n_covariates)
        The arm as 0/1, alone or with covariates.
    strata : array_like, shape (n_people,), optional
        Groups with a baseline hazard of their own.

    Returns
    -------
    CoxFit
        Coefficients are log odds ratios of reoffending at a time among those at risk;
        there is no robust covariance (nan).

    Raises
    ------
    NoEventsError
        If nobody reoffends.
    NotConvergedError
        If there is no finite maximum.

    Examples
    --------
    >>> fit = cox_exact([1, 1, 2, 3, 3, 4], [1, 1, 1, 1, 0, 0], [0, 1, 0, 0, 1, 1])
    >>> round(float(fit.coefficients[0]), 4)
    -1.4094
    """
    risk = read_risk(times, events, covariates, strata=strata)
    beta = np.zeros(risk.x.shape[1])
    at_start = _derivatives(risk, beta)[2]
    for _ in range(MOST_STEPS):
        value, gradient, information = _derivatives(risk, beta)
        try:
            if has_run_away(information, at_start):
                break
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError as error:
            raise NotConvergedError(NO_MAXIMUM) from error
        if float(gradient @ step) < GRADIENT_TOLERANCE**2:
            covariance = np.linalg.inv(information)
            unknown = np.full_like(covariance, np.nan)
            return CoxFit(beta, covariance, unknown, value, int(risk.events.sum()))
        beta = beta + step / max(1.0, float(np.abs(step * risk.spread).max()))
    raise NotConvergedError(NO_MAXIMUM)


def _derivatives(risk: RiskSets, beta: Floats) -> tuple[float, Floats, Floats]:
    eta = risk.x @ beta
    value, gradient = 0.0, np.zeros(beta.size)
    information = np.zeros((beta.size, beta.size))
    for members in risk.strata:
        part = _stratum(risk, members, eta)
        value, gradient, information = value + part[0], gradient + part[1], information + part[2]
    return value, gradient, information


def _stratum(
    risk: RiskSets, members: NDArray[np.int64], eta: Floats
) -> tuple[float, Floats, Floats]:
    died = risk.events[members]
    t, x = risk.times[members], risk.x[members]
    grid, counts = np.unique(t[died], return_counts=True)
    ties = dict(zip(grid.tolist(), counts.tolist(), strict=True))
    sums = _Symmetric(int(counts.max()), x.shape[1])
    value = float(eta[members][died].sum())
    gradient = x[died].sum(axis=0)
    information = np.zeros((x.shape[1], x.shape[1]))
    for person in range(t.size - 1, -1, -1):
        sums.add(float(np.exp(eta[members[person]])), x[person])
        first_of_time = person == 0 or t[person - 1] < t[person]
        d = ties.get(float(t[person]), 0)
        if first_of_time and d:
            mean = sums.slope[d] / sums.total[d]
            value -= sums.log_scale * d + float(np.log(sums.total[d]))
            gradient = gradient - mean
            information += sums.curve[d] / sums.total[d] - np.outer(mean, mean)
    return value, gradient, information


class _Symmetric:
    """Elementary symmetric polynomials of what was added, with two derivatives."""

    def __init__(self, largest: int, n_covariates: int) -> None:
        self.total = np.zeros(largest + 1)
        self.total[0] = 1.0
        self.slope = np.zeros((largest + 1, n_covariates))
        self.curve = np.zeros((largest + 1, n_covariates, n_covariates))
        self.log_scale = 0.0  # terms of degree d are kept divided by exp(d log_scale)

    def add(self, relative: float, x: Floats) -> None:
        r = relative * np.exp(-self.log_scale)
        total, slope = self.total[:-1, None], self.slope[:-1]
        cross = slope[:, :, None] * x[None, None, :]
        square = total[:, :, None] * np.outer(x, x)[None, :, :]
        grown = self.curve[:-1] + cross + np.swapaxes(cross, 1, 2) + square
        self.curve[1:] = self.curve[1:] + r * grown
        self.slope[1:] = self.slope[1:] + r * (slope + total * x[None, :])
        self.total[1:] = self.total[1:] + r * self.total[:-1]
        if self.total.max() > 1e200:
            self._rescale(np.log(1e200) / (self.total.size - 1))

    def _rescale(self, log_factor: float) -> None:
        shrink = np.exp(-log_factor * np.arange(self.total.size))
        self.total *= shrink
        self.slope *= shrink[:, None]
        self.curve *= shrink[:, None, None]
        self.log_scale += log_factor
