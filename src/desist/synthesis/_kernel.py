"""The likelihood of each study, its effect integrated out over the population of programmes."""

import numpy as np

from desist._types import Floats
from desist.synthesis._tables import Shelf

FINE_ENOUGH = 1.5  # steps of the grid to a tau from which a sum over the grid is exact
NODES = 10  # of Gauss and Hermite's rule for a narrower population
POINTS = 10  # of Lagrange's interpolation between places of the grid
FLOOR = 1e-300
SMALLEST = 1e-150  # of a kernel: products with what is smaller are slow, being denormal

_HERMITE = np.polynomial.hermite_e.hermegauss(NODES)


def spread_population(shelf: Shelf, means: Floats, tau: float) -> Floats:
    """Return the weights of the grid's effects for populations, shape (n_means, n_effects)."""
    if tau >= FINE_ENOUGH * shelf.step:
        return _spread_widely(shelf, means, tau)
    return _spread_narrowly(shelf, means, tau)


def integrate_effects(shelf: Shelf, kernel: Floats) -> Floats:
    """Return the likelihood of each study under each population, (n_means, n_studies)."""
    return np.asarray(np.maximum(kernel @ shelf.likelihoods.T, FLOOR))


def _spread_widely(shelf: Shelf, means: Floats, tau: float) -> Floats:
    # The trapezoidal rule errs by exp(-2 pi^2 w^2 / h^2) for an integrand of width w
    # (Trefethen and Weideman 2014, SIAM Review 56, 385-458).
    from scipy.special import ndtr

    away = (shelf.effects - means[:, None]) / tau
    kernel = np.exp(-(away**2) / 2) * (shelf.step / (tau * np.sqrt(2 * np.pi)))
    kernel[kernel < SMALLEST] = 0.0
    # a likelihood that is still flat at the end of the grid goes on as it is there
    kernel[:, 0] = ndtr(away[:, 0] + shelf.step / (2 * tau))
    kernel[:, -1] = ndtr(shelf.step / (2 * tau) - away[:, -1])
    return np.asarray(kernel)


def _spread_narrowly(shelf: Shelf, means: Floats, tau: float) -> Floats:
    last = len(shelf.effects) - 1
    places = (means[:, None] + tau * _HERMITE[0] - shelf.effects[0]) / shelf.step
    places = np.clip(places, 0.0, last)
    start = np.floor(places).astype(int)
    rows = np.arange(len(means))[:, None] * (last + 1)
    kernel = np.zeros(len(means) * (last + 1))
    shares = _HERMITE[1] / _HERMITE[1].sum()
    for offset, part in _interpolate(places - start):
        columns = np.clip(start + offset, 0, last)
        spread = np.bincount((rows + columns).ravel(), (part * shares).ravel(), len(kernel))
        kernel += spread
    return kernel.reshape(len(means), last + 1)


def _interpolate(fractions: Floats) -> list[tuple[int, Floats]]:
    """Return Lagrange's weights of the places around, by their offset."""
    offsets = range(1 - POINTS // 2, POINTS // 2 + 1)
    parts = []
    for offset in offsets:
        part = np.ones_like(fractions)
        for other in offsets:
            if other != offset:
                part *= (fractions - other) / (offset - other)
        parts.append((offset, part))
    return parts
