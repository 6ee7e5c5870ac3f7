"""Sizes in words: how many people, reoffences or days, and between which."""

from dataclasses import fields

import pytest

from desist.estimands import Measure
from desist.report.words._wording import WORDINGS

RATE, FREQUENCY, DAYS = (
    WORDINGS[one] for one in (Measure.RATE, Measure.FREQUENCY, Measure.TIME_AMONG_REOFFENDERS)
)


@pytest.mark.parametrize(
    ("wording", "value", "said"),
    [
        (RATE, 0.123, "12 people"),
        (RATE, -0.123, "12 people"),
        (RATE, 0.125, "13 people"),  # halves go away from zero
        (RATE, 0.0149, "1 person"),
        (RATE, 0.0049, "fewer than 1 person"),
        (RATE, 0.0, "fewer than 1 person"),
        (FREQUENCY, -0.72, "72 reoffences"),
        (FREQUENCY, 0.01, "1 reoffence"),
        (FREQUENCY, 12.0, "1,200 reoffences"),
        (DAYS, 68.4, "68 days"),
        (DAYS, 0.6, "1 day"),
        (DAYS, 0.4, "less than 1 day"),
    ],
)
def test_a_size_has_its_noun(wording, value, said):
    assert wording.count(value) == said


def test_the_most_that_it_may_be():
    assert RATE.up_to(0.07) == "up to 7 people"
    assert RATE.up_to(0.001) == "fewer than 1 person"


@pytest.mark.parametrize(
    ("nearer", "further", "said"),
    [
        (0.05, 0.12, "between 5 and 12 people"),
        (-0.05, -0.12, "between 5 and 12 people"),
        (0.121, 0.119, "about 12 people"),
        (0.001, 0.04, "between fewer than 1 person and 4 people"),
        (0.001, 0.002, "fewer than 1 person"),
        (0.001, 0.011, "between fewer than 1 person and 1 person"),
    ],
)
def test_a_range_names_the_nearer_first(nearer, further, said):
    assert RATE.range(nearer, further) == said


@pytest.mark.parametrize("measure", Measure)
def test_every_measure_has_all_its_words(measure):
    wording = WORDINGS[measure]
    missing = [one.name for one in fields(wording) if getattr(wording, one.name) == ""]
    # a ratio counts nothing
    allowed = {"singular", "plural", "unit"} if measure is Measure.HAZARD_RATIO else set()
    assert set(missing) <= allowed
    assert "{people}" in wording.subject
    assert "{period}" in wording.subject


@pytest.mark.parametrize("measure", Measure)
def test_the_two_directions_have_words_of_their_own(measure):
    wording = WORDINGS[measure]
    for one, other in (
        (wording.lower, wording.higher),
        (wording.fewer, wording.more),
        (wording.decreases, wording.increases),
    ):
        assert one != other
    assert len({wording.decreases, wording.increases, wording.leaves}) == 3


@pytest.mark.parametrize("measure", Measure)
def test_what_is_spoken_of_per_hundred_is_multiplied_by_it(measure):
    wording = WORDINGS[measure]
    assert (wording.factor == 100.0) == ("100" in wording.unit)
