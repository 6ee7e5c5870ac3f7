"""The least difference of each measure that matters, as it is asked for."""

from collections.abc import Mapping

from desist.arguments import describe, find_choice_faults, find_number_faults
from desist.errors import Fault
from desist.estimands import Measure

BELOW_ONE = (Measure.RATE, Measure.HAZARD_RATIO)


def find_margin_faults(margins: object) -> list[Fault]:
    """Find measures that are none, and margins that no benefit can have."""
    if margins is None:
        return []
    if not isinstance(margins, Mapping):
        return [Fault("margins", 'margins by measure, such as {"rate": 0.05}', describe(margins))]
    faults: list[Fault] = []
    for measure, margin in margins.items():
        faults += find_choice_faults("margins", measure, tuple(Measure)) or _find_faults(
            Measure(measure), margin
        )
    return faults


def read_margins(margins: Mapping[str, float] | None) -> dict[Measure, float]:
    """Return margins by measure; none where none were given."""
    return {Measure(measure): float(margin) for measure, margin in (margins or {}).items()}


def _find_faults(measure: Measure, margin: object) -> list[Fault]:
    where = f"margins, {measure}"
    if measure not in BELOW_ONE:
        return find_number_faults(where, margin, above=0.0)
    advice = "a proportion: for 5 per 100 people write 0.05" if measure is Measure.RATE else ""
    return find_number_faults(where, margin, above=0.0, below=1.0, advice=advice)
