"""Printed figures and the posterior, both named where they differ."""

from desist.report.view import make_view
from desist.report.words.both import name_both


def test_a_figure_that_differs_is_named_with_the_printed_one(published):
    said = name_both(make_view(published, "2017"))
    rate, frequency, days = said
    assert rate == (
        "People who reoffend (people per 100): for participants the report prints 16, and the "
        "posterior has 16.6."
    )
    assert frequency.startswith("Reoffences (reoffences per 100 people): for participants")
    assert "prints 31, and the posterior has 33.5" in frequency
    assert "prints 75, and the posterior has 75.5" in days
    assert all("comparison" not in one for one in said)


def test_what_is_not_printed_under_the_rules_is_not_named(published):
    assert len(name_both(make_view(published, "2019"))) == 2


def test_an_evaluation_of_people_has_one_set_of_numbers(of_people):
    assert name_both(make_view(of_people)) == ()
