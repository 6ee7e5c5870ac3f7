"""The words of each measure: its nouns, its directions, the claims made about it."""

import math
from dataclasses import dataclass

from desist.estimands import Estimand, Measure
from desist.report.words._numbers import count_of, format_number, round_half_away


@dataclass(frozen=True)
class Wording:
    """How one measure is spoken of."""

    title: str  # the measure as a heading
    name: str  # the measure in the middle of a sentence
    subject: str  # what goes up or down, with `{people}` and `{period}` to be filled in
    singular: str  # the noun that is counted
    plural: str
    # from the unit of a record (proportion, offences per person, days) to the unit that is spoken
    # of (per 100 people, days)
    factor: float
    lower: str  # the two directions of a difference in a sentence ("may be lower by ...")
    higher: str
    fewer: str  # the two directions after a number ("12 people fewer")
    more: str
    decreases: str  # the claims that the programme moves the measure
    increases: str
    leaves: str  # the claim that it does not
    printed_decimals: int  # decimals of a mean as printed, in the unit of `factor`
    unit: str  # unit of a table column

    def count(self, value: float) -> str:
        """Write the size of a number with its noun."""
        size = int(round_half_away(abs(value) * self.factor))
        if size == 0:
            return f"{'fewer' if self.factor == 100 else 'less'} than 1 {self.singular}"
        return count_of(size, self.singular, self.plural)

    def up_to(self, value: float) -> str:
        """Write a size as the most that it may be."""
        size = self.count(value)
        return size if " than " in size else f"up to {size}"

    def range(self, nearer: float, further: float) -> str:
        """Write two sizes of one direction, the nearer to no difference first."""
        low = round_half_away(abs(nearer) * self.factor)
        high = round_half_away(abs(further) * self.factor)
        if low == high:
            return f"about {self.count(further)}" if high else self.count(further)
        if low == 0:
            return f"between {self.count(nearer)} and {self.count(further)}"
        return f"between {format_number(low)} and {self.count(further)}"


WORDINGS: dict[Measure, Wording] = {
    Measure.RATE: Wording(
        title="People who reoffend",
        name="the number of people who reoffend",
        subject="for every 100 {people}, the number who reoffend within {period}",
        singular="person",
        plural="people",
        factor=100.0,
        lower="lower",
        higher="higher",
        fewer="fewer",
        more="more",
        decreases="reduces the number of people who reoffend",
        increases="increases the number of people who reoffend",
        leaves="has no effect on the number of people who reoffend",
        printed_decimals=1,
        unit="people per 100",
    ),
    Measure.FREQUENCY: Wording(
        title="Reoffences",
        name="the number of reoffences",
        subject="for every 100 {people}, the number of reoffences within {period}",
        singular="reoffence",
        plural="reoffences",
        factor=100.0,
        lower="lower",
        higher="higher",
        fewer="fewer",
        more="more",
        decreases="reduces the number of reoffences",
        increases="increases the number of reoffences",
        leaves="has no effect on the number of reoffences",
        printed_decimals=0,
        unit="reoffences per 100 people",
    ),
    Measure.RMST: Wording(
        title="Time without a reoffence",
        name="the time without a reoffence",
        subject="for {people}, the average time without a reoffence within {period}",
        singular="day",
        plural="days",
        factor=1.0,
        lower="shorter",
        higher="longer",
        fewer="shorter",
        more="longer",
        decreases="shortens the time without a reoffence",
        increases="lengthens the time without a reoffence",
        leaves="has no effect on the time without a reoffence",
        printed_decimals=1,
        unit="days",
    ),
    Measure.TIME_AMONG_REOFFENDERS: Wording(
        title="Time to first reoffence",
        name="the time to a first reoffence",
        subject="among {people} who reoffended within {period}, the average time to the first "
        "reoffence",
        singular="day",
        plural="days",
        factor=1.0,
        lower="shorter",
        higher="longer",
        fewer="sooner",
        more="later",
        decreases="shortens the time to a first reoffence",
        increases="lengthens the time to a first reoffence",
        leaves="has no effect on the time to a first reoffence",
        printed_decimals=1,
        unit="days",
    ),
    Measure.HAZARD_RATIO: Wording(
        title="Hazard of a first reoffence",
        name="the hazard of a first reoffence",
        subject="for {people}, the hazard of a first reoffence within {period}",
        singular="",
        plural="",
        factor=1.0,
        lower="lower",
        higher="higher",
        fewer="lower",
        more="higher",
        decreases="reduces the risk of reoffending",
        increases="increases the risk of reoffending",
        leaves="has no effect on the risk of reoffending",
        printed_decimals=2,
        unit="ratio",
    ),
}

_PEOPLE = {
    Estimand.ATT: "participants",
    Estimand.MATCHED_ATT: "matched participants",
    Estimand.ATE: "people like those in the study",
    Estimand.ATC: "people like those in the comparison group",
    Estimand.ATO: "people who might as well have taken part as not",
    Estimand.TRUNCATED_ATT: "participants (largest comparison weights cut)",
    Estimand.TRUNCATED_ATE: "people like those in the study (largest weights cut)",
    Estimand.TRUNCATED_ATC: "people like those in the comparison group (largest weights cut)",
}

_PERIODS = {30: "one month", 91: "three months", 182: "six months", 183: "six months"} | {
    365: "one year",
    366: "one year",
    730: "two years",
    731: "two years",
}


def name_people(estimand: Estimand) -> str:
    """Name the people of an estimand as a sentence per 100 of them does."""
    return _PEOPLE[estimand]


def name_period(days: float) -> str:
    """Name a length of follow-up."""
    if math.isnan(days):
        return "the follow-up"
    named = _PERIODS.get(int(days)) if float(days).is_integer() else None
    return named or count_of(int(round_half_away(days)), "day")
