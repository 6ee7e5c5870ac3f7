import numpy as np
import pytest

from desist.checks.designs import redraws as module
from desist.checks.designs.redraws import compare_redrawn, redraw
from desist.cohort.simulate import simulate_cohort
from desist.design.design import build_design
from desist.design.matching.nearest import NearestMatching
from desist.design.matching.radius import RadiusMatching
from desist.design.weighting.by_score import OverlapWeights

DESIGNS = {
    "radius": (RadiusMatching(caliper=0.2), "ATT"),
    "overlap": (OverlapWeights(), "ATO"),
    "nearest": (NearestMatching(), "ATT"),
}


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(40, 160, rng=8, n_groups=0).cohort


def design_of(name, cohort):
    method, estimand = DESIGNS[name]
    return build_design(cohort, "age + copas", method=method, estimand=estimand)


@pytest.mark.parametrize("name", DESIGNS)
def test_outcomes_that_share_their_draws_have_the_answers_of_each_alone(name, cohort):
    design = design_of(name, cohort)
    outcomes = tuple(np.random.default_rng(seed).normal(size=200) for seed in range(3))
    shared = redraw(design, n_draws=99, rng=1, outcomes=outcomes)
    alone = redraw(design, n_draws=99, rng=1)
    for outcome in outcomes:
        one, other = compare_redrawn(outcome, shared), compare_redrawn(outcome, alone)
        assert (one.estimate, one.p_value) == (other.estimate, other.p_value)
        assert (one.lower, one.upper) == pytest.approx((other.lower, other.upper), rel=1e-9)


@pytest.mark.parametrize("name", ["radius", "nearest"])
def test_weights_of_a_draw_are_made_again_once_for_all_measures(name, cohort, monkeypatch):
    made = []
    for function in ("contrast_draws", "contrast_sets"):
        original = getattr(module, function)
        monkeypatch.setattr(
            module,
            function,
            lambda *args, original=original, **more: made.append(1) or original(*args, **more),
        )
    outcomes = tuple(np.random.default_rng(seed).normal(size=200) for seed in range(3))
    shared = redraw(design_of(name, cohort), n_draws=9, rng=1, outcomes=outcomes)
    for outcome in outcomes:
        compare_redrawn(outcome, shared)
    assert len(made) == 1


def test_draws_within_sets_are_as_many_as_were_asked_for(cohort):
    found = redraw(design_of("nearest", cohort), n_draws=7, rng=1).contrast((np.arange(200.0),))
    assert found.drawn.shape == (2, 7)


def test_one_unknown_outcome_leaves_the_others_their_answer(cohort):
    known, unknown = np.arange(200.0), np.full(200, np.nan)
    design = design_of("radius", cohort)
    both = redraw(design, n_draws=49, rng=1, outcomes=(unknown, known))
    alone = redraw(design, n_draws=49, rng=1)
    assert str(compare_redrawn(known, both)) == str(compare_redrawn(known, alone))
