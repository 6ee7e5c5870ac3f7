"""A notebook shows what a terminal shows, and obeys nothing of it."""

import re
from html import unescape
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.checks.check import Check
from desist.design.design import Design
from desist.evaluation.record import ComparedCheck
from desist.notebook import show_record
from desist.synthesis.synthesis import Synthesis

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '=HYPERLINK("http://example.org")',
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "' \" ` & < >",
    "x" * 10_000,
    "\u202eright to left",
    "\u2066isolated\u2069",
    "line\x07bell\x1b[31m",
    "\U0001f600",
    "\ud800",
]


class Says:
    """A record of which the text is given."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def find_tags(html):
    return re.findall(r"<[^>]*>", html)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("where", ["{}", "Evaluation: A\n  {}\n  more"])
def test_no_text_of_a_record_is_obeyed(text, where):
    html = show_record(Says(where.format(text)))
    assert {re.split(r"[ >]", tag.strip("<>/"))[0] for tag in find_tags(html)} <= {
        "div", "strong", "pre",
    }  # fmt: skip
    assert "onerror=alert" not in "".join(find_tags(html))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b\ud800-\udfff]", html)
    html.encode("utf-8")


def test_text_that_is_not_obeyed_stands_as_it_is():
    html = show_record(Says("Évaluation: \U0001f600 < 3\n  a & b"))
    assert "<strong>Évaluation: \U0001f600 &lt; 3</strong>" in html
    assert unescape(re.sub("<[^>]*>", "", html)) == "Évaluation: \U0001f600 < 3  a & b"


def test_one_line_has_no_body_and_nothing_is_shown_of_nothing():
    assert show_record(Says("one line")) == (
        '<div class="desist-record"><strong>one line</strong></div>'
    )
    assert show_record(Says("")) == '<div class="desist-record"><strong></strong></div>'


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(1)
    n = 200
    return pd.DataFrame(
        {
            "id": [f"secret-{at}" for at in range(n)],
            "treated": (np.arange(n) < 60).astype(int),
            "age": rng.integers(20, 60, n).astype(float),
            "<b>prior</b>": rng.poisson(2, n).astype(float),
            "again": (rng.random(n) < 0.4).astype(int),
        }
    )


def test_cohort_and_design_show_no_person_and_no_markup_of_their_columns(people):
    cohort = ds.Cohort(people, treatment="treated", person="id", reoffended="again")
    design = ds.build_design(cohort, "age", method=ds.InverseProbability())
    for record in (cohort, design):
        html = record._repr_html_()
        assert html == show_record(record)
        assert "secret" not in html
        assert "<b>" not in html


def test_evaluation_measure_view_and_synthesis_show_what_they_print():
    study = ds.datasets.making_connections()
    evaluation = ds.evaluate_published(study, seed=2017)
    records = [evaluation, evaluation["rate"], evaluation.effects[0], evaluation.checks[0]]
    records.append(ds.report.make_view(evaluation))
    for record in records:
        assert record._repr_html_() == show_record(record)
    assert "Making Connections" in evaluation._repr_html_()


@pytest.mark.parametrize("kind", [Check, ComparedCheck, Synthesis, ds.Cohort, Design])
def test_every_record_that_a_notebook_shows_takes_the_same_way(kind):
    assert kind._repr_html_ is show_record


def test_a_record_of_few_people_says_no_more_than_its_text():
    few = SimpleNamespace(n="fewer than 10")
    assert unescape(re.sub("<[^>]*>", "", show_record(few))) == repr(few)
