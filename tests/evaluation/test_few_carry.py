"""Means whose spread a handful of people carry."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from desist.effects import Correction, Effect
from desist.estimands import Estimand, Measure
from desist.evaluation._few_carry import name_carried
from desist.inference.diagnostics import Diagnostics

SPREAD = xr.DataArray(np.linspace(-0.1, 0.1, 101)[np.newaxis], dims=("chain", "draw"))


def make_effect(freedom):
    return Effect(
        Measure.FREQUENCY,
        Estimand.ATT,
        83,
        1000,
        treated=0.6 + SPREAD,
        comparison=0.6 + 0 * SPREAD,
        difference=SPREAD,
        ratio=1 + SPREAD,
        diagnostics=Diagnostics("laplace", khat=0.1),
        correction=Correction(0.5, 0.6, 0.0, -0.3, 0.1, freedom=freedom),
    )


@pytest.mark.parametrize(
    ("freedom", "named"),
    [
        ((9.9, 200.0), "the participants."),
        ((30.0, 4.0), "the comparison people."),
        ((3.0, 4.0), "the participants and of the comparison people."),
    ],
)
def test_an_arm_whose_spread_fewer_than_ten_carry_is_named_and_not_counted(freedom, named):
    (told,) = name_carried([make_effect(freedom)])
    assert told.startswith(
        "frequency: fewer than 10 people carry most of what is uncertain in the mean of " + named
    )


def test_an_arm_whose_spread_ten_carry_is_not_named():
    assert name_carried([make_effect((10.0, 10.0))]) == ()


def test_an_effect_of_the_model_alone_has_nobody_to_name():
    assert name_carried([make_effect(None)]) == ()
    assert name_carried([replace(make_effect(None), correction=None)]) == ()
