import numpy as np
import pandas as pd
import pytest

from desist.design.design import build_design
from desist.design.formula import ModelMatrix, make_matrix, read_formula
from desist.design.matching.radius import RadiusMatching
from desist.design.scores.models import GivenScore, RegressionScore, draw_scores
from desist.design.scores.propensity import fit_score
from desist.errors import InputError, SeparationError

METHOD = RadiusMatching(0.5)


def test_scores_equal_those_of_r(cohort, formula, units):
    # glm() stops when the deviance moves by less than 1e-8 of itself, which leaves 3e-9
    expected = units("match/ps_glm.csv")
    score = build_design(cohort, formula, method=METHOD).scores
    np.testing.assert_allclose(score.scores, expected["ps"], rtol=0, atol=1e-8)
    np.testing.assert_allclose(score.logit, expected["lp"], rtol=0, atol=5e-8)


def test_the_likelihood_equations_hold_to_rounding(cohort, formula):
    # X'(treated - score) = 0, column by column, relative to the sum of |x|
    score = build_design(cohort, formula, method=METHOD).scores
    matrix, _ = make_matrix(read_formula(formula, cohort.covariates, {})[0], cohort.covariates)
    left = matrix.values.T @ (cohort.treated - score.scores)
    assert (np.abs(left) / np.abs(matrix.values).sum(axis=0)).max() < 1e-13


def test_coefficients_and_covariance_equal_those_of_statsmodels(cohort, formula):
    sm = pytest.importorskip("statsmodels.api")
    matrix, _ = make_matrix(read_formula(formula, cohort.covariates, {})[0], cohort.covariates)
    model = sm.GLM(cohort.treated.astype(float), matrix.values, family=sm.families.Binomial())
    expected = model.fit(tol=1e-14, maxiter=100)
    score = fit_score(matrix, cohort.treated)
    np.testing.assert_allclose(score.coefficients, expected.params, rtol=1e-10)
    # its own covariance is of the weights one step before the last: 1e-6 off, by release
    covariance = np.linalg.inv(-model.hessian(expected.params))
    np.testing.assert_allclose(score.covariance, covariance, rtol=1e-8)


def test_a_single_binary_covariate_gives_the_log_odds_by_hand():
    # with x: 3 of 4 took part; without: 2 of 6
    x = np.repeat([1.0, 0.0], [4, 6])
    treated = np.array([1, 1, 1, 0, 1, 1, 0, 0, 0, 0], dtype=bool)
    matrix = ModelMatrix(np.column_stack([np.ones(10), x]), ("Intercept", "x"))
    score = fit_score(matrix, treated)
    np.testing.assert_allclose(score.scores, np.repeat([3 / 4, 2 / 6], [4, 6]), rtol=1e-12)
    np.testing.assert_allclose(score.coefficients, [np.log(0.5), np.log(6.0)], rtol=1e-12)
    # variance of a log odds: 1/3 + 1/1 and 1/2 + 1/4
    np.testing.assert_allclose(np.diag(score.covariance), [0.75, 0.75 + 4 / 3], rtol=1e-10)


def test_the_unit_of_a_covariate_changes_nothing():
    rng = np.random.default_rng(0)
    x = rng.normal(2017, 3, 300)
    treated = rng.random(300) < 1 / (1 + np.exp(-(x - 2018)))
    ones = np.ones(300)
    first = fit_score(ModelMatrix(np.column_stack([ones, x]), ("Intercept", "x")), treated)
    far = np.column_stack([ones, 1e6 * x - 4e7])
    second = fit_score(ModelMatrix(far, ("Intercept", "x")), treated)
    np.testing.assert_allclose(first.scores, second.scores, rtol=1e-8)


def test_perfect_separation_is_detected_and_named(small, make_cohort):
    small["cell"] = np.where(small["programme"] == 1, "A", "B")
    with pytest.raises(SeparationError) as caught:
        build_design(make_cohort(small), "age + cell", method=METHOD)
    assert str(caught.value) == (
        "the score has no estimate: cell[T.B] tells participants from comparison people "
        "perfectly; merge rare levels, leave the covariate out, or keep only comparison people "
        "who could have taken part"
    )


def test_a_level_that_only_comparison_people_have_is_named(small, make_cohort):
    small["prison"] = np.where(np.arange(40) >= 28, "Send", "Other")
    with pytest.raises(SeparationError, match=r"prison\[T\.Send\] tells participants"):
        build_design(make_cohort(small), "age + prison", method=METHOD)


def test_a_level_that_few_people_have_is_numbered_not_named(small, make_cohort):
    small["prison"] = np.where(np.arange(40) >= 35, "Send", "Other")
    with pytest.raises(SeparationError, match=r"prison\[T\.rare level 2\] tells") as caught:
        build_design(make_cohort(small), "age + prison", method=METHOD)
    assert "Send" not in str(caught.value)


def test_a_message_names_five_columns_at_the_most(small, make_cohort):
    for number in range(8):
        small[f"x{number}"] = small["programme"] * 10 + np.arange(40) % (number + 2)
    formula = " + ".join(f"x{number}" for number in range(8))
    with pytest.raises(SeparationError, match=r"x0, x1, x2, x3, x4 and 3 other columns tell"):
        build_design(make_cohort(small), formula, method=METHOD)


def test_covariates_that_separate_only_together_are_named_together(small, make_cohort):
    rng = np.random.default_rng(5)
    small["one"] = rng.normal(size=40)
    small["two"] = -small["one"] + np.where(small["programme"] == 1, 0.1, -0.1)
    with pytest.raises(SeparationError, match="together one, two tell participants"):
        build_design(make_cohort(small), "one + two + age", method=METHOD)


def test_an_unknown_link_is_refused(small, make_cohort):
    with pytest.raises(InputError) as caught:
        build_design(make_cohort(small), "age", method=METHOD, score=RegressionScore("probid"))
    assert str(caught.value) == (
        "design: 1 fault\n  - score link: expected 'logit' or 'probit', found 'probid'; "
        "did you mean 'probit'?"
    )


def test_scores_from_elsewhere_are_taken_as_they_are(small, make_cohort):
    small["score"] = np.linspace(0.1, 0.9, 40)
    design = build_design(make_cohort(small), "age", method=METHOD, score=GivenScore("score"))
    np.testing.assert_array_equal(design.scores.scores, small["score"])
    np.testing.assert_allclose(
        design.scores.logit, np.log(small["score"] / (1 - small["score"])), rtol=1e-14
    )
    assert design.scores.coefficients is None
    assert design.settings()["score"] == {"name": "given", "column": "score"}


def test_scores_outside_zero_and_one_are_refused(small, make_cohort):
    small["score"] = np.linspace(0.1, 1.1, 40)
    with pytest.raises(InputError) as caught:
        build_design(make_cohort(small), "age", method=METHOD, score=GivenScore("score"))
    assert str(caught.value) == (
        "design: 1 fault\n  - score: expected scores strictly between 0 and 1, found 4 others "
        "(rows 37, 38, 39, 40); give probabilities of taking part, not log odds"
    )


def test_an_unknown_score_column_is_refused(small, make_cohort):
    with pytest.raises(InputError, match="score column: expected a column of the cohort"):
        build_design(make_cohort(small), "age", method=METHOD, score=GivenScore("ps"))


def test_score_draws_have_the_mean_and_spread_of_the_coefficients(cohort, formula):
    read, _ = read_formula(formula, cohort.covariates, {})
    score = build_design(cohort, formula, method=METHOD).scores
    draws = list(draw_scores(score, read, cohort.covariates, n_draws=2000, rng=1))
    table = pd.DataFrame([draw.coefficients for draw in draws])
    error = np.sqrt(np.diag(score.covariance))
    assert (np.abs(table.mean() - score.coefficients) / error).max() < 0.1
    np.testing.assert_allclose(table.std() / error, 1.0, atol=0.06)


def test_scores_from_elsewhere_have_no_draws(small, make_cohort):
    small["score"] = np.linspace(0.1, 0.9, 40)
    design = build_design(make_cohort(small), "age", method=METHOD, score=GivenScore("score"))
    read, _ = read_formula("age", small, {})
    with pytest.raises(InputError, match="their uncertainty is not known here"):
        list(draw_scores(design.scores, read, small, n_draws=2, rng=1))


def test_the_printed_score_shows_nobody(cohort, formula):
    score = build_design(cohort, formula, method=METHOD).scores
    assert repr(score) == "PropensityScore(logit, 614 people, 0.30 on average)"
