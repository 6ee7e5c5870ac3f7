"""Poorly matched covariates are tested as predictors of reoffending, and both facts are said."""

import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.checks import weighted_difference
from desist.checks.designs.prognostic import COLUMNS, check_prognostic, fit_line
from desist.design.design import Design
from desist.errors import InputError
from desist.estimands import Estimand


def make_people(**columns):
    """Ten participants, forty comparison people."""
    rng = np.random.default_rng(3)
    treated = np.repeat([1, 0], [10, 40])
    people = pd.DataFrame(
        {
            "programme": treated,
            "age": np.round(rng.normal(30 + 4 * treated, 6)),
            "drugs": np.where(np.arange(50) % 2 == 0, 1, 0),
            "weight": np.where(treated == 1, 1.0, rng.uniform(0.2, 3, 50)),
            "reoffended": np.tile([0, 1, 1, 0, 0], 10),
        }
    )
    return people.assign(**columns)


def check(people, formula="age", **more):
    cohort = ds.Cohort(people, treatment="programme", reoffended="reoffended", **more)
    design = ds.build_design(cohort, formula, method=ds.GivenWeights("weight"))
    return check_prognostic(cohort, design)


@pytest.fixture(scope="module")
def confounded():
    """A caliper so wide that hardly anything is adjusted; the Copas rate drives reoffending."""
    cohort = ds.simulate_cohort(200, 3000, rng=4, n_groups=0).cohort
    design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(2.0))
    return cohort, design, check_prognostic(cohort, design)


def test_the_slope_is_that_of_weighted_least_squares_with_hc3():
    statsmodels = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=80), rng.gamma(2, 1, 80)
    y = (rng.random(80) < 0.4 + 0.1 * np.tanh(x)).astype(float)
    oracle = statsmodels.WLS(y, statsmodels.add_constant(x), weights=weights).fit(cov_type="HC3")
    found = fit_line(y, x, weights)
    assert found.estimate == pytest.approx(oracle.params[1], rel=1e-10)
    assert found.standard_error == pytest.approx(oracle.bse[1], rel=1e-10)


def test_for_two_groups_the_slope_is_the_difference_of_weighted_proportions():
    people = make_people()
    y, x, w = (people[name].to_numpy() for name in ("reoffended", "drugs", "weight"))
    found, expected = fit_line(y, x, w), weighted_difference(y, x == 1, w)
    assert found.estimate == pytest.approx(expected.estimate, rel=1e-12)
    assert found.standard_error == pytest.approx(expected.standard_error, rel=1e-12)


def test_two_equal_groups_have_as_many_degrees_of_freedom_as_a_t_test():
    found = fit_line([0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], np.ones(6))
    assert found.df == pytest.approx(4)


def test_multiplying_all_weights_by_ten_changes_nothing():
    people = make_people()
    first, second = check(people), check(people.assign(weight=10 * people["weight"]))
    pd.testing.assert_frame_equal(
        first.table.drop(columns="sentence"), second.table.drop(columns="sentence")
    )
    assert first.score.smd_after == pytest.approx(second.score.smd_after, rel=1e-12)


def test_the_estimate_is_for_one_standard_deviation_of_the_balance_table(confounded):
    cohort, design, found = confounded
    row = found.table.set_index("covariate").loc["copas"]
    copas = cohort.people["copas"].to_numpy()
    used = ~design.treated & (design.weights > 0)
    unit = copas[design.treated].std(ddof=1)
    slope = fit_line(cohort.people["reoffended"][used], copas[used], design.weights[used])
    assert row["estimate"] == pytest.approx(slope.estimate * unit, rel=1e-9)
    gap = np.average(copas[design.treated]) - np.average(copas[used], weights=design.weights[used])
    assert row["rate_difference"] == pytest.approx(slope.estimate * gap, rel=1e-9)


def test_a_covariate_that_drives_reoffending_is_found(confounded):
    _, _, found = confounded
    assert list(found.table.columns) == list(COLUMNS)
    row = found.table.set_index("covariate").loc["copas"]
    assert row["word"] == "poorly matched"
    assert row["p_value"] < 1e-6
    assert row["estimate"] > 0 > row["smd_after"]


def test_the_prognostic_score_foresees_the_bias_that_is_left(confounded):
    _, design, found = confounded
    assert found.score.word == "poorly matched"
    assert abs(found.score.smd_after) < abs(found.score.smd_before)
    simulated = ds.simulate_cohort(200, 3000, rng=4, n_groups=0, rate_ratio=1.0)
    outside, weights = ~design.treated, design.weights
    rates = [
        simulated.means_of(np.where(arm, weights, 0))[ds.Measure.RATE].comparison
        for arm in (design.treated, outside)
    ]
    assert found.score.rate_difference == pytest.approx(rates[0] - rates[1], abs=0.02)


def test_the_outcomes_of_participants_are_not_looked_at(confounded):
    cohort, design, found = confounded
    people = cohort.people.copy()
    inside = people["programme"].astype(bool)
    for column, value in {"reoffended": True, "offences": 1, "days": 5.0}.items():
        people.loc[inside, column] = value
    other = ds.Cohort(people, **cohort.settings())
    again = check_prognostic(other, design)
    pd.testing.assert_frame_equal(found.table, again.table)
    assert found.score == again.score


def test_a_chance_covariate_is_rarely_said_to_predict():
    rng = np.random.default_rng(8)
    said = []
    for _ in range(400):
        weights, y = rng.gamma(1, 1, 150), rng.random(150) < 0.4
        said.append(fit_line(y, rng.normal(size=150), weights).p_value < 0.05)
    # 400 trials at 5%: within three standard errors
    assert 0.018 < np.mean(said) < 0.083


def test_one_poorly_matched_covariate_is_named_with_both_facts():
    people = make_people(reoffended=np.r_[np.zeros(10, int), np.tile([0, 1], 20)])
    found = check(people, "drugs + age")
    drugs = found.table.set_index("covariate").loc["age"]
    assert drugs["sentence"].startswith("age: poorly matched (+")
    assert "Among the comparison people it " in drugs["sentence"]
    (warning, *_) = check(people.assign(age=np.arange(50) % 7 + 5.0 * people["programme"])).warnings
    assert warning.startswith("Poorly matched: age. Among the comparison people it ")
    assert warning.endswith(").")


def test_predictors_and_others_are_named_apart(confounded):
    _, _, found = confounded
    assert found.warnings[0].startswith("Poorly matched: age, copas. Among the comparison people ")
    assert "these predict reoffending: " in found.warnings[0]
    assert "copas (p < 0.001)" in found.warnings[0]
    assert "fewer in 100 participants would reoffend without the programme" in found.warnings[1]
    assert repr(found).startswith("Prognostic check among the comparison people\n  age: poorly")


def test_the_evaluation_says_whether_what_is_poorly_matched_predicts(confounded):
    cohort, design, found = confounded
    evaluation = ds.evaluate(cohort, design, models=[ds.RateModel()], inference="laplace", seed=1)
    assert set(found.warnings) <= set(evaluation.warnings)


def test_nothing_is_said_when_all_is_matched():
    cohort = ds.simulate_cohort(60, 600, rng=1, n_groups=0).cohort
    design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    found = check_prognostic(cohort, design)
    assert found.warnings == ()
    assert found.table.empty
    assert found.score.word == "well matched"
    assert "no covariate is poorly matched" in repr(found)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"reoffended": 0}, "none of the 40 comparison people in use reoffended"),
        ({"reoffended": 1}, "all of the 40 comparison people in use reoffended"),
        (
            {"flag": np.r_[1, np.zeros(8, int), 1, np.zeros(40, int)]},
            "all comparison people in use have the same value",
        ),
        (
            {"flag": np.r_[np.ones(5, int), np.zeros(44, int), 1]},
            "a single comparison person decides it",
        ),
    ],
)
def test_what_cannot_be_tested_has_its_reason(change, reason):
    found = check(make_people(**change), "flag" if "flag" in change else "age")
    row = found.table.iloc[0]
    assert not row["applicable"]
    assert np.isnan(row["p_value"])
    assert row["reason"] == reason
    assert row["sentence"].endswith(f"cannot be tested, because {reason}.")
    assert found.warnings[0].endswith(f"Whether it predicts reoffending is not tested: {reason}.")


def test_a_cohort_without_who_reoffended_has_no_check():
    people = make_people(offences=np.tile([0, 2], 25)).drop(columns="reoffended")
    cohort = ds.Cohort(people, treatment="programme", offences="offences")
    design = ds.build_design(cohort, "age", method=ds.GivenWeights("weight"))
    found = check_prognostic(cohort, design)
    assert found.score.reason == "the cohort has no column of who reoffended"
    assert set(found.table["reason"]) <= {"the cohort has no column of who reoffended"}


def test_a_score_that_cannot_be_fitted_has_its_reason():
    # drugs tells who among the comparison people reoffended
    people = make_people(drugs=np.tile([0, 1, 1, 0, 0], 10))
    found = check(people, "age + drugs")
    assert found.score.word == ""
    assert found.score.reason == (
        "reoffending among the comparison people cannot be regressed on the covariates: a rare "
        "level, or too many of them"
    )
    assert f"not applicable, because {found.score.reason}" in repr(found)


def test_a_design_without_covariates_has_no_check():
    people = make_people()
    cohort = ds.Cohort(people, treatment="programme", reoffended="reoffended")
    design = Design(np.ones(50), cohort.treated, Estimand.ATT)
    found = check_prognostic(cohort, design)
    assert found.table.empty
    assert found.score.reason == "the design names no covariates"
    assert found.warnings == ()


def test_people_of_another_design_are_refused(confounded):
    _, design, _ = confounded
    cohort = ds.simulate_cohort(60, 600, rng=1, n_groups=0).cohort
    with pytest.raises(InputError, match=r"another one \(3200 people, the cohort has 660\)"):
        check_prognostic(cohort, design)
