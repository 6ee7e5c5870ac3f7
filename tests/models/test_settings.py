"""Settings and arguments that are wrong: one error that lists them all, before any fit."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from desist.cohort.court import CourtCounts
from desist.effects import (
    estimate_effects,
    estimate_effects_by_group,
    estimate_effects_over_designs,
    estimate_survival,
)
from desist.effects.court import fit_court_outcomes
from desist.errors import InputError
from desist.estimands import Measure
from desist.evaluation.evaluate import evaluate
from desist.inference.engines import Laplace, Nuts
from desist.models.families import Hurdle, MixtureCure, NegativeBinomial, Pieces, Weibull
from desist.models.fit import fit_model
from desist.models.frequency import FrequencyModel
from desist.models.means import MeansModel
from desist.models.predictive import check_one_process, check_predictions
from desist.models.prior_predictive import sample_prior
from desist.models.priors import HalfNormal, HalfStudentT, Normal, Priors
from desist.models.process import ProcessModel
from desist.models.rate import RateModel
from desist.models.severity import CustodyModel, SeverityModel
from desist.models.survival import SurvivalModel

from .studies import make_cohort, weigh

PIECES = "piecewise_exponential"
RECORDS = {
    "scale below 0": lambda: Normal(0, -1),
    "scale 0": lambda: Normal(0, 0),
    "scale NaN": lambda: Normal(0, math.nan),
    "scale None": lambda: Normal(0, None),
    "scale minus infinity": lambda: Normal(0, -math.inf),
    "scale a truth value": lambda: Normal(0, True),
    "mean NaN": lambda: Normal(math.nan, 1),
    "mean infinite": lambda: Normal(math.inf, 1),
    "mean text": lambda: Normal("0", 1),
    "mean an array": lambda: Normal(np.zeros(2), 1),
    "half-normal 0": lambda: HalfNormal(0),
    "half-normal flat": lambda: HalfNormal(math.inf),
    "half-normal text": lambda: HalfNormal("wide"),
    "half-t": lambda: HalfStudentT(0.5, 0),
    "half-t scale": lambda: HalfStudentT([0.5], 3),
    "half-t infinite": lambda: HalfStudentT(0.5, math.inf),
    "prior a number": lambda: Priors(treatment=1.5),
    "prior a pair": lambda: Priors(treatment=(0, 1)),
    "prior a pair of text": lambda: Priors(treatment=("0", "1")),
    "prior a class": lambda: Priors(intercept=Normal),
    "prior None": lambda: Priors(covariates=None),
    "prior of the wrong kind": lambda: Priors(treatment=HalfNormal(1)),
    "group prior of the wrong kind": lambda: Priors(group_treatment=Normal(0, 1)),
    "rate priors a prior": lambda: RateModel(priors=Normal(0, 1)),
    "rate priors a dict": lambda: RateModel(priors={"treatment": Normal()}),
    "rate priors a class": lambda: RateModel(priors=Priors),
    "rate covariates a list": lambda: RateModel(covariates=["age"]),
    "rate covariates a number": lambda: RateModel(3),
    "rate groups text": lambda: RateModel(groups="prison"),
    "rate groups numbers": lambda: RateModel(groups=(1, 2)),
    "rate groups twice": lambda: RateModel(groups=("prison", "prison")),
    "frequency family": lambda: FrequencyModel(family="geometric"),
    "frequency family a list": lambda: FrequencyModel(family=["poisson"]),
    "frequency dispersion": lambda: NegativeBinomial(log_dispersion=1.0),
    "frequency dispersion None": lambda: NegativeBinomial(log_dispersion_ratio=None),
    "frequency family a class": lambda: FrequencyModel(family=Hurdle),
    "frequency family of times": lambda: FrequencyModel(family=Weibull()),
    "survival family": lambda: SurvivalModel(family="gamma"),
    "survival family of counts": lambda: SurvivalModel(family=Hurdle()),
    "survival pieces without cuts": lambda: SurvivalModel(family=PIECES),
    "survival cuts text": lambda: Pieces(cuts="30"),
    "survival cuts a number": lambda: Pieces(cuts=30),
    "survival cuts None": lambda: Pieces(cuts=None),
    "survival cuts of text": lambda: Pieces(cuts=("30", "91")),
    "survival cuts NaN": lambda: Pieces(cuts=(30, math.nan)),
    "survival cuts descend": lambda: Pieces(cuts=(91, 30)),
    "recorded in text": lambda: SurvivalModel(recorded_in="weeks"),
    "recorded in 0": lambda: SurvivalModel(recorded_in=0),
    "recorded in infinite": lambda: SurvivalModel(recorded_in=math.inf),
    "step of pieces": lambda: Pieces((30,), log_hazard_steps=None),
    "shape None": lambda: Weibull(log_shape=None),
    "process shape": lambda: ProcessModel(log_shape=0.5),
    "process unread ratio": lambda: ProcessModel(log_shape=None, log_shape_ratio=Normal(0, 1)),
    "process unit": lambda: ProcessModel(recorded_to=-1),
    "process unit text": lambda: ProcessModel(recorded_to="day"),
    "means measure": lambda: MeansModel("frequency"),
    "means unit": lambda: MeansModel(Measure.FREQUENCY, unit=0),
    "severity": lambda: SeverityModel(spread=Normal(0, 1)),
    "custody": lambda: CustodyModel(baseline=0.1),
    "court counts text": lambda: CourtCounts("13", (20, 1), ("custody", "none")),
    "court counts of text": lambda: CourtCounts(("1", "2"), (3, 4), ("custody", "none")),
    "court size text": lambda: CourtCounts(
        (1, 2), (3, 4), ("custody", "none"), comparison_size="ten"
    ),
    "court categories a text": lambda: CourtCounts((1, 2), (3, 4), "custody"),
    "no draws": lambda: Laplace(draws=0),
    "draws 1e3": lambda: Laplace(draws=1e3),
    "draws text": lambda: Nuts(draws="10"),
    "tune negative": lambda: Nuts(tune=-1),
    "one chain": lambda: Nuts(chains=1),
    "chains a half": lambda: Nuts(chains=2.5),
    "target 1": lambda: Nuts(target_accept=1.0),
    "target percent": lambda: Nuts(target_accept=95),
    "freedom 0": lambda: Laplace(degrees_of_freedom=0),
    "freedom NaN": lambda: Laplace(degrees_of_freedom=math.nan),
    "sandwich a word": lambda: Laplace(sandwich="yes"),
}


@pytest.mark.parametrize("make", RECORDS.values(), ids=RECORDS)
def test_a_record_refuses_what_it_cannot_be_when_it_is_made(make):
    with pytest.raises(InputError) as caught:
        make()
    assert len(caught.value.faults) == 1
    fault = caught.value.faults[0]
    assert fault.expected
    assert fault.found


def test_every_fault_of_a_record_is_listed():
    with pytest.raises(InputError) as caught:
        SurvivalModel(covariates=3, groups="prison", family="gamma", recorded_in=-1)
    assert [fault.where for fault in caught.value.faults] == [
        "family", "covariates", "groups", "recorded_in",
    ]  # fmt: skip
    with pytest.raises(InputError) as caught:
        MixtureCure(log_shape=2, log_shape_ratio=None, log_odds_cured=None)
    assert [fault.where for fault in caught.value.faults] == ["log_shape", "log_odds_cured"]
    with pytest.raises(InputError) as caught:
        Nuts(draws=0, tune=0, chains=0, target_accept=0)
    assert len(caught.value.faults) == 4


def test_what_to_write_is_said():
    with pytest.raises(InputError, match=r"found a tuple of 2; write Normal\(0, 1.5\)"):
        Priors(treatment=(0, 1.5))
    with pytest.raises(InputError, match=r"found the class Normal; write Normal\(\)"):
        Priors(treatment=Normal)
    with pytest.raises(InputError, match="found 1000; write 1000 without a decimal point"):
        Laplace(draws=1e3)
    with pytest.raises(InputError, match=r"the class Hurdle; write Hurdle\(\)"):
        FrequencyModel(family=Hurdle)


def test_records_can_be_replaced_and_are_checked_again():
    model = SurvivalModel(family=Pieces(cuts=[30, 91]))
    assert replace(model.family, cuts=(7,)).cuts == (7.0,)
    assert replace(model, family="weibull") == SurvivalModel(family=Weibull())
    with pytest.raises(InputError, match="days above 0 in ascending order"):
        replace(model.family, cuts=(91, 30))
    assert replace(RateModel(groups=["prison"]), covariates="age").groups == ("prison",)
    assert hash(RateModel(groups=["prison"])) == hash(RateModel(groups=("prison",)))


def test_numbers_of_any_kind_are_stored_as_plain_ones():
    assert repr(Normal(np.float32(0.5), Fraction(1, 2))) == "Normal(mean=0.5, scale=0.5)"
    assert Normal(0, 1) == Normal(0.0, np.int64(1))
    assert Laplace(draws=np.int64(100)).draws == 100


@pytest.fixture(scope="module")
def study(people):
    cohort = make_cohort(**{name: values for name, values in people.items() if name != "weight"})
    return cohort, weigh(cohort, people["weight"])


@pytest.fixture(scope="module")
def fits(study):
    engine = Laplace(draws=1000)
    return {
        model.name: fit_model(model, *study, inference=engine)
        for model in (RateModel(), SurvivalModel())
    }


FITTING = {
    "model's class": {"model": RateModel},
    "no model": {"model": None},
    "model's name": {"model": "rate"},
    "list of models": {"model": [RateModel()]},
    "horizon text": {"horizon": "365"},
    "horizon negative": {"horizon": -1},
    "horizon 0": {"horizon": 0},
    "horizon NaN": {"horizon": math.nan},
    "horizon infinite": {"horizon": math.inf},
    "horizon a truth value": {"horizon": True},
    "horizon a list": {"horizon": [365]},
    "seed text": {"seed": "1"},
    "seed negative": {"seed": -1},
    "seed a half": {"seed": 0.5},
    "seed a truth value": {"seed": True},
    "seed None": {"seed": None},
    "engine": {"inference": "advi"},
    "engine's class": {"inference": Laplace},
    "no engine": {"inference": None},
    "engine a list": {"inference": ["laplace"]},
}


@pytest.mark.parametrize("wrong", FITTING.values(), ids=FITTING)
def test_a_wrong_argument_of_a_fit_is_refused(study, wrong):
    arguments = {"model": RateModel()} | wrong
    with pytest.raises(InputError) as caught:
        fit_model(arguments.pop("model"), *study, **arguments)
    assert [fault.where for fault in caught.value.faults] == list(wrong)


def test_all_wrong_arguments_of_a_fit_are_listed(study):
    with pytest.raises(InputError) as caught:
        fit_model(RateModel, None, study[1], inference=3, horizon="365", seed="1")
    assert [fault.where for fault in caught.value.faults] == [
        "model", "cohort", "inference", "seed", "horizon",
    ]  # fmt: skip


def test_a_design_of_fewer_people_is_refused(study, people):
    some = make_cohort(treated=people["treated"][:200], reoffended=people["reoffended"][:200])
    with pytest.raises(InputError, match=r"another one \(400 people, the cohort has 200\)"):
        fit_model(RateModel(), some, study[1])


EVALUATING = {
    "one model": {"models": RateModel()},
    "no models": {"models": []},
    "a class among the models": {"models": [RateModel]},
    "a name among the models": {"models": ["rate"]},
    "covariates a list": {"covariates": ["age"]},
    "title a number": {"title": 3},
    "flow a dict": {"flow": {}},
    "seed a generator": {"seed": np.random.default_rng(1)},
    "seed text": {"seed": "1"},
    "horizon text": {"horizon": "365"},
    "engine": {"inference": "advi"},
}


@pytest.mark.parametrize("wrong", EVALUATING.values(), ids=EVALUATING)
def test_a_wrong_argument_of_an_evaluation_is_refused(study, wrong):
    with pytest.raises(InputError) as caught:
        evaluate(*study, **wrong)
    assert [fault.where.split("[")[0] for fault in caught.value.faults] == list(wrong)


@pytest.mark.parametrize("covariates", ["age", "design", None])
def test_covariates_beside_models_are_refused_with_what_to_write(study, covariates):
    with pytest.raises(InputError, match=r"each model its own: RateModel\(covariates=\.\.\.\)"):
        evaluate(*study, models=[RateModel()], covariates=covariates)


@pytest.mark.parametrize("probability", [0, 1, 95, "0.95", None, math.nan, True, -0.5])
def test_a_probability_lies_between_0_and_1(study, fits, probability):
    attempts = [
        lambda: estimate_effects(fits["rate"], probability=probability),
        lambda: estimate_effects_by_group(fits["rate"], "prison", probability=probability),
        lambda: estimate_survival(fits["survival"], probability=probability),
        lambda: check_predictions(fits["rate"], *study, probability=probability),
        lambda: estimate_effects_over_designs(
            RateModel(), study[0], [study[1]], probability=probability
        ),
        lambda: fit_court_outcomes(
            CustodyModel(),
            CourtCounts((1, 9), (5, 30), ("custody", "none")),
            probability=probability,
        ),
    ]
    for attempt in attempts:
        with pytest.raises(InputError, match="probability: expected a number above 0 and below 1"):
            attempt()


def test_a_percentage_is_told_how_to_write_it(fits):
    with pytest.raises(InputError, match=r"found 95; write 0\.95"):
        estimate_effects(fits["rate"], probability=95)


@pytest.mark.parametrize("seed", ["1", -1, 0.5, None, True])
def test_a_seed_is_a_whole_number(study, fits, seed):
    counts = CourtCounts((1, 9), (5, 30), ("custody", "none"))
    attempts = [
        lambda: sample_prior(fits["rate"], seed=seed),
        lambda: check_predictions(fits["rate"], *study, seed=seed),
        lambda: check_one_process(fits["rate"], *study, seed=seed),
        lambda: estimate_effects_over_designs(RateModel(), study[0], [study[1]], seed=seed),
        lambda: fit_court_outcomes(CustodyModel(), counts, seed=seed),
    ]
    for attempt in attempts:
        with pytest.raises(InputError, match="seed: expected a whole number of at least 0"):
            attempt()


def test_other_arguments_of_the_wrong_kind_are_refused(study, fits):
    attempts = [
        lambda: estimate_effects(None),
        lambda: estimate_effects(RateModel()),
        lambda: estimate_survival(study),
        lambda: estimate_survival(fits["survival"], ["x"]),
        lambda: estimate_survival(fits["survival"], [[1.0], [2.0]]),
        lambda: estimate_survival(fits["survival"], []),
        lambda: estimate_survival(fits["survival"], [math.nan]),
        lambda: estimate_effects_by_group(fits["rate"], None),
        lambda: estimate_effects_over_designs(RateModel(), study[0], study[1]),
        lambda: sample_prior(fits["rate"], n_draws=0),
        lambda: sample_prior(fits["rate"], n_draws="10"),
        lambda: check_predictions(fits["rate"], *study, n_draws=2.5),
        lambda: check_predictions(None, *study),
        lambda: check_predictions(fits["rate"], study[1], study[0]),
        lambda: fit_court_outcomes(CustodyModel, CourtCounts((1, 9), (5, 30), ("c", "none"))),
        lambda: fit_court_outcomes(CustodyModel(), ((1, 9), (5, 30))),
        lambda: fits["rate"].predict(2),
        lambda: fits["rate"].predict("treated"),
    ]
    for attempt in attempts:
        with pytest.raises(InputError):
            attempt()


def test_a_margin_that_no_benefit_can_reach_is_refused_with_what_to_write(fits):
    effects = {e.measure: e for f in fits.values() for e in estimate_effects(f)}
    rate, days = effects[Measure.RATE], effects[Measure.RMST]
    with pytest.raises(InputError, match=r"found 3; for 3 per 100 people write 0\.03"):
        rate.probability_beyond(3)
    for margin in (1, 101, math.inf, math.nan, "0.03", None, -0.01):
        with pytest.raises(InputError):
            rate.probability_beyond(margin)
    with pytest.raises(InputError, match="a distance of a ratio below 1"):
        effects[Measure.HAZARD_RATIO].probability_beyond(1.5)
    assert 0 <= days.probability_beyond(10) <= days.probability_beyond(3) <= 1
    assert rate.probability_beyond(0.03) <= rate.probability_of_benefit
    for margin in (math.inf, math.nan, "10", None, -1):
        with pytest.raises(InputError):
            days.probability_beyond(margin)


@pytest.mark.parametrize("made", ["rate", "survival"])
def test_reprs_show_nothing_of_a_single_person(fits, made):
    fit = fits[made]
    for record in (fit, fit.target, fit.people, *estimate_effects(fit)):
        text = repr(record)
        assert "array" not in text
        assert "\n" not in text
