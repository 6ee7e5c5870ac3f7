"""Offences over a time at risk, in two arms."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from desist._types import Floats
from desist.arguments import find_number_faults
from desist.errors import raise_faults


@dataclass(frozen=True)
class CountsOverTime:
    r"""Events over a time at risk, as Poisson counts.

    Given their sum, the participants' events are binomial with odds :math:`e^\theta t_T / t_C`,
    whatever the baseline rate is.

    Attributes
    ----------
    treated_events, comparison_events : int
        Events; offences that come in clusters are better an estimate with its robust error.
    treated_time, comparison_time : float
        Time at risk, both in the same unit.

    Raises
    ------
    InputError
        If a count or a time is not possible; every fault is listed.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.synthesis import CountsOverTime
    >>> known = CountsOverTime(26, 83.0, 1170, 1100.0)  # offences, and years at risk
    >>> effects = np.linspace(-2, 1, 301)
    >>> round(float(effects[known.log_likelihood(effects, "log_rate").argmax()]), 2)
    -1.22
    """

    treated_events: int
    treated_time: float
    comparison_events: int
    comparison_time: float
    kind: ClassVar[str] = "events over time"
    scales: ClassVar[tuple[str, ...]] = ("log_rate",)

    def __post_init__(self) -> None:
        """Check the counts and times."""
        faults = []
        for arm in ("treated", "comparison"):
            events, time = getattr(self, f"{arm}_events"), getattr(self, f"{arm}_time")
            faults += find_number_faults(f"{arm}_events", events, least=0, whole=True)
            faults += find_number_faults(f"{arm}_time", time, above=0)
        raise_faults("events over time", faults)

    def log_likelihood(self, effects: Floats, _scale: str, /) -> Floats:
        """Return the log-likelihood of effects given the sum of the events."""
        log_odds = effects + np.log(self.treated_time) - np.log(self.comparison_time)
        treated = self.treated_events * np.logaddexp(0, -log_odds)
        return np.asarray(-treated - self.comparison_events * np.logaddexp(0, log_odds))

    def summarise(self, _scale: str, /) -> tuple[float, float]:
        """Return the sample log rate ratio and its error; NaN without events in an arm."""
        a, c = self.treated_events, self.comparison_events
        if not a * c:
            return np.nan, np.nan
        times = np.log(self.treated_time) - np.log(self.comparison_time)
        return float(np.log(a) - np.log(c) - times), float(np.sqrt(1 / a + 1 / c))
