import numpy as np
import pytest
from scipy import stats

from desist.design.design import build_design
from desist.design.formula import make_matrix, read_formula
from desist.design.scores.models import GivenScore, RegressionScore
from desist.design.weighting.by_score import InverseProbability, MatchingWeights, OverlapWeights
from desist.errors import CannotAnswerError, InputError, NoOverlapError
from desist.estimands import Estimand

REFERENCES = [
    ("glm_ate", InverseProbability(), "ATE"),
    ("glm_att", InverseProbability(), "ATT"),
    ("glm_atc", InverseProbability(), "ATC"),
    ("glm_ato", OverlapWeights(), None),
    ("glm_atm", MatchingWeights(), None),
    ("glm_ate_stab", InverseProbability(stabilised=True), "ATE"),
]


@pytest.mark.parametrize(("name", "method", "estimand"), REFERENCES)
def test_weights_equal_those_of_weightit(cohort, formula, units, results, name, method, estimand):
    expected = units("weights/lalonde_weights.csv")[name]
    design = build_design(cohort, formula, method=method, estimand=estimand)
    np.testing.assert_allclose(design.weights, expected, rtol=0, atol=1e-6)
    summary = results("weights/weightit_results.json")[name]
    assert design.effective_sample_size_treated == pytest.approx(summary["ess_treated"], abs=1e-6)
    assert design.effective_sample_size_comparison == pytest.approx(
        summary["ess_control"], abs=1e-6
    )


def fit_probit_as_r_does(matrix, treated, epsilon):
    """Iteratively reweighted least squares from R's start, by R's rule for stopping."""
    y = treated.astype(float)
    mean = (y + 0.5) / 2
    predictor, deviance = stats.norm.ppf(mean), np.inf
    while True:
        density = stats.norm.pdf(predictor)
        root = np.sqrt(density**2 / (mean * (1 - mean)))
        working = predictor + (y - mean) / density
        beta = np.linalg.lstsq(matrix * root[:, None], working * root, rcond=None)[0]
        predictor = matrix @ beta
        mean = stats.norm.cdf(predictor)
        new = -2 * np.sum(np.log(np.where(treated, mean, 1 - mean)))
        if abs(new - deviance) / (abs(new) + 0.1) < epsilon:
            return mean
        deviance = new


def test_probit_scores_are_those_of_r_carried_to_convergence(cohort, formula, units):
    # R stops at a change of 1e-8 in the deviance: 1e-5 of a weight before the estimate
    expected = units("weights/lalonde_weights.csv")["glm_att_probit"]
    read, _ = read_formula(formula, cohort.covariates, {})
    matrix = make_matrix(read, cohort.covariates)[0].values
    stopped = fit_probit_as_r_does(matrix, cohort.treated, 1e-8)
    odds = np.where(cohort.treated, 1, stopped / (1 - stopped))
    np.testing.assert_allclose(odds, expected, rtol=0, atol=1e-8)
    carried = fit_probit_as_r_does(matrix, cohort.treated, 1e-15)
    design = build_design(
        cohort, formula, method=InverseProbability(), score=RegressionScore("probit")
    )
    odds = np.where(cohort.treated, 1, carried / (1 - carried))
    np.testing.assert_allclose(design.weights, odds, rtol=1e-7)


@pytest.mark.parametrize("quantile", [0.9, 0.95])
def test_truncation_equals_weightit_and_is_counted(cohort, formula, results, quantile):
    expected = results("weights/weightit_results.json")[f"trim_glm_att_{quantile}"]
    design = build_design(cohort, formula, method=InverseProbability(truncate=quantile))
    comparison = design.weights[~design.treated]
    assert comparison.max() == pytest.approx(expected["max_w"], abs=1e-6)
    assert comparison.sum() == pytest.approx(expected["sum_w"], abs=1e-5)
    assert design.effective_sample_size_comparison == pytest.approx(
        expected["ess_control"], abs=1e-6
    )
    assert design.notes == (
        {
            0.9: "43 weights were truncated to 1.854, their 0.9 quantile",
            0.95: "21 weights were truncated to 2.408, their 0.95 quantile",
        }[quantile],
    )


def score_cohort(small, make_cohort, scores):
    small["score"] = scores
    return make_cohort(small), GivenScore("score")


def test_weights_by_hand(small, make_cohort):
    cohort, score = score_cohort(small, make_cohort, np.tile([0.2, 0.8], 20))
    first = {
        "ATT": (1, 0.2 / 0.8),
        "ATE": (1 / 0.2, 1 / 0.8),
        "ATC": (0.8 / 0.2, 1),
    }
    for estimand, (treated, comparison) in first.items():
        weights = build_design(
            cohort, "age", method=InverseProbability(), estimand=estimand, score=score
        ).weights
        assert weights[0] == pytest.approx(treated)
        assert weights[10] == pytest.approx(comparison)
    overlap = build_design(cohort, "age", method=OverlapWeights(), score=score).weights
    assert overlap[[0, 1, 10, 11]] == pytest.approx([0.8, 0.2, 0.2, 0.8])
    matching = build_design(cohort, "age", method=MatchingWeights(), score=score).weights
    assert matching[[0, 1, 10, 11]] == pytest.approx([1, 0.25, 0.25, 1])


def test_overlap_weights_balance_the_means_exactly(cohort, formula):
    design = build_design(cohort, formula, method=OverlapWeights())
    assert design.estimand is Estimand.ATO
    assert design.balance.standardiser == "pooled"
    assert design.balance.table["smd_after"].abs().max() < 1e-10


def test_trimming_drops_people_by_score_and_counts_them(cohort, formula):
    design = build_design(cohort, formula, method=InverseProbability(trim=(0.1, 0.9)))
    kept = (design.scores.scores >= 0.1) & (design.scores.scores <= 0.9)
    assert ((design.weights > 0) == kept).all()
    assert design.estimand is Estimand.MATCHED_ATT
    assert design.notes == (
        "10 participants and 263 comparison people were trimmed: score outside 0.1 to 0.9",
    )
    assert "note: 10 participants" in repr(design)


@pytest.mark.parametrize(("estimand", "lost"), [("ATE", 273), ("ATC", 263)])
def test_trimming_people_whom_the_estimand_is_about_is_refused(cohort, formula, estimand, lost):
    with pytest.raises(CannotAnswerError) as caught:
        build_design(cohort, formula, method=InverseProbability(trim=(0.1, 0.9)), estimand=estimand)
    assert str(caught.value) == (
        f"trimming to scores from 0.1 to 0.9 drops {lost} people whom the {estimand} is about; "
        "ask for the ATT, or use OverlapWeights, whose population has a name"
    )


def test_infinite_weights_are_refused(small, make_cohort):
    scores = np.full(40, 0.5)
    scores[20] = 1 - 2**-53
    cohort, score = score_cohort(small, make_cohort, scores)
    # 1 - 2^-53 is the largest score below 1: its odds are 9e15, which is finite and kept
    design = build_design(cohort, "age", method=InverseProbability(), score=score)
    assert np.isfinite(design.weights).all()
    scores[20] = 5e-324
    small["score"] = scores
    small["programme"] = (np.arange(40) % 2 == 0).astype(int)
    with pytest.raises(NoOverlapError) as caught:
        build_design(
            make_cohort(small), "age", method=InverseProbability(), estimand="ATE", score=score
        )
    assert str(caught.value) == (
        "1 weights are infinite: those people could only be in the arm that they are not in, by "
        "their score; trim them, or use OverlapWeights"
    )


def test_bad_settings_of_inverse_probability_are_named(small, make_cohort):
    with pytest.raises(InputError) as caught:
        build_design(
            make_cohort(small), "age", method=InverseProbability(truncate=99, trim=(0.9, 0.1))
        )
    assert str(caught.value) == (
        "design: 2 faults\n"
        "  - truncate: expected a quantile between 0.5 and 1, found 99; "
        "0.99 cuts the largest one in a hundred\n"
        "  - trim: expected a lower and a higher score between 0 and 1, found (0.9, 0.1); "
        "write it as (0.05, 0.95)"
    )


def test_overlap_weights_refuse_another_estimand(small, make_cohort):
    with pytest.raises(InputError, match=r"expected ATO \(method overlap\), found ATT"):
        build_design(make_cohort(small), "age", method=OverlapWeights(), estimand=Estimand.ATT)


def test_a_note_shows_no_weight_that_few_people_share(cohort, formula):
    design = build_design(cohort, formula, method=InverseProbability(truncate=0.99))
    assert design.notes == ("4 weights were truncated to their 0.99 quantile",)


@pytest.mark.parametrize("asked", [Estimand.ATT, Estimand.ATE, Estimand.ATC])
def test_an_estimand_is_renamed_where_weights_were_cut(cohort, formula, asked):
    cut = build_design(
        cohort, formula, method=InverseProbability(truncate=0.9), estimand=asked
    ).estimand
    assert cut.value == f"truncated {asked.value}"
    assert cut.asked is asked
    assert "cut" in cut.people or "counting less" in cut.people
    whole = build_design(cohort, formula, method=InverseProbability(), estimand=asked)
    assert whole.estimand is asked
