from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest

from desist.design.design import build_design
from desist.design.matching.distance import Space
from desist.design.matching.edges import Edges, collect_edges, iterate_edges, join_edges
from desist.design.matching.nearest import NearestMatching
from desist.design.matching.optimal import (
    FullMatching,
    OptimalMatching,
    cover_optimally,
    match_optimally,
)
from desist.design.scores.models import GivenScore
from desist.errors import InputError, NoOverlapError
from desist.estimands import Estimand

from .matchit import read_result, read_units


def sum_distances(sets, units):
    """Total distance within sets that have one person of one arm; the sets are checked."""
    scores, treated = units["distance"].to_numpy(), units["treat"].to_numpy() == 1
    total = 0.0
    for number in np.unique(sets[sets >= 0]):
        inside = np.flatnonzero((sets == number) & treated)
        outside = np.flatnonzero((sets == number) & ~treated)
        assert min(len(inside), len(outside)) == 1
        total += np.abs(scores[inside][:, None] - scores[outside]).sum()
    return total


@pytest.mark.parametrize(
    ("name", "method"),
    [("optimal", OptimalMatching(scale="score")), ("full_att", FullMatching(scale="score"))],
)
def test_the_total_distance_is_at_or_below_that_of_optmatch(cohort, formula, name, method):
    units, expected = read_units(name), read_result(name)
    design = build_design(cohort, formula, method=method)
    theirs = sum_distances(units["subclass"].fillna(-1).to_numpy(dtype=int), units)
    assert sum_distances(design.sets, units) <= theirs + 1e-8
    assert design.n_treated == expected["n_treated_matched"]
    assert design.n_comparison == expected["n_control_matched"]


def test_the_total_of_pairs_is_the_true_minimum(cohort, formula):
    # the solver of optmatch works to a tolerance and reaches 39.69374188
    design = build_design(cohort, formula, method=OptimalMatching(scale="score"))
    assert sum_distances(design.sets, read_units("optimal")) == pytest.approx(39.69279872, abs=1e-7)


def table_of(distance):
    """All edges of a table of distances; infinite ones are left out."""
    rows, columns = np.nonzero(np.isfinite(distance))
    return Edges(rows, columns, distance[rows, columns])


@pytest.mark.parametrize("seed", range(15))
def test_optimal_pairs_are_the_best_of_all_permutations(seed):
    distance = np.random.default_rng(seed).integers(0, 6, (4, 5)).astype(float)
    found = match_optimally(table_of(distance), 4, 5, 1)
    best = min(sum(distance[i, p[i]] for i in range(4)) for p in permutations(range(5), 4))
    assert distance[found[:, 0], found[:, 1]].sum() == best
    assert len(np.unique(found[:, 1])) == 4


def test_as_many_as_possible_are_matched_before_distance_counts():
    # the first pair is nearest, but then the second person has nobody
    distance = np.array([[0.0, 9.0], [1.0, np.inf]])
    assert sorted(match_optimally(table_of(distance), 2, 2, 1).tolist()) == [[0, 1], [1, 0]]


def test_nobody_in_reach_remains_without_match():
    distance = np.array([[1.0, np.inf], [np.inf, np.inf]])
    assert match_optimally(table_of(distance), 2, 2, 1).tolist() == [[0, 0]]


def test_two_matches_each_are_different_people():
    distance = np.array([[1.0, 2.0, 5.0, 9.0], [1.0, 3.0, 3.0, 9.0]])
    found = match_optimally(table_of(distance), 2, 4, 2)
    assert len(found) == 4
    assert len({tuple(pair) for pair in found.tolist()}) == 4
    assert distance[found[:, 0], found[:, 1]].sum() == 1 + 2 + 3 + 9


def best_cover(distance):
    """Smallest total of a set of edges that reaches everybody, by trying all."""
    n_rows, n_columns = distance.shape
    best = np.inf
    for bits in product([0, 1], repeat=n_rows * n_columns):
        chosen = np.array(bits).reshape(n_rows, n_columns)
        if chosen.any(axis=1).all() and chosen.any(axis=0).all():
            best = min(best, distance[chosen == 1].sum())
    return best


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("shape", [(2, 5), (3, 3), (4, 2)])
def test_full_matching_is_the_best_of_all_covers(seed, shape):
    rng = np.random.default_rng(seed)
    # whole numbers, so that there are many ties and zeros
    points = rng.integers(0, 4, (sum(shape), 1)).astype(float)
    inside, outside = np.arange(shape[0]), np.arange(shape[0], sum(shape))
    found = cover_optimally(Space(None, points, np.inf), inside, outside)
    distance = np.abs(points[inside] - points[outside].T)
    assert distance[found[:, 0], found[:, 1]].sum() == best_cover(distance)
    assert set(found[:, 0]) == set(range(shape[0]))
    assert set(found[:, 1]) == set(range(shape[1]))
    per_row, per_column = np.bincount(found[:, 0]), np.bincount(found[:, 1])
    assert not ((per_row[found[:, 0]] > 1) & (per_column[found[:, 1]] > 1)).any()


def test_full_matching_by_hand(small, make_cohort):
    # participants at 0.20 and 0.80; everybody else joins the nearer one
    small["programme"] = (np.arange(40) < 2).astype(int)
    small["score"] = np.r_[0.2, 0.8, np.linspace(0.1, 0.45, 30), np.linspace(0.6, 0.9, 8)]
    design = build_design(
        make_cohort(small), "age", method=FullMatching(scale="score"), score=GivenScore("score")
    )
    assert design.sets.tolist() == [0, 1] + [0] * 30 + [1] * 8
    np.testing.assert_allclose(design.weights, [1, 1] + [1 / 30] * 30 + [1 / 8] * 8)


@pytest.mark.parametrize("estimand", ["ATT", "ATE", "ATC"])
def test_full_matching_serves_three_estimands(cohort, formula, estimand):
    design = build_design(cohort, formula, method=FullMatching(), estimand=estimand)
    assert design.estimand.value == estimand
    assert (design.weights > 0).all()


def test_a_caliper_holds_and_drops_those_out_of_reach(cohort, formula):
    for method in (OptimalMatching(caliper=0.02, scale="score"), FullMatching(0.002, "score")):
        design = build_design(cohort, formula, method=method)
        scores = design.scores.scores
        gaps = np.abs(scores[design.matches[:, 0]] - scores[design.matches[:, 1]])
        assert gaps.max() <= method.caliper
        assert design.estimand is Estimand.MATCHED_ATT
        assert design.n_treated_dropped > 0


def test_more_are_matched_within_a_caliper_than_by_the_nearest(cohort, formula):
    from desist.design.matching.nearest import NearestMatching

    methods = (
        OptimalMatching(caliper=0.02, scale="score"),
        NearestMatching(caliper=0.02, scale="score", order="closest"),
    )
    optimal, nearest = (build_design(cohort, formula, method=method) for method in methods)
    assert optimal.n_treated > nearest.n_treated


def test_exact_columns_agree_within_every_set(cohort, formula):
    race = cohort.covariates["race"].to_numpy()
    for method in (OptimalMatching(exact=("race",)), FullMatching(exact=("race",))):
        design = build_design(cohort, formula, method=method)
        assert (race[design.matches[:, 0]] == race[design.matches[:, 1]]).all()


def test_mahalanobis_matching_is_below_the_greedy_total(cohort, formula):
    from desist.design.formula import make_matrix, read_formula
    from desist.design.matching.distance import whiten
    from desist.design.matching.nearest import NearestMatching

    read, _ = read_formula(formula, cohort.covariates, {})
    matrix, _ = make_matrix(read, cohort.covariates)
    points = whiten(matrix.without_intercept, cohort.treated)

    def total(method):
        matches = build_design(cohort, formula, method=method).matches
        return np.linalg.norm(points[matches[:, 0]] - points[matches[:, 1]], axis=1).sum()

    assert total(OptimalMatching(distance="mahalanobis")) < total(
        NearestMatching(distance="mahalanobis")
    )


def test_edges_come_in_blocks_that_join_to_the_whole_table(monkeypatch):
    monkeypatch.setattr("desist.design.matching.edges.EDGES_AT_ONCE", 50)
    values = np.random.default_rng(0).random(60)
    inside, outside = np.arange(20), np.arange(20, 60)
    blocks = list(iterate_edges(Space(values, None, 0.2), inside, outside))
    assert len(blocks) > 3
    edges = join_edges(blocks)
    distance = np.abs(values[inside][:, None] - values[outside])
    found = set(zip(edges.treated.tolist(), edges.comparison.tolist(), strict=True))
    assert found == set(map(tuple, np.argwhere(distance <= 0.2).tolist()))
    np.testing.assert_array_equal(edges.distance, distance[edges.treated, edges.comparison])


def test_only_the_nearest_edges_are_collected():
    values = np.array([0.0, 1.0, 0.1, 0.2, 0.9, 0.5])
    edges = collect_edges(Space(values, None, np.inf), np.array([0, 1]), np.arange(2, 6), 2)
    kept = sorted(zip(edges.treated.tolist(), edges.comparison.tolist(), strict=True))
    assert kept == [(0, 0), (0, 1), (1, 2), (1, 3)]


def test_a_ragged_set_of_edges_is_cut_to_the_nearest_too():
    values = np.array([0.0, 1.0, 0.1, 0.2, 0.3, 0.75])
    edges = collect_edges(Space(values, None, 0.8), np.array([0, 1]), np.arange(2, 6), 2)
    kept = sorted(zip(edges.treated.tolist(), edges.comparison.tolist(), strict=True))
    assert kept == [(0, 0), (0, 1), (1, 2), (1, 3)]


def test_too_many_pairs_ask_for_a_caliper(cohort, formula, monkeypatch):
    monkeypatch.setattr("desist.design.matching.edges.MOST_EDGES", 100)
    with pytest.raises(InputError) as caught:
        build_design(cohort, formula, method=OptimalMatching())
    assert str(caught.value) == (
        "design: 1 fault\n  - possible pairs: expected at most 100, found more than 100; "
        "give a (smaller) caliper or exact columns"
    )


def test_bad_settings_are_named(small, make_cohort):
    small["programme"] = 1 - small["programme"]
    with pytest.raises(InputError) as caught:
        build_design(
            make_cohort(small),
            "age",
            method=OptimalMatching(ratio=1.5, caliper=-1, exact=("sx",), distance="mahalanobi"),
        )
    assert str(caught.value) == (
        "design: 5 faults\n"
        "  - caliper: expected a positive number, found -1; "
        "0.05 is the default, on the scale 'logit'\n"
        "  - exact: expected columns of the cohort, found 'sx'; did you mean 'sex'?\n"
        "  - distance: expected 'score', 'mahalanobis', found 'mahalanobi'; "
        "did you mean 'mahalanobis'?\n"
        "  - ratio: expected a whole number of at least 1, found 1.5\n"
        "  - comparison people: expected at least as many as the 30 participants can use, "
        "found 10; use FullMatching or RadiusMatching, or weight"
    )


@pytest.mark.parametrize("kind", [OptimalMatching, FullMatching])
def test_strata_without_comparison_people_leave_nobody(small, make_cohort, kind):
    small["region"] = np.where(small["programme"] == 1, "north", "south")
    with pytest.raises(NoOverlapError, match="no participant has a match within the caliper"):
        build_design(make_cohort(small), "age", method=kind(exact=("region",)))


@pytest.mark.parametrize("kind", [OptimalMatching, FullMatching])
def test_a_caliper_that_drops_everyone_is_refused(small, make_cohort, kind):
    small["score"] = np.where(small["programme"] == 1, 0.8, 0.3) + np.arange(40) / 1000
    with pytest.raises(NoOverlapError, match="no participant has a match within the caliper"):
        build_design(
            make_cohort(small),
            "age",
            method=kind(caliper=0.1, scale="score"),
            score=GivenScore("score"),
        )


def most_even_covers(distance):
    """Smallest total of a cover, and smallest sum of squared numbers of matches with it."""
    n_rows, n_columns = distance.shape
    bits = (np.arange(2 ** (n_rows * n_columns))[:, None] >> np.arange(n_rows * n_columns)) & 1
    chosen = bits.reshape(-1, n_rows, n_columns)
    rows, columns = chosen.sum(axis=2), chosen.sum(axis=1)
    reaches = (rows > 0).all(axis=1) & (columns > 0).all(axis=1)
    totals = (chosen * distance).sum(axis=(1, 2))
    smallest = totals[reaches].min()
    best = reaches & (totals <= smallest + 1e-9)
    squares = (rows**2).sum(axis=1) + (columns**2).sum(axis=1)
    return smallest, squares[best].min()


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("shape", [(1, 5), (2, 5), (3, 3), (4, 2), (3, 4)])
@pytest.mark.parametrize("in_space", [False, True])
def test_of_divisions_with_one_total_the_most_even_is_chosen(seed, shape, in_space):
    rng = np.random.default_rng(seed)
    points = rng.integers(0, [2, 4, 8][seed % 3], (sum(shape), 2)).astype(float)
    if not in_space:
        points[:, 1] = 0
    space = Space(None, points, np.inf) if in_space else Space(points[:, 0], None, np.inf)
    inside, outside = np.arange(shape[0]), np.arange(shape[0], sum(shape))
    found = cover_optimally(space, inside, outside)
    distance = np.sqrt(((points[inside][:, None] - points[outside]) ** 2).sum(axis=2))
    used = np.zeros(shape, dtype=int)
    np.add.at(used, (found[:, 0], found[:, 1]), 1)
    total, squares = most_even_covers(distance)
    assert used.max() == 1
    assert (used * distance).sum() == pytest.approx(total, abs=1e-8)
    assert (used.sum(axis=0) ** 2).sum() + (used.sum(axis=1) ** 2).sum() == squares


def test_full_matching_of_one_score_makes_pairs(make_cohort):
    people = pd.DataFrame({"programme": [1, 1, 0, 0] * 20, "coin": [0, 1] * 40})
    design = build_design(make_cohort(people), "coin", method=FullMatching())
    assert design.effective_sample_size_comparison == pytest.approx(40)
    assert design.notes == ()


@pytest.mark.parametrize(("n_comparison", "sizes"), [(25, {2: 5, 3: 5}), (7, {1: 4, 2: 3})])
def test_full_matching_of_one_score_shares_out_as_evenly_as_whole_people_can(
    make_cohort, n_comparison, sizes
):
    # ten participants in a place; the more numerous arm is shared out
    people = pd.DataFrame({"programme": np.repeat([1, 0], [10, n_comparison])})
    people["age"] = np.arange(len(people)) % 3
    people["score"] = 0.4 + np.r_[np.zeros(len(people) - 1), 0.0]
    people["score"] = np.where(people.index == 0, 0.4 + 1e-15, people["score"])
    design = build_design(
        make_cohort(people), "age", method=FullMatching(), score=GivenScore("score")
    )
    larger = ~design.treated if n_comparison > 10 else design.treated
    counts = np.bincount(design.sets[larger])
    assert dict(zip(*np.unique(counts, return_counts=True), strict=True)) == sizes
    assert design.notes[0].startswith(f"ties decided: {n_comparison} people have the same score")


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("ratio", [2, 3, 4])
def test_nobody_has_two_matches_more_than_somebody_who_could_have_one_of_them(seed, ratio):
    rng = np.random.default_rng(seed)
    distance = rng.integers(0, 5, (4, 9)).astype(float)
    distance[rng.random((4, 9)) < 0.4] = np.inf
    found = match_optimally(table_of(distance), 4, 9, ratio)
    counts = np.bincount(found[:, 0], minlength=4)
    owner = dict(zip(found[:, 1].tolist(), found[:, 0].tolist(), strict=True))
    for person in range(4):
        within = np.flatnonzero(np.isfinite(distance[person]))
        if counts[person] < ratio:  # nobody in reach is free, or belongs to somebody richer
            assert all(column in owner for column in within)
            assert all(counts[owner[column]] <= counts[person] + 1 for column in within)


def test_a_ratio_that_cannot_be_had_drops_nobody_and_is_noted(small, make_cohort):
    design = build_design(make_cohort(small), "age + prior", method=OptimalMatching(ratio=7))
    counts = np.unique(design.matches[:, 0], return_counts=True)[1]
    assert (design.n_treated_dropped, set(counts)) == (0, {3})
    assert design.notes[0] == "10 participants have fewer than 7 matches"


def test_two_hundred_thousand_people_have_an_answer_or_an_early_refusal():
    rng = np.random.default_rng(0)
    line = rng.normal(size=200_000).round(2)
    inside, outside = np.arange(10_000), np.arange(10_000, 200_000)
    found = cover_optimally(Space(line, None, np.inf), inside, outside)
    assert len(np.unique(found[:, 0])) == 10_000
    assert len(np.unique(found[:, 1])) == 190_000
    points = rng.normal(size=(200_000, 2))
    for space in (Space(line, None, np.inf), Space(None, points, np.inf)):
        with pytest.raises(InputError, match="possible pairs"):
            collect_edges(space, inside, outside, 10_000)
    with pytest.raises(InputError, match="possible pairs"):
        cover_optimally(Space(None, points, np.inf), inside, outside)


def test_covariate_calipers_hold_in_every_set(cohort, formula):
    age = cohort.covariates["age"].to_numpy()
    for method in (OptimalMatching(calipers={"age": 3}), FullMatching(calipers={"age": 3})):
        design = build_design(cohort, formula, method=method)
        assert np.abs(age[design.matches[:, 0]] - age[design.matches[:, 1]]).max() <= 3
        everybody = build_design(cohort, formula, method=type(method)(calipers={"age": 99}))
        plain = build_design(cohort, formula, method=type(method)())
        gaps = [
            np.abs(d.scores.logit[d.matches[:, 0]] - d.scores.logit[d.matches[:, 1]]).sum()
            for d in (everybody, plain)
        ]
        assert gaps[0] == pytest.approx(gaps[1])


@pytest.mark.parametrize("kind", [OptimalMatching, FullMatching])
def test_people_left_out_are_noted_and_the_new_score_is_kept(cohort, formula, kind):
    design = build_design(cohort, formula, method=kind(discard="comparison", reestimate=True))
    assert "comparison people were discarded" in design.notes[0]
    nearest = NearestMatching(discard="comparison", reestimate=True)
    again = build_design(cohort, formula, method=nearest).scores.scores
    np.testing.assert_array_equal(design.scores.scores, again)
