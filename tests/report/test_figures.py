"""Which figures of an evaluation a report prints."""

import math

import pytest

from desist.estimands import Measure
from desist.report.disclosure import RULE_SETS
from desist.report.figures import (
    find_difference,
    find_horizon,
    find_means,
    find_probability,
    list_printed,
    list_withheld,
)
from desist.report.statements import make_statements, state_published


def test_published_means_are_printed_and_exact_counts_go_before_rounded_means(published):
    rate, frequency, time = published.measures
    assert find_means(published, rate) == (13 / 83, 0.278)
    assert find_means(published, frequency) == (26 / 83, 1.06)
    assert find_difference(published, frequency) == -0.74
    assert find_means(published, time) == (75.0, 142.9)


def test_posterior_means_are_printed_for_people(of_people):
    rate, _, hazard = of_people.measures
    assert find_difference(of_people, rate) is None
    assert find_means(of_people, rate) == pytest.approx((0.246, 0.232))
    assert find_means(of_people, hazard) == pytest.approx((1.08, 1.0))


def test_published_figures_are_about_a_year_and_people_about_the_horizon(published, of_people, but):
    assert find_horizon(published) == 365
    assert find_horizon(but(of_people, settings={"horizon": 182})) == 182
    assert math.isnan(find_horizon(but(of_people, settings={})))
    assert find_probability(published) == 0.95


def test_only_time_among_reoffenders_is_withheld(published, of_people):
    rules = RULE_SETS["2019"]
    assert [row.measure for row in list_withheld(published, rules)] == [
        Measure.TIME_AMONG_REOFFENDERS
    ]
    assert len(list_printed(published, rules)) == 2
    assert list_withheld(of_people, rules) == ()


def test_statements_follow_the_measures_and_then_the_unavailable_ones(of_people, but):
    half_a_year = but(of_people, settings={"horizon": 182})
    statements = make_statements(half_a_year, RULE_SETS["2019"])
    assert [statement.measure for statement in statements] == [
        Measure.RATE,
        Measure.RMST,
        Measure.HAZARD_RATIO,
        Measure.FREQUENCY,
    ]
    assert "within six months" in statements[0].may_say[0]
    assert "one of 3 measures" in statements[0].may_say[0]


def test_published_intervals_give_the_sentences_of_the_report(published):
    rate, frequency, time = state_published(published, published.published, RULE_SETS["2017"])
    assert "lower by between 4 and 20 people" in rate.may_say[0]
    assert "lower by between 53 and 96 reoffences" in frequency.may_say[0]
    assert "shorter by between 21 and 115 days" in time.may_say[0]
