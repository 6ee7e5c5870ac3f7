"""How to read a report: what its words and numbers mean, as far as they are in it."""

from desist.estimands import Measure
from desist.report.view import View
from desist.report.words.likelihood import explain_scale

POSTERIOR = (
    "The posterior says how probable each size of the difference is, once the data have been seen."
)
BENEFIT = (
    "The probability of benefit is the probability that the difference is on the side of less "
    "reoffending, however small it is."
)
HAZARD = (
    "The hazard of a first reoffence is how fast those who have not yet reoffended come to do so. "
    "Below 1, the hazard ratio says that they do so more slowly with the programme."
)
CHECKS = (
    "A check asks the same question with another method. It agrees when both show a difference "
    "on the same side, or neither shows one, and their intervals overlap by more than half of the "
    "shorter."
)
RECORDED = (
    "Reoffending means what was recorded. Offences that nobody recorded are in none of these "
    "figures."
)


def list_reading(view: View) -> tuple[str, ...]:
    """List how to read what a report shows, one sentence or two a line."""
    has_hazard = any(shown.measure is Measure.HAZARD_RATIO for shown in view.printed)
    interval = (
        f"A {view.level} interval holds the true difference with a probability of {view.level}, if "
        "what the model and the design assume is right. It says how much chance may have done, and "
        "not what else may differ between the two groups."
    )
    hazard = (HAZARD,) if has_hazard else ()
    return (POSTERIOR, interval, BENEFIT, explain_scale(), *hazard, CHECKS, RECORDED)
