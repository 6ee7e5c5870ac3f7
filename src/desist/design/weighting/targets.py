"""What each target population weighs: weights by arm as functions of the score."""

# Li, Morgan and Zaslavsky (2018), Journal of the American Statistical Association 113, table 1.

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desist.arguments import find_choice_faults
from desist.design.reweighing import Contrast
from desist.errors import raise_faults
from desist.estimands import Estimand

MATCHING = "ATM"
TARGETS = (Estimand.ATE, Estimand.ATT, Estimand.ATC, Estimand.ATO, MATCHING)

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class ScoreWeights:
    """Weights that are a function of the own score and arm, made again for other participants."""

    probabilities: Floats  # (n_people,) propensity scores
    # one of `TARGETS`: ATE, ATT, ATC, ATO (overlap weights), "ATM" (matching weights)
    target: Estimand | str

    def prepare(self, columns: Floats) -> Contrast:
        """Return what compares the arms of a redrawn participation, all draws at once."""
        inside, outside = weigh_by_arm(self.probabilities, self.target)

        def contrast(chosen: Integers) -> Floats:
            mass1, mass0 = inside[chosen].sum(axis=1), outside.sum() - outside[chosen].sum(axis=1)
            rows = []
            for row in columns:
                top = (inside * row)[chosen].sum(axis=1)
                rest = outside @ row - (outside * row)[chosen].sum(axis=1)
                rows.append(top / mass1 - rest / mass0)
            return np.stack(rows)

        return contrast


def weigh_by_arm(probabilities: Floats, target: Estimand | str) -> tuple[Floats, Floats]:
    """Return what each person weighs as a participant, and as a comparison person."""
    p, one = probabilities, np.ones_like(probabilities)
    least = np.minimum(p, 1 - p)
    weights = {
        Estimand.ATE: (1 / p, 1 / (1 - p)),
        Estimand.ATT: (one, p / (1 - p)),
        Estimand.ATC: ((1 - p) / p, one),
        Estimand.ATO: (1 - p, p),
        MATCHING: (least / p, least / (1 - p)),
    }
    return weights[target]


def differentiate_log_weight(
    probabilities: Floats, treated: Bools, target: Estimand | str
) -> Floats:
    """Differentiate the logarithm of each weight with respect to the log odds of the score."""
    raise_faults("weights", find_choice_faults("estimand", target, TARGETS))
    p = probabilities
    slopes: dict[str, tuple[Floats | float, Floats | float]] = {
        Estimand.ATE: (-(1 - p), p),
        Estimand.ATT: (0.0, 1.0),
        Estimand.ATC: (-1.0, 0.0),
        Estimand.ATO: (-p, 1 - p),
        MATCHING: (np.where(p > 0.5, -1.0, 0.0), np.where(p > 0.5, 0.0, 1.0)),
    }
    inside, outside = slopes[target]
    return np.where(treated, inside, outside)
