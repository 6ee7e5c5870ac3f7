"""How a report tells its reader to read it."""

from desist.report._headline import WHY_BOTH, fill_headline, introduce
from desist.report.markdown import escape, render_markdown
from desist.report.view import make_view
from desist.report.words.likelihood import explain_scale
from desist.report.words.reading import HAZARD, POSTERIOR, list_reading


def test_every_report_explains_its_posterior_and_its_words(published, of_people):
    for view in (make_view(published, "2017"), make_view(of_people)):
        lines = list_reading(view)
        assert lines[0] == POSTERIOR
        assert explain_scale() in lines
        assert any(line.startswith("A 95% interval holds the true difference") for line in lines)


def test_the_hazard_is_explained_where_there_is_one(published, of_people):
    assert HAZARD in list_reading(make_view(of_people))
    assert HAZARD not in list_reading(make_view(published, "2017"))


def test_dots_say_whom_they_stand_for(published):
    dots = fill_headline(make_view(published, "2017"))["dots"]
    assert dots["treated"] == (16, "16 in every 100 matched participants reoffended")
    assert dots["comparison"] == (28, "28 in every 100 comparison people reoffended")
    assert "one person in a hundred; a dark one reoffended within one year" in dots["caption"]
    assert "Comparison people are weighted" in dots["caption"]


def test_why_posterior_and_printed_figure_differ_is_said_once_and_only_where_they_do(
    published, of_people
):
    both = fill_headline(make_view(published, "2017"))["both"]
    assert both[-1] == WHY_BOTH
    assert both.count(WHY_BOTH) == 1
    assert fill_headline(make_view(of_people))["both"] == []
    assert escape(WHY_BOTH) in render_markdown(make_view(published, "2017"))


def test_markdown_begins_with_whom_the_answer_is_about(of_people):
    view = make_view(of_people)
    text = render_markdown(view)
    assert text.index(escape(view.answer[0])) < text.index(escape(introduce(view)))
    assert text.index(escape(introduce(view))) < text.index("## What may be said")
    assert "is withheld, so that nothing can be learned" in text
    assert text.count("### No statement") == 1
