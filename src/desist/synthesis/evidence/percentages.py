"""Percentages as they are printed: the counts behind them are known to an interval only."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from desist._types import Floats
from desist.arguments import find_kind_faults, find_number_faults
from desist.errors import Fault, raise_faults
from desist.synthesis.errors_of_sign import CRITICAL
from desist.synthesis.evidence._baseline import LogRates, integrate_baseline
from desist.synthesis.evidence._sizes import Size, average_over, find_size_faults, list_sizes
from desist.synthesis.evidence.counts import summarise_counts
from desist.synthesis.evidence.significance import OF_PROPORTIONS

NODES_OF_A_RATE = 7
MOST_COUNTS = 400  # behind one percentage: more are told apart by their middle alone


@dataclass(frozen=True)
class WholePercentages:
    """Reoffending rates as printed, rounded: every count that rounds to them is possible.

    Attributes
    ----------
    treated_percentage, comparison_percentage : float
        As printed, from 0 to 100.
    n_treated : float or tuple of float
        People, or a range within which their number is not known.
    n_comparison : float, tuple of float or None
        The comparison's effective size; None for one so large that its rate is known to the
        rounding.
    step : float
        To which both were rounded, in percentage points.
    significant : bool, optional
        Whether the difference was reported as significant at 5%: of a range of sizes, those
        that agree with it are kept.

    Raises
    ------
    InputError
        If no count of people rounds to what is printed; every fault is listed.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.synthesis import WholePercentages
    >>> printed = WholePercentages(26, 35, 231, None)
    >>> effects = np.linspace(-2, 1, 301)
    >>> round(float(effects[printed.log_likelihood(effects, "log_odds").argmax()]), 2)
    -0.43
    """

    treated_percentage: float
    comparison_percentage: float
    n_treated: Size
    n_comparison: Size | None
    step: float = 1.0
    significant: bool | None = None
    kind: ClassVar[str] = "whole percentages"
    scales: ClassVar[tuple[str, ...]] = OF_PROPORTIONS

    def __post_init__(self) -> None:
        """Check that there are counts which round to what is printed."""
        faults = [
            *find_number_faults("treated_percentage", self.treated_percentage, least=0, most=100),
            *find_number_faults(
                "comparison_percentage", self.comparison_percentage, least=0, most=100
            ),
            *find_size_faults("n_treated", self.n_treated),
            *find_size_faults("n_comparison", self.n_comparison, optional=True),
            *find_number_faults("step", self.step, above=0, most=10),
            *self._find_word_faults(),
        ]
        raise_faults("percentages", faults or self._find_contradictions())

    def log_likelihood(self, effects: Floats, scale: str) -> Floats:
        """Return the log-likelihood of all counts that round to the percentages."""
        return average_over(self._list_sizes(), lambda size: self._of_size(size, effects, scale))

    def summarise(self, scale: str) -> tuple[float, float]:
        """Return the estimate from the printed rates, and its error by the size."""
        size = float(np.median(self._list_sizes()))
        people = self._comparison_size() or 1e9
        treated, comparison = self.treated_percentage / 100, self.comparison_percentage / 100
        return summarise_counts(treated * size, size, comparison * people, people, scale)

    def _of_size(self, size: float, effects: Floats, scale: str) -> Floats:
        treated = list_counts(self.treated_percentage, size, self.step)
        people = self._comparison_size()
        if people is None:
            return self._with_known_comparison(treated, size, effects, scale)
        comparison = list_counts(self.comparison_percentage, people, self.step)

        def log_kernel(rates: LogRates) -> Floats:
            return _log_mass(treated, size, *rates[:2]) + _log_mass(comparison, people, *rates[2:])

        return integrate_baseline(effects, scale, log_kernel)

    def _with_known_comparison(
        self, counts: Floats, size: float, effects: Floats, scale: str
    ) -> Floats:
        half = self.step / 200
        middle = self.comparison_percentage / 100
        low, high = max(middle - half, 1e-9), min(middle + half, 1 - 1e-9)
        nodes, weights = np.polynomial.legendre.leggauss(NODES_OF_A_RATE)
        rates = low + (high - low) * (nodes + 1) / 2
        treated = _apply_effect(rates[:, None], effects, scale)
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = _log_mass(counts, size, np.log(treated), np.log1p(-treated))
        terms = np.where(np.isnan(terms), -np.inf, terms) + np.log(weights / 2)[:, None]
        return np.asarray(np.logaddexp.reduce(terms, axis=0))

    def _comparison_size(self) -> float | None:
        if self.n_comparison is None:
            return None
        return float(np.round(np.median(list_sizes(self.n_comparison))))

    def _list_sizes(self) -> Floats:
        sizes = list_sizes(self.n_treated)
        kept = [size for size in sizes if self._agrees(float(size))]
        return np.array(kept)

    def _agrees(self, size: float) -> bool:
        if not len(list_counts(self.treated_percentage, size, self.step)):
            return False
        if self.significant is None or not isinstance(self.n_treated, tuple):
            return True
        people = self._comparison_size() or 1e9
        treated, comparison = self.treated_percentage / 100, self.comparison_percentage / 100
        estimate, error = summarise_counts(
            treated * size, size, comparison * people, people, "risk_difference"
        )
        return (abs(estimate) >= CRITICAL * error) is self.significant

    def _find_word_faults(self) -> list[Fault]:
        if self.significant is None:
            return []
        return find_kind_faults("significant", self.significant, bool, "True, False or None")

    def _find_contradictions(self) -> list[Fault]:
        faults = []
        if not len(self._list_sizes()):
            expected = "a size of which some count rounds to the percentage and is as significant"
            advice = "compare the printed percentage, number and significance with the source"
            found = f"{self.treated_percentage:g}% of {self.n_treated}"
            faults.append(Fault("n_treated", expected, found, advice))
        people = self._comparison_size()
        if people is not None and not len(
            list_counts(self.comparison_percentage, people, self.step)
        ):
            found = f"{self.comparison_percentage:g}% of {people:g}"
            expected = "a size of which some count rounds to the percentage"
            faults.append(Fault("n_comparison", expected, found))
        return faults


def list_counts(percentage: float, size: float, step: float) -> Floats:
    """List the counts that round to a printed percentage."""
    low = max(0.0, math.ceil((percentage - step / 2) / 100 * size - 1e-9))
    high = min(size, math.floor((percentage + step / 2) / 100 * size + 1e-9))
    counts = np.arange(low, high + 1)
    if len(counts) <= MOST_COUNTS:
        return counts
    return np.unique(np.round(np.linspace(low, high, MOST_COUNTS)))


def _log_mass(counts: Floats, size: float, log_rate: Floats, log_rest: Floats) -> Floats:
    """Return the log probability that a binomial count is one of those listed."""
    from scipy.special import gammaln

    shape = np.broadcast(log_rate, log_rest).shape
    total = np.full(shape, -np.inf)
    for count in counts:
        ways = gammaln(size + 1) - gammaln(count + 1) - gammaln(size - count + 1)
        hits = count * log_rate if count else 0.0
        misses = (size - count) * log_rest if size > count else 0.0
        total = np.logaddexp(total, ways + hits + misses)
    return total


def _apply_effect(rate: Floats, effects: Floats, scale: str) -> Floats:
    """Return the participants' rate from a comparison rate and an effect; NaN beyond 0 and 1."""
    if scale == "log_odds":
        odds = rate / (1 - rate) * np.exp(effects)
        return np.asarray(odds / (1 + odds))
    moved = rate * np.exp(effects) if scale == "log_risk" else rate + effects
    return np.asarray(np.where((moved >= 0) & (moved <= 1), moved, np.nan))
