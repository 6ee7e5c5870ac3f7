"""Quadrature finds what NUTS finds, for every likelihood and scale: runs kept as reference."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from desist.synthesis import evidence, synthesise
from desist.synthesis.passports import Passport

from .sets_of_reports import list_sets

RUNS = json.loads(
    (Path(__file__).parents[1] / "reference" / "synthesis_nuts.json").read_text(encoding="utf-8")
)
SETS = list_sets()
FAR = 4.0  # Monte Carlo errors; there are 104 comparisons


def test_every_set_has_its_run_and_every_kind_of_evidence_its_set():
    assert set(RUNS) == set(SETS)
    asked = {type(study.evidence) for _, studies in SETS.values() for study in studies}
    names = set(evidence.__all__) - {"Evidence", "SCALES"}
    kinds = {getattr(evidence, name) for name in names}
    assert asked == kinds | {Passport}
    assert {scale for scale, _ in SETS.values()} == {
        "log_odds",
        "log_risk",
        "risk_difference",
        "log_rate",
    }


@pytest.mark.parametrize("name", SETS)
def test_quadrature_is_within_the_monte_carlo_error_of_nuts(name):
    scale, studies = SETS[name]
    found, run = synthesise(studies, scale=scale), RUNS[name]
    assert found.engine in {"quadrature", "conjugate"}
    asked = [
        (found.mean.mean, run["mean"]),
        (found.heterogeneity.mean, run["tau"]),
        *zip(found.table["shrunken"], run["effects"], strict=True),
    ]
    away = [(ours - mean) / error for ours, (mean, error, _) in asked]
    assert np.abs(away).max() < FAR
    # and not all on one side, as if the two integrated different models
    assert abs(np.mean(away)) < FAR / 2


@pytest.mark.parametrize("name", SETS)
def test_the_deviations_are_those_of_the_draws(name):
    scale, studies = SETS[name]
    found, run = synthesise(studies, scale=scale), RUNS[name]
    # the error of a deviation of some 1,000 independent draws is 2 %
    assert found.mean.sd == pytest.approx(run["mean"][2], rel=0.1)
    assert found.heterogeneity.sd == pytest.approx(run["tau"][2], rel=0.1)


def test_no_two_reports_of_a_set_are_the_same():
    for _, studies in SETS.values():
        rows = [
            tuple(getattr(study.evidence, item.name) for item in fields(study.evidence))
            for study in studies
        ]
        assert len(set(rows)) == len(rows)
