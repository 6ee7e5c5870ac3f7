"""What all sensitivity analyses share: words, units, and which effects they are for."""

import numpy as np
import pytest

from desist.errors import CannotAnswerError, InputError
from desist.estimands import Measure
from desist.sensitivity.result import (
    SensitivityResult,
    require_arms,
    say_difference,
    summarise,
    unit_of,
)

from .effects import make_effect


@pytest.mark.parametrize(
    ("value", "measure", "said"),
    [
        (-0.1234, Measure.RATE, "-12.3 per 100 people"),
        (0.0004, Measure.RATE, "0.0 per 100 people"),
        (-0.0004, Measure.RATE, "0.0 per 100 people"),  # no minus nothing
        (-0.718, Measure.FREQUENCY, "-0.72 offences per person"),
        (-0.004, Measure.FREQUENCY, "0.00 offences per person"),
        (12.34, Measure.RMST, "12.3 days"),
        (-0.04, Measure.TIME_AMONG_REOFFENDERS, "0.0 days"),
        (0.853, Measure.HAZARD_RATIO, "a ratio of 0.85"),
    ],
)
def test_a_difference_is_written_as_a_reader_knows_it(value, measure, said):
    assert say_difference(value, measure) == said


@pytest.mark.parametrize("measure", Measure)
def test_every_measure_has_a_unit_and_words(measure):
    assert unit_of(measure)
    assert say_difference(1.0, measure)


def test_draws_are_summarised_by_mean_and_equal_tails():
    # Hazen's quantiles of 1 to 100: the place of a share q is 100 q + 1/2
    mean, low, high = summarise(np.arange(1.0, 101.0), 0.9)
    assert (mean, low, high) == pytest.approx((50.5, 5.5, 95.5))


def test_the_draws_of_both_arms_are_had_as_rows():
    effect = make_effect(0.2, 0.3, Measure.RATE)
    treated, comparison = require_arms(effect, "a check", Measure.RATE)
    assert treated.ndim == comparison.ndim == 1
    assert treated.shape == comparison.shape
    assert np.mean(treated) == pytest.approx(float(effect.treated.mean()))


def test_an_effect_of_another_measure_is_refused_with_those_it_is_for():
    effect = make_effect(1.0, 2.0, Measure.FREQUENCY)
    with pytest.raises(CannotAnswerError, match=r"a check: not for the .*; it is for the rate"):
        require_arms(effect, "a check", Measure.RATE)


@pytest.mark.parametrize("value", [None, 0.3, "rate", {"rate": 0.3}, Measure.RATE])
def test_what_is_no_effect_is_named(value):
    with pytest.raises(InputError, match="effect: expected an Effect, such as evaluation"):
        require_arms(value, "a check", Measure.RATE)


def test_the_repr_is_the_title_and_the_sentence():
    import pandas as pd

    found = SensitivityResult("one", "A title", "a doubt", "What was found.", pd.DataFrame())
    assert repr(found) == "<A title: What was found.>"
    assert dict(found.units) == dict(found.draws) == {}
