"""Restricted means of the survival families, as fractions of the horizon."""

# Written so that no factor overflows or cancels, however early or late everybody fails: where the
# textbook's form is a product of something too large and something too small for a number, its
# logarithm or another expansion of it is taken.

import numpy as np

from desist._types import Floats

SMALLEST_SHARE = 1e-200  # a share of the gamma distribution below it is taken from its series
MOST_TERMS = 20_000
N_ALTERNATING = 26  # terms of an accelerated alternating series, for (3 + sqrt 8)^-26 = 1e-20


def raise_e(exponent: Floats) -> Floats:
    """Return e to a power; infinite where that is too large for a number."""
    with np.errstate(over="ignore"):
        return np.exp(exponent)


def restrict_exponential(eta: Floats) -> Floats:
    """Return the restricted mean of a constant hazard."""
    # 1 - e^-H is 1 to the last digit above H = 40; there its quotient by H is e^-eta
    hazard = np.exp(np.minimum(eta, 5.0))
    mean: Floats = np.where(eta > 5.0, np.exp(-np.maximum(eta, 5.0)), _exprel(-hazard))
    return mean


def restrict_weibull(eta: Floats, shape: Floats) -> Floats:
    """Return the restricted mean of a Weibull distribution."""
    # With H = e^eta and a = 1/k it is H^(-a) Gamma(1 + a) P(a, H), taken as a logarithm, or e^(-H)
    # sum_n H^n / {(1 + a)... (n + a)} where the regularised incomplete gamma function P is too
    # small for a number.
    # NIST Digital Library of Mathematical Functions, 8.2.4 and 8.7.1.
    from scipy.special import gammainc, gammaln

    eta, power = np.broadcast_arrays(eta, 1 / shape)
    hazard = raise_e(eta)
    share = gammainc(power, hazard)
    by_series = (share < SMALLEST_SHARE) | (hazard < (1 + power) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.asarray(np.exp(gammaln(1 + power) + np.log(share) - power * eta))
    mean[by_series] = _sum_incomplete_gamma(hazard[by_series], power[by_series])
    return mean


def restrict_log_logistic(eta: Floats, shape: Floats) -> Floats:
    """Return the restricted mean of a log-logistic distribution."""
    # With H = e^eta and a = 1/k it is a integral_0^1 u^(a-1)/(1 + Hu) du. For eta <= 0 the
    # integrand is expanded in powers of Hu. For eta > 0 the integral is cut at u = 1/H and expanded
    # in powers of Hu below it and of 1/(Hu) above it:
    #     sum_n (-1)^n { (a e^(-a eta)) / (a + n) + a (e^(-a eta) - e^(-(n+1)eta)) / (n + 1 - a)
    #         }
    # Both are alternating sums of the moments of a positive measure, which few terms give to the
    # last digit.
    # Cohen, H., Rodriguez Villegas, F. and Zagier, D. (2000). Convergence acceleration of
    # alternating series. Experimental Mathematics 9(1), 3-12, algorithm 1.
    eta, shape = np.broadcast_arrays(eta, shape)
    mean = np.empty(eta.shape)
    late, early = eta <= 0, eta > 0
    for rows, term in ((late, _term_of_late), (early, _term_of_early)):
        level, power = eta[rows], 1 / shape[rows]
        total = np.zeros(level.shape)
        for n, factor in enumerate(_accelerate(N_ALTERNATING)):
            total += factor * term(level, power, n)
        mean[rows] = total
    return mean


def restrict_log_normal(level: Floats, spread: Floats) -> Floats:
    """Return the restricted mean of a log-normal distribution."""
    # With z the probit of a failure by the horizon and s the standard deviation of the log time it
    # is Phi(-z) + e^(-zs + s^2/2) Phi(z - s), where for z < s the last product is 1 / 2 e^(-z^2/2)
    # erfcx{(s - z)/sqrt(2)}.
    from scipy.special import erfcx, ndtr

    level, spread = np.broadcast_arrays(level, spread)
    gap = spread - level
    wide = np.exp(-np.square(level) / 2) * erfcx(np.maximum(gap, 0.0) / np.sqrt(2)) / 2
    exponent = np.where(gap > 0, 0.0, spread * (spread / 2 - level))
    before: Floats = np.where(gap > 0, wide, np.exp(exponent) * ndtr(-gap))
    mean: Floats = ndtr(-level) + before
    return mean


def _exprel(value: Floats) -> Floats:
    from scipy.special import exprel

    relative: Floats = exprel(value)
    return relative


def _sum_incomplete_gamma(hazard: Floats, power: Floats) -> Floats:
    term, total = np.ones(hazard.shape), np.ones(hazard.shape)
    for n in range(1, MOST_TERMS):
        term = term * (hazard / (power + n))
        total += term
        if not np.any(term > np.finfo(float).eps / 4 * total):
            break
    summed: Floats = np.exp(np.log(total) - hazard)
    return summed


def _term_of_late(eta: Floats, power: Floats, n: int) -> Floats:
    term: Floats = np.exp(n * eta) / (1 + n / power)
    return term


def _term_of_early(eta: Floats, power: Floats, n: int) -> Floats:
    before = np.exp(-power * eta) / (1 + n / power)
    # the difference of two exponentials over that of their exponents, without its pole
    distance = np.abs(n + 1 - power)
    after = power * eta * np.exp(-np.minimum(power, n + 1) * eta) * _exprel(-distance * eta)
    term: Floats = before + after
    return term


def _accelerate(n_terms: int) -> list[float]:
    """Return the factors, signs included, of the terms of an alternating series."""
    half = (3 + np.sqrt(8)) ** n_terms
    whole = (half + 1 / half) / 2
    factor, carried, factors = -1.0, -whole, []
    for n in range(n_terms):
        carried = factor - carried
        factors.append(float(carried / whole))
        factor *= (n + n_terms) * (n - n_terms) / ((n + 0.5) * (n + 1))
    return factors
