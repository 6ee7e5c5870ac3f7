"""Time before a reoffence that is withheld does not follow from that without one."""

from dataclasses import replace

import pytest

from desist.estimands import Measure
from desist.report.audit import Release, audit_numbers, audit_release
from desist.report.audit_counts import FiledRow, count_report, write_system
from desist.report.disclosure import RULE_SETS, disclose_evaluation, explain_withheld
from desist.report.disclosure_days import WHY, explain_days
from desist.report.view import make_view
from desist.suppression.bounds import bound_numbers

RATE, RMST, TIME = Measure.RATE, Measure.RMST, Measure.TIME_AMONG_REOFFENDERS
YEAR = 365.0


def make_rows(n=83, n_reoffenders=18, days=100.0):
    """Make rate and restricted mean of people of whom some reoffended after so many days."""
    rate = n_reoffenders / n
    mean = (1 - rate) * YEAR + rate * days
    return [
        FiledRow(RATE, n, 1000, round(rate, 3), 0.4),
        FiledRow(RMST, n, 1000, round(mean, 1), 300.0),
    ]


@pytest.fixture
def eighteen(of_people):
    time = replace(of_people.effects[0], measure=TIME, n_treated=18, n_comparison=200)
    return replace(of_people, effects=(*of_people.effects, time))


def test_the_restricted_mean_falls_with_the_time_that_it_would_tell(eighteen):
    found = explain_withheld(eighteen, RULE_SETS["2019"])
    assert set(found) == {TIME, RMST}
    assert found[RMST] == WHY
    assert explain_withheld(eighteen, RULE_SETS["2017"]) == {}


def test_nothing_falls_where_the_time_is_printed_or_was_not_asked_for(eighteen, of_people):
    assert explain_days({RATE, RMST}, {}) == {}
    assert explain_days({RATE}, {TIME: "few"}) == {}
    assert explain_days({RMST}, {TIME: "few", RMST: "few"}) == {}
    assert explain_withheld(of_people, RULE_SETS["2019"]) == {}


def test_days_pictures_and_draws_fall_with_the_restricted_mean(eighteen):
    view = make_view(eighteen)
    assert view.by_day == ()
    stored = disclose_evaluation(eighteen, RULE_SETS["2019"])
    assert {one.measure for one in stored.effects} == {RATE, Measure.HAZARD_RATIO}
    assert not any("rmst" in str(name) for name in stored.draws)


def test_published_figures_hide_nothing(published):
    assert set(explain_withheld(published, RULE_SETS["2019"])) == {TIME}


def test_a_restricted_mean_and_a_rate_tell_the_mean_days_of_eighteen_people():
    # (65 x 365 + 18 x 100) / 83 = 307.5 days: 18 x 100 / 365 = 4.93 years before a reoffence
    system = write_system(count_report(make_rows(), (), horizon=YEAR, hides_time=True))
    name = "participants, time before a first reoffence"
    least, most = bound_numbers(system, [name])[name]
    assert least < 18 * 100 / YEAR < most
    assert (most - least) * YEAR / 18 < 3  # days of the mean
    found = audit_numbers(Release(system.shown, system.withheld, tuple(system.sums)))
    assert name in [one.name for one in found]


def test_without_the_restricted_mean_the_days_may_be_any():
    rate, _ = make_rows()
    counts = count_report([rate], (), horizon=YEAR, hides_time=True)
    assert counts.times == {}
    system = write_system(counts)
    name = "participants, time before a first reoffence"
    least, most = bound_numbers(system, [name])[name]
    assert (least, most) == pytest.approx((0, 83 * 0.2175))  # of 18 people, a year each at most


def test_a_time_that_one_report_withholds_and_another_prints_is_found(of_people):
    # 24.6% of 670 and 23.2% of 775 people
    time = replace(of_people.effects[0], measure=TIME, n_treated=165, n_comparison=180)
    study = replace(of_people, effects=(*of_people.effects, time))
    strict = replace(RULE_SETS["2019"], min_reoffenders_for_time=200)
    prints, hides = make_view(study), make_view(study, strict)
    assert audit_release([prints]) == audit_release([hides]) == ()
    assert [one.name for one in audit_release([prints, hides])] == [
        "report 2: participants, time before a first reoffence",
        "report 2: comparison people, time before a first reoffence",
    ]
    others = replace(time, n_treated=140)
    year = make_view(replace(of_people, effects=(*of_people.effects, others)))
    assert [one.name for one in audit_release([year, hides])] == [
        "report 2: comparison people, time before a first reoffence"
    ]


@pytest.mark.parametrize("rules", RULE_SETS)
def test_the_audit_of_a_report_finds_no_time(eighteen, rules):
    assert audit_release([make_view(eighteen, rules)]) == ()


def test_the_audit_finds_the_time_where_a_report_prints_the_restricted_mean(eighteen):
    view = make_view(eighteen)
    whole = make_view(eighteen, "2017")
    both = [
        next(one for one in whole.measures if one.measure is shown.measure)
        if shown.measure is RMST
        else shown
        for shown in view.measures
    ]
    found = [one.name for one in audit_release([replace(view, measures=tuple(both))])]
    assert found == [
        "report 1: participants, time before a first reoffence",
        "report 1: comparison people, time before a first reoffence",
    ]
