"""Whatever the hazard, the times are right: exact people, so that what is left is bias."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

import desist as ds
from desist.design.design import Design
from desist.effects import estimate_effects, estimate_survival
from desist.estimands import Estimand, Measure
from desist.models.fit import fit_model

N = 20_000  # people an arm; benchmarks/hazards.py has all shapes and ten times as many
TOTAL = -np.log(0.65)  # cumulative hazard of the comparison people in a year
DAYS = [91, 182, 365]


def late(day):
    return 1.0, 1.0 if day < 180 else 0.4


def hump(day):
    level = 5.0 if 60 <= day < 150 else 1.0
    return level, 0.6 * level


def crossing(day):
    return 1.0, 0.5 if day < 120 else 1.4


def follow(shape):
    """Survival of both arms at the end of every day, by quadrature."""
    hazards = np.array([shape(day + 0.5) for day in range(365)])  # constant within each day
    return np.exp(-TOTAL * np.cumsum(hazards, axis=0) / hazards[:, 0].sum())


def answer(survival):
    """The truth of one arm: area and ends of a curve whose hazard is constant within days."""
    logs = np.r_[0.0, np.log(survival)]
    area, _ = quad(lambda t: np.exp(np.interp(t, np.arange(366), logs)), 0, 365, limit=800)
    among = (area - 365 * survival[-1]) / (1 - survival[-1])
    return np.array([area, among, *(survival[day - 1] for day in DAYS)])


def differ(fit, *, calibrated):
    effects = {e.measure: e for e in estimate_effects(fit, calibrated=calibrated)}
    means = [
        float(effects[measure].difference.mean())
        for measure in (Measure.RMST, Measure.TIME_AMONG_REOFFENDERS)
    ]
    curve = estimate_survival(fit, DAYS, calibrated=calibrated).table["difference"]
    return np.array([*means, *curve])


def recruit(survival):
    parts = []
    for arm, free in enumerate(survival.T):
        n_each = np.diff(np.round(N * (1 - np.r_[1.0, free])).astype(int))
        noons = np.repeat(np.arange(365) + 0.5, n_each)
        days = np.r_[noons, np.full(N - len(noons), np.nan)]
        parts.append(pd.DataFrame({"days": days, "programme": arm}))
    people = pd.concat(parts, ignore_index=True)
    people["reoffended"] = people["days"].notna()
    return ds.Cohort(
        people, treatment="programme", reoffended="reoffended", days="days", follow_up=365
    )


@pytest.fixture(scope="module", params=[late, hump, crossing], ids=lambda shape: shape.__name__)
def study(request):
    survival = follow(request.param)
    cohort = recruit(survival)
    without, with_programme = (answer(free) for free in survival.T)
    design = Design(np.ones(cohort.n_people), cohort.treated, Estimand.ATT)
    return request.param.__name__, cohort, design, with_programme - without


def fit(study, family):
    _, cohort, design, _ = study
    model = ds.SurvivalModel(covariates=None, family=family)
    return fit_model(model, cohort, design, inference="laplace", seed=1)


def test_the_default_errs_by_less_than_a_tenth_of_every_true_difference(study):
    truth = study[-1]
    error = differ(fit(study, "flexible"), calibrated=True) - truth
    # where there is no difference, by less than one person in 1,000
    assert np.all(np.abs(error) <= np.maximum(0.1 * np.abs(truth), 0.001))


def test_pieces_alone_find_restricted_means_and_days_that_one_shape_misses(study):
    name, *_, truth = study
    there = [0, 1, 4]  # restricted mean, days, the last day: no difference of these is nothing
    pieces = differ(fit(study, "flexible"), calibrated=False)[there] / truth[there] - 1
    assert np.all(np.abs(pieces) < 0.06)
    weibull = differ(fit(study, "weibull"), calibrated=False)[there] / truth[there] - 1
    if name == "late":  # published with the method: +41 % and -47 %
        assert weibull[0] == pytest.approx(0.41, abs=0.04)
        assert weibull[1] == pytest.approx(-0.48, abs=0.04)
