"""Reoffenders and people of two arms: the two-binomial and the conditional likelihood."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from desist._types import Floats
from desist.arguments import find_choice_faults, find_number_faults
from desist.errors import Fault, raise_faults
from desist.synthesis.evidence._weighted import weigh_arms

MOST = 10_000_000_000  # people: more than there are
LIKELIHOODS = ("binomial", "conditional")
ARMS = ("treated", "comparison")


@dataclass(frozen=True)
class TwoArmCounts:
    """Reoffenders among the participants and among the comparison people of one programme.

    Attributes
    ----------
    treated_events, n_treated, comparison_events, n_comparison : int
        Whole people; a weighted comparison rate is an estimate with its error.
    likelihood : {"binomial", "conditional"}
        Two binomials with the baseline integrated out, its log-odds half way between the arms
        Normal(0, 10); or the non-central hypergeometric likelihood given the number of
        reoffenders, which has no baseline, on the log odds alone.

    Raises
    ------
    InputError
        If the counts are not possible; every fault is listed.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.synthesis import TwoArmCounts
    >>> trial = TwoArmCounts(13, 83, 278, 1000)
    >>> effects = np.linspace(-2, 1, 301)
    >>> round(float(effects[trial.log_likelihood(effects, "log_odds").argmax()]), 2)
    -0.73
    """

    treated_events: int
    n_treated: int
    comparison_events: int
    n_comparison: int
    likelihood: str = "binomial"
    kind: ClassVar[str] = "counts"
    scales: ClassVar[tuple[str, ...]] = ("log_odds", "log_risk", "risk_difference")

    def __post_init__(self) -> None:
        """Check the counts."""
        faults = find_choice_faults("likelihood", self.likelihood, LIKELIHOODS)
        for arm in ARMS:
            faults += find_count_faults(
                arm, getattr(self, f"{arm}_events"), getattr(self, f"n_{arm}")
            )
        raise_faults("counts", faults)

    def log_likelihood(self, effects: Floats, scale: str) -> Floats:
        """Return the log-likelihood of effects, the baseline integrated or conditioned out."""
        if self.likelihood == "conditional":
            return self._condition(effects)
        rates = self.treated_events / self.n_treated, self.comparison_events / self.n_comparison
        return weigh_arms(effects, scale, rates, (self.n_treated, self.n_comparison))

    def summarise(self, scale: str) -> tuple[float, float]:
        """Return the sample estimate and its large-sample error; NaN where a cell is empty."""
        return summarise_counts(
            self.treated_events, self.n_treated, self.comparison_events, self.n_comparison, scale
        )

    def _condition(self, effects: Floats) -> Floats:
        # Stijnen, Hamza and Ozdemir (2010), eq. 15: the effect as the log odds ratio.
        from scipy.special import gammaln, logsumexp

        total = self.treated_events + self.comparison_events
        possible = np.arange(
            max(0, total - self.n_comparison), min(self.n_treated, total) + 1, dtype=float
        )
        ways = -(
            gammaln(possible + 1)
            + gammaln(self.n_treated - possible + 1)
            + gammaln(total - possible + 1)
            + gammaln(self.n_comparison - total + possible + 1)
        )
        away = possible - self.treated_events
        return -np.asarray(logsumexp(ways + effects[:, None] * away, axis=1))


def summarise_counts(
    treated_events: float,
    n_treated: float,
    comparison_events: float,
    n_comparison: float,
    scale: str,
) -> tuple[float, float]:
    """Return the estimate from two counts and its large-sample standard error."""
    a, b = np.float64(treated_events), np.float64(n_treated - treated_events)
    c, d = np.float64(comparison_events), np.float64(n_comparison - comparison_events)
    with np.errstate(divide="ignore", invalid="ignore"):
        treated, comparison = a / n_treated, c / n_comparison
        if scale == "log_odds":
            pair = np.log(a * d / (b * c)), np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        elif scale == "log_risk":
            pair = (
                np.log(treated / comparison),
                np.sqrt(1 / a - 1 / n_treated + 1 / c - 1 / n_comparison),
            )
        else:
            pair = (
                treated - comparison,
                np.sqrt(treated * b / n_treated**2 + comparison * d / n_comparison**2),
            )
    sound = np.isfinite(pair).all() and pair[1] > 0
    return (float(pair[0]), float(pair[1])) if sound else (np.nan, np.nan)


def find_count_faults(arm: str, events: object, people: object) -> list[Fault]:
    """Find what is wrong with the reoffenders and the people of one arm."""
    faults = [
        *find_number_faults(f"n_{arm}", people, above=0, whole=True),
        *find_number_faults(f"{arm}_events", events, least=0, whole=True),
    ]
    faults = faults or find_number_faults(f"n_{arm}", people, most=MOST, whole=True)
    if not faults and events > people:  # type: ignore[operator]
        found = f"{events} of {people}"
        faults.append(Fault(f"{arm}_events", f"no more reoffenders than n_{arm}", found))
    return faults
