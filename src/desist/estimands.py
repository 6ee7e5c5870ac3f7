"""What is estimated: for whom, of which outcome, on which scale."""

import math
from dataclasses import dataclass
from enum import StrEnum


class Estimand(StrEnum):
    """The people whom an average effect is about.

    Attributes
    ----------
    ATT : str
        Those who took part.
    MATCHED_ATT : str
        Those who took part and for whom suitable comparison people were found.
    ATE : str
        Everybody, participants and comparison people.
    ATC : str
        The comparison people.
    ATO : str
        The people in the overlap, who might as well have taken part as not.
    TRUNCATED_ATT, TRUNCATED_ATE, TRUNCATED_ATC : str
        What is left of the first when the largest weights are cut: people like those who had them
        count for less than their share.

    Examples
    --------
    >>> import desist as ds
    >>> ds.Estimand("ATT").people
    'the people who took part'
    """

    ATT = "ATT"
    MATCHED_ATT = "matched ATT"
    ATE = "ATE"
    ATC = "ATC"
    ATO = "ATO"
    TRUNCATED_ATT = "truncated ATT"
    TRUNCATED_ATE = "truncated ATE"
    TRUNCATED_ATC = "truncated ATC"

    @property
    def asked(self) -> "Estimand":
        """What it would be if nobody had been dropped and no weight cut."""
        return _ASKED.get(self, self)

    @property
    def people(self) -> str:
        """The people in words, for a sentence."""
        return _PEOPLE[self]


_PEOPLE = {
    Estimand.ATT: "the people who took part",
    Estimand.MATCHED_ATT: "the participants for whom suitable comparison people were found",
    Estimand.ATE: "everybody in the study",
    Estimand.ATC: "the comparison people",
    Estimand.ATO: "the people who might as well have taken part as not",
    Estimand.TRUNCATED_ATT: "the people who took part, the largest comparison weights cut",
    Estimand.TRUNCATED_ATE: "the people in the study, those with the largest weights counting less",
    Estimand.TRUNCATED_ATC: "the comparison people, the largest weights of participants cut",
}

_ASKED = {
    Estimand.MATCHED_ATT: Estimand.ATT,
    Estimand.TRUNCATED_ATT: Estimand.ATT,
    Estimand.TRUNCATED_ATE: Estimand.ATE,
    Estimand.TRUNCATED_ATC: Estimand.ATC,
}
TRUNCATED = {
    Estimand.ATT: Estimand.TRUNCATED_ATT,
    Estimand.ATE: Estimand.TRUNCATED_ATE,
    Estimand.ATC: Estimand.TRUNCATED_ATC,
}


class Measure(StrEnum):
    """An outcome measure; the values are the slugs of `evaluation.json`.

    Attributes
    ----------
    RATE : str
        Proportion of people with a proven reoffence.
    FREQUENCY : str
        Proven reoffences per person (everybody, not per reoffender).
    RMST : str
        Restricted mean time without a reoffence, in days.
    TIME_AMONG_REOFFENDERS : str
        Mean days to the first reoffence, among those who reoffended. Descriptive: it
        conditions on something that the programme may have changed.
    HAZARD_RATIO : str
        Ratio of the hazards of a first reoffence, averaged over the follow-up: each day counts by
        its hazard without the programme, so that it is the ratio of the cumulative hazards.

    Examples
    --------
    >>> import desist as ds
    >>> ds.Measure.RATE.label
    'Reoffending rate (proportion)'
    """

    RATE = "rate"
    FREQUENCY = "frequency"
    RMST = "rmst"
    TIME_AMONG_REOFFENDERS = "time_among_reoffenders"
    HAZARD_RATIO = "hazard_ratio"

    @property
    def label(self) -> str:
        """Name in a table or picture, with its unit."""
        return _DETAILS[self].label

    @property
    def unit(self) -> str:
        """Unit of a mean and of a difference of means."""
        return _DETAILS[self].unit

    @property
    def benefit_is_lower(self) -> bool:
        """Whether a smaller value is the better one."""
        return _DETAILS[self].benefit_is_lower

    @property
    def is_causal(self) -> bool:
        """Whether a contrast of the arms may be read as an effect, given the design."""
        return self is not Measure.TIME_AMONG_REOFFENDERS


@dataclass(frozen=True)
class _Details:
    label: str
    unit: str
    benefit_is_lower: bool


_DETAILS = {
    Measure.RATE: _Details("Reoffending rate (proportion)", "proportion", True),
    Measure.FREQUENCY: _Details("Reoffences (per person)", "offences per person", True),
    Measure.RMST: _Details("Time without a reoffence (days)", "days", False),
    Measure.TIME_AMONG_REOFFENDERS: _Details(
        "Time to first reoffence among reoffenders (days)", "days", False
    ),
    Measure.HAZARD_RATIO: _Details("Hazard of a first reoffence (average ratio)", "ratio", True),
}


class Scale(StrEnum):
    """How two arms are compared.

    Attributes
    ----------
    DIFFERENCE : str
        Participants minus comparison; no difference is 0.
    RATIO : str
        Participants over comparison; no difference is 1.

    Examples
    --------
    >>> from desist.estimands import Scale
    >>> Scale.DIFFERENCE.null, Scale("ratio").null
    (0.0, 1.0)
    """

    DIFFERENCE = "difference"
    RATIO = "ratio"

    @property
    def null(self) -> float:
        """The value that stands for no difference."""
        return 0.0 if self is Scale.DIFFERENCE else 1.0


@dataclass(frozen=True)
class Interval:
    """An interval that carries its own kind and probability.

    Attributes
    ----------
    lower, upper : float
        Limits, in the unit of the quantity.
    probability : float
        Nominal coverage or posterior probability, between 0 and 1.
    kind : str
        "equal-tailed posterior", "confidence".

    Examples
    --------
    >>> from desist.estimands import Interval
    >>> interval = Interval(-0.20, -0.04)
    >>> interval.excludes(0.0), interval.probability
    (True, 0.95)
    """

    lower: float
    upper: float
    probability: float = 0.95
    kind: str = "equal-tailed posterior"

    def excludes(self, value: float) -> bool:
        """Return whether the value lies outside the interval.

        Parameters
        ----------
        value : float
            In the unit of the interval.

        Returns
        -------
        bool
            False when a limit is missing.
        """
        if math.isnan(self.lower) or math.isnan(self.upper):
            return False
        return value < self.lower or value > self.upper
