"""The record of a check, and the numbers that a formula finds."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from desist.arguments import describe, find_kind_faults
from desist.checks.finding import Finding, has_verdict
from desist.errors import Fault, raise_faults
from desist.estimands import Interval, Measure, Scale
from desist.notebook import show_record

NAN = math.nan
NO_VERDICT = "the method has no number to judge a difference by for these data"


@dataclass(frozen=True)
class Check:
    """One frequentist check of one measure, or the reason why it cannot be made.

    Attributes
    ----------
    measure : Measure
        What is compared.
    check : str
        Slug of the method; it also names its function and its place in the docs.
    scale : Scale
        Whether `estimate` is a difference (null 0) or a ratio (null 1).
    estimate, lower, upper : float
        Contrast and its confidence limits, in the unit of the measure; nan when the
        check is not applicable or the method has no such number.
    p_value : float
        Two-sided.
    applicable : bool
        Whether the check is valid for this design and these data.
    reason : str
        Why it is not applicable; when it is, what a reader has to know about it.
    probability : float
        Nominal coverage of the interval.

    Examples
    --------
    >>> from desist.checks.check import not_applicable
    >>> from desist.estimands import Measure
    >>> check = not_applicable(Measure.RATE, "fisher", "the comparison weights differ")
    >>> check.applicable, check.to_dict()["p_value"]
    (False, None)
    """

    measure: Measure
    check: str
    scale: Scale
    estimate: float
    lower: float
    upper: float
    p_value: float
    applicable: bool
    reason: str
    probability: float = 0.95

    _repr_html_ = show_record

    @property
    def interval(self) -> Interval:
        """The limits as a record that carries its kind and probability."""
        return Interval(self.lower, self.upper, self.probability, "confidence")

    @property
    def has_verdict(self) -> bool:
        """Whether it can agree or differ: applicable, with numbers to judge by."""
        numbers = has_verdict(self.estimate, self.lower, self.upper, self.p_value)
        return self.applicable and numbers

    @property
    def excludes_null(self) -> bool:
        """Whether no difference is rejected: by the p-value, or else by the interval."""
        if not math.isnan(self.p_value):
            return self.p_value < 1 - self.probability
        return self.interval.excludes(self.scale.null)

    def to_dict(self) -> dict[str, Any]:
        """Return the record with plain values, None for numbers that do not exist."""
        row = {key: _plain(value) for key, value in asdict(self).items()}
        return row | {"measure": self.measure.value, "scale": self.scale.value}


def not_applicable(
    measure: Measure, check: str, reason: str, scale: Scale = Scale.DIFFERENCE
) -> Check:
    """Return the record of a check that cannot be made, with the reason.

    Parameters
    ----------
    measure : Measure
        What would have been compared.
    check : str
        Slug of the method.
    reason : str
        Why not; finishes the sentence "Not applicable, because ...".
    scale : Scale
        Scale on which it would have been compared.

    Returns
    -------
    Check
        All numbers nan, `applicable` false.

    Raises
    ------
    InputError
        If the measure is none, or there is no slug or no reason.

    Examples
    --------
    >>> import desist as ds
    >>> check = ds.checks.not_applicable(ds.Measure.RATE, "fisher", "the comparison weights differ")
    >>> check.applicable, check.reason
    (False, 'the comparison weights differ')
    """
    raise_faults(
        "check",
        [
            *find_kind_faults("measure", measure, Measure, "a Measure such as Measure.RATE"),
            *find_text_faults("check", check),
            *find_text_faults("reason", reason),
        ],
    )
    return Check(measure, check, scale, NAN, NAN, NAN, NAN, applicable=False, reason=reason)


def label(
    finding: Finding,
    measure: Measure,
    check: str,
    *,
    scale: Scale = Scale.DIFFERENCE,
    reason: str = "",
) -> Check:
    """Put the label of a measure and a method on the numbers of a formula."""
    if not finding.has_verdict:
        return not_applicable(measure, check, NO_VERDICT, scale)
    return Check(
        measure,
        check,
        scale,
        finding.estimate,
        finding.lower,
        finding.upper,
        finding.p_value,
        applicable=True,
        reason=reason,
        probability=finding.probability,
    )


def find_text_faults(where: str, value: object) -> list[Fault]:
    """Find what is wrong with an argument that has to be some words."""
    if isinstance(value, str) and value.strip():
        return []
    return [Fault(where, "some words", describe(value))]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
