"""Median and limits of any distribution that has quantiles."""

from abc import ABC, abstractmethod

from desist.arguments import find_number_faults
from desist.errors import raise_faults


class Distribution(ABC):
    """A posterior or prior distribution of one number, by its quantiles.

    `Mixture` and `SpreadPosterior` are such.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.synthesis import Mixture
    >>> standard = Mixture(np.array([1.0]), np.array([0.0]), np.array([1.0]))
    >>> [round(limit, 2) for limit in standard.interval(0.9)]
    [-1.64, 1.64]
    """

    @abstractmethod
    def _find_quantile(self, probability: float) -> float:
        """Find below what the distribution has a probability that is known to be one."""

    @property
    def median(self) -> float:
        """Median."""
        return self.quantile(0.5)

    def quantile(self, probability: float) -> float:
        """Return a quantile.

        Parameters
        ----------
        probability : float
            Above 0 and below 1.

        Returns
        -------
        float
            Below which the distribution has this probability.

        Raises
        ------
        InputError
            If the probability is not between 0 and 1.
        """
        raise_faults("quantile", find_number_faults("probability", probability, above=0, below=1))
        return self._find_quantile(probability)

    def interval(self, probability: float = 0.95) -> tuple[float, float]:
        """Return the equal-tailed interval.

        Parameters
        ----------
        probability : float
            Of the interval.

        Returns
        -------
        tuple of float
            Its limits.

        Raises
        ------
        InputError
            If the probability is not between 0 and 1.
        """
        raise_faults("interval", find_number_faults("probability", probability, above=0, below=1))
        tail = (1 - probability) / 2
        return self._find_quantile(tail), self._find_quantile(1 - tail)
