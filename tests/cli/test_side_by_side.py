"""The report of each analysis shows the others."""

import pytest

import desist as ds
from desist.cli.demo import evaluate_report
from desist.cli.run import Result, _set_side_by_side
from desist.report.view import make_view


@pytest.fixture(scope="module")
def views():
    return [
        make_view(ds.evaluate_published(ds.datasets.making_connections(name)), "2017")
        for name in ("complex", "standard")
    ]


def test_each_analysis_has_the_others_beside_it(views):
    results = [Result(str(place), view, None, None) for place, view in enumerate(views)]
    first, second = _set_side_by_side(results)
    assert [one.title for one in first.view.beside] == [views[1].title]
    assert [one.title for one in second.view.beside] == [views[0].title]


def test_an_analysis_of_which_nothing_may_be_seen_stands_beside_none(views):
    hidden = Result("standard", None, None, None, "too few")
    first, second = _set_side_by_side([Result("complex", views[0], None, None), hidden])
    assert first.view.beside == ()
    assert second is hidden


def test_the_demo_shows_the_standard_analysis_beside_the_complex_one():
    view = evaluate_report(2017)
    assert "complex" in view.title
    assert ["standard" in one.title for one in view.beside] == [True]
    assert view.about.place.startswith("HMP Send")
