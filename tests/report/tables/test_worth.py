"""What the arms are worth, as a report prints it."""

from dataclasses import replace

import pytest

from desist.effects import Correction
from desist.report.tables import tabulate_worth
from desist.report.view import make_view
from desist.report.words._worth import NOBODY_KNOWN, say_worth


def correct(sizes=(83.0, 1310.4), kish=(83.0, 364.0)):
    return Correction(0.1, 0.2, -0.1, -0.2, 0.0, sizes=sizes, kish=kish)


def test_an_arm_is_worth_so_many_people_and_so_often_what_its_weights_say():
    assert say_worth(correct()) == ("83", "1.0", "1,310", "3.6")


def test_an_arm_worth_fewer_than_ten_is_not_counted():
    assert say_worth(correct(sizes=(9.4, 40.0), kish=(9.0, 40.0)))[:2] == ("fewer than 10", "–")


@pytest.mark.parametrize("correction", [None, correct(sizes=None, kish=None)])
def test_nothing_is_said_where_nothing_is_known(correction):
    assert say_worth(correction) == NOBODY_KNOWN


def test_the_table_has_a_row_for_each_printed_measure_that_is_known(of_people, but):
    first, *others = of_people.effects
    told = but(of_people, effects=(replace(first, correction=correct()), *others))
    table = tabulate_worth(make_view(told))
    assert table.to_numpy().tolist() == [
        ["People who reoffend", "83", "1.0", "1,310", "3.6"],
    ]


def test_published_figures_have_no_such_table(published):
    assert tabulate_worth(make_view(published)).empty
