"""The families of the frequency model: against statsmodels, by hand, and each other."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import minimize

from desist.cohort.cohort import Cohort
from desist.effects import estimate_effects
from desist.errors import InputError
from desist.estimands import Measure
from desist.inference.engines import Laplace
from desist.models.families import FREQUENCY_FAMILIES as FAMILIES
from desist.models.families import ZeroInflated
from desist.models.fit import fit_model
from desist.models.frequency import FrequencyModel
from desist.models.priors import FLAT, Normal, Priors

from .modes import mode_of
from .studies import make_cohort, make_inflated, weigh

ONE_DISPERSION = Normal(0.0, 1e-4)


def flat(family):
    names = [field.name for field in fields(FAMILIES[family])]
    priors = dict.fromkeys(names, FLAT)
    if "log_dispersion_ratio" in names:
        priors["log_dispersion_ratio"] = ONE_DISPERSION
    return FrequencyModel(priors=Priors.flat(), family=FAMILIES[family](**priors))


@pytest.fixture(scope="module")
def inflated():
    """Half the treated and 3 in 10 of the others never offend; the rest have NB counts."""
    return make_inflated()


@pytest.fixture(scope="module")
def overdispersed():
    rng = np.random.default_rng(5)
    treated = np.repeat([1, 0], [100, 500])
    personal = rng.gamma(0.2, np.where(treated == 1, 0.6, 1.0) / 0.2)
    return {"treated": treated, "offences": rng.poisson(personal)}


def fit_people(model, people, **engine):
    cohort = make_cohort(**people)
    return fit_model(model, cohort, weigh(cohort), inference=Laplace(**engine), seed=2)


def test_zero_inflated_mode_is_the_maximum_likelihood_of_statsmodels(inflated):
    discrete = pytest.importorskip("statsmodels.discrete.count_model")
    regressors = np.column_stack([np.ones(1200), inflated["treated"]])
    likelihood = discrete.ZeroInflatedNegativeBinomialP(
        inflated["offences"], regressors, exog_infl=regressors, p=2
    ).fit(disp=0, maxiter=500, gtol=1e-8)
    odds, odds_effect, log_mean, effect, alpha = likelihood.params
    mode = mode_of(fit_people(flat("zero_inflated"), inflated))
    arms = np.array([0.0, 1.0])
    log_odds = mode["log_odds_inflated"] + arms * mode["log_odds_inflated_treatment"]
    np.testing.assert_allclose(log_odds, odds + arms * odds_effect, atol=2e-4)
    # the model's eta is the mean of everybody, statsmodels' that of those who may offend
    expected = log_mean + arms * effect - np.logaddexp(0, log_odds)
    np.testing.assert_allclose(mode["intercept"] + arms * mode["treatment"], expected, atol=2e-4)
    np.testing.assert_allclose(mode["log_dispersion"], -np.log(alpha), atol=2e-4)


def test_hurdle_mode_is_the_maximum_of_its_two_likelihoods(inflated):
    offences, treated = inflated["offences"], inflated["treated"]
    some = offences > 0

    def negative(point):
        mean = np.exp(point[0] + point[1] * treated[some])
        size = np.exp(point[2])
        counts = stats.nbinom(size, size / (size + mean))
        return -(counts.logpmf(offences[some]) - np.log1p(-counts.pmf(0))).sum()

    truncated = minimize(negative, [0.0, 0.0, 0.0], method="BFGS", options={"gtol": 1e-6}).x
    mode = mode_of(fit_people(flat("hurdle"), inflated))
    arms = np.array([0.0, 1.0])
    log_hazard = mode["intercept"] + arms * mode["treatment"]
    share = [some[treated == arm].mean() for arm in (0, 1)]
    np.testing.assert_allclose(-np.expm1(-np.exp(log_hazard)), share, atol=1e-5)
    log_mean = log_hazard + mode["log_repeats"] + arms * mode["log_repeats_treatment"]
    np.testing.assert_allclose(log_mean, truncated[0] + arms * truncated[1], atol=5e-4)
    np.testing.assert_allclose(mode["log_dispersion"], truncated[2], atol=5e-4)


def test_poisson_mode_is_the_ratio_of_means(overdispersed):
    mode = mode_of(fit_people(flat("poisson"), overdispersed))
    arms = [overdispersed["offences"][overdispersed["treated"] == arm].mean() for arm in (0, 1)]
    assert mode["intercept"].item() == pytest.approx(np.log(arms[0]), abs=1e-5)
    assert mode["treatment"].item() == pytest.approx(np.log(arms[1] / arms[0]), abs=1e-5)


def test_without_inflation_the_answer_is_the_negative_binomial(overdispersed):
    nobody = FrequencyModel(
        family=ZeroInflated(
            log_odds_inflated=Normal(-20.0, 0.1), log_odds_inflated_treatment=Normal(0.0, 0.1)
        )
    )
    fits = [fit_people(model, overdispersed, draws=4000) for model in (nobody, FrequencyModel())]
    for arm in (0, 1):
        found, expected = (fit.predict(arm)["frequency"] for fit in fits)
        assert found.mean() == pytest.approx(expected.mean(), abs=0.05 * expected.std())
        assert found.std() == pytest.approx(expected.std(), rel=0.1)


def test_inflation_and_its_effect_are_found(inflated):
    fit = fit_people(FrequencyModel(family="zero_inflated"), inflated)
    assert fit.predict(1)["inflated"].mean() == pytest.approx(0.5, abs=0.08)
    assert fit.predict(0)["inflated"].mean() == pytest.approx(0.3, abs=0.08)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_finds_the_offences_of_everybody(inflated, family):
    fit = fit_people(FrequencyModel(family=family), inflated)
    effects = {effect.measure: effect for effect in estimate_effects(fit)}
    for arm, found in (
        (0, effects[Measure.FREQUENCY].comparison),
        (1, effects[Measure.FREQUENCY].treated),
    ):
        offences = inflated["offences"][inflated["treated"] == arm]
        assert float(found.mean()) == pytest.approx(offences.mean(), rel=0.05)
    assert set(effects) == {Measure.FREQUENCY}


def test_a_poisson_interval_is_too_narrow_for_people_who_differ(overdispersed):
    # the mistake to avoid: its standard deviation is a fraction of the mean's standard error
    treated = overdispersed["offences"][overdispersed["treated"] == 1]
    error = stats.sem(treated)
    widths = {
        family: fit_people(FrequencyModel(family=family), overdispersed)
        .predict(1)["frequency"]
        .std()
        for family in ("poisson", "negative_binomial")
    }
    assert widths["poisson"] < 0.6 * error
    assert widths["negative_binomial"] > 0.8 * error


@pytest.mark.parametrize("family", ["hurdle", "poisson"])
def test_time_at_risk_acts_on_every_part(family):
    # one offence every 100 days, for everybody, followed for 100 or for 300 days
    followed = np.tile([100.0, 300.0], 300)
    offences = np.random.default_rng(1).poisson(followed / 100)
    treated = np.repeat([1, 0], 300)
    people = pd.DataFrame({"treated": treated, "offences": offences, "followed": followed})
    cohort = Cohort(people, treatment="treated", offences="offences", follow_up="followed")
    law = FAMILIES[family]
    even = {"log_dispersion": Normal(3.0, 0.5)} if law.has_dispersion else {}
    fit = fit_model(
        FrequencyModel(family=law(**even)),
        cohort,
        weigh(cohort),
        horizon=300.0,
        inference="laplace",
    )
    predicted = fit.predict(0)
    assert predicted["frequency"].mean() == pytest.approx(3.0, abs=0.25)
    if family == "hurdle":
        assert predicted["offending"].mean() == pytest.approx(1 - np.exp(-3), abs=0.02)
        assert fit.draws["log_repeats"].mean() == pytest.approx(0.0, abs=0.2)


def test_predicted_frequency_is_the_mean_of_the_distribution():
    # by adding up over counts: the hurdle's truncated negative binomial, then the inflated one
    draws = {
        "log_dispersion": np.array([[0.2]]),
        "log_dispersion_ratio": np.array([[-0.5]]),
        "log_repeats": np.array([[0.4]]),
        "log_repeats_treatment": np.array([[0.3]]),
        "log_odds_inflated": np.array([[-0.6]]),
        "log_odds_inflated_treatment": np.array([[0.1]]),
    }
    size, eta, counts = np.exp(-0.3), -0.8, np.arange(1, 2000)
    found = FrequencyModel(family="hurdle").predict(np.full((1, 1, 1), eta), draws, 1, 365.0)
    mean = np.exp(eta + 0.7)
    positive = stats.nbinom.pmf(counts, size, size / (size + mean))
    expected = (1 - np.exp(-np.exp(eta))) * (counts @ positive) / positive.sum()
    assert found["frequency"].item() == pytest.approx(expected, rel=1e-10)
    assert found["dispersion"].item() == pytest.approx(size)
    found = FrequencyModel(family="zero_inflated").predict(np.full((1, 1, 1), eta), draws, 1, 365.0)
    never = 1 / (1 + np.exp(0.5))
    rest = np.exp(eta) / (1 - never)
    expected = (1 - never) * (counts @ stats.nbinom.pmf(counts, size, size / (size + rest)))
    assert found["frequency"].item() == pytest.approx(expected, rel=1e-10)
    assert found["inflated"].item() == pytest.approx(never)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_model_uses_all_of_its_data(family):
    # a sampler that is compiled once refuses new data that its model does not read
    from pytensor.graph.traversal import ancestors

    people = {"treated": np.array([1, 0, 1, 0]), "offences": np.array([1, 2, 0, 0])}
    cohort = make_cohort(**people)
    narrow = ("log_odds_inflated", "log_dispersion", "log_repeats")
    read = [field.name for field in fields(FAMILIES[family]) if field.name in narrow]
    model = FrequencyModel(family=FAMILIES[family](**dict.fromkeys(read, Normal(0.0, 0.2))))
    built = fit_model(model, cohort, weigh(cohort), inference="laplace").pymc_model
    used = set(ancestors([built.logp()]))
    assert [data.name for data in built.data_vars if data not in used] == []


def test_an_unknown_family_is_refused_with_those_that_are_known():
    message = "family: expected one of negative_binomial, zero_inflated, hurdle, poisson, found"
    with pytest.raises(InputError, match=message):
        FrequencyModel(family="geometric")
