"""Sampling weights: in the score, in balance, in the weights of every method, and in its errors."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.checks.designs.prognostic import check_prognostic
from desist.cli.study import read_study
from desist.design.balance import measure_balance
from desist.design.balance.characteristics import describe_people, profile_dropped
from desist.design.balance.similarity import (
    measure_by_group,
    measure_distances,
    measure_overlap,
    measure_products,
)
from desist.design.catalogue import METHODS
from desist.design.design import MULTIPLIED, build_design
from desist.design.draws import draw_designs
from desist.design.formula import make_matrix, read_formula
from desist.design.matching.distance import whiten
from desist.design.matching.nearest import NearestMatching
from desist.design.matching.radius import RadiusMatching
from desist.design.protocol import UsualAnswers
from desist.design.scores.models import GivenScore, GroupedScore, RegressionScore
from desist.design.weighting.by_score import InverseProbability, OverlapWeights
from desist.design.weighting.entropy import EntropyBalancing
from desist.errors import InputError
from desist.estimands import Estimand

from .test_catalogue import FORMULA, make_people, method_of

TAKE_THEM = [(name, one) for name, kind in METHODS.items() for one in kind.estimands]
TAKE_THEM = [(name, one) for name, one in TAKE_THEM if name != "given"]
# weights by matches or by quantiles of people, who are other people when they are repeated
COUNT_PEOPLE = {"radius", "nearest", "optimal", "full", "subclass"}
NUMBERS = ["age", "priors"]


def sample_people():
    made = make_people(seed=1, n_people=240).drop(columns="weight")
    source = np.random.default_rng(5)
    # those of the north were sampled more rarely, comparison people more rarely still
    rarely = np.where(made["region"] == "north", 3, 1) * np.where(made["programme"] == 1, 1, 2)
    return made.assign(sampled=source.integers(1, 4, len(made)) * rarely)


@pytest.fixture(scope="module")
def people():
    return sample_people()


def cohort_of(people, column="sampled"):
    return ds.Cohort(people, treatment="programme", reoffended="reoffended", sampling_weight=column)


def weigh(people, name, estimand=None, column="sampled", **more):
    wide = name == "nearest" and estimand is Estimand.ATC
    more |= {"replacement": True, "caliper": None} if wide else {}
    formula = "C(region)" if name == "exact" else FORMULA
    cohort = cohort_of(people, column)
    return build_design(cohort, formula, method=method_of(name, **more), estimand=estimand)


def contrast(outcome, design):
    arms = (design.treated, ~design.treated)
    inside, outside = (np.average(outcome[arm], weights=design.weights[arm]) for arm in arms)
    return inside - outside


# -- the cohort ------------------------------------------------------------------------------


def test_they_have_mean_one_and_are_no_covariate(people):
    cohort = cohort_of(people)
    given = people["sampled"].to_numpy(dtype=float)
    np.testing.assert_allclose(cohort.sampling_weights, given / given.mean(), rtol=1e-14)
    assert "sampled" not in cohort.covariates
    assert ds.Cohort(people, **cohort.settings()).sampling_weight == "sampled"


def test_a_cohort_without_them_is_stored_as_before(people):
    cohort = ds.Cohort(people, treatment="programme")
    assert cohort.sampling_weights is None
    assert "sampling_weight" not in cohort.settings()


def test_weights_that_are_near_the_largest_number_can_be_added_up(people):
    large = people.assign(sampled=people["sampled"] * 1e306)
    np.testing.assert_allclose(
        cohort_of(large).sampling_weights, cohort_of(people).sampling_weights, rtol=1e-12
    )


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (np.nan, "no value"),
        (0.0, "no positive number"),
        (-2.71, "no positive number"),
        (np.inf, "an infinite number"),
        (1e-14, "next to nothing"),
    ],
)
def test_a_weight_that_is_none_is_refused_without_showing_it(people, value, found):
    bad = people.assign(sampled=people["sampled"].astype(float))
    bad.loc[[3, 8], "sampled"] = value
    with pytest.raises(InputError) as caught:
        cohort_of(bad)
    message = str(caught.value)
    assert "sampled: expected " in message
    assert f"2 people with {found} (rows 4, 9)" in message
    assert "2.71" not in message


def test_text_among_them_is_refused_with_advice(people):
    text = people.assign(sampled=people["sampled"].astype(object))
    text.loc[0, "sampled"] = "Holloway"
    with pytest.raises(InputError, match="1 over the chance of being sampled") as caught:
        cohort_of(text)
    assert "Holloway" not in str(caught.value)


def test_their_column_has_to_exist_and_has_no_other_role(people):
    with pytest.raises(InputError, match=r'sampling_weight="sampld".*did you mean "sampled"\?'):
        cohort_of(people, "sampld")
    with pytest.raises(InputError, match="expected one role, found treatment and sampling_weight"):
        cohort_of(people, "programme")
    with pytest.raises(InputError, match="sampling_weight: expected the name of a column"):
        cohort_of(people, 7)


def test_a_formula_may_not_use_them(people):
    with pytest.raises(InputError, match="which is the sampling weight"):
        build_design(cohort_of(people), "age + sampled", method=OverlapWeights())


def test_a_settings_file_names_them(tmp_path, people):
    people.to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "study.toml").write_text(
        '[data]\npeople = "people.csv"\ntreatment = "programme"\nsampling_weight = "sampled"\n'
        '[design]\nformula = "age"\nmethod = "overlap"\n'
    )
    study = read_study(tmp_path / "study.toml")
    cohort = ds.Cohort(study.people, **study.data)
    np.testing.assert_allclose(cohort.sampling_weights, cohort_of(people).sampling_weights)


# -- the score -------------------------------------------------------------------------------


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_the_score_is_that_of_a_weighted_regression(people, link):
    import statsmodels.api as sm

    cohort = cohort_of(people)
    design = build_design(
        cohort, FORMULA, method=OverlapWeights(), score=RegressionScore(link=link)
    )
    read, _ = read_formula(FORMULA, cohort.covariates, {})
    matrix = make_matrix(read, cohort.covariates)[0]
    kind = {"logit": sm.families.links.Logit(), "probit": sm.families.links.Probit()}[link]
    fitted = sm.GLM(
        cohort.treated.astype(float),
        matrix.values,
        family=sm.families.Binomial(link=kind),
        var_weights=people["sampled"].to_numpy(dtype=float),
    ).fit(tol=1e-13, maxiter=100)
    np.testing.assert_allclose(design.scores.coefficients, fitted.params, rtol=1e-7)
    np.testing.assert_allclose(design.scores.scores, fitted.mu, rtol=1e-8)


def test_the_covariance_of_its_coefficients_is_the_sandwich(people):
    import statsmodels.api as sm

    cohort = cohort_of(people)
    design = build_design(cohort, FORMULA, method=OverlapWeights())
    read, _ = read_formula(FORMULA, cohort.covariates, {})
    matrix = make_matrix(read, cohort.covariates)[0]
    fitted = sm.GLM(
        cohort.treated.astype(float),
        matrix.values,
        family=sm.families.Binomial(),
        var_weights=people["sampled"].to_numpy(dtype=float),
    ).fit(tol=1e-13, maxiter=100, cov_type="HC0")
    np.testing.assert_allclose(design.scores.covariance, fitted.cov_params(), rtol=1e-6, atol=1e-9)


def test_a_score_that_is_estimated_again_keeps_them(people):
    method = NearestMatching(discard="both", reestimate=True, caliper=0.3)
    found = build_design(cohort_of(people), "age", method=method)
    before = build_design(cohort_of(people), "age", method=OverlapWeights()).scores.scores
    treated = people["programme"].to_numpy() == 1
    low = max(before[treated].min(), before[~treated].min())
    high = min(before[treated].max(), before[~treated].max())
    stay = people[(before >= low) & (before <= high)].reset_index(drop=True)
    assert len(stay) < len(people)
    again = build_design(cohort_of(stay), "age", method=OverlapWeights()).scores
    np.testing.assert_allclose(found.scores.coefficients, again.coefficients, rtol=1e-8)


def test_drawn_designs_keep_them(people):
    cohort = cohort_of(people)
    design = build_design(cohort, "age", method=InverseProbability())
    for drawn in draw_designs(cohort, design, n_draws=2, rng=1):
        np.testing.assert_array_equal(drawn.sampling, design.sampling)
        inside = drawn.weights[drawn.treated] / drawn.sampling[drawn.treated]
        np.testing.assert_allclose(inside, 1.0)


# -- the weights -----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "estimand"), TAKE_THEM)
def test_times_ten_changes_nothing(people, name, estimand):
    first = weigh(people, name, estimand)
    second = weigh(people.assign(sampled=people["sampled"] * 10), name, estimand)
    np.testing.assert_allclose(second.weights, first.weights, rtol=1e-9, atol=1e-12)
    numbers = first.balance.table.select_dtypes("number")
    np.testing.assert_allclose(
        second.balance.table.select_dtypes("number"), numbers, rtol=1e-7, atol=1e-9
    )


@pytest.mark.parametrize(("name", "estimand"), TAKE_THEM)
def test_equal_ones_change_no_bit(people, name, estimand):
    alike = people.assign(sampled=0.3)
    plain = weigh(people.drop(columns="sampled"), name, estimand, column=None)
    design = weigh(alike, name, estimand)
    np.testing.assert_array_equal(design.weights, plain.weights)
    pd.testing.assert_frame_equal(design.balance.table, plain.balance.table)
    assert type(design.arose) is type(plain.arose)
    assert design.notes == plain.notes
    assert design.people_mark == plain.people_mark


@pytest.mark.parametrize(("name", "estimand"), TAKE_THEM)
def test_people_who_stand_for_several_weigh_as_several_do(people, name, estimand):
    if name in COUNT_PEOPLE:
        pytest.skip("matches and quantiles are of the people who are there")
    rows = np.repeat(np.arange(len(people)), people["sampled"])
    repeated = people.iloc[rows].drop(columns="sampled").reset_index(drop=True)
    whole = weigh(repeated, name, estimand, column=None)
    design = weigh(people, name, estimand)
    for arm in (design.treated, ~design.treated):
        total = np.bincount(rows, whole.weights)[arm]
        ours = design.weights[arm]
        np.testing.assert_allclose(ours / ours.sum(), total / total.sum(), rtol=1e-6, atol=1e-12)
    means = ["mean_treated", "mean_comparison", "mean_treated_before", "mean_comparison_before"]
    np.testing.assert_allclose(
        design.balance.table[means], whole.balance.table[means], rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize(("name", "estimand"), TAKE_THEM)
def test_the_people_asked_about_keep_their_sampling_weights(people, name, estimand):
    design = weigh(people, name, estimand)
    asked = {Estimand.ATT: design.treated, Estimand.ATC: ~design.treated}.get(estimand)
    if asked is None:
        pytest.skip("about everybody")
    kept = asked & (design.weights > 0)
    ratio = design.weights[kept] / design.sampling[kept]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)


@pytest.mark.parametrize("name", ["radius", "nearest", "optimal"])
def test_matched_people_weigh_their_matches_times_their_sampling_weight(people, name):
    design = weigh(people, name)
    pairs = np.concatenate(list(design.pairs()))
    _, of_pair, counts = np.unique(pairs[:, 0], return_inverse=True, return_counts=True)
    shares = np.bincount(pairs[:, 1], 1 / counts[of_pair], len(people))
    outside = ~design.treated
    np.testing.assert_allclose(
        design.weights[outside], (shares * design.sampling)[outside], rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("name", ["exact", "cem", "subclass", "full"])
@pytest.mark.parametrize("estimand", [Estimand.ATT, Estimand.ATE, Estimand.ATC])
def test_both_arms_have_the_same_sets(people, name, estimand):
    design = weigh(people, name, estimand)
    used = design.sets >= 0
    inside, outside = (
        np.bincount(design.sets[used & arm], design.weights[used & arm])
        for arm in (design.treated, ~design.treated)
    )
    np.testing.assert_allclose(inside, outside, rtol=1e-9)


@pytest.mark.parametrize("estimand", [Estimand.ATT, Estimand.ATE, Estimand.ATC])
@pytest.mark.parametrize("name", ["entropy", "cbps", "ipt"])
def test_balancing_meets_the_means_of_the_population(people, name, estimand):
    design = weigh(people, name, estimand)
    asked = {Estimand.ATT: design.treated, Estimand.ATC: ~design.treated}.get(
        estimand, np.ones(len(people), dtype=bool)
    )
    values = people[NUMBERS].to_numpy()
    target = np.average(values[asked], axis=0, weights=people["sampled"][asked])
    arms = (design.treated, ~design.treated)
    found = [np.average(values[arm], axis=0, weights=design.weights[arm]) for arm in arms]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-7)
    if name != "cbps" or estimand is not Estimand.ATE:
        np.testing.assert_allclose(found[0], target, rtol=1e-7)


def test_two_moments_balance_weighted_variances(people):
    method = EntropyBalancing(moments=2)
    design = build_design(cohort_of(people), "age", method=method)
    values, sampled = people["age"].to_numpy(), people["sampled"].to_numpy(dtype=float)
    inside = np.cov(values[design.treated], aweights=sampled[design.treated], ddof=0)
    outside = np.cov(values[~design.treated], aweights=design.weights[~design.treated], ddof=0)
    assert float(outside) == pytest.approx(float(inside), rel=1e-7)


def test_mahalanobis_distance_takes_the_weighted_covariance_within_arms(people):
    values, treated = people[NUMBERS].to_numpy(), people["programme"].to_numpy() == 1
    sampled = people["sampled"].to_numpy(dtype=float)
    points = whiten(values, treated, None, sampled)
    centred, shares = points.copy(), sampled / sampled.sum()
    for arm in (treated, ~treated):
        centred[arm] -= np.average(points[arm], axis=0, weights=sampled[arm])
    within = centred.T @ (centred * shares[:, None]) / (1 - shares @ shares)
    np.testing.assert_allclose(within, np.eye(2), atol=1e-10)


def test_a_note_says_so_and_effective_sizes_follow(people):
    design = weigh(people, "ipw")
    assert design.notes == (MULTIPLIED,)
    assert f"note: {MULTIPLIED}" in repr(design)
    inside = people["sampled"][design.treated]
    assert design.effective_sample_size_treated == pytest.approx(
        inside.sum() ** 2 / (inside**2).sum()
    )


# -- who takes none --------------------------------------------------------------------------


@dataclass(frozen=True)
class Unheard(UsualAnswers):
    """A method that says nothing about sampling weights."""

    name: ClassVar[str] = "unheard"
    estimands: ClassVar[tuple[Estimand, ...]] = (Estimand.ATT,)
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = False
    needs_scores: ClassVar[bool] = False
    no_bootstrap: ClassVar[str] = ""


def test_a_method_that_says_nothing_about_them_is_refused(people):
    with pytest.raises(InputError, match="found 'unheard'; it does not say what it would do"):
        build_design(cohort_of(people), FORMULA, method=Unheard())


def test_given_weights_may_hold_them_already_and_are_refused(people):
    cohort = cohort_of(people.assign(weight=1.0))
    with pytest.raises(InputError, match=r"found 'given'; .*the column of their product"):
        build_design(cohort, FORMULA, method=ds.GivenWeights("weight"))


def test_a_grouped_score_is_refused_with_what_to_do(people):
    with pytest.raises(InputError, match=r"score: .*found 'grouped'; .*use RegressionScore"):
        build_design(
            cohort_of(people), "age", method=RadiusMatching(0.2), score=GroupedScore("region")
        )
    # no score is estimated for entropy balancing
    build_design(cohort_of(people), "age", method=EntropyBalancing(), score=GroupedScore("region"))


def test_a_given_score_is_taken_as_it_is(people):
    scored = people.assign(e=np.linspace(0.2, 0.6, len(people)))
    method = InverseProbability()
    design = build_design(cohort_of(scored), "age", method=method, score=GivenScore("e"))
    odds = scored["e"] / (1 - scored["e"])
    wanted = np.where(design.treated, 1, odds) * design.sampling
    np.testing.assert_allclose(design.weights, wanted, rtol=1e-12)


# -- balance ---------------------------------------------------------------------------------


def test_balance_by_hand():
    people = pd.DataFrame({"x": [1.0, 4.0, 0.0, 2.0, 5.0], "b": [1, 0, 1, 0, 0]})
    treated = np.array([True, True, False, False, False])
    sampling = np.array([1.0, 2.0, 1.0, 1.0, 2.0])
    weights = sampling * np.array([1.0, 1.0, 0.0, 3.0, 0.5])
    table = measure_balance(
        people, ("x", "b"), frozenset(), treated, weights, sampling=sampling
    ).table.set_index("covariate")
    # participants: (1 + 2 * 4) / 3; comparison: (0 + 2 + 2 * 5) / 4, and (3 * 2 + 5) / 4
    assert table.loc["x", "mean_treated_before"] == pytest.approx(3)
    assert table.loc["x", "mean_comparison_before"] == pytest.approx(3)
    assert table.loc["x", "mean_comparison"] == pytest.approx(2.75)
    # variance: (1 * 4 + 2 * 1) / (3 - 5 / 3) = 4.5
    assert table.loc["x", "smd_before"] == pytest.approx(0, abs=1e-12)
    assert table.loc["x", "smd_after"] == pytest.approx(0.25 / np.sqrt(4.5))
    # comparison: (1 * 9 + 1 * 1 + 2 * 4) / (4 - 6 / 4) = 7.2
    assert table.loc["x", "variance_ratio_before"] == pytest.approx(4.5 / 7.2)
    # after 0: 0 against 1/4; after 1: 1/3 against 1/4; after 2: 1/3 against 1/2; after 4: 1, 1/2
    assert table.loc["x", "ks_before"] == pytest.approx(1 / 2)
    assert table.loc["b", "smd_before"] == pytest.approx((1 / 3 - 1 / 4) / np.sqrt(2 / 9))
    assert table.loc["b", "ks_before"] == pytest.approx(1 / 12)
    assert table.loc["b", "smd_after"] == pytest.approx((1 / 3 - 0) / np.sqrt(2 / 9))


def test_what_is_measured_before_is_weighted_by_them_everywhere(people):
    """Equal design weights leave all as it was before: both columns of every measure agree."""
    score = GivenScore("half")
    cohort = cohort_of(people.assign(half=0.5 + np.arange(len(people)) * 1e-16))
    design = build_design(cohort, "age + priors", method=OverlapWeights(), score=score)
    sampled = people["sampled"].to_numpy(dtype=float)
    np.testing.assert_allclose(design.weights, 0.5 * sampled / sampled.mean(), rtol=1e-12)
    for balance in (
        design.balance,
        measure_products(cohort, design),
        measure_by_group(cohort, design, "region").groups["north"],
    ):
        np.testing.assert_allclose(
            balance.table["smd_before"], balance.table["smd_after"], atol=1e-12
        )
    overlap = measure_overlap(cohort, design)
    np.testing.assert_allclose(overlap["overlap_before"], overlap["overlap_after"], atol=1e-12)
    far = measure_distances(cohort, design)
    assert far.mahalanobis_before == pytest.approx(far.mahalanobis_after)
    assert far.energy_before == pytest.approx(far.energy_after)
    told = describe_people(cohort, design)
    np.testing.assert_allclose(told["participants_before_mean"], told["participants_mean"])
    np.testing.assert_allclose(told["comparison_before_mean"], told["comparison_mean"])
    found = check_prognostic(cohort, design).score
    assert found.smd_before == pytest.approx(found.smd_after)


def test_dropped_participants_are_described_with_them(people):
    cohort = cohort_of(people)
    design = build_design(cohort, "age", method=RadiusMatching(0.001))
    row = profile_dropped(cohort, design).iloc[0]
    dropped = design.treated & (design.weights == 0)
    assert 0 < dropped.sum() < design.treated.sum()
    age, sampled = people["age"], people["sampled"]
    assert row["mean_dropped"] == pytest.approx(np.average(age[dropped], weights=sampled[dropped]))
