"""The outcome of each person for a measure, as a number that can be averaged."""

from typing import Any

import numpy as np

from desist._types import Floats, Mask
from desist.arguments import describe
from desist.errors import CannotAnswerError, Fault, raise_faults
from desist.estimands import Measure
from desist.sample import Sample

COUNTED = (Measure.RATE, Measure.FREQUENCY, Measure.RMST)


def read_measure(measure: object, subject: str) -> Measure:
    """Return a measure that is an average over people."""
    words = [str(one) for one in COUNTED]
    if not isinstance(measure, str) or measure not in words:
        fault = Fault("measure", f"one of {', '.join(words)}", describe(measure))
        raise_faults(subject, [fault])
    return Measure(str(measure))


def read_outcome(sample: Sample, measure: object, subject: str) -> tuple[Measure, Floats]:
    """Return each person's outcome; of people who are not used, anything."""
    asked = read_measure(measure, subject)
    within = sample.within
    role, values = _ROLES[asked], getattr(within, _ROLES[asked])
    reason = sample.obstacles.get(role) or sample.uncut.get("reoffended" if role == "days" else "")
    if values is None or reason:
        why = reason or f"the cohort has no column of {role}"
        raise CannotAnswerError(f"{subject}: the {asked} cannot be had, because {why}")
    return asked, _as_numbers(values)


def read_days(sample: Sample, subject: str) -> tuple[Floats, Mask]:
    """Return the days of everybody, and whether they end with a reoffence."""
    _, days = read_outcome(sample, Measure.RMST, subject)
    reoffended = sample.within.reoffended
    if reoffended is None:
        raise CannotAnswerError(f"{subject}: days are known, and not who reoffended")
    return days, reoffended


def _as_numbers(values: Any) -> Floats:
    return np.asarray(values, dtype=float)


_ROLES = {Measure.RATE: "reoffended", Measure.FREQUENCY: "offences", Measure.RMST: "days"}
