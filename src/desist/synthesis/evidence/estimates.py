"""A printed estimate, with its standard error or with its interval."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from desist._types import Floats
from desist.arguments import find_number_faults, find_probability_faults
from desist.errors import Fault, raise_faults

EVERY_SCALE = ("log_odds", "log_risk", "risk_difference", "log_rate")
LOPSIDED = 0.25  # of half the width, from the middle: more is no interval of an estimate


@dataclass(frozen=True)
class EstimateWithError:
    """An estimate and its standard error, on the scale of the synthesis.

    Attributes
    ----------
    estimate : float
        Such as a log odds ratio or a risk difference.
    standard_error : float
        Above 0, and taken as known.
    rounded_to : float
        Step to which the estimate was rounded, 0 for none: it is then known to half a step.

    Raises
    ------
    InputError
        If a number is not possible; every fault is listed.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.synthesis import EstimateWithError
    >>> known = EstimateWithError(-0.2, 0.1)
    >>> known.log_likelihood(np.array([-0.2, 0.0]), "log_odds").round(2)
    array([-0., -2.])
    """

    estimate: float
    standard_error: float
    rounded_to: float = 0.0
    kind: ClassVar[str] = "estimate and error"
    scales: ClassVar[tuple[str, ...]] = EVERY_SCALE

    def __post_init__(self) -> None:
        """Check the numbers."""
        faults = [
            *find_number_faults("estimate", self.estimate),
            *find_number_faults("standard_error", self.standard_error, above=0),
            *find_number_faults("rounded_to", self.rounded_to, least=0),
        ]
        raise_faults("estimate", faults)

    def log_likelihood(self, effects: Floats, _scale: str, /) -> Floats:
        """Return the normal log-likelihood; of all that rounds to the estimate, where rounded."""
        away = (self.estimate - effects) / self.standard_error
        if not self.rounded_to:
            return np.asarray(-(away**2) / 2)
        half = self.rounded_to / 2 / self.standard_error
        return log_normal_mass(away - half, away + half)

    def summarise(self, _scale: str, /) -> tuple[float, float]:
        """Return the estimate and its standard error."""
        return self.estimate, self.standard_error


@dataclass(frozen=True)
class EstimateWithInterval:
    """A confidence interval, with its estimate where that is printed; symmetrical on the scale.

    Attributes
    ----------
    lower, upper : float
        On the scale of the synthesis: the logarithms of the limits of a ratio.
    estimate : float, optional
        The middle of the interval by default, which is what is used; it has to lie near it.
    probability : float
        Of the interval.

    Raises
    ------
    InputError
        If the limits are in the wrong order or the estimate does not belong to them.

    Examples
    --------
    >>> from desist.synthesis import EstimateWithInterval
    >>> estimate, error = EstimateWithInterval(-0.9, 0.1).summarise("log_odds")
    >>> round(estimate, 2), round(error, 3)
    (-0.4, 0.255)
    """

    lower: float
    upper: float
    estimate: float | None = None
    probability: float = 0.95
    kind: ClassVar[str] = "interval"
    scales: ClassVar[tuple[str, ...]] = EVERY_SCALE

    def __post_init__(self) -> None:
        """Check that the interval is one, and the estimate of it."""
        faults = [
            *find_number_faults("lower", self.lower),
            *find_number_faults("upper", self.upper),
            *find_number_faults("estimate", self.estimate, optional=True),
            *find_probability_faults(self.probability),
        ]
        raise_faults("interval", faults or self._find_contradictions())

    def log_likelihood(self, effects: Floats, scale: str) -> Floats:
        """Return the normal log-likelihood that has this interval."""
        estimate, error = self.summarise(scale)
        return np.asarray(-(((estimate - effects) / error) ** 2) / 2)

    def summarise(self, _scale: str, /) -> tuple[float, float]:
        """Return the middle of the interval and the error that its width stands for."""
        from scipy.special import erfinv

        # the normal quantile of (1 + probability) / 2, also where that rounds to a half or to 1
        width = 2 * float(np.sqrt(2) * erfinv(self.probability))
        return (self.lower + self.upper) / 2, (self.upper - self.lower) / width

    def _find_contradictions(self) -> list[Fault]:
        if self.lower >= self.upper:
            found = f"{self.lower:g} to {self.upper:g}"
            return [Fault("lower", "a limit below upper", found)]
        middle, half = (self.lower + self.upper) / 2, (self.upper - self.lower) / 2
        if self.estimate is None or abs(self.estimate - middle) <= LOPSIDED * half:
            return []
        expected = f"near the middle of its interval, {middle:g}"
        advice = "give a ratio and its limits as logarithms (ratio, ratio_lower, ratio_upper)"
        return [Fault("estimate", expected, f"{self.estimate:g}", advice)]


def log_normal_mass(low: Floats, high: Floats) -> Floats:
    """Return the log of the standard normal probability between two limits, far out too."""
    from scipy.special import log_ndtr

    # in the tail where the numbers are small and not near 1
    flip = low > 0
    low, high = np.where(flip, -high, low), np.where(flip, -low, high)
    upper, lower = log_ndtr(high), log_ndtr(low)
    with np.errstate(divide="ignore"):
        return np.asarray(upper + np.log1p(-np.exp(np.minimum(lower - upper, 0.0))))
