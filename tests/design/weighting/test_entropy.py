import numpy as np
import pytest

from desist.design.columns import ScaledColumns
from desist.design.design import build_design
from desist.design.weighting.entropy import EntropyBalancing
from desist.design.weighting.newton import minimise
from desist.design.weighting.tilting import BalancingScore, ProbabilityTilting
from desist.errors import InputError, NoOverlapError

REFERENCES = [
    ("ebal_att", EntropyBalancing(), "ATT"),
    ("ebal_ate", EntropyBalancing(), "ATE"),
    ("ebal_att_m2", EntropyBalancing(moments=2), "ATT"),
    ("cbps_att", BalancingScore(), "ATT"),
    ("cbps_ate", BalancingScore(), "ATE"),
    ("ipt_att", ProbabilityTilting(), "ATT"),
    ("ipt_ate", ProbabilityTilting(), "ATE"),
]


def scale_by_arm(weights, treated):
    scaled = np.array(weights, dtype=float)
    for arm in (treated, ~treated):
        scaled[arm] /= scaled[arm].mean()
    return scaled


@pytest.mark.parametrize(("name", "method", "estimand"), REFERENCES)
def test_weights_equal_those_of_weightit(cohort, formula, units, results, name, method, estimand):
    expected = units("weights/lalonde_weights.csv")[name]
    design = build_design(cohort, formula, method=method, estimand=estimand)
    np.testing.assert_allclose(
        scale_by_arm(design.weights, design.treated),
        scale_by_arm(expected, design.treated),
        rtol=0,
        atol=1e-8,
    )
    summary = results("weights/weightit_results.json")[name]
    assert design.effective_sample_size_treated == pytest.approx(summary["ess_treated"], abs=1e-6)
    assert design.effective_sample_size_comparison == pytest.approx(
        summary["ess_control"], abs=1e-6
    )


@pytest.mark.parametrize("method", [EntropyBalancing(), BalancingScore(), ProbabilityTilting()])
@pytest.mark.parametrize("estimand", ["ATT", "ATE", "ATC"])
def test_means_are_exactly_balanced(cohort, formula, method, estimand):
    design = build_design(cohort, formula, method=method, estimand=estimand)
    assert design.balance.table["smd_after"].abs().max() < 1e-8
    assert (design.weights > 0).all()


def test_entropy_weights_of_a_binary_covariate_by_hand(small, make_cohort):
    # 8 of 10 participants and 6 of 30 comparison people have it: weights 0.8/6 and 0.2/24
    small["flag"] = np.r_[np.ones(8), 0, 0, np.ones(6), np.zeros(24)].astype(int)
    weights = build_design(make_cohort(small), "flag", method=EntropyBalancing()).weights
    np.testing.assert_allclose(weights[10:16], 10 * 0.8 / 6, rtol=1e-8)
    np.testing.assert_allclose(weights[16:], 10 * 0.2 / 24, rtol=1e-8)
    np.testing.assert_array_equal(weights[:10], 1.0)


def test_the_second_moment_balances_variances(cohort, formula):
    design = build_design(cohort, formula, method=EntropyBalancing(moments=2))
    comparison = design.weights[~design.treated] / design.weights[~design.treated].sum()
    age = cohort.covariates["age"].to_numpy(dtype=float)
    inside, outside = age[design.treated], age[~design.treated]
    spread = comparison @ (outside - comparison @ outside) ** 2
    assert spread == pytest.approx(inside.var(), rel=1e-7)


@pytest.mark.parametrize("method", [EntropyBalancing(), BalancingScore(), ProbabilityTilting()])
@pytest.mark.parametrize("estimand", ["ATT", "ATE"])
def test_means_out_of_reach_are_refused(small, make_cohort, method, estimand):
    small["age"] = np.where(small["programme"] == 1, 50.0, 20.0) + np.arange(40) / 10
    with pytest.raises(NoOverlapError, match="leave out the covariates that differ most"):
        build_design(make_cohort(small), "age", method=method, estimand=estimand)


def test_other_moments_are_refused(small, make_cohort):
    with pytest.raises(InputError) as caught:
        build_design(make_cohort(small), "age", method=EntropyBalancing(moments=3))
    assert str(caught.value) == (
        "design: 1 fault\n  - moments: expected 1 or 2, found 3; "
        "1 balances means, 2 variances as well"
    )


def test_the_minimum_of_a_parabola_is_found_in_one_step():
    centre = np.array([3.0, -2.0])

    def parabola(x):
        return float(((x - centre) ** 2).sum()), 2 * (x - centre), 2 * np.eye(2)

    np.testing.assert_allclose(minimise(parabola, 2, 1e-12), centre)


def test_a_function_that_falls_for_ever_has_no_minimum():
    def fall(x):
        return float(np.exp(-x[0])), -np.exp(-x), np.exp(-x)[:, None]

    assert minimise(fall, 1, 1e-300) is None


def test_blocks_together_are_the_standardised_matrix():
    rng = np.random.default_rng(0)
    values = np.column_stack([np.ones(70_000), rng.normal(5, 3, (70_000, 2))])
    columns = ScaledColumns(values)
    joined = np.concatenate([block for _, block in columns.blocks()])
    np.testing.assert_array_equal(joined[:, 0], 1.0)
    np.testing.assert_allclose(joined[:, 1:].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(joined[:, 1:].std(axis=0), 1)


AGAIN = {
    "share": lambda people: people["prior"] / 100,
    "other scale": lambda people: 2 * people["prior"] + 1,
    "other end": lambda people: 100 - people["prior"],
    "inches": lambda people: people["prior"] / 2.54,
    "copy": lambda people: people["prior"],
    "far from zero": lambda people: people["prior"] + 1e6,
    "tiny": lambda people: people["prior"] * 1e-12,
}
BALANCERS = [
    EntropyBalancing(),
    EntropyBalancing(moments=2),
    BalancingScore(),
    ProbabilityTilting(),
]


@pytest.mark.parametrize("again", AGAIN)
@pytest.mark.parametrize("method", BALANCERS)
@pytest.mark.parametrize("estimand", ["ATT", "ATE", "ATC"])
def test_a_covariate_in_two_units_changes_no_weight(small, make_cohort, again, method, estimand):
    small["again"] = AGAIN[again](small)
    small["age"] = np.tile([20.0, 25, 33, 41, 28, 36, 22, 30], 5)
    cohort = make_cohort(small)
    found, wanted = (
        build_design(cohort, text, method=method, estimand=estimand).weights
        for text in ("age + prior + again", "age + prior")
    )
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.parametrize("method", [BALANCERS[0], *BALANCERS[2:]])
@pytest.mark.parametrize("estimand", ["ATT", "ATE", "ATC"])
@pytest.mark.parametrize(
    "text", ["age + prior + total", "C(prior) + many", "age + C(prior) + C(wing)", "age + I(age)"]
)
def test_combinations_of_several_covariates_change_no_weight(
    small, make_cohort, method, estimand, text
):
    small["age"] = np.tile([20.0, 25, 33, 41, 28, 36, 22, 30], 5)
    small["total"] = small["age"] - 3 * small["prior"]
    small["many"] = (small["prior"] > 1).astype(int)
    small["wing"] = np.where(small["prior"] > 0, "north", "south")
    cohort = make_cohort(small)
    found, wanted = (
        build_design(cohort, one, method=method, estimand=estimand).weights
        for one in (text, text.rpartition(" + ")[0])
    )
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_a_combination_that_holds_among_comparison_people_alone_has_no_weights(small, make_cohort):
    # comparison people reach no total but three times their priors, whatever their weights
    small["prior"] = np.tile([0.0, 1.0, 2.0, 3.0], 10)
    small["total"] = 3 * small["prior"] + np.where(small["programme"] == 1, small["age"], 0)
    with pytest.raises(NoOverlapError, match="leave out the covariates that differ most"):
        build_design(make_cohort(small), "prior + total", method=EntropyBalancing())
