"""A fit's averages as they are reported: corrected by what was observed, where that can be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from desist._types import Floats
from desist.effects._augmented import (
    ObservedArm,
    correct_averages,
    read_arm,
    share_correction,
)
from desist.estimands import Measure
from desist.execution import on_one_thread
from desist.inference.calibration import WeightedPeople
from desist.models._observed import Observed
from desist.models.fitted import Fit
from desist.models.predictors import Target
from desist.models.protocol import ObservedModel, ObservedTimes

type Averages = Mapping[str, Floats]

CORRECTED = "_corrected"

# which of the outcomes of `Observed` a measure is about; the restricted mean is about both
ABOUT = {
    Measure.RATE: 0,
    Measure.FREQUENCY: 0,
    Measure.TIME_AMONG_REOFFENDERS: 1,
    Measure.HAZARD_RATIO: 0,
}


@dataclass(frozen=True, eq=False, repr=False)
class CorrectedFit:
    """A fit with what was observed of each arm."""

    fit: Fit  # of people
    people: WeightedPeople  # behind its rows
    observed: Observed  # the outcomes of its rows
    days: Floats | None = None  # (k,) of a survival curve; None for the measures

    @cached_property
    def arms(self) -> tuple[ObservedArm, ObservedArm]:
        """What was observed, the comparison arm first."""
        return self._read(0), self._read(1)

    @cached_property
    def alone(self) -> tuple[Averages, Averages]:
        """Averages over the target of the model alone, comparison first."""
        return self._predict(0), self._predict(1)

    @cached_property
    def scaled(self) -> tuple[Floats, Floats]:
        """Corrected averages over the target on the scale of the link, comparison first."""
        link, gather = self.observed.link, self.observed.gather
        with on_one_thread():
            without, with_programme = (
                correct_averages(gather(alone), link, of_arm, (*self.fit.entropy, arm))
                for arm, (alone, of_arm) in enumerate(zip(self.alone, self.arms, strict=True))
            )
        return without, with_programme

    def predict(self, arm: int) -> Averages:
        """Return the corrected averages over the target, as `Fit.predict` names them."""
        if not self.arms[arm].is_usable.any():
            return self.alone[arm]
        return self.observed.release(self.scaled[arm])

    def predict_parts(
        self, arm: int, parts: Sequence[Target], shares: Sequence[float]
    ) -> list[Averages]:
        """Return the corrected averages over parts of the target, which add up to the whole's."""
        predicted = [self._predict(arm, part) for part in parts]
        if not self.arms[arm].is_usable.any():
            return predicted
        link, gather = self.observed.link, self.observed.gather
        alone = [link.apply(gather(averages)) for averages in predicted]
        moved = share_correction(alone, shares, link, self.scaled[arm])
        return [self.observed.release(scaled) for scaled in moved]

    def _read(self, arm: int) -> ObservedArm:
        link = self.observed.link
        alone = link.apply(self.observed.gather(self.alone[arm]))
        with on_one_thread():
            read = read_arm(self.fit, self.people, self.observed, arm, alone)
        usable = read.is_usable & np.isfinite(alone).all(axis=(0, 1))
        # of the times of an arm both values are corrected or none, of a curve all days or none
        if link.counts_by_first:
            usable &= usable.all()
        if link.ascends:
            usable &= usable[-1]
        return replace(read, is_usable=usable)

    def _predict(self, arm: int, target: Target | None = None) -> Averages:
        if self.days is None:
            return self.fit.predict(arm, target)
        return {"curve": self.fit.predict_survival(arm, self.days, target)}


def correct_fit(fit: Fit, days: Floats | None = None) -> CorrectedFit | None:
    """Set what was observed beside a fit, where model and data allow it."""
    # Published figures, draws from a prior, and models that tie measures together (the process) are
    # not corrected: their answers are those of the model alone.
    if fit.people is None:
        return None
    if days is None and isinstance(fit.model, ObservedModel):
        # kept beside the fit, as a cached property is: effects and those of groups read the same
        if CORRECTED not in vars(fit):
            observed = fit.model.observe(fit.data, fit.horizon)
            vars(fit)[CORRECTED] = CorrectedFit(fit, fit.people, observed)
        kept: CorrectedFit = vars(fit)[CORRECTED]
        return kept
    if days is not None and isinstance(fit.model, ObservedTimes):
        observed = fit.model.observe_days(fit.data, fit.horizon, days / fit.horizon)
        return CorrectedFit(fit, fit.people, observed, days)
    return None


@dataclass(frozen=True)
class Worth:
    """What each arm is worth for a measure, treated first; None where there is no such figure."""

    sizes: tuple[float, float] | None = None
    kish: tuple[float, float] | None = None
    freedom: tuple[float, float] | None = None


def size_arms(corrected: CorrectedFit, measure: Measure) -> Worth:
    """Return what each arm is worth for a measure."""
    about = ABOUT.get(measure)
    comparison, treated = corrected.arms
    if about is None or not (treated.is_usable[about] and comparison.is_usable[about]):
        return Worth()
    pairs = [
        (float(of_treated[about]), float(of_comparison[about]))
        for of_treated, of_comparison in (
            (treated.sizes, comparison.sizes),
            (treated.kish, comparison.kish),
            (treated.freedom, comparison.freedom),
        )
    ]
    return Worth(*pairs)


def name_uncorrected(corrected: CorrectedFit, measure: Measure) -> tuple[str, ...]:
    """Name the arms that keep the model's answer for a measure."""
    about = ABOUT.get(measure)
    return tuple(
        name
        for name, arm in zip(("treated", "comparison"), reversed(corrected.arms), strict=True)
        if not (arm.is_usable.all() if about is None else arm.is_usable[about])
    )
