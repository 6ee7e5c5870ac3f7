"""The result with the bias of placebo programmes, as a report shows it."""

from dataclasses import replace

import pytest

from desist.estimands import Measure
from desist.evaluation.with_bias import BiasResult
from desist.report.disclosure import disclose_bias, find_rules
from desist.report.document import render_document
from desist.report.json_record import encode_evaluation
from desist.report.markdown import render_markdown
from desist.report.tables import tabulate_bias
from desist.report.view import make_view

pytestmark = pytest.mark.usefixtures("undrawn")

BIAS = BiasResult(Measure.RATE, 200, 0.03149, 0.0249, 0.0449, -0.1149, -0.2149, -0.0149, 0.98749)


@pytest.fixture
def with_bias(of_people):
    return replace(of_people, bias=BIAS)


def test_it_stands_beside_the_default_result(of_people, with_bias):
    plain, shown = make_view(of_people), make_view(with_bias)
    assert plain.bias is None
    assert repr(shown.measures) == repr(plain.measures)  # some figures are not there, and so NaN
    assert shown.statements == plain.statements
    table = tabulate_bias(shown)
    assert table.iloc[:, 0].tolist() == ["as estimated", "with the bias of placebo programmes"]
    assert table.iloc[1, 1:].tolist() == ["-11.5", "-21.5 to -1.5", "99%"]


def test_the_sentence_says_what_was_tried_and_what_is_left(with_bias):
    sentence = make_view(with_bias).bias.sentence
    assert sentence.startswith("The same method was tried on 200 programmes that nobody gave.")
    assert "a standard deviation of 3 people per 100 (it may be as large as 4 people" in sentence
    assert "may be lower by between 1 and 21 people" in sentence
    assert sentence.endswith("beside the result, and not in its place.")


def test_page_markdown_and_record_hold_it(with_bias):
    view = make_view(with_bias)
    assert "programmes that nobody gave" in render_document(with_bias)
    assert "Beside the result: with the bias of programmes that nobody gave" in render_markdown(
        view
    )
    found = encode_evaluation(with_bias)["bias"]
    assert (found["estimate"], found["spread"], found["n_programmes"]) == (-0.115, 0.031, 200)


def test_it_goes_with_a_measure_that_is_withheld(with_bias):
    few = replace(with_bias, smallest_group="fewer than 10")
    assert disclose_bias(few, find_rules("2019")) is None
    view = make_view(few)
    assert view.bias is None
    assert tabulate_bias(view).empty


def test_a_measure_that_there_is_not_is_warned_of(of_people):
    gone = replace(of_people, bias=BiasResult(Measure.RMST, 200, 5.0, 3.0, 8.0))
    view = make_view(gone)
    assert view.bias is None
    assert "The bias of placebo programmes is of the rmst, which there is not." in view.warnings
