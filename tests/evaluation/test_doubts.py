import numpy as np
import pandas as pd
import pytest
import xarray as xr

from desist.checks import Check
from desist.effects import Effect
from desist.estimands import Estimand, Measure, Scale
from desist.evaluation._doubts import name_narrow, name_unpredicted
from desist.inference.diagnostics import Diagnostics
from desist.models.predictive.record import PredictiveCheck

DRAWS = xr.DataArray(np.linspace(-0.1, 0.1, 1001)[np.newaxis], dims=("chain", "draw"))


def make_effect(measure):
    parts = {"treated": 0.4 + DRAWS, "comparison": 0.4 + 0 * DRAWS, "difference": DRAWS}
    if measure is Measure.HAZARD_RATIO:
        parts = dict.fromkeys(parts)
    diagnostics = Diagnostics("laplace", khat=0.1)
    return Effect(
        measure, Estimand.ATT, 90, 90, **parts, ratio=np.exp(DRAWS), diagnostics=diagnostics
    )


def make_check(effect, slug, wider):
    low, high = effect.interval.lower, effect.interval.upper
    limits = (wider * low, wider * high)
    if effect.scale is Scale.RATIO:
        limits = (low**wider, high**wider)
    return Check(effect.measure, slug, effect.scale, 0.0, *limits, 0.5, True, "")


@pytest.mark.parametrize(
    ("measure", "slug"),
    [
        (Measure.RATE, "weighted_difference_hc3"),
        (Measure.FREQUENCY, "cr2_groups"),
        (Measure.RMST, "rmst_difference"),
        (Measure.TIME_AMONG_REOFFENDERS, "weighted_difference_hc3"),
        (Measure.HAZARD_RATIO, "cox"),
    ],
)
@pytest.mark.parametrize(("wider", "is_told"), [(1.19, False), (1.21, True)])
def test_a_robust_interval_a_fifth_wider_than_the_posterior_is_told(measure, slug, wider, is_told):
    effect = make_effect(measure)
    told = name_narrow({measure: effect}, [make_check(effect, slug, wider)])
    assert len(told) == is_told
    assert all(one.startswith(f"{measure}: the robust interval is 21% wider") for one in told)


def test_errors_by_group_come_before_those_by_people():
    effect = make_effect(Measure.RATE)
    checks = [make_check(effect, "weighted_difference_hc3", 1), make_check(effect, "cr2_groups", 2)]
    (told,) = name_narrow({Measure.RATE: effect}, checks)
    assert "100% wider" in told


def make_prediction(*probabilities):
    names = ["rate", "rate, prison 1", "share by 91 days", "share by 273 days"]
    rows = pd.DataFrame({"statistic": names, "probability": probabilities})
    quiet = rows.assign(arm="treated", probability=0.5)
    return PredictiveCheck(quiet, "survival (weibull)", 300, 0.99, rows)


def test_a_difference_that_a_model_does_not_predict_is_named_without_figures():
    assert name_unpredicted([make_prediction(0.5, 0.5, 0.5, 0.5)]) == ()
    (told,) = name_unpredicted([make_prediction(0.5, 0.004, 0.004, 0.004)])
    assert told == (
        "The survival (weibull) model does not predict what was observed (two-sided probability "
        "below 0.01): the difference in share by 91 days. The reported averages are corrected by "
        "what was observed where calibrated is on; another family may fit these people better."
    )
