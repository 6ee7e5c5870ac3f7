"""What is withheld is listed with its reason, first in a banner where a measure is not printed."""

import json
from dataclasses import replace

import pytest

from desist.cohort.flow import FlowStep, RecordFlow
from desist.effects.groups import GroupRow, GroupTable
from desist.estimands import Measure
from desist.report.document import render_document, render_files
from desist.report.json_record import encode_evaluation
from desist.report.markdown import render_markdown
from desist.report.summary import summarise
from desist.report.tables import tabulate_withheld
from desist.report.view import make_view

pytestmark = pytest.mark.usefixtures("undrawn")

TIME = "Time to first reoffence: not printed, because 18 participants reoffended, and rule set 2019"


@pytest.fixture
def eighteen(of_people, but):
    """A study of which the time rests on 18 reoffenders, as rule set 2019 does not print it."""
    time = replace(
        of_people.effects[0],
        measure=Measure.TIME_AMONG_REOFFENDERS,
        n_treated=18,
        n_comparison=200,
    )
    return but(of_people, effects=(*of_people.effects, time))


def test_a_measure_that_is_not_printed_is_said_first_and_has_no_card(eighteen):
    page = render_document(eighteen)
    banner, answer = page.index(TIME), page.index('class="answer"')
    assert banner < answer
    cards = page[page.index('class="cards"') : page.index("</section>", page.index("cards"))]
    assert "Time to first reoffence" not in cards
    assert "People who reoffend" in cards


def test_markdown_terminal_and_record_say_what_is_not_printed(eighteen):
    view = make_view(eighteen)
    assert TIME in render_markdown(view)
    assert any(TIME in line for line in summarise(view))
    withheld = encode_evaluation(eighteen)["withheld"]
    assert withheld == [
        {
            "what": "Time to first reoffence",
            "why": "18 participants reoffended, and rule set 2019 asks for at least 30.",
        },
        {
            "what": "Time without a reoffence",
            "why": "With the rate it would tell the time to first reoffence, which is not printed.",
        },
    ]


def test_there_is_no_notice_where_everything_is_printed_or_nothing(of_people, eighteen, but):
    assert make_view(of_people).notice == ""
    nothing = make_view(but(eighteen, smallest_group="fewer than 10"))
    assert nothing.notice == ""
    assert nothing.banner


def test_published_figures_list_only_measures(published):
    view = make_view(published, "2019")
    assert [one.what for one in view.kept_back] == ["Time to first reoffence"]
    assert make_view(published, "2017").kept_back == ()


def test_groups_levels_dropped_people_and_steps_are_listed_without_a_number(of_people, but):
    row = GroupRow("Ash", 600, 700, 90, 0.9, -0.1, -0.1, -0.2, 0.1, 0.9)
    table = GroupTable("prison", Measure.RATE, 0.95, (row,), 3, 0.03, 0.0, 0.1, 0.7)
    small = {"covariate": "sex", "variable": "sex", "fewest": 3, "word": "well matched"}
    small |= dict.fromkeys(("smd_before", "smd_after", "variance_ratio", "ks"), 0.01)
    design = dict(of_people.design) | {
        "n_treated_dropped": 4,
        "balance": [*of_people.design["balance"], small],
    }
    flow = RecordFlow((FlowStep("submitted", 0, 674, "records"), FlowStep("gone", 4, 670)))
    evaluation = but(of_people, by_group=(table,), design=design, flow=flow)
    listed = tabulate_withheld(make_view(evaluation))
    assert listed["Withheld"].tolist() == [
        "Groups by prison",
        "Balance of sex",
        "Participants without a suitable comparison person",
        "Single steps of the record flow",
    ]
    assert not any(digit in text for text in listed.iloc[1:, 1] for digit in "0123456789")


def test_the_list_stands_in_every_file(eighteen):
    files = render_files(make_view(eighteen))
    for name in ("report.html", "report.md", "tables/withheld.csv", "evaluation.json"):
        assert "rule set 2019 asks for at least 30" in files[name].decode(), name
    assert json.loads(files["evaluation.json"])["withheld"]
