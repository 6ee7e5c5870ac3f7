"""Every value that is kept of others is asked for by a test, or is said not to be offered."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from desist.datasets import bcg, landenberger
from desist.synthesis import (
    leave_one_out,
    pool_counts,
    pool_effects,
    read_studies,
    regress_effects,
    synthesise,
)

FOLDER = Path(__file__).parent
REFERENCE = FOLDER.parents[0] / "reference" / "meta"
RMA = r"meta/(RR|OR|RD)_(REML|ML|DL|PM|EB|SJ|HE|HS)_(z|knha)/"
EQUAL = r"meta/(RR|OR|RD)_EE_(z|knha)/"
AD_HOC = "meta/RR_REML_adhoc/"
COEFFICIENT = r"b\[\]/(estimate|se|p|lower|upper)"
REGRESSION = r"meta/RR_metareg_\w+/"
BAYES = r"meta/bayesmeta_RR_[\w.]+?_mu_(flat|normal)/"
PUBLISHED = "published/"

# Where each value is asked for: a pattern of its path, and the module and test that ask.
ASKED = {
    RMA + COEFFICIENT: "test_pooling.test_pooled_effects_equal_metafor",
    RMA + r"(tau2|I2|Q|Q_p|pred_lower|pred_upper)": (
        "test_pooling.test_pooled_effects_equal_metafor"
    ),
    RMA + r"(H2|k|b\[\]/stat)": "test_reference_values.test_what_follows_equals_metafor",
    EQUAL + COEFFICIENT: "test_pooling.test_equal_effects_equal_metafor",
    EQUAL + "I2": "test_pooling.test_equal_effects_equal_metafor",
    EQUAL + r"(tau2|H2|k|Q|Q_p|pred_lower|pred_upper|b\[\]/stat)": (
        "test_reference_values.test_what_follows_equals_metafor"
    ),
    AD_HOC + rf"({COEFFICIENT}|tau2|H2|I2|k|Q|Q_p|pred_lower|pred_upper|b\[\]/stat)": (
        "test_reference_values.test_what_follows_equals_metafor"
    ),
    r"meta/RR_REML_confint_Qprofile\[\]/(estimate|ci\.[lu]b)": (
        "test_reference_values.test_the_q_profile_on_every_scale_equals_metafor"
    ),
    REGRESSION + rf"({COEFFICIENT}|tau2|Q)": "test_moderation.test_moderators_equal_metafor",
    REGRESSION + r"(Q_p|k|b\[\]/stat)": (
        "test_reference_values.test_statistics_of_moderators_equal_metafor"
    ),
    r"meta/RR_leave1out\[\]/(estimate|se|tau2|Q)": (
        "test_pooling.test_each_trial_left_out_equals_metafor"
    ),
    r"meta/RR_leave1out\[\]/(I2|trial)": (
        "test_reference_values.test_i_squared_with_each_trial_left_out_equals_metafor"
    ),
    r"meta/RR_blup\[\]/(pred|se)": "test_pooling.test_shrunken_effects_equal_metafor",
    r"meta/RR_blup\[\]/(pi_lower|pi_upper|trial)": (
        "test_reference_values.test_limits_of_shrunken_effects_equal_metafor"
    ),
    r"meta/RR_regtest/\w+": "test_small_studies.test_eggers_regression_equals_metafor",
    r"meta/RR_ranktest/\w+": "test_small_studies.test_beggs_rank_correlation_equals_metafor",
    r"meta/RR_trimfill/\w+": "test_small_studies.test_trim_and_fill_equals_metafor",
    r"meta/(MH_RR|MH_OR|MH_RD|Peto_OR)/(estimate|se|lower|upper|p)": (
        "test_counts_pooled.test_pooled_counts_equal_metafor"
    ),
    r"meta/(MH_RR|MH_OR|MH_RD|Peto_OR)/Q": (
        "test_reference_values.test_distances_from_pooled_counts_equal_metafor"
    ),
    r"meta/glmm_UM\.[FR]S/(estimate|se|tau2)": (
        "test_mixed_logistic.test_trials_of_a_vaccine_are_as_near_to_metafor_as_it_stops"
    ),
    r"meta/RR_robust_CR[12]/\w+": "test_moderation.test_errors_robust_by_trial_equal_metafor",
    r"meta/RR_multilevel_alloc_trial/(estimate|se|sigma2\[\]|loglik)": (
        "test_nested_effects.test_trials_within_ways_of_allocation_equal_metafor"
    ),
    BAYES + r"(summary|theta|central95_\w+|pr_mu_below_0)(\[\].*)?": (
        "test_pool_reports.test_trials_of_a_vaccine_equal_bayesmeta"
    ),
    PUBLISHED + r"zero_arms/exact_conditional/\w+": (
        "test_pool_reports.test_zero_arms_by_the_conditional_likelihood_equal_the_published_estimates"
    ),
    PUBLISHED + r"zero_arms/approximate_conditional/\w+": (
        "test_mixed_logistic.test_the_approximate_conditional_model_equals_the_published_one"
    ),
    PUBLISHED + r"zero_arms/normal_normal/\w+": (
        "test_reference_values.test_the_normal_model_of_zero_arms_equals_the_published_one"
    ),
    PUBLISHED + r"zero_arms/binomial_normal_one_arm/\w+/\w+": (
        "test_one_arm.test_infections_by_catheter_equal_the_published_binomial_normal_model"
    ),
    PUBLISHED + r"step_selection/(steps\[\]|delta\[\]|lrt|tau2)": (
        "test_small_studies.test_selection_by_steps_equals_metafor"
    ),
    PUBLISHED + r"step_selection/decreasing\[\]": (
        "test_small_studies.test_falling_weights_equal_metafor"
    ),
    PUBLISHED + r"step_selection/(studies_per_step\[\]|lrt_df)": (
        "test_reference_values.test_studies_fall_into_the_published_steps"
    ),
    PUBLISHED + r"landenberger_odds_of_not_reoffending/[\w\[\]]+": (
        "test_reference_values.test_trials_of_programmes_equal_the_published_figures"
    ),
    PUBLISHED + r"eight_schools/\w+(\[\])?": (
        "test_pool_reports.test_eight_schools_equal_the_published_posterior"
    ),
    PUBLISHED + r"one_row_of_a_ratio_and_its_interval/[\w\[\]]+": (
        "test_reference_values.test_one_row_of_a_ratio_stands_beside_counts"
    ),
}
# What is text, or repeats what was asked.
LABELS = (
    r".*/(call|term|test|ddf|data|source|checked|alternative|tolerance|prior)"
    r"|.*/versions/.*|.*_prior|.*_note"
)
NOT_OFFERED = {
    r".*/se_tau2": "the Q-profile limits of tau-squared are its uncertainty (tau_squared_lower)",
    REGRESSION + "(I2|H2)": "what moderators leave is told as tau-squared and Q",
    REGRESSION + "pred_(lower|upper)": "null there",
}


def list_leaves(value, path):
    if isinstance(value, dict):
        return {leaf for name, one in value.items() for leaf in list_leaves(one, f"{path}/{name}")}
    if isinstance(value, list):
        return {leaf for one in value for leaf in list_leaves(one, f"{path}[]")}
    return {path}


def test_no_value_is_left_unasked(bcg_reference, published):
    known = [*ASKED, *NOT_OFFERED, LABELS]
    leaves = list_leaves(bcg_reference, "meta") | list_leaves(published, "published")
    assert len(leaves) > 800
    assert [leaf for leaf in sorted(leaves) if not any(re.fullmatch(k, leaf) for k in known)] == []
    unused = [k for k in known if not any(re.fullmatch(k, leaf) for leaf in leaves)]
    assert unused == []


@pytest.mark.parametrize("place", sorted(set(ASKED.values())))
def test_the_test_that_asks_is_there(place):
    module, name = place.split(".")
    assert f"def {name}(" in (FOLDER / f"{module}.py").read_text(encoding="utf-8")


def take_names(reference):
    return [
        name
        for name in reference
        if re.fullmatch(r"(RR|OR|RD)_\w+_(z|knha)|RR_REML_adhoc", name) and "metareg" not in name
    ]


def test_what_follows_equals_metafor(bcg_effects, bcg_reference):
    tests = {"z": "normal", "knha": "knapp_hartung", "adhoc": "knapp_hartung_truncated"}
    for name in take_names(bcg_reference):
        expected = bcg_reference[name]
        scale, estimator, interval = name.split("_")
        found = pool_effects(
            *bcg_effects[scale],
            estimator={"EE": "equal"}.get(estimator, estimator.lower()),
            interval=tests[interval],
        )
        [coefficient] = expected["b"]
        # this call stops where a step of tau-squared is below 1e-5
        near = 1e-6 if interval == "adhoc" else 1e-9
        assert len(found.labels) == expected["k"]
        statistic = found.estimate / found.standard_error
        if "stat" in coefficient:  # not kept of Paule and Mandel's
            assert statistic == pytest.approx(coefficient["stat"], rel=1e-6)
        assert 1 / (1 - found.i_squared) == pytest.approx(expected["H2"], rel=1e-6)
        assert found.q == pytest.approx(expected["Q"], rel=1e-9)
        assert found.q_p_value == pytest.approx(expected["Q_p"], rel=1e-7)
        if estimator == "EE":
            assert found.tau_squared == expected["tau2"] == 0
            assert expected["pred_lower"] is expected["pred_upper"] is None
            assert np.isnan([found.prediction_lower, found.prediction_upper]).all()
        figures = {
            "estimate": found.estimate,
            "se": found.standard_error,
            "lower": found.lower,
            "upper": found.upper,
            "p": found.p_value,
        }
        for figure, ours in figures.items():
            assert ours == pytest.approx(coefficient[figure], rel=max(near, 1e-7)), figure
        if interval == "adhoc":
            assert found.tau_squared == pytest.approx(expected["tau2"], abs=1e-6)
            assert 100 * found.i_squared == pytest.approx(expected["I2"], abs=1e-5)
            limits = [found.prediction_lower, found.prediction_upper]
            assert limits == pytest.approx(
                [expected["pred_lower"], expected["pred_upper"]], abs=1e-6
            )


def test_the_q_profile_on_every_scale_equals_metafor(bcg_effects, bcg_reference):
    found = pool_effects(*bcg_effects["RR"])
    squares = np.array([found.tau_squared, found.tau_squared_lower, found.tau_squared_upper])
    typical = found.tau_squared * (1 / found.i_squared - 1)
    scales = {
        "tau^2": squares,
        "tau": np.sqrt(squares),
        "I^2(%)": 100 * squares / (squares + typical),
        "H^2": (squares + typical) / typical,
    }
    for row in bcg_reference["RR_REML_confint_Qprofile"]:
        ours = scales[row["term"]]
        assert ours[0] == pytest.approx(row["estimate"], rel=1e-7)
        # its root finder stops at 1e-4 of tau-squared
        assert ours[1:] == pytest.approx([row["ci.lb"], row["ci.ub"]], rel=2e-4)


@pytest.mark.parametrize(
    ("name", "formula", "interval"),
    [
        ("RR_metareg_ablat", "ablat", "normal"),
        ("RR_metareg_ablat_knha", "ablat + year", "knapp_hartung"),
        ("RR_metareg_alloc", "C(alloc)", "normal"),
    ],
)
def test_statistics_of_moderators_equal_metafor(
    bcg_effects, bcg_reference, name, formula, interval
):
    expected = bcg_reference[name]
    trials = bcg().assign(alloc=lambda frame: frame["alloc"].astype(str))
    found = regress_effects(*bcg_effects["RR"], trials, formula, interval=interval)
    assert found.q_p_value == pytest.approx(expected["Q_p"], rel=1e-8)
    assert found.n_studies == expected["k"]
    statistics = [one["stat"] for one in expected["b"]]
    # tau-squared of these calls is good to four digits
    assert found.table["statistic"].to_numpy() == pytest.approx(statistics, rel=1e-3)


def test_i_squared_with_each_trial_left_out_equals_metafor(bcg_effects, bcg_reference):
    found = leave_one_out(*bcg_effects["RR"], interval="normal")
    expected = bcg_reference["RR_leave1out"]
    assert found.index.tolist() == [str(row["trial"]) for row in expected]
    assert 100 * found["i_squared"].to_numpy() == pytest.approx([row["I2"] for row in expected])


def test_limits_of_shrunken_effects_equal_metafor(bcg_effects, bcg_reference):
    table = pool_effects(*bcg_effects["RR"], interval="normal").table
    expected = bcg_reference["RR_blup"]
    width = 1.959963984540054 * table["shrunken_error"]
    assert table.index.tolist() == [str(row["trial"]) for row in expected]
    for ours, theirs in (
        (table["shrunken"] - width, "pi_lower"),
        (table["shrunken"] + width, "pi_upper"),
    ):
        assert ours.to_numpy() == pytest.approx([row[theirs] for row in expected], abs=1e-8)


def test_distances_from_pooled_counts_equal_metafor(bcg_effects, bcg_reference):
    # the squared distances of the single estimates from the pooled one, by their own variances
    trials = bcg()
    a, b, c, d = (trials[name].to_numpy(dtype=float) for name in ("tpos", "tneg", "cpos", "cneg"))
    for scale, name in (("log_risk", "RR"), ("log_odds", "OR"), ("risk_difference", "RD")):
        pooled = pool_counts(a, a + b, c, c + d, scale=scale, method="mantel_haenszel")
        values, errors = bcg_effects[name]
        q = (((values - pooled.estimate) / errors) ** 2).sum()
        assert q == pytest.approx(bcg_reference[f"MH_{name}"]["Q"], rel=1e-9)
    # Peto's: observed less expected, over the hypergeometric variance
    total = a + b + c + d
    expected = (a + b) * (a + c) / total
    variance = expected * (b + d) * (c + d) / (total * (total - 1))
    pooled = pool_counts(a, a + b, c, c + d, method="peto")
    q = (variance * ((a - expected) / variance - pooled.estimate) ** 2).sum()
    assert q == pytest.approx(bcg_reference["Peto_OR"]["Q"], rel=1e-9)


def test_the_normal_model_of_zero_arms_equals_the_published_one(catheters, published):
    # half a count added where there is a zero, a trial without any infection left out, REML
    a, n, c, m = (catheters[name].to_numpy(dtype=float) for name in ("ai", "n1i", "ci", "n2i"))
    cells = np.stack([a, n - a, c, m - c])[:, a + c > 0]
    cells = cells + 0.5 * (cells == 0).any(axis=0)
    values = np.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    found = pool_effects(values, np.sqrt((1 / cells).sum(axis=0)), interval="normal")
    expected = published["zero_arms"]["normal_normal"]
    assert found.estimate == pytest.approx(expected["mu"], abs=5e-5)
    assert found.standard_error == pytest.approx(expected["se"], abs=5e-5)
    assert found.tau_squared**0.5 == pytest.approx(expected["tau"], abs=5e-5)


def test_studies_fall_into_the_published_steps(passive_smoking, published):
    from scipy.stats import norm

    expected = published["step_selection"]
    p_values = norm.sf(passive_smoking["yi"] / passive_smoking["vi"] ** 0.5)
    counts = np.histogram(p_values, [0, *expected["steps"]])[0]
    assert counts.tolist() == expected["studies_per_step"]
    assert expected["lrt_df"] == len(expected["steps"]) - 1


def test_trials_of_programmes_equal_the_published_figures(published):
    expected = published["landenberger_odds_of_not_reoffending"]
    trials = landenberger()
    counts = trials[["n.cbt.rec", "n.cbt.non", "n.ctrl.rec", "n.ctrl.non"]].to_numpy(dtype=float)
    logs, errors = np.log(counts) @ [-1, 1, 1, -1], np.sqrt((1 / counts).sum(axis=1))
    found = {
        name: pool_effects(logs, errors, estimator=name, interval="normal")
        for name in ("dl", "reml", "pm")
    }
    for name, key in (("dl", "dersimonian_laird"), ("reml", "reml")):
        one = found[name]
        ratios = np.exp([one.estimate, one.lower, one.upper])
        assert ratios == pytest.approx(expected[key], abs=5e-4)
    assert found["dl"].q == pytest.approx(expected["q"], abs=5e-3)
    assert found["dl"].i_squared == pytest.approx(expected["i2"], abs=5e-4)
    assert found["reml"].tau_squared == pytest.approx(expected["tau2_reml"], abs=5e-5)
    assert found["pm"].tau_squared == pytest.approx(expected["tau2_paule_mandel"], abs=5e-4)


def test_one_row_of_a_ratio_stands_beside_counts(published):
    given = published["one_row_of_a_ratio_and_its_interval"]
    low, high = given["interval"]
    names = ("treated_events", "n_treated", "comparison_events", "n_comparison")
    rows = [{"study": "ratio", "ratio": given["ratio"], "ratio_lower": low, "ratio_upper": high}]
    rows += [
        {"study": f"counts {row}", **dict(zip(names, counts, strict=True))}
        for row, counts in enumerate(given["beside_counts"])
    ]
    table = pd.DataFrame(rows)
    first, *others = [study.evidence.summarise("log_odds") for study in read_studies(table)]
    # the middle of the logarithms, 1 part in 100 from the rounded ratio; their width over 3.92
    assert first[0] == pytest.approx((np.log(low) + np.log(high)) / 2)
    assert first[0] == pytest.approx(np.log(given["ratio"]), abs=0.01)
    assert first[1] == pytest.approx((np.log(high) - np.log(low)) / 3.919928)
    for (a, n, c, m), (estimate, error) in zip(given["beside_counts"], others, strict=True):
        assert estimate == pytest.approx(np.log(a * (m - c) / (c * (n - a))))
        assert error == pytest.approx((1 / a + 1 / (n - a) + 1 / c + 1 / (m - c)) ** 0.5)
    found = synthesise(table)
    assert found.table["evidence"].tolist() == ["interval", "counts", "counts"]
    pooled = pool_effects(*np.transpose([first, *others]), interval="normal")
    assert found.mean.mean == pytest.approx(pooled.estimate, abs=0.05)
