import numpy as np
import pytest
from scipy.stats import chi2

from desist.datasets import landenberger
from desist.errors import InputError
from desist.synthesis.pooling import ESTIMATORS, INTERVALS, leave_one_out, pool_effects

METAFOR_TESTS = {"z": "normal", "knha": "knapp_hartung"}


@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
@pytest.mark.parametrize("estimator", ["REML", "ML", "DL", "PM", "EB", "SJ", "HE", "HS"])
@pytest.mark.parametrize("test", ["z", "knha"])
def test_pooled_effects_equal_metafor(bcg_effects, bcg_reference, measure, estimator, test):
    expected = bcg_reference[f"{measure}_{estimator}_{test}"]
    coefficient = expected["b"][0]
    found = pool_effects(
        *bcg_effects[measure], estimator=estimator.lower(), interval=METAFOR_TESTS[test]
    )
    figures = {
        found.estimate: coefficient["estimate"],
        found.standard_error: coefficient["se"],
        found.lower: coefficient["lower"],
        found.upper: coefficient["upper"],
        found.p_value: coefficient["p"],
        found.prediction_lower: expected["pred_lower"],
        found.prediction_upper: expected["pred_upper"],
        found.tau_squared: expected["tau2"],
        100 * found.i_squared: expected["I2"],
        found.q: expected["Q"],
        found.q_p_value: expected["Q_p"],
    }
    for ours, theirs in figures.items():
        assert ours == pytest.approx(theirs, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
@pytest.mark.parametrize("test", ["z", "knha"])
def test_equal_effects_equal_metafor(bcg_effects, bcg_reference, measure, test):
    expected = bcg_reference[f"{measure}_EE_{test}"]
    coefficient = expected["b"][0]
    found = pool_effects(*bcg_effects[measure], estimator="equal", interval=METAFOR_TESTS[test])
    limits = (found.estimate, found.standard_error, found.lower, found.upper, found.p_value)
    names = ("estimate", "se", "lower", "upper", "p")
    assert limits == pytest.approx([coefficient[name] for name in names], rel=1e-7)
    assert 100 * found.i_squared == pytest.approx(expected["I2"], rel=1e-9)
    assert np.isnan(found.prediction_lower)


def test_the_truncated_interval_equals_metafors_ad_hoc_one(bcg_effects, bcg_reference):
    expected = bcg_reference["RR_REML_adhoc"]
    found = pool_effects(*bcg_effects["RR"], interval="knapp_hartung_truncated")
    assert found.lower == pytest.approx(expected["b"][0]["lower"], rel=1e-7)
    assert found.prediction_lower == pytest.approx(expected["pred_lower"], rel=1e-7)


def test_the_prediction_interval_takes_the_degrees_of_freedom_it_is_told():
    # two squared distances of 0.04 about -0.3; tau-squared 0.03 from variances 0.01
    found = {
        name: pool_effects(
            [-0.5, -0.1, -0.3], [0.1] * 3, interval="normal", prediction=name
        ).prediction_upper
        for name in ("as_interval", "t_k_minus_1", "t_k_minus_2")
    }
    spread = (0.03 + 0.04 / 3) ** 0.5
    quantiles = {"as_interval": 1.959964, "t_k_minus_1": 4.302653, "t_k_minus_2": 12.706205}
    for name, quantile in quantiles.items():
        assert found[name] == pytest.approx(-0.3 + quantile * spread, abs=1e-6)


def test_a_prediction_with_two_degrees_fewer_wants_three_studies():
    with pytest.raises(InputError, match="prediction: expected 3 studies or more"):
        pool_effects([0.1, 0.2], [0.1, 0.1], prediction="t_k_minus_2")


def test_each_trial_left_out_equals_metafor(bcg_effects, bcg_reference):
    found = leave_one_out(*bcg_effects["RR"], interval="normal")
    for ours, theirs in (
        ("estimate", "estimate"),
        ("standard_error", "se"),
        ("tau_squared", "tau2"),
        ("q", "Q"),
    ):
        expected = [row[theirs] for row in bcg_reference["RR_leave1out"]]
        assert found[ours].to_numpy() == pytest.approx(expected, abs=1e-9)
    assert list(found.index) == [str(trial) for trial in range(1, 14)]


def test_shrunken_effects_equal_metafor(bcg_effects, bcg_reference):
    found = pool_effects(*bcg_effects["RR"], interval="normal").table
    expected = bcg_reference["RR_blup"]
    assert found["shrunken"].to_numpy() == pytest.approx([r["pred"] for r in expected], abs=1e-9)
    assert found["shrunken_error"].to_numpy() == pytest.approx(
        [r["se"] for r in expected], abs=1e-9
    )
    assert found["share"].sum() == pytest.approx(1)


def test_limits_of_tau_squared_solve_the_q_profile(bcg_effects, bcg_reference):
    estimates, errors = bcg_effects["RR"]
    found = pool_effects(estimates, errors)
    limits = (found.tau_squared_lower, found.tau_squared_upper)
    for limit, tail in zip(limits, (0.975, 0.025), strict=True):
        weights = 1 / (errors**2 + limit)
        centred = estimates - np.average(estimates, weights=weights)
        assert weights @ centred**2 == pytest.approx(chi2.ppf(tail, 12), abs=1e-9)
    metafor = bcg_reference["RR_REML_confint_Qprofile"][0]
    assert limits == pytest.approx((metafor["ci.lb"], metafor["ci.ub"]), abs=1e-4)


@pytest.mark.parametrize("estimator", ["reml", "dl", "pm"])
def test_two_studies_by_hand(estimator):
    # variance of the estimates 0.08, of each one 0.04: tau-squared 0.04, Q = 0.08 / 0.04
    found = pool_effects([-0.5, -0.1], [0.2, 0.2], estimator=estimator, interval="normal")
    assert found.tau_squared == pytest.approx(0.04, abs=1e-12)
    assert found.estimate == pytest.approx(-0.3)
    assert found.standard_error == pytest.approx(0.2)
    assert found.q == pytest.approx(2)
    assert found.i_squared == pytest.approx(0.5)
    assert found.shrunken == pytest.approx([-0.4, -0.2])
    assert found.prediction_upper - found.estimate == pytest.approx(1.959964 * 0.08**0.5, abs=1e-6)


def test_maximum_likelihood_divides_the_squares_by_the_studies():
    # two estimates 0.4 apart: squares 0.08 over 2, less the variance 0.04 of each
    assert pool_effects([-0.5, -0.1], [0.2, 0.2], estimator="ml").tau_squared == 0
    found = pool_effects([-0.5, -0.1], [0.1, 0.1], estimator="ml")
    assert found.tau_squared == pytest.approx(0.04 - 0.01, abs=1e-12)


@pytest.mark.parametrize("estimator", list(ESTIMATORS))
@pytest.mark.parametrize("interval", list(INTERVALS))
def test_studies_that_agree_have_no_variance_between_them(estimator, interval):
    found = pool_effects([0.3, 0.3, 0.3], [0.1, 0.2, 0.3], estimator=estimator, interval=interval)
    assert found.tau_squared == found.i_squared == 0
    assert found.estimate == pytest.approx(0.3)
    assert found.shrunken == pytest.approx([0.3, 0.3, 0.3])
    assert found.tau_squared_lower == found.tau_squared_upper == 0


def test_the_truncated_interval_is_never_narrower_than_what_was_known_of_each_study():
    plain, truncated = (
        pool_effects([0.30, 0.31, 0.29], [0.2, 0.2, 0.2], interval=interval)
        for interval in ("knapp_hartung", "knapp_hartung_truncated")
    )
    assert plain.standard_error < 0.2 / 3**0.5 / 10
    assert truncated.standard_error == pytest.approx(0.2 / 3**0.5)
    far = ([0.1, 0.9, 1.8], [0.2, 0.2, 0.2])
    assert pool_effects(*far, estimator="dl").upper == pytest.approx(
        pool_effects(*far, estimator="dl", interval="knapp_hartung_truncated").upper
    )


@pytest.mark.parametrize("estimator", list(ESTIMATORS))
def test_unit_sign_and_order_of_the_studies_do_not_matter(bcg_effects, estimator):
    estimates, errors = (np.asarray(column) for column in bcg_effects["OR"])
    expected = pool_effects(estimates, errors, estimator=estimator)
    found = pool_effects(-100 * estimates[::-1], 100 * errors[::-1], estimator=estimator)
    assert found.estimate == pytest.approx(-100 * expected.estimate, rel=1e-9)
    assert found.upper == pytest.approx(-100 * expected.lower, rel=1e-9)
    assert found.tau_squared == pytest.approx(1e4 * expected.tau_squared, rel=1e-9)
    assert found.p_value == pytest.approx(expected.p_value, rel=1e-9)


def test_pooled_trials_of_cognitive_behavioural_programmes_equal_the_published_odds_ratio():
    # Landenberger and Lipsey (2005): mean odds ratio 1.53 of not reoffending, random effects
    trials = landenberger()
    counts = trials[["n.cbt.rec", "n.cbt.non", "n.ctrl.rec", "n.ctrl.non"]].to_numpy(dtype=float)
    logs, errors = np.log(counts) @ [-1, 1, 1, -1], np.sqrt((1 / counts).sum(axis=1))
    found = pool_effects(logs, errors, labels=trials["study"].tolist(), estimator="dl")
    assert round(float(np.exp(found.estimate)), 2) == 1.53
    assert found.n_studies == 58
    assert np.exp(found.lower) > 1
    assert found.table.index[0] == "Guerra (1990)"
    assert found.prediction_lower < 0 < found.lower  # a new programme may still do harm


def test_the_printed_result_says_how_many_studies_and_what_a_new_one_may_show():
    assert repr(pool_effects([-0.5, -0.1], [0.2, 0.2], interval="normal")) == (
        "<Meta-analysis of 2 studies: -0.3 (-0.692 to 0.092); a new study -0.854 to 0.254>"
    )


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([0.1], [0.2]), {}, "estimates: expected 2 studies or more, found 1"),
        (
            ([0.1, np.nan, 0.3], [0.2, 0.0, np.inf]),
            {},
            "estimates: expected finite numbers, found 1 other, row 2\n"
            "  - standard_errors: expected finite numbers above 0, found 2 other, rows 2, 3",
        ),
        (
            ([0.1, 0.2], [0.2]),
            {"labels": ["Ash"]},
            "expected one estimate, standard error and label for each study, "
            "found shapes (2,) and (1,), 1 labels",
        ),
        (
            ([0.1, 0.2], [0.2, 0.2]),
            {"estimator": "REML", "interval": "t", "probability": 95},
            "estimator: expected one of reml, ml, dl, pm, eb, sj, he, hs, equal, found 'REML'\n"
            "  - interval: expected one of knapp_hartung, knapp_hartung_truncated, normal, "
            "found 't'\n  - probability: expected a number above 0 and below 1, found 95",
        ),
    ],
)
def test_what_cannot_be_pooled_is_refused_with_every_fault(arguments, options, message):
    with pytest.raises(InputError) as error:
        pool_effects(*arguments, **options)
    assert message in str(error.value)


def test_leaving_one_out_needs_three_studies():
    with pytest.raises(InputError, match="estimates: expected 3 studies or more, found 2"):
        leave_one_out([0.1, 0.2], [0.1, 0.1])
