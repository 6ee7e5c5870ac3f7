"""The equations that weighting methods give are those behind the errors of WeightIt."""

import numpy as np
import pytest

from desist.checks.people.estimating import fit_weighted
from desist.design.design import build_design
from desist.design.formula import make_matrix, read_formula
from desist.design.scores.models import RegressionScore
from desist.design.weighting.by_score import InverseProbability, MatchingWeights, OverlapWeights
from desist.design.weighting.entropy import EntropyBalancing
from desist.design.weighting.equations import score_equations
from desist.design.weighting.tilting import BalancingScore, ProbabilityTilting
from desist.errors import InputError

CASES = {
    "glm_ate": (InverseProbability(), "ATE"),
    "glm_att": (InverseProbability(), "ATT"),
    "glm_atc": (InverseProbability(), "ATC"),
    "glm_ato": (OverlapWeights(), None),
    "glm_atm": (MatchingWeights(), None),
    "glm_ate_stab": (InverseProbability(stabilised=True), "ATE"),
    "glm_att_probit": (InverseProbability(), "ATT"),
    "cbps_att": (BalancingScore(), "ATT"),
    "cbps_ate": (BalancingScore(), "ATE"),
    "ipt_att": (ProbabilityTilting(), "ATT"),
    "ipt_ate": (ProbabilityTilting(), "ATE"),
    "ebal_att": (EntropyBalancing(), "ATT"),
    "ebal_ate": (EntropyBalancing(), "ATE"),
    "ebal_att_m2": (EntropyBalancing(moments=2), "ATT"),
}


@pytest.fixture(scope="module", params=CASES)
def case(request, cohort, formula):
    """A design of the reference, its equations, and its name there."""
    method, estimand = CASES[request.param]
    link = "probit" if request.param.endswith("probit") else "logit"
    score = RegressionScore(link)
    design = build_design(cohort, formula, method=method, estimand=estimand, score=score)
    read, _ = read_formula(formula, cohort.covariates, {})
    matrix, _ = make_matrix(read, cohort.covariates)
    equations = design.arose.equations(matrix, design.treated, design.weights)
    return design, equations, request.param


def test_errors_of_a_design_equal_weightit(case, lalonde, results):
    design, equations, name = case
    reference = results("weights/weightit_results.json")[name]["lm_re78_asympt"]
    fit = fit_weighted(lalonde["re78"], design.treated, design.weights, equations=equations)
    np.testing.assert_allclose(fit.coefficients, reference["estimate"], rtol=1e-4)
    np.testing.assert_allclose(fit.standard_errors, reference["se"], rtol=1e-4)


def test_equations_sum_to_zero_at_the_weights(case):
    contributions = case[1].contributions
    size = np.abs(contributions).sum(axis=0)
    np.testing.assert_allclose(contributions.sum(axis=0) / size, 0, atol=1e-6)


def test_an_unknown_estimand_or_link_is_refused():
    matrix, arm = np.ones((4, 1)), np.array([1, 0, 1, 0])
    with pytest.raises(InputError, match="estimand: expected one of"):
        score_equations(matrix, arm, np.zeros(1), estimand="LATE")
    with pytest.raises(InputError, match="link: expected logit or probit"):
        score_equations(matrix, arm, np.zeros(1), estimand="ATT", link="cloglog")
