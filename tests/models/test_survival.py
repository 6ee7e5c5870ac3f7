from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.integrate import quad

from desist.effects import estimate_effects
from desist.estimands import Measure
from desist.models.families import Weibull
from desist.models.fit import fit_model
from desist.models.priors import FLAT, Priors
from desist.models.survival import SurvivalModel

from .studies import make_cohort, weigh

REFERENCE = Path(__file__).parents[1] / "reference" / "survival"


@pytest.fixture(scope="module")
def rossi():
    table = pd.read_csv(REFERENCE / "rossi.csv")
    arrested = table["arrest"].to_numpy()
    return make_cohort(
        treated=(table["fin"] == "yes").to_numpy().astype(int),
        reoffended=arrested,
        days=np.where(arrested == 1, 7.0 * table["week"], np.nan),
    )


def test_weibull_agrees_with_survreg_under_flat_priors(rossi):
    # R: survreg(Surv(week, arrest) ~ fin, dist = "weibull")
    table = pd.read_csv(REFERENCE / "rossi_survreg_coefficients.csv")
    expected = table[table["model"] == "survreg_fin_weibull"].set_index("term")
    model = SurvivalModel(priors=Priors.flat(), family=Weibull(FLAT, None))
    draws = fit_model(model, rossi, weigh(rossi), inference="laplace", seed=5).draws
    shape = np.exp(draws["log_shape"])
    accelerated = -draws["treatment"] / shape  # survreg's scale: log time, not log hazard
    # survreg's intercept is in log weeks; the horizon of 365 days enters the model's
    intercept = np.log(365 / 7) - draws["intercept"] / shape
    for found, term in (
        (accelerated, "finyes"),
        (-draws["log_shape"], "Log(scale)"),
        (intercept, "(Intercept)"),
    ):
        estimate, error = expected.loc[term, ["value", "se"]]
        assert np.median(found) == pytest.approx(estimate, abs=0.1 * error)
        assert found.std() == pytest.approx(error, rel=0.1)


def test_restricted_mean_is_the_integral_of_survival():
    eta, shape, horizon = -0.4, 1.3, 365.0
    draws = {"log_shape": np.log([[shape]])}
    found = SurvivalModel(family=Weibull(log_shape_ratio=None)).predict(
        np.full((1, 1, 1), eta), draws, 1, horizon
    )
    expected, _ = quad(lambda t: np.exp(-np.exp(eta) * (t / horizon) ** shape), 0, horizon)
    assert found["rmst"].item() == pytest.approx(expected, rel=1e-10)


def test_time_among_reoffenders_is_the_mean_of_the_truncated_distribution(rossi):
    model = SurvivalModel(family=Weibull(log_shape_ratio=None))
    fitted = fit_model(model, rossi, weigh(rossi), inference="laplace", seed=5)
    alone = estimate_effects(fitted, calibrated=False)
    effects = {effect.measure: effect for effect in alone}
    draw = (0, 17)
    shape = np.exp(fitted.draws["log_shape"][draw])
    scale = 365 * np.exp(-fitted.draws["intercept"][draw] / shape)
    time = stats.weibull_min(shape, scale=scale)
    expected = time.expect(lambda t: t, ub=365) / time.cdf(365)
    among = effects[Measure.TIME_AMONG_REOFFENDERS]
    assert float(among.comparison[draw]) == pytest.approx(expected, rel=1e-6)
    # without covariates the marginal hazard ratio is the model's own
    np.testing.assert_allclose(
        effects[Measure.HAZARD_RATIO].ratio, np.exp(fitted.draws["treatment"]), rtol=1e-9
    )


def test_reoffences_on_the_day_of_release_are_part_of_the_answer():
    rng = np.random.default_rng(2)
    reoffended = (rng.random(300) < 0.4).astype(int)
    days = np.where(reoffended == 1, rng.integers(0, 365, 300).astype(float), np.nan)
    days[np.flatnonzero(reoffended)[:10]] = 0.0
    cohort = make_cohort(treated=np.arange(300) % 3 == 0, reoffended=reoffended, days=days)
    fitted = fit_model(SurvivalModel(), cohort, weigh(cohort), inference="laplace")
    assert fitted.data["on_release_day"].sum() == 2  # one row an arm
    reoffending = 1 - fitted.predict(0)["survival"].mean()
    assert reoffending == pytest.approx(reoffended[~cohort.treated].mean(), abs=0.05)
