"""The order of the rows decides nothing, tied scores or not; where it must, a note says so."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desist.cohort.cohort import Cohort
from desist.design.design import build_design
from desist.design.matching.nearest import NearestMatching
from desist.design.matching.optimal import FullMatching, OptimalMatching
from desist.design.matching.radius import RadiusMatching
from desist.design.matching.strata import CoarsenedExactMatching, ExactMatching, Subclassification
from desist.design.scores.models import GivenScore
from desist.design.weighting.by_score import InverseProbability, MatchingWeights, OverlapWeights
from desist.design.weighting.entropy import EntropyBalancing
from desist.design.weighting.tilting import BalancingScore, ProbabilityTilting
from desist.errors import CannotAnswerError

SETTINGS = settings(max_examples=40, deadline=None)


@st.composite
def tied_people(draw):
    """Between 12 and 30 people with a few values of the score, in two orders."""
    n_people = draw(st.integers(12, 30))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    levels = draw(st.sampled_from([2, 3, 5, 50]))
    people = pd.DataFrame(
        {
            "programme": (np.arange(n_people) < n_people // 3).astype(int),
            "age": rng.integers(0, levels, n_people) + 20.0,
            "prior": rng.integers(0, 2, n_people),
            "score": (rng.integers(1, levels + 1, n_people)) / (levels + 1),
        }
    )
    people.loc[:1, "age"], people.loc[n_people - 2 :, "age"] = [20.0, 21.0], [20.0, 21.0]
    people["prior"] = np.r_[0, 1, people["prior"][2:-2], 0, 1]
    people["score"] = np.r_[0.3, 0.6, people["score"][2:-2], 0.3, 0.6]
    return people, rng.permutation(n_people)


def build_both(people, order, method, estimand=None):
    """Design of the people and of the same people in another order, put back."""
    made = []
    for table in (people, people.iloc[order].reset_index(drop=True)):
        cohort = Cohort(table, treatment="programme")
        try:
            made.append(
                build_design(
                    cohort,
                    "age + prior",
                    method=method,
                    estimand=estimand,
                    score=GivenScore("score"),
                )
            )
        except CannotAnswerError as reason:
            made.append(type(reason))
    return made


WITHOUT_TIES = [
    RadiusMatching(0.1, "score"),
    RadiusMatching(0.5),
    ExactMatching(),
    CoarsenedExactMatching({"age": 3}),
    Subclassification(3),
    InverseProbability(),
    OverlapWeights(),
    MatchingWeights(),
    EntropyBalancing(),
    BalancingScore(),
    ProbabilityTilting(),
]


@SETTINGS
@given(tied_people(), st.sampled_from(WITHOUT_TIES))
def test_weights_follow_the_people(drawn, method):
    people, order = drawn
    first, second = build_both(people, order, method)
    if isinstance(first, type):
        assert first == second
        return
    np.testing.assert_allclose(second.weights, first.weights[order], rtol=1e-7, atol=1e-10)
    assert first.notes == second.notes


def describe_weights(design, people, columns):
    """How often each weight occurs among the people of an arm who are alike."""
    keys = people[["programme", *columns]].itertuples(index=False, name=None)
    return Counter(zip(keys, design.weights.round(9), strict=True))


MATCHING = [
    FullMatching(scale="score"),
    FullMatching(0.25, "score"),
    OptimalMatching(scale="score"),
    OptimalMatching(ratio=2, scale="score"),
    OptimalMatching(ratio=3, caliper=0.25, scale="score"),
]
NEAREST = [
    NearestMatching(scale="score"),
    NearestMatching(scale="score", order="closest"),
    NearestMatching(scale="score", caliper=0.2, ratio=2),
    NearestMatching(scale="score", ratio=2, replacement=True),
    NearestMatching(scale="score", replacement=True, reuse=2),
]


@SETTINGS
@given(tied_people(), st.sampled_from(MATCHING))
def test_matching_weighs_people_of_one_score_alike_or_says_that_ties_decided(drawn, method):
    people, order = drawn
    first, second = build_both(people, order, method)
    if isinstance(first, type):
        assert first == second
        return
    shuffled = people.iloc[order].reset_index(drop=True)
    assert describe_weights(first, people, ["score"]) == describe_weights(
        second, shuffled, ["score"]
    )
    alike = people.assign(weight=first.weights).groupby(["programme", "score"])["weight"]
    tied = bool((alike.max() - alike.min() > 1e-9).any())
    assert tied == any(note.startswith("ties decided") for note in first.notes)
    if not tied:
        np.testing.assert_allclose(second.weights, first.weights[order], rtol=1e-9)


@SETTINGS
@given(tied_people(), st.sampled_from(NEAREST))
def test_nearest_matching_says_so_where_the_order_of_rows_changes_a_weight(drawn, method):
    people, order = drawn
    first, second = build_both(people, order, method)
    if isinstance(first, type):
        assert first == second
        return
    if not np.allclose(second.weights, first.weights[order], rtol=1e-9):
        for design in (first, second):
            assert any(note.startswith("ties decided") for note in design.notes)


def test_matches_used_again_are_tied_also_where_this_order_gives_them_the_same_weight():
    # in the first order one of those at a third is used twice, in the second all of them once
    scores = [9, 18, 20, 10, 10, 5, 25, 10, 5, 10, 9, 18]
    people = pd.DataFrame(
        {
            "programme": np.repeat([1, 0], [4, 8]),
            "age": [20.0, 21, 23, 20, 24, 24, 23, 22, 22, 23, 20, 21],
            "prior": [0, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 1],
            "score": np.array(scores) / 30,
        }
    )
    order = np.array([8, 6, 0, 4, 10, 11, 7, 9, 1, 3, 2, 5])
    method = NearestMatching(scale="score", ratio=2, replacement=True)
    both = build_both(people, order, method)
    alike = np.array(scores) == 10
    weights = [
        sorted(design.weights[rows & ~design.treated].tolist())
        for design, rows in zip(both, (alike, alike[order]), strict=True)
    ]
    assert weights == [[0.0, 0.5, 1.0], [0.5, 0.5, 0.5]]
    for design in both:
        assert sum(note.startswith("ties decided") for note in design.notes) == 1


def test_all_of_those_who_are_alike_leave_nothing_to_the_order():
    people = pd.DataFrame(
        {
            "programme": [1, 1, 0, 0, 0, 0],
            "age": [20.0, 21, 22, 20, 21, 23],
            "prior": [0, 1, 0, 1, 0, 1],
            "score": [0.35, 0.6, 0.35, 0.35, 0.6, 0.6],
        }
    )
    method = NearestMatching(scale="score", ratio=2, replacement=True)
    first, second = build_both(people, np.arange(6)[::-1], method)
    assert first.notes == second.notes == ()


@SETTINGS
@given(tied_people(), st.sampled_from(["ATT", "ATE", "ATC"]))
def test_full_matching_keeps_its_effective_size_in_any_order(drawn, estimand):
    people, order = drawn
    first, second = build_both(people, order, FullMatching(scale="score"), estimand)
    assert second.effective_sample_size_comparison == pytest.approx(
        first.effective_sample_size_comparison
    )
    assert second.effective_sample_size_treated == pytest.approx(
        first.effective_sample_size_treated
    )


@pytest.mark.parametrize("seed", range(5))
def test_scores_that_differ_by_rounding_are_tied(seed):
    # a regression on two categories: people of one cell have one score, but for its last digit
    rng = np.random.default_rng(seed)
    people = pd.DataFrame({"age": rng.integers(20, 23, 400), "prior": rng.integers(0, 3, 400)})
    people["programme"] = (rng.random(400) < 0.2 + 0.1 * people["prior"] / 2).astype(int)
    shuffled = people.sample(frac=1, random_state=seed).reset_index(drop=True)
    sizes = [
        build_design(
            Cohort(table, treatment="programme"), "C(age) + C(prior)", method=FullMatching()
        ).effective_sample_size_comparison
        for table in (people, shuffled)
    ]
    assert sizes[0] == pytest.approx(sizes[1])
    cells = people.groupby(["age", "prior"])["programme"].agg(["sum", "size"])
    share = (cells["sum"] ** 2 / (cells["size"] - cells["sum"])).sum()
    # as even as weights that are the same for everybody of a cell, but for whole numbers
    assert sizes[0] > 0.8 * people["programme"].sum() ** 2 / share
