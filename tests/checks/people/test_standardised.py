import numpy as np
import pytest

from desist.checks import (
    clustered_difference,
    replacement_difference,
    standardised_difference,
    weighted_difference,
    weighted_odds_ratio,
)
from desist.errors import CannotAnswerError, InputError, NotConvergedError


@pytest.fixture
def people():
    rng = np.random.default_rng(11)
    x = rng.normal(size=(200, 2))
    arm = (rng.random(200) < 1 / (1 + np.exp(-x[:, 0]))).astype(int)
    y = (rng.random(200) < 1 / (1 + np.exp(0.3 - x[:, 1] + 0.8 * arm))).astype(int)
    return y, arm, x, rng.exponential(size=200) + 0.2


def fit(y, matrix, w, kind, clusters=None):
    """A weighted logistic regression and its sandwich, as sandwich::vcovHC has it."""
    import statsmodels.api as sm

    model = sm.GLM(y, matrix, family=sm.families.Binomial(), freq_weights=w).fit(tol=1e-12)
    p = model.fittedvalues
    bread = np.linalg.inv((matrix * (w * p * (1 - p))[:, None]).T @ matrix)
    scores = matrix * (w * (y - p))[:, None]
    if clusters is None:
        h = np.diag(matrix @ bread @ matrix.T) * w * p * (1 - p)
        scores = scores / ((1 - h) ** {"HC0": 0, "HC2": 0.5, "HC3": 1}[kind])[:, None]
        meat = scores.T @ scores
    else:
        sums = np.array([scores[clusters == g].sum(axis=0) for g in np.unique(clusters)])
        meat = sums.T @ sums * len(sums) / (len(sums) - 1)
    return model.params, bread @ meat @ bread


@pytest.mark.parametrize("kind", ["HC0", "HC2", "HC3"])
def test_odds_ratio_and_its_error_are_those_of_a_logistic_regression(people, kind):
    import statsmodels.api as sm

    y, arm, _, w = people
    beta, covariance = fit(y, sm.add_constant(arm.astype(float)), w, kind)
    found = weighted_odds_ratio(y, arm, w, kind=kind)
    assert np.log(found.estimate) == pytest.approx(beta[1])
    assert found.standard_error == pytest.approx(np.sqrt(covariance[1, 1]))


def test_clustered_odds_ratio_sums_within_clusters(people):
    import statsmodels.api as sm

    y, arm, _, w = people
    clusters = np.arange(200) % 37
    _, covariance = fit(y, sm.add_constant(arm.astype(float)), w, "HC0", clusters)
    found = weighted_odds_ratio(y, arm, w, clusters=clusters)
    assert found.standard_error == pytest.approx(np.sqrt(covariance[1, 1]))


@pytest.mark.parametrize("clusters", [None, np.arange(200) % 37])
@pytest.mark.parametrize("target", ["treated", "comparison", "everybody"])
def test_standardised_rates_are_averaged_predictions_with_the_delta_error(people, target, clusters):
    y, arm, x, w = people
    w = w.copy()
    for members in (arm == 1, arm == 0):
        w[members] *= members.sum() / w[members].sum()
    matrix = np.column_stack([np.ones(200), arm, x])
    beta, covariance = fit(y, matrix, w, "HC3", clusters)
    inside = {"treated": arm == 1, "comparison": arm == 0, "everybody": arm >= 0}[target]

    def contrast(b):
        rates = []
        for value in (1, 0):
            moved = matrix[inside].copy()
            moved[:, 1] = value
            rates.append(np.average(1 / (1 + np.exp(-moved @ b)), weights=w[inside]))
        return rates[0] - rates[1]

    step = 1e-6 * np.eye(4)
    slope = np.array([(contrast(beta + s) - contrast(beta - s)) / 2e-6 for s in step])
    found = standardised_difference(y, arm, x, w, target=target, clusters=clusters)
    assert found.estimate == pytest.approx(contrast(beta), abs=1e-8)
    assert found.standard_error == pytest.approx(np.sqrt(slope @ covariance @ slope), rel=1e-6)


def test_without_covariates_that_matter_it_is_the_weighted_difference(people):
    y, arm, _, w = people
    found = standardised_difference(y, arm, np.zeros((200, 0)), w)
    plain = weighted_difference(y, arm, w)
    assert found.estimate == pytest.approx(plain.estimate)
    assert found.standard_error == pytest.approx(plain.standard_error, rel=1e-6)


def test_the_scale_of_weights_and_covariates_changes_nothing(people):
    y, arm, x, w = people
    one = standardised_difference(y, arm, x, w)
    other = standardised_difference(y, arm, 1e4 * x + 7, w * np.where(arm == 1, 1e3, 10))
    assert one.standard_error == pytest.approx(other.standard_error, rel=1e-6)
    assert one.estimate == pytest.approx(other.estimate, rel=1e-6)


def test_what_a_logistic_model_cannot_answer_is_said(people):
    y, arm, x, _ = people
    with pytest.raises(NotConvergedError, match="no events"):
        weighted_odds_ratio(np.where(arm == 1, 0, y), arm)
    with pytest.raises(CannotAnswerError, match="determine each other"):
        standardised_difference(y, arm, np.column_stack([x, x[:, 0]]))
    with pytest.raises(NotConvergedError):
        standardised_difference(y, arm, y + 0.0)


def test_matching_with_replacement_adds_what_sets_and_people_share():
    rng = np.random.default_rng(3)
    y = rng.normal(size=60)
    matches = np.column_stack([np.repeat(np.arange(20), 2), rng.integers(20, 35, 40)])
    matches = np.unique(matches, axis=0)
    found = replacement_difference(y, matches)
    sets = {i: matches[matches[:, 0] == i, 1] for i in range(20)}
    rows = [(i, i, 1.0, 1) for i in sets]
    rows += [(i, j, 1 / len(sets[i]), 0) for i in sets for j in sets[i]]
    group, person, w, z = (np.array(column) for column in zip(*rows, strict=True))
    means = [np.average(y[person][z == a], weights=w[z == a]) for a in (0, 1)]
    e = (y[person] - np.array(means)[z]) * w * np.where(z == 1, 1 / 20, -1 / 20)

    def spread(labels):
        sums = np.array([e[labels == g].sum() for g in np.unique(labels)])
        return (sums**2).sum() * len(sums) / (len(sums) - 1)

    by_row = spread(np.arange(len(e)))
    expected = spread(group) + spread(person) - by_row
    assert found.estimate == pytest.approx(means[1] - means[0])
    assert found.standard_error == pytest.approx(np.sqrt(expected))


def test_matches_used_once_need_no_clusters_of_people():
    y = np.random.default_rng(4).normal(size=40)
    pairs = np.column_stack([np.arange(20), np.arange(20, 40)])
    sets = np.tile(np.arange(20), 2)
    plain = clustered_difference(y, np.arange(40) < 20, clusters=sets)
    # a person is a row, whose factor is 40/39 on both sides of the sum
    assert replacement_difference(y, pairs).standard_error == pytest.approx(plain.standard_error)


@pytest.mark.parametrize(
    "matches", [[[0, 9]], [[0, -1]], [[0.5, 1]], [[0, 1, 2]], [["a", "b"]], "all", None, [0, 1]]
)
def test_matches_are_pairs_of_positions(matches):
    with pytest.raises(InputError, match="matches: expected"):
        replacement_difference(np.arange(5.0), matches)
