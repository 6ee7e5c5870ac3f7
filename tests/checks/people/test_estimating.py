import json

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from desist.checks.people.estimating import fit_weighted
from desist.design.weighting.equations import (
    balance_equations,
    entropy_equations,
    join_equations,
    score_equations,
    stack_entropy,
    tilting_equations,
)
from desist.errors import InputError, NotConvergedError

from ..conftest import REFERENCE

OUTCOMES = {
    "linear": ("lm_re78", lambda d: d["re78"]),
    "logistic": ("glm_emp78", lambda d: d["re78"] > 0),
    # the reference counts whole thousands of dollars
    "poisson": ("poisson_re78_thousands", lambda d: (d["re78"] / 1000).round()),
}
PLAIN = {
    "glm_ate": "ATE",
    "glm_att": "ATT",
    "glm_atc": "ATC",
    "glm_ato": "ATO",
    "glm_atm": "ATM",
    "glm_ate_stab": "ATE",
}
WEIGHTS = [
    *PLAIN,
    "glm_att_probit",
    "cbps_att",
    "cbps_ate",
    "ipt_att",
    "ipt_ate",
    "ebal_att",
    "ebal_ate",
    "ebal_att_m2",
]


@pytest.fixture(scope="module")
def reference():
    return json.loads((REFERENCE / "weights" / "weightit_results.json").read_text())


@pytest.fixture(scope="module")
def people():
    weights = pd.read_csv(REFERENCE / "weights" / "lalonde_weights.csv").drop(columns="treat")
    return pd.read_csv(REFERENCE / "lalonde.csv").merge(weights, on="id")


@pytest.fixture(scope="module")
def covariates(people):
    race = np.column_stack([people["race"] == level for level in ("hispan", "white")])
    names = ["age", "educ", "married", "nodegree", "re74", "re75"]
    columns = np.column_stack([people[names].to_numpy(dtype=float), race])
    return (columns - columns.mean(axis=0)) / columns.std(axis=0)


def fitted_scores(log_odds, matrix, members):
    """Scores of everybody from the log odds that the weights of some imply."""
    coefficients = np.linalg.lstsq(matrix[members], log_odds[members], rcond=None)[0]
    return 1 / (1 + np.exp(-matrix @ coefficients))


@pytest.fixture(scope="module")
def equations(people, covariates):
    import statsmodels.api as sm

    treated = people["treat"].to_numpy() == 1
    matrix = sm.add_constant(covariates)
    made = {}
    for link, law in (
        ("logit", sm.families.Binomial()),
        ("probit", sm.families.Binomial(sm.families.links.Probit())),
    ):
        fit = sm.GLM(treated.astype(float), matrix, family=law).fit(tol=1e-14, maxiter=200)
        targets = PLAIN if link == "logit" else {"glm_att_probit": "ATT"}
        for name, target in targets.items():
            made[name] = score_equations(matrix, treated, fit.params, estimand=target, link=link)
    for name in ("cbps_att", "ipt_att"):
        scores = fitted_scores(np.log(people[name].to_numpy()), matrix, ~treated)
        made[name] = balance_equations(matrix, treated, scores, estimand="ATT")
    weights = people["cbps_ate"].to_numpy()
    scores = np.where(treated, 1 / weights, 1 - 1 / weights)
    made["cbps_ate"] = balance_equations(matrix, treated, scores, estimand="ATE")
    odds = np.log(np.maximum(people["ipt_ate"].to_numpy() - 1, 1e-300))
    made["ipt_ate"] = join_equations(
        tilting_equations(matrix, treated, fitted_scores(-odds, matrix, treated)),
        tilting_equations(matrix, ~treated, 1 - fitted_scores(odds, matrix, ~treated)),
    )
    squares = np.column_stack([covariates, covariates[:, [0, 1, 4, 5]] ** 2])
    for name, columns in (("ebal_att", covariates), ("ebal_att_m2", squares)):
        target = columns[treated].mean(axis=0)
        made[name] = entropy_equations(columns, people[name], ~treated, target)
    made["ebal_ate"] = join_equations(
        *(
            entropy_equations(covariates, people["ebal_ate"], arm, covariates.mean(axis=0))
            for arm in (treated, ~treated)
        )
    )
    return made


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("family", OUTCOMES)
def test_stacked_and_plain_errors_equal_weightit(people, equations, reference, weights, family):
    entry, outcome = OUTCOMES[family]
    data = (outcome(people), people["treat"], people[weights])
    stacked = fit_weighted(*data, family=family, equations=equations[weights])
    plain = fit_weighted(*data, family=family)
    expected = {kind: reference[weights][f"{entry}_{kind}"] for kind in ("asympt", "HC0")}
    np.testing.assert_allclose(stacked.coefficients, expected["asympt"]["estimate"], rtol=1e-6)
    np.testing.assert_allclose(stacked.standard_errors, expected["asympt"]["se"], rtol=1e-6)
    np.testing.assert_allclose(plain.standard_errors, expected["HC0"]["se"], rtol=1e-6)


def test_weights_times_ten_change_no_error(people, equations):
    data = people["re78"], people["treat"]
    one = fit_weighted(*data, people["glm_att"], equations=equations["glm_att"])
    ten = fit_weighted(*data, 10 * people["glm_att"], equations=equations["glm_att"])
    np.testing.assert_allclose(one.standard_errors, ten.standard_errors, rtol=1e-10)


@pytest.mark.parametrize("family", ["logistic", "poisson"])
def test_an_arm_without_events_has_no_finite_contrast(family):
    with pytest.raises(NotConvergedError, match="an arm has no"):
        fit_weighted([0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 1, 1], family=family)


def test_an_unknown_family_is_refused():
    with pytest.raises(InputError, match="family: expected one of linear, logistic, poisson"):
        fit_weighted([0, 1], [1, 0], [1, 1], family="gamma")


@pytest.mark.parametrize("everybody", [False, True])
def test_stacked_entropy_errors_are_those_of_all_equations_solved_together(everybody):
    rng = np.random.default_rng(6)
    n, x = 150, rng.normal(size=(150, 2))
    arm = rng.random(n) < 1 / (1 + np.exp(0.5 - x[:, 0]))
    y = x @ [1.0, 0.5] + arm + rng.normal(size=n)
    parts = [(arm, arm | ~arm), (~arm, arm | ~arm)] if everybody else [(~arm, arm)]
    k = 2 * len(parts)

    def residuals(theta):
        """Every person's part of every equation: tilts, their target, and the two means."""
        columns, w = [], np.ones(n)
        for at, (members, people) in enumerate(parts):
            tilt, target = theta[4 * at : 4 * at + 2], theta[4 * at + 2 : 4 * at + 4]
            own = np.where(members, np.exp((x - x.mean(axis=0)) @ tilt), 0.0)
            w = np.where(members, own, w)
            columns += [(x - target) * own[:, None], (x - target) * people[:, None]]
        means = theta[2 * k :]
        columns.append(np.column_stack([w * ~arm * (y - means[0]), w * arm * (y - means[1])]))
        return np.hstack(columns), w

    start = np.concatenate([np.r_[0, 0, x[people].mean(axis=0)] for _, people in parts] + [[0, 0]])
    theta = optimize.root(lambda t: residuals(t)[0].sum(axis=0), start, tol=1e-12).x
    scores, weights = residuals(theta)
    steps = 1e-6 * np.eye(theta.size)
    bread = np.linalg.inv(
        np.array(
            [(residuals(theta + s)[0] - residuals(theta - s)[0]).sum(axis=0) / 2e-6 for s in steps]
        ).T
    )
    covariance = bread @ (scores.T @ scores) @ bread.T
    contrast = np.r_[np.zeros(2 * k), -1, 1]
    equations = join_equations(*(stack_entropy(x, weights, *part) for part in parts))
    fit = fit_weighted(y, arm, weights, equations=equations)
    assert fit.coefficients[1] == pytest.approx(theta[-1] - theta[-2])
    assert fit.standard_errors[1] == pytest.approx(
        np.sqrt(contrast @ covariance @ contrast), rel=1e-5
    )
    known = join_equations(
        *(entropy_equations(x, weights, m, x[people].mean(axis=0)) for m, people in parts)
    )
    assert fit.standard_errors[1] != pytest.approx(
        fit_weighted(y, arm, weights, equations=known).standard_errors[1], rel=1e-3
    )
