"""What a report stores beside itself obeys the rules, says so, and is read as such."""

from dataclasses import replace

import pytest

from desist.effects.correction import Correction
from desist.estimands import Measure
from desist.evaluation.storage import load_evaluation, save_evaluation
from desist.report._released import cut_effects, say_what_is_cut
from desist.report.document import render_document
from desist.report.view import make_view

pytestmark = pytest.mark.usefixtures("undrawn")

TIME = Measure.TIME_AMONG_REOFFENDERS
CORRECTION = Correction(0.2, 0.3, -0.1, -0.2, 0.0, (40.0, 9.4), (45.0, 11.0), (30.0, 12.0))


@pytest.fixture
def eighteen(of_people):
    time = replace(of_people.effects[0], measure=TIME, n_treated=18, n_comparison=200)
    return replace(of_people, effects=(*of_people.effects, time))


@pytest.fixture
def beside(eighteen, tmp_path):
    """The record beside a report, loaded again."""
    (tmp_path / "evaluation.nc").write_bytes(make_view(eighteen).pack())
    return load_evaluation(tmp_path / "evaluation.nc")


def test_the_record_beside_a_report_says_that_it_was_cut_and_of_what(beside):
    assert beside.warnings[-1] == (
        "This record was cut by rule set 2019: it has no draws and no figures of what that "
        "withholds (Time to first reoffence, Time without a reoffence). The whole is what the "
        "analyst's own save_evaluation wrote."
    )


def test_what_was_withheld_is_not_available_and_has_its_reason(beside):
    found = beside[TIME]
    assert found.effect is None
    assert found.unavailable == (
        "withheld: 18 participants reoffended, and rule set 2019 asks for at least 30"
    )
    assert beside["rate"].effect is not None


def test_a_report_of_the_cut_record_withholds_as_much(beside):
    page = render_document(beside)
    assert "This record was cut by rule set 2019" in page
    assert [one.measure for one in make_view(beside).printed] == [
        Measure.RATE,
        Measure.HAZARD_RATIO,
    ]


def test_the_record_of_a_report_that_withholds_nothing_says_nothing(of_people):
    assert say_what_is_cut({}, "2019") == ()
    assert b"This record was cut" not in make_view(of_people).pack()


def test_the_analysts_own_file_is_whole(eighteen, tmp_path):
    whole = load_evaluation(save_evaluation(eighteen, tmp_path / "whole.nc"))
    assert whole[TIME].effect is not None
    assert whole.warnings == eighteen.warnings


def test_effective_numbers_under_ten_are_not_stored(of_people):
    rate = replace(of_people.effects[0], correction=CORRECTION)
    (cut,) = cut_effects([rate], ())
    assert (cut.correction.sizes, cut.correction.kish) == (None, None)
    assert cut.correction.freedom == (30.0, 12.0)
    many = replace(CORRECTION, sizes=(40.0, 10.0), freedom=(9.9, 20.0))
    (kept,) = cut_effects([replace(rate, correction=many)], ())
    assert (kept.correction.sizes, kept.correction.kish) == ((40.0, 10.0), (45.0, 11.0))
    assert kept.correction.freedom is None


def test_measures_that_are_withheld_are_cut_whole(of_people):
    cut = cut_effects(of_people.effects, {Measure.RMST})
    assert [one.measure for one in cut] == [Measure.RATE, Measure.HAZARD_RATIO]
    assert [one.correction for one in cut] == [None, None]
