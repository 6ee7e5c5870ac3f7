"""The share without a reoffence, day by day."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

import desist as ds
from desist.design.design import Design
from desist.effects import estimate_survival
from desist.models.families import SURVIVAL_FAMILIES as FAMILIES
from desist.models.families import Flexible, Pieces

pytestmark = pytest.mark.usefixtures("few_draws")

REFERENCE = Path(__file__).parents[1] / "reference" / "survival"
CUTS = (30.0, 91.0, 182.0)
DRAWS = {
    "log_shape": np.array([[0.3, -0.2]]),
    "log_shape_ratio": np.array([[0.1, 0.4]]),
    "log_hazard_steps": np.array([[[0.5, -1.0, 0.2], [0.0, 0.3, -0.4]]]),
    "log_hazard_steps_ratio": np.array([[[0.1, 0.2, -0.3], [-0.2, 0.5, 0.0]]]),
    "log_odds_cured": np.array([[-0.5, 0.7]]),
    "log_odds_cured_treatment": np.array([[0.4, -0.2]]),
    "log_dispersion": np.array([[-1.0, 0.2]]),
    "log_dispersion_ratio": np.array([[0.3, -0.3]]),
}
ETA = np.array([[[-1.2, 0.4], [0.8, -0.3]]])
MODELS = {
    **{
        family: ds.SurvivalModel(family=Pieces(CUTS) if "piece" in family else family)
        for family in FAMILIES
    },
    "flexible": ds.SurvivalModel(
        family=Flexible().settle(np.repeat([*CUTS, 365.0], 8), np.ones(32), 365.0)
    ),
    "process": ds.ProcessModel(recorded_to=0.0),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("arm", [0, 1])
def test_area_under_the_curve_is_the_restricted_mean_and_its_end_the_survival(name, arm):
    model, horizon = MODELS[name], 365.0
    expected = model.predict(ETA, DRAWS, arm, horizon)

    def curve(share, place):
        return model.predict_survival(ETA, DRAWS, arm, horizon, share=share)[place]

    at_end = model.predict_survival(ETA, DRAWS, arm, horizon, share=1.0)
    assert at_end == pytest.approx(expected["survival"])
    breaks = [cut / horizon for cut in CUTS]
    for place in np.ndindex(ETA.shape):
        area, _ = quad(curve, 0, 1, args=(place,), points=breaks)
        assert horizon * area == pytest.approx(expected["rmst"][place], rel=1e-6)


@pytest.fixture(scope="module")
def rossi():
    cohort = ds.datasets.rossi_cohort()
    design = Design(np.ones(cohort.n_people), cohort.treated, ds.Estimand.ATT)
    model = ds.SurvivalModel(family=Pieces((91.0, 182.0, 273.0)))
    return ds.fit_model(model, cohort, design, inference=ds.Laplace(draws=4000), seed=2)


@pytest.fixture(scope="module")
def weekly(rossi):
    return estimate_survival(rossi)


def test_curves_of_rossi_lie_within_a_standard_error_of_kaplan_meier_in_r(rossi):
    weeks = [13, 26, 39, 52]
    found = estimate_survival(rossi, 7.0 * np.array(weeks)).table
    table = pd.read_csv(REFERENCE / "rossi_km.csv")
    table = table[(table["weights"] == "none") & (table["conf_type"] == "log")]
    for arm, strata in (("treated", "fin=yes"), ("comparison", "fin=no")):
        curve = table[table["strata"] == strata].set_index("time")
        for week, share in zip(weeks, found[arm], strict=True):
            at = curve.loc[curve.index[curve.index <= week].max()]
            assert share == pytest.approx(at["surv"], abs=at["std_err"])


def test_last_day_is_the_fit_s_own_survival_and_the_default_is_weekly(rossi, weekly):
    alone = estimate_survival(rossi, calibrated=False)
    assert alone.treated[..., -1].to_numpy() == pytest.approx(rossi.predict(1)["survival"])
    assert len(weekly.table) == 52
    last = weekly.table.iloc[-1]
    assert last["difference"] == pytest.approx(last["treated"] - last["comparison"])
    assert last["difference_lower"] < last["difference"] < last["difference_upper"]
    assert 0.9 < last["probability_of_benefit"] < 1
    assert "per 100 people" in repr(weekly)


def test_curves_of_rossi_are_on_average_those_of_the_people(weekly):
    people = ds.datasets.rossi_cohort().people
    table = weekly.table
    for arm, takes_part in (("treated", 1), ("comparison", 0)):
        of_arm = people[people["fin"] == takes_part]
        for day, share in zip(table["day"], table[arm], strict=True):
            free = 1 - ((of_arm["days"] <= day) & (of_arm["arrest"] == 1)).mean()
            # before the first reoffence of an arm there is only the model
            assert share == pytest.approx(free, abs=0.001 if free < 1 else 0.01)


@pytest.mark.parametrize("days", [[0.0], [10.0, 400.0], []])
def test_days_outside_the_follow_up_are_refused(rossi, days):
    with pytest.raises(ds.InputError, match="days: expected days above 0 and up to 364"):
        estimate_survival(rossi, days)


def test_a_model_without_times_has_no_curve():
    cohort = ds.datasets.rossi_cohort()
    design = Design(np.ones(cohort.n_people), cohort.treated, ds.Estimand.ATT)
    fit = ds.fit_model(ds.RateModel(), cohort, design, inference="laplace")
    with pytest.raises(ds.InputError, match="one of the time to a reoffence, found the rate model"):
        estimate_survival(fit)


def test_predictions_in_blocks_are_those_at_once(rossi, monkeypatch):
    cohort = ds.datasets.rossi_cohort()
    design = Design(np.ones(cohort.n_people), cohort.treated, ds.Estimand.ATT)
    model = ds.SurvivalModel(covariates="age + prio")
    fit = ds.fit_model(model, cohort, design, inference=ds.Laplace(draws=1000), seed=2)
    whole = fit.predict(1) | {"curve": fit.predict_survival(1, np.array([91.0, 364.0]))}
    corrected = ds.estimate_effects(fit)
    monkeypatch.setattr("desist.models.fitted.PREDICTED_AT_ONCE", 7_000)
    monkeypatch.setattr("desist.models.fitted.MOST_ROWS", 100)  # of 70 draws at once
    parts = fit.predict(1) | {"curve": fit.predict_survival(1, np.array([91.0, 364.0]))}
    for name, values in whole.items():
        np.testing.assert_allclose(parts[name], values, rtol=1e-10)
    del vars(fit)["_corrected"]  # what was read of the arms with larger blocks
    for one, again in zip(corrected, ds.estimate_effects(fit), strict=True):
        np.testing.assert_allclose(again.draws, one.draws, rtol=1e-10)
