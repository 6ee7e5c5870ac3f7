"""Shapes of the days to a first reoffence: by hand, in order, and in any unit of time."""

import math

import numpy as np
import pytest

from desist.errors import InputError
from desist.sensitivity.shapes import AnyShape, ProcessShape, WeibullShape

NAN = math.nan
SHAPES = [AnyShape(), WeibullShape(), WeibullShape(0.6), WeibullShape(2.0), ProcessShape()]
WITH_MEAN = SHAPES[:4]
PRINTED = {"mean": 120.0, "follow_up": 365.0, "rate": 0.4, "frequency": 0.9}


def is_named(shape):
    return (
        str(shape).partition(" (")[0] if isinstance(shape, WeibullShape) else type(shape).__name__
    )


@pytest.mark.parametrize(
    ("share", "mean", "least", "most"),
    [
        (0.5, 100.0, 0.0, 200.0),  # the others can wait for the end, and can come at once
        (0.5, 300.0, 235.0, 365.0),
        (1.0, 100.0, 100.0, 100.0),
        (0.8, 292.0, 273.75, 365.0),
    ],
)
def test_any_shape_by_hand(share, mean, least, most):
    found = AnyShape().bound(share, mean=mean, follow_up=365.0, rate=NAN, frequency=NAN)
    assert found == pytest.approx((least, most))


@pytest.mark.parametrize("shape", WITH_MEAN, ids=is_named)
def test_everybody_has_the_printed_mean(shape):
    assert shape.bound(1.0, **PRINTED) == pytest.approx((120.0, 120.0), abs=1e-6)


@pytest.mark.parametrize("shape", SHAPES, ids=is_named)
def test_the_fastest_are_before_the_slowest_and_nobody_is_beyond_the_end(shape):
    for share in (0.05, 0.3, 0.9):
        fastest, slowest = shape.bound(share, **PRINTED)
        assert 0 <= fastest < slowest <= 365


@pytest.mark.parametrize("shape", SHAPES, ids=is_named)
def test_a_larger_share_has_narrower_bounds(shape):
    ends = np.array([shape.bound(share, **PRINTED) for share in (0.2, 0.4, 0.6, 0.8, 0.95)])
    assert np.all(np.diff(ends[:, 0]) >= -1e-9)
    assert np.all(np.diff(ends[:, 1]) <= 1e-9)


@pytest.mark.parametrize("shape", WITH_MEAN, ids=is_named)
def test_the_two_parts_make_up_the_mean(shape):
    # a share of the fastest and the rest, which are the slowest
    fastest = shape.bound(0.3, **PRINTED)[0]
    slowest = shape.bound(0.7, **PRINTED)[1]
    expected = 120.0 if not isinstance(shape, AnyShape) else 0.3 * 0 + 0.7 * 120 / 0.7
    assert 0.3 * fastest + 0.7 * slowest == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("shape", SHAPES, ids=is_named)
def test_weeks_are_days_by_seven(shape):
    days = shape.bound(0.4, **PRINTED)
    weeks = shape.bound(0.4, **PRINTED | {"mean": 120 / 7, "follow_up": 365 / 7})
    assert [7 * end for end in weeks] == pytest.approx(days, rel=1e-6)


@pytest.mark.parametrize("shape", WITH_MEAN[1:], ids=is_named)
def test_no_shape_is_beyond_what_any_allows(shape):
    low, high = AnyShape().bound(0.4, **PRINTED)
    fastest, slowest = shape.bound(0.4, **PRINTED)
    assert low <= fastest
    assert slowest <= high


def test_a_mean_in_the_middle_is_that_of_days_spread_evenly():
    # an exponential that does not fall: the first tenth ends after a tenth of the year
    even = WeibullShape().bound(0.1, **PRINTED | {"mean": 182.5})
    assert even == pytest.approx((0.05 * 365, 0.95 * 365), rel=1e-6)


def test_one_process_ignores_the_printed_mean():
    assert ProcessShape().bound(0.4, **PRINTED) == ProcessShape().bound(
        0.4, **PRINTED | {"mean": NAN}
    )


def test_one_process_has_the_rate_that_is_printed():
    # its dispersion solves P(0) = (1 + m / a)^-a; the survival of its quantiles has to fall evenly
    shape = ProcessShape()
    quantile = shape._quantile(0.4, 0.9)
    places = quantile(np.array([0.0, 1.0]))
    assert places == pytest.approx([0.0, 1.0], abs=1e-9)


def test_people_who_are_alike_reoffend_like_a_poisson_process():
    # with a frequency just above -log(1 - rate) hardly anybody differs: exponential days
    rate = 0.4
    frequency = -math.log1p(-rate) * (1 + 1e-7)
    mean = ProcessShape().implied_mean(follow_up=365.0, rate=rate, frequency=frequency)
    m = -math.log1p(-rate)
    expected = 365 * (1 / m - (1 - rate) / rate)  # of an exponential, truncated at the end
    assert mean == pytest.approx(expected, rel=1e-4)


def test_people_who_differ_reoffend_sooner():
    means = [
        ProcessShape().implied_mean(follow_up=365.0, rate=0.4, frequency=frequency)
        for frequency in (0.52, 0.9, 3.0)
    ]
    assert means[0] > means[1] > means[2]


@pytest.mark.parametrize(
    ("frequency", "found"), [(0.5, "0.5"), (NAN, "none printed"), (0.2, "0.2")]
)
def test_too_few_offences_for_the_rate_are_refused(frequency, found):
    with pytest.raises(InputError, match=f"frequency: expected .* above 0.511.* found {found}"):
        ProcessShape().bound(0.4, **PRINTED | {"frequency": frequency})


def test_a_mean_that_no_weibull_has_is_refused():
    with pytest.raises(InputError, match=r"mean: expected a mean that a Weibull shape of 1 can"):
        WeibullShape().bound(0.4, **PRINTED | {"mean": 364.9})


@pytest.mark.parametrize("shape", SHAPES, ids=is_named)
@pytest.mark.parametrize("share", [0, -0.1, 1.1, NAN, "half", None, True])
def test_what_is_no_share_is_refused(shape, share):
    with pytest.raises(InputError, match="share: expected"):
        shape.bound(share, **PRINTED)


def test_shapes_say_what_they_assume():
    assert str(AnyShape()) == "the printed mean and nothing else"
    assert str(WeibullShape()).startswith("exponential days, truncated at the end of follow-up")
    assert str(WeibullShape(0.6)).startswith("Weibull (shape 0.6) days")
    assert "one process" in str(ProcessShape())


@pytest.mark.parametrize("k", [0, -1, NAN, "1", None])
def test_what_is_no_weibull_is_refused(k):
    with pytest.raises(InputError, match="k: expected a number above 0"):
        WeibullShape(k)
