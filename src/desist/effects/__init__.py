"""Effects on the people that the estimand is about: contrasted in draws, then summarised."""

from desist.effects.curves import SurvivalEffect, estimate_survival
from desist.effects.effect import (
    Effect,
    estimate_effects,
    estimate_effects_by_group,
    estimate_effects_over_designs,
    summarise_interval,
)

__all__ = [
    "Effect",
    "SurvivalEffect",
    "estimate_effects",
    "estimate_effects_by_group",
    "estimate_effects_over_designs",
    "estimate_survival",
    "summarise_interval",
]
