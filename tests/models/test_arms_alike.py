"""Priors that treat both arms alike: who is called treated decides no more than the sign."""

import numpy as np
import pytest

from desist.effects import estimate_effects
from desist.models.fit import fit_model
from desist.models.frequency import FrequencyModel
from desist.models.prior_predictive import sample_prior
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel

from .studies import make_cohort, weigh

TREATED = np.arange(80) < 40


@pytest.fixture(scope="module")
def few_reoffend():
    """40 against 40 people: one reoffender against five."""
    reoffended = np.isin(np.arange(80), [0, 40, 41, 42, 43, 44])
    return {
        "reoffended": reoffended.astype(int),
        "offences": reoffended.astype(int),
        "days": np.where(reoffended, 100.0, np.nan),
    }


@pytest.mark.parametrize("model", [RateModel(), FrequencyModel(), SurvivalModel()], ids=str)
def test_exchanging_the_arms_exchanges_their_averages(model, few_reoffend):
    fits = []
    for treated in (TREATED, ~TREATED):
        cohort = make_cohort(treated=treated.astype(int), **few_reoffend)
        fits.append(fit_model(model, cohort, weigh(cohort), inference="laplace"))
    for name, averages in fits[0].predict(1).items():
        if name == "dispersion":  # its prior is that of the comparison arm
            continue
        error = 4 * averages.std() / np.sqrt(averages.size)
        exchanged = fits[1].predict(0)[name]
        assert averages.mean() == pytest.approx(exchanged.mean(), abs=2 * error)
    effects = [fit.draws["treatment"] for fit in fits]
    assert effects[0].mean() == pytest.approx(-effects[1].mean(), abs=0.1)


def test_benefit_and_harm_are_as_likely_before_the_data_in_a_rare_outcome(few_reoffend):
    cohort = make_cohort(treated=TREATED.astype(int), **few_reoffend)
    fit = fit_model(RateModel(), cohort, weigh(cohort), inference="laplace")
    (rate,) = estimate_effects(sample_prior(fit, n_draws=2000, seed=1))
    assert rate.probability_of_benefit == pytest.approx(0.5, abs=0.02)
