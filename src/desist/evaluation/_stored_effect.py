"""An effect as it is stored: its record, and its draws beside it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import xarray as xr

from desist.effects.correction import Correction
from desist.effects.effect import Effect
from desist.estimands import Estimand, Measure
from desist.inference.diagnostics import Diagnostics

PARTS = ("treated", "comparison", "difference", "ratio")


@dataclass(frozen=True)
class StoredEffect:
    """An effect without its draws; the fields are those of `Effect`."""

    measure: Measure
    estimand: Estimand
    n_treated: int
    n_comparison: int
    probability: float
    diagnostics: Diagnostics
    correction: Correction | None = None
    centre: str = "mean"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its draws."""
        parts = ("ratio",) if self.measure is Measure.HAZARD_RATIO else PARTS
        return tuple(f"{self.measure}_{part}" for part in parts)


def describe_effect(effect: Effect) -> dict[str, Any]:
    """Describe an effect as plain values, without its draws."""
    plain = ("measure", "estimand", "n_treated", "n_comparison", "probability", "centre")
    return {name: getattr(effect, name) for name in plain} | {
        "diagnostics": effect.diagnostics.to_dict(),
        "correction": None if effect.correction is None else asdict(effect.correction),
    }


def make_effect(
    effect: StoredEffect, draws: Mapping[str, xr.DataArray], prefix: str = ""
) -> Effect:
    """Make an effect of its record and its draws, whose names begin with a prefix."""

    def find(part: str) -> xr.DataArray | None:
        name = f"{prefix}{effect.measure}_{part}"
        return draws[name].rename(None) if name in draws else None

    return Effect(
        measure=effect.measure,
        estimand=effect.estimand,
        n_treated=effect.n_treated,
        n_comparison=effect.n_comparison,
        treated=find("treated"),
        comparison=find("comparison"),
        difference=find("difference"),
        ratio=draws[f"{prefix}{effect.measure}_ratio"].rename(None),
        diagnostics=effect.diagnostics,
        probability=effect.probability,
        correction=effect.correction,
        centre=effect.centre,
    )
