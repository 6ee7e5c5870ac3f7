"""The unconditional mixed logistic models: by hand, by brute force, and beside metafor."""

import numpy as np
import pytest
from scipy.stats import binom, norm

from desist.datasets import bcg
from desist.errors import InputError, NotConvergedError
from desist.synthesis import CountsOverTime, fit_mixed_logistic, maximise_likelihood
from desist.synthesis.mixed_logistic import _Cells, _lower_fixed, _lower_random

SMALL = ([4, 8, 2, 12], [40, 50, 30, 60], [12, 15, 9, 14], [40, 50, 30, 60])


@pytest.fixture(scope="module")
def trials():
    table = bcg()
    return (
        table["tpos"],
        table["tpos"] + table["tneg"],
        table["cpos"],
        table["cpos"] + table["cneg"],
    )


def make_cells(columns):
    a, n, c, m = (np.array(column, dtype=float) for column in columns)
    return _Cells(np.stack([a, c], axis=1), np.stack([n, m], axis=1))


@pytest.mark.parametrize(
    ("name", "intercepts", "nodes", "near", "near_error"),
    [("glmm_UM.FS", "fixed", 7, 2e-5, 1e-5), ("glmm_UM.RS", "random", 1, 1e-4, 1e-3)],
)
def test_trials_of_a_vaccine_are_as_near_to_metafor_as_it_stops(
    trials, bcg_reference, name, intercepts, nodes, near, near_error
):
    expected = bcg_reference[name]
    found = fit_mixed_logistic(*trials, intercepts=intercepts, nodes=nodes)
    assert found.estimate == pytest.approx(expected["estimate"], abs=near)
    assert found.tau**2 == pytest.approx(expected["tau2"], abs=near)
    assert found.standard_error == pytest.approx(expected["se"], abs=near_error)


def test_the_likelihood_is_higher_here_than_where_metafor_stops(trials, bcg_reference):
    lower = _lower_fixed(make_cells(trials), 7)
    expected, found = bcg_reference["glmm_UM.FS"], fit_mixed_logistic(*trials)
    theirs = lower(np.array([expected["estimate"], expected["tau2"] ** 0.5]))
    assert -found.log_likelihood <= theirs


def test_one_study_integrates_as_a_sum_over_its_effect_does():
    a, n, c, m = (column[:1] for column in SMALL)
    mean, tau = -0.4, 0.6
    effects = np.linspace(mean - 9 * tau, mean + 9 * tau, 1201)
    density = norm.pdf(effects, mean, tau) * (effects[1] - effects[0])
    best = -np.inf
    for level in np.linspace(-4, 2, 1201):
        rates = [1 / (1 + np.exp(-level - sign * effects)) for sign in (0.5, -0.5)]
        both = binom.pmf(a[0], n[0], rates[0]) * binom.pmf(c[0], m[0], rates[1])
        best = max(best, float(np.log(both @ density)))
    ways = binom.pmf(a[0], n[0], 0.5) * binom.pmf(c[0], m[0], 0.5) / 0.5 ** (n[0] + m[0])
    by_sum = best - np.log(ways)
    found = -_lower_fixed(make_cells([a, n, c, m]), 15)(np.array([mean, tau]))
    assert found == pytest.approx(by_sum, abs=1e-5)


def test_random_intercepts_integrate_as_a_sum_over_both_does():
    point = np.array([-0.4, 0.6, -1.0, 0.8])
    levels = np.linspace(-1.0 - 7 * 0.8, -1.0 + 7 * 0.8, 401)[:, None]
    effects = np.linspace(-0.4 - 7 * 0.6, -0.4 + 7 * 0.6, 401)[None, :]
    prior = norm.pdf(levels, -1.0, 0.8) * norm.pdf(effects, -0.4, 0.6)
    prior = prior * (levels[1, 0] - levels[0, 0]) * (effects[0, 1] - effects[0, 0])
    total = 0.0
    for a, n, c, m in zip(*SMALL, strict=True):
        odds = [levels + sign * effects for sign in (0.5, -0.5)]
        logs = a * odds[0] - n * np.logaddexp(0, odds[0])
        logs = logs + c * odds[1] - m * np.logaddexp(0, odds[1])
        total += float(np.log((np.exp(logs) * prior).sum()))
    found = -_lower_random(make_cells(SMALL), 15)(point)
    assert found == pytest.approx(total, abs=1e-5)


def test_studies_that_share_one_effect_give_the_logistic_regression_with_their_own_levels():
    # the same odds ratio of 1/2 in every study: tau is 0 and the mean known
    odds = [0.2, 0.5, 1.0]
    people = 3000
    treated = [round(people * o / (1 + o)) for o in odds]
    comparison = [round(people * 2 * o / (1 + 2 * o)) for o in odds]
    found = fit_mixed_logistic(treated, [people] * 3, comparison, [people] * 3)
    assert found.estimate == pytest.approx(np.log(0.5), abs=2e-3)
    assert found.tau < 0.02


def test_swapping_the_arms_turns_the_effect_around():
    a, n, c, m = SMALL
    for intercepts in ("fixed", "random"):
        found = fit_mixed_logistic(a, n, c, m, intercepts=intercepts)
        turned = fit_mixed_logistic(c, m, a, n, intercepts=intercepts)
        assert turned.estimate == pytest.approx(-found.estimate, abs=1e-5)
        assert turned.tau == pytest.approx(found.tau, abs=1e-4)


def test_a_study_without_reoffenders_says_nothing_of_the_effect_with_fixed_intercepts():
    a, n, c, m = SMALL
    found = fit_mixed_logistic(a, n, c, m)
    more = fit_mixed_logistic([*a, 0], [*n, 1], [*c, 0], [*m, 1])
    assert more.estimate == pytest.approx(found.estimate, abs=0.05)


def test_the_approximate_conditional_model_equals_the_published_one(catheters, published):
    # given their sum, infections are binomial with the people as their time
    rows = catheters[["ai", "n1i", "ci", "n2i"]].to_numpy()
    evidence = [CountsOverTime(int(a), float(n), int(c), float(m)) for a, n, c, m in rows if a + c]
    found = maximise_likelihood(evidence, "log_rate")
    expected = published["zero_arms"]["approximate_conditional"]
    assert found.estimate == pytest.approx(expected["mu"], abs=6e-4)
    assert found.standard_error == pytest.approx(expected["se"], abs=6e-4)


def test_settings_and_counts_are_checked_together():
    with pytest.raises(InputError) as caught:
        fit_mixed_logistic([90, 1], [80, 20], [1, 2], [10, 20], intercepts="none", nodes=0)
    said = str(caught.value)
    for part in ("treated_events", "intercepts: expected", "nodes: expected"):
        assert part in said


def test_an_effect_without_a_highest_point_is_refused():
    with pytest.raises(NotConvergedError, match="no highest point"):
        fit_mixed_logistic([0, 0], [40, 50], [40, 50], [40, 50])
