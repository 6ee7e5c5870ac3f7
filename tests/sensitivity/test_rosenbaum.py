import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm, rankdata

import desist as ds
from desist.checks.counts.mcnemar import mcnemar
from desist.errors import CannotAnswerError, InputError
from desist.sample import build_sample
from desist.sensitivity._shift import bound_shift
from desist.sensitivity._signed import signed_ranks
from desist.sensitivity.planned import design_sensitivity
from desist.sensitivity.rosenbaum import (
    amplify,
    bound_discordant,
    bound_sets,
    find_largest_bias,
    rosenbaum_bounds,
)

FOLDER = Path(__file__).parents[1] / "reference" / "sensitivity"
REFERENCE = json.loads((FOLDER / "sensitivity.json").read_text())
PUBLISHED = json.loads((FOLDER / "published.json").read_text())["sensitivity"]
LALONDE = pd.read_csv(FOLDER.parent / "lalonde.csv")


def by_gamma(rows):
    return {row["Gamma"]: (row["Lower bound"], row["Upper bound"]) for row in rows}


@pytest.fixture(scope="module")
def paired():
    cohort = ds.simulate_cohort(150, 900, rng=8, rate_ratio=0.3).cohort
    design = ds.build_design(cohort, "age + copas", method=ds.OptimalMatching())
    return build_sample(cohort, design)


def test_signed_ranks_meet_the_r_package_rbounds():
    pairs = pd.read_csv(FOLDER / "optimal_pairs.csv")
    wanted = by_gamma(REFERENCE["rosenbaum_wilcoxon"]["bounds"])
    found = bound_sets(pairs["y_treated"], pairs["y_control"], gammas=list(wanted)).table
    assert found["upper"].iloc[0] == pytest.approx(
        REFERENCE["signed_rank"]["p_one_sided"], abs=1e-6
    )
    for row in found.itertuples():
        assert (row.lower, row.upper) == pytest.approx(wanted[row.gamma], abs=5.1e-5)


def find_statistic(differences, shift):
    """The signed-rank statistic of pairs less a shift, by its definition."""
    rest = differences - shift
    return rankdata(np.abs(rest))[rest > 0].sum()


@pytest.fixture(scope="module")
def income_gaps():
    pairs = pd.read_csv(FOLDER / "optimal_pairs.csv")
    return (pairs["y_treated"] - pairs["y_control"]).to_numpy()


@pytest.mark.parametrize("gamma", [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 3.0])
def test_the_hodges_lehmann_bounds_are_where_the_ranks_cross_their_expectation(income_gaps, gamma):
    total = len(income_gaps) * (len(income_gaps) + 1) / 2
    found = bound_shift(income_gaps, gamma)
    for bound, share in zip(found, (gamma / (1 + gamma), 1 / (1 + gamma)), strict=True):
        expected = total * share
        edges = []  # the last shift above the expectation, and the first below it, by halving
        for is_above in (lambda t, e=expected: t > e + 1e-6, lambda t, e=expected: t >= e - 1e-6):
            low, high = -1e5, 1e5
            while high - low > 1e-8:
                middle = (low + high) / 2
                keep = is_above(find_statistic(income_gaps, middle))
                low, high = (middle, high) if keep else (low, middle)
            edges.append(low)
        assert bound == pytest.approx(sum(edges) / 2, abs=1e-6)


def test_the_hodges_lehmann_bounds_meet_rbounds_once_its_grid_is_walked(income_gaps):
    # rbounds walks in steps of 0.1 from the estimate of wilcox.test, which leaves pairs without a
    # difference out, until the statistic has passed its expectation; it prints five digits. The
    # end of the start's digits is that of -7.4509, the only bound that it prints so exactly
    wanted = by_gamma(REFERENCE["rosenbaum_hodges_lehmann"]["bounds"])
    total = len(income_gaps) * (len(income_gaps) + 1) / 2
    start = 690.3491
    places = [start, start]
    for gamma, printed in wanted.items():
        for side, sign in ((0, -1.0), (1, 1.0)):
            expected = total * (gamma if side == 0 else 1) / (1 + gamma)
            exact = bound_shift(income_gaps, gamma)[side]
            while gamma > 1 and sign * (find_statistic(income_gaps, places[side]) - expected) > 0:
                places[side] += 0.1 * sign
            assert float(f"{places[side]:.5g}") == printed[side]
            if gamma not in (1.0, 1.5):  # at 1.5 a whole stretch of shifts meets the expectation
                assert 0 <= sign * (places[side] - exact) <= 0.1


def test_rbounds_starts_inside_the_stretch_that_pairs_with_a_difference_leave(income_gaps):
    kept = income_gaps[income_gaps != 0]
    expected = len(kept) * (len(kept) + 1) / 4
    printed = REFERENCE["rosenbaum_hodges_lehmann"]["bounds"][0]["Lower bound"]
    assert find_statistic(kept, printed) == expected
    assert find_statistic(kept, bound_shift(kept, 1.0)[0]) == expected


def test_shifts_by_hand_and_of_outcomes_turned_round():
    # averages of two of 1, 2 and 6: 1, 1.5, 2, 3.5, 4, 6; with odds of two, two or four lie beyond
    assert bound_shift(np.array([6.0, 1.0, 2.0]), 1.0) == (2.75, 2.75)
    low, high = bound_shift(np.array([6.0, 1.0, 2.0]), 2.0)
    assert (low, high) == (1.75, 3.75)
    assert bound_shift(np.array([-6.0, -1.0, -2.0]), 2.0) == (-high, -low)


def test_the_shift_comes_with_signed_ranks_alone_and_keeps_its_sign(paired):
    less = rosenbaum_bounds(paired, "rmst", statistic="signed_rank", gammas=[1.0, 2.0])
    greater = rosenbaum_bounds(
        paired, "rmst", statistic="signed_rank", gammas=[1.0, 2.0], alternative="greater"
    )
    assert less.points.equals(greater.points)
    assert (less.points["lower"] <= less.points["upper"]).all()
    assert rosenbaum_bounds(paired).points is None


@pytest.mark.parametrize(
    ("name", "few", "total"), [("rosenbaum_binary", 35, 70), ("rosenbaum_binary_4_17", 4, 21)]
)
def test_discordant_pairs_meet_rbounds_once_its_strict_tail_is_taken(name, few, total):
    # rbounds counts outcomes beyond the observed one only; an exact p counts that one too
    wanted = by_gamma(REFERENCE[name]["bounds"])
    found = bound_discordant(total - few + 1, few - 1, gammas=list(wanted)).table
    for row in found.itertuples():
        assert (row.lower, row.upper) == pytest.approx(wanted[row.gamma], abs=5.1e-6)


def test_without_bias_mcnemar_is_half_the_two_sided_exact_p():
    found = bound_discordant(17, 4, gammas=[1.0]).table["upper"].iloc[0]
    assert found == pytest.approx(REFERENCE["mcnemar_exact"]["p_4_17"] / 2, abs=1e-9)
    assert mcnemar(4, 17).p_value == pytest.approx(REFERENCE["mcnemar_exact"]["p_4_17"], abs=1e-9)
    assert mcnemar(35, 35).p_value == REFERENCE["mcnemar_exact"]["p"]


def test_the_pairs_of_the_reference_give_its_counts_and_its_statistic(income_gaps):
    pairs = pd.read_csv(FOLDER / "optimal_pairs.csv")
    binary, few = REFERENCE["rosenbaum_binary"], REFERENCE["rosenbaum_binary_4_17"]
    works = pairs["e_treated"] - pairs["e_control"]
    assert (works == 1).sum() == binary["discordant_treated_only"]
    assert (works == -1).sum() == binary["discordant_control_only"]
    assert (few["x"], few["y"]) == (4, 17)
    assert signed_ranks(income_gaps)[0] == REFERENCE["signed_rank"]["V"]


def test_hammonds_pairs_as_published():
    published = PUBLISHED["rosenbaum_binary_pairs"]
    few, most = published["discordant"]
    gammas = [float(gamma) for gamma in published["upper_p_at_gamma"]]
    found = bound_discordant(most, few, gammas=gammas).table["upper"].round(5)
    assert found.tolist() == list(published["upper_p_at_gamma"].values())


@pytest.mark.parametrize("statistic", ["huber", "mean"])
def test_sets_of_three_meet_the_r_package_sensitivitymv(statistic):
    sets = pd.read_csv(FOLDER / "optimal_1to2_sets.csv")
    income = LALONDE.set_index("id")["re78"]
    columns = [income[sets[name]].to_numpy() for name in ("treated", "control1", "control2")]
    named = {float(key.split("_")[1]): value for key, value in REFERENCE["senmv"].items()}
    key = {"huber": "huber_pval", "mean": "perm_t_pval"}[statistic]
    found = bound_sets(
        columns[0], np.column_stack(columns[1:]), statistic=statistic, gammas=list(named)
    )
    wanted = [value[key] for value in named.values()]
    assert found.table["upper"].tolist() == pytest.approx(wanted, abs=1e-6)
    deviates = [value[key.replace("pval", "deviate")] for value in named.values()]
    assert norm.isf(found.table["upper"]).tolist() == pytest.approx(deviates, abs=1e-6)


def test_amplification_meets_both_sources():
    reference = REFERENCE["amplify"]
    found = [amplify(reference["gamma"], strength) for strength in reference["lambda"]]
    assert found == pytest.approx(reference["delta"], abs=1e-6)
    published = {key: pair for key, pair in PUBLISHED["amplification"].items() if key[0].isdigit()}
    assert len(published) == 4
    for gamma, (one, other) in published.items():
        assert amplify(float(gamma), one) == pytest.approx(other)


def test_by_hand_four_pairs_that_all_speak_for_the_programme():
    # with odds of two the worst coin falls for the programme four times: (2/3)^4
    found = bound_discordant(4, 0, gammas=[1.0, 2.0]).table
    assert found["upper"].tolist() == pytest.approx([1 / 16, 16 / 81])
    assert found["lower"].tolist() == pytest.approx([1 / 16, 1 / 81])


def test_mcnemar_from_people_counts_the_pairs_that_differ(paired):
    found = rosenbaum_bounds(paired)
    sets, reoffended = paired.design.sets, paired.within.reoffended
    pairs = [
        [reoffended[(sets == one) & arm][0] for arm in (paired.treated, ~paired.treated)]
        for one in np.unique(sets[sets >= 0])
    ]
    against = sum(a and not b for a, b in pairs)
    for_it = sum(b and not a for a, b in pairs)
    assert found.n_sets == against + for_it
    assert found.table.equals(bound_discordant(for_it, against).table)
    assert found.gamma > 1
    assert "times because of something unrecorded" in found.sentence


def test_the_largest_bias_brings_p_to_the_level(paired):
    found = rosenbaum_bounds(paired, "frequency", statistic="mean")
    again = rosenbaum_bounds(paired, "frequency", statistic="mean", gammas=[found.gamma])
    assert again.table["upper"].iloc[0] == pytest.approx(0.05, abs=1e-9)


def test_turning_all_outcomes_round_turns_the_alternative_round():
    rng = np.random.default_rng(1)
    first, rest = rng.normal(size=40), rng.normal(0.4, 1, size=(40, 3))
    for statistic in ("mean", "huber"):
        less = bound_sets(first, rest, statistic=statistic, alternative="less")
        greater = bound_sets(-first, -rest, statistic=statistic, alternative="greater")
        assert less.table.equals(greater.table)


def test_bounds_of_pairs_by_the_mean_are_near_those_of_sets_of_any_size():
    rng = np.random.default_rng(2)
    first, one = rng.normal(0.5, 1, 60), rng.normal(size=60)
    padded = np.column_stack([one, np.full(60, np.nan)])
    assert bound_sets(first, one, statistic="mean").table.equals(
        bound_sets(first, padded, statistic="mean").table
    )


def test_full_matching_is_bounded_too():
    cohort = ds.simulate_cohort(150, 300, rng=8, rate_ratio=0.3).cohort
    design = ds.build_design(cohort, "age + copas", method=ds.FullMatching())
    found = rosenbaum_bounds(build_sample(cohort, design))
    assert found.statistic == "mean"
    assert found.table["upper"].is_monotonic_increasing
    assert found.table["lower"].is_monotonic_decreasing


def test_a_design_without_sets_is_refused_with_what_to_do():
    cohort = ds.simulate_cohort(60, 300, rng=8).cohort
    design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching())
    with pytest.raises(CannotAnswerError, match="no disjoint matched sets; match pairs"):
        rosenbaum_bounds(build_sample(cohort, design))


def test_every_fault_of_the_settings_is_listed(paired):
    with pytest.raises(InputError) as error:
        rosenbaum_bounds(paired, statistic="t", gammas=[0.5], alternative="both", alpha=5)
    assert len(error.value.faults) == 4


def test_no_result_survives_no_bias():
    assert bound_discordant(10, 9).gamma == 1
    assert "nothing that hidden bias" in bound_discordant(10, 9).sentence
    assert np.isinf(find_largest_bias(lambda _: (0.0, 0.0), 0.05))


def test_design_sensitivity_is_the_odds_of_pairs_that_differ():
    found = design_sensitivity(500, 0.2, 0.5)
    assert found.limit == pytest.approx(0.5 * 0.8 / (0.2 * 0.5))
    assert 1 < found.gamma < found.limit
    assert found.table["gamma"].is_monotonic_increasing


def test_the_planned_bias_has_the_power_asked_for_by_simulation():
    found = design_sensitivity(300, 0.2, 0.4, power=0.8)
    rng = np.random.default_rng(4)
    treated, comparison = (rng.random((4000, 300)) < rate for rate in (0.2, 0.4))
    for_it = (comparison & ~treated).sum(axis=1)
    differ = for_it + (treated & ~comparison).sum(axis=1)
    share = found.gamma / (1 + found.gamma)
    power = (binom.sf(for_it - 1, differ, share) <= 0.05).mean()
    assert power == pytest.approx(0.8, abs=0.03)


def test_few_pairs_are_said_to_be_few():
    found = design_sensitivity(83, 13 / 83, 0.278)
    assert found.gamma == 1
    assert "83 pairs are too few" in found.sentence
    with pytest.raises(InputError, match=r"below 0\.1"):
        design_sensitivity(83, 0.2, 0.1)
