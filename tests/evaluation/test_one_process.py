import numpy as np
import pytest

import desist as ds
from desist.design.design import Design
from desist.errors import InputError
from desist.estimands import Estimand, Measure
from desist.evaluation._model_alone import tells_of


@pytest.fixture(scope="module")
def study():
    cohort = ds.simulate_cohort(200, 500, rng=3, confounding=0.0, n_groups=0).cohort
    design = Design(np.ones(cohort.n_people), cohort.treated, Estimand.ATT)
    return cohort, design


def evaluate(study, **settings):
    models = [ds.RateModel(covariates=None)]
    return ds.evaluate(*study, models=models, inference="laplace", seed=2, **settings)


def test_one_process_that_suffices_is_offered_beside_the_default(study):
    found = evaluate(study, one_process=True)
    process = found.one_process
    assert process.suffices
    assert {effect.measure for effect in process.effects} == set(Measure)
    told = [text for text in found.warnings if "ne process" in text]
    assert told[0].startswith("One process suffices for rate, frequency and time: each of the 6")
    assert len(told) == 2  # the rate alone is reported
    assert told[1].startswith("rate: under one process for all measures a difference of ")
    assert told[1].endswith("% as wide as the reported one.")
    assert tells_of(told[1], Measure.RATE)
    by_measure = {effect.measure: effect for effect in process.effects}
    sharper, reported = by_measure[Measure.RATE].interval, found["rate"].effect.interval
    assert sharper.upper - sharper.lower < reported.upper - reported.lower


def test_nothing_is_said_of_a_process_that_was_not_asked_for(study):
    found = evaluate(study)
    assert found.one_process is None
    assert not any("ne process" in text for text in found.warnings)


def test_without_days_one_process_is_refused_with_the_reason(study):
    cohort, design = study
    settings = {name: value for name, value in cohort.settings().items() if name != "days"}
    found = evaluate((ds.Cohort(cohort.people, **settings), design), one_process=True)
    assert found.one_process is None
    assert (
        "One process for all measures was asked for and cannot be fitted: the cohort has no column "
        "of days." in found.warnings
    )


def test_whether_a_process_is_asked_for_is_true_or_false(study):
    with pytest.raises(InputError, match="one_process: expected True or False, found 'yes'"):
        evaluate(study, one_process="yes")
