import numpy as np
import pandas as pd
import pytest

from desist.design.design import build_design
from desist.design.draws import draw_designs
from desist.design.formula import ModelMatrix
from desist.design.matching.radius import RadiusMatching
from desist.design.scores.grouped import fit_grouped_score
from desist.design.scores.models import GroupedScore
from desist.design.scores.propensity import fit_score
from desist.errors import InputError, SeparationError


def simulate(n_people=3000, n_groups=20, spread=0.8, seed=0):
    rng = np.random.default_rng(seed)
    x, codes = rng.normal(5, 2, n_people), rng.integers(0, n_groups, n_people)
    intercepts = rng.normal(0, spread, n_groups)
    chance = 1 / (1 + np.exp(-(-1 + 0.3 * (x - 5) + intercepts[codes])))
    matrix = ModelMatrix(np.column_stack([np.ones(n_people), x]), ("Intercept", "x"))
    names = tuple(f"g[{number}]" for number in range(n_groups))
    return matrix, rng.random(n_people) < chance, codes, names, intercepts


def test_the_penalised_likelihood_equations_hold():
    matrix, treated, codes, names, _ = simulate()
    score = fit_grouped_score(matrix, treated, codes, names)
    residual = treated - score.scores
    np.testing.assert_allclose(matrix.values.T @ residual, 0, atol=1e-6)
    # for each group: sum of residuals = intercept / variance, one variance for all
    intercepts = score.coefficients.to_numpy()[2:]
    ratio = intercepts / np.bincount(codes, residual)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)
    # and that variance is Schall's: sum u^2 / (n_groups - sum var(u) / variance)
    spent = np.diag(score.covariance)[2:].sum() / ratio[0]
    assert ratio[0] == pytest.approx(intercepts @ intercepts / (20 - spent), rel=1e-3)


def test_intercepts_are_found_and_shrunken():
    matrix, treated, codes, names, truth = simulate(n_people=20_000)
    score = fit_grouped_score(matrix, treated, codes, names)
    found = score.coefficients.to_numpy()[2:]
    assert np.corrcoef(found, truth)[0, 1] > 0.98
    assert score.coefficients["x"] == pytest.approx(0.3, abs=0.03)
    dummies = (codes[:, None] == np.arange(1, 20)).astype(float)
    free = ModelMatrix(np.column_stack([matrix.values, dummies]), ("Intercept", "x", *names[1:]))
    unshrunken = np.r_[0, fit_score(free, treated).coefficients.to_numpy()[2:]]
    assert found.std() < unshrunken.std()


def test_groups_that_do_not_differ_are_shrunken_to_nothing():
    matrix, treated, codes, names, _ = simulate(spread=0.0, seed=4)
    score = fit_grouped_score(matrix, treated, codes, names)
    plain = fit_score(matrix, treated)
    assert np.abs(score.coefficients.to_numpy()[2:]).max() < 0.05
    np.testing.assert_allclose(score.scores, plain.scores, atol=0.01)


def test_a_small_group_is_shrunken_more_than_a_large_one(small, make_cohort):
    # all of both groups took part: no free intercept would be finite
    people = pd.DataFrame(
        {
            "programme": np.r_[np.ones(12), np.tile([1, 0, 0, 0], 50)].astype(int),
            "age": np.random.default_rng(0).normal(30, 5, 212),
            "prison": ["large"] * 10 + ["small"] * 2 + ["A", "B", "C", "D", "E"] * 40,
        }
    )
    design = build_design(
        make_cohort(people), "age", method=RadiusMatching(0.5), score=GroupedScore("prison")
    )
    found = design.scores.coefficients
    assert found["prison[large]"] > found["prison[small]"] > 0
    assert design.settings()["score"] == {"name": "grouped", "group": "prison"}


def test_scores_with_groups_can_be_drawn(small, make_cohort):
    people = small.assign(prison=np.tile(["A", "B", "C", "D"], 10))
    cohort = make_cohort(people)
    design = build_design(cohort, "age", method=RadiusMatching(1.0), score=GroupedScore("prison"))
    drawn = [one.scores for one in draw_designs(cohort, design, n_draws=3, rng=1)]
    assert list(drawn[0].coefficients.index) == list(design.scores.coefficients.index)
    for one in drawn:
        assert ((one.scores > 0) & (one.scores < 1)).all()
    assert not np.allclose(drawn[0].scores, drawn[1].scores)


def test_separation_is_named_with_groups_too(small, make_cohort):
    small["cell"] = np.where(small["programme"] == 1, "A", "B")
    small["prison"] = np.tile(["A", "B", "C", "D"], 10)
    with pytest.raises(SeparationError, match=r"cell\[T\.B\] tells participants"):
        build_design(
            make_cohort(small), "cell", method=RadiusMatching(), score=GroupedScore("prison")
        )


def test_bad_groups_are_refused(small, make_cohort):
    small["prison"] = ["A"] * 20 + [None] * 20
    cohort = make_cohort(small)
    for column, words in [
        ("prisn", "score group: expected a column of the cohort, found 'prisn'"),
        ("prison", "prison: expected a value for everybody, found 20 missing"),
    ]:
        with pytest.raises(InputError, match=words):
            build_design(cohort, "age", method=RadiusMatching(), score=GroupedScore(column))
    with pytest.raises(InputError, match="found 'sex', which is the group of the score"):
        build_design(cohort, "age + sex", method=RadiusMatching(), score=GroupedScore("sex"))
