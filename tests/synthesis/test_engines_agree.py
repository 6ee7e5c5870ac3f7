"""Quadrature finds what NUTS finds, for every likelihood and scale: runs kept as reference."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import halfnorm, norm

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


def test_a_posterior_that_falls_off_steeply_is_that_of_plain_sums():
    # "p < 0.05" six times: flat on one side and steep on the other, given every tau
    scale, studies = SETS["p-values as limits"]
    places, means = np.arange(-25, 8, 0.008), np.linspace(-9, 3, 241)
    spread = np.linspace(-8, 8, 161)
    shares = norm.pdf(spread) / norm.pdf(spread).sum()
    taus = np.arange(0.0125, 2.5, 0.025)
    logs = norm.logpdf(means, 0, 1.5)[:, None] + halfnorm.logpdf(taus, scale=0.5)
    for study in studies:
        heights = study.evidence.log_likelihood(places, scale)
        heights = np.exp(heights - heights.max())
        for column, tau in enumerate(taus):
            at = means[:, None] + tau * spread
            logs[:, column] += np.log(np.interp(at, places, heights) @ shares)
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    mean = float(weights.sum(axis=1) @ means)
    found = synthesise(studies, scale=scale)
    assert found.mean.mean == pytest.approx(mean, abs=2e-4)
    assert found.mean.sd**2 == pytest.approx(weights.sum(axis=1) @ (means - mean) ** 2, rel=1e-3)
    assert found.heterogeneity.mean == pytest.approx(weights.sum(axis=0) @ taus, abs=2e-4)
