"""A method that the package does not know works from one file: kernel matching on the score.

Heckman, Ichimura and Todd (1997), Review of Economic Studies 64: every comparison person belongs
to every participant within the bandwidth, the nearer the more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import pytest

from desist.checks.designs.redraws import redraw
from desist.checks.people.bootstrap import redo_design
from desist.checks.run import check_m_estimation, check_randomisation
from desist.cli.study import read_study
from desist.cohort.cohort import Cohort
from desist.design import catalogue
from desist.design.arose import FromScores
from desist.design.design import build_design
from desist.design.protocol import Material, UsualAnswers, Weighting
from desist.design.reweighing import EachDraw
from desist.errors import Fault, InputError, NoOverlapError
from desist.estimands import Estimand, Measure

from .test_catalogue import FORMULA, make_people

REASON = "each weight depends on many people's scores, so no equations are written"


@dataclass(frozen=True)
class KernelMatching(UsualAnswers):
    """Match every comparison person within a bandwidth, the nearer the more."""

    name: ClassVar[str] = "kernel"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT,)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = True
    no_bootstrap: ClassVar[str] = ""

    bandwidth: float = 0.2

    def find_faults(self, covariates, treated) -> list[Fault]:
        del covariates, treated
        if self.bandwidth > 0:
            return []
        return [Fault("bandwidth", "a positive number", repr(self.bandwidth))]

    def weigh(self, material: Material) -> Weighting:
        scores = material.scores
        again = partial(weigh_by_kernel, scores.logit, bandwidth=self.bandwidth)
        weights = again(material.treated)
        if not weights.any():
            raise NoOverlapError("nobody is within the bandwidth")
        return Weighting(weights, FromScores(scores.scores, EachDraw(again), no_equations=REASON))

    def pairs(self, treated, scores, matches) -> Iterator[np.ndarray]:
        del matches
        kernel = make_kernel(scores.logit, treated, self.bandwidth)
        inside, outside = np.nonzero(kernel)
        yield np.column_stack([np.flatnonzero(treated)[inside], np.flatnonzero(~treated)[outside]])


def make_kernel(logit, treated, bandwidth):
    gaps = (logit[treated][:, None] - logit[~treated][None, :]) / bandwidth
    return np.maximum(1 - gaps**2, 0.0)  # Epanechnikov's


def weigh_by_kernel(logit, treated, *, bandwidth):
    kernel = make_kernel(logit, treated, bandwidth)
    total = kernel.sum(axis=1)
    weights = np.zeros(len(logit))
    weights[treated] = total > 0
    shares = kernel / np.where(total > 0, total, 1.0)[:, None]
    weights[~treated] = shares.sum(axis=0)
    return weights


@pytest.fixture
def kernel(monkeypatch):
    monkeypatch.setitem(catalogue.METHODS, "kernel", KernelMatching)
    return catalogue.make_method("kernel", {"bandwidth": 0.3})


@pytest.fixture
def cohort():
    return Cohort(make_people(), treatment="programme", reoffended="reoffended")


def test_its_randomisation_test_draws_participation_again(kernel, cohort):
    design = build_design(cohort, FORMULA, method=kernel)
    outcome = cohort.people["reoffended"].to_numpy(dtype=float)
    check = check_randomisation(outcome, design, Measure.RATE, redraw(design, n_draws=99, rng=1))
    assert check.applicable
    assert check.reason == (
        "participation drawn again from the propensity score, weights recomputed"
    )
    shares = [design.weights * arm for arm in (design.treated, ~design.treated)]
    inside, outside = (outcome @ share / share.sum() for share in shares)
    assert check.estimate == pytest.approx(inside - outside)


def test_its_m_estimation_is_not_applicable_for_its_own_reason(kernel, cohort):
    design = build_design(cohort, FORMULA, method=kernel)
    outcome = cohort.people["reoffended"]
    check = check_m_estimation(outcome, cohort, design, Measure.RATE)
    assert not check.applicable
    assert check.reason == REASON


def test_its_pairs_are_those_within_the_bandwidth(kernel, cohort):
    design = build_design(cohort, FORMULA, method=kernel)
    pairs = np.concatenate(list(design.pairs()))
    gaps = np.abs(design.scores.logit[pairs[:, 0]] - design.scores.logit[pairs[:, 1]])
    assert gaps.max() < 0.3
    assert set(np.unique(pairs)) == set(np.flatnonzero(design.weights > 0))


def test_it_can_be_bootstrapped(kernel, cohort):
    design = build_design(cohort, FORMULA, method=kernel)
    assert redo_design(cohort, design, n_resamples=5, rng=1)[Measure.RATE].standard_error > 0


def test_its_faults_are_reported_as_those_of_any_method(cohort):
    with pytest.raises(InputError, match="bandwidth: expected a positive number"):
        build_design(cohort, FORMULA, method=KernelMatching(bandwidth=-1))


def test_a_settings_file_can_name_it(kernel, cohort, tmp_path):
    cohort.people.to_csv(tmp_path / "people.csv", index=False)
    text = f"""
[study]
title = "Kernel"
[data]
people = "people.csv"
treatment = "programme"
reoffended = "reoffended"
[design]
formula = "{FORMULA}"
method = "kernel"
bandwidth = 0.3
"""
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    design = read_study(path).design
    assert design["method"] == "kernel"
    assert catalogue.make_method("kernel", {"bandwidth": design["bandwidth"]}) == kernel
