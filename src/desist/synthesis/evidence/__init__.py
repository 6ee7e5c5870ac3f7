"""What a report says of one programme, as a likelihood of its effect: one file a kind."""

from desist.synthesis.evidence.counts import TwoArmCounts
from desist.synthesis.evidence.estimates import EstimateWithError, EstimateWithInterval
from desist.synthesis.evidence.offences import CountsOverTime
from desist.synthesis.evidence.percentages import WholePercentages
from desist.synthesis.evidence.protocol import SCALES, Evidence
from desist.synthesis.evidence.significance import PValue, Significance

__all__ = [
    "SCALES",
    "CountsOverTime",
    "EstimateWithError",
    "EstimateWithInterval",
    "Evidence",
    "PValue",
    "Significance",
    "TwoArmCounts",
    "WholePercentages",
]
