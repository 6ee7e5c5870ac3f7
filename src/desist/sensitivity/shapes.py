"""Shapes of the days to a first reoffence, for when only their mean is known."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from desist.arguments import find_number_faults
from desist.errors import Fault, InputError, raise_faults

NODES = 400  # of the Gauss-Legendre rule; the quantile functions are smooth inside
STEEPEST = 500.0  # beyond, everybody reoffends within a day or two of either end

type Quantile = Callable[[NDArray[np.float64]], NDArray[np.float64]]


class Shape(Protocol):
    """What every shape offers: the means of the fastest and of the slowest share."""

    def bound(
        self, share: float, *, mean: float, follow_up: float, rate: float, frequency: float
    ) -> tuple[float, float]:
        """Return the mean days of the fastest and of the slowest share."""


@dataclass(frozen=True)
class AnyShape:
    r"""No assumption but the printed mean :math:`\mu` and the follow-up :math:`F`.

    The fastest share :math:`\pi` has the smallest mean when all others take the whole
    follow-up, :math:`\max(0, (\mu - (1 - \pi) F) / \pi)`; the slowest has the largest when all
    others reoffend at once, :math:`\min(F, \mu / \pi)`.

    Examples
    --------
    >>> from desist.sensitivity import AnyShape
    >>> shape = AnyShape()
    >>> fastest, slowest = shape.bound(0.56, mean=142.9, follow_up=365, rate=0.278, frequency=1.055)
    >>> round(fastest), round(slowest)
    (0, 255)
    """

    def bound(
        self,
        share: float,
        *,
        mean: float,
        follow_up: float,
        rate: float,  # noqa: ARG002 - the shapes share one protocol
        frequency: float,  # noqa: ARG002
    ) -> tuple[float, float]:
        """Return the least and the greatest mean that any distribution allows."""
        _require_numbers("any shape", share, mean=mean, follow_up=follow_up)
        least = max(0.0, (mean - (1 - share) * follow_up) / share)
        return least, min(follow_up, mean / share)

    def __str__(self) -> str:
        """Return what is assumed, to follow the word "given"."""
        return "the printed mean and nothing else"


@dataclass(frozen=True)
class WeibullShape:
    r"""Weibull days truncated at the end of follow-up, matched to the printed mean.

    The density on :math:`(0, F)` is proportional to :math:`t^{k-1} e^{-\lambda (t/F)^k}`;
    :math:`\lambda` is found from the mean. It may be negative, where the printed mean is later
    than that of any Weibull distribution.

    Attributes
    ----------
    k : float
        Shape; 1 is exponential, below 1 the first days are the most dangerous.

    Examples
    --------
    >>> from desist.sensitivity import WeibullShape
    >>> shape = WeibullShape(k=1.0)
    >>> fastest, slowest = shape.bound(0.56, mean=142.9, follow_up=365, rate=0.278, frequency=1.055)
    >>> round(fastest), round(slowest)
    (66, 216)
    """

    k: float = 1.0

    def __post_init__(self) -> None:
        """Check the shape."""
        raise_faults("Weibull shape", find_number_faults("k", self.k, above=0))

    def bound(
        self,
        share: float,
        *,
        mean: float,
        follow_up: float,
        rate: float,  # noqa: ARG002
        frequency: float,  # noqa: ARG002
    ) -> tuple[float, float]:
        """Return the means of the fastest and slowest share under the matched distribution."""
        from scipy.optimize import brentq

        _require_numbers("Weibull shape", share, mean=mean, follow_up=follow_up)

        def excess(steepness: float) -> float:
            return follow_up * _mean_between(self._quantile(steepness), 0.0, 1.0) - mean

        if excess(-STEEPEST) * excess(STEEPEST) >= 0:
            expected = f"a mean that a Weibull shape of {self.k:g} can have in {follow_up:g} days"
            raise InputError("Weibull shape", [Fault("mean", expected, f"{mean:g}")])
        quantile = self._quantile(brentq(excess, -STEEPEST, STEEPEST, xtol=1e-12))
        return (
            follow_up * _mean_between(quantile, 0.0, share),
            follow_up * _mean_between(quantile, 1.0 - share, 1.0),
        )

    def __str__(self) -> str:
        """Return what is assumed, to follow the word "given"."""
        name = "exponential" if self.k == 1 else f"Weibull (shape {self.k:g})"
        return f"{name} days, truncated at the end of follow-up, with the printed mean"

    def _quantile(self, steepness: float) -> Quantile:
        def quantile(probability: NDArray[np.float64]) -> NDArray[np.float64]:
            # (t / F)^k is exponential on (0, 1); its quantile without loss of digits
            if abs(steepness) < 1e-8:
                power = probability
            elif steepness > 0:
                power = -np.log1p(probability * np.expm1(-steepness)) / steepness
            else:
                power = 1 - np.log1p((1 - probability) * np.expm1(steepness)) / steepness
            return np.asarray(np.clip(power, 0.0, 1.0) ** (1 / self.k))

        return quantile


@dataclass(frozen=True)
class ProcessShape:
    r"""Days implied by the printed rate and frequency, through one process.

    When offences follow a Poisson process with a gamma-distributed personal intensity, the
    mean :math:`m` and :math:`P(0) = (1 + m/a)^{-a}` give the dispersion :math:`a`, and the time
    to the first is Lomax, :math:`P(T > t) = (1 + m t / (a F))^{-a}`. The printed mean of the
    days is not used, and need not agree with the one that is implied.

    Examples
    --------
    >>> from desist.sensitivity import ProcessShape
    >>> shape = ProcessShape()
    >>> fastest, slowest = shape.bound(0.56, mean=142.9, follow_up=365, rate=0.278, frequency=1.055)
    >>> round(fastest), round(slowest)
    (41, 183)
    """

    def bound(
        self,
        share: float,
        *,
        mean: float,  # noqa: ARG002
        follow_up: float,
        rate: float,
        frequency: float,
    ) -> tuple[float, float]:
        """Return the means of the fastest and slowest share of the process's first offences."""
        _require_numbers("process shape", share, follow_up=follow_up)
        quantile = self._quantile(rate, frequency)
        return (
            follow_up * _mean_between(quantile, 0.0, share),
            follow_up * _mean_between(quantile, 1.0 - share, 1.0),
        )

    def implied_mean(self, *, follow_up: float, rate: float, frequency: float) -> float:
        """Return the mean days among reoffenders that rate and frequency imply.

        Parameters
        ----------
        follow_up : float
            Days.
        rate : float
            Proportion who reoffend.
        frequency : float
            Offences per person.

        Returns
        -------
        float
            In days.
        """
        _require_numbers("process shape", 1.0, follow_up=follow_up)
        return follow_up * _mean_between(self._quantile(rate, frequency), 0.0, 1.0)

    def __str__(self) -> str:
        """Return what is assumed, to follow the word "given"."""
        return "the one process that the printed rate and frequency imply"

    def _quantile(self, rate: float, frequency: float) -> Quantile:
        from scipy.optimize import brentq

        faults = find_number_faults("rate", rate, above=0, below=1)
        if not (isinstance(frequency, float) and math.isnan(frequency)):
            faults += find_number_faults("frequency", frequency, above=0)
        raise_faults("process shape", faults)
        # -log P(0) lies below m for every dispersion and tends to m as it vanishes
        if not frequency > -math.log1p(-rate):
            found = "none printed" if math.isnan(frequency) else f"{frequency:g}"
            expected = (
                f"offences per person above {-math.log1p(-rate):.3g}, "
                f"as a rate of {rate:g} implies with people who differ"
            )
            raise InputError("process shape", [Fault("frequency", expected, found)])

        def excess(log_dispersion: float) -> float:
            a = math.exp(log_dispersion)
            return a * math.log1p(frequency / a) + math.log1p(-rate)

        a = math.exp(brentq(excess, -40.0, 40.0, xtol=1e-13))

        def quantile(probability: NDArray[np.float64]) -> NDArray[np.float64]:
            log_survival = np.log1p(-probability * rate)
            return np.asarray(np.expm1(-log_survival / a) * a / frequency)

        return quantile


def _require_numbers(subject: str, share: object, **days: object) -> None:
    faults = find_number_faults("share", share, above=0, most=1)
    for name, value in days.items():
        faults += find_number_faults(name, value, above=0)
    raise_faults(subject, faults)


@cache
def _list_nodes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.polynomial.legendre.leggauss(NODES)


def _mean_between(quantile: Quantile, low: float, high: float) -> float:
    nodes, weights = _list_nodes()
    middle, half = (high + low) / 2, (high - low) / 2
    return float(weights @ quantile(middle + half * nodes) / 2)
