"""A printed p-value, or only whether a difference was significant."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from desist._types import Floats
from desist.arguments import find_choice_faults, find_kind_faults, find_number_faults
from desist.errors import Fault, raise_faults
from desist.synthesis.evidence._sizes import Size, average_over, find_size_faults, list_sizes
from desist.synthesis.evidence.estimates import log_normal_mass

FINDINGS = ("reduction", "increase", "none")
DIRECTIONS = ("reduction", "increase")
SIDES = {"reduction": -1.0, "increase": 1.0}
OF_PROPORTIONS = ("log_odds", "log_risk", "risk_difference")


@dataclass(frozen=True)
class PValue:
    """A two-sided p-value with the sizes of the arms and the direction of the difference.

    Attributes
    ----------
    p_value : float
        As printed.
    direction : {"reduction", "increase"}
        Whether fewer or more of the participants reoffended.
    n_treated : float or tuple of float
        People, or a range within which their number is not known.
    n_comparison : float, tuple of float or None
        The comparison's effective size; None for one so large that its rate is known.
    comparison_rate : float
        Proportion who reoffend, for the error of a study of this size.
    at_most : bool
        Whether the p-value is printed as an upper limit, such as "p < 0.01".

    Raises
    ------
    InputError
        If a number is not possible; every fault is listed.

    Examples
    --------
    >>> from desist.synthesis import PValue
    >>> known = PValue(0.03, "reduction", 150, None, 0.35)
    >>> estimate, error = known.summarise("log_odds")
    >>> round(estimate, 2)
    -0.37
    """

    p_value: float
    direction: str
    n_treated: Size
    n_comparison: Size | None
    comparison_rate: float
    at_most: bool = False
    kind: ClassVar[str] = "p-value"
    scales: ClassVar[tuple[str, ...]] = OF_PROPORTIONS

    def __post_init__(self) -> None:
        """Check the numbers."""
        faults = [
            *find_number_faults("p_value", self.p_value, above=0, most=1),
            *find_choice_faults("direction", self.direction, DIRECTIONS),
            *find_kind_faults("at_most", self.at_most, bool, "True or False"),
            *_find_arm_faults(self.n_treated, self.n_comparison, self.comparison_rate),
        ]
        raise_faults("p-value", faults)

    def log_likelihood(self, effects: Floats, scale: str) -> Floats:
        """Return the normal log-likelihood of the statistic that has this p-value."""
        from scipy.special import log_ndtr

        away = self._find_statistic()

        def of_size(n_treated: float) -> Floats:
            error = find_error(n_treated, self.n_comparison, self.comparison_rate, scale)
            if self.at_most:
                beyond = SIDES[self.direction]
                return np.asarray(log_ndtr(beyond * (effects / error - away)))
            return np.asarray(-((away - effects / error) ** 2) / 2)

        return average_over(list_sizes(self.n_treated), of_size)

    def summarise(self, scale: str) -> tuple[float, float]:
        """Return the estimate that has this p-value; NaN where the p-value is a limit."""
        size = float(np.median(list_sizes(self.n_treated)))
        error = find_error(size, self.n_comparison, self.comparison_rate, scale)
        return (math.nan if self.at_most else self._find_statistic() * error), error

    def _find_statistic(self) -> float:
        from scipy.special import ndtri

        return SIDES[self.direction] * float(-ndtri(self.p_value / 2))


@dataclass(frozen=True)
class Significance:
    """Only whether a difference was significant: the estimate is censored.

    Attributes
    ----------
    found : {"reduction", "increase", "none"}
        Significantly fewer, significantly more, or not significant either way.
    n_treated : float or tuple of float
        People, or a range within which their number is not known.
    n_comparison : float, tuple of float or None
        The comparison's effective size; None for one so large that its rate is known.
    comparison_rate : float
        Proportion who reoffend, for the error of a study of this size.
    level : float
        Of the two-sided test.

    Raises
    ------
    InputError
        If a number is not possible; every fault is listed.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.synthesis import Significance
    >>> known = Significance("none", 150, None, 0.35)
    >>> known.log_likelihood(np.array([-1.0, 0.0]), "log_odds").round(2)
    array([-9.87, -0.05])
    """

    found: str
    n_treated: Size
    n_comparison: Size | None
    comparison_rate: float
    level: float = 0.05
    kind: ClassVar[str] = "significance alone"
    scales: ClassVar[tuple[str, ...]] = OF_PROPORTIONS

    def __post_init__(self) -> None:
        """Check the numbers."""
        faults = [
            *find_choice_faults("found", self.found, FINDINGS),
            *find_number_faults("level", self.level, above=0, below=1),
            *_find_arm_faults(self.n_treated, self.n_comparison, self.comparison_rate),
        ]
        raise_faults("significance", faults)

    def log_likelihood(self, effects: Floats, scale: str) -> Floats:
        """Return the log probability that a study of this size finds what this one found."""
        from scipy.special import log_ndtr, ndtri

        critical = -float(ndtri(self.level / 2))  # of the tail itself: 1 less it may round to 1

        def of_size(n_treated: float) -> Floats:
            error = find_error(n_treated, self.n_comparison, self.comparison_rate, scale)
            if self.found == "none":
                return log_normal_mass(-critical - effects / error, critical - effects / error)
            return np.asarray(log_ndtr(SIDES[self.found] * effects / error - critical))

        return average_over(list_sizes(self.n_treated), of_size)

    def summarise(self, scale: str) -> tuple[float, float]:
        """Return no estimate, and the error that a study of this size has."""
        size = float(np.median(list_sizes(self.n_treated)))
        return math.nan, find_error(size, self.n_comparison, self.comparison_rate, scale)


def find_error(n_treated: float, n_comparison: Size | None, rate: float, scale: str) -> float:
    """Return the standard error of a study without effect, from its size and rate."""
    people = np.inf if n_comparison is None else float(np.median(list_sizes(n_comparison)))
    slope = {"log_odds": rate * (1 - rate), "log_risk": rate, "risk_difference": 1.0}[scale]
    return float(np.sqrt(rate * (1 - rate) * (1 / n_treated + 1 / people)) / slope)


def _find_arm_faults(n_treated: object, n_comparison: object, rate: object) -> list[Fault]:
    advice = f"write {rate / 100:g}" if isinstance(rate, int | float) and 1 < rate < 100 else ""
    return [
        *find_size_faults("n_treated", n_treated),
        *find_size_faults("n_comparison", n_comparison, optional=True),
        *find_number_faults("comparison_rate", rate, above=0, below=1, advice=advice),
    ]
