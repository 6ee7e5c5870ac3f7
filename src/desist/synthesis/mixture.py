"""A distribution as a mixture of normal ones: of a mean, of a prediction, of a prior."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from desist._types import Floats
from desist.synthesis.distribution import Distribution

NO_WEIGHT = 1e-11


@dataclass(frozen=True, eq=False, repr=False)
class Mixture(Distribution):
    """A mixture of normal distributions.

    Attributes
    ----------
    weights : ndarray of float, shape (n_components,)
        They sum to 1.
    means, scales : ndarray of float, shape (n_components,)
        Mean and standard deviation of each component.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.synthesis import Mixture
    >>> prior = Mixture(np.array([0.8, 0.2]), np.array([-0.3, 0.0]), np.array([0.2, 1.5]))
    >>> round(prior.mean, 2), round(prior.probability_below(0.0), 2)
    (-0.24, 0.85)
    """

    weights: Floats
    means: Floats
    scales: Floats

    @cached_property
    def mean(self) -> float:
        """Mean of the mixture."""
        return float(self.weights @ self.means)

    @cached_property
    def sd(self) -> float:
        """Standard deviation of the mixture."""
        away = self.means - self.mean
        return float(np.sqrt(self.weights @ (self.scales**2 + away**2)))

    def density(self, values: Floats) -> Floats:
        """Return the density at values.

        Parameters
        ----------
        values : ndarray, shape (n,)
            Where.

        Returns
        -------
        ndarray, shape (n,)
            Probability per unit.
        """
        kept = self._kept
        away = (np.asarray(values, dtype=float)[:, None] - kept.means) / kept.scales
        heights = np.exp(-(away**2) / 2) / (np.sqrt(2 * np.pi) * kept.scales)
        return np.asarray(heights @ kept.weights)

    def probability_below(self, value: float) -> float:
        """Return the probability of less than a value.

        Parameters
        ----------
        value : float
            Such as 0, or minus a margin.

        Returns
        -------
        float
            From 0 to 1.
        """
        from scipy.special import ndtr

        kept = self._kept
        return float(ndtr((value - kept.means) / kept.scales) @ kept.weights)

    def _find_quantile(self, probability: float) -> float:
        from scipy.optimize import brentq

        low, high = self.mean - self.sd, self.mean + self.sd
        while self.probability_below(low) > probability:
            low -= 2 * self.sd
        while self.probability_below(high) < probability:
            high += 2 * self.sd

        def excess(value: float) -> float:
            return self.probability_below(value) - probability

        return float(brentq(excess, low, high, xtol=1e-12 * self.sd, rtol=1e-13))

    def draw(self, n_draws: int, rng: np.random.Generator) -> Floats:
        """Draw from the mixture.

        Parameters
        ----------
        n_draws : int
            How many.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        ndarray, shape (n_draws,)
            The draws.
        """
        chosen = rng.choice(len(self.weights), size=n_draws, p=self.weights)
        return np.asarray(self.means[chosen] + self.scales[chosen] * rng.standard_normal(n_draws))

    def __repr__(self) -> str:
        """Return the mean, the standard deviation and the number of components."""
        count = len(self.weights)
        return f"<Mixture of {count} normal: mean {self.mean:.3g}, sd {self.sd:.3g}>"

    @cached_property
    def _kept(self) -> "Mixture":
        """The components that carry weight."""
        kept = self.weights > NO_WEIGHT
        return Mixture(self.weights[kept], self.means[kept], self.scales[kept])
