import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desist.design.design import build_design
from desist.design.matching.radius import RadiusMatching, iterate_pairs, radius_weights
from desist.design.matching.windows import find_windows
from desist.design.scores.models import GivenScore
from desist.errors import InputError, NoOverlapError
from desist.estimands import Estimand

CALIPERS = ["r0.001", "r0.005", "r0.01", "r0.02", "r0.05", "logit_0.2sd"]


def method_for(name):
    if name == "logit_0.2sd":
        return RadiusMatching(caliper=0.2)
    return RadiusMatching(caliper=float(name[1:]), scale="score")


def count_by_pairs(values, treated, radius):
    """Weights from the full table of distances, as the definition says."""
    near = np.abs(values[treated][:, None] - values[~treated][None, :]) <= radius
    counts = near.sum(axis=1)
    weights = np.zeros(len(values))
    weights[treated] = counts > 0
    weights[~treated] = (near / np.maximum(counts, 1)[:, None]).sum(axis=0)
    return weights


@pytest.mark.parametrize("name", CALIPERS)
def test_radius_weights_equal_the_r_reference_at_every_caliper(cohort, formula, units, name):
    expected = units("radius/lalonde_radius_weights.csv")
    design = build_design(cohort, formula, method=method_for(name))
    np.testing.assert_allclose(design.weights, expected[name], rtol=0, atol=1e-12)
    assert ((design.weights == 0) == (expected[name] == 0)).all()


@pytest.mark.parametrize("name", CALIPERS)
def test_radius_designs_have_the_counts_of_the_reference(cohort, formula, results, lalonde, name):
    expected = results("radius/radius.json")[name]
    design = build_design(cohort, formula, method=method_for(name))
    assert design.n_treated == expected["n_treated_matched"]
    assert design.n_comparison == expected["n_control_used"]
    unmatched = expected["treated_unmatched"]
    assert set(lalonde["id"].iloc[design.dropped]) == set(np.atleast_1d(unmatched))
    assert design.effective_sample_size_comparison == pytest.approx(
        expected["ess_control"], rel=1e-9
    )
    assert sum(len(block) for block in design.pairs()) == expected["n_pairs"]


@pytest.mark.parametrize("name", CALIPERS)
def test_radius_balance_equals_the_reference(cohort, formula, results, name):
    rows = results("radius/radius.json")[name]["balance"]
    expected = pd.DataFrame(rows).set_index("variable")
    design = build_design(cohort, formula, method=method_for(name))
    table = design.balance.table.set_index("covariate")
    names = {c: c.replace("[", "").replace("]", "") for c in table.index}
    table, expected = table.rename(index=names), expected.drop(index="distance")
    assert list(table.index.sort_values()) == list(expected.index.sort_values())
    for ours, theirs in [
        ("smd_after", "smd"),
        ("variance_ratio", "var_ratio"),
        ("mean_comparison", "mean_control"),
    ]:
        np.testing.assert_allclose(
            table.loc[expected.index, ours],
            expected[theirs].astype(float),
            rtol=1e-8,
            atol=1e-9,
        )


def test_pairs_come_lazily_and_equal_the_reference(cohort, formula, units, lalonde):
    design = build_design(cohort, formula, method=RadiusMatching(0.01, "score"))
    expected = units("radius/lalonde_radius_0.01_pairs.csv")
    found = np.concatenate(list(design.pairs()))
    ids = lalonde["id"].to_numpy()
    ours = set(zip(ids[found[:, 0]], ids[found[:, 1]], strict=True))
    assert ours == set(zip(expected["treated"], expected["control"], strict=True))


def test_two_treated_people_share_their_matches_by_hand():
    #             treated          comparison
    values = np.array([0.5, 0.6, 0.45, 0.55, 0.65, 0.9])
    treated = np.array([True, True, False, False, False, False])
    # 0.5 has 0.45 and 0.55 (1/2 each); 0.6 has 0.55 and 0.65 (1/2 each)
    weights = radius_weights(values, treated, 0.06)
    assert weights.tolist() == [1, 1, 0.5, 1.0, 0.5, 0.0]


def test_a_person_at_the_edge_is_decided_by_the_difference_as_computed():
    # 0.3 - 0.1 is 0.19999999999999998 in floating point: inside 0.2; 0.1 + 0.2 is above 0.3
    start, end = find_windows(np.array([0.1]), np.array([0.3]), 0.2)
    assert (end - start).tolist() == [1]
    # 0.8 - 0.7 is 0.10000000000000009: outside 0.1, although 0.7 + 0.1 reaches 0.8
    start, end = find_windows(np.array([0.7]), np.array([0.8]), 0.1)
    assert (end - start).tolist() == [0]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 30), min_size=2, max_size=40),
    st.integers(0, 2**40 - 1),
    st.sampled_from([0.1, 0.3, 0.05, 1e-9]),
)
def test_windows_agree_with_the_table_of_distances_on_tied_scores(tenths, arms, radius):
    values = np.array(tenths) / 10
    treated = np.array([(arms >> i) & 1 == 1 for i in range(len(values))])
    treated[0], treated[-1] = True, False
    expected = count_by_pairs(values, treated, radius)
    found = radius_weights(values, treated, radius)
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    assert ((found == 0) == (expected == 0)).all()


def test_the_order_of_the_rows_changes_no_bit_of_the_weights():
    rng = np.random.default_rng(3)
    values, treated = rng.beta(2, 5, 3000), rng.random(3000) < 0.2
    order = rng.permutation(3000)
    first = radius_weights(values, treated, 0.003)
    second = radius_weights(values[order], treated[order], 0.003)
    assert (first[order] == second).all()


def test_an_unused_person_between_used_ones_has_weight_exactly_zero():
    rng = np.random.default_rng(4)
    values = np.concatenate([rng.uniform(0, 1, 200), rng.uniform(2, 3, 200), [1.5]])
    treated = np.arange(401) % 3 == 0
    treated[-1] = False
    assert radius_weights(values, treated, 0.2)[-1] == 0.0


def test_dropped_participants_rename_the_estimand(cohort, formula):
    design = build_design(cohort, formula, method=RadiusMatching(0.05, "score"))
    assert design.n_treated_dropped == 1
    assert design.estimand is Estimand.MATCHED_ATT
    assert design.estimand_asked is Estimand.ATT
    assert "184 (1 dropped)" in repr(design)


def test_a_caliper_that_drops_everyone_is_refused_with_the_nearest_distance(small, make_cohort):
    small["score"] = np.where(small["programme"] == 1, 0.8, 0.3) + np.arange(40) / 1000
    with pytest.raises(NoOverlapError) as caught:
        build_design(
            make_cohort(small),
            "age",
            method=RadiusMatching(0.1, "score"),
            score=GivenScore("score"),
        )
    assert str(caught.value) == (
        "no participant has a comparison person within the caliper of 0.1: the nearest is 0.461 "
        "of the score away; widen the caliper if that is near enough, or look for comparison "
        "people who could have taken part"
    )


@pytest.mark.parametrize("caliper", [0, -0.1, float("nan"), float("inf")])
def test_a_caliper_that_is_not_positive_is_refused(small, make_cohort, caliper):
    with pytest.raises(InputError) as caught:
        build_design(make_cohort(small), "age", method=RadiusMatching(caliper))
    assert str(caught.value) == (
        f"design: 1 fault\n  - caliper: expected a positive number, found {caliper!r}; "
        "0.05 is the default, on the scale 'logit'"
    )


def test_an_unknown_scale_is_refused_with_a_suggestion(small, make_cohort):
    with pytest.raises(InputError) as caught:
        build_design(make_cohort(small), "age", method=RadiusMatching(0.1, scale="logits"))
    assert str(caught.value) == (
        "design: 1 fault\n  - scale: expected 'logit', 'score', 'logit_raw', 'score_sd', "
        "found 'logits'; did you mean 'logit'?"
    )


def test_radius_weights_equal_the_r_reference_on_the_rossi_trial(units, results):
    table = units("radius/rossi_radius_0.02.csv")
    treated = table["z"].to_numpy() == 1
    weights = radius_weights(table["ps"].to_numpy(), treated, 0.02)
    np.testing.assert_allclose(weights, table["w"], rtol=0, atol=1e-12)
    expected = results("radius/radius.json")["rossi_r0.02"]
    comparison = weights[~treated]
    assert (weights[treated] > 0).sum() == expected["n_treated"]
    assert (comparison > 0).sum() == expected["n_control"]
    assert comparison.sum() ** 2 / (comparison**2).sum() == pytest.approx(
        expected["ess_control"], abs=1e-9
    )


def test_pairs_of_radius_matching_come_in_blocks(monkeypatch):
    monkeypatch.setattr("desist.design.matching.radius.PAIRS_AT_ONCE", 100)
    rng = np.random.default_rng(5)
    values, treated = rng.random(200), np.arange(200) < 60
    blocks = list(iterate_pairs(values, treated, 0.1))
    assert len(blocks) > 5
    near = np.abs(values[treated][:, None] - values[~treated]) <= 0.1
    inside, outside = np.flatnonzero(treated), np.flatnonzero(~treated)
    expected = {(inside[i], outside[j]) for i, j in np.argwhere(near)}
    found = [tuple(pair) for pair in np.concatenate(blocks).tolist()]
    assert len(found) == len(set(found))
    assert set(found) == expected
