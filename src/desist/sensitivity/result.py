"""What one sensitivity analysis found, in the form that all of them share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from desist._types import Floats
from desist.arguments import find_kind_faults
from desist.effects.effect import Effect
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Measure

PER_100 = "per 100 people"


@dataclass(frozen=True, eq=False, repr=False)
class SensitivityResult:
    """What one sensitivity analysis found: a table, a sentence, and draws where there are any.

    Attributes
    ----------
    name : str
        Name of the analysis, as settings files and files have it.
    title : str
        Heading for a reader.
    doubt : str
        The doubt that it answers.
    sentence : str
        What it found, in plain words.
    table : DataFrame
        One row a scenario; most have "label", "estimate", "lower" and "upper".
    units : mapping of str to str
        Unit of each column of the table that has one.
    draws : mapping of str to ndarray
        Draws behind the rows, by their labels, where there are any.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> found = ds.sensitivity.find_sceptical_prior(rate)
    >>> found.name, found.table.columns.tolist()
    ('sceptical_prior', ['label', 'scale', 'limit'])
    """

    name: str
    title: str
    doubt: str
    sentence: str
    table: pd.DataFrame
    units: Mapping[str, str] = field(default_factory=dict)
    draws: Mapping[str, Floats] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return the title and the sentence."""
        return f"<{self.title}: {self.sentence}>"


def unit_of(measure: Measure) -> str:
    """Return the unit of a difference of a measure."""
    return _UNITS[measure]


def require_arms(effect: object, subject: str, *measures: Measure) -> tuple[Floats, Floats]:
    """Return the draws of both arms' averages, or say why there are none."""
    expected = 'an Effect, such as evaluation["rate"]'
    if not isinstance(effect, Effect):
        raise InputError(subject, find_kind_faults("effect", effect, Effect, expected))
    unfit = measures and effect.measure not in measures
    if unfit or effect.treated is None or effect.comparison is None:
        kinds = " or ".join(measures) if measures else "measures with an average in each arm"
        raise CannotAnswerError(
            f"{subject}: not for the {effect.measure.label.lower()}; it is for the {kinds}"
        )
    return (np.ravel(effect.treated.to_numpy()), np.ravel(effect.comparison.to_numpy()))


def summarise(draws: Floats, probability: float) -> tuple[float, float, float]:
    """Return the mean and the equal-tailed interval of draws."""
    tail = (1 - probability) / 2
    lower, upper = np.quantile(draws, [tail, 1 - tail], method="hazen")
    return float(draws.mean()), float(lower), float(upper)


def say_difference(value: float, measure: Measure) -> str:
    """Write a difference as a reader knows it: rates per 100 people."""
    if measure is Measure.RATE:
        return f"{_write(100 * value, 1)} {PER_100}"
    if measure is Measure.FREQUENCY:
        return f"{_write(value, 2)} offences per person"
    if measure is Measure.HAZARD_RATIO:
        return f"a ratio of {_write(value, 2)}"
    return f"{_write(value, 1)} days"


def _write(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text


_UNITS = {
    Measure.RATE: "proportion",
    Measure.FREQUENCY: "offences per person",
    Measure.RMST: "days",
    Measure.TIME_AMONG_REOFFENDERS: "days",
    Measure.HAZARD_RATIO: "ratio",
}
