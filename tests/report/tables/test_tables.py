"""Tables: text as printed, units in the headers."""

import pytest

from desist.estimands import Measure
from desist.report.disclosure import RULE_SETS
from desist.report.tables import (
    print_difference,
    tabulate_balance,
    tabulate_checks,
    tabulate_engines,
    tabulate_flow,
    tabulate_measures,
    tabulate_per_100,
    tabulate_published,
)
from desist.report.view import make_view

OLD, NEW = RULE_SETS["2017"], RULE_SETS["2019"]


def cell(table, row, column_start):
    """Return the text in the first column that starts so."""
    name = next(name for name in table.columns if name.startswith(column_start))
    return table[name].iloc[row]


def test_the_headline_table_prints_the_nine_numbers_of_the_report(published):
    table = tabulate_per_100(make_view(published, OLD))
    numbers = table.iloc[:, 1:4].to_numpy().tolist()
    assert numbers == [
        ["16", "28", "12 people fewer"],
        ["31", "106", "74 reoffences fewer"],
        ["75", "143", "68 days sooner"],
    ]
    assert "75 apart" in table["Note"][1]


def test_time_on_thirteen_reoffenders_has_no_row_under_the_rules_of_2019(published):
    for tabulate in (tabulate_per_100, tabulate_measures):
        assert len(tabulate(make_view(published, OLD))) == 3
        assert len(tabulate(make_view(published, NEW))) == 2
    assert len(tabulate_published(make_view(published, NEW))) == 2


def test_the_published_tables_are_met_by_welch(published):
    table = tabulate_published(make_view(published, OLD))
    printed = ["-20 to -4", "-1.0 to -0.5", "-115 to -21"]
    assert table["Difference, published (unit of the row)"].tolist() == printed
    assert table["Difference, Welch (unit of the row)"].tolist() == printed
    assert table["p-value, Welch"].tolist() == ["<0.01", "<0.01", "0.01"]
    assert table["Participants (unit of the row)"].tolist() == ["15.7", "0.3", "75.0"]
    assert table["Comparison (unit of the row)"].tolist() == ["27.8", "1.1", "142.9"]


def test_differences_are_printed_to_the_decimals_of_the_rules():
    assert print_difference(Measure.FREQUENCY, -0.96, -0.53, OLD) == "-1.0 to -0.5"
    assert print_difference(Measure.FREQUENCY, -0.96, -0.53, NEW) == "-0.96 to -0.53"
    assert print_difference(Measure.RATE, -0.2021, -0.0407, NEW) == "-20 to -4"


def test_measures_are_tabulated_in_the_unit_that_is_spoken_of(published):
    table = tabulate_measures(make_view(published, OLD))
    assert cell(table, 0, "Measure") == "People who reoffend (people per 100)"
    assert cell(table, 0, "Participants (unit") == "16.6"
    assert cell(table, 0, "Difference").startswith("-11.2 (-19.0 to -3.4)")
    assert cell(table, 1, "Probability of benefit") == ">99%"


def test_there_is_no_probability_of_benefit_for_a_descriptive_measure(published):
    assert cell(tabulate_measures(make_view(published, OLD)), 2, "Probability of benefit") == "–"


def test_a_hazard_ratio_has_a_ratio_and_no_difference(of_people):
    table = tabulate_measures(make_view(of_people, NEW))
    assert cell(table, 2, "Difference") == "–"
    assert cell(table, 2, "Ratio").startswith("1.08 (0.8")


def test_the_posterior_stands_above_its_checks(published):
    table = tabulate_checks(make_view(published, OLD), Measure.RATE)
    assert table["Method"].tolist() == [
        "Posterior",
        "Welch t-test",
        "Newcombe interval",
        "Fisher exact test",
    ]
    assert cell(table, 1, "95% interval (people per 100") == "-20.2 to -4.1"
    assert cell(table, 1, "p-value") == "<0.01"
    assert cell(tabulate_checks(make_view(published, NEW), Measure.RATE), 1, "p-value") == "<0.01"


def test_a_check_that_is_not_applicable_says_why_and_prints_no_number(published):
    row = tabulate_checks(make_view(published, OLD), Measure.RATE).iloc[3].tolist()
    assert row[1:6] == ["–"] * 5
    assert row[6] == "Not applicable, because the weights differ."


def test_a_check_says_how_it_stands_beside_the_posterior(published):
    table = tabulate_checks(make_view(published, OLD), Measure.TIME_AMONG_REOFFENDERS)
    assert table["Beside the posterior"].tolist() == ["–", "differs in size", "agrees"]


def test_a_check_of_order_is_not_printed_in_days(published):
    table = tabulate_checks(make_view(published, OLD), Measure.TIME_AMONG_REOFFENDERS)
    assert table.iloc[2, 1:4].tolist() == ["order", "-0.50", "-0.80 to -0.20"]


def test_the_interval_carries_its_probability(of_people, but):
    effects = tuple(but(effect, probability=0.9) for effect in of_people.effects)
    table = tabulate_checks(make_view(but(of_people, effects=effects), NEW), Measure.RATE)
    assert table.columns[3] == "90% interval (people per 100)"


def test_a_ratio_among_the_checks_is_named_beside_the_unit(published, of_people):
    assert "Estimate (people per 100, or ratio)" in tabulate_checks(
        make_view(published, NEW), Measure.RATE
    )
    assert "Estimate (days)" in tabulate_checks(make_view(of_people, NEW), Measure.RMST)
    assert "Estimate (ratio)" in tabulate_checks(make_view(of_people, NEW), Measure.HAZARD_RATIO)


def test_balance_is_in_percent_of_a_standard_deviation_the_worst_first(of_people):
    table = tabulate_balance(of_people.design["balance"])
    assert table["Covariate"].iloc[0] == "sentence under 12 months"
    assert cell(table, 0, "Standardised difference after") == "14.0"
    assert cell(table, 0, "Variance ratio") == "–"


def test_no_balance_reads_minus_zero(of_people):
    table = tabulate_balance(of_people.design["balance"])
    assert cell(table, 3, "Standardised difference after") == "0.0"


def test_the_flow_is_the_one_of_the_report(published):
    table = tabulate_flow(make_view(published))
    assert table["Left out (% of 140 people)"].tolist() == ["", "", "6%", "31%", "1%", "2%"]
    assert table["Remaining (number)"].tolist() == ["142", "140", "132", "88", "86", "83"]


def test_without_a_flow_and_without_a_design_the_table_is_empty(of_people, but):
    assert tabulate_flow(make_view(but(of_people, design=None))).empty


def test_diagnostics_that_an_engine_lacks_are_a_dash(of_people):
    table = tabulate_engines(make_view(of_people))
    assert table.iloc[0].tolist() == [
        "People who reoffend",
        "Laplace approximation with importance weights",
        "–",
        "–",
        "0.11",
    ]


@pytest.mark.parametrize(
    "unit", ["people per 100", "reoffences per 100 people", "days", "number", "%", "ratio"]
)
def test_every_unit_is_named_in_a_header_or_a_first_column(published, of_people, unit):
    tables = [
        tabulate_per_100(make_view(published, OLD)),
        tabulate_measures(make_view(of_people, OLD)),
        tabulate_checks(make_view(of_people, OLD), Measure.HAZARD_RATIO),
        tabulate_balance(of_people.design["balance"]),
        tabulate_flow(make_view(published)),
    ]
    headers = [text for table in tables for text in [*table.columns, *table.iloc[:, 0]]]
    assert any(unit in header for header in headers)
