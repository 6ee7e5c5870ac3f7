import numpy as np
import pandas as pd
import pytest

from desist.cohort.cohort import Cohort
from desist.design.balance import measure_balance
from desist.design.balance.similarity import (
    density_table,
    measure_by_group,
    measure_distances,
    measure_overlap,
    measure_products,
    overlap_coefficient,
)
from desist.design.design import Design, build_design
from desist.design.matching.nearest import NearestMatching
from desist.design.matching.optimal import FullMatching
from desist.design.matching.radius import RadiusMatching
from desist.design.matching.strata import ExactMatching
from desist.design.weighting.by_score import InverseProbability
from desist.design.weighting.entropy import EntropyBalancing
from desist.design.weighting.given import GivenWeights
from desist.errors import InputError, NoOverlapError
from desist.estimands import Estimand

VARIABLES = ("age", "educ", "race", "married", "nodegree", "re74", "re75")
CATEGORIES = frozenset({"race"})
MATCHED = {
    "nearest": "nearest_default",
    "caliper": "nearest_caliper01std",
    "replace": "nearest_replace",
    "k3": "nearest_k3",
    "full": "full_att",
    "subclass6": "subclass6",
    "exact": "exact_race_married",
}


def read_table(rows):
    table = pd.DataFrame(rows).set_index("variable")
    return table.drop(index=["distance", "prop.score"], errors="ignore")


def assert_equals_cobalt(balance, rows):
    table = balance.table.set_index("covariate")
    names = {name: name.replace("[", "_").replace("]", "") for name in table.index}
    table, expected = table.rename(index=names), read_table(rows)
    assert set(expected.index) <= set(table.index)
    for theirs, ours in {
        "M.1.Un": "mean_treated_before",
        "M.0.Un": "mean_comparison_before",
        "M.1.Adj": "mean_treated",
        "M.0.Adj": "mean_comparison",
        "Diff.Un": "smd_before",
        "Diff.Adj": "smd_after",
        "V.Ratio.Un": "variance_ratio_before",
        "V.Ratio.Adj": "variance_ratio",
        "KS.Un": "ks_before",
        "KS.Adj": "ks",
    }.items():
        if theirs in expected:
            np.testing.assert_allclose(
                table.loc[expected.index, ours].to_numpy(dtype=float),
                expected[theirs].to_numpy(dtype=float),
                rtol=1e-9,
                atol=1e-6,
                err_msg=theirs,
            )


@pytest.mark.parametrize(
    ("name", "standardiser"),
    # cobalt has no pooled table for subclasses
    [(n, s) for n in MATCHED for s in ("treated", "pooled") if (n, s) != ("subclass6", "pooled")],
)
def test_balance_of_matched_samples_equals_cobalt(lalonde, units, results, name, standardiser):
    found = results("balance/cobalt_balance.json")[name][f"{standardiser}_denominator"]
    table = units(f"match/{MATCHED[name]}_units.csv")
    balance = measure_balance(
        lalonde,
        VARIABLES,
        CATEGORIES,
        (table["treat"] == 1).to_numpy(),
        table["weight"].to_numpy(dtype=float),
        standardiser=standardiser,
    )
    assert_equals_cobalt(balance, found["balance"])


WEIGHTED = [
    ("glm_ate", "pooled"),
    ("glm_att", "treated"),
    ("glm_atc", "comparison"),
    ("glm_ato", "pooled"),
    ("glm_atm", "pooled"),
    ("glm_att_probit", "treated"),
    ("ebal_att", "treated"),
    ("ebal_ate", "pooled"),
    ("ebal_att_m2", "treated"),
    ("cbps_att", "treated"),
    ("cbps_ate", "pooled"),
    ("ipt_att", "treated"),
    ("ipt_ate", "pooled"),
    ("glm_ate_stab", "pooled"),
]


@pytest.mark.parametrize(("name", "standardiser"), WEIGHTED)
def test_balance_of_weighted_samples_equals_cobalt(lalonde, units, results, name, standardiser):
    rows = results("weights/weightit_results.json")[name]["cobalt"]["balance"]
    table = units("weights/lalonde_weights.csv")
    balance = measure_balance(
        lalonde,
        VARIABLES,
        CATEGORIES,
        (table["treat"] == 1).to_numpy(),
        table[name].to_numpy(dtype=float),
        standardiser=standardiser,
    )
    assert_equals_cobalt(balance, rows)


def test_squares_and_products_equal_cobalt(cohort, formula, results):
    rows = results("balance/cobalt_balance.json")["unadjusted_interactions_poly2"]
    expected = pd.DataFrame(rows).set_index("variable")["Diff.Un"]
    design = build_design(cohort, formula, method=RadiusMatching())
    table = measure_products(cohort, design).table.set_index("covariate")["smd_before"]
    compared = 0
    for name, value in table.items():
        theirs = name.replace("[", "_").replace("]", "").replace("^2", "²")
        for binary in ("married", "nodegree"):
            theirs = theirs.replace(binary, f"{binary}_1")
        first, _, second = theirs.partition(" * ")
        key = theirs if theirs in expected else f"{second} * {first}"
        assert value == pytest.approx(expected[key], abs=1e-6), name
        compared += 1
    # four squares; 9 columns give 36 pairs, 3 of them of two races
    assert compared == 4 + 33


def test_overlap_is_near_that_of_cobalt(lalonde, units, results):
    # cobalt prints 1 - overlap, from a density that R interpolates on 512 points
    rows = results("balance/cobalt_balance.json")["nearest"]["treated_denominator"]["balance"]
    expected = read_table(rows)
    table = units("match/nearest_default_units.csv")
    treated, weights = (table["treat"] == 1).to_numpy(), table["weight"].to_numpy(dtype=float)
    for name in ("age", "educ", "re74", "re75", "married", "nodegree"):
        values = lalonde[name].to_numpy(dtype=float)
        before = overlap_coefficient(values, treated, np.ones(len(values)))
        after = overlap_coefficient(values, treated, weights)
        assert before == pytest.approx(1 - expected.loc[name, "OVL.Un"], abs=3e-3)
        assert after == pytest.approx(1 - expected.loc[name, "OVL.Adj"], abs=3e-3)


def test_overlap_of_two_normal_samples_is_the_known_area():
    # N(0, 1) and N(1, 1) have 2 Phi(-1/2) = 0.617 in common; the kernel widens both a little
    rng = np.random.default_rng(0)
    values = np.r_[rng.normal(0, 1, 40_000), rng.normal(1, 1, 40_000)]
    treated = np.repeat([True, False], 40_000)
    assert overlap_coefficient(values, treated, np.ones(80_000)) == pytest.approx(0.617, abs=0.012)


def test_overlap_by_hand():
    treated = np.array([True, True, False, False, False, False])
    binary = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    assert overlap_coefficient(binary, treated, np.ones(6)) == pytest.approx(0.75)
    apart = np.array([0.0, 1.0, 100.0, 101.0, 102.0, 103.0])
    assert overlap_coefficient(apart, treated, np.ones(6)) == pytest.approx(0, abs=1e-6)
    # one value for nearly everybody: no bandwidth, the values themselves are compared
    flat = np.array([2.0, 2.0, 2.0, 2.0, 2.0, 5.0])
    assert overlap_coefficient(flat, treated, np.ones(6)) == pytest.approx(0.75)
    tenfold = np.array([1, 1, 1, 1, 1, 9.0])
    assert overlap_coefficient(apart, treated, tenfold) == pytest.approx(
        overlap_coefficient(apart, treated, 10 * tenfold)
    )


def test_densities_for_a_picture_integrate_to_one_and_overlap_as_stated(cohort, formula):
    design = build_design(cohort, formula, method=RadiusMatching())
    table = density_table(design.scores.logit, design.treated, design.weights)
    step = table["value"].diff().iloc[1]
    assert table["treated"].sum() * step == pytest.approx(1, abs=1e-4)
    assert table["comparison"].sum() * step == pytest.approx(1, abs=1e-4)
    common = table[["treated", "comparison"]].min(axis=1).sum() * step
    assert common == pytest.approx(
        overlap_coefficient(design.scores.logit, design.treated, design.weights)
    )
    middle = (table["value"] * table["treated"]).sum() * step
    kept = design.scores.logit[design.treated & (design.weights > 0)]
    assert middle == pytest.approx(kept.mean(), abs=0.01)


def test_overlap_of_a_design_has_a_row_for_each_level(cohort, formula):
    design = build_design(cohort, formula, method=RadiusMatching())
    table = measure_overlap(cohort, design)
    assert list(table.columns) == ["covariate", "overlap_before", "overlap_after"]
    assert len(table) == 9
    assert table["overlap_after"].mean() > table["overlap_before"].mean()


def test_mahalanobis_distance_of_the_means_equals_cobalt(cohort, formula, results):
    expected = results("balance/cobalt_balance.json")["bal_compute_att"]["mahalanobis"]
    ipw = measure_distances(cohort, build_design(cohort, formula, method=InverseProbability()))
    assert ipw.mahalanobis_before == pytest.approx(expected["unweighted"], abs=1e-6)
    assert ipw.mahalanobis_after == pytest.approx(expected["glm_att"], abs=1e-6)
    entropy = measure_distances(cohort, build_design(cohort, formula, method=EntropyBalancing()))
    assert entropy.mahalanobis_after == pytest.approx(0, abs=1e-8)


def test_energy_distance_equals_cobalt_up_to_its_constant(cohort, formula, results):
    # cobalt leaves out the mean distance within the participants, which no weights change
    expected = results("balance/cobalt_balance.json")["bal_compute_att"]["energy.dist"]
    ipw = measure_distances(cohort, build_design(cohort, formula, method=InverseProbability()))
    entropy = measure_distances(cohort, build_design(cohort, formula, method=EntropyBalancing()))
    assert ipw.energy_before - ipw.energy_after == pytest.approx(
        expected["unweighted"] - expected["glm_att"], abs=1e-6
    )
    assert ipw.energy_before - entropy.energy_after == pytest.approx(
        expected["unweighted"] - expected["ebal_att"], abs=1e-6
    )


def test_energy_distance_by_hand(small, make_cohort):
    # shares of 0/1: treated 1/2, comparison 1/5: 2 (p - q)^2 in units of the standard deviation
    small["flag"] = np.r_[np.tile([0, 1], 5), np.tile([0, 0, 0, 0, 1], 6)]
    small["w"] = 1.0
    cohort = make_cohort(small)
    design = build_design(cohort, "flag", method=GivenWeights("w"))
    share = (5 + 6) / 40
    expected = 2 * 0.3**2 / np.sqrt(share * (1 - share))
    found = measure_distances(cohort, design)
    assert found.energy_after == pytest.approx(expected)
    assert found.mahalanobis_after == pytest.approx(0.3 / np.sqrt(0.25 * 10 / 9))


def test_energy_distance_of_too_many_people_is_not_applicable(cohort, formula, monkeypatch):
    monkeypatch.setattr("desist.design.balance.similarity.MOST_FOR_ENERGY", 600)
    design = build_design(cohort, formula, method=InverseProbability())
    found = measure_distances(cohort, design)
    assert np.isnan(found.energy_after)
    assert found.reason == "614 people make too many pairs; the most is 600"


def test_balance_by_group_is_the_balance_of_each_group(cohort, formula, lalonde):
    design = build_design(cohort, formula, method=RadiusMatching())
    by_race = measure_by_group(cohort, design, "race")
    assert list(by_race.groups) == ["black", "hispan", "white"]
    inside = (lalonde["race"] == "black").to_numpy()
    rest = tuple(name for name in VARIABLES if name != "race")
    alone = measure_balance(
        lalonde[inside], rest, CATEGORIES, design.treated[inside], design.weights[inside]
    )
    pd.testing.assert_frame_equal(by_race.groups["black"].table, alone.table)
    assert list(by_race.table["group"].unique()) == ["black", "hispan", "white"]
    assert len(by_race.table) == 18


def test_groups_with_too_few_people_are_left_out_with_the_reason(small, make_cohort):
    small["w"] = 1.0
    small["prison"] = ["A"] * 9 + ["B"] + ["A"] * 30
    cohort = make_cohort(small)
    design = build_design(cohort, "age", method=GivenWeights("w"))
    found = measure_by_group(cohort, design, "prison")
    assert found.left_out == {"B": "1 participants and 0 comparison people"}
    assert "  B: not applicable, 1 participants and 0 comparison people" in repr(found)


def test_an_unknown_group_is_refused(cohort, formula):
    design = build_design(cohort, formula, method=RadiusMatching())
    with pytest.raises(InputError) as caught:
        measure_by_group(cohort, design, "rase")
    assert str(caught.value) == (
        "balance by group: 1 fault\n  - column: expected a column of the cohort, found 'rase'; "
        "did you mean 'race'?"
    )


def test_a_design_without_covariates_is_refused(small, make_cohort):
    small["w"] = 1.0
    cohort = make_cohort(small)
    design = build_design(cohort, None, method=GivenWeights("w"))
    with pytest.raises(InputError, match="name covariates when the design is built"):
        measure_products(cohort, design)


def test_other_people_are_refused(cohort, formula):
    treated = np.array([True, False])
    design = Design(np.ones(2), treated, Estimand.ATT, formula=formula)
    with pytest.raises(InputError, match=r"another one \(2 people, the cohort has 614\)"):
        measure_overlap(cohort, design)


def test_exact_matching_has_no_products_out_of_balance(cohort):
    design = build_design(cohort, "race + married + nodegree", method=ExactMatching())
    assert measure_products(cohort, design).table["smd_after"].abs().max() < 1e-12


@pytest.mark.parametrize("method", [NearestMatching(), FullMatching(), EntropyBalancing()])
def test_designs_bring_the_arms_nearer(cohort, formula, method):
    found = measure_distances(cohort, build_design(cohort, formula, method=method))
    assert found.mahalanobis_after < found.mahalanobis_before
    assert found.energy_after < found.energy_before


@pytest.mark.parametrize("constant", [(1.0, 0.0), (0.1, 0.3), (7.0, -7.0)])
def test_arms_that_share_no_value_of_a_covariate_are_infinitely_far_apart(constant):
    people = pd.DataFrame({"programme": [1, 1, 0, 0] * 30, "age": [20, 40, 21, 45] * 30})
    people["prison"] = people["programme"].map({1: constant[0], 0: constant[1]})
    people["weight"] = 1.0
    cohort = Cohort(people, treatment="programme")
    design = build_design(cohort, "age + prison", method=GivenWeights("weight"))
    found = measure_distances(cohort, design)
    assert found.mahalanobis_before == found.mahalanobis_after == np.inf
    assert found.energy_after > 0
    with pytest.raises(NoOverlapError, match="infinitely far"):
        build_design(cohort, "age + prison", method=NearestMatching(distance="mahalanobis"))


def test_a_covariate_that_varies_in_one_arm_alone_is_measured_by_both():
    people = pd.DataFrame({"programme": [1, 1, 0, 0] * 30, "age": [20, 40, 20, 40] * 30})
    people["priors"] = [3.0, 3.0, 1.0, 3.0] * 30
    people["weight"] = 1.0
    cohort = Cohort(people, treatment="programme")
    design = build_design(cohort, "age + priors", method=GivenWeights("weight"))
    # priors of participants do not vary: the pooled covariance measures, and age is balanced
    arms = [group[["age", "priors"]].cov() for _, group in people.groupby("programme")]
    step = np.array([0.0, 1.0])
    expected = np.sqrt(step @ np.linalg.solve(sum(arms) / 2, step))
    assert measure_distances(cohort, design).mahalanobis_after == pytest.approx(expected)
