"""Figures that no people can have given: each alone may look right."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from desist.errors import Fault
from desist.estimands import Measure

# half a unit of the coarsest printing: whole percentages, one decimal, whole days
ROUNDING = {
    Measure.RATE: 0.005,
    Measure.FREQUENCY: 0.05,
    Measure.TIME_AMONG_REOFFENDERS: 0.5,
}
SAME = 1e-9  # figures that differ by rounding in a computer alone
NORMAL_95 = 1.959964
# of the least width: other methods than Welch's print intervals of 95% that are a little narrower,
# and none of 90% is as wide
NARROWEST = 0.85


class Line(Protocol):
    """What is asked of a line of a published table."""

    @property
    def measure(self) -> Measure:
        """What was measured."""

    @property
    def n_treated(self) -> int:
        """Participants."""

    @property
    def n_comparison(self) -> int:
        """Comparison people."""

    @property
    def treated(self) -> float:
        """Mean of the participants."""

    @property
    def comparison(self) -> float:
        """Mean of the comparison people."""

    @property
    def lower(self) -> float:
        """Lower limit of the difference."""

    @property
    def upper(self) -> float:
        """Upper limit of the difference."""

    @property
    def treated_count(self) -> int | None:
        """Reoffenders or offences of the participants."""


def find_half_unit(value: float, measure: Measure) -> float:
    """Return half a unit of the last digit that a figure is written with."""
    exponent = Decimal(repr(float(value))).as_tuple().exponent
    digits = -int(exponent) if isinstance(exponent, int) else 0
    return max(min(0.5 * 10.0**-digits, ROUNDING[measure]) * 1.0001, SAME)


def find_narrow_faults(line: Line) -> list[Fault]:
    """Find an interval that is too narrow for so many people, whatever they did."""
    if line.measure == Measure.RATE:  # a word is as good as the measure
        variances = [_vary_rate(line.treated), _vary_rate(line.comparison)]
        what = f"people of whom {line.treated:g} and {line.comparison:g} reoffended"
    else:
        variances = [_vary_whole(line.treated), _vary_whole(line.comparison)]
        what = "whole numbers, which have some spread,"
    return _compare_width(line, variances, what)


def find_contradictions(lines: Mapping[Measure, Line]) -> list[Fault]:
    """Find lines of which each can be, but not beside another."""
    rate, frequency = lines.get(Measure.RATE), lines.get(Measure.FREQUENCY)
    time = lines.get(Measure.TIME_AMONG_REOFFENDERS)
    faults = []
    if rate is not None and frequency is not None:
        faults += _find_offence_faults(rate, frequency)
    if rate is not None and time is not None:
        faults += _find_reoffender_faults(rate, time)
    return faults


def is_of_no_count(line: Line, total: float) -> bool:
    """Say whether no whole number of the treated gives their printed mean."""
    gap = abs(round(total) / line.n_treated - line.treated)
    return line.treated_count is None and gap > find_half_unit(line.treated, line.measure)


def _find_offence_faults(rate: Line, frequency: Line) -> list[Fault]:
    faults = []
    counts = (rate.treated_count, frequency.treated_count)
    is_counted = None not in counts and rate.n_treated == frequency.n_treated
    for arm in ("comparison",) if is_counted else ("treated", "comparison"):
        share, mean = getattr(rate, arm), getattr(frequency, arm)
        slack = find_half_unit(share, Measure.RATE) + find_half_unit(mean, Measure.FREQUENCY)
        if mean < share - slack or (mean > slack and share == 0.0):
            expected = "at least one offence for each who reoffended, and none without any"
            found = f"{mean:g} per person where {share:g} reoffended"
            faults.append(Fault(f"frequency, {arm}", expected, found))
    if faults or not is_counted:
        return faults
    reoffenders, offences = (int(count or 0) for count in counts)
    if offences < reoffenders or (offences > 0) != (reoffenders > 0):
        expected = f"at least one for each of {reoffenders} reoffenders, and none without any"
        return [Fault("frequency, treated_count", expected, f"{offences}")]
    # spread as evenly as whole numbers can be over those who reoffended
    least = _vary_counts(offences, reoffenders, frequency.n_treated)
    what = f"{offences} offences of {reoffenders} people"
    variances = [least, _vary_whole(frequency.comparison)]
    faults = _compare_width(frequency, variances, what)
    return [Fault(f"frequency, {f.where}", f.expected, f.found, f.advice) for f in faults]


def _find_reoffender_faults(rate: Line, time: Line) -> list[Fault]:
    faults = []
    known = rate.treated_count
    if known is not None and time.n_treated != known:
        expected = f"the {known} who reoffended"
        faults.append(Fault("time_among_reoffenders, n_treated", expected, f"{time.n_treated}"))
    elif time.n_treated > rate.n_treated:
        expected = f"some of the {rate.n_treated} people"
        faults.append(Fault("time_among_reoffenders, n_treated", expected, f"{time.n_treated}"))
    if time.n_comparison > rate.n_comparison:
        expected = f"some of the {rate.n_comparison} people"
        found = f"{time.n_comparison}"
        faults.append(Fault("time_among_reoffenders, n_comparison", expected, found))
    return faults


def _compare_width(line: Line, variances: Sequence[float], what: str) -> list[Fault]:
    sizes = (line.n_treated, line.n_comparison)
    error = math.sqrt(sum(v / n for v, n in zip(variances, sizes, strict=True)))
    rounding = sum(find_half_unit(limit, line.measure) for limit in (line.lower, line.upper))
    least, width = 2 * NORMAL_95 * error, line.upper - line.lower
    if width + rounding >= NARROWEST * least:
        return []
    expected = f"an interval of 95% that {what} can have: {least:.3g} wide at least"
    advice = "is it of another probability, or of other people?"
    return [Fault("lower, upper", expected, f"one {width:.3g} wide", advice)]


def _vary_rate(mean: float) -> float:
    return mean * (1 - mean)


def _vary_whole(mean: float) -> float:
    """Return the least variance of whole numbers with this mean: those next to it on each side."""
    return (mean - math.floor(mean)) * (math.ceil(mean) - mean)


def _vary_counts(total: int, n_some: int, n_people: int) -> float:
    """Return the least variance of whole numbers above 0 of some people, and 0 of the others."""
    if n_some == 0:
        return 0.0
    each, more = divmod(total, n_some)
    squares = (n_some - more) * each**2 + more * (each + 1) ** 2
    return squares / n_people - (total / n_people) ** 2
