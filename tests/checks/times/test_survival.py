import numpy as np
import pandas as pd
import pytest
from scipy import stats

from desist.checks.times.cox import baseline_hazard, cox
from desist.checks.times.cox_exact import cox_exact
from desist.checks.times.kaplan_meier import (
    kaplan_meier,
    restricted_mean,
    rmst_difference,
    rmst_ratio,
)
from desist.checks.times.log_rank import count_log_rank, log_rank
from desist.errors import InputError, NoEventsError, NotConvergedError

from ..conftest import REFERENCE

WEIGHTS = ("w_ate", "w_att", "w_ato")


@pytest.fixture(scope="module")
def prisoners(rossi):
    full = pd.read_csv(REFERENCE / "survival" / "rossi.csv")
    return rossi.assign(
        race=full["race"],
        age=full["age"],
        prio=full["prio"],
        raceother=full["race"] == "other",
        wexpyes=full["wexp"] == "yes",
        unmarried=full["mar"] == "not married",
        paroyes=full["paro"] == "yes",
    )


@pytest.fixture(scope="module")
def covariates(prisoners):
    names = ["z", "age", "raceother", "wexpyes", "unmarried", "paroyes", "prio"]
    return prisoners[names].to_numpy(dtype=float)


@pytest.fixture(scope="module")
def coefficients():
    table = pd.read_csv(REFERENCE / "survival" / "rossi_coxph_coefficients.csv")
    return dict(iter(table.groupby("model")))


@pytest.mark.parametrize("arm", ["fin=no", "fin=yes"])
@pytest.mark.parametrize(
    ("kind", "weights"),
    [("plain", "none"), ("log", "none"), ("log-log", "none"), ("log", "w_ate"), ("log", "w_att")],
)
def test_kaplan_meier_equals_r_with_its_errors_and_limits(rossi, arm, kind, weights):
    table = pd.read_csv(REFERENCE / "survival" / "rossi_km.csv")
    expected = table.query("strata == @arm and conf_type == @kind and weights == @weights")
    people = rossi[rossi["z"] == (arm == "fin=yes")]
    masses = None if weights == "none" else people[weights]
    curve = kaplan_meier(people["week"], people["arrest"], masses)
    lower, upper = curve.interval(kind)
    for ours, theirs in (
        (curve.times, "time"),
        (curve.survival, "surv"),
        (lower, "lower"),
        (upper, "upper"),
        (curve.standard_error, "std_err"),
    ):
        np.testing.assert_allclose(ours, expected[theirs], atol=1e-9)


@pytest.mark.parametrize("horizon", [26, 40, 52])
def test_restricted_mean_difference_equals_r(rossi, rossi_tests, horizon):
    expected = rossi_tests["rmst"][f"tau{horizon}"]
    found = rmst_difference(rossi["week"], rossi["arrest"], rossi["z"], horizon=horizon)
    assert found.estimate == pytest.approx(expected["diff"], abs=1e-9)
    assert found.standard_error == pytest.approx(expected["se_diff"], abs=1e-9)
    assert (found.lower, found.upper) == pytest.approx(expected["diff_ci"], abs=1e-6)
    assert found.p_value == pytest.approx(expected["p_diff"], abs=1e-6)
    for weights, numbers in expected["weighted"].items():
        weighted = rmst_difference(
            rossi["week"], rossi["arrest"], rossi["z"], rossi[weights], horizon=horizon
        )
        assert weighted.estimate == pytest.approx(numbers["diff"], abs=1e-9)


@pytest.mark.parametrize("horizon", [26, 40, 52])
@pytest.mark.parametrize(("entry", "lost"), [("ratio", False), ("rmtl_ratio", True)])
def test_ratios_of_time_kept_and_lost_equal_r(rossi, rossi_tests, horizon, entry, lost):
    expected = rossi_tests["rmst"][f"tau{horizon}"]
    found = rmst_ratio(rossi["week"], rossi["arrest"], rossi["z"], horizon=horizon, lost=lost)
    assert found.estimate == pytest.approx(expected[entry], abs=1e-9)
    assert (found.lower, found.upper) == pytest.approx(expected[f"{entry}_ci"], abs=1e-9)


def test_restricted_mean_error_agrees_with_the_jackknife_when_weights_differ(uneven):
    days, events, weights = (uneven[name].to_numpy() for name in ("days", "reoffended", "weights"))
    _, error = restricted_mean(days, events, weights, horizon=300)
    nudge = 1e-5
    base, _ = restricted_mean(days, events, weights, horizon=300)
    squares = 0.0
    for person in range(90):
        moved = weights.copy()
        moved[person] *= 1 + nudge
        squares += ((restricted_mean(days, events, moved, horizon=300)[0] - base) / nudge) ** 2
    assert error == pytest.approx(np.sqrt(squares), rel=1e-3)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_with_covariates_equals_r(prisoners, covariates, coefficients, ties):
    expected = coefficients[f"coxph_{ties}"]
    fit = cox(prisoners["week"], prisoners["arrest"], covariates, ties=ties)
    np.testing.assert_allclose(fit.coefficients, expected["coef"], atol=1e-8)
    np.testing.assert_allclose(fit.standard_errors, expected["se"], atol=1e-8)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("form", ["fin", "adj"])
def test_weighted_cox_with_robust_errors_equals_r(
    prisoners, covariates, coefficients, weights, form, rossi_tests
):
    name = f"coxph_{form}_{weights}_robust"
    x = covariates if form == "adj" else prisoners["z"]
    fit = cox(prisoners["week"], prisoners["arrest"], x, prisoners[weights])
    np.testing.assert_allclose(fit.coefficients, coefficients[name]["coef"], atol=1e-8)
    np.testing.assert_allclose(fit.standard_errors, coefficients[name]["se"], atol=1e-8)
    np.testing.assert_allclose(fit.robust_errors, coefficients[name]["robust_se"], atol=1e-8)
    assert fit.log_likelihood == pytest.approx(rossi_tests["loglik"][name][1], abs=1e-6)


def test_exact_cox_equals_r(prisoners, covariates, rossi_tests):
    expected = rossi_tests["coxph_exact"]
    fit = cox_exact(prisoners["week"], prisoners["arrest"], covariates)
    coefficients = [row["coef"] for row in expected["coefficients"]]
    errors = [row["se(coef)"] for row in expected["coefficients"]]
    np.testing.assert_allclose(fit.coefficients, coefficients, atol=1e-8)
    np.testing.assert_allclose(fit.standard_errors, errors, atol=1e-8)
    assert fit.log_likelihood == pytest.approx(expected["loglik"][1], abs=1e-6)


def test_exact_cox_of_untied_times_is_efron(uneven):
    days = uneven["days"] + np.linspace(0, 0.5, 90)
    data = (days, uneven["reoffended"], uneven["treated"])
    np.testing.assert_allclose(cox_exact(*data).coefficients, cox(*data).coefficients, atol=1e-8)


def test_exact_cox_stands_many_ties():
    treated = np.arange(1200) < 300
    times = np.where(np.arange(1200) % 3 == 0, 5.0, 9.0)
    events = np.arange(1200) % 2 == 0
    assert np.isfinite(cox_exact(times, events, treated).coefficients).all()


def test_unadjusted_cox_equals_r(rossi, coefficients):
    fit = cox(rossi["week"], rossi["arrest"], rossi["z"])
    expected = coefficients["coxph_fin_only_robust"]
    np.testing.assert_allclose(fit.coefficients, expected["coef"], atol=1e-9)
    np.testing.assert_allclose(fit.robust_errors, expected["robust_se"], atol=1e-9)


def test_stratified_cox_equals_r(prisoners, rossi_tests):
    expected = rossi_tests["coxph_strata_race"]
    x = prisoners[["z", "age", "prio"]].to_numpy(dtype=float)
    fit = cox(prisoners["week"], prisoners["arrest"], x, strata=prisoners["race"])
    np.testing.assert_allclose(fit.coefficients, [row["coef"] for row in expected], atol=1e-8)
    np.testing.assert_allclose(
        fit.standard_errors, [row["se(coef)"] for row in expected], atol=1e-8
    )


def test_cox_without_frailty_equals_r_where_the_frailty_is_none(prisoners, rossi_tests):
    # R: coxph(Surv(week, arrest) ~ fin + age + prio + frailty(educ)); the variance that it finds
    # is the smallest that it looks at
    expected = rossi_tests["coxph_frailty_gamma_educ"]
    assert expected["history_theta"] < 1e-8
    x = prisoners[["z", "age", "prio"]].to_numpy(dtype=float)
    fit = cox(prisoners["week"], prisoners["arrest"], x)
    terms = expected["coefficients"][:3]
    np.testing.assert_allclose(fit.coefficients, [row["coef"] for row in terms], atol=1e-6)
    np.testing.assert_allclose(fit.standard_errors, [row["se(coef)"] for row in terms], atol=1e-6)


def test_baseline_hazard_equals_r(prisoners, covariates):
    # R: basehaz(coxph(Surv(week, arrest) ~ fin + ... + prio), centered = FALSE)
    table = pd.read_csv(REFERENCE / "survival" / "rossi_cox_basehaz_uncentered.csv")
    weeks, hazard = baseline_hazard(prisoners["week"], prisoners["arrest"], covariates)
    expected = table.set_index("time")["hazard"]
    np.testing.assert_allclose(hazard, expected[weeks], atol=1e-7)
    again = baseline_hazard(prisoners["week"], prisoners["arrest"], covariates, np.full(432, 10.0))
    np.testing.assert_allclose(again[1], hazard, rtol=1e-8)


def person_weeks(prisoners, lag):
    """A row for each person and week, with employment of `lag` weeks before."""
    full = pd.read_csv(REFERENCE / "survival" / "rossi.csv")
    rows = [
        (person, week, week == last and arrest, full[f"emp{week - lag}"][person] == "yes")
        for person, (last, arrest) in enumerate(zip(full["week"], full["arrest"], strict=True))
        for week in range(1 + lag, last + 1)
    ]
    return pd.DataFrame(rows, columns=["person", "week", "arrest", "employed"])


@pytest.mark.parametrize(("name", "lag"), [("coxph_tv_employed", 0), ("coxph_tv_lag1", 1)])
def test_cox_of_people_whose_employment_changes_equals_r(
    prisoners, covariates, coefficients, name, lag
):
    weeks, expected = person_weeks(prisoners, lag), coefficients[name]
    x = np.column_stack([covariates[weeks["person"]], weeks["employed"]])
    fit = cox(weeks["week"], weeks["arrest"], x, starts=weeks["week"] - 1)
    np.testing.assert_allclose(fit.coefficients, expected["coef"], atol=1e-8)
    np.testing.assert_allclose(fit.standard_errors, expected["se"], atol=1e-8)


def test_people_cut_into_weeks_are_the_same_people(prisoners, covariates):
    weeks = person_weeks(prisoners, 0)
    weights = prisoners["w_ate"].to_numpy()
    whole = cox(prisoners["week"], prisoners["arrest"], covariates, weights)
    rows = weeks["person"].to_numpy()
    cut = cox(
        weeks["week"],
        weeks["arrest"],
        covariates[rows],
        weights[rows],
        starts=weeks["week"] - 1,
        clusters=rows,
    )
    np.testing.assert_allclose(cut.coefficients, whole.coefficients, atol=1e-9)
    np.testing.assert_allclose(cut.robust_errors, whole.robust_errors, rtol=1e-9)


def test_a_row_that_ends_before_it_starts_is_refused():
    with pytest.raises(InputError, match="starts: expected days before the time of the same row"):
        cox([1, 2, 3], [1, 1, 0], [1, 0, 1], starts=[0, 2, 0])


def test_clusters_of_one_person_give_the_robust_error_of_people(rossi):
    args = (rossi["week"], rossi["arrest"], rossi["z"], rossi["w_ate"])
    alone, grouped = cox(*args), cox(*args, clusters=rossi["id"])
    np.testing.assert_allclose(alone.robust_errors, grouped.robust_errors)


def test_clustered_cox_error_of_doubled_people_is_that_of_the_people(rossi):
    twice = pd.concat([rossi, rossi])
    single = cox(rossi["week"], rossi["arrest"], rossi["z"], ties="breslow")
    doubled = cox(twice["week"], twice["arrest"], twice["z"], ties="breslow", clusters=twice["id"])
    np.testing.assert_allclose(doubled.robust_errors, single.robust_errors, rtol=1e-9)


@pytest.mark.parametrize(
    ("entry", "options"),
    [("survdiff_rho0", {}), ("survdiff_rho1", {"rho": 1.0}), ("survdiff_strata_race", "race")],
)
def test_log_rank_equals_r(prisoners, rossi_tests, entry, options):
    keywords = {"strata": prisoners["race"]} if options == "race" else options
    found = count_log_rank(prisoners["week"], prisoners["arrest"], prisoners["z"], **keywords)
    expected = rossi_tests[entry]
    assert found.statistic == pytest.approx(expected["chisq"], abs=1e-9)
    assert found.observed == pytest.approx(expected["obs"][1], abs=1e-9)
    assert found.expected == pytest.approx(expected["exp"][1], abs=1e-9)
    assert found.variance == pytest.approx(expected["var"][1][1], abs=1e-9)


def test_log_rank_of_the_few_married_equals_r(rossi_tests):
    full = pd.read_csv(REFERENCE / "survival" / "rossi.csv").query("mar == 'married'")
    found = count_log_rank(full["week"], full["arrest"], full["fin"] == "yes")
    expected = rossi_tests["small_group_logrank_married"]["survdiff"]
    assert found.statistic == pytest.approx(expected["chisq"], abs=1e-9)


def test_p_of_the_log_rank_check_is_that_of_its_statistic(rossi, rossi_tests):
    found = log_rank(rossi["week"], rossi["arrest"], rossi["z"])
    assert found.p_value == pytest.approx(rossi_tests["survdiff_rho0"]["p"], abs=1e-9)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_weighted_log_rank_is_the_robust_score_test_of_r(rossi, rossi_tests, weights):
    found = log_rank(rossi["week"], rossi["arrest"], rossi["z"], rossi[weights])
    chi_squared = stats.norm.isf(found.p_value / 2) ** 2
    expected = rossi_tests["robust_score"][f"coxph_fin_{weights}_robust"][0]
    assert chi_squared == pytest.approx(expected, abs=1e-9)


def test_reoffence_on_the_day_of_release_counts():
    curve = kaplan_meier([0, 0, 5, 10], [1, 1, 0, 0])
    assert curve.survival.tolist() == [0.5, 0.5, 0.5]
    assert restricted_mean([0, 0, 5, 10], [1, 1, 0, 0], horizon=10)[0] == pytest.approx(5.0)
    assert cox([0, 0, 5, 10], [1, 1, 1, 0], [1, 0, 0, 1]).n_events == 3


def test_everybody_reoffending_brings_the_curve_to_zero():
    curve = kaplan_meier([1, 2, 3], [1, 1, 1])
    assert curve.survival[-1] == 0
    assert restricted_mean([1, 2, 3], [1, 1, 1], horizon=3)[0] == pytest.approx(2.0)
    assert np.isfinite(curve.standard_error).all()


def test_a_horizon_before_every_time_is_reached_by_everybody():
    assert restricted_mean([5, 6, 7], [1, 1, 0], horizon=3) == (3.0, 0.0)


def test_nobody_reoffending_is_refused_with_advice():
    with pytest.raises(NoEventsError, match="nobody reoffended, so hazards cannot be compared"):
        cox([5, 5, 5], [0, 0, 0], [1, 0, 0])


@pytest.mark.parametrize("method", [cox, cox_exact])
def test_one_arm_without_reoffences_has_no_hazard_ratio(method):
    with pytest.raises(NotConvergedError, match="no finite maximum"):
        method([5, 4, 3, 2], [0, 0, 1, 1], [1, 1, 0, 0])


@pytest.mark.parametrize("days", [[np.inf, 2.0, 3.0], [np.nan, 2.0, 3.0]])
def test_infinite_and_missing_times_are_named_by_row(days):
    with pytest.raises(
        InputError, match="finite numbers for everybody who is used, found 1 other, row 1"
    ):
        kaplan_meier(days, [1, 1, 0])


def test_negative_times_are_refused():
    with pytest.raises(InputError, match="times: expected 0 or more, found 1 negative, row 2"):
        kaplan_meier([1.0, -2.0], [1, 0])


def test_people_of_weight_zero_change_nothing(uneven):
    with_ghosts = pd.concat([uneven, uneven.assign(weights=0.0, days=1.0)])
    frames = [
        frame[["days", "reoffended", "treated", "weights"]].T.to_numpy()
        for frame in (uneven, with_ghosts)
    ]
    one, other = (rmst_difference(*columns, horizon=365) for columns in frames)
    assert (one.estimate, one.standard_error) == pytest.approx(
        (other.estimate, other.standard_error)
    )


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_hazard_ratio_far_from_one_is_an_estimate_and_not_a_runaway(scale):
    rng = np.random.default_rng(1)
    treated = np.arange(400) < 100
    times = rng.exponential(np.where(treated, 100.0, 1.0))
    events = times < 50
    fit = cox(times.clip(max=50), events, treated, np.full(400, scale))
    assert np.exp(fit.coefficients[0]) == pytest.approx(0.01, rel=0.3)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_scaling_all_weights_changes_neither_cox_nor_its_robust_error(rossi, scale):
    one, other = (
        cox(rossi["week"], rossi["arrest"], rossi["z"], rossi["w_ate"] * s) for s in (1.0, scale)
    )
    np.testing.assert_allclose(one.coefficients, other.coefficients, rtol=1e-7)
    np.testing.assert_allclose(one.robust_errors, other.robust_errors, rtol=1e-7)


def test_unknown_options_are_errors():
    with pytest.raises(InputError, match="ties: expected one of efron, breslow, found 'exakt'"):
        cox([1, 2], [1, 1], [0, 1], ties="exakt")
    with pytest.raises(InputError, match="kind: expected one of"):
        kaplan_meier([1, 2], [1, 1]).interval("arcsine")
