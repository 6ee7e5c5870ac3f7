"""What makes a posterior doubtful: what it does not predict, and a robust error beyond its own."""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from desist.checks.check import Check
from desist.effects.effect import Effect
from desist.estimands import Measure, Scale
from desist.models.fit import Fit
from desist.models.frequency import FrequencyModel
from desist.models.predictive.check import check_predictions
from desist.models.predictive.record import PredictiveCheck
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel
from desist.sample import Sample

# a share of 0.01 of about twenty looks: one study in five or fewer is told of chance
N_DRAWS, PROBABILITY = 300, 0.99
SKIPPED = ("rate, ", "share with", "variance", "share by 273")
NARROWER = 0.2
# the robust check that each measure is held against, the first that could be made
ROBUST = {
    Measure.RATE: ("cr2_groups", "weighted_difference_hc3"),
    Measure.FREQUENCY: ("cr2_groups", "weighted_difference_hc3"),
    Measure.RMST: ("cr2_groups", "rmst_difference"),
    Measure.TIME_AMONG_REOFFENDERS: ("weighted_difference_hc3",),
    Measure.HAZARD_RATIO: ("cox",),
}


def predict_again(
    fits: Iterable[Fit], sample: Sample, rng: np.random.Generator
) -> tuple[PredictiveCheck, ...]:
    """Check every fit by prediction of its own people, where its model can be drawn from."""
    return tuple(
        check_predictions(fit, sample, n_draws=N_DRAWS, probability=PROBABILITY, seed=rng)
        for fit in fits
        if isinstance(fit.model, RateModel | FrequencyModel | SurvivalModel)
    )


def name_unpredicted(checks: Iterable[PredictiveCheck]) -> tuple[str, ...]:
    """Name what a model does not predict of the arms' means and their difference, and no figure."""
    told = []
    for check in checks:
        missed = [
            *(
                f"{row['statistic']} of the {row['arm']} people"
                for row in _find_missed(check.table)
            ),
            *(f"the difference in {row['statistic']}" for row in _find_missed(check.contrasts)),
        ]
        if missed:
            told.append(
                f"The {check.model} model does not predict what was observed (two-sided "
                f"probability below {1 - PROBABILITY:.2f}): {'; '.join(missed)}. The reported "
                "averages are corrected by what was observed where calibrated is on; another "
                "family may fit these people better."
            )
    return tuple(told)


def name_narrow(found: Mapping[Measure, Effect], checks: Sequence[Check]) -> tuple[str, ...]:
    """Name posteriors that a robust error finds too narrow, of every measure."""
    told = []
    for measure, effect in found.items():
        check = _find_robust(measure, checks)
        if check is None:
            continue
        posterior = effect.interval
        robust, own = (
            _measure_width(limits.lower, limits.upper, check.scale) for limits in (check, posterior)
        )
        if robust > (1 + NARROWER) * own and check.probability == posterior.probability:
            wider = f"{robust / own - 1:.0%} wider than" if own > 0 else "wide beside no width of"
            told.append(
                f"{measure}: the robust interval is {wider} the "
                "posterior's; people with large weights vary more than others, or people of one "
                "group are alike, and the posterior may be too sure."
            )
    return tuple(told)


def _find_missed(table: pd.DataFrame) -> list[dict[Hashable, Any]]:
    missed = table[table["probability"] < 1 - PROBABILITY].to_dict(orient="records")
    return [row for row in missed if not str(row["statistic"]).startswith(SKIPPED)]


def _find_robust(measure: Measure, checks: Sequence[Check]) -> Check | None:
    made = {check.check: check for check in checks if check.measure is measure and check.applicable}
    return next((made[slug] for slug in ROBUST[measure] if slug in made), None)


def _measure_width(lower: float, upper: float, scale: Scale) -> float:
    if scale is Scale.DIFFERENCE:
        return upper - lower
    return math.log(upper / lower) if 0 < lower <= upper < math.inf else math.nan
