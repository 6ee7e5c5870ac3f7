"""Who has reoffended by when."""

import numpy as np
import pytest

from desist.effects.days import DayRow
from desist.errors import InputError
from desist.report.pictures.incidence import (
    cumulative_incidence,
    describe_incidence,
    draw_incidence,
    say_incidence,
)

ROWS = (
    DayRow(91, 0.95, 0.93, 0.02, -0.01, 0.05, 0.9, 0.95, 0.93, 0.97, 0.91, 0.95),
    DayRow(365, 0.85, 0.80, 0.05, 0.01, 0.09, 0.98, 0.95, 0.82, 0.88, 0.77, 0.83),
)


def test_curves_begin_at_nobody_and_go_through_the_days_that_are_told():
    axes = draw_incidence(ROWS).axes[0]
    treated, comparison = axes.lines
    assert treated.get_xdata() == pytest.approx([0, 91, 365])
    assert treated.get_ydata() == pytest.approx([0, 5, 15])
    assert comparison.get_ydata() == pytest.approx([0, 7, 20])


def test_bands_are_the_limits_turned_round():
    axes = draw_incidence(ROWS).axes[0]
    ends = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert np.max(ends) == pytest.approx(18)
    assert {round(float(end), 6) for end in ends} == {0.0, 3.0, 7.0, 12.0, 18.0}


def test_arms_are_told_apart_without_colour():
    treated, comparison = draw_incidence(ROWS).axes[0].lines
    assert treated.get_marker() != comparison.get_marker()
    assert treated.get_linestyle() != comparison.get_linestyle()


def test_it_is_told_in_words():
    assert say_incidence(ROWS) == (
        "By day 365, 15.0 in 100 people have reoffended with the programme, and 20.0 in 100 "
        "without it"
    )
    assert "by day 91, 5.0 with the programme and 7.0 without it" in describe_incidence(ROWS)


def test_an_evaluation_that_tells_of_no_day_is_refused(of_people, but):
    with pytest.raises(InputError, match="expected one that tells of days, found none"):
        cumulative_incidence(of_people)
    assert cumulative_incidence(but(of_people, by_day=ROWS)).axes
