"""The posterior of the heterogeneity between programmes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from desist._types import Floats
from desist.synthesis._adaptive import place_nodes
from desist.synthesis.distribution import Distribution


@dataclass(frozen=True, eq=False, repr=False)
class SpreadPosterior(Distribution):
    """The posterior of tau, on panels within which its density is a polynomial.

    Attributes
    ----------
    edges : ndarray of float, shape (n_panels, 2)
        Ends of the panels.
    heights : ndarray of float, shape (n_panels, n_nodes)
        Density at Gauss and Legendre's nodes of each.

    Examples
    --------
    >>> from desist.synthesis import EstimateWithError, Study, synthesise
    >>> effects = [-0.5, -0.3, -0.4, 0.1, -0.2]
    >>> studies = [Study(f"study {n}", EstimateWithError(y, 0.2)) for n, y in enumerate(effects, 1)]
    >>> found = synthesise(studies)
    >>> tau = found.heterogeneity
    >>> round(tau.median, 2), round(float(tau.probability_below(0.5)), 2)
    (0.16, 0.96)
    """

    edges: Floats
    heights: Floats

    @cached_property
    def _nodes(self) -> Floats:
        return np.array([place_nodes(low, high, self.heights.shape[1]) for low, high in self.edges])

    @cached_property
    def _weights(self) -> Floats:
        rule = np.polynomial.legendre.leggauss(self.heights.shape[1])[1]
        return np.asarray(self.heights * rule * np.diff(self.edges, axis=1) / 2)

    @property
    def mean(self) -> float:
        """Posterior mean."""
        return float((self._weights * self._nodes).sum())

    @property
    def sd(self) -> float:
        """Posterior standard deviation."""
        return float(np.sqrt((self._weights * (self._nodes - self.mean) ** 2).sum()))

    def density(self, values: Floats) -> Floats:
        """Return the density at values.

        Parameters
        ----------
        values : ndarray, shape (n,)
            Of tau.

        Returns
        -------
        ndarray, shape (n,)
            Probability per unit; 0 outside of what was found.
        """
        values = np.asarray(values, dtype=float)
        found = np.zeros(len(values))
        for (low, high), series in zip(self.edges, self._series, strict=True):
            inside = (values >= low) & (values < high)
            place = 2 * (values[inside] - low) / (high - low) - 1
            found[inside] = np.polynomial.legendre.legval(place, series)
        return np.maximum(found, 0.0)

    def probability_below(self, value: float) -> float:
        """Return the posterior probability of less than a value.

        Parameters
        ----------
        value : float
            Of tau.

        Returns
        -------
        float
            From 0 to 1.
        """
        total = 0.0
        for (low, high), series, part in zip(
            self.edges, self._series, self._weights.sum(axis=1), strict=True
        ):
            if value >= high:
                total += float(part)
            elif value > low:
                whole = np.polynomial.legendre.legint(series)
                place = 2 * (value - low) / (high - low) - 1
                ends = np.polynomial.legendre.legval(np.array([place, -1.0]), whole)
                total += float(ends[0] - ends[1]) * (high - low) / 2
        return total

    def _find_quantile(self, probability: float) -> float:
        from scipy.optimize import brentq

        reached = np.r_[0.0, np.cumsum(self._weights.sum(axis=1))]
        place = int(np.searchsorted(reached, probability, side="right")) - 1
        place = min(max(place, 0), len(self.edges) - 1)
        low, high = self.edges[place]

        def excess(value: float) -> float:
            return self.probability_below(value) - probability

        if excess(high - 1e-12 * (high - low)) <= 0:
            return float(high)
        return float(brentq(excess, low, high, xtol=1e-12 * high, rtol=1e-13))

    def __repr__(self) -> str:
        """Return the median and the limits."""
        low, high = self.interval()
        return f"<Heterogeneity: {self.median:.3g} ({low:.3g} to {high:.3g})>"

    @cached_property
    def _series(self) -> list[Floats]:
        nodes = np.polynomial.legendre.leggauss(self.heights.shape[1])[0]
        degree = len(nodes) - 1
        return [np.polynomial.legendre.legfit(nodes, row, degree) for row in self.heights]


def bin_draws(draws: Floats, n_panels: int = 40) -> SpreadPosterior:
    """Put draws of tau on panels of equal probability, for the sampler's posterior."""
    edges = np.r_[0.0, np.quantile(draws, np.linspace(0, 1, n_panels + 1)[1:])]
    pairs = np.stack([edges[:-1], edges[1:]], axis=1)
    heights = np.repeat(1 / (n_panels * np.diff(edges)), 2).reshape(n_panels, 2)
    return SpreadPosterior(pairs, heights)
