"""The linear predictor of some people in one arm, by hand."""

import numpy as np
import pytest

from desist.models.predictors import MATCHED_SET, Target, predict_linear

DRAWS = {
    "intercept": np.array([[0.1, -0.3]]),
    "treatment": np.array([[0.5, 1.0]]),
    "covariates": np.array([[[1.0, 2.0], [0.0, -1.0]]]),
    "prison_intercept": np.array([[[0.2, 0.4], [-0.2, 0.0]]]),
    "prison_treatment": np.array([[[0.1, -0.1], [0.3, 0.7]]]),
    f"{MATCHED_SET}_intercept": np.array([[[1.0, 2.0, 3.0], [0.0, 0.5, 1.0]]]),
}
X = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, -1.0]])
PRISON, SET = np.array([0, 1, 1]), np.array([2, 0, 1])
ALONE = {
    0: np.array([[0.1, 0.1, 0.1], [-0.3, -0.3, -0.3]]),
    1: np.array([[0.6, 0.6, 0.6], [0.7, 0.7, 0.7]]),
}
OF_COVARIATES = np.array([[1.0, 1.5, -2.0], [0.0, -0.5, 1.0]])
OF_PRISONS = {
    0: np.array([[0.2, 0.4, 0.4], [-0.2, 0.0, 0.0]]),
    1: np.array([[0.3, 0.3, 0.3], [0.1, 0.7, 0.7]]),
}
OF_SETS = np.array([[3.0, 1.0, 2.0], [1.0, 0.0, 0.5]])
NONE = np.zeros((3, 0), dtype=np.int64)


@pytest.mark.parametrize("arm", [0, 1])
def test_an_arm_alone_is_the_same_for_everybody(arm):
    target = Target(np.zeros((3, 0)), NONE, np.ones(3))
    np.testing.assert_allclose(predict_linear(DRAWS, target, {}, arm)[0], ALONE[arm])


@pytest.mark.parametrize("arm", [0, 1])
def test_covariates_are_added_to_the_arm(arm):
    found = predict_linear(DRAWS, Target(X, NONE, np.ones(3)), {}, arm)
    np.testing.assert_allclose(found[0], ALONE[arm] + OF_COVARIATES)


@pytest.mark.parametrize("arm", [0, 1])
def test_groups_vary_in_effects_and_sets_in_intercepts_alone(arm):
    levels = {"prison": ("Ash", "Bay"), MATCHED_SET: ("1", "2", "3")}
    target = Target(X, np.column_stack([PRISON, SET]), np.ones(3))
    found = predict_linear(DRAWS, target, levels, arm)
    expected = ALONE[arm] + OF_COVARIATES + OF_PRISONS[arm] + OF_SETS
    np.testing.assert_allclose(found[0], expected)


def test_draws_are_left_as_they_were():
    kept = {name: values.copy() for name, values in DRAWS.items()}
    target = Target(np.zeros((3, 0)), PRISON[:, np.newaxis], np.ones(3))
    predict_linear(DRAWS, target, {"prison": ("Ash", "Bay")}, 1)
    for name, values in DRAWS.items():
        np.testing.assert_array_equal(values, kept[name])
