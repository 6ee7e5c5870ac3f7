"""What a published report prints, when only that is known."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

from desist.arguments import describe, find_choice_faults, find_kind_faults, find_number_faults
from desist.cohort._possible import (
    ROUNDING,
    find_contradictions,
    find_narrow_faults,
    is_of_no_count,
)
from desist.cohort.flow import RecordFlow
from desist.errors import Fault, raise_faults
from desist.estimands import Measure

PUBLISHED_MEASURES = (Measure.RATE, Measure.FREQUENCY, Measure.TIME_AMONG_REOFFENDERS)

_P_PRINTED = re.compile(r"<?(0(\.[0-9]+)?|1(\.0+)?)")
_NUMBERS: Mapping[str, Callable[[Any], float]] = {
    "n_treated": int,
    "n_comparison": int,
    "treated_count": int,
} | dict.fromkeys(
    ("treated", "comparison", "lower", "upper", "difference_printed"),
    lambda value: float(str(value)),  # 0.157 of 32 bits is 0.157, and not 0.15700000524520874
)


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
        If the line contradicts itself, or its interval is too narrow for so many people; every
        fault is listed.

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
        name = f"published {self.measure}" if isinstance(self.measure, str) else "published measure"
        raise_faults(name, _find_measure_faults(self))
        # the word for a measure is as good as the measure, and NumPy's numbers as Python's
        object.__setattr__(self, "measure", Measure(self.measure))
        for name, kind in _NUMBERS.items():
            if getattr(self, name) is not None:
                object.__setattr__(self, name, kind(getattr(self, name)))

    @property
    def difference(self) -> float:
        """Treated minus comparison, in the unit of the measure."""
        return self.treated - self.comparison

    @property
    def treated_total(self) -> float:
        """Reoffenders (rate) or offences (frequency) among the treated, by the one rule for all.

        The count where it is known. Of a rate, the whole number that gives the proportion as it
        is written; where none does, and of a frequency, the printed mean times the people.
        """
        if self.treated_count is not None:
            return float(self.treated_count)
        total = self.treated * self.n_treated
        is_given = self.measure is Measure.RATE and not is_of_no_count(self, total)
        return float(round(total)) if is_given else total

    @property
    def treated_mean(self) -> float:
        """Mean of the treated, not rounded where their count is known."""
        if self.measure is Measure.TIME_AMONG_REOFFENDERS:
            return self.treated
        return self.treated_total / self.n_treated


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

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(
    ...     ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04, treated_count=13
    ... )
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> study.find(ds.Measure.RATE).treated_count
    13
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
        raise_faults("published study", _find_kinds_faults(self))
        object.__setattr__(self, "measures", tuple(self.measures))
        raise_faults(f"published study {self.name}", _find_study_faults(self))
        if self.ess_range is not None:
            low, high = self.ess_range
            object.__setattr__(self, "ess_range", (float(low), float(high)))

    def find(self, measure: Measure) -> PublishedMeasure | None:
        """Return the line of a measure.

        Parameters
        ----------
        measure : Measure
            The measure, or the word for it.

        Returns
        -------
        PublishedMeasure or None
            None where the study does not print it.

        Raises
        ------
        InputError
            If there is no such measure.
        """
        raise_faults("published study", find_choice_faults("measure", measure, Measure))
        return next((line for line in self.measures if line.measure == measure), None)


def _find_measure_faults(line: PublishedMeasure) -> list[Fault]:
    measure = str(line.measure) if isinstance(line.measure, str) else line.measure
    faults = find_choice_faults("measure", measure, PUBLISHED_MEASURES)
    faults += [*_find_size_faults(line), *_find_mean_faults(line), *_find_option_faults(line)]
    faults = faults or [*_find_interval_faults(line), *_find_count_faults(line)]
    return faults or find_narrow_faults(line)


def _find_size_faults(line: PublishedMeasure) -> list[Fault]:
    advice = "one person's figures have no spread, and are not published: leave the line out"
    return [
        fault
        for name, size in (("n_treated", line.n_treated), ("n_comparison", line.n_comparison))
        for fault in find_number_faults(
            name, size, least=2, whole=True, advice=advice if _is_one(size) else ""
        )
    ]


def _is_one(size: object) -> bool:
    return isinstance(size, Integral) and size == 1


def _find_mean_faults(line: PublishedMeasure) -> list[Fault]:
    is_rate = isinstance(line.measure, str) and line.measure == Measure.RATE
    highest = 1.0 if is_rate else math.inf
    advice = "divide percentages by 100" if is_rate else ""
    faults = []
    for name, least in (("treated", 0.0), ("comparison", 0.0), ("lower", -highest)):
        value = getattr(line, name)
        faults += find_number_faults(name, value, least=least, most=highest, advice=advice)
    return faults + find_number_faults(
        "upper", line.upper, least=-highest, most=highest, advice=advice
    )


def _find_option_faults(line: PublishedMeasure) -> list[Fault]:
    faults = [
        *find_number_faults(
            "treated_count", line.treated_count, least=0, whole=True, optional=True
        ),
        *find_number_faults("difference_printed", line.difference_printed, optional=True),
    ]
    printed = line.p_printed
    if printed is None or (isinstance(printed, str) and _P_PRINTED.fullmatch(printed)):
        return faults
    expected = 'a p-value as printed, such as "0.00" or "<0.01"'
    advice = "" if isinstance(printed, str) else 'write it between quotation marks: "0.03"'
    return [*faults, Fault("p_printed", expected, describe(printed), advice)]


def _find_interval_faults(line: PublishedMeasure) -> list[Fault]:
    faults = []
    slack = 3 * ROUNDING[line.measure]  # the two means and the limit are all rounded
    found = f"{line.lower:g} to {line.upper:g}"
    if line.lower == line.upper:
        advice = "give the limits with more digits"
        faults.append(Fault("lower, upper", "an interval that has a width", found, advice))
    elif line.lower > line.upper or not (
        line.lower - slack <= line.difference <= line.upper + slack
    ):
        expected = f"limits around {line.treated:g} - {line.comparison:g} = {line.difference:.3g}"
        advice = "the interval is of treated minus comparison, the lower limit first"
        faults.append(Fault("lower, upper", expected, found, advice))
    printed = line.difference_printed
    if printed is not None and not abs(printed - line.difference) <= slack:
        expected = f"about {line.treated:g} - {line.comparison:g} = {line.difference:.3g}"
        faults.append(Fault("difference_printed", expected, f"{printed:g}"))
    return faults


def _find_count_faults(line: PublishedMeasure) -> list[Fault]:
    count = line.treated_count
    if count is None:
        return []
    if line.measure is Measure.TIME_AMONG_REOFFENDERS:
        return [Fault("treated_count", "None for the time", repr(count))]
    slack = ROUNDING[line.measure] * 1.0001  # a mean that ends in a 5 may be rounded either way
    if count >= 0 and abs(count / line.n_treated - line.treated) <= slack:
        return []
    found = f"{count} of {line.n_treated}"
    return [Fault("treated_count", f"a count that gives {line.treated:g} per person", found)]


def _find_kinds_faults(study: PublishedStudy) -> list[Fault]:
    faults = []
    for where in ("name", "analysis", "source"):
        faults += find_kind_faults(where, getattr(study, where), str, "a text")
    faults += _find_lines_faults(study.measures)
    if study.flow is not None:
        faults += find_kind_faults("flow", study.flow, RecordFlow, "a RecordFlow or None")
    return faults + find_kind_faults("profile", study.profile, Mapping, "a mapping")


def _find_lines_faults(lines: object) -> list[Fault]:
    expected = "a list of PublishedMeasure"
    if isinstance(lines, PublishedMeasure):
        return [Fault("measures", expected, describe(lines), "write [...] around a single line")]
    if not isinstance(lines, list | tuple):
        return [Fault("measures", expected, describe(lines))]
    odd = [
        number + 1 for number, line in enumerate(lines) if not isinstance(line, PublishedMeasure)
    ]
    if not odd:
        return []
    return [Fault("measures", expected, f"{len(odd)} other, the first in place {odd[0]}")]


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
    if not faults:
        faults += find_contradictions({line.measure: line for line in study.measures})
    n_treated, n_comparison = max(sizes, default=(0, 0))
    if sizes and study.flow is not None and study.flow.n_analysed != n_treated:
        found = f"{study.flow.n_analysed}"
        faults.append(Fault("flow", f"{n_treated} people after the last step", found))
    return [*faults, *_find_ess_faults(study.ess_range, n_comparison)]


def _find_ess_faults(ess_range: object, n_comparison: int) -> list[Fault]:
    if ess_range is None:
        return []
    expected = "two sizes, the smaller first, between 0 and the number of comparison people"
    if not isinstance(ess_range, list | tuple) or len(ess_range) != 2:
        return [Fault("ess_range", expected, describe(ess_range))]
    low, high = ess_range
    if find_number_faults("ess_range", low) or find_number_faults("ess_range", high):
        return [Fault("ess_range", expected, f"{describe(low)} to {describe(high)}")]
    if 0 < low <= high and (not n_comparison or high <= n_comparison):
        return []
    return [Fault("ess_range", expected, f"{low:g} to {high:g}")]
