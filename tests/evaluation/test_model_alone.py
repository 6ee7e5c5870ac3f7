"""What the model alone says, where it is something else than the effect that is reported."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import desist as ds
from desist.effects import Correction, Effect
from desist.estimands import Estimand, Measure
from desist.evaluation._model_alone import PRINTED, name_apart, tells_of
from desist.inference.diagnostics import Diagnostics
from desist.models.priors import Normal

# half of the interval's half-width is 0.0475
SPREAD = xr.DataArray(np.linspace(-0.1, 0.1, 1001)[np.newaxis], dims=("chain", "draw"))


def make_effect(alone, measure=Measure.FREQUENCY):
    difference = SPREAD - 0.2
    effect = Effect(
        measure,
        Estimand.ATT,
        83,
        1000,
        treated=0.6 + difference,
        comparison=0.6 + 0 * SPREAD,
        difference=difference,
        ratio=0.8 + SPREAD,
        diagnostics=Diagnostics("laplace", khat=0.1),
        correction=Correction(0.5, 0.6, alone, -0.3, 0.1),
    )
    if measure is Measure.HAZARD_RATIO:
        effect = replace(effect, treated=None, comparison=None, difference=None)
    return effect


@pytest.mark.parametrize(("alone", "is_told"), [(-0.16, False), (-0.149, True), (-0.251, True)])
def test_a_model_more_than_half_a_half_width_apart_is_told(alone, is_told):
    assert bool(name_apart([make_effect(alone)])) is is_told


def test_the_sentence_gives_both_answers_with_the_digits_of_the_report():
    (difference,) = name_apart([make_effect(-0.0004)])
    assert difference == (
        "frequency: the model alone says a difference of 0 per 100 people; reported is "
        "-20, corrected by what was observed. The form of the model or its priors fit these "
        "people poorly, and another family may fit them better."
    )
    (ratio,) = name_apart([make_effect(0.9123, Measure.HAZARD_RATIO)])
    assert ratio.startswith("hazard_ratio: the model alone says a ratio of 0.91; reported is 0.80,")
    assert tells_of(ratio, Measure.HAZARD_RATIO)
    assert not tells_of(ratio, Measure.FREQUENCY)


def test_the_model_alone_has_nothing_to_say_beside_itself():
    assert name_apart([replace(make_effect(0.5), correction=None)]) == ()


def test_every_measure_has_its_digits():
    assert set(PRINTED) == set(Measure)


def test_a_model_of_the_wrong_form_is_told_of_in_the_warnings():
    # most never offend, some a great deal: far from a Poisson of the covariate's log-linear form
    rng = np.random.default_rng(3)
    age = rng.uniform(18, 60, 900)
    treated = (rng.random(900) < 0.3).astype(int)
    mean = np.where(treated == 1, 0.4, 1.5) * np.where(age > 50, 6.0, 0.2)
    people = pd.DataFrame({"programme": treated, "age": age, "offences": rng.poisson(mean)})
    cohort = ds.Cohort(
        pd.DataFrame(people), treatment="programme", offences="offences", follow_up=365
    )
    design = ds.build_design(cohort, "age", method=ds.EntropyBalancing())
    prior = ds.Priors(treatment=Normal(0.0, 0.02))
    models = [ds.FrequencyModel(family="poisson", priors=prior)]
    found = ds.evaluate(cohort, design, models=models, inference="laplace")
    assert any(tells_of(warning, Measure.FREQUENCY) for warning in found.warnings)
    alone = ds.evaluate(cohort, design, models=models, inference="laplace", calibrated=False)
    assert not any(tells_of(warning, Measure.FREQUENCY) for warning in alone.warnings)
