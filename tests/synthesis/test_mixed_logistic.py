"""The unconditional mixed logistic models: by hand, by brute force, and beside metafor."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logit, logsumexp
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


@pytest.fixture(scope="module")
def of_small():
    """Fit the small studies with intercepts of their own."""
    return fit_mixed_logistic(*SMALL)


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


def sum_binomials(rows, level, effect):
    a, n, c, m = (column.reshape(-1, *(1,) * (level.ndim - 1)) for column in rows.T)
    one, other = level + effect / 2, level - effect / 2
    logs = a * one - n * np.logaddexp(0, one)
    return logs + c * other - m * np.logaddexp(0, other)


def add_up_fixed(rows, mean, tau):
    """Plain sums over the effect, each level at its highest point by thirds."""
    places = np.linspace(-5, 4, 2401)
    prior = np.log(places[1] - places[0]) + norm.logpdf(places, mean, tau)

    def add_up(level):
        return logsumexp(sum_binomials(rows, level[:, None], places) + prior, axis=1)

    rate = (rows[:, 0] + rows[:, 2] + 0.5) / (rows[:, 1] + rows[:, 3] + 1)
    low, high = logit(rate) - 1, logit(rate) + 1
    for _ in range(50):
        third = (high - low) / 3
        rises = add_up(low + third) < add_up(high - third)
        low, high = np.where(rises, low + third, low), np.where(rises, high, high - third)
    return float(add_up((low + high) / 2).sum())


def add_up_random(rows, mean, tau, level, spread):
    """Plain sums over level and effect, on a lattice as wide as what is known of both."""
    a, n, c, m = rows.T
    one, other = logit((a + 0.5) / (n + 1)), logit((c + 0.5) / (m + 1))
    known = np.stack([(a + 0.5) * (1 - a / n), (c + 0.5) * (1 - c / m)])
    bend = np.empty((len(rows), 2, 2))
    bend[:, 0, 0], bend[:, 1, 1] = known.sum(axis=0), known.sum(axis=0) / 4
    bend[:, 0, 1] = bend[:, 1, 0] = (known[0] - known[1]) / 2
    prior, centre = np.diag([spread**-2, tau**-2]), np.array([level, mean])
    data = np.stack([(one + other) / 2, one - other], axis=1)
    covariance = np.linalg.inv(bend + prior)
    near = (covariance @ (bend @ data[..., None] + (prior @ centre)[:, None]))[..., 0]
    root = np.linalg.cholesky(covariance)
    steps = np.arange(-9, 9.01, 0.3)
    lattice = np.stack([grid.ravel() for grid in np.meshgrid(steps, steps)])
    at = near[..., None] + root @ lattice
    logs = sum_binomials(rows, at[:, 0], at[:, 1])
    logs += norm.logpdf(at[:, 0], level, spread) + norm.logpdf(at[:, 1], mean, tau)
    cell = np.log(0.3**2 * np.linalg.det(root))
    return float((logsumexp(logs, axis=1) + cell).sum())


def find_highest_at(function, start):
    fine = {"xatol": 1e-7, "fatol": 1e-11}
    return -minimize(lambda at: -function(*at), start, method="Nelder-Mead", options=fine).fun


def test_metafor_stops_below_the_highest_point_of_fixed_intercepts(trials, bcg_reference):
    # by sums that share nothing with the model but its formula
    rows = np.column_stack(trials).astype(float)
    expected = bcg_reference["glmm_UM.FS"]
    found = fit_mixed_logistic(*trials, nodes=25)
    here = add_up_fixed(rows, found.estimate, found.tau)
    there = add_up_fixed(rows, expected["estimate"], expected["tau2"] ** 0.5)
    assert here == pytest.approx(found.log_likelihood, abs=1e-7)
    assert 1e-9 < here - there < 1e-8


def test_metafor_stops_below_the_highest_point_of_random_intercepts(trials, bcg_reference):
    # it prints no level and no spread of levels: the best that there are for its mean and tau
    rows = np.column_stack(trials).astype(float)
    expected = bcg_reference["glmm_UM.RS"]
    theirs = expected["estimate"], expected["tau2"] ** 0.5
    start = np.array([-4.494, 1.365])
    for nodes, least, most in ((1, 1e-8, 1e-6), (15, 1e-6, 1e-3)):
        found = fit_mixed_logistic(*trials, intercepts="random", nodes=nodes)
        lower = _lower_random(make_cells(trials), nodes)
        there = find_highest_at(lambda *at, lower=lower: -lower(np.array([*theirs, *at])), start)
        # of its own approximation (one node), and of the integral
        assert least < found.log_likelihood - there < most
    here = find_highest_at(lambda *at: add_up_random(rows, found.estimate, found.tau, *at), start)
    assert here == pytest.approx(found.log_likelihood, abs=1e-6)
    assert here > find_highest_at(lambda *at: add_up_random(rows, *theirs, *at), start)


def test_metafors_error_lies_between_spreads_that_are_known_and_estimated(trials, bcg_reference):
    # which is why it is 4 parts in 1,000 below ours: second differences of a rough likelihood
    found = fit_mixed_logistic(*trials, intercepts="random", nodes=1)
    lower = _lower_random(make_cells(trials), 1)
    point = np.array([found.estimate, found.tau, -4.4936389, found.spread])
    bends = np.empty((2, 2))
    for row, one in enumerate((0, 2)):
        for column, other in enumerate((0, 2)):
            total = 0.0
            for sign, turn in product((1, -1), (1, -1)):
                moved = point.copy()
                moved[one] += 1e-3 * sign
                moved[other] += 1e-3 * turn
                total += sign * turn * lower(moved)
            bends[row, column] = total / 4e-6
    known = np.linalg.inv(bends)[0, 0] ** 0.5
    assert known < bcg_reference["glmm_UM.RS"]["se"] < found.standard_error < 1.005 * known


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


def test_swapping_the_arms_turns_the_effect_around(of_small):
    a, n, c, m = SMALL
    of_both = {"fixed": of_small, "random": fit_mixed_logistic(*SMALL, intercepts="random")}
    for intercepts, found in of_both.items():
        turned = fit_mixed_logistic(c, m, a, n, intercepts=intercepts)
        assert turned.estimate == pytest.approx(-found.estimate, abs=1e-5)
        assert turned.tau == pytest.approx(found.tau, abs=1e-4)


def test_a_study_without_reoffenders_says_nothing_of_the_effect_with_fixed_intercepts(of_small):
    a, n, c, m = SMALL
    more = fit_mixed_logistic([*a, 0], [*n, 1], [*c, 0], [*m, 1])
    assert more.estimate == pytest.approx(of_small.estimate, abs=0.05)


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
