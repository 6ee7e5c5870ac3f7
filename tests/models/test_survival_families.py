"""The families of the survival model: against survreg, quadrature and each other."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.integrate import quad

from desist.cohort.cohort import Cohort
from desist.effects import estimate_effects
from desist.errors import InputError
from desist.estimands import Measure
from desist.inference.engines import Laplace
from desist.inference.rows import collapse_rows
from desist.inference.survival_likelihood import LOGISTIC_DEVIATION
from desist.models.families import SURVIVAL_FAMILIES as FAMILIES
from desist.models.families import Flexible, MixtureCure, Pieces, Weibull
from desist.models.fit import fit_model, fit_rows
from desist.models.predictors import Target
from desist.models.priors import FLAT, Normal, Priors
from desist.models.survival import SurvivalModel

from .modes import mode_of
from .studies import make_cohort, weigh

REFERENCE = Path(__file__).parents[1] / "reference" / "survival"
WEEKS = 52  # of follow-up; the horizon
CUTS = (30.0, 91.0, 182.0)
R_NAMES = {
    "exponential": "exponential",
    "weibull": "weibull",
    "log_logistic": "loglogistic",
    "log_normal": "lognormal",
}


@pytest.fixture(scope="module")
def rossi():
    table = pd.read_csv(REFERENCE / "rossi.csv")
    covariates = table[["age", "race", "wexp", "mar", "paro", "prio"]]
    return covariates.assign(
        treated=(table["fin"] == "yes").astype(int),
        reoffended=table["arrest"],
        days=np.where(table["arrest"] == 1, 7.0 * table["week"], np.nan),
    )


@pytest.fixture(scope="module")
def survreg():
    table = pd.read_csv(REFERENCE / "rossi_survreg_coefficients.csv")
    return lambda name: table[table["model"] == name].set_index("term")["value"]


def flat(family, covariates=None, **settings):
    has_shape = family != "exponential"
    law = FAMILIES[family](log_shape=FLAT, log_shape_ratio=None) if has_shape else family
    return SurvivalModel(covariates=covariates, priors=Priors.flat(), family=law, **settings)


def cohort_of(people):
    roles = {name: name for name in ("reoffended", "days")}
    return Cohort(people, treatment="treated", follow_up=7 * WEEKS, **roles)


def unit_of(people):
    """A deviation, or a quarter of the way to the farthest participant, up to two deviations."""
    table, treated = people[["age", "prio"]], people["treated"] == 1
    spread = table.std(ddof=0)
    farthest = (table[treated] - table[treated].mean()).abs().max()
    return (farthest / 4).clip(spread, 2 * spread)


def accelerate(value, log_shape, family):
    """From the model's scale to survreg's: log time, scale one over the shape."""
    log_scale = np.log(LOGISTIC_DEVIATION) if family == "log_normal" else 0.0
    return -value / np.exp(log_shape), log_scale - log_shape


@pytest.mark.parametrize("family", R_NAMES)
def test_mode_under_flat_priors_is_that_of_survreg_with_covariates(rossi, survreg, family):
    # R: survreg(Surv(week, arrest) ~ fin + age + race + wexp + mar + paro + prio, dist = )
    cohort = cohort_of(rossi)
    model = flat(family, "age + race + wexp + mar + paro + prio")
    fit = fit_model(model, cohort, weigh(cohort), inference=Laplace(draws=8000), seed=5)
    expected = survreg(f"survreg_{R_NAMES[family]}")
    mode = mode_of(fit)
    log_shape = mode.get("log_shape", np.zeros(1))
    effect, log_scale = accelerate(mode["treatment"], log_shape, family)
    np.testing.assert_allclose(effect, expected["finyes"], atol=2e-5)
    if family != "exponential":
        np.testing.assert_allclose(log_scale, expected["Log(scale)"], atol=2e-5)
    spread = unit_of(rossi)
    for name in ("age", "prio"):
        position = fit.covariate_names.index(name)
        slope = accelerate(mode["covariates"][position] / spread[name], log_shape, family)[0]
        np.testing.assert_allclose(slope, expected[name], atol=2e-5)
        # and so is the middle of the posterior, to a tenth of its standard deviation
        shapes = fit.draws.get("log_shape", np.zeros(1))
        drawn = fit.draws["covariates"][..., position] / spread[name]
        slopes = accelerate(drawn, shapes, family)[0]
        assert np.median(slopes) == pytest.approx(expected[name], abs=0.1 * slopes.std())


def test_weeks_as_intervals_agree_with_survreg_for_interval_censored_times(rossi, survreg):
    # R: survreg(Surv(lo, hi, type = "interval2") ~ fin + age + prio), lo the week before;
    # the reference is of arrests in (week - 1, week], others censored at 52 weeks
    cohort = cohort_of(rossi)
    model = flat("weibull", "age + prio", recorded_in=7.0)
    fit = fit_model(model, cohort, weigh(cohort), inference=Laplace(draws=8000), seed=5)
    expected = survreg("survreg_weibull_interval_censored_weeks")
    mode = mode_of(fit)
    table = pd.read_csv(REFERENCE / "rossi_survreg_coefficients.csv")
    errors = table[table["model"] == "survreg_weibull_interval_censored_weeks"].set_index("term")
    spread = unit_of(rossi).to_numpy()
    slopes, log_scale = accelerate(mode["covariates"] / spread, mode["log_shape"], "weibull")
    effect = accelerate(mode["treatment"], mode["log_shape"], "weibull")[0]
    middle = np.log(WEEKS) + accelerate(mode["intercept"], mode["log_shape"], "weibull")[0]
    intercept = middle - slopes @ rossi.loc[rossi["treated"] == 1, ["age", "prio"]].mean()
    found = np.concatenate([intercept, effect, slopes, log_scale])
    np.testing.assert_allclose(found, expected.to_numpy(), atol=5e-5)
    drawn = accelerate(fit.draws["treatment"], fit.draws["log_shape"], "weibull")[0]
    assert np.median(drawn) == pytest.approx(expected["finyes"], abs=0.1 * drawn.std())
    assert drawn.std() == pytest.approx(errors.loc["finyes", "se"], rel=0.05)


@pytest.mark.parametrize("family", R_NAMES)
@pytest.mark.parametrize("estimand", ["ate", "att"])
def test_weighted_mode_is_that_of_survreg(rossi, survreg, family, estimand):
    # R: survreg(Surv(week, arrest) ~ fin, weights = w, dist = ); the weights as they are
    weights = pd.read_csv(REFERENCE / "rossi_weights.csv")[f"w_{estimand}"].to_numpy()
    cohort, model = cohort_of(rossi), flat(family)
    outcomes = {
        "treated": cohort.treated.astype(float),
        "time": rossi["days"].fillna(7.0 * WEEKS).to_numpy() / (7 * WEEKS),
        "reoffended": rossi["reoffended"].to_numpy(dtype=float),
        "on_release_day": np.zeros(len(rossi)),
    }
    rows, totals, _ = collapse_rows(outcomes, weights)
    fit = fit_rows(
        model,
        model.complete_rows(rows | {"weight": totals}),
        Target(np.zeros((1, 0)), np.zeros((1, 0), dtype=np.int64), np.ones(1)),
        estimand=weigh(cohort).estimand,
        horizon=7.0 * WEEKS,
        people=(216, 216),
        inference="laplace",
    )
    mode = mode_of(fit)
    expected = survreg(f"survreg_fin_{R_NAMES[family]}_w_{estimand}_naive")
    log_shape = mode.get("log_shape", np.zeros(1))
    effect, log_scale = accelerate(mode["treatment"], log_shape, family)
    intercept = np.log(WEEKS) + accelerate(mode["intercept"], log_shape, family)[0]
    assert effect.item() == pytest.approx(expected["finyes"], abs=2e-5)
    assert intercept.item() == pytest.approx(expected["(Intercept)"], abs=2e-5)
    if family != "exponential":
        assert log_scale.item() == pytest.approx(expected["Log(scale)"], abs=2e-5)


def survival_of(family, eta, shape, time):
    """Survival at a time in days, from the formula in the model's documentation."""
    t = time / 365
    return {
        "weibull": np.exp(-np.exp(eta) * t**shape),
        "exponential": np.exp(-np.exp(eta) * t),
        "log_logistic": 1 / (1 + np.exp(eta) * t**shape),
        "log_normal": stats.norm.sf(
            (eta + shape * np.log(t)) / LOGISTIC_DEVIATION if t > 0 else -np.inf
        ),
        "mixture_cure": mixture(eta, shape, t),
    }[family]


def mixture(eta, shape, t):
    # 3 in 10 of those who are free at the horizon are cured
    free = np.exp(-np.exp(eta))
    cured = 0.3 * free
    hazard_of_the_rest = -np.log((free - cured) / (1 - cured))
    return cured + (1 - cured) * np.exp(-hazard_of_the_rest * t**shape)


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "piecewise_exponential"])
@pytest.mark.parametrize(("eta", "shape"), [(-2.0, 0.6), (-0.4, 1.3), (1.5, 0.8), (3.0, 2.5)])
def test_predictions_are_survival_and_its_integral(family, eta, shape):
    draws = {
        "log_shape": np.log([[shape / 1.1]]),
        "log_shape_ratio": np.log([[1.1]]),
        "log_odds_cured": np.log([[0.3 / 0.7]]) - 0.2,
        "log_odds_cured_treatment": np.array([[0.2]]),
    }
    found = SurvivalModel(family=family).predict(np.full((1, 1, 2), eta), draws, 1, 365.0)
    expected, _ = quad(
        lambda days: survival_of(family, eta, shape, days), 0, 365, epsabs=1e-10, limit=200
    )
    np.testing.assert_allclose(found["rmst"], np.full((1, 1, 2), expected), rtol=1e-8)
    survival = survival_of(family, eta, shape, 365.0)
    np.testing.assert_allclose(found["survival"], np.full((1, 1, 2), survival), rtol=1e-12)


def test_pieces_predict_survival_and_its_integral():
    eta, steps = 0.3, np.array([-0.7, 0.2, 0.4])
    draws = {
        "log_hazard_steps": steps[None, None] - 0.1,
        "log_hazard_steps_ratio": np.full((1, 1, 3), 0.1),
    }
    model = SurvivalModel(family=Pieces(CUTS))
    found = model.predict(np.full((1, 1, 1), eta), draws, 1, 365.0)
    hazard = np.exp(np.cumsum([0.0, *steps]))
    edges = np.array([0.0, *CUTS, 365.0])
    hazard *= np.exp(eta) / (hazard @ np.diff(edges))

    def survival(day):
        return np.exp(-hazard @ np.clip(day - edges[:-1], 0, np.diff(edges)))

    expected, _ = quad(survival, 0, 365, points=CUTS, epsabs=1e-10)
    assert found["rmst"].item() == pytest.approx(expected, rel=1e-10)
    assert found["survival"].item() == pytest.approx(np.exp(-np.exp(eta)), rel=1e-14)


def test_pieces_find_the_occurrences_over_the_time_at_risk(people):
    # with flat priors the hazard of a piece is its reoffences over its days at risk
    cohort = make_cohort(**{name: people[name] for name in ("treated", "reoffended", "days")})
    design = weigh(cohort)
    model = SurvivalModel(
        priors=Priors.flat(),
        family=Pieces((91.0, 182.0), log_hazard_steps=FLAT, log_hazard_steps_ratio=FLAT),
    )
    fit = fit_model(model, cohort, design, inference="laplace")
    mode = mode_of(fit)
    days = np.where(people["reoffended"] == 1, np.maximum(people["days"], 0.5), 365.0)
    edges = np.array([0.0, 91.0, 182.0, 365.0])
    for arm, steps in ((0, mode["log_hazard_steps"]), (1, sum_of_steps(mode))):
        here = people["treated"] == arm
        at_risk = np.clip(days[here, None] - edges[:-1], 0, np.diff(edges)).sum(axis=0)
        reoffences = np.histogram(days[here & (people["reoffended"] == 1)] - 1e-9, edges)[0]
        expected = np.diff(np.log(reoffences / at_risk))
        np.testing.assert_allclose(steps, expected, atol=0.01)  # day 0 is an interval, not a point


def sum_of_steps(mode):
    return mode["log_hazard_steps"] + mode["log_hazard_steps_ratio"]


@pytest.mark.parametrize("recorded_in", [None, 5.0])
def test_a_cured_fraction_is_found_where_follow_up_is_long_enough(recorded_in):
    # half the treated and a quarter of the others never reoffend; the rest do within months
    rng = np.random.default_rng(4)
    treated = np.repeat([1, 0], 400)
    cured = rng.random(800) < np.where(treated == 1, 0.5, 0.25)
    days = rng.exponential(60, 800)
    days = np.floor(days) if recorded_in is None else np.ceil(days / recorded_in) * recorded_in
    reoffended = (~cured & (days <= 365)).astype(int)
    cohort = make_cohort(
        treated=treated, reoffended=reoffended, days=np.where(reoffended == 1, days, np.nan)
    )
    model = SurvivalModel(family="mixture_cure", recorded_in=recorded_in)
    fit = fit_model(model, cohort, weigh(cohort), inference="laplace")
    assert fit.predict(1)["cured"].mean() == pytest.approx(0.5, abs=0.06)
    assert fit.predict(0)["cured"].mean() == pytest.approx(0.25, abs=0.06)
    effects = {effect.measure: effect for effect in estimate_effects(fit)}
    assert effects[Measure.RMST].probability_of_benefit > 0.99


def test_cure_without_cured_people_is_a_weibull(people):
    cohort = make_cohort(**people)
    design = weigh(cohort, people["weight"])
    nobody = SurvivalModel(
        family=MixtureCure(
            log_odds_cured=Normal(-20.0, 0.1), log_odds_cured_treatment=Normal(0.0, 0.1)
        )
    )
    fits = [
        fit_model(model, cohort, design, inference=Laplace(draws=16000), seed=3)
        for model in (nobody, SurvivalModel(family="weibull"))
    ]
    for arm in (0, 1):
        found, expected = (fit.predict(arm)["rmst"] for fit in fits)
        assert found.mean() == pytest.approx(expected.mean(), abs=0.05 * expected.std())


def test_a_constant_hazard_is_the_weibull_of_shape_one(people):
    cohort = make_cohort(**people)
    design = weigh(cohort, people["weight"])
    fixed = SurvivalModel(family=Weibull(Normal(0.0, 1e-4), None))
    found, expected = (
        fit_model(model, cohort, design, inference=Laplace(draws=16000), seed=3).predict(1)["rmst"]
        for model in (SurvivalModel(family="exponential"), fixed)
    )
    assert found.mean() == pytest.approx(expected.mean(), abs=0.05 * expected.std())
    assert found.std() == pytest.approx(expected.std(), rel=0.05)


@pytest.mark.parametrize(
    "family", [name for name in (*FAMILIES, "flexible") if name != "mixture_cure"]
)
@pytest.mark.parametrize("recorded_in", [None, 30.4])
def test_every_family_finds_how_many_reoffend(people, family, recorded_in):
    # the day of release included, days or months, with an own shape in each arm
    days = people["days"].copy()
    if recorded_in is None:
        days[np.flatnonzero(people["reoffended"])[:4]] = 0
    else:
        days = np.minimum(np.maximum(np.ceil(days / recorded_in), 1) * recorded_in, 365)
    columns = {name: people[name] for name in ("treated", "reoffended")}
    cohort = make_cohort(days=days, **columns)
    law = Pieces(CUTS) if family == "piecewise_exponential" else family
    model = SurvivalModel(family=law, recorded_in=recorded_in)
    fit = fit_model(model, cohort, weigh(cohort), inference="laplace", seed=1)
    for arm in (0, 1):
        share = people["reoffended"][people["treated"] == arm].mean()
        found = 1 - fit.predict(arm)["survival"].mean()
        assert found == pytest.approx(share, abs=0.06 if family == "exponential" else 0.04)


def test_days_and_days_in_intervals_of_a_day_are_the_same_answer(people):
    days = people["days"] + 0.5  # the middle of the day
    columns = {name: people[name] for name in ("treated", "reoffended")}
    exact = make_cohort(days=days, **columns)
    ends = make_cohort(days=days + 0.5, **columns)
    fits = [
        fit_model(SurvivalModel(recorded_in=width), cohort, weigh(cohort), inference="laplace")
        for width, cohort in ((None, exact), (1.0, ends))
    ]
    found, expected = (fit.predict(0)["rmst"] for fit in fits)
    assert found.mean() == pytest.approx(expected.mean(), abs=0.05 * expected.std())


def test_time_beyond_the_horizon_counts_in_the_last_piece(people):
    cohort = make_cohort(**{name: people[name] for name in ("treated", "reoffended", "days")})
    model = SurvivalModel(family=Pieces((30.0,)))
    fit = fit_model(model, cohort, weigh(cohort), horizon=91.0, inference="laplace")
    assert fit.data["time"].max() == pytest.approx(365 / 91)  # 274 days after the horizon
    assert np.all(fit.predict(0)["rmst"] < 91)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"family": "gamma"},
            "family: expected one of weibull, exponential, log_normal, log_logistic, "
            "piecewise_exponential, mixture_cure, flexible, found 'gamma'",
        ),
        ({"family": "piecewise_exponential"}, "expected days above 0 in ascending order"),
        ({"recorded_in": 0.0}, "recorded_in: expected a number above 0 or None, found 0"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        SurvivalModel(**settings)


def test_cut_points_that_do_not_ascend_are_refused_with_what_to_write():
    with pytest.raises(InputError, match=r"found \(91.0, 30.0\); write Pieces\(cuts=\(30, 91, 182"):
        Pieces(cuts=(91, 30))


@pytest.mark.parametrize("setting", ["cuts", "log_shape", "log_odds_cured"])
def test_a_setting_of_a_family_cannot_be_given_beside_it(setting):
    with pytest.raises(TypeError, match=setting):
        SurvivalModel(**{setting: Normal(0, 1)})


def test_a_word_stands_for_the_record_with_its_defaults():
    assert SurvivalModel(family="flexible") == SurvivalModel() == SurvivalModel(family=Flexible())
    assert hash(SurvivalModel(family="flexible")) == hash(SurvivalModel())
    with pytest.raises(InputError, match=r"the class MixtureCure; write MixtureCure\(\)"):
        SurvivalModel(family=MixtureCure)


def test_all_faults_of_the_settings_are_listed():
    with pytest.raises(InputError, match="2 faults"):
        SurvivalModel(family="gamma", recorded_in=-7.0)


def test_cuts_beyond_the_horizon_and_intervals_counted_from_zero_are_refused(people):
    columns = {name: people[name] for name in ("treated", "reoffended")}
    days = np.where(people["reoffended"] == 1, 0.0, np.nan)
    cohort = make_cohort(days=days, **columns)
    late = SurvivalModel(family=Pieces((30, 400)), recorded_in=7)
    with pytest.raises(InputError, match=r"before the horizon of 365 days, found 400") as caught:
        fit_model(late, cohort, weigh(cohort))
    n_zero = int(people["reoffended"].sum())
    assert f"found 0 days for {n_zero} people; intervals that are counted from 0 end 7 days" in str(
        caught.value
    )


@pytest.mark.parametrize("family", ["weibull", "piecewise_exponential", "mixture_cure", "flexible"])
@pytest.mark.parametrize("recorded_in", [None, 7.0])
def test_the_model_uses_all_of_its_data_or_their_sums_by_piece(family, recorded_in):
    from pytensor.graph.traversal import ancestors

    law = Pieces(CUTS) if family == "piecewise_exponential" else family
    days, reoffended = np.array([30.0, 90.0, np.nan, np.nan]), np.array([1, 1, 0, 0])
    cohort = make_cohort(treated=np.array([1, 0, 1, 0]), reoffended=reoffended, days=days)
    model = SurvivalModel(family=law, recorded_in=recorded_in)
    built = fit_model(model, cohort, weigh(cohort), inference="laplace").pymc_model
    used = set(ancestors([built.logp()]))
    in_place = {"time", "interval_start", "ended", "ended_before"} if "piece" in family else set()
    assert {data.name for data in built.data_vars if data not in used} <= in_place
