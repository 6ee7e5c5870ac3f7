"""Small and one-sided groups: a sensible posterior, or a clear refusal."""

import numpy as np
import pytest

from desist.effects import estimate_effects
from desist.errors import NoEventsError
from desist.estimands import Measure
from desist.models.fit import fit_model
from desist.models.frequency import FrequencyModel
from desist.models.process import ProcessModel
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel

from .studies import make_cohort, weigh

MODELS = [RateModel(), FrequencyModel(), SurvivalModel(), ProcessModel()]
COUNTS = {Measure.RATE, Measure.FREQUENCY}


def people_of(offences, treated):
    """People with the offences given; first reoffences spread over the year."""
    offences = np.asarray(offences)
    days = 10.0 + 340.0 * np.arange(len(offences)) / len(offences)
    return {
        "treated": np.asarray(treated),
        "reoffended": (offences > 0).astype(int),
        "offences": offences,
        "days": np.where(offences > 0, days, np.nan),
    }


def effects_of(model, people):
    cohort = make_cohort(**people)
    fitted = fit_model(model, cohort, weigh(cohort), inference="auto", seed=3)
    return {effect.measure: effect for effect in estimate_effects(fitted)}


def two_arms(of_treated, of_comparison):
    treated = np.repeat([1, 0], [len(of_treated), len(of_comparison)])
    return people_of(np.concatenate([of_treated, of_comparison]), treated)


COMPARISON = np.tile([0, 0, 1, 0, 3], 40)
CASES = {
    "no treated reoffender": two_arms(np.zeros(20, int), COMPARISON),
    "one treated reoffender": two_arms(np.r_[2, np.zeros(19, int)], COMPARISON),
    "every treated person reoffended": two_arms(np.ones(20, int), COMPARISON),
    "no comparison reoffender": two_arms(np.tile([0, 1], 10), np.zeros(60, int)),
    "one treated person": two_arms(np.array([1]), COMPARISON),
    "everybody reoffended": two_arms(np.ones(20, int), np.ones(60, int)),
}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("case", CASES)
def test_one_sided_groups_have_a_posterior_that_is_finite_and_on_the_right_side(model, case):
    people = CASES[case]
    effects = effects_of(model, people)
    assert effects
    for effect in effects.values():
        assert np.isfinite(effect.draws).all()
    measure = next(iter(COUNTS & set(effects)), None)
    if measure is None:
        return
    outcome = people["reoffended" if measure is Measure.RATE else "offences"]
    treated = people["treated"] == 1
    raw = outcome[treated].mean() - outcome[~treated].mean()
    if abs(raw) > 0.2:
        assert np.sign(float(effects[measure].difference.mean())) == np.sign(raw)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_nobody_reoffended_is_refused_by_every_model(model):
    cohort = make_cohort(**two_arms(np.zeros(5, int), np.zeros(9, int)))
    with pytest.raises(NoEventsError, match="none of the 14 people in the weighted sample"):
        fit_model(model, cohort, weigh(cohort), inference="laplace")


def test_a_rate_with_no_treated_reoffender_is_bounded_away_from_certainty():
    rate = effects_of(RateModel(), CASES["no treated reoffender"])[Measure.RATE]
    upper = float(np.quantile(rate.treated, 0.975))
    # the exact 95 % upper limit of 0 of 20 is 0.168 two-sided
    assert 0.05 < upper < 0.2
