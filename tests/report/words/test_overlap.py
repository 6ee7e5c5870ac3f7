"""Where the scores of the two groups overlap, as a report shows it."""

import pytest

from desist.report.disclosure import RuleSet, disclose_design
from desist.report.document import render_document
from desist.report.pictures._overlap import draw_overlap
from desist.report.pictures._style import PHONE
from desist.report.tables._overlap import tabulate_overlap
from desist.report.view import make_view
from desist.report.words.overlap import describe_overlap, name_class, say_overlap

CLASSES = [
    {"lower": 0.0, "upper": 0.2, "treated": 0.25, "comparison": 0.75, "weighted": 0.28},
    {"lower": 0.2, "upper": 1.0, "treated": 0.75, "comparison": 0.25, "weighted": 0.72},
]


@pytest.fixture(scope="module")
def with_overlap(of_people, but):
    return but(of_people, design=dict(of_people.design) | {"overlap": CLASSES})


def test_the_sentence_tells_the_largest_gap_after_weighting():
    assert say_overlap(CLASSES).endswith("differ by at most 3 percentage points")
    assert say_overlap([CLASSES[0] | {"weighted": 0.26}]).endswith("at most 1 percentage point")
    assert name_class(CLASSES[1]) == "score 0.2 to 1.0"
    assert describe_overlap(CLASSES[:1]) == (
        "score 0.0 to 0.2: 25% of participants, 75% of comparison people before weighting and 28% "
        "after."
    )


def test_the_picture_has_a_row_a_class_and_a_mark_a_group():
    ax = draw_overlap(CLASSES).axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "score 0.0 to 0.2",
        "score 0.2 to 1.0",
    ]
    marks = {line.get_label(): line.get_xdata() for line in ax.lines}
    assert marks["participants"] == pytest.approx([25, 75])
    assert marks["comparison, before"] == pytest.approx([75, 25])
    assert len({line.get_marker() + str(line.get_markerfacecolor()) for line in ax.lines}) == 3
    assert len(draw_overlap(CLASSES, PHONE).axes[0].texts) == 2


@pytest.mark.usefixtures("undrawn")
def test_page_and_tables_show_what_the_design_holds(with_overlap, of_people, plain_page):
    view = make_view(with_overlap)
    assert tabulate_overlap(view).iloc[0].tolist() == ["score 0.0 to 0.2", "25", "75", "28"]
    assert "Share of each group by class of the propensity score" in render_document(with_overlap)
    assert tabulate_overlap(make_view(of_people)).empty
    assert "class of the propensity score" not in plain_page


def test_rules_that_ask_for_more_people_withhold_the_classes(with_overlap):
    strict = RuleSet("strict", "below 0.01", 2, 30, 30, 10, "relative claims", min_people=20)
    assert disclose_design(with_overlap.design, strict)["overlap"] == ()
