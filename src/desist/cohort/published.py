"""What a published report prints, when only that is known."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from desist.cohort.flow import RecordFlow
from desist.errors import Fault, raise_faults
from desist.estimands import Measure

PUBLISHED_MEASURES = (Measure.RATE, Measure.FREQUENCY, Measure.TIME_AMONG_REOFFENDERS)

_P_PRINTED = re.compile(r"<?[01](\.\d+)?")
# half a unit of the coarsest printing: whole percentages, one decimal, whole days
_ROUNDING = {
    Measure.RATE: 0.005,
    Measure.FREQUENCY: 0.05,
    Measure.TIME_AMONG_REOFFENDERS: 0.5,
}


@dataclass(frozen=True)
class PublishedMeasure:
    """One line of a published table.

    Attributes
    ----------
    measure : Measure
        Rate, frequency, or time among reoffenders.
    n_treated, n_comparison : int
        People in each arm; for the time, reoffenders. The comparison people are a raw
        count: their weights are not published.
    treated, comparison : float
        Means as printed: proportion (0 to 1), offences per person, days.
    lower, upper : float
        Limits of the printed interval of treated minus comparison.
    p_printed : str or None
        The p-value as printed, such as "0.00" or "<0.01".
    treated_count : int or None
        Reoffenders (rate) or offences (frequency) among the treated, where the printed
        figures determine it; None where they do not.
    difference_printed : float or None
        The difference where it is printed in words ("74 fewer"): it is rounded from
        unrounded means, and is not always that of the printed ones.

    Raises
    ------
    InputError
        If the line contradicts itself; every fault is listed.

    Examples
    --------
    >>> line = PublishedMeasure(Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04, "0.00", 13)
    >>> round(line.difference, 3)
    -0.121
    """

    measure: Measure
    n_treated: int
    n_comparison: int
    treated: float
    comparison: float
    lower: float
    upper: float
    p_printed: str | None = None
    treated_count: int | None = None
    difference_printed: float | None = None

    def __post_init__(self) -> None:
        """Check that the line does not contradict itself."""
        if self.measure in tuple(Measure):  # the word for a measure is as good as the measure
            object.__setattr__(self, "measure", Measure(self.measure))
        raise_faults(f"published {self.measure}", _find_measure_faults(self))

    @property
    def difference(self) -> float:
        """Treated minus comparison, in the unit of the measure."""
        return self.treated - self.comparison


@dataclass(frozen=True)
class PublishedStudy:
    """A published evaluation: its tables, and what is known of the people behind them.

    Attributes
    ----------
    name : str
        Name of the programme.
    analysis : str
        Which of the report's analyses ("complex", "standard").
    source : str
        Where it is published.
    measures : tuple of PublishedMeasure
        One a measure.
    ess_range : tuple of float, or None
        Least and greatest effective sample size of the weighted comparison people that
        agrees with what is printed.
    flow : RecordFlow or None
        From records submitted to people analysed.
    profile : mapping
        Further printed facts about the participants.

    Raises
    ------
    InputError
        If the parts contradict each other; every fault is listed.
    """

    name: str
    analysis: str
    source: str
    measures: tuple[PublishedMeasure, ...]
    ess_range: tuple[float, float] | None = None
    flow: RecordFlow | None = None
    profile: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Check that the parts do not contradict each other."""
        object.__setattr__(self, "measures", tuple(self.measures))
        raise_faults(f"published study {self.name}", _find_study_faults(self))

    def find(self, measure: Measure) -> PublishedMeasure | None:
        """Return the line of a measure.

        Parameters
        ----------
        measure : Measure
            The measure.

        Returns
        -------
        PublishedMeasure or None
            None where the study does not print it.
        """
        return next((line for line in self.measures if line.measure is measure), None)


def _find_measure_faults(line: PublishedMeasure) -> list[Fault]:
    if line.measure not in PUBLISHED_MEASURES:
        names = ", ".join(PUBLISHED_MEASURES)
        return [Fault("measure", f"one of {names}", repr(str(line.measure)))]
    faults = [*_find_size_faults(line), *_find_mean_faults(line)]
    return faults or [*_find_interval_faults(line), *_find_count_faults(line)]


def _find_size_faults(line: PublishedMeasure) -> list[Fault]:
    sizes = {"n_treated": line.n_treated, "n_comparison": line.n_comparison}
    return [
        Fault(name, "a whole number greater than 0", repr(size))
        for name, size in sizes.items()
        if not isinstance(size, int) or isinstance(size, bool) or size < 1
    ]


def _find_mean_faults(line: PublishedMeasure) -> list[Fault]:
    highest = 1.0 if line.measure is Measure.RATE else math.inf
    advice = "divide percentages by 100" if line.measure is Measure.RATE else ""
    means = {"treated": line.treated, "comparison": line.comparison}
    limits = {"lower": line.lower, "upper": line.upper}
    expected = "a proportion from 0 to 1" if line.measure is Measure.RATE else "a number from 0"
    return [
        *(
            Fault(name, expected, f"{mean:g}", advice)
            for name, mean in means.items()
            if not (0 <= mean <= highest and math.isfinite(mean))
        ),
        *(
            Fault(name, "a difference of two such numbers", f"{limit:g}", advice)
            for name, limit in limits.items()
            if not (abs(limit) <= highest and math.isfinite(limit))
        ),
    ]


def _find_interval_faults(line: PublishedMeasure) -> list[Fault]:
    faults = []
    slack = 3 * _ROUNDING[line.measure]  # the two means and the limit are all rounded
    if not line.lower - slack <= line.difference <= line.upper + slack:
        expected = f"limits around {line.treated:g} - {line.comparison:g} = {line.difference:.3g}"
        found = f"{line.lower:g} to {line.upper:g}"
        advice = "the interval is of treated minus comparison, the lower limit first"
        faults.append(Fault("lower, upper", expected, found, advice))
    printed = line.difference_printed
    if printed is not None and not abs(printed - line.difference) <= slack:
        expected = f"about {line.treated:g} - {line.comparison:g} = {line.difference:.3g}"
        faults.append(Fault("difference_printed", expected, f"{printed:g}"))
    if line.p_printed is not None and not _P_PRINTED.fullmatch(line.p_printed):
        expected = 'a p-value as printed, such as "0.00" or "<0.01"'
        faults.append(Fault("p_printed", expected, repr(line.p_printed)))
    return faults


def _find_count_faults(line: PublishedMeasure) -> list[Fault]:
    count = line.treated_count
    if count is None:
        return []
    if line.measure is Measure.TIME_AMONG_REOFFENDERS:
        return [Fault("treated_count", "None for the time", repr(count))]
    slack = _ROUNDING[line.measure] * 1.0001  # a mean that ends in a 5 may be rounded either way
    if count >= 0 and abs(count / line.n_treated - line.treated) <= slack:
        return []
    found = f"{count} of {line.n_treated}"
    return [Fault("treated_count", f"a count that gives {line.treated:g} per person", found)]


def _find_study_faults(study: PublishedStudy) -> list[Fault]:
    faults = []
    if not study.measures:
        faults.append(Fault("measures", "at least one", "none"))
    for measure, count in Counter(line.measure for line in study.measures).items():
        if count > 1:
            faults.append(Fault("measures", f"one line for {measure}", f"{count}"))
    everybody = [study.find(measure) for measure in (Measure.RATE, Measure.FREQUENCY)]
    sizes = {(line.n_treated, line.n_comparison) for line in everybody if line is not None}
    if len(sizes) > 1:
        found = " and ".join(f"{treated}, {comparison}" for treated, comparison in sorted(sizes))
        faults.append(Fault("measures", "the same people for rate and frequency", found))
    n_treated, n_comparison = max(sizes, default=(0, 0))
    if sizes and study.flow is not None and study.flow.n_analysed != n_treated:
        found = f"{study.flow.n_analysed}"
        faults.append(Fault("flow", f"{n_treated} people after the last step", found))
    return [*faults, *_find_ess_faults(study.ess_range, n_comparison)]


def _find_ess_faults(ess_range: tuple[float, float] | None, n_comparison: int) -> list[Fault]:
    if ess_range is None:
        return []
    low, high = ess_range
    if 0 < low <= high and (not n_comparison or high <= n_comparison):
        return []
    expected = "two sizes, the smaller first, between 0 and the number of comparison people"
    return [Fault("ess_range", expected, f"{low:g} to {high:g}")]
