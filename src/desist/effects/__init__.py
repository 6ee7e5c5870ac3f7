"""Effects on the people that the estimand is about: contrasted in draws, then summarised."""

from desist.effects.correction import Correction
from desist.effects.court import CourtOutcomes, fit_court_outcomes
from desist.effects.curves import SurvivalEffect, estimate_survival
from desist.effects.effect import (
    Effect,
    estimate_effects,
    estimate_effects_by_group,
    summarise_interval,
)
from desist.effects.over_designs import estimate_effects_over_designs
from desist.effects.process_published import ProcessOfReport, fit_process_published

__all__ = [
    "Correction",
    "CourtOutcomes",
    "Effect",
    "ProcessOfReport",
    "SurvivalEffect",
    "estimate_effects",
    "estimate_effects_by_group",
    "estimate_effects_over_designs",
    "estimate_survival",
    "fit_court_outcomes",
    "fit_process_published",
    "summarise_interval",
]
