"""The record flow in a picture."""

import pytest

from desist.cohort.flow import FlowStep, RecordFlow
from desist.errors import InputError
from desist.report.pictures._style import PHONE
from desist.report.pictures.flow import describe_flow, draw_flow, record_flow, say_flow

FLOW = RecordFlow((FlowStep("submitted", 0, 100, "records"), FlowStep("not found", 70, 30)))


def test_a_bar_is_what_is_left_and_a_pale_one_what_was_left_out():
    axes = draw_flow(FLOW).axes[0]
    widths = [patch.get_width() for patch in axes.patches]
    assert widths == [100, 30, 0, 70]
    assert axes.get_xlim() == (0, 100)


def test_numbers_stand_where_they_can_be_read():
    first, second = draw_flow(FLOW).axes[0].texts
    assert first.get_text() == "100 left"
    assert second.get_text() == "30 left (70 left out)"
    assert first.get_color() == "white"
    assert second.get_color() != "white"  # on the pale ground beside a short bar
    assert second.get_position()[0] > 30


def test_on_a_telephone_names_stand_above_the_bars():
    axes = draw_flow(FLOW, PHONE).axes[0]
    assert len(axes.get_yticks()) == 0
    assert [text.get_text() for text in axes.texts][:2] == ["submitted", "not found"]


def test_it_is_told_in_words():
    assert say_flow(FLOW) == "Of 100 records submitted, 30 people are analysed"
    assert describe_flow(FLOW) == "100 submitted. 70 people (70%): not found; 30 remained."


def test_an_evaluation_without_a_flow_is_refused(of_people, published):
    with pytest.raises(InputError, match="expected one that was given a record flow"):
        record_flow(of_people)
    assert record_flow(published).axes
