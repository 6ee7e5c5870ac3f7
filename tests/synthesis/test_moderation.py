"""Moderators and robust errors equal metafor and clubSandwich."""

import numpy as np
import pandas as pd
import pytest

from desist.datasets import bcg
from desist.errors import CannotAnswerError, InputError
from desist.synthesis._moments import estimate_tau_squared, fit_weighted
from desist.synthesis.moderation import regress_effects

COLUMNS = ("estimate", "se", "p", "lower", "upper")
OURS = ["estimate", "standard_error", "p_value", "lower", "upper"]


@pytest.mark.parametrize(
    ("name", "formula", "interval"),
    [
        ("RR_metareg_ablat", "ablat", "normal"),
        ("RR_metareg_ablat_knha", "ablat + year", "knapp_hartung"),
        ("RR_metareg_alloc", "C(alloc)", "normal"),
    ],
)
def test_moderators_equal_metafor(bcg_effects, bcg_reference, name, formula, interval):
    expected = bcg_reference[name]
    trials = bcg().assign(alloc=lambda frame: frame["alloc"].astype(str))
    found = regress_effects(*bcg_effects["RR"], trials, formula, interval=interval)
    # these calls stop where a step is below 1e-5: their tau-squared is good to four digits
    assert found.tau_squared == pytest.approx(expected["tau2"], rel=1e-4)
    assert found.q == pytest.approx(expected["Q"], rel=1e-9)
    for row, coefficient in zip(found.table[OURS].to_numpy(), expected["b"], strict=True):
        assert row == pytest.approx([coefficient[column] for column in COLUMNS], rel=1e-3)


@pytest.mark.parametrize("name", ["RR_metareg_ablat", "RR_metareg_ablat_knha"])
def test_at_metafors_tau_squared_the_coefficients_are_its_own(bcg_effects, bcg_reference, name):
    expected = bcg_reference[name]
    columns = bcg()[["ablat", "year"]].to_numpy(dtype=float)[:, : len(expected["b"]) - 1]
    values, errors = (np.asarray(column) for column in bcg_effects["RR"])
    both = np.hstack([np.ones((13, 1)), columns])
    found = fit_weighted(values, errors**2, both, expected["tau2"])
    assert found.coefficients == pytest.approx([b["estimate"] for b in expected["b"]], rel=1e-8)


def test_the_restricted_likelihood_is_flat_where_it_is_highest(bcg_effects):
    values, errors = (np.asarray(column) for column in bcg_effects["RR"])
    both = np.column_stack([np.ones(13), bcg()["ablat"]])
    best = estimate_tau_squared(values, errors**2, both, "reml")

    def height(tau_squared):
        found = fit_weighted(values, errors**2, both, tau_squared)
        half = np.log(found.weights).sum() - found.squares + np.linalg.slogdet(found.covariance)[1]
        return half / 2

    step = 1e-4 * best
    assert abs(height(best + step) - height(best - step)) / (2 * step) < 1e-5


@pytest.mark.parametrize("kind", ["CR1", "CR2"])
def test_errors_robust_by_trial_equal_metafor(bcg_effects, bcg_reference, kind):
    expected = bcg_reference[f"RR_robust_{kind}"]
    row = regress_effects(*bcg_effects["RR"], clusters=range(13), robust=kind).table.iloc[0]
    assert row["standard_error"] == pytest.approx(expected["se"], rel=1e-7)
    assert row["p_value"] == pytest.approx(expected["p"], rel=1e-6)
    assert row[["lower", "upper"]].tolist() == pytest.approx(
        [expected["lower"], expected["upper"]], rel=1e-7
    )
    if kind == "CR2":
        assert row["degrees_of_freedom"] == pytest.approx(expected["df"], rel=1e-7)


def test_two_estimates_of_a_programme_count_as_one_by_robust_errors():
    # every estimate twice: the mean stays, and so does its robust error
    values, errors = np.array([-0.5, -0.1, -0.3, 0.1, -0.2]), np.full(5, 0.2)
    once = regress_effects(values, errors, clusters=range(5)).table.iloc[0]
    twice = regress_effects(
        np.repeat(values, 2), np.repeat(errors, 2), clusters=np.repeat(range(5), 2)
    ).table.iloc[0]
    assert twice["estimate"] == pytest.approx(once["estimate"])
    assert twice["standard_error"] == pytest.approx(once["standard_error"])
    naive = regress_effects(np.repeat(values, 2), np.repeat(errors, 2)).table.iloc[0]
    assert naive["standard_error"] < 0.8 * once["standard_error"]


@pytest.mark.parametrize("estimator", ["reml", "ml", "dl", "pm", "equal"])
def test_without_moderators_it_is_the_pooled_effect(bcg_effects, bcg_reference, estimator):
    found = regress_effects(*bcg_effects["OR"], estimator=estimator, interval="normal")
    name = {"equal": "EE"}.get(estimator, estimator.upper())
    expected = bcg_reference[f"OR_{name}_z"]
    assert found.tau_squared == pytest.approx(expected["tau2"], rel=1e-7)
    assert found.table["estimate"].iloc[0] == pytest.approx(expected["b"][0]["estimate"])


def test_more_coefficients_than_the_studies_bear_are_refused():
    frame = pd.DataFrame({"setting": ["a", "b", "c"]})
    with pytest.raises(InputError, match="formula: expected more studies than 3 coefficients"):
        regress_effects([0.1, 0.2, 0.3], [0.1] * 3, frame, "C(setting)")
    same = pd.DataFrame({"x": [1.0, 2, 3, 4, 5], "y": [2.0, 4, 6, 8, 10]})
    with pytest.raises(InputError, match="moderators that do not follow from each other"):
        regress_effects([0.1, 0.2, 0.3, 0.1, 0.2], [0.1] * 5, same, "x + y")


def test_too_few_clusters_have_no_robust_errors():
    with pytest.raises(CannotAnswerError, match="1 clusters are too few for 1 coefficients"):
        regress_effects([0.1, 0.2, 0.3], [0.1] * 3, clusters=["a", "a", "a"])


def test_settings_are_checked_together():
    with pytest.raises(InputError) as caught:
        regress_effects([0.1, 0.2], [0.1, 0.1], formula="x", estimator="sj", clusters=[1])
    assert len(caught.value.faults) == 3
