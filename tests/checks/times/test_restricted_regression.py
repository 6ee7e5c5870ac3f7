import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from desist.checks.times.kaplan_meier import rmst_difference
from desist.checks.times.restricted_regression import rmst_regression
from desist.errors import CannotAnswerError, InputError

REFERENCE = Path(__file__).parents[2] / "reference" / "survival"
TERMS = {"difference": "diff", "ratio": "ratio", "lost_ratio": "rmtl"}


@pytest.fixture(scope="module")
def adjusted():
    return json.loads((REFERENCE / "rossi_rmst_adjusted.json").read_text())


@pytest.fixture
def censored(uneven):
    """Ninety people, a third of whom leave early, with ties between both kinds of leaving."""
    rng = np.random.default_rng(3)
    gone = np.ceil(rng.uniform(0, 1100, 90))
    days = np.minimum(uneven["days"], gone)
    events = uneven["reoffended"] & (uneven["days"] <= gone)
    days[5], days[6], events[5], events[6] = 200.0, 200.0, True, False
    return uneven.assign(days=days, reoffended=events)


@pytest.mark.parametrize("horizon", [26, 40, 52])
@pytest.mark.parametrize("contrast", TERMS)
def test_adjusted_restricted_means_equal_r(adjusted, horizon, contrast):
    rossi = pd.read_csv(REFERENCE / "rossi.csv")
    expected = adjusted[f"survRM2_adj_tau{horizon}"][TERMS[contrast]]
    covariates = rossi[["age", "prio"]].to_numpy(float)
    columns = (rossi["week"], rossi["arrest"], rossi["fin"] == "yes", covariates)
    fit = rmst_regression(*columns, horizon=horizon, contrast=contrast)
    assert fit.coefficients == pytest.approx([row["coef"] for row in expected], rel=1e-6)
    assert fit.standard_errors == pytest.approx([row["se(coef)"] for row in expected], rel=1e-6)


def test_arm_alone_is_the_difference_of_kaplan_meier_areas_with_its_error(censored):
    columns = [censored[name] for name in ("days", "reoffended", "treated")]
    fit = rmst_regression(*columns, weights=censored["weights"], horizon=300)
    areas = rmst_difference(*columns, censored["weights"], horizon=300)
    assert fit.coefficients[1] == pytest.approx(areas.estimate, rel=1e-9)
    assert fit.standard_errors[1] == pytest.approx(areas.standard_error, rel=1e-9)


@pytest.mark.parametrize("contrast", TERMS)
def test_error_is_the_jackknife_of_the_whole_fit(censored, contrast):
    covariate = np.random.default_rng(1).normal(size=90)
    columns = [censored[name].to_numpy() for name in ("days", "reoffended", "treated")]

    def fit(weights):
        return rmst_regression(*columns, covariate, weights, horizon=300, contrast=contrast)

    weights = censored["weights"].to_numpy()
    base, nudge, squares = fit(weights), 1e-6, 0.0
    for person in range(90):
        moved = weights.copy()
        moved[person] *= 1 + nudge
        squares += ((fit(moved).coefficients - base.coefficients) / nudge) ** 2
    assert base.standard_errors == pytest.approx(np.sqrt(squares), rel=1e-4)


def test_weights_times_ten_and_people_of_weight_zero_change_nothing(censored):
    columns = [censored[name].to_numpy() for name in ("days", "reoffended", "treated")]
    weights = censored["weights"].to_numpy()
    base = rmst_regression(*columns, weights=weights, horizon=300)
    longer = [np.append(column, column[:3]) for column in columns]
    again = rmst_regression(*longer, weights=np.append(10 * weights, [0, 0, 0]), horizon=300)
    assert again.coefficients == pytest.approx(base.coefficients)
    assert again.standard_errors == pytest.approx(base.standard_errors)


def test_what_cannot_be_answered_is_said():
    days, events, arms = [1, 2, 3, 4], [1, 0, 1, 0], [1, 1, 0, 0]
    with pytest.raises(CannotAnswerError, match="nobody of an arm was followed to the horizon"):
        rmst_regression(days, events, arms, horizon=5)
    with pytest.raises(CannotAnswerError, match="determine each other"):
        rmst_regression(days, events, arms, [0, 0, 1, 1], horizon=2)
    with pytest.raises(CannotAnswerError, match="no time is lost"):
        rmst_regression([9] * 4, [0] * 4, arms, horizon=5, contrast="lost_ratio")
    with pytest.raises(CannotAnswerError, match="the treated arm has 1 person"):
        rmst_regression([9, 9], [0, 1], [1, 0], horizon=5)
    with pytest.raises(CannotAnswerError, match="followed to the horizon"):  # a tie at the end
        rmst_regression([1, 2, 3, 3, 1, 4], [1, 1, 1, 0, 1, 1], [1, 1, 1, 1, 0, 0], horizon=5)
    with pytest.raises(InputError, match="one of difference, ratio, lost_ratio"):
        rmst_regression(days, events, arms, horizon=2, contrast="odds")
    with pytest.raises(InputError, match="horizon: expected a number above 0, found -1"):
        rmst_regression(days, events, arms, horizon=-1)
    with pytest.raises(InputError, match="one row for each of 4 people, found an array of shape"):
        rmst_regression(days, events, arms, [[0, 1, 0, 1], [1, 0, 0, 1]], horizon=2)
    with pytest.raises(InputError, match="covariates: expected finite numbers, found 1 other"):
        rmst_regression(days, events, arms, [0, 1, np.nan, 1], horizon=2)
