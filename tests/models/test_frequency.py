import numpy as np
import pytest

from desist.models.families import NegativeBinomial
from desist.models.fit import fit_model
from desist.models.frequency import FrequencyModel
from desist.models.priors import FLAT, Normal, Priors

from .studies import make_cohort, weigh


def test_mode_under_flat_priors_is_the_maximum_likelihood_of_statsmodels(people):
    sm = pytest.importorskip("statsmodels.api")
    cohort = make_cohort(**people)
    model = FrequencyModel(
        covariates="age",
        priors=Priors.flat(),
        # one dispersion, as statsmodels has
        family=NegativeBinomial(log_dispersion=FLAT, log_dispersion_ratio=Normal(0.0, 1e-4)),
    )
    fitted = fit_model(model, cohort, weigh(cohort), inference="laplace", seed=3)
    regressors = sm.add_constant(np.column_stack([people["treated"], people["age"]]))
    likelihood = sm.NegativeBinomial(people["offences"], regressors).fit(disp=0)
    error = likelihood.bse[1]
    found = fitted.draws["treatment"]
    assert np.median(found) == pytest.approx(likelihood.params[1], abs=0.1 * error)
    assert found.std() == pytest.approx(error, rel=0.1)
    assert np.median(fitted.draws["log_dispersion"]) == pytest.approx(
        -np.log(likelihood.params[3]), abs=0.1
    )


def test_each_arm_has_its_own_dispersion():
    # the treated are Poisson, the comparison people far from it
    rng = np.random.default_rng(8)
    treated = np.repeat([1, 0], [400, 400])
    offences = np.where(treated == 1, rng.poisson(1.0, 800), rng.poisson(rng.gamma(0.3, 3.3, 800)))
    cohort = make_cohort(treated=treated, offences=offences)
    model = FrequencyModel(family=NegativeBinomial(log_dispersion_ratio=Normal(0.0, 2.0)))
    fitted = fit_model(model, cohort, weigh(cohort), inference="laplace")
    assert (fitted.draws["log_dispersion_ratio"] > 1).mean() > 0.99


def test_frequency_is_per_person_over_the_horizon_whatever_each_was_followed():
    import pandas as pd

    from desist.cohort.cohort import Cohort

    # one offence every 100 days, for everybody, followed for 100 or for 300 days
    followed = np.tile([100.0, 300.0], 200)
    rng = np.random.default_rng(1)
    people = pd.DataFrame(
        {
            "treated": np.repeat([1, 0], 200),
            "offences": rng.poisson(followed / 100),
            "followed": followed,
        }
    )
    cohort = Cohort(people, treatment="treated", offences="offences", follow_up="followed")
    fitted = fit_model(FrequencyModel(), cohort, weigh(cohort), horizon=300.0, inference="laplace")
    assert fitted.predict(0)["frequency"].mean() == pytest.approx(3.0, abs=0.25)


def test_mean_of_the_posterior_is_that_of_the_weighted_people(people):
    cohort = make_cohort(**people)
    fitted = fit_model(
        FrequencyModel(), cohort, weigh(cohort, people["weight"]), inference="laplace"
    )
    comparison = people["treated"] == 0
    expected = np.average(people["offences"][comparison], weights=people["weight"][comparison])
    assert fitted.predict(0)["frequency"].mean() == pytest.approx(expected, rel=0.05)
