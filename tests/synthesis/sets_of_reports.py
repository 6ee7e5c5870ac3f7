"""Six programmes in every form of report, for what finds their posterior in two ways."""

from collections.abc import Iterator

import numpy as np

from desist.synthesis import (
    CountsOverTime,
    EstimateWithError,
    EstimateWithInterval,
    Passport,
    PValue,
    Significance,
    Study,
    TwoArmCounts,
    WholePercentages,
)

COUNTS = [
    (13, 83, 140, 500),
    (0, 30, 6, 60),
    (4, 40, 9, 50),
    (22, 90, 30, 95),
    (41, 160, 60, 170),
    (7, 25, 8, 30),
]
ESTIMATES = [(-0.7, 0.3), (-0.2, 0.15), (0.1, 0.25), (-0.4, 0.2), (-0.3, 0.1), (0.05, 0.4)]
PERCENTAGES = [(26, 35, 231), (30, 33, 80), (20, 30, 60), (41, 40, 150), (22, 31, 95), (10, 20, 40)]
FOUND = ("none", "reduction", "none", "none", "increase", "none")
SCALES = {"two binomials": ("log_odds", "log_risk", "risk_difference")}


def list_sets() -> dict[str, tuple[str, list[Study]]]:
    """List the sets by name, each with its scale."""
    return {name: (scale, _name(evidence)) for name, scale, evidence in _make()}


def _name(evidence: list[object]) -> list[Study]:
    return [Study(f"{row + 1}", one) for row, one in enumerate(evidence)]


def _make() -> Iterator[tuple[str, str, list[object]]]:
    for scale in SCALES["two binomials"]:
        yield f"two binomials, {scale}", scale, [TwoArmCounts(*row) for row in COUNTS]
    yield "conditional", "log_odds", [TwoArmCounts(*row, "conditional") for row in COUNTS]
    yield (
        "events over time",
        "log_rate",
        [CountsOverTime(a, n / 2, c, m / 2) for a, n, c, m in COUNTS],
    )
    yield "estimates", "log_odds", [EstimateWithError(*row) for row in ESTIMATES]
    yield "rounded", "log_odds", [EstimateWithError(round(y, 1), s, 0.1) for y, s in ESTIMATES]
    yield (
        "intervals",
        "log_odds",
        [EstimateWithInterval(y - 1.96 * s, y + 1.96 * s) for y, s in ESTIMATES],
    )
    yield "p-values", "log_odds", [_p_value(*row) for row in ESTIMATES]
    yield (
        "p-values as limits",
        "log_odds",
        [PValue(0.05, "reduction", 40.0 * row, None, 0.3, at_most=True) for row in range(1, 7)],
    )
    yield (
        "significance alone",
        "log_odds",
        [
            Significance(found, (40.0 * row, 90.0 * row), None, 0.3)
            for row, found in enumerate(FOUND, 1)
        ],
    )
    yield (
        "whole percentages",
        "risk_difference",
        [WholePercentages(a, c, n, None) for a, c, n in PERCENTAGES],
    )
    yield "passports", "log_odds", [_passport(*row) for row in ESTIMATES]


def _p_value(estimate: float, error: float) -> PValue:
    from scipy.stats import norm

    p_value = float(2 * norm.sf(abs(estimate) / error))
    direction = "reduction" if estimate < 0 else "increase"
    return PValue(round(p_value, 3), direction, 1 / (0.21 * error**2), None, 0.3)


def _passport(estimate: float, error: float) -> Passport:
    # steeper on one side, as no normal likelihood is
    effects = np.linspace(-3, 3, 241)
    away = (effects - estimate) / error
    heights = -(away**2) / 2 - 0.1 * np.maximum(away, 0.0) ** 3
    return Passport(
        effects=tuple(effects.tolist()),
        log_likelihoods=tuple((heights - heights.max()).tolist()),
        scale="log_odds",
        measure="rate",
        estimand="ATT",
        n_treated=100,
        n_comparison=500,
        horizon=365.0,
    )
