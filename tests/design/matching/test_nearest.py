import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desist.design.design import build_design
from desist.design.formula import make_matrix, read_formula
from desist.design.matching.distance import whiten
from desist.design.matching.greedy import (
    LineFinder,
    SpaceFinder,
    match_closest_first,
    match_in_order,
)
from desist.design.matching.nearest import NearestMatching
from desist.design.scores.models import GivenScore
from desist.errors import InputError, NoOverlapError
from desist.estimands import Estimand

from .matchit import (
    assert_same_balance,
    assert_same_counts,
    read_matches,
    read_units,
    share_weights,
)

REFERENCES = {
    "nearest_default": NearestMatching(scale="score"),
    "nearest_m_largest": NearestMatching(scale="score", order="largest"),
    "nearest_replace": NearestMatching(scale="score", replacement=True),
    "nearest_replace_k3": NearestMatching(scale="score", replacement=True, ratio=3),
    "nearest_caliper01std": NearestMatching(scale="score_sd", caliper=0.1),
    "nearest_k3": NearestMatching(scale="score", ratio=3),
    "nearest_exact_race": NearestMatching(scale="score", exact=("race",)),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_weights_and_pairs_equal_those_of_matchit(cohort, formula, lalonde, name):
    design = build_design(cohort, formula, method=REFERENCES[name])
    np.testing.assert_allclose(design.weights, share_weights(read_units(name)), atol=1e-12)
    ids = lalonde["id"].to_numpy()
    assert {(ids[a], ids[b]) for a, b in design.matches} == read_matches(name)
    assert_same_counts(design, name)
    assert_same_balance(design, name)


def test_mahalanobis_matching_equals_matchit_but_for_people_who_are_alike(cohort, formula, lalonde):
    method = NearestMatching(distance="mahalanobis")
    design = build_design(cohort, formula, method=method)
    assert not method.needs_scores
    read, _ = read_formula(formula, cohort.covariates, {})
    matrix, _ = make_matrix(read, cohort.covariates)
    points = whiten(matrix.without_intercept, cohort.treated)
    row = {person: position for position, person in enumerate(lalonde["id"])}
    theirs = {row[a]: row[b] for a, b in read_matches("mahalanobis")}

    def distance(a, b):
        return np.sqrt(((points[a] - points[b]) ** 2).sum())

    ours = [distance(a, b) for a, b in design.matches]
    expected = [distance(a, theirs[a]) for a, _ in design.matches]
    np.testing.assert_allclose(ours, expected, atol=1e-9)
    assert_same_counts(design, "mahalanobis")
    assert_same_balance(design, "mahalanobis")


def test_whitened_distance_is_the_mahalanobis_distance():
    rng = np.random.default_rng(0)
    values, treated = rng.normal(size=(50, 3)) * [1, 10, 100], np.arange(50) < 20
    pooled = (19 * np.cov(values[treated].T) + 29 * np.cov(values[~treated].T)) / 48
    difference = values[0] - values[40]
    expected = np.sqrt(difference @ np.linalg.solve(pooled, difference))
    points = whiten(values, treated)
    assert np.linalg.norm(points[0] - points[40]) == pytest.approx(expected)


def test_a_column_twice_does_not_disturb_the_distance():
    rng = np.random.default_rng(0)
    values, treated = rng.normal(size=(50, 2)), np.arange(50) < 20
    single = whiten(values, treated)
    double = whiten(np.column_stack([values, values[:, 0]]), treated)
    first, second = single[0] - single[40], double[0] - double[40]
    assert np.linalg.norm(first) == pytest.approx(np.linalg.norm(second))


def line(targets, values, capacity=1, caliper=np.inf):
    return LineFinder(np.array(targets, float), np.array(values, float), capacity, caliper)


def test_ties_on_a_line_follow_the_rule():
    # at or above the target: the first row; below: the last row; equally far: the one fewer
    # places away in the queue, or below (treated people come first here)
    assert line([0.5], [0.6, 0.6]).find(0, [])[0] == 0
    assert line([0.5], [0.4, 0.4]).find(0, [])[0] == 1
    assert line([0.5], [0.5, 0.5]).find(0, [])[0] == 0
    assert line([2.0], [1.0, 3.0]).find(0, [])[0] == 0
    assert line([2.0, 1.5], [1.0, 3.0]).find(0, [])[0] == 1


def test_used_people_are_jumped_over():
    finder = line([0.5], [0.5, 0.51, 0.45, 0.9])
    order = []
    while True:
        candidate, _ = finder.find(0, [])
        if candidate < 0:
            break
        finder.take(candidate)
        order.append(candidate)
    assert order == [0, 1, 2, 3]


def test_the_caliper_includes_its_limit():
    assert line([0.5], [0.75], caliper=0.25).find(0, []) == (0, 0.25)
    assert line([0.5], [0.7500001], caliper=0.25).find(0, [])[0] == -1


def find_by_hand(target, values, free, taken, caliper):
    best = (-1, np.inf)
    for row in np.argsort(values, kind="stable"):
        gap = abs(values[row] - target)
        if free[row] and row not in taken and gap <= caliper and gap < best[1]:
            best = (int(row), float(gap))
    return best


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 1000), min_size=3, max_size=25, unique=True),
    st.lists(st.integers(0, 1000), min_size=1, max_size=6, unique=True),
    st.integers(1, 3),
    st.sampled_from([np.inf, 120.3]),
)
def test_greedy_matching_agrees_with_a_search_through_everybody(values, targets, ratio, caliper):
    values, targets = np.array(values, float), np.array(targets, float) + 0.3
    order = list(np.argsort(-targets))
    found = match_in_order(LineFinder(targets, values, 1, caliper), order, ratio)
    free, expected = np.ones(len(values), bool), {person: [] for person in order}
    for _ in range(ratio):
        for person in order:
            row, _ = find_by_hand(targets[person], values, free, [], caliper)
            if row >= 0:
                free[row] = False
                expected[person].append(row)
    pairs = sorted(zip(found.treated.tolist(), found.comparison.tolist(), strict=True))
    assert pairs == sorted((p, r) for p, rows in expected.items() for r in rows)


def test_line_and_space_agree_where_nobody_is_tied():
    rng = np.random.default_rng(2)
    targets, values = rng.normal(size=30), rng.normal(size=100)
    first = match_in_order(LineFinder(targets, values, 2, 0.4), range(30), 2)
    scores = (targets, values)
    space = SpaceFinder(targets[:, None], values[:, None], 2, scores, 0.4)
    second = match_in_order(space, range(30), 2)
    np.testing.assert_array_equal(first.comparison, second.comparison)
    np.testing.assert_array_equal(first.treated, second.treated)


def test_the_closest_pair_is_matched_first():
    # the pair 1.0 and 1.1 goes first, so 0.0 is left with 5.0
    found = match_closest_first(line([0.0, 1.0], [1.1, 5.0]), 2, 1)
    assert sorted(zip(found.treated, found.comparison, strict=True)) == [(0, 1), (1, 0)]


@pytest.mark.parametrize("order", ["largest", "smallest", "closest", "random", "data"])
def test_every_order_matches_everybody_once_who_can_be_matched(cohort, formula, order):
    design = build_design(cohort, formula, method=NearestMatching(order=order, seed=1))
    assert design.n_treated == design.n_comparison == 185
    assert len(np.unique(design.matches[:, 1])) == 185


def total_distance(design):
    values = design.scores.logit
    return np.abs(values[design.matches[:, 0]] - values[design.matches[:, 1]]).sum()


def test_orders_differ_in_who_chooses_first(small, make_cohort):
    small["score"] = np.r_[[0.5, 0.6], np.full(8, 0.9), [0.58, 0.2], np.full(28, 0.9)]
    cohort, score = make_cohort(small), GivenScore("score")

    def partner_of_first(order):
        method = NearestMatching(order=order, scale="score")
        design = build_design(cohort, "age", method=method, score=score)
        return dict(design.matches.tolist())[0]

    assert partner_of_first("largest") == 11
    assert partner_of_first("smallest") == 10
    assert partner_of_first("closest") == 11
    assert partner_of_first("data") == 10


def test_the_same_seed_gives_the_same_match(cohort, formula):
    first, second, third = (
        build_design(cohort, formula, method=NearestMatching(order="random", seed=seed))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.matches, second.matches)
    assert (first.matches != third.matches).any()


def test_nobody_is_used_more_often_than_the_limit(cohort, formula):
    method = NearestMatching(replacement=True, reuse=2, ratio=2)
    design = build_design(cohort, formula, method=method)
    assert np.unique(design.matches[:, 1], return_counts=True)[1].max() == 2
    pairs = {tuple(pair) for pair in design.matches.tolist()}
    assert len(pairs) == len(design.matches)
    assert design.sets is None


def test_exact_columns_agree_within_every_pair(cohort, formula):
    method = NearestMatching(exact=("race", "married"), replacement=True)
    design = build_design(cohort, formula, method=method)
    people = cohort.covariates
    for column in ("race", "married"):
        values = people[column].to_numpy()
        assert (values[design.matches[:, 0]] == values[design.matches[:, 1]]).all()


def test_a_score_caliper_holds_for_mahalanobis_matching(cohort, formula):
    method = NearestMatching(distance="mahalanobis", caliper=0.1, scale="score")
    design = build_design(cohort, formula, method=method)
    scores = design.scores.scores
    assert np.abs(scores[design.matches[:, 0]] - scores[design.matches[:, 1]]).max() <= 0.1
    assert design.estimand is Estimand.MATCHED_ATT


def test_sets_name_the_pairs(cohort, formula):
    design = build_design(cohort, formula, method=NearestMatching(ratio=2, caliper=0.2))
    assert (design.sets[design.matches[:, 0]] == design.sets[design.matches[:, 1]]).all()
    assert ((design.sets >= 0) == (design.weights > 0)).all()
    assert design.notes[0].endswith("participants have fewer than 2 matches")


def message(cohort, method):
    with pytest.raises(InputError) as caught:
        build_design(cohort, "age", method=method)
    return str(caught.value)


def test_fewer_comparison_people_than_participants_is_refused(small, make_cohort):
    small["programme"] = 1 - small["programme"]
    assert message(make_cohort(small), NearestMatching()) == (
        "design: 1 fault\n  - comparison people: expected at least as many as the 30 "
        "participants can use, found 10; match with replacement=True or by RadiusMatching, "
        "or weight"
    )
    assert "found 10" in message(make_cohort(small), NearestMatching(replacement=True, reuse=2))


def test_unknown_options_are_refused(small, make_cohort):
    method = NearestMatching(
        ratio=0, order="closer", distance="euclidean", scale="odds", reuse=2, exact=("sexx",)
    )
    assert message(make_cohort(small), method) == (
        "design: 6 faults\n"
        "  - ratio: expected a whole number of at least 1, found 0\n"
        "  - reuse: expected no limit without replacement, found 2; "
        "set replacement=True, or leave the limit out\n"
        "  - order: expected 'largest', 'smallest', 'closest', 'random', 'data', "
        "found 'closer'; did you mean 'closest'?\n"
        "  - distance: expected 'score', 'mahalanobis', found 'euclidean'; "
        "there are: score, mahalanobis\n"
        "  - scale: expected 'logit', 'score', 'logit_raw', 'score_sd', found 'odds'; "
        "there are: logit, score, logit_raw, score_sd\n"
        "  - exact: expected columns of the cohort, found 'sexx'; did you mean 'sex'?"
    )


def test_a_random_order_needs_a_seed(small, make_cohort):
    assert message(make_cohort(small), NearestMatching(order="random")) == (
        "design: 1 fault\n  - seed: expected a number for the order 'random', found None; "
        "so that the same people are matched the next time"
    )


def test_strata_without_comparison_people_leave_nobody(small, make_cohort):
    small["region"] = np.where(small["programme"] == 1, "north", "south")
    with pytest.raises(NoOverlapError, match="widen the caliper, name fewer columns"):
        build_design(make_cohort(small), "age", method=NearestMatching(exact=("region",)))
