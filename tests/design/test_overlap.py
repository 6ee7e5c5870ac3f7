"""Where the scores of the arms overlap, by class."""

from types import SimpleNamespace

import numpy as np
import pytest

import desist as ds
from desist.design.balance.overlap import tabulate_overlap
from desist.privacy import FEWEST_SHARING


def make_design(scores, treated, weights=None):
    weights = np.ones(len(scores)) if weights is None else weights
    found = None if scores is None else SimpleNamespace(scores=np.asarray(scores, dtype=float))
    return SimpleNamespace(
        scores=found, treated=np.asarray(treated), weights=np.asarray(weights, dtype=float)
    )


def test_shares_are_those_of_a_toy_case_by_hand():
    # 10 of 40 participants and 30 of 40 comparison people have a low score; weights turn that round
    scores = [0.15] * 10 + [0.85] * 30 + [0.15] * 30 + [0.85] * 10
    treated = [1] * 40 + [0] * 40
    weights = [1.0] * 40 + [1 / 3] * 30 + [3.0] * 10
    low, high = tabulate_overlap(make_design(scores, treated, weights))
    assert low == {
        "lower": 0.0,
        "upper": 0.2,
        "treated": 0.25,
        "comparison": 0.75,
        "weighted": 0.25,
    }
    assert high == {
        "lower": 0.2,
        "upper": 1.0,
        "treated": 0.75,
        "comparison": 0.25,
        "weighted": 0.75,
    }


def test_weights_times_ten_change_nothing():
    rng = np.random.default_rng(1)
    scores, treated, weights = rng.uniform(size=300), rng.integers(0, 2, 300), rng.uniform(size=300)
    once, often = (tabulate_overlap(make_design(scores, treated, k * weights)) for k in (1, 10))
    assert once == often


def test_every_class_holds_ten_people_of_every_group_and_none_is_left_out():
    rng = np.random.default_rng(2)
    scores, treated = rng.beta(2, 5, 200), rng.uniform(size=200) < 0.3
    weights = np.where(rng.uniform(size=200) < 0.2, 0.0, 1.0)
    classes = tabulate_overlap(make_design(scores, treated, weights))
    assert len(classes) > 1
    assert classes[0]["lower"] == 0
    assert classes[-1]["upper"] == 1
    assert [one["upper"] for one in classes[:-1]] == [one["lower"] for one in classes[1:]]
    for one in classes:
        inside = (scores >= one["lower"]) & (scores < one["upper"])
        for group in (treated & (weights > 0), ~treated, ~treated & (weights > 0)):
            assert (inside & group).sum() >= FEWEST_SHARING
    for group in ("treated", "comparison", "weighted"):
        assert sum(one[group] for one in classes) == pytest.approx(1, abs=0.005 * len(classes))


def test_few_people_and_no_score_have_no_classes():
    assert tabulate_overlap(make_design([0.1] * 9 + [0.9] * 50, [1] * 30 + [0] * 29)) == []
    assert tabulate_overlap(make_design(None, [1, 0], [1.0, 1.0])) == []


def test_a_design_that_was_matched_has_its_classes():
    cohort = ds.simulate_cohort(120, 600, rng=3, n_groups=0).cohort
    design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    classes = tabulate_overlap(design)
    assert len(classes) > 1
    before, after = (
        sum(abs(one["treated"] - one[arm]) for one in classes) for arm in ("comparison", "weighted")
    )
    assert after < before
